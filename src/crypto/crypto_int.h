/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto_int.h - what this room's files share: fetched algorithms, contexts
 * kept per thread, and the one way to report an OpenSSL failure.
 */
#ifndef CRYPTO_CRYPTO_INT_H
#define CRYPTO_CRYPTO_INT_H

#include <openssl/decoder.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>

#include "base/err.h"
#include "base/secbuf.h"
#include "crypto/digest.h"
#include "crypto/key_alg.h"

/* Modes of AES that a vault key can be used in. */
enum aes_mode { AES_GCM, AES_CBC, AES_KW, AES_KWP, AES_MODE__MAX };
enum { AES_SIZES = 3 }; /* 128, 192, 256 bits */

/* Fetched once, never freed: they live as long as the process. */
struct crypto_algs {
    EVP_MD *md[DIGEST__MAX];
    EVP_CIPHER *gcm;
    EVP_CIPHER *aes[AES_MODE__MAX][AES_SIZES];
    EVP_KDF *scrypt;
};
/* NULL when one is missing (logged once). */
const struct crypto_algs *crypto_algs(void);

/* What DER is read as: PKCS#8 of any kind of key or of one, or SubjectPublicKeyInfo. */
enum decoder {
    DECODER_PRIVATE,
    DECODER_RSA,
    DECODER_EC,
    DECODER_OKP,
    DECODER_PUBLIC,
    DECODER__MAX
};

/* Contexts of this thread; freed when it ends. */
struct crypto_thread {
    EVP_MD_CTX *md;
    EVP_CIPHER_CTX *gcm;
    OSSL_DECODER_CTX *decoders[DECODER__MAX]; /* at first use; they write to decoded */
    EVP_PKEY *decoded;
};
/* NULL when out of memory or an algorithm is missing. */
struct crypto_thread *crypto_thread(void);

/* All of the bytes as one key. ERR_FORMAT, which the want of secure memory is too; ERR_NOMEM.
 */
MUST_CHECK enum err crypto_decode(enum decoder kind, struct span der, EVP_PKEY **out);

/* Logs what failed with OpenSSL's reasons and empties its queue; gives ERR_CRYPTO. */
enum err crypto_fail(const char *what);
/* Empties the queue without a word: where failure is an answer (bad input, bad signature). */
void crypto_hush(void);

/* Appends a private key as PKCS#8 DER. ERR_CRYPTO, ERR_NOMEM, ERR_TOO_LARGE. */
MUST_CHECK enum err crypto_put_pkcs8(const EVP_PKEY *pkey, struct secbuf *out);

/* OpenSSL's name of a digest. */
const char *digest_name(enum digest_alg alg);

#endif /* CRYPTO_CRYPTO_INT_H */
