/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan.h - what the load generator sends, and how long the answers took.
 *
 * A plan file has requests as they go over the wire, each with its weight:
 *
 *   WEIGHT LENGTH\n
 *   LENGTH bytes
 *
 * "@@@@@@@@" in a request becomes a decimal number of eight digits, anew for each that is sent.
 */
#ifndef PERF_PLAN_H
#define PERF_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PLAN_REQUESTS = 16, PLAN_HOLES = 4, PLAN_DIGITS = 8, PLAN_BYTES = 64 * 1024 };

struct plan_request {
    char *bytes;
    size_t len;
    unsigned weight;
    size_t hole[PLAN_HOLES];
    unsigned nholes;
};

struct plan {
    struct plan_request requests[PLAN_REQUESTS];
    unsigned nrequests;
    unsigned weight; /* of all */
    uint32_t spread; /* numbers are below it */
    uint32_t first;  /* added to each number */
    bool in_order;   /* 0, 1, 2 ...; else at random */
    uint32_t next;   /* in order */
    uint64_t state;  /* of the generator, at random */
};

/* False with a message on stderr. spread 0 counts as 1. */
bool plan_read(struct plan *p, const char *path);
void plan_release(struct plan *p);
/* The next request, its numbers filled in; valid until the one after it. */
const struct plan_request *plan_next(struct plan *p);

/* Microseconds in buckets whose width is at most 1/64 of their value. */
enum { HIST_SUB = 64, HIST_BUCKETS = HIST_SUB * 27 };
struct hist {
    uint64_t n[HIST_BUCKETS];
    uint64_t count, max;
};
void hist_add(struct hist *h, uint64_t us);
/* The value below which that share (0 to 1) of all lies; 0 without values. */
uint64_t hist_at(const struct hist *h, double share);

#endif /* PERF_PLAN_H */
