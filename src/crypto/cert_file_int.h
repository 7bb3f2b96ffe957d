/* SPDX-License-Identifier: Apache-2.0 */
/* cert_file_int.h - a file that is being read; inside crypto/cert_file.c and cert_pfx.c. */
#ifndef CRYPTO_CERT_FILE_INT_H
#define CRYPTO_CERT_FILE_INT_H

#include "crypto/cert_file.h"
#include "crypto/key_int.h"

/* PKCS#8, or what PEM had before it. */
enum key_wrap { WRAP_PKCS8, WRAP_PKCS1, WRAP_SEC1 };

/* Takes a private key that was found. ERR_CERT_KEYS (another one than before), ERR_SYNTAX,
 * ERR_ARG, ERR_TOO_LARGE, ERR_NOMEM. */
MUST_CHECK enum err found_key(struct cert_file *f, enum key_wrap wrap, struct span der);
/* Takes a certificate, once. ERR_SYNTAX, ERR_TOO_LARGE, ERR_NOMEM. */
MUST_CHECK enum err found_cert(struct cert_file *f, struct span der);

/* PKCS#12. password NULL: none at all, which is not the empty one. *work: iterations that may
 * still be spent. ERR_CERT_PASSWORD, ERR_CERT_ENCRYPTED, and what the two above say. */
MUST_CHECK enum err pfx_read(struct span der, const struct secbuf *password, uint64_t *work,
                             struct cert_file *f);

#endif /* CRYPTO_CERT_FILE_INT_H */
