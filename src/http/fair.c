/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fair.c - deficit round robin over sources, under a budget of time.
 *
 * Sources are buckets chosen by a seeded hash (stochastic fair queueing), so
 * there is nothing to evict, nobody can fill the table, and nobody can aim at
 * another's bucket. A source keeps no debt when it has nothing more that waits:
 * whoever comes back at once has only one item in each round.
 */
#include "http/fair_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/rand.h"

/* One run counts for no more: a machine that slept in it is nobody's fault. */
enum { RUN_MAX_US = 4 * FAIR_QUANTUM_US, LOOK_AGAIN_US = 1000 * FAIR_EPOCH_MS };

struct fair_source {
    TAILQ_ENTRY(fair_source) link; /* while in_ring */
    struct fair_items items;       /* valid while in_ring */
    int deficit_us;                /* what is left of its turn */
    bool in_ring;
    uint64_t epoch; /* when it was last counted among the known; 0: never */
};

enum err
fair_init(struct fair *f)
{
    *f = (struct fair){ .budget_ns = 1000 * (int64_t)FAIR_BURST_US };
    TAILQ_INIT(&f->ring);
    f->sources = calloc(FAIR_SOURCES, sizeof(*f->sources));
    if (f->sources == NULL)
        return ERR_NOMEM;
    rand_fill(&f->seed, sizeof(f->seed));
    return ERR_OK;
}

void
fair_release(struct fair *f)
{
    free(f->sources);
    f->sources = NULL;
}

/* murmur3's finisher over key and seed. */
struct fair_source *
fair_source_of(const struct fair *f, const uint8_t key[static 8])
{
    uint64_t h;

    memcpy(&h, key, sizeof(h));
    h ^= f->seed;
    h = (h ^ (h >> 33)) * 0xff51afd7ed558ccdu;
    h = (h ^ (h >> 33)) * 0xc4ceb9fe1a85ec53u;
    h ^= h >> 33;
    return &f->sources[h % FAIR_SOURCES];
}

bool
fair_push(struct fair *f, struct fair_item *i)
{
    struct fair_source *s = i->source;

    if (!s->in_ring) {
        TAILQ_INIT(&s->items);
        TAILQ_INSERT_TAIL(&f->ring, s, link);
        s->in_ring = true;
        s->deficit_us = FAIR_QUANTUM_US;
        f->nring++;
    }
    TAILQ_INSERT_TAIL(&s->items, i, link);
    i->waits = true;
    i->round = f->round;
    return f->nitems++ == 0;
}

void
fair_remove(struct fair *f, struct fair_item *i)
{
    struct fair_source *s = i->source;

    if (!i->waits)
        return;
    TAILQ_REMOVE(&s->items, i, link);
    i->waits = false;
    f->nitems--;
    if (TAILQ_EMPTY(&s->items)) {
        TAILQ_REMOVE(&f->ring, s, link);
        s->in_ring = false;
        f->nring--;
    }
}

/* Sources of known callers that are at work. */
static unsigned
known_now(const struct fair *f, uint64_t now_us)
{
    uint64_t epoch = now_us / 1000 / FAIR_EPOCH_MS;

    if (f->epoch == epoch)
        return f->known > f->knew ? f->known : f->knew;
    return f->epoch + 1 == epoch ? f->known : 0;
}

static void
budget_fill(struct fair *f, uint64_t now_us)
{
    const int64_t full = 1000 * (int64_t)FAIR_BURST_US;
    uint64_t known = known_now(f, now_us), waiting = f->nring, ns;

    ns = 1000 * (now_us - f->at_us);
    f->at_us = now_us;
    if (known == 0 || ns > 1000 * (uint64_t)full) {
        f->budget_ns = full;
        return;
    }
    f->budget_ns += (int64_t)(ns * waiting / (2 * (known + waiting)));
    if (f->budget_ns > full)
        f->budget_ns = full;
}

struct fair_item *
fair_next(struct fair *f, uint64_t now_us)
{
    struct fair_source *s;
    struct fair_item *i;

    if (f->nitems == 0)
        return NULL;
    budget_fill(f, now_us);
    if (f->budget_ns <= 0) {
        f->round++;
        return NULL;
    }
    /* A debt is at most RUN_MAX_US: each source passes a few times, no more. */
    while ((s = TAILQ_FIRST(&f->ring))->deficit_us <= 0) {
        s->deficit_us += FAIR_QUANTUM_US;
        TAILQ_REMOVE(&f->ring, s, link);
        TAILQ_INSERT_TAIL(&f->ring, s, link);
    }
    i = TAILQ_FIRST(&s->items);
    if (i->round != f->round)
        f->deferred++;
    fair_remove(f, i);
    return i;
}

uint64_t
fair_wait_us(const struct fair *f, uint64_t now_us)
{
    uint64_t known = known_now(f, now_us), us;

    if (f->nitems == 0)
        return UINT64_MAX;
    if (f->budget_ns > 0 || known == 0)
        return 0;
    us = (uint64_t)(1 - f->budget_ns) * 2 * (known + f->nring) / f->nring / 1000 + 1;
    return us < LOOK_AGAIN_US ? us : LOOK_AGAIN_US;
}

void
fair_spent(struct fair *f, struct fair_item *i, uint64_t us)
{
    const int64_t least = -1000 * (int64_t)FAIR_BURST_US;
    unsigned n = us < RUN_MAX_US ? (unsigned)us : RUN_MAX_US;

    if (i->spent_us < FAIR_REFUND_US)
        i->spent_us += n;
    f->budget_ns -= 1000 * (int64_t)n;
    if (f->budget_ns < least)
        f->budget_ns = least;
    i->source->deficit_us -= (int)n;
    if (i->source->deficit_us < -RUN_MAX_US)
        i->source->deficit_us = -RUN_MAX_US;
}

/* Its source is counted once in each epoch. */
static void
count_known(struct fair *f, struct fair_source *s, uint64_t epoch)
{
    if (f->epoch != epoch) {
        f->knew = f->epoch + 1 == epoch ? f->known : 0;
        f->known = 0;
        f->epoch = epoch;
    }
    s->epoch = epoch;
    f->known++;
}

void
fair_known(struct fair *f, struct fair_item *i, uint64_t now_ms)
{
    uint64_t epoch = now_ms / FAIR_EPOCH_MS;

    if (i->source->epoch != epoch)
        count_known(f, i->source, epoch);
    if (i->spent_us == 0)
        return;
    f->budget_ns +=
        1000 * (int64_t)(i->spent_us < FAIR_REFUND_US ? i->spent_us : FAIR_REFUND_US);
    i->spent_us = 0;
}
