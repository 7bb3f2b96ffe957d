/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mac.h - HMAC (RFC 2104), with SHA-256 above all, fast for short messages.
 *
 * No allocation: the key block is made on the stack (and wiped) or once in a
 * struct mac_key, and the hash runs in a context kept per thread. Under a
 * microsecond for messages of a few hundred bytes.
 * Compare results with ct_equal() only.
 */
#ifndef CRYPTO_MAC_H
#define CRYPTO_MAC_H

#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "crypto/digest.h"

enum { MAC_LEN = 32 };

/* ERR_CRYPTO. */
MUST_CHECK enum err hmac_sha256(struct span key, struct span message,
                                uint8_t out[static MAC_LEN]);
/* The same over n pieces, as if they were one. ERR_CRYPTO. */
MUST_CHECK enum err hmac_sha256_parts(struct span key, const struct span *parts, size_t n,
                                      uint8_t out[static MAC_LEN]);
/* Any digest, a key of any length; writes digest_len(alg) bytes. ERR_CRYPTO. */
MUST_CHECK enum err hmac_make(enum digest_alg alg, struct span key, struct span message,
                              uint8_t *out);

/* A key used many times; in secret memory; may be shared by threads. */
struct mac_key;
/* The key bytes are copied. ERR_NOMEM, ERR_CRYPTO. */
MUST_CHECK enum err mac_key_new(struct span key, struct mac_key **out);
void mac_key_free(struct mac_key *m); /* wipes; NULL is allowed */
/* ERR_CRYPTO. */
MUST_CHECK enum err mac_key_make(const struct mac_key *m, const struct span *parts, size_t n,
                                 uint8_t out[static MAC_LEN]);

#endif /* CRYPTO_MAC_H */
