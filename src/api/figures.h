/* SPDX-License-Identifier: Apache-2.0 */
/*
 * figures.h - what front counts: requests by operation and status, latencies,
 * what it asked its peers. One struct per loop, written by that loop only;
 * the metrics page adds them up. Relaxed atomics: a scrape may be torn by one.
 */
#ifndef API_FIGURES_H
#define API_FIGURES_H

#include <stdatomic.h>
#include <stdint.h>

#include "api/quota.h"
#include "base/buf.h"
#include "keeper/stats.h"

/* More than there are routes: routes_setup() does not start with a table that is longer. */
enum { FIGURES_OPS = 512, FIGURES_BUCKETS = 14 };

struct figures_op {
    _Atomic uint64_t by_class[6];             /* status / 100 */
    _Atomic uint64_t bucket[FIGURES_BUCKETS]; /* of latency, see figures_bounds_us */
    _Atomic uint64_t sum_us;
};

struct figures {
    struct figures_op op[FIGURES_OPS]; /* by route number; the last is "none" */
    _Atomic uint64_t keeper_asks, keeper_failures;
    _Atomic uint64_t scribe_submits, scribe_failures;
    _Atomic uint64_t conflicts; /* handlers started again */
    _Atomic uint64_t in_flight;
    _Atomic uint64_t unauthenticated;
    _Atomic uint64_t throttled; /* answers to strangers without a record of their own */
    _Atomic uint64_t denied;
    _Atomic uint64_t over_quota[QUOTA_WHOSE__MAX];
};

extern const uint32_t figures_bounds_us[FIGURES_BUCKETS];

/* One answered request; route number as in routes_at, or FIGURES_OPS - 1. */
void figures_count(struct figures *f, unsigned op, unsigned status, uint64_t us);
/* Prometheus text of n loops' figures. */
void figures_print(const struct figures *const *loops, unsigned n, struct buf *out);
/* The same of what the keeper says about itself. */
void figures_print_keeper(const struct keeper_stats *s, struct buf *out);

#endif /* API_FIGURES_H */
