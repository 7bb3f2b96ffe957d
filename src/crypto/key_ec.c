/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_ec.c - ECDSA with signatures as r || s (RFC 7518 3.4), and Ed25519.
 *
 * OpenSSL speaks ECDSA-Sig-Value (RFC 3279 2.2.3); the few bytes of DER are
 * written and read here, on the stack: a signature costs no allocation of ours.
 */
#include "crypto/key_int.h"

enum {
    DER_SEQUENCE = 0x30,
    DER_INTEGER = 0x02,
    DER_LONG_1 = 0x81, /* a length of one more byte follows */
    /* Two numbers of P-521, each with its header and a leading zero. */
    SIG_DER_MAX = 3 + 2 * (3 + KEY_COORDINATE_MAX),
    ED25519_SIG = 64,
};

static EVP_PKEY_CTX *
ctx_ready(struct key *k, enum key_alg alg, enum key_way way)
{
    union key_ready *r = &k->ready[alg][way];
    EVP_PKEY_CTX *ctx = r->pkey;

    if (__builtin_expect(ctx != NULL, 1))
        return ctx;
    ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->pkey, NULL);
    if (ctx == NULL ||
        (way == WAY_PRIVATE ? EVP_PKEY_sign_init(ctx) : EVP_PKEY_verify_init(ctx)) != 1) {
        EVP_PKEY_CTX_free(ctx);
        (void)crypto_fail("preparing an EC key");
        return NULL;
    }
    r->pkey = ctx;
    return ctx;
}

/* Reads one INTEGER into len bytes at num and moves *der behind it. */
static bool
integer_get(struct span *der, uint8_t *num, size_t len)
{
    struct span body;

    if (der->len < 2 || der->ptr[0] != DER_INTEGER || der->ptr[1] > der->len - 2)
        return false;
    body = span_of(der->ptr + 2, der->ptr[1]);
    *der = span_tail(*der, 2 + body.len);
    while (body.len > 0 && body.ptr[0] == 0)
        body = span_tail(body, 1);
    if (body.len > len)
        return false;
    memset(num, 0, len - body.len);
    if (body.len > 0)
        memcpy(num + len - body.len, body.ptr, body.len);
    return true;
}

static bool
raw_of_der(struct span der, uint8_t *raw, size_t len)
{
    size_t header = der.len > 2 && der.ptr[1] == DER_LONG_1 ? 3 : 2;

    if (der.len < header || der.ptr[0] != DER_SEQUENCE ||
        der.ptr[header - 1] != der.len - header)
        return false;
    der = span_tail(der, header);
    return integer_get(&der, raw, len) && integer_get(&der, raw + len, len) && der.len == 0;
}

/* Writes one INTEGER; gives its whole length. */
static size_t
integer_put(uint8_t *at, const uint8_t *num, size_t len)
{
    size_t pad;

    while (len > 1 && num[0] == 0) {
        num++;
        len--;
    }
    pad = num[0] >> 7;
    at[0] = DER_INTEGER;
    at[1] = (uint8_t)(len + pad);
    at[2] = 0;
    memcpy(at + 2 + pad, num, len);
    return 2 + pad + len;
}

static size_t
der_of_raw(struct span raw, uint8_t der[static SIG_DER_MAX])
{
    size_t half = raw.len / 2, len, header = half > 60 ? 3 : 2;

    len = integer_put(der + header, raw.ptr, half);
    len += integer_put(der + header + len, raw.ptr + half, half);
    if (header == 3 && len < 0x80) { /* short numbers of P-521 */
        memmove(der + 2, der + 3, len);
        header = 2;
    }
    der[0] = DER_SEQUENCE;
    der[1] = DER_LONG_1;
    der[header - 1] = (uint8_t)len;
    return header + len;
}

static enum err
ec_sign(struct key *k, const struct key_use *u, struct secbuf *value)
{
    EVP_PKEY_CTX *ctx = ctx_ready(k, u->alg, WAY_PRIVATE);
    size_t len = key_curve_bytes(k->public.curve), n = SIG_DER_MAX;
    uint8_t der[SIG_DER_MAX], *raw;

    if (ctx == NULL)
        return ERR_CRYPTO;
    raw = secbuf_grow(value, 2 * len);
    if (raw == NULL)
        return value->err;
    if (EVP_PKEY_sign(ctx, der, &n, u->bytes.ptr, u->bytes.len) != 1 ||
        !raw_of_der(span_of(der, n), raw, len))
        return crypto_fail("ECDSA signature");
    return ERR_OK;
}

static enum err
ec_verify(struct key *k, const struct key_use *u)
{
    uint8_t der[SIG_DER_MAX];
    EVP_PKEY_CTX *ctx;
    size_t len;

    if (u->signature.len != 2 * key_curve_bytes(k->public.curve))
        return ERR_DENIED;
    ctx = ctx_ready(k, u->alg, WAY_PUBLIC);
    if (ctx == NULL)
        return ERR_CRYPTO;
    len = der_of_raw(u->signature, der);
    if (EVP_PKEY_verify(ctx, der, len, u->bytes.ptr, u->bytes.len) == 1)
        return ERR_OK;
    crypto_hush();
    return ERR_DENIED;
}

enum err
key_ec_use(struct key *k, const struct key_use *u, struct secbuf *value)
{
    if (u->bytes.len != key_alg_info(u->alg)->digest_len)
        return ERR_ARG;
    return u->op == KEY_SIGN ? ec_sign(k, u, value) : ec_verify(k, u);
}

/* A copy of the prepared context, since one may sign only once (from OpenSSL 3.2 on). */
static EVP_MD_CTX *
md_ready(struct key *k, enum key_way way)
{
    union key_ready *r = &k->ready[ALG_EDDSA][way];
    EVP_MD_CTX *copy = EVP_MD_CTX_new();

    if (r->md == NULL) {
        r->md = EVP_MD_CTX_new();
        if (r->md == NULL ||
            (way == WAY_PRIVATE
                 ? EVP_DigestSignInit_ex(r->md, NULL, NULL, NULL, NULL, k->pkey, NULL)
                 : EVP_DigestVerifyInit_ex(r->md, NULL, NULL, NULL, NULL, k->pkey, NULL)) !=
                1) {
            EVP_MD_CTX_free(r->md);
            r->md = NULL;
        }
    }
    if (r->md != NULL && copy != NULL && EVP_MD_CTX_copy_ex(copy, r->md) == 1)
        return copy;
    EVP_MD_CTX_free(copy);
    (void)crypto_fail("preparing an Ed25519 key");
    return NULL;
}

enum err
key_okp_use(struct key *k, const struct key_use *u, struct secbuf *value)
{
    EVP_MD_CTX *ctx;
    size_t n = ED25519_SIG;
    enum err e = ERR_OK;
    uint8_t *sig;

    if (u->op == KEY_VERIFY && u->signature.len != ED25519_SIG)
        return ERR_DENIED;
    ctx = md_ready(k, u->op == KEY_SIGN ? WAY_PRIVATE : WAY_PUBLIC);
    if (ctx == NULL)
        return ERR_CRYPTO;
    if (u->op == KEY_SIGN) {
        sig = secbuf_grow(value, n);
        if (sig == NULL)
            e = value->err;
        else if (EVP_DigestSign(ctx, sig, &n, u->bytes.ptr, u->bytes.len) != 1)
            e = crypto_fail("Ed25519 signature");
    } else if (EVP_DigestVerify(ctx, u->signature.ptr, u->signature.len, u->bytes.ptr,
                                u->bytes.len) != 1) {
        crypto_hush();
        e = ERR_DENIED;
    }
    EVP_MD_CTX_free(ctx);
    return e;
}
