/* SPDX-License-Identifier: Apache-2.0 */
/*
 * board.h - where a keeper's figures are gathered from. Each lane counts for itself, in
 * memory that nobody else writes, so counting takes no lock and no shared cache line; who
 * wants to know adds up.
 */
#ifndef KEEPER_BOARD_H
#define KEEPER_BOARD_H

#include <stdatomic.h>

#include "keeper/pool.h"
#include "keeper/stats.h"
#include "keeper/stock.h"

enum { BOARD_LANES_MAX = 257 };

/* One lane's; written by its thread alone. */
struct tally {
    _Atomic uint64_t asked[KEEPER_OP__MAX];
    _Atomic uint64_t refused[PACE__MAX];
    _Atomic uint64_t busy_us;
};

/* By the thread whose tally it is. */
void tally_add(_Atomic uint64_t *figure, uint64_t n);

/* Complete before the first link comes; constant from then on. */
struct board {
    const struct tally *tallies[BOARD_LANES_MAX];
    unsigned lanes;
    struct pool *pools[PACE__MAX];
    unsigned threads[PACE__MAX];
    struct stock *stock; /* or NULL */
};

/* Any thread. Figures of different lanes and queues are not of one moment. */
void board_read(const struct board *b, struct keeper_stats *out);

#endif /* KEEPER_BOARD_H */
