/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fair_int.h - whose turn it is among those who have not shown who they are.
 *
 * What a loop does for connections that nobody stands behind (handshakes, first
 * requests, requests that were refused) is done in turns of their *sources*. A
 * source is a bucket of client addresses (IPv6: of /64s): 32 connections of one
 * address have the share of one, and one that comes new waits for a round of
 * sources, not of connections. Within a source it is first come, first served.
 *
 * While known callers are at work, all sources together have so much of the
 * loop's time: with s of them waiting, and k sources of known callers that were
 * answered a moment ago, s of 2 (s + k) parts: half of what an even division
 * would give, and never more than half of the loop. While nobody known is at
 * work there is no such limit. What was spent on a connection that then shows
 * who it is, is given back: a handshake is the price of a good request as well.
 *
 * Knows neither sockets nor clocks: times are given, in µs of a clock that does
 * not go back. Threads: of one loop. Bounded: the number of buckets is constant;
 * addresses that share one share its turns, which costs only the unknown.
 */
#ifndef HTTP_FAIR_INT_H
#define HTTP_FAIR_INT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/err.h"

enum {
    FAIR_SOURCES = 4096,
    FAIR_QUANTUM_US = 500,  /* of a source in a round */
    FAIR_BURST_US = 50000,  /* saved up at most; what is being spent before it is given back */
    FAIR_REFUND_US = 10000, /* given back at most for a connection */
    FAIR_EPOCH_MS = 32, /* a known caller is at work for one or two of these after an answer */
};

struct fair_source;

/* What waits: a part of a connection. All zero: not waiting, of no source. */
struct fair_item {
    TAILQ_ENTRY(fair_item) link;
    struct fair_source *source;
    unsigned spent_us; /* since it was last known */
    unsigned round;    /* in which it began to wait */
    bool waits;
};

TAILQ_HEAD(fair_items, fair_item);
TAILQ_HEAD(fair_ring, fair_source);

struct fair {
    struct fair_source *sources;
    uint64_t seed;
    struct fair_ring ring; /* sources with items that wait; the first one's turn is next */
    unsigned nring;
    unsigned nitems; /* that wait */
    int64_t budget_ns;
    uint64_t at_us;       /* when the budget was last filled up */
    uint64_t epoch;       /* of the last answer to one who is known */
    unsigned known, knew; /* sources of such answers in that epoch, and in the one before */
    unsigned round;       /* counts the times when the budget was used up */
    uint64_t deferred;    /* turns that came later for want of budget */
};

/* ERR_NOMEM. */
MUST_CHECK enum err fair_init(struct fair *f);
void fair_release(struct fair *f); /* all zero is allowed */
/* Borrowed for the life of f. */
struct fair_source *fair_source_of(const struct fair *f, const uint8_t key[static 8]);

/* i waits from now on; it must not yet. True: it is the only one. */
bool fair_push(struct fair *f, struct fair_item *i);
/* It does not any more; harmless if it did not. */
void fair_remove(struct fair *f, struct fair_item *i);
/* Takes out the next whose turn it is; NULL: none waits, or there is no time for it now. */
struct fair_item *fair_next(struct fair *f, uint64_t now_us);
/* When to ask fair_next again: 0 = at once; UINT64_MAX = when something was pushed. */
uint64_t fair_wait_us(const struct fair *f, uint64_t now_us);

/* So much was spent on i, which does not wait. */
void fair_spent(struct fair *f, struct fair_item *i, uint64_t us);
/* A request of i was answered to somebody who is known. */
void fair_known(struct fair *f, struct fair_item *i, uint64_t now_ms);

#endif /* HTTP_FAIR_INT_H */
