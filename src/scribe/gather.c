/* SPDX-License-Identifier: Apache-2.0 */
/* gather.c - the last commit is what is known of the next. */
#include "scribe/gather.h"

void
gather_ran(struct gather *g, size_t writes, uint64_t took_ms)
{
    g->until_ms = 0;
    if (writes == 0)
        return;
    g->last = writes;
    g->took_ms = took_ms < GATHER_MAX_MS ? took_ms : GATHER_MAX_MS;
}

static size_t
enough(const struct gather *g)
{
    size_t most = g->last - g->last / 4;

    return most < GATHER_ENOUGH ? most : GATHER_ENOUGH;
}

bool
gather_waits(struct gather *g, size_t submits, size_t writes, uint64_t now_ms)
{
    if (writes == 0 || submits > writes || writes >= enough(g) || g->took_ms < GATHER_MIN_MS) {
        g->until_ms = 0;
        return false;
    }
    if (g->until_ms == 0)
        g->until_ms = now_ms + g->took_ms;
    return now_ms < g->until_ms;
}

uint64_t
gather_wait_ms(const struct gather *g, uint64_t now_ms)
{
    if (g->until_ms == 0)
        return UINT64_MAX;
    return g->until_ms > now_ms ? g->until_ms - now_ms : 0;
}
