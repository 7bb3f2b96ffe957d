/* SPDX-License-Identifier: Apache-2.0 */
/*
 * token_cache.h - tokens whose signature was found good, by SHA-256 of the
 * whole token, and the keys that find it, ready for use. An entry says who it was, never
 * whether that still holds: it is stamped with the revisions of the rows it was decided from,
 * and token.c compares them in the snapshot of each request.
 *
 * Threads: a cache belongs to one thread.
 */
#ifndef AUTH_TOKEN_CACHE_H
#define AUTH_TOKEN_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/caller.h"
#include "auth/claims.h"
#include "auth/signing_key.h"
#include "crypto/digest.h"
#include "crypto/verify.h"

/* Revisions of the rows behind a token; 0 where there is no row. */
struct token_stamp {
    uint64_t tenant;
    uint64_t principal;
    uint64_t application;
    uint64_t key;
    uint64_t credential; /* users */
    uint64_t family;
    uint64_t seen; /* the newest revision of the store in which all of them are so */
};

/* What a good signature proved, whatever time it is. */
struct token_facts {
    struct caller caller;
    char aud[MAX_AUDIENCE + 1];
    char kid[KID_MAX + 1];
    int64_t issued;
    int64_t not_before;
    int64_t expires;
    struct token_stamp stamp;
};

struct token_cache;
/* NULL when out of memory. max is rounded up to a multiple of the ways. */
struct token_cache *token_cache_new(unsigned max);
void token_cache_free(struct token_cache *c); /* NULL is allowed */

/* Borrowed until the next put; NULL if it is not there. c may be NULL. */
const struct token_facts *token_cache_get(struct token_cache *c,
                                          const uint8_t digest[static SHA256_LEN]);
/* The stamp of these facts (of token_cache_get) holds in a newer revision too. */
void token_cache_seen(struct token_cache *c, const uint8_t digest[static SHA256_LEN],
                      uint64_t revision);
/* Copies facts in, over the least recently used of its set. c may be NULL. */
void token_cache_put(struct token_cache *c, const uint8_t digest[static SHA256_LEN],
                     const struct token_facts *facts);
void token_cache_drop(struct token_cache *c, const uint8_t digest[static SHA256_LEN]);

/* The public key of that row as it now is; NULL if it was not kept. Borrowed until the next
 * token_cache_keep_key(). c may be NULL. */
const struct verifykey *token_cache_key(const struct token_cache *c,
                                        const struct signing_key *of);
/* Keeps key, which now belongs to the cache, over one that no longer is published. Not with
 * NULL. */
void token_cache_keep_key(struct token_cache *c, const struct signing_key *of,
                          struct verifykey *key);

#endif /* AUTH_TOKEN_CACHE_H */
