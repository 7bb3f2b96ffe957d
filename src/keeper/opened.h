/* SPDX-License-Identifier: Apache-2.0 */
/* opened.h - wrapped keys, opened once and then found in a thread's cache. */
#ifndef KEEPER_OPENED_H
#define KEEPER_OPENED_H

#include "base/err.h"
#include "keeper/ask.h"
#include "keeper/cache.h"
#include "keeper/roots.h"

enum { OPENED_SYMMETRIC_LEN = 32 };

/* A vault or backup key. Borrowed from the cache. Errors as roots_unwrap(), ERR_FORMAT. */
MUST_CHECK enum err opened_row(struct roots *roots, struct cache *cache,
                               const struct wrapped *w, struct seal_row_key **out);
/* A signing key of ours. Borrowed from the cache. Errors as above, and of signkey_load(). */
MUST_CHECK enum err opened_sign(struct roots *roots, struct cache *cache,
                                const struct wrapped *w, struct signkey **out);

/* What a row is sealed as. */
struct row_id opened_row_id(const struct object_id *id);
/* The object lies in the vault (or, in a backup, the subscription) that the key is of. The
 * derivation binds it too; but nothing shall be sealed that claims to lie elsewhere. */
bool opened_is_of_key(const struct wrapped *key, const struct object_id *id);

#endif /* KEEPER_OPENED_H */
