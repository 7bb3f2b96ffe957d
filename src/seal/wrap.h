/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wrap.h - keys sealed under the root key. The associated data binds purpose
 * and id, so no wrapped key stands in for another. docs/formats/seal.md.
 *
 * purpose is an enum key_purpose of keeper/ask.h; this room does not know
 * what it means.
 */
#ifndef SEAL_WRAP_H
#define SEAL_WRAP_H

#include <stdint.h>

#include "base/err.h"
#include "base/sink.h"
#include "base/span.h"
#include "seal/root.h"

enum { WRAP_OVERHEAD = 1 + ROOT_ID_LEN + 12 + 16 };

/* Appends the wrapped key. ERR_TOO_LARGE, ERR_NOMEM, ERR_CRYPTO. */
MUST_CHECK enum err wrap_seal(const struct root_key *root, uint8_t purpose, struct span id,
                              struct span key, struct sink out);
/* Appends the key bytes. ERR_WRONG_KEY (made under another root key), ERR_FORMAT,
 * ERR_INTEGRITY (another purpose or id, or damage), ERR_TOO_LARGE, ERR_NOMEM, ERR_CRYPTO. */
MUST_CHECK enum err wrap_open(const struct root_key *root, uint8_t purpose, struct span id,
                              struct span wrapped, struct secbuf *out);
/* Id of the root key it was made under, ROOT_ID_LEN bytes, borrowed; ERR_FORMAT. */
MUST_CHECK enum err wrap_root_id(struct span wrapped, struct span *out);

#endif /* SEAL_WRAP_H */
