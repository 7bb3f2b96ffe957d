/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aead.c - AES-256-GCM in the thread's context. The cipher is set when the
 * thread begins and only re-keyed here: naming it again would free and make
 * the context anew (EVP_CipherInit does).
 */
#include "crypto/aead.h"

#include <limits.h>

#include "base/wipe.h"
#include "crypto/crypto_int.h"

/* EVP counts in int. */
enum { AEAD_MAX = INT_MAX - AEAD_TAG_LEN };

static EVP_CIPHER_CTX *
gcm_begin(const uint8_t *key, const uint8_t *nonce, struct span aad, int encrypt)
{
    struct crypto_thread *t = crypto_thread();
    int len = 0;

    if (t == NULL || EVP_CipherInit_ex2(t->gcm, NULL, key, nonce, encrypt, NULL) != 1)
        return NULL;
    if (aad.len > 0 && EVP_CipherUpdate(t->gcm, NULL, &len, aad.ptr, (int)aad.len) != 1)
        return NULL;
    return t->gcm;
}

enum err
aead_seal(const uint8_t key[static AEAD_KEY_LEN], const uint8_t nonce[static AEAD_NONCE_LEN],
          struct span aad, struct span plain, uint8_t *out)
{
    EVP_CIPHER_CTX *ctx;
    int len = 0;

    if (plain.len > AEAD_MAX || aad.len > AEAD_MAX)
        return ERR_TOO_LARGE;
    ctx = gcm_begin(key, nonce, aad, 1);
    if (ctx == NULL)
        return crypto_fail("AES-GCM");
    if (plain.len > 0 && EVP_EncryptUpdate(ctx, out, &len, plain.ptr, (int)plain.len) != 1)
        return crypto_fail("AES-GCM");
    if (EVP_EncryptFinal_ex(ctx, out + plain.len, &len) != 1 ||
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, AEAD_TAG_LEN, out + plain.len) != 1)
        return crypto_fail("AES-GCM");
    return ERR_OK;
}

enum err
aead_open(const uint8_t key[static AEAD_KEY_LEN], const uint8_t nonce[static AEAD_NONCE_LEN],
          struct span aad, struct span sealed, uint8_t *out)
{
    uint8_t tag[AEAD_TAG_LEN];
    EVP_CIPHER_CTX *ctx;
    size_t n;
    int len = 0;

    if (sealed.len < AEAD_TAG_LEN)
        return ERR_INTEGRITY;
    n = sealed.len - AEAD_TAG_LEN;
    if (n > AEAD_MAX || aad.len > AEAD_MAX)
        return ERR_TOO_LARGE;
    memcpy(tag, sealed.ptr + n, sizeof(tag));
    ctx = gcm_begin(key, nonce, aad, 0);
    if (ctx == NULL || (n > 0 && EVP_DecryptUpdate(ctx, out, &len, sealed.ptr, (int)n) != 1) ||
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, sizeof(tag), tag) != 1) {
        wipe(out, n);
        return crypto_fail("AES-GCM");
    }
    if (EVP_DecryptFinal_ex(ctx, tag, &len) != 1) {
        wipe(out, n);
        crypto_hush();
        return ERR_INTEGRITY;
    }
    return ERR_OK;
}
