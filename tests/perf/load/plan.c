/* SPDX-License-Identifier: Apache-2.0 */
/* plan.c - the requests to send, and the histogram of their times. */
#include "plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char hole[] = "@@@@@@@@";

static void
find_holes(struct plan_request *r)
{
    for (size_t i = 0; i + PLAN_DIGITS <= r->len && r->nholes < PLAN_HOLES; i++)
        if (strncmp(r->bytes + i, hole, PLAN_DIGITS) == 0) {
            r->hole[r->nholes++] = i;
            i += PLAN_DIGITS - 1;
        }
}

static bool
read_request(struct plan *p, FILE *f, unsigned weight, size_t len)
{
    struct plan_request *r = &p->requests[p->nrequests];

    if (len == 0 || len > PLAN_BYTES || weight == 0)
        return false;
    r->bytes = calloc(1, len + 1);
    if (r->bytes == NULL || fread(r->bytes, 1, len, f) != len)
        return false;
    r->len = len;
    r->weight = weight;
    p->weight += weight;
    p->nrequests++;
    find_holes(r);
    return true;
}

bool
plan_read(struct plan *p, const char *path)
{
    FILE *f = fopen(path, "rb");
    char line[64];
    bool ok = f != NULL;

    while (ok && p->nrequests < PLAN_REQUESTS && fgets(line, sizeof(line), f) != NULL) {
        char *end;
        unsigned long weight = strtoul(line, &end, 10), len = strtoul(end, &end, 10);

        ok = *end == '\n' && read_request(p, f, (unsigned)weight, len);
    }
    if (f != NULL)
        (void)fclose(f);
    if (!ok || p->nrequests == 0) {
        fprintf(stderr, "load: %s is not a plan\n", path);
        return false;
    }
    if (p->spread == 0)
        p->spread = 1;
    p->state = 0x9e3779b97f4a7c15u;
    return true;
}

void
plan_release(struct plan *p)
{
    for (unsigned i = 0; i < PLAN_REQUESTS; i++)
        free(p->requests[i].bytes);
}

/* xorshift64: the same numbers in every run, so that runs can be compared. */
static uint32_t
plan_random(struct plan *p)
{
    p->state ^= p->state << 13;
    p->state ^= p->state >> 7;
    p->state ^= p->state << 17;
    return (uint32_t)(p->state >> 32);
}

static struct plan_request *
choose(struct plan *p)
{
    unsigned at = p->nrequests > 1 ? plan_random(p) % p->weight : 0, i = 0;

    while (at >= p->requests[i].weight)
        at -= p->requests[i++].weight;
    return &p->requests[i];
}

const struct plan_request *
plan_next(struct plan *p)
{
    struct plan_request *r = choose(p);
    uint32_t n;

    if (r->nholes == 0)
        return r;
    n = p->first + (p->in_order ? p->next++ : plan_random(p)) % p->spread;
    for (unsigned d = PLAN_DIGITS; d-- > 0; n /= 10)
        for (unsigned i = 0; i < r->nholes; i++)
            r->bytes[r->hole[i] + d] = (char)('0' + n % 10);
    return r;
}

/* Below HIST_SUB one bucket a microsecond; above, HIST_SUB / 2 for each power of two. */
static unsigned
bucket_of(uint64_t us)
{
    unsigned shift = 0;

    while (us >> shift >= HIST_SUB)
        shift++;
    return shift * (HIST_SUB / 2) + (unsigned)(us >> shift);
}

static uint64_t
value_of(unsigned bucket)
{
    unsigned shift = bucket < HIST_SUB ? 0 : bucket / (HIST_SUB / 2) - 1;

    return (uint64_t)(bucket - shift * (HIST_SUB / 2)) << shift;
}

void
hist_add(struct hist *h, uint64_t us)
{
    unsigned b = bucket_of(us);

    h->n[b < HIST_BUCKETS ? b : HIST_BUCKETS - 1]++;
    h->count++;
    if (us > h->max)
        h->max = us;
}

uint64_t
hist_at(const struct hist *h, double share)
{
    uint64_t want = (uint64_t)(share * (double)h->count), seen = 0;

    for (unsigned b = 0; b < HIST_BUCKETS; b++) {
        seen += h->n[b];
        if (seen > want)
            return value_of(b);
    }
    return h->max;
}
