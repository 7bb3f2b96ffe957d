/* SPDX-License-Identifier: Apache-2.0 */
/* signkey_int.h - the inside of a private key, for signkey.c, sign.c and x509_make.c. */
#ifndef CRYPTO_SIGNKEY_INT_H
#define CRYPTO_SIGNKEY_INT_H

#include "crypto/crypto_int.h"
#include "crypto/sign.h"

struct signkey {
    EVP_PKEY *pkey;
    enum signkey_kind kind;
    EVP_PKEY_CTX *ready[SIG__MAX][DIGEST__MAX]; /* prepared at first use; *_DIGEST rows only */
};

/* Adopts pkey, also on failure. ERR_UNSUPPORTED, ERR_NOMEM. */
MUST_CHECK enum err signkey_adopt(EVP_PKEY *pkey, struct signkey **out);
/* As key_is_proved() and key_use_unproved() (key_int.h). */
bool signkey_is_proved(enum signkey_kind kind);
MUST_CHECK enum err signkey_sign_unproved(struct signkey *k, enum sig_alg alg,
                                          enum digest_alg digest, struct span bytes,
                                          uint8_t *sig, size_t cap, size_t *len);
EVP_PKEY *signkey_pkey(const struct signkey *k); /* borrowed */

#endif /* CRYPTO_SIGNKEY_INT_H */
