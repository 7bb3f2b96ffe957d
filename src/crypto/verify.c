/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify.c - public keys. One context is prepared per padding when the key is
 * made and duplicated for each check, so a key can be shared by threads.
 */
#include "crypto/verify.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto_int.h"

enum { RSA_MIN_BITS = 2048, RSA_MAX_BITS = 8192, RSA_MAX_E = 8, SPKI_MAX = 4096 };

struct verifykey {
    EVP_PKEY *pkey;
    enum signkey_kind kind;
    EVP_PKEY_CTX *plain; /* PKCS#1 v1.5 or ECDSA, SHA-256 */
    EVP_PKEY_CTX *pss;   /* RSA only */
};

static EVP_PKEY_CTX *
ctx_new(EVP_PKEY *pkey, int padding)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    bool ok = ctx != NULL && EVP_PKEY_verify_init(ctx) == 1;

    if (ok && padding != 0)
        ok = EVP_PKEY_CTX_set_rsa_padding(ctx, padding) == 1;
    if (ok && padding == RSA_PKCS1_PSS_PADDING)
        ok = EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, SHA256_LEN) == 1;
    if (ok)
        ok = EVP_PKEY_CTX_set_signature_md(ctx, crypto_algs()->md[DIGEST_SHA256]) == 1;
    if (ok)
        return ctx;
    EVP_PKEY_CTX_free(ctx);
    return NULL;
}

static bool
rsa_is_ok(const EVP_PKEY *pkey)
{
    int bits = EVP_PKEY_get_bits(pkey);
    BIGNUM *e = NULL;
    bool ok;

    if (bits < RSA_MIN_BITS || bits > RSA_MAX_BITS ||
        EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &e) != 1)
        return false;
    ok = BN_num_bytes(e) <= RSA_MAX_E && BN_is_odd(e) && !BN_is_one(e);
    BN_free(e);
    return ok;
}

static bool
is_p256(const EVP_PKEY *pkey)
{
    char name[64];
    size_t len;

    return EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_GROUP_NAME, name, sizeof(name),
                                          &len) == 1 &&
           span_is_str(span_str(name), "prime256v1");
}

static bool
kind_of(const EVP_PKEY *pkey, enum signkey_kind *kind)
{
    if (EVP_PKEY_is_a(pkey, "RSA") == 1) {
        *kind = SIGNKEY_RSA;
        return rsa_is_ok(pkey);
    }
    if (EVP_PKEY_is_a(pkey, "EC") == 1) {
        *kind = SIGNKEY_EC;
        return is_p256(pkey);
    }
    *kind = SIGNKEY_ED25519;
    return EVP_PKEY_is_a(pkey, "ED25519") == 1;
}

/* Adopts pkey, also on failure. */
static enum err
verifykey_adopt(EVP_PKEY *pkey, struct verifykey **out)
{
    struct verifykey *v = NULL;
    enum signkey_kind kind;
    enum err e = ERR_OK;

    if (!kind_of(pkey, &kind)) {
        EVP_PKEY_free(pkey);
        crypto_hush();
        return ERR_UNSUPPORTED;
    }
    v = calloc(1, sizeof(*v));
    if (v == NULL) {
        EVP_PKEY_free(pkey);
        return ERR_NOMEM;
    }
    v->pkey = pkey;
    v->kind = kind;
    if (kind != SIGNKEY_ED25519) {
        v->plain = ctx_new(pkey, kind == SIGNKEY_RSA ? RSA_PKCS1_PADDING : 0);
        if (v->plain == NULL)
            e = crypto_fail("a context for verification");
    }
    if (e == ERR_OK && kind == SIGNKEY_RSA) {
        v->pss = ctx_new(pkey, RSA_PKCS1_PSS_PADDING);
        if (v->pss == NULL)
            e = crypto_fail("a context for verification");
    }
    if (e != ERR_OK) {
        verifykey_free(v);
        return e;
    }
    *out = v;
    return ERR_OK;
}

enum err
verifykey_from_spki(struct span der, struct verifykey **out)
{
    EVP_PKEY *pkey;
    enum err e;

    *out = NULL;
    if (crypto_algs() == NULL)
        return ERR_CRYPTO;
    if (der.len > SPKI_MAX)
        return ERR_FORMAT;
    e = crypto_decode(DECODER_PUBLIC, der, &pkey);
    return e == ERR_OK ? verifykey_adopt(pkey, out) : e;
}

static EVP_PKEY *
rsa_public(const BIGNUM *n, const BIGNUM *e)
{
    OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    OSSL_PARAM *params = NULL;
    EVP_PKEY *pkey = NULL;

    if (bld != NULL && OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
        OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, e) == 1)
        params = OSSL_PARAM_BLD_to_param(bld);
    if (ctx != NULL && params != NULL && EVP_PKEY_fromdata_init(ctx) == 1 &&
        EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
        pkey = NULL;
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(bld);
    EVP_PKEY_CTX_free(ctx);
    return pkey;
}

enum err
verifykey_from_rsa(struct span n, struct span e, struct verifykey **out)
{
    BIGNUM *bn_n, *bn_e;
    EVP_PKEY *pkey = NULL;

    *out = NULL;
    if (crypto_algs() == NULL)
        return ERR_CRYPTO;
    if (n.len == 0 || e.len == 0)
        return ERR_FORMAT;
    if (n.len > RSA_MAX_BITS / 8 + 1 || e.len > RSA_MAX_E)
        return ERR_UNSUPPORTED;
    bn_n = BN_bin2bn(n.ptr, (int)n.len, NULL);
    bn_e = BN_bin2bn(e.ptr, (int)e.len, NULL);
    if (bn_n != NULL && bn_e != NULL)
        pkey = rsa_public(bn_n, bn_e);
    BN_free(bn_n);
    BN_free(bn_e);
    crypto_hush();
    if (pkey == NULL)
        return ERR_FORMAT;
    return verifykey_adopt(pkey, out);
}

/* As SubjectPublicKeyInfo, whose reader looks whether the point is on the curve. */
enum err
verifykey_from_p256(struct span x, struct span y, struct verifykey **out)
{
    /* SEQUENCE { SEQUENCE { id-ecPublicKey, prime256v1 }, BIT STRING { 04 x y } } */
    static const uint8_t head[] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                    0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                    0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04 };
    uint8_t der[sizeof(head) + 64];

    *out = NULL;
    if (x.len != 32 || y.len != 32)
        return ERR_FORMAT;
    memcpy(der, head, sizeof(head));
    memcpy(der + sizeof(head), x.ptr, 32);
    memcpy(der + sizeof(head) + 32, y.ptr, 32);
    return verifykey_from_spki(span_of(der, sizeof(der)), out);
}

void
verifykey_free(struct verifykey *v)
{
    if (v == NULL)
        return;
    EVP_PKEY_CTX_free(v->plain);
    EVP_PKEY_CTX_free(v->pss);
    EVP_PKEY_free(v->pkey);
    free(v);
}

enum signkey_kind
verifykey_kind(const struct verifykey *v)
{
    return v->kind;
}

static enum err
check_ed25519(const struct verifykey *v, struct span message, struct span sig)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok;

    if (ctx == NULL)
        return ERR_NOMEM;
    ok = EVP_DigestVerifyInit_ex(ctx, NULL, NULL, NULL, NULL, v->pkey, NULL) == 1 &&
         EVP_DigestVerify(ctx, sig.ptr, sig.len, message.ptr, message.len) == 1;
    EVP_MD_CTX_free(ctx);
    crypto_hush();
    return ok ? ERR_OK : ERR_INTEGRITY;
}

static enum err
check_digest(const EVP_PKEY_CTX *prepared, struct span hash, struct span sig)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_dup(prepared);
    bool ok;

    if (ctx == NULL)
        return crypto_fail("a context for verification");
    ok = EVP_PKEY_verify(ctx, sig.ptr, sig.len, hash.ptr, hash.len) == 1;
    EVP_PKEY_CTX_free(ctx);
    crypto_hush();
    return ok ? ERR_OK : ERR_INTEGRITY;
}

/* r || s -> ECDSA-Sig-Value. */
static enum err
check_ecdsa_raw(const EVP_PKEY_CTX *prepared, struct span hash, struct span sig)
{
    ECDSA_SIG *s = ECDSA_SIG_new();
    BIGNUM *a = BN_bin2bn(sig.ptr, 32, NULL), *b = BN_bin2bn(sig.ptr + 32, 32, NULL);
    uint8_t der[80];
    unsigned char *p = der;
    int len = 0;

    if (s != NULL && a != NULL && b != NULL && ECDSA_SIG_set0(s, a, b) == 1) {
        a = b = NULL; /* s owns them now */
        len = i2d_ECDSA_SIG(s, NULL);
        len = len > 0 && len <= (int)sizeof(der) ? i2d_ECDSA_SIG(s, &p) : 0;
    }
    BN_free(a);
    BN_free(b);
    ECDSA_SIG_free(s);
    if (len <= 0)
        return crypto_fail("ECDSA signature");
    return check_digest(prepared, hash, span_of(der, (size_t)len));
}

enum err
verifykey_check(const struct verifykey *v, enum sig_alg alg, struct span message,
                struct span sig)
{
    uint8_t hash[SHA256_LEN];
    struct span h = { hash, sizeof(hash) };
    bool rsa = alg == SIG_RS256 || alg == SIG_PS256;
    enum err e;

    if (alg == SIG_ED25519 && v->kind == SIGNKEY_ED25519)
        return check_ed25519(v, message, sig);
    if (!(rsa && v->kind == SIGNKEY_RSA) && !(alg == SIG_ES256 && v->kind == SIGNKEY_EC))
        return ERR_ARG;
    e = digest_sha256(message, hash);
    if (e != ERR_OK)
        return e;
    if (rsa)
        return check_digest(alg == SIG_PS256 ? v->pss : v->plain, h, sig);
    return sig.len == 64 ? check_ecdsa_raw(v->plain, h, sig) : ERR_INTEGRITY;
}
