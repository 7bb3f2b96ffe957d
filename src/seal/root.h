/* SPDX-License-Identifier: Apache-2.0 */
/*
 * root.h - the root key: 32 random bytes above all others (docs/formats/seal.md).
 *
 * Lives in secret memory, in the keeper (and for a moment in `keyhold init`
 * and `keyhold seal rotate`, which make it). Immutable once made; may be
 * shared by threads.
 */
#ifndef SEAL_ROOT_H
#define SEAL_ROOT_H

#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

enum { ROOT_KEY_LEN = 32, ROOT_ID_LEN = 8 };

struct root_key;

/* A new random one. ERR_NOMEM, ERR_CRYPTO. */
MUST_CHECK enum err root_key_new(struct root_key **out);
/* From its bytes, which are copied. ERR_FORMAT (not ROOT_KEY_LEN), ERR_NOMEM, ERR_CRYPTO. */
MUST_CHECK enum err root_key_from(struct span bytes, struct root_key **out);
void root_key_free(struct root_key *r); /* wipes; NULL is allowed */
/* Public: tells root keys apart and nothing more. ROOT_ID_LEN bytes; borrowed. */
struct span root_key_id(const struct root_key *r);
/* Secret. Borrowed; for writing a key file. */
struct span root_key_bytes(const struct root_key *r);
/* Secret. The key that wraps keys, derived from the root key. Borrowed. */
const uint8_t *root_key_kek(const struct root_key *r);

#endif /* SEAL_ROOT_H */
