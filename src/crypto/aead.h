/* SPDX-License-Identifier: Apache-2.0 */
/* aead.h - AES-256-GCM (NIST SP 800-38D), 96-bit nonce, 128-bit tag behind the text. */
#ifndef CRYPTO_AEAD_H
#define CRYPTO_AEAD_H

#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

enum { AEAD_KEY_LEN = 32, AEAD_NONCE_LEN = 12, AEAD_TAG_LEN = 16 };

/* Writes plain.len + AEAD_TAG_LEN bytes. A nonce must never come twice under one key.
 * ERR_TOO_LARGE (2 GiB), ERR_CRYPTO. */
MUST_CHECK enum err aead_seal(const uint8_t key[static AEAD_KEY_LEN],
                              const uint8_t nonce[static AEAD_NONCE_LEN], struct span aad,
                              struct span plain, uint8_t *out);
/* Writes sealed.len - AEAD_TAG_LEN bytes; on failure they are wiped.
 * ERR_INTEGRITY (also when shorter than a tag), ERR_TOO_LARGE, ERR_CRYPTO. */
MUST_CHECK enum err aead_open(const uint8_t key[static AEAD_KEY_LEN],
                              const uint8_t nonce[static AEAD_NONCE_LEN], struct span aad,
                              struct span sealed, uint8_t *out);

#endif /* CRYPTO_AEAD_H */
