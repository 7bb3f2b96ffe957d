/* SPDX-License-Identifier: Apache-2.0 */
/*
 * digest.h - SHA-1 (thumbprints only) and SHA-2, at once or piece by piece.
 *
 * The one-shot forms use a context kept per thread and allocate nothing.
 * ERR_CRYPTO where a code is returned: OpenSSL failed (logged).
 */
#ifndef CRYPTO_DIGEST_H
#define CRYPTO_DIGEST_H

#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

enum digest_alg { DIGEST_SHA1, DIGEST_SHA256, DIGEST_SHA384, DIGEST_SHA512, DIGEST__MAX };
enum { SHA1_LEN = 20, SHA256_LEN = 32, SHA384_LEN = 48, SHA512_LEN = 64, DIGEST_MAX_LEN = 64 };

size_t digest_len(enum digest_alg alg);
/* Writes digest_len(alg) bytes. */
MUST_CHECK enum err digest_make(enum digest_alg alg, struct span bytes, uint8_t *out);
MUST_CHECK enum err digest_sha1(struct span bytes, uint8_t out[static SHA1_LEN]);
MUST_CHECK enum err digest_sha256(struct span bytes, uint8_t out[static SHA256_LEN]);
MUST_CHECK enum err digest_sha384(struct span bytes, uint8_t out[static SHA384_LEN]);
MUST_CHECK enum err digest_sha512(struct span bytes, uint8_t out[static SHA512_LEN]);

/* Piece by piece. Belongs to one thread at a time. */
struct digest;
/* ERR_NOMEM, ERR_CRYPTO. */
MUST_CHECK enum err digest_new(enum digest_alg alg, struct digest **out);
void digest_free(struct digest *d); /* NULL is allowed */
/* Sticky: a failure comes out of digest_end(). */
void digest_put(struct digest *d, struct span bytes);
/* Writes digest_len() bytes and makes d ready for the next message. */
MUST_CHECK enum err digest_end(struct digest *d, uint8_t *out);

#endif /* CRYPTO_DIGEST_H */
