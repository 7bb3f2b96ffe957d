/* SPDX-License-Identifier: Apache-2.0 */
/*
 * selftest.c - known answers before use: a library that was built, patched or
 * configured wrongly is found before it seals or signs anything.
 */
#include "base/log.h"
#include "base/wipe.h"
#include "codec/b64.h"
#include "crypto/aead.h"
#include "crypto/hkdf.h"
#include "crypto/key_int.h"
#include "crypto/mac.h"
#include "crypto/proof.h"
#include "crypto/scrypt.h"
#include "crypto/selftest_vectors.h"
#include "crypto/setup.h"
#include "crypto/signkey_int.h"
#include "crypto/verify.h"

enum { VECTOR_MAX = 2048, KINDS = SIGNKEY_ED25519 + 1 };

static const char *const kind_names[KINDS] = {
    [SIGNKEY_RSA] = "RS256",
    [SIGNKEY_EC] = "ES256",
    [SIGNKEY_ED25519] = "Ed25519",
};
static struct proof signkeys[KINDS];

/* Is got the bytes that hex spells? Known answers are public. */
static bool
is_hex(const uint8_t *got, size_t len, const char *hex)
{
    struct buf want;
    bool same;

    buf_init(&want, VECTOR_MAX);
    same = hex_get(span_str(hex), sink_buf(&want)) == ERR_OK &&
           ct_equal(span_of(got, len), buf_span(&want));
    buf_release(&want);
    return same;
}

/* FIPS 180-4 example "abc". */
static bool
test_digest(void)
{
    uint8_t out[SHA256_LEN];

    return digest_sha256(span_str("abc"), out) == ERR_OK &&
           is_hex(out, sizeof(out),
                  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

/* RFC 4231 4.3. */
static bool
test_hmac(void)
{
    uint8_t out[MAC_LEN];

    return hmac_sha256(span_str("Jefe"), span_str("what do ya want for nothing?"), out) ==
               ERR_OK &&
           is_hex(out, sizeof(out),
                  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

/* RFC 5869 A.1. */
static bool
test_hkdf(void)
{
    uint8_t ikm[22], salt[13], info[10], out[42];

    for (size_t i = 0; i < sizeof(ikm); i++)
        ikm[i] = 0x0b;
    for (size_t i = 0; i < sizeof(salt); i++)
        salt[i] = (uint8_t)i;
    for (size_t i = 0; i < sizeof(info); i++)
        info[i] = (uint8_t)(0xf0 + i);
    return hkdf_sha256(span_of(ikm, sizeof(ikm)), span_of(salt, sizeof(salt)),
                       span_of(info, sizeof(info)), out, sizeof(out)) == ERR_OK &&
           is_hex(out, sizeof(out),
                  "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
                  "34007208d5b887185865");
}

/* The GCM specification (McGrew, Viega), test case 14; then a flipped bit. */
static bool
test_gcm(void)
{
    static const uint8_t key[32], nonce[12], plain[16];
    uint8_t sealed[32], back[16] = { 1 };
    struct span none = { NULL, 0 };

    if (aead_seal(key, nonce, none, span_of(plain, sizeof(plain)), sealed) != ERR_OK ||
        !is_hex(sealed, sizeof(sealed),
                "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919") ||
        aead_open(key, nonce, none, span_of(sealed, sizeof(sealed)), back) != ERR_OK ||
        !ct_equal(span_of(back, 16), span_of(plain, 16)))
        return false;
    sealed[3] ^= 1;
    return aead_open(key, nonce, none, span_of(sealed, sizeof(sealed)), back) == ERR_INTEGRITY;
}

/* RFC 7914 12, the first. */
static bool
test_scrypt(void)
{
    static const struct scrypt_cost cost = { 4, 1, 1 };
    struct span none = { NULL, 0 };
    uint8_t out[64];

    return scrypt_derive(none, none, &cost, out, sizeof(out)) == ERR_OK &&
           is_hex(out, sizeof(out),
                  "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
                  "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906");
}

static bool
sign_and_check(struct signkey *key, struct verifykey *v, enum sig_alg alg, const char *message,
               const char *known)
{
    struct span m = span_str(message);
    uint8_t sig[SIG_MAX];
    struct buf want;
    size_t len = 0;
    bool ok;

    buf_init(&want, VECTOR_MAX);
    ok = hex_get(span_str(known), sink_buf(&want)) == ERR_OK &&
         verifykey_check(v, alg, m, buf_span(&want)) == ERR_OK &&
         signkey_sign_unproved(key, alg, DIGEST_SHA256, m, sig, sizeof(sig), &len) == ERR_OK &&
         verifykey_check(v, alg, m, span_of(sig, len)) == ERR_OK &&
         (alg == SIG_ES256 || ct_equal(span_of(sig, len), buf_span(&want)));
    if (ok) {
        sig[len / 2] ^= 1;
        ok = verifykey_check(v, alg, m, span_of(sig, len)) == ERR_INTEGRITY;
    }
    buf_release(&want);
    return ok;
}

/* Known signature, fresh signature, spoiled signature. */
static bool
test_signature(enum sig_alg alg, const char *key_hex, const char *message, const char *known)
{
    struct verifykey *v = NULL;
    struct signkey *key = NULL;
    struct buf der, spki;
    bool ok;

    buf_init(&der, VECTOR_MAX);
    buf_init(&spki, VECTOR_MAX);
    ok = hex_get(span_str(key_hex), sink_buf(&der)) == ERR_OK &&
         signkey_load(buf_span(&der), &key) == ERR_OK &&
         signkey_put_spki(key, &spki) == ERR_OK &&
         verifykey_from_spki(buf_span(&spki), &v) == ERR_OK &&
         sign_and_check(key, v, alg, message, known);
    verifykey_free(v);
    signkey_free(key);
    buf_release(&der);
    buf_release(&spki);
    return ok;
}

static bool
kind_holds(unsigned kind)
{
    switch ((enum signkey_kind)kind) {
    case SIGNKEY_RSA:
        return test_signature(SIG_RS256, vec_rsa_key, "keyhold", vec_rsa_sig);
    case SIGNKEY_EC:
        return test_signature(SIG_ES256, vec_ec_key, "sample", vec_ec_sig);
    case SIGNKEY_ED25519:
        return test_signature(SIG_ED25519, vec_ed_key, "", vec_ed_sig);
    }
    return false;
}

bool
signkey_is_proved(enum signkey_kind kind)
{
    return proof_holds(&signkeys[kind], kind_names[kind], kind_holds, kind);
}

enum err
crypto_selftest(void)
{
    static const struct {
        const char *name;
        bool (*run)(void);
    } tests[] = {
        { "SHA-256", test_digest },  { "HMAC-SHA256", test_hmac }, { "HKDF", test_hkdf },
        { "AES-256-GCM", test_gcm }, { "scrypt", test_scrypt },
    };

    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
        if (!tests[i].run()) {
            log_error("crypto: the self-test of %s failed; this process must not serve",
                      tests[i].name);
            return ERR_CRYPTO;
        }
    for (size_t i = 0; i < KINDS; i++)
        proof_demand(&signkeys[i]);
    key_selftest_demand();
    return ERR_OK;
}

enum err
crypto_selftest_all(void)
{
    enum err e = crypto_selftest();

    if (e != ERR_OK)
        return e;
    e = key_selftest();
    for (size_t i = 0; i < KINDS; i++)
        if (!signkey_is_proved((enum signkey_kind)i))
            e = ERR_CRYPTO;
    return e;
}
