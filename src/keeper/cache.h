/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cache.h - opened keys, least recently used first out, bounded in bytes.
 *
 * A key is found by the SHA-256 of purpose, id and wrapped bytes, a user's key
 * also by its object and sealed bytes: whoever can name them all could have it
 * opened anyway. When a root key's rotation wraps a vault key anew, what hangs
 * on the old wrapping is missed once and falls out. Key bytes are in secret
 * memory or in OpenSSL objects. Belongs to one thread.
 */
#ifndef KEEPER_CACHE_H
#define KEEPER_CACHE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "crypto/key.h"
#include "crypto/sign.h"
#include "keeper/ask.h"
#include "seal/row.h"

enum { CACHE_TAG_LEN = 32, CACHE_BYTES_MIN = 64 * 1024 };

struct cache;

/* max_bytes is at least CACHE_BYTES_MIN. ERR_NOMEM. */
MUST_CHECK enum err cache_new(size_t max_bytes, struct cache **out);
void cache_free(struct cache *c); /* wipes; NULL is allowed */
void cache_clear(struct cache *c);

/* ERR_CRYPTO. */
MUST_CHECK enum err cache_tag(const struct wrapped *w, uint8_t tag[static CACHE_TAG_LEN]);
/* Of what is sealed as id under the vault key w. */
MUST_CHECK enum err cache_tag_sealed(struct cache *c, const struct wrapped *w,
                                     const struct object_id *id, struct span sealed,
                                     uint8_t tag[static CACHE_TAG_LEN]);
/* Borrowed: lives until another key was put twice; NULL if it is not here. */
struct seal_row_key *cache_row(struct cache *c, const uint8_t tag[static CACHE_TAG_LEN]);
struct signkey *cache_sign(struct cache *c, const uint8_t tag[static CACHE_TAG_LEN]);
struct key *cache_key(struct cache *c, const uint8_t tag[static CACHE_TAG_LEN]);
/* Adopts the key, also on failure. ERR_NOMEM. */
MUST_CHECK enum err cache_put_row(struct cache *c, const uint8_t tag[static CACHE_TAG_LEN],
                                  struct seal_row_key *k);
MUST_CHECK enum err cache_put_sign(struct cache *c, const uint8_t tag[static CACHE_TAG_LEN],
                                   struct signkey *k);
MUST_CHECK enum err cache_put_key(struct cache *c, const uint8_t tag[static CACHE_TAG_LEN],
                                  struct key *k);

/* For tests and figures. */
size_t cache_count(const struct cache *c);
size_t cache_bytes(const struct cache *c);

#endif /* KEEPER_CACHE_H */
