/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stats.h - the keeper's figures: the answer to KEEPER_STATS, whose question is empty. For
 * front, which prints them (api/figures.h).
 */
#ifndef KEEPER_STATS_H
#define KEEPER_STATS_H

#include <stdint.h>

#include "keeper/ask.h"
#include "keeper/main.h"
#include "keeper/provider.h"

/* Threads of one pace, with their queue; all zero where there are none. */
struct keeper_crew {
    uint32_t threads;
    uint32_t running; /* jobs, at this moment */
    uint32_t waiting;
    uint64_t refused; /* questions answered ERR_BUSY, since the start */
};

struct keeper_shelf {
    uint32_t bits, count, want;
};

struct keeper_stats {
    uint64_t asked[KEEPER_OP__MAX]; /* by kind; answered, or refused for want of room */
    uint32_t lanes;
    uint64_t lanes_busy_us; /* all lanes together */
    struct keeper_crew crew[PACE__MAX];
    struct keeper_shelf stock[STOCK__MAX];
};

void keeper_stats_pack(struct sink k, const struct keeper_stats *s);
/* ERR_PROTOCOL: then all of out is zero. */
MUST_CHECK enum err keeper_stats_unpack(struct span payload, struct keeper_stats *out);

/* What a question is called in figures: "key_use"; NULL: there is none of that number. */
const char *keeper_op_name(unsigned op);

#endif /* KEEPER_STATS_H */
