/* SPDX-License-Identifier: Apache-2.0 */
/* pool.c - one ring, one lock, one condition. */
#include "keeper/pool.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    pool_fn run;
    void **ring;
    unsigned cap, head, count;
    pthread_t *threads;
    unsigned thread_count;
    bool stopping;
};

static void *
pool_thread(void *arg)
{
    struct pool *p = arg;
    void *job;

    for (;;) {
        pthread_mutex_lock(&p->lock);
        while (p->count == 0 && !p->stopping)
            pthread_cond_wait(&p->wake, &p->lock);
        if (p->count == 0) {
            pthread_mutex_unlock(&p->lock);
            return NULL;
        }
        job = p->ring[p->head];
        p->head = (p->head + 1) % p->cap;
        p->count--;
        pthread_mutex_unlock(&p->lock);
        p->run(job);
    }
}

enum err
pool_new(unsigned threads, unsigned queue_max, pool_fn run, struct pool **out)
{
    struct pool *p = calloc(1, sizeof(*p));

    *out = NULL;
    bug_on(threads == 0 || queue_max == 0);
    if (p == NULL)
        return ERR_NOMEM;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->wake, NULL);
    p->run = run;
    p->cap = queue_max;
    p->ring = calloc(queue_max, sizeof(*p->ring));
    p->threads = calloc(threads, sizeof(*p->threads));
    if (p->ring == NULL || p->threads == NULL) {
        pool_free(p);
        return ERR_NOMEM;
    }
    for (unsigned i = 0; i < threads; i++) {
        if (pthread_create(&p->threads[i], NULL, pool_thread, p) != 0) {
            pool_free(p);
            return ERR_NOMEM;
        }
        p->thread_count++;
    }
    *out = p;
    return ERR_OK;
}

enum err
pool_submit(struct pool *p, void *job)
{
    enum err e = ERR_BUSY;

    pthread_mutex_lock(&p->lock);
    if (!p->stopping && p->count < p->cap) {
        p->ring[(p->head + p->count++) % p->cap] = job;
        pthread_cond_signal(&p->wake);
        e = ERR_OK;
    }
    pthread_mutex_unlock(&p->lock);
    return e;
}

void
pool_stop(struct pool *p)
{
    pthread_mutex_lock(&p->lock);
    p->stopping = true;
    pthread_cond_broadcast(&p->wake);
    pthread_mutex_unlock(&p->lock);
    for (unsigned i = 0; i < p->thread_count; i++)
        pthread_join(p->threads[i], NULL);
    p->thread_count = 0;
}

void
pool_free(struct pool *p)
{
    if (p == NULL)
        return;
    pool_stop(p);
    pthread_cond_destroy(&p->wake);
    pthread_mutex_destroy(&p->lock);
    free(p->ring);
    free(p->threads);
    free(p);
}
