/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_rsa.c - RSAES and RSASSA (RFC 8017) with contexts that are prepared once.
 *
 * CT: RSA1_5 decryption takes the padding off itself. OpenSSL before 3.2 says
 * in its own way that padding was bad, later ones answer made-up bytes; here a
 * bad block costs what a good one costs, and all bad blocks are one error.
 */
#include <openssl/rsa.h>

#include "crypto/key_int.h"
#include "crypto/unpad.h"

static bool
oaep_set(EVP_PKEY_CTX *ctx, enum digest_alg digest)
{
    const EVP_MD *md = crypto_algs()->md[digest];

    return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_oaep_md(ctx, md) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, md) == 1;
}

static bool
scheme_set(EVP_PKEY_CTX *ctx, const struct key_alg_info *a, enum key_way way)
{
    const EVP_MD *md = crypto_algs()->md[a->digest];

    switch (a->scheme) {
    case SCHEME_RSAES_PKCS1:
        return EVP_PKEY_CTX_set_rsa_padding(ctx, way == WAY_PRIVATE ? RSA_NO_PADDING
                                                                    : RSA_PKCS1_PADDING) == 1;
    case SCHEME_RSAES_OAEP:
        return oaep_set(ctx, a->digest);
    case SCHEME_RSASSA_PKCS1:
        return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
               EVP_PKEY_CTX_set_signature_md(ctx, md) == 1;
    case SCHEME_RSASSA_PKCS1_NULL:
        return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1;
    case SCHEME_RSASSA_PSS:
        return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
               EVP_PKEY_CTX_set_signature_md(ctx, md) == 1 &&
               EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, md) == 1 &&
               EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1;
    case SCHEME_ECDSA:
    case SCHEME_EDDSA:
    case SCHEME_GCM:
    case SCHEME_CBC:
    case SCHEME_CBC_PAD:
    case SCHEME_KW:
    case SCHEME_KWP:
    case SCHEME_HMAC:
        break;
    }
    return false;
}

static bool
way_set(EVP_PKEY_CTX *ctx, const struct key_alg_info *a, enum key_way way)
{
    bool signs = (a->ops & KEY_OP_BIT(KEY_SIGN)) != 0;

    if (way == WAY_PRIVATE)
        return (signs ? EVP_PKEY_sign_init(ctx) : EVP_PKEY_decrypt_init(ctx)) == 1;
    return (signs ? EVP_PKEY_verify_init(ctx) : EVP_PKEY_encrypt_init(ctx)) == 1;
}

/* NULL (logged). */
static EVP_PKEY_CTX *
ctx_ready(struct key *k, enum key_alg alg, enum key_way way)
{
    union key_ready *r = &k->ready[alg][way];
    EVP_PKEY_CTX *ctx = r->pkey;

    if (__builtin_expect(ctx != NULL, 1))
        return ctx;
    if (crypto_algs() != NULL)
        ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->pkey, NULL);
    if (ctx == NULL || !way_set(ctx, key_alg_info(alg), way) ||
        !scheme_set(ctx, key_alg_info(alg), way)) {
        EVP_PKEY_CTX_free(ctx);
        (void)crypto_fail("preparing an RSA key");
        return NULL;
    }
    r->pkey = ctx;
    return ctx;
}

EVP_PKEY_CTX *
key_oaep_ctx(EVP_PKEY *pkey, enum digest_alg digest, bool encrypt)
{
    EVP_PKEY_CTX *ctx = NULL;

    if (crypto_algs() != NULL)
        ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    if (ctx != NULL &&
        (encrypt ? EVP_PKEY_encrypt_init(ctx) : EVP_PKEY_decrypt_init(ctx)) == 1 &&
        oaep_set(ctx, digest))
        return ctx;
    EVP_PKEY_CTX_free(ctx);
    (void)crypto_fail("preparing RSAES-OAEP");
    return NULL;
}

/* Sign and verify: has the digest its length? */
static bool
digest_is_ok(const struct key *k, const struct key_alg_info *a, struct span digest)
{
    if (a->digest_len != 0)
        return digest.len == a->digest_len;
    return digest.len >= 1 && digest.len <= k->public.n.len - RSA_MIN_PAD;
}

static enum err
rsa_sign(struct key *k, const struct key_use *u, struct secbuf *value)
{
    size_t n = k->public.n.len;
    EVP_PKEY_CTX *ctx;
    uint8_t *sig;

    if (!digest_is_ok(k, key_alg_info(u->alg), u->bytes))
        return ERR_ARG;
    ctx = ctx_ready(k, u->alg, WAY_PRIVATE);
    if (ctx == NULL)
        return ERR_CRYPTO;
    sig = secbuf_grow(value, n);
    if (sig == NULL)
        return value->err;
    if (EVP_PKEY_sign(ctx, sig, &n, u->bytes.ptr, u->bytes.len) != 1 || n != k->public.n.len)
        return crypto_fail("RSA signature");
    return ERR_OK;
}

static enum err
rsa_verify(struct key *k, const struct key_use *u)
{
    EVP_PKEY_CTX *ctx;

    if (!digest_is_ok(k, key_alg_info(u->alg), u->bytes))
        return ERR_ARG;
    if (u->signature.len != k->public.n.len)
        return ERR_DENIED;
    ctx = ctx_ready(k, u->alg, WAY_PUBLIC);
    if (ctx == NULL)
        return ERR_CRYPTO;
    if (EVP_PKEY_verify(ctx, u->signature.ptr, u->signature.len, u->bytes.ptr, u->bytes.len) ==
        1)
        return ERR_OK;
    crypto_hush();
    return ERR_DENIED;
}

static enum err
rsa_encrypt(struct key *k, const struct key_use *u, struct secbuf *value)
{
    const struct key_alg_info *a = key_alg_info(u->alg);
    size_t n = k->public.n.len;
    size_t pad = a->scheme == SCHEME_RSAES_PKCS1 ? RSA_MIN_PAD : 2 * digest_len(a->digest) + 2;
    EVP_PKEY_CTX *ctx;
    uint8_t *out;

    if (u->bytes.len > n - pad)
        return ERR_ARG;
    ctx = ctx_ready(k, u->alg, WAY_PUBLIC);
    if (ctx == NULL)
        return ERR_CRYPTO;
    out = secbuf_grow(value, n);
    if (out == NULL)
        return value->err;
    if (EVP_PKEY_encrypt(ctx, out, &n, u->bytes.ptr, u->bytes.len) != 1 || n != k->public.n.len)
        return crypto_fail("RSA encryption");
    return ERR_OK;
}

static enum err
rsa_decrypt(struct key *k, const struct key_use *u, struct secbuf *value)
{
    size_t had = value->len, len = k->public.n.len, n = len;
    EVP_PKEY_CTX *ctx;
    uint8_t *out;

    if (u->bytes.len != len)
        return ERR_SYNTAX;
    ctx = ctx_ready(k, u->alg, WAY_PRIVATE);
    if (ctx == NULL)
        return ERR_CRYPTO;
    out = secbuf_grow(value, len);
    if (out == NULL)
        return value->err;
    /* Raw decryption fails for numbers that are not below n: everybody can see that. */
    if (EVP_PKEY_decrypt(ctx, out, &n, u->bytes.ptr, len) != 1) {
        crypto_hush();
        return ERR_SYNTAX;
    }
    if (key_alg_info(u->alg)->scheme == SCHEME_RSAES_PKCS1)
        n = n == len ? unpad_pkcs1(out, len) : SIZE_MAX;
    if (n > len)
        return ERR_SYNTAX;
    secbuf_truncate(value, had + n);
    return ERR_OK;
}

enum err
key_rsa_use(struct key *k, const struct key_use *u, struct secbuf *value)
{
    switch (u->op) {
    case KEY_SIGN:
        return rsa_sign(k, u, value);
    case KEY_VERIFY:
        return rsa_verify(k, u);
    case KEY_ENCRYPT:
    case KEY_WRAP:
        return rsa_encrypt(k, u, value);
    case KEY_DECRYPT:
    case KEY_UNWRAP:
        return rsa_decrypt(k, u, value);
    case KEY_IMPORT:
    case KEY_EXPORT:
    case KEY_OP__MAX:
        break;
    }
    return ERR_ARG;
}
