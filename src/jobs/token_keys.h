/* SPDX-License-Identifier: Apache-2.0 */
/*
 * token_keys.h - the keys that sign access tokens: two are published from the
 * founding on, the one that signs and the one that will. Every TOKEN_KEY_DAYS
 * the second takes over and a new second is made; the one before stays
 * published while a token of it may live (auth/signing_key.h).
 */
#ifndef JOBS_TOKEN_KEYS_H
#define JOBS_TOKEN_KEYS_H

#include "auth/mint.h"
#include "jobs/desk.h"

enum {
    TOKEN_KEY_DAYS = 90,
    TOKEN_KEY_AHEAD_DAYS = 7, /* published at least that long before it signs */
    /* How long a key is published after its successor took over; an hour more than it must. */
    TOKEN_KEY_RETIRED_S = MINT_LIFETIME_MANAGED + 3600,
};

/* Puts the first two keys into w. */
MUST_CHECK enum err token_keys_found(struct desk *d, struct store_write *w, int64_t now);
/*
 * Makes the next key where there is none, retires those before the current, drops those whose
 * tokens have ended. force: the next one takes over now. ERR_OK also when there was nothing to
 * do. A store that was founded with one key gets its second here.
 */
MUST_CHECK enum err token_keys_rotate(struct desk *d, int64_t now, bool force);

#endif /* JOBS_TOKEN_KEYS_H */
