/* SPDX-License-Identifier: Apache-2.0 */
/* board.c - adding up. */
#include "keeper/board.h"

static uint64_t
get(const _Atomic uint64_t *figure)
{
    return atomic_load_explicit(figure, memory_order_relaxed);
}

void
tally_add(_Atomic uint64_t *figure, uint64_t n)
{
    /* There is one writer, so this need not be one step. */
    atomic_store_explicit(figure, get(figure) + n, memory_order_relaxed);
}

static void
read_stock(struct stock *s, struct keeper_stats *out)
{
    for (unsigned i = 0; i < STOCK__MAX; i++)
        out->stock[i] = (struct keeper_shelf){ .bits = stock_bits(i),
                                               .count = stock_count(s, i),
                                               .want = stock_want(s, i) };
}

void
board_read(const struct board *b, struct keeper_stats *out)
{
    *out = (struct keeper_stats){ .lanes = b->lanes };
    for (unsigned i = 0; i < b->lanes; i++) {
        const struct tally *t = b->tallies[i];

        out->lanes_busy_us += get(&t->busy_us);
        for (unsigned op = 0; op < KEEPER_OP__MAX; op++)
            out->asked[op] += get(&t->asked[op]);
        for (unsigned p = 0; p < PACE__MAX; p++)
            out->crew[p].refused += get(&t->refused[p]);
    }
    for (unsigned p = 0; p < PACE__MAX; p++) {
        out->crew[p].threads = b->threads[p];
        if (b->pools[p] != NULL)
            pool_load(b->pools[p], &out->crew[p].running, &out->crew[p].waiting);
    }
    if (b->stock != NULL)
        read_stock(b->stock, out);
}
