/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_make.c - keys made, and proven against themselves before anybody relies
 * on them (FIPS 140-3 IG 10.3.A asks for the same).
 */
#include <openssl/bn.h>
#include <openssl/rsa.h>

#include "base/rand.h"
#include "base/wipe.h"
#include "crypto/key_int.h"

enum { SAMPLE_MAX = 64, E_MIN = 3 };
#define E_MAX UINT64_C(0xffffffff)

/* The algorithm that proves a key of this kind. */
static enum key_alg
proof_of(const struct key_public *p)
{
    static const enum key_alg by_curve[CURVE__MAX] = {
        [CURVE_P256] = ALG_ES256,   [CURVE_P384] = ALG_ES384,    [CURVE_P521] = ALG_ES512,
        [CURVE_P256K] = ALG_ES256K, [CURVE_ED25519] = ALG_EDDSA,
    };

    if (p->type == KEY_RSA)
        return ALG_RS256;
    return p->type == KEY_OCT ? ALG_HS256 : by_curve[p->curve];
}

enum err
key_pairwise(struct key *k)
{
    enum key_alg alg;
    unsigned demanded;
    uint8_t sample[SAMPLE_MAX];
    struct key_use u = { .op = KEY_SIGN };
    struct key_result result;
    struct secbuf sig;
    enum err e;

    bug_on(k == NULL);
    alg = u.alg = proof_of(&k->public);
    demanded = key_alg_info(alg)->digest_len;
    rand_fill(sample, sizeof(sample));
    u.bytes = span_of(sample, demanded != 0 ? demanded : SHA256_LEN);
    secbuf_init(&sig, KEY_MODULUS_MAX);
    e = key_use(k, &u, &sig, &result);
    u.op = KEY_VERIFY;
    u.signature = secbuf_span(&sig);
    if (e == ERR_OK)
        e = key_use(k, &u, &sig, &result);
    /* The other way round too: a check that says yes to everything proves nothing. */
    sample[0] ^= 1;
    if (e == ERR_OK && key_use(k, &u, &sig, &result) != ERR_DENIED)
        e = ERR_CRYPTO;
    secbuf_release(&sig);
    return e == ERR_DENIED ? ERR_CRYPTO : e;
}

/* Asked between two candidates for a prime: shall it go on? */
static int
not_stopped(EVP_PKEY_CTX *ctx)
{
    const atomic_bool *stop = EVP_PKEY_CTX_get_app_data(ctx);

    return !atomic_load(stop);
}

static EVP_PKEY *
rsa_generate(unsigned bits, uint64_t exponent, const atomic_bool *stop)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    BIGNUM *e = BN_new();
    EVP_PKEY *pkey = NULL;
    bool ok;

    ok = ctx != NULL && e != NULL && BN_set_word(e, exponent) == 1 &&
         EVP_PKEY_keygen_init(ctx) == 1 &&
         EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, (int)bits) == 1 &&
         EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, e) == 1;
    if (ok) {
        EVP_PKEY_CTX_set_app_data(ctx, (void *)(uintptr_t)stop);
        EVP_PKEY_CTX_set_cb(ctx, not_stopped);
        ok = EVP_PKEY_generate(ctx, &pkey) == 1;
    }
    BN_free(e);
    EVP_PKEY_CTX_free(ctx);
    return ok ? pkey : NULL;
}

static enum err
oct_generate(unsigned bits, struct key **out)
{
    WIPED32 uint8_t bytes[32];
    enum err e;

    rand_fill(bytes, bits / 8);
    e = key_adopt_oct(span_of(bytes, bits / 8), out);
    return e;
}

static bool
spec_is_ok(const struct key_spec *s)
{
    uint64_t e = s->exponent;

    switch (s->type) {
    case KEY_RSA:
        return s->curve == CURVE_NONE &&
               (s->bits == 2048 || s->bits == 3072 || s->bits == 4096) &&
               (e == 0 || (e % 2 == 1 && e >= E_MIN && e <= E_MAX));
    case KEY_EC:
        return s->curve > CURVE_NONE && s->curve < CURVE_ED25519;
    case KEY_OKP:
        return s->curve == CURVE_ED25519;
    case KEY_OCT:
        return s->curve == CURVE_NONE && (s->bits == 128 || s->bits == 192 || s->bits == 256);
    case KEY_NONE:
    case KEY_TYPE__MAX:
        break;
    }
    return false;
}

static enum err
pkey_generate(const struct key_spec *spec, const atomic_bool *stop, struct key **out)
{
    EVP_PKEY *pkey = NULL;
    enum err e;

    if (spec->type == KEY_RSA)
        pkey = rsa_generate(spec->bits, spec->exponent == 0 ? RSA_E_DEFAULT : spec->exponent,
                            stop);
    else if (spec->type == KEY_EC)
        pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", key_group_name(spec->curve));
    else
        pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    if (pkey == NULL && atomic_load(stop)) {
        crypto_hush();
        return ERR_AGAIN;
    }
    if (pkey == NULL)
        return crypto_fail("key generation");
    e = key_adopt(pkey, out);
    return e == ERR_UNSUPPORTED ? ERR_CRYPTO : e;
}

enum err
key_new(const struct key_spec *spec, struct key **out)
{
    static const atomic_bool never;

    return key_new_until(spec, &never, out);
}

enum err
key_new_until(const struct key_spec *spec, const atomic_bool *stop, struct key **out)
{
    enum err e;

    *out = NULL;
    if (!spec_is_ok(spec))
        return ERR_ARG;
    e = spec->type == KEY_OCT ? oct_generate(spec->bits, out) : pkey_generate(spec, stop, out);
    if (e == ERR_OK)
        e = key_pairwise(*out);
    if (e != ERR_OK) {
        key_free(*out);
        *out = NULL;
    }
    return e;
}
