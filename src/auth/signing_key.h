/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signing_key.h - the keys that sign access tokens, and which are published.
 *
 * Row k/token/<kid> is a syskey (vault/syskey.h): the wrapped private key, and
 * the self-signed certificate that carries the public one. What has a row is
 * published, and verifies; a key without a row verifies nothing.
 *
 *     next  --its time comes-->  current  --the next one's time comes-->  retired  --> dropped
 *
 * The current key is the youngest whose time has come. The next one is published from the day
 * that its forerunner begins to sign, so whoever keeps our keys for a while knows it already
 * when the first token comes. A retired key stays until its last token has ended.
 *
 * Threads: as the view.
 */
#ifndef AUTH_SIGNING_KEY_H
#define AUTH_SIGNING_KEY_H

#include <stdint.h>

#include "base/err.h"
#include "base/limits.h"
#include "keeper/ask.h"
#include "vault/row.h"

enum { KID_LEN = 27, KID_MAX = 64, SIGNING_KEYS_MAX = 16 };

struct signing_key {
    char kid[KID_MAX + 1];
    int64_t signs_from;  /* unix seconds */
    int64_t drop_at;     /* retired: published until then; else 0 */
    struct span wrapped; /* borrowed from the view */
    struct span der;     /* certificate; borrowed from the view */
    uint64_t revision;   /* of its row */
};

struct signing_keys {
    struct signing_key key[SIGNING_KEYS_MAX]; /* the latest signs_from first */
    unsigned n;
};

/* A fresh id, in the look of a certificate's thumbprint: base64url of 20 random bytes. */
void signing_key_new_kid(char out[static KID_LEN + 1]);

/* The published keys; n may be 0. ERR_INTEGRITY, ERR_FORMAT, ERR_IO. */
MUST_CHECK enum err signing_keys_load(const struct rows *rows, struct store_view *view,
                                      struct signing_keys *out);
/* Which one signs now; of keys whose time is all to come (a clock that was set back) the
 * first. NULL only if there is none at all. */
const struct signing_key *signing_keys_current(const struct signing_keys *s, int64_t now);
/* Which one will sign after the current; NULL if it has to be made. */
const struct signing_key *signing_keys_next(const struct signing_keys *s, int64_t now);

/* kid as a token has it, any bytes. ERR_NOT_FOUND, ERR_INTEGRITY, ERR_FORMAT, ERR_IO. */
MUST_CHECK enum err signing_key_load(const struct rows *rows, struct store_view *view,
                                     struct span kid, struct signing_key *out);
/* What the keeper is asked with. Borrowed from k. */
struct wrapped signing_key_wrapped(const struct signing_key *k);

/* Writes; failures of the composition stick to w. */

/* Adds the key that KEEPER_SIGNKEY_NEW (PURPOSE_TOKEN, id kid) answered with. ERR_FORMAT: the
 * answer is not one. */
MUST_CHECK enum err signing_key_add(const struct rows *rows, struct store_write *w,
                                    const char *kid, struct span answer, int64_t signs_from);
/* Gives a key other times, if its row is still the one that was read. */
void signing_key_retime(const struct rows *rows, struct store_write *w,
                        const struct signing_key *k, int64_t signs_from, int64_t drop_at);
/* Ends its publication; the same condition. */
void signing_key_drop(struct store_write *w, const struct signing_key *k);

#endif /* AUTH_SIGNING_KEY_H */
