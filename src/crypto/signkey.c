/* SPDX-License-Identifier: Apache-2.0 */
/* signkey.c - private keys made, loaded and stored. */
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "crypto/signkey_int.h"

enum { RSA_BITS = 2048, RSA_BITS_MAX = 8192 };

static bool
curve_is_ok(const EVP_PKEY *pkey)
{
    char name[64];
    size_t len;

    if (EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_GROUP_NAME, name, sizeof(name),
                                       &len) != 1)
        return false;
    return span_is_str(span_str(name), "prime256v1") ||
           span_is_str(span_str(name), "secp384r1") || span_is_str(span_str(name), "secp521r1");
}

static bool
kind_of(const EVP_PKEY *pkey, enum signkey_kind *kind)
{
    int bits = EVP_PKEY_get_bits(pkey);

    if (EVP_PKEY_is_a(pkey, "RSA") == 1) {
        *kind = SIGNKEY_RSA;
        return bits >= RSA_BITS && bits <= RSA_BITS_MAX;
    }
    if (EVP_PKEY_is_a(pkey, "EC") == 1) {
        *kind = SIGNKEY_EC;
        return curve_is_ok(pkey);
    }
    *kind = SIGNKEY_ED25519;
    return EVP_PKEY_is_a(pkey, "ED25519") == 1;
}

enum err
signkey_adopt(EVP_PKEY *pkey, struct signkey **out)
{
    enum signkey_kind kind;
    struct signkey *k;

    *out = NULL;
    if (!kind_of(pkey, &kind)) {
        EVP_PKEY_free(pkey);
        crypto_hush();
        return ERR_UNSUPPORTED;
    }
    k = calloc(1, sizeof(*k));
    if (k == NULL) {
        EVP_PKEY_free(pkey);
        return ERR_NOMEM;
    }
    k->pkey = pkey;
    k->kind = kind;
    *out = k;
    return ERR_OK;
}

enum err
signkey_new(enum signkey_kind kind, struct signkey **out)
{
    EVP_PKEY *pkey = NULL;

    *out = NULL;
    switch (kind) {
    case SIGNKEY_RSA:
        pkey = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)RSA_BITS);
        break;
    case SIGNKEY_EC:
        pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
        break;
    case SIGNKEY_ED25519:
        pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
        break;
    }
    if (pkey == NULL)
        return crypto_fail("key generation");
    return signkey_adopt(pkey, out);
}

enum err
signkey_load(struct span pkcs8, struct signkey **out)
{
    EVP_PKEY *pkey;
    enum err e = crypto_decode(DECODER_PRIVATE, pkcs8, &pkey);

    *out = NULL;
    return e == ERR_OK ? signkey_adopt(pkey, out) : e;
}

/* Without it OpenSSL would ask at the terminal. */
static int
no_passphrase(char *buf, int size, int rwflag, void *arg)
{
    (void)buf;
    (void)size;
    (void)rwflag;
    (void)arg;
    return -1;
}

static bool
key_is_sound(EVP_PKEY *pkey)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    bool ok = ctx != NULL && EVP_PKEY_check(ctx) == 1;

    EVP_PKEY_CTX_free(ctx);
    return ok;
}

enum err
signkey_load_pem(struct span pem, struct signkey **out)
{
    EVP_PKEY *pkey;
    BIO *bio;

    *out = NULL;
    if (pem.len == 0 || pem.len > 64 * 1024)
        return ERR_FORMAT;
    bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
    if (bio == NULL)
        return ERR_NOMEM;
    pkey = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
    BIO_free(bio);
    if (pkey != NULL && !key_is_sound(pkey)) {
        EVP_PKEY_free(pkey);
        pkey = NULL;
    }
    crypto_hush();
    if (pkey == NULL)
        return ERR_FORMAT;
    return signkey_adopt(pkey, out);
}

void
signkey_free(struct signkey *k)
{
    if (k == NULL)
        return;
    for (size_t i = 0; i < SIG__MAX; i++)
        for (size_t d = 0; d < DIGEST__MAX; d++)
            EVP_PKEY_CTX_free(k->ready[i][d]);
    EVP_PKEY_free(k->pkey);
    free(k);
}

EVP_PKEY *
signkey_pkey(const struct signkey *k)
{
    return k->pkey;
}

enum signkey_kind
signkey_kind(const struct signkey *k)
{
    return k->kind;
}

size_t
signkey_weight(const struct signkey *k)
{
    return k->kind == SIGNKEY_RSA ? (size_t)EVP_PKEY_get_bits(k->pkey) * 4 : 4096;
}

enum err
crypto_put_pkcs8(const EVP_PKEY *pkey, struct secbuf *out)
{
    PKCS8_PRIV_KEY_INFO *p8 = EVP_PKEY2PKCS8(pkey);
    unsigned char *at;
    int len;

    if (p8 == NULL)
        return crypto_fail("encoding a private key");
    len = i2d_PKCS8_PRIV_KEY_INFO(p8, NULL);
    at = len > 0 ? secbuf_grow(out, (size_t)len) : NULL;
    if (at != NULL)
        len = i2d_PKCS8_PRIV_KEY_INFO(p8, &at);
    PKCS8_PRIV_KEY_INFO_free(p8);
    if (len <= 0)
        return crypto_fail("encoding a private key");
    return out->err;
}

enum err
signkey_put_pkcs8(const struct signkey *k, struct secbuf *out)
{
    return crypto_put_pkcs8(k->pkey, out);
}

enum err
signkey_put_spki(const struct signkey *k, struct buf *out)
{
    int len = i2d_PUBKEY(k->pkey, NULL);
    unsigned char *at;

    if (len <= 0)
        return crypto_fail("encoding a public key");
    at = buf_grow(out, (size_t)len);
    if (at != NULL && i2d_PUBKEY(k->pkey, &at) != len)
        return crypto_fail("encoding a public key");
    return out->err;
}
