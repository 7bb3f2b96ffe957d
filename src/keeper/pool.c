/* SPDX-License-Identifier: Apache-2.0 */
/* pool.c - a ring for each class, one lock, one condition. */
#include "keeper/pool.h"

#include <pthread.h>
#include <stdlib.h>

struct ring {
    void **slots;
    unsigned cap, head, count;
};

struct worker {
    struct pool *pool;
    void *state;
    pthread_t thread;
};

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    void (*run)(void *state, void *job);
    struct ring rings[POOL_CLASS__MAX];
    unsigned guest_threads, guests_running, running;
    struct worker *workers;
    unsigned started;
    bool stopping;
};

static void *
ring_take(struct ring *r)
{
    void *job = r->slots[r->head];

    r->head = (r->head + 1) % r->cap;
    r->count--;
    return job;
}

/* Under the lock; false if there is nothing that may be begun now. */
static bool
next_job(struct pool *p, void **job, enum pool_class *class)
{
    struct ring *house = &p->rings[POOL_HOUSE], *guests = &p->rings[POOL_GUEST];

    if (house->count > 0) {
        *class = POOL_HOUSE;
        *job = ring_take(house);
        return true;
    }
    if (guests->count == 0 || p->guests_running == p->guest_threads)
        return false;
    *class = POOL_GUEST;
    *job = ring_take(guests);
    p->guests_running++;
    return true;
}

static bool
is_over(const struct pool *p)
{
    return p->stopping && p->rings[POOL_HOUSE].count == 0 && p->rings[POOL_GUEST].count == 0;
}

static void *
worker_thread(void *arg)
{
    struct worker *w = arg;
    struct pool *p = w->pool;
    enum pool_class class;
    void *job;

    pthread_mutex_lock(&p->lock);
    for (;;) {
        if (next_job(p, &job, &class)) {
            p->running++;
            pthread_mutex_unlock(&p->lock);
            p->run(w->state, job);
            pthread_mutex_lock(&p->lock);
            p->running--;
            /* This thread looks for the next one itself; those that wait for a guest's
             * place need not be told, but for the end. */
            if (class == POOL_GUEST)
                p->guests_running--;
        } else if (is_over(p)) {
            pthread_cond_broadcast(&p->wake);
            break;
        } else {
            pthread_cond_wait(&p->wake, &p->lock);
        }
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

static enum err
make_rings(struct pool *p, const struct pool_spec *spec)
{
    const unsigned caps[POOL_CLASS__MAX] = { spec->queue, spec->guest_queue };

    for (unsigned i = 0; i < POOL_CLASS__MAX; i++) {
        p->rings[i].cap = caps[i];
        p->rings[i].slots = calloc(caps[i], sizeof(void *));
        if (p->rings[i].slots == NULL)
            return ERR_NOMEM;
    }
    return ERR_OK;
}

static enum err
start_threads(struct pool *p, const struct pool_spec *spec)
{
    p->workers = calloc(spec->threads, sizeof(*p->workers));
    if (p->workers == NULL)
        return ERR_NOMEM;
    for (unsigned i = 0; i < spec->threads; i++) {
        struct worker *w = &p->workers[i];

        w->pool = p;
        w->state = spec->states == NULL ? NULL : spec->states[i];
        if (pthread_create(&w->thread, NULL, worker_thread, w) != 0)
            return ERR_NOMEM;
        p->started++;
    }
    return ERR_OK;
}

enum err
pool_new(const struct pool_spec *spec, struct pool **out)
{
    struct pool *p = calloc(1, sizeof(*p));
    enum err e;

    *out = NULL;
    bug_on(spec->threads == 0 || spec->queue == 0 || spec->guest_queue == 0);
    bug_on(spec->guest_threads == 0 || spec->guest_threads > spec->threads);
    if (p == NULL)
        return ERR_NOMEM;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->wake, NULL);
    p->run = spec->run;
    p->guest_threads = spec->guest_threads;
    e = make_rings(p, spec);
    if (e == ERR_OK)
        e = start_threads(p, spec);
    if (e != ERR_OK) {
        pool_free(p);
        return e;
    }
    *out = p;
    return ERR_OK;
}

enum err
pool_submit(struct pool *p, void *job, enum pool_class class)
{
    struct ring *r = &p->rings[class];
    enum err e = ERR_BUSY;

    pthread_mutex_lock(&p->lock);
    if (!p->stopping && r->count < r->cap) {
        r->slots[(r->head + r->count++) % r->cap] = job;
        pthread_cond_signal(&p->wake);
        e = ERR_OK;
    }
    pthread_mutex_unlock(&p->lock);
    return e;
}

void
pool_drop(struct pool *p, bool (*match)(const void *job, const void *arg), const void *arg,
          void (*drop)(void *job))
{
    pthread_mutex_lock(&p->lock);
    for (unsigned c = 0; c < POOL_CLASS__MAX; c++) {
        struct ring *r = &p->rings[c];
        unsigned had = r->count;

        /* Once around: what stays goes back in at the end. */
        for (unsigned i = 0; i < had; i++) {
            void *job = ring_take(r);

            if (match(job, arg))
                drop(job);
            else
                r->slots[(r->head + r->count++) % r->cap] = job;
        }
    }
    pthread_mutex_unlock(&p->lock);
}

void
pool_stop(struct pool *p)
{
    pthread_mutex_lock(&p->lock);
    p->stopping = true;
    pthread_cond_broadcast(&p->wake);
    pthread_mutex_unlock(&p->lock);
    for (unsigned i = 0; i < p->started; i++)
        pthread_join(p->workers[i].thread, NULL);
    p->started = 0;
}

void
pool_free(struct pool *p)
{
    if (p == NULL)
        return;
    pool_stop(p);
    pthread_cond_destroy(&p->wake);
    pthread_mutex_destroy(&p->lock);
    for (unsigned i = 0; i < POOL_CLASS__MAX; i++)
        free(p->rings[i].slots);
    free(p->workers);
    free(p);
}

void
pool_load(struct pool *p, unsigned *running, unsigned *waiting)
{
    pthread_mutex_lock(&p->lock);
    *running = p->running;
    *waiting = p->rings[POOL_HOUSE].count + p->rings[POOL_GUEST].count;
    pthread_mutex_unlock(&p->lock);
}

unsigned
pool_waiting(struct pool *p)
{
    unsigned running, waiting;

    pool_load(p, &running, &waiting);
    return waiting;
}
