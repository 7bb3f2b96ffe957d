/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stock.c - shelves, and one thread that fills them.
 *
 * The thread is "nice", not SCHED_IDLE: OpenSSL's locked heap has one lock for
 * the whole process, and a thread that never runs on a busy machine must not
 * be the one that holds it.
 */
#include "keeper/stock.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "base/log.h"

enum { RSA_F4 = 65537, NICEST = 19, RETRY_MS = 1000 };

static const unsigned sizes[STOCK__MAX] = { 2048, 3072, 4096 };

struct shelf {
    struct key *keys[STOCK_DEPTH_MAX];
    unsigned count, want;
};

struct stock {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct shelf shelves[STOCK__MAX];
    pthread_t thread;
    bool running;
    unsigned rest_ms; /* until the next one is begun */
    atomic_bool stop;
};

static void
init_cond(pthread_cond_t *c)
{
    pthread_condattr_t a;

    pthread_condattr_init(&a);
    pthread_condattr_setclock(&a, CLOCK_MONOTONIC);
    pthread_cond_init(c, &a);
    pthread_condattr_destroy(&a);
}

enum err
stock_new(const unsigned want[static STOCK__MAX], struct stock **out)
{
    struct stock *s = calloc(1, sizeof(*s));

    *out = s;
    if (s == NULL)
        return ERR_NOMEM;
    pthread_mutex_init(&s->lock, NULL);
    init_cond(&s->changed);
    for (unsigned i = 0; i < STOCK__MAX; i++)
        s->shelves[i].want = want[i] < STOCK_DEPTH_MAX ? want[i] : STOCK_DEPTH_MAX;
    return ERR_OK;
}

static struct timespec
deadline(unsigned ms)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += ms / 1000;
    t.tv_nsec += (long)(ms % 1000) * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    return t;
}

/* Under the lock: rests as long as it shall, or until the end. */
static void
rest(struct stock *s)
{
    struct timespec until = deadline(s->rest_ms);
    int rc = 0;

    while (!atomic_load(&s->stop) && rc == 0 && s->rest_ms > 0)
        rc = pthread_cond_timedwait(&s->changed, &s->lock, &until);
    s->rest_ms = 0;
}

/* Under the lock; STOCK__MAX: all are full. The smallest first: it is asked for most. */
static unsigned
next_shelf(const struct stock *s)
{
    unsigned i = 0;

    while (i < STOCK__MAX && s->shelves[i].count >= s->shelves[i].want)
        i++;
    return i;
}

/* Without the lock, but for the end. */
static void
make_one(struct stock *s, unsigned which)
{
    struct key_spec spec = { .type = KEY_RSA, .bits = sizes[which], .exponent = RSA_F4 };
    struct shelf *shelf = &s->shelves[which];
    struct key *k = NULL;
    enum err e;

    pthread_mutex_unlock(&s->lock);
    e = key_new_until(&spec, &s->stop, &k);
    pthread_mutex_lock(&s->lock);
    if (e != ERR_OK) {
        if (e != ERR_AGAIN)
            log_warn("keeper: cannot make a key ahead of time: %s", err_text(e));
        s->rest_ms = RETRY_MS;
        return;
    }
    bug_on(shelf->count >= STOCK_DEPTH_MAX); /* only this thread puts */
    shelf->keys[shelf->count++] = k;
    pthread_cond_broadcast(&s->changed);
}

static void *
stock_thread(void *arg)
{
    struct stock *s = arg;

    (void)setpriority(PRIO_PROCESS, 0, NICEST); /* of this thread; a wish, not a need */
    pthread_mutex_lock(&s->lock);
    while (!atomic_load(&s->stop)) {
        unsigned which = next_shelf(s);

        if (s->rest_ms > 0)
            rest(s);
        else if (which < STOCK__MAX)
            make_one(s, which);
        else
            pthread_cond_wait(&s->changed, &s->lock);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

enum err
stock_start(struct stock *s, unsigned after_ms)
{
    s->rest_ms = after_ms;
    if (next_shelf(s) == STOCK__MAX)
        return ERR_OK;
    if (pthread_create(&s->thread, NULL, stock_thread, s) != 0)
        return ERR_NOMEM;
    s->running = true;
    return ERR_OK;
}

void
stock_stop(struct stock *s)
{
    if (!s->running)
        return;
    pthread_mutex_lock(&s->lock);
    atomic_store(&s->stop, true);
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->thread, NULL);
    s->running = false;
}

void
stock_free(struct stock *s)
{
    if (s == NULL)
        return;
    stock_stop(s);
    for (unsigned i = 0; i < STOCK__MAX; i++)
        while (s->shelves[i].count > 0)
            key_free(s->shelves[i].keys[--s->shelves[i].count]);
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

static unsigned
shelf_for(const struct key_spec *spec)
{
    unsigned i = 0;

    if (spec->type != KEY_RSA || (spec->exponent != 0 && spec->exponent != RSA_F4))
        return STOCK__MAX;
    while (i < STOCK__MAX && sizes[i] != spec->bits)
        i++;
    return i;
}

bool
stock_fits(const struct stock *s, const struct key_spec *spec)
{
    unsigned i = shelf_for(spec);

    return i < STOCK__MAX && s->shelves[i].want > 0;
}

struct key *
stock_take(struct stock *s, const struct key_spec *spec)
{
    unsigned i = shelf_for(spec);
    struct key *k = NULL;

    if (i == STOCK__MAX)
        return NULL;
    pthread_mutex_lock(&s->lock);
    if (s->shelves[i].count > 0) {
        k = s->shelves[i].keys[--s->shelves[i].count];
        s->shelves[i].keys[s->shelves[i].count] = NULL;
        pthread_cond_broadcast(&s->changed);
    }
    pthread_mutex_unlock(&s->lock);
    return k;
}

unsigned
stock_count(struct stock *s, unsigned which)
{
    unsigned n;

    pthread_mutex_lock(&s->lock);
    n = s->shelves[which].count;
    pthread_mutex_unlock(&s->lock);
    return n;
}

unsigned
stock_want(const struct stock *s, unsigned which)
{
    return s->shelves[which].want;
}

unsigned
stock_bits(unsigned which)
{
    return sizes[which];
}

bool
stock_wait(struct stock *s, unsigned which, unsigned count, unsigned timeout_ms)
{
    struct timespec until = deadline(timeout_ms);
    bool there;
    int rc = 0;

    pthread_mutex_lock(&s->lock);
    while (s->shelves[which].count < count && rc == 0)
        rc = pthread_cond_timedwait(&s->changed, &s->lock, &until);
    there = s->shelves[which].count >= count;
    pthread_mutex_unlock(&s->lock);
    return there;
}
