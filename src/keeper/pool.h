/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool.h - threads for what takes milliseconds or more, behind a bounded
 * queue: more than it can hold is refused, not piled up.
 *
 * Jobs of the house (clerk, scribe) go first, and guests (front, so the whole
 * world) may neither take every thread nor the whole queue: whoever floods us
 * with wrong passwords does not stop the clerk.
 */
#ifndef KEEPER_POOL_H
#define KEEPER_POOL_H

#include <stdbool.h>

#include "base/err.h"

struct pool;
enum pool_class { POOL_HOUSE, POOL_GUEST, POOL_CLASS__MAX };

struct pool_spec {
    unsigned threads;       /* at least 1 */
    unsigned queue;         /* jobs of the house that may wait; at least 1 */
    unsigned guest_queue;   /* jobs of guests that may wait; at least 1 */
    unsigned guest_threads; /* 1 .. threads */
    /* Called for each job, on one of the threads, with that thread's state. */
    void (*run)(void *state, void *job);
    void **states; /* one for each thread; read by pool_new() only. NULL: no states */
};

/* ERR_NOMEM. */
MUST_CHECK enum err pool_new(const struct pool_spec *spec, struct pool **out);
/* Thread-safe. ERR_BUSY: the queue is full, or the pool is stopping; the job stays the
 * caller's. */
MUST_CHECK enum err pool_submit(struct pool *p, void *job, enum pool_class class);
/* Takes what waits and matches out of the queue, and gives it to drop(). Thread-safe; the
 * functions must not call back. */
void pool_drop(struct pool *p, bool (*match)(const void *job, const void *arg), const void *arg,
               void (*drop)(void *job));
/* Refuses new jobs, finishes the queued ones, ends the threads. */
void pool_stop(struct pool *p);
void pool_free(struct pool *p); /* stops first; NULL is allowed */
/* For figures: jobs that wait, and jobs that threads are at. */
unsigned pool_waiting(struct pool *p);
void pool_load(struct pool *p, unsigned *running, unsigned *waiting);

#endif /* KEEPER_POOL_H */
