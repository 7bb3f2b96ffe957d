/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stock.h - RSA keys made ahead of time, since making one takes from a fifth of
 * a second to several.
 *
 * A thread at the lowest priority makes them while there is nothing better to
 * do. They have the exponent 65537, belong to nobody yet, exist in this
 * process's memory only, and each is given away once.
 */
#ifndef KEEPER_STOCK_H
#define KEEPER_STOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "crypto/key.h"
#include "keeper/main.h"

enum { STOCK_DEPTH_MAX = 64 };

struct stock;

/* want: how many of each size, STOCK_DEPTH_MAX at most; 0 is fine. ERR_NOMEM. */
MUST_CHECK enum err stock_new(const unsigned want[static STOCK__MAX], struct stock **out);
/* Starts the thread; its first key is begun after so many milliseconds. Nothing wanted: no
 * thread. ERR_NOMEM. */
MUST_CHECK enum err stock_start(struct stock *s, unsigned after_ms);
/* The key that is being made is given up. */
void stock_stop(struct stock *s);
void stock_free(struct stock *s); /* stops first, wipes; NULL is allowed */

/* Thread-safe, all of them. */

/* Might there be one like that? exponent 0 means 65537. */
bool stock_fits(const struct stock *s, const struct key_spec *spec);
/* NULL: none there now. The caller owns it. */
struct key *stock_take(struct stock *s, const struct key_spec *spec);
/* For tests and figures. */
unsigned stock_count(struct stock *s, unsigned which);
unsigned stock_want(const struct stock *s, unsigned which);
unsigned stock_bits(unsigned which);
/* Waits until that many are there; false: not within the time. */
bool stock_wait(struct stock *s, unsigned which, unsigned count, unsigned timeout_ms);

#endif /* KEEPER_STOCK_H */
