/* SPDX-License-Identifier: Apache-2.0 */
/*
 * token_keys.h - the keys that sign access tokens: a new one every
 * TOKEN_KEY_DAYS, the one before stays published while its tokens may live.
 */
#ifndef JOBS_TOKEN_KEYS_H
#define JOBS_TOKEN_KEYS_H

#include "jobs/desk.h"

/* Puts a new signing key into w. */
MUST_CHECK enum err token_key_new(struct desk *d, struct store_write *w, int64_t now);
/* Makes a new key when the newest is due, drops what is older than the last two.
 * ERR_OK also when there was nothing to do. */
MUST_CHECK enum err token_keys_rotate(struct desk *d, int64_t now, bool force);

#endif /* JOBS_TOKEN_KEYS_H */
