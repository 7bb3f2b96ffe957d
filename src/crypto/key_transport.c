/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_transport.c - a key on its way between vaults or to an enclave:
 * RSAES-OAEP of a fresh AES-256 key, then the AES-KWP of the key itself
 * (PKCS#11 3.0 2.1.21, CKM_RSA_AES_KEY_WRAP).
 */
#include "base/rand.h"
#include "base/wipe.h"
#include "crypto/key_int.h"

enum { AES_LEN = 32, KWP_MIN = 16 };

static enum digest_alg
digest_of(enum key_transport t)
{
    switch (t) {
    case TRANSPORT_CKM_RSA_AES:
        return DIGEST_SHA1;
    case TRANSPORT_RSA_AES_256:
        return DIGEST_SHA256;
    case TRANSPORT_RSA_AES_384:
        return DIGEST_SHA384;
    }
    return DIGEST__MAX;
}

static enum err
oaep_wrap(enum digest_alg digest, const struct key_public *recipient,
          const uint8_t aes[static AES_LEN], struct buf *out)
{
    size_t n = recipient->n.len;
    EVP_PKEY_CTX *ctx = NULL;
    struct key *k = NULL;
    uint8_t *at;
    enum err e = key_from_public(recipient, &k);

    if (e != ERR_OK)
        return e;
    at = buf_grow(out, n);
    ctx = key_oaep_ctx(k->pkey, digest, true);
    if (at == NULL)
        e = out->err;
    else if (ctx == NULL || EVP_PKEY_encrypt(ctx, at, &n, aes, AES_LEN) != 1 ||
             n != recipient->n.len)
        e = crypto_fail("RSAES-OAEP");
    EVP_PKEY_CTX_free(ctx);
    key_free(k);
    return e;
}

enum err
key_transport_wrap(enum key_transport t, const struct key_public *recipient, struct span plain,
                   struct buf *ciphertext)
{
    enum digest_alg digest = digest_of(t);
    WIPED32 uint8_t aes[AES_LEN];
    struct secbuf wrapped;
    enum err e;

    if (digest == DIGEST__MAX || recipient->type != KEY_RSA || plain.len == 0 ||
        plain.len > KEY_PRIVATE_MAX)
        return ERR_ARG;
    rand_fill(aes, sizeof(aes));
    secbuf_init(&wrapped, 2 * KEY_PRIVATE_MAX);
    e = oaep_wrap(digest, recipient, aes, ciphertext);
    if (e == ERR_OK)
        e = key_kwp(aes, true, plain, &wrapped);
    if (e == ERR_OK) {
        buf_put(ciphertext, secbuf_span(&wrapped));
        e = ciphertext->err;
    }
    secbuf_release(&wrapped);
    return e;
}

/* A key that does not open is replaced by a random one, and what follows fails as it fails
 * with a wrong key: nobody learns from the time which of the two parts was bad. */
static enum err
oaep_unwrap(enum digest_alg digest, struct key *kek, struct span in,
            uint8_t aes[static AES_LEN])
{
    EVP_PKEY_CTX *ctx = key_oaep_ctx(kek->pkey, digest, false);
    size_t n = kek->public.n.len;
    struct secbuf got;
    uint8_t *at;
    enum err e = ERR_OK;

    secbuf_init(&got, KEY_MODULUS_MAX);
    at = secbuf_grow(&got, n);
    rand_fill(aes, AES_LEN);
    if (ctx == NULL)
        e = ERR_CRYPTO;
    else if (at == NULL)
        e = got.err;
    else if (EVP_PKEY_decrypt(ctx, at, &n, in.ptr, in.len) == 1 && n == AES_LEN)
        memcpy(aes, at, AES_LEN);
    crypto_hush();
    secbuf_release(&got);
    EVP_PKEY_CTX_free(ctx);
    return e;
}

enum err
key_transport_unwrap(enum key_transport t, struct key *kek, struct span ciphertext,
                     struct secbuf *plain)
{
    enum digest_alg digest = digest_of(t);
    size_t had = plain->len, n = kek->public.n.len;
    struct span wrapped = span_tail(ciphertext, n);
    WIPED32 uint8_t aes[AES_LEN];
    enum err e;

    if (digest == DIGEST__MAX || kek->public.type != KEY_RSA || kek->is_public)
        return ERR_ARG;
    if (wrapped.len < KWP_MIN || wrapped.len % 8 != 0 || wrapped.len > KEY_PRIVATE_MAX)
        return ERR_SYNTAX;
    if (!key_is_proved(kek->public.type, kek->public.curve))
        return ERR_CRYPTO;
    e = oaep_unwrap(digest, kek, span_head(ciphertext, n), aes);
    if (e == ERR_OK)
        e = key_kwp(aes, false, wrapped, plain);
    if (e != ERR_OK)
        secbuf_truncate(plain, had);
    return e;
}
