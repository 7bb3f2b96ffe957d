/* SPDX-License-Identifier: Apache-2.0 */
/* hkdf.h - HKDF with SHA-256 (RFC 5869). */
#ifndef CRYPTO_HKDF_H
#define CRYPTO_HKDF_H

#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "crypto/mac.h"

enum { HKDF_MAX = 255 * 32 };

/* Extract and expand. len <= HKDF_MAX, else ERR_ARG. ERR_CRYPTO. */
MUST_CHECK enum err hkdf_sha256(struct span ikm, struct span salt, struct span info,
                                uint8_t *out, size_t len);
/* Step 1; an empty salt is 32 zero bytes. */
MUST_CHECK enum err hkdf_extract(struct span ikm, struct span salt, uint8_t prk[static 32]);
/* Step 2, from a PRK that was made into a key once. ERR_ARG, ERR_CRYPTO. */
MUST_CHECK enum err hkdf_expand(const struct mac_key *prk, struct span info, uint8_t *out,
                                size_t len);

#endif /* CRYPTO_HKDF_H */
