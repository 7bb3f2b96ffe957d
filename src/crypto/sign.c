/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sign.c - signatures. Message forms hash first and then sign the digest, so
 * one prepared context per padding and digest serves both.
 */
#include "crypto/sign.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>

#include "crypto/signkey_int.h"

/* What an algorithm needs: the kind of key, and what it is over a digest. */
static const struct sig_row {
    enum signkey_kind kind;
    enum sig_alg over_digest;
    bool hashes; /* the message itself, with SHA-256 */
} rows[SIG__MAX] = {
    [SIG_RS256] = { SIGNKEY_RSA, SIG_RSA_PKCS1_DIGEST, true },
    [SIG_PS256] = { SIGNKEY_RSA, SIG_RSA_PSS_DIGEST, true },
    [SIG_ES256] = { SIGNKEY_EC, SIG_ECDSA_DIGEST, true },
    [SIG_ED25519] = { SIGNKEY_ED25519, SIG_ED25519, false },
    [SIG_RSA_PSS_DIGEST] = { SIGNKEY_RSA, SIG_RSA_PSS_DIGEST, false },
    [SIG_RSA_PKCS1_DIGEST] = { SIGNKEY_RSA, SIG_RSA_PKCS1_DIGEST, false },
    [SIG_ECDSA_DIGEST] = { SIGNKEY_EC, SIG_ECDSA_DIGEST, false },
};

static bool
ctx_prepare(EVP_PKEY_CTX *ctx, enum sig_alg alg, enum digest_alg digest)
{
    if (EVP_PKEY_sign_init(ctx) != 1)
        return false;
    if (alg == SIG_RSA_PKCS1_DIGEST &&
        EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) != 1)
        return false;
    if (alg == SIG_RSA_PSS_DIGEST &&
        (EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) != 1 ||
         EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) != 1))
        return false;
    return EVP_PKEY_CTX_set_signature_md(ctx, crypto_algs()->md[digest]) == 1;
}

static EVP_PKEY_CTX *
ctx_ready(struct signkey *k, enum sig_alg alg, enum digest_alg digest)
{
    EVP_PKEY_CTX *ctx = k->ready[alg][digest];

    if (ctx != NULL)
        return ctx;
    ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->pkey, NULL);
    if (ctx == NULL || !ctx_prepare(ctx, alg, digest)) {
        EVP_PKEY_CTX_free(ctx);
        return NULL;
    }
    k->ready[alg][digest] = ctx;
    return ctx;
}

static enum err
sign_ed25519(const struct signkey *k, struct span message, uint8_t *sig, size_t cap,
             size_t *len)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    size_t n = cap;
    bool ok;

    if (ctx == NULL)
        return ERR_NOMEM;
    ok = EVP_DigestSignInit_ex(ctx, NULL, NULL, NULL, NULL, k->pkey, NULL) == 1 &&
         EVP_DigestSign(ctx, sig, &n, message.ptr, message.len) == 1;
    EVP_MD_CTX_free(ctx);
    if (!ok)
        return crypto_fail("Ed25519 signature");
    *len = n;
    return ERR_OK;
}

static enum err
sign_digest(struct signkey *k, enum sig_alg alg, enum digest_alg digest, struct span hash,
            uint8_t *sig, size_t cap, size_t *len)
{
    EVP_PKEY_CTX *ctx = ctx_ready(k, alg, digest);
    size_t n = cap;

    if (ctx == NULL || EVP_PKEY_sign(ctx, sig, &n, hash.ptr, hash.len) != 1)
        return crypto_fail("signature");
    *len = n;
    return ERR_OK;
}

/* ECDSA-Sig-Value (RFC 3279 2.2.3) -> r || s. */
static enum err
ecdsa_to_raw(const uint8_t *der, size_t len, uint8_t raw[static 64])
{
    const unsigned char *p = der;
    ECDSA_SIG *s = d2i_ECDSA_SIG(NULL, &p, (long)len);
    bool ok = s != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(s), raw, 32) == 32 &&
              BN_bn2binpad(ECDSA_SIG_get0_s(s), raw + 32, 32) == 32;

    ECDSA_SIG_free(s);
    return ok ? ERR_OK : crypto_fail("ECDSA signature");
}

static enum err
sign_message(struct signkey *k, enum sig_alg alg, struct span message, uint8_t *sig, size_t cap,
             size_t *len)
{
    uint8_t hash[SHA256_LEN], der[160];
    size_t n = 0;
    enum err e;

    e = digest_sha256(message, hash);
    if (e != ERR_OK)
        return e;
    if (alg != SIG_ES256)
        return sign_digest(k, rows[alg].over_digest, DIGEST_SHA256, span_of(hash, sizeof(hash)),
                           sig, cap, len);
    e = sign_digest(k, SIG_ECDSA_DIGEST, DIGEST_SHA256, span_of(hash, sizeof(hash)), der,
                    sizeof(der), &n);
    if (e == ERR_OK)
        e = ecdsa_to_raw(der, n, sig);
    if (e == ERR_OK)
        *len = 64;
    return e;
}

enum err
signkey_sign(struct signkey *k, enum sig_alg alg, enum digest_alg digest, struct span bytes,
             uint8_t *sig, size_t cap, size_t *len)
{
    *len = 0;
    if (!signkey_is_proved(k->kind))
        return ERR_CRYPTO;
    return signkey_sign_unproved(k, alg, digest, bytes, sig, cap, len);
}

enum err
signkey_sign_unproved(struct signkey *k, enum sig_alg alg, enum digest_alg digest,
                      struct span bytes, uint8_t *sig, size_t cap, size_t *len)
{
    *len = 0;
    if (alg < SIG_RS256 || alg >= SIG__MAX || rows[alg].kind != k->kind)
        return ERR_ARG;
    if (alg == SIG_ES256 && EVP_PKEY_get_bits(k->pkey) != 256)
        return ERR_ARG;
    if (cap < (alg == SIG_ES256 ? 64 : (size_t)EVP_PKEY_get_size(k->pkey)))
        return ERR_TOO_LARGE;
    if (alg == SIG_ED25519)
        return sign_ed25519(k, bytes, sig, cap, len);
    if (rows[alg].hashes)
        return sign_message(k, alg, bytes, sig, cap, len);
    if ((unsigned)digest >= DIGEST__MAX || digest == DIGEST_SHA1 ||
        bytes.len != digest_len(digest))
        return ERR_ARG;
    return sign_digest(k, alg, digest, bytes, sig, cap, len);
}
