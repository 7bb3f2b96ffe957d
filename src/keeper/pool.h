/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool.h - a few threads for what takes milliseconds (scrypt, RSA generation),
 * with a bounded queue: more than it can hold is refused, not piled up.
 */
#ifndef KEEPER_POOL_H
#define KEEPER_POOL_H

#include "base/err.h"

struct pool;
typedef void (*pool_fn)(void *job);

/* run is called for each job, on one of the threads. ERR_NOMEM. */
MUST_CHECK enum err pool_new(unsigned threads, unsigned queue_max, pool_fn run,
                             struct pool **out);
/* Thread-safe. ERR_BUSY: the queue is full, or the pool is stopping; the job stays the
 * caller's. */
MUST_CHECK enum err pool_submit(struct pool *p, void *job);
/* Refuses new jobs, finishes the queued ones, ends the threads. */
void pool_stop(struct pool *p);
void pool_free(struct pool *p); /* stops first; NULL is allowed */

#endif /* KEEPER_POOL_H */
