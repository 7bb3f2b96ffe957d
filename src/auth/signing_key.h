/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signing_key.h - the keys that sign access tokens, and which are published.
 *
 * Row k/token/<kid> is a syskey (vault/syskey.h): the wrapped private key, and
 * the self-signed certificate that carries the public one. The newest signs;
 * the one before it stays published until the next rotation, so what it signed
 * goes on being verified. A key without a row verifies nothing.
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

enum { KID_LEN = 27, KID_MAX = 64, SIGNING_KEYS_PUBLISHED = 2 };

struct signing_key {
    char kid[KID_MAX + 1];
    int64_t created;
    struct span wrapped; /* borrowed from the view */
    struct span der;     /* certificate; borrowed from the view */
    uint64_t revision;   /* of its row */
};

struct signing_keys {
    struct signing_key key[SIGNING_KEYS_PUBLISHED]; /* newest first */
    unsigned n;
};

/* A fresh id, in the look of a certificate's thumbprint: base64url of 20 random bytes. */
void signing_key_new_kid(char out[static KID_LEN + 1]);

/* The published keys; n may be 0. ERR_INTEGRITY, ERR_FORMAT, ERR_IO. */
MUST_CHECK enum err signing_keys_load(const struct rows *rows, struct store_view *view,
                                      struct signing_keys *out);
/* kid as a token has it, any bytes. ERR_NOT_FOUND, ERR_INTEGRITY, ERR_FORMAT, ERR_IO. */
MUST_CHECK enum err signing_key_load(const struct rows *rows, struct store_view *view,
                                     struct span kid, struct signing_key *out);
/* What the keeper is asked with. Borrowed from k. */
struct wrapped signing_key_wrapped(const struct signing_key *k);

/*
 * Adds the key that KEEPER_SIGNKEY_NEW (PURPOSE_TOKEN, id kid) answered with, and drops all of
 * `have` but the newest. have: what is published now, or NULL in an empty store.
 * Failures of the composition stick to the write. ERR_FORMAT: the answer is not one.
 */
MUST_CHECK enum err signing_key_add(const struct rows *rows, struct store_write *w,
                                    const struct signing_keys *have, const char *kid,
                                    struct span answer, int64_t now);

#endif /* AUTH_SIGNING_KEY_H */
