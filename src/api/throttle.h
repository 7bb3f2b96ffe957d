/* SPDX-License-Identifier: Apache-2.0 */
/*
 * throttle.h - how many answers a stranger gets that each leave a record.
 *
 * A token bucket for each client address (IPv6: for each /64). Every answer to
 * a caller whom we do not know takes one token; behind the last one the answer
 * leaves no record of its own (api/flight.c), so the log cannot be filled from
 * outside. What was left out is counted, and told in one record for each
 * address and THROTTLE_REPORT_MS.
 *
 * The table has a fixed size; the address that was silent longest makes room.
 * What was left out on its account and not yet told is told for "" then.
 *
 * Threads: of one loop.
 */
#ifndef API_THROTTLE_H
#define API_THROTTLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

enum { THROTTLE_ADDRESSES = 2048, THROTTLE_REPORT_MS = 10000, THROTTLE_TEXT = 64 };

struct throttle_limits {
    unsigned rate;  /* a second; 0 = off */
    unsigned burst; /* at once; 0 = off */
};

struct throttle;
/* *out NULL when the limits are off. ERR_NOMEM. */
MUST_CHECK enum err throttle_new(const struct throttle_limits *limits, struct throttle **out);
void throttle_free(struct throttle *t); /* NULL is allowed */

/*
 * Takes a token of that address; false, and counted, if there is none. True as well for what
 * is not an address, and with t NULL.
 */
bool throttle_take(struct throttle *t, struct span client, uint64_t now_ms);

/* What was left out since the last report of that address. */
struct throttle_report {
    char address[THROTTLE_TEXT]; /* "192.0.2.1", "2001:db8::/64"; "": of several */
    uint64_t count;
    uint64_t for_ms; /* since the first of them */
};
/*
 * The next report that is due: at once when an address begins to be left out, then every
 * THROTTLE_REPORT_MS. False if none is. throttle_told() takes it off the account; without
 * that it comes again.
 */
bool throttle_due(struct throttle *t, uint64_t now_ms, struct throttle_report *out);
void throttle_told(struct throttle *t, uint64_t now_ms);

#endif /* API_THROTTLE_H */
