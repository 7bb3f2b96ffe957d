/* SPDX-License-Identifier: Apache-2.0 */
/*
 * token.c - the two threads behind a token, and the gate before it.
 *
 * Invariant: the module's functions are called by the opener only while the
 * state is OPENING, and by callers only while it is UP; `inside` counts these,
 * and the opener begins when it is 0.
 */
#include "token/token.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/secbuf.h"
#include "token/rv.h"

enum {
    HANG_MS = 30 * 1000,
    RETRY_MS = 1000,
    RETRY_MAX_MS = 15 * 1000,
    PATIENCE_MS = 5000,
    PIN_BYTES_MAX = 256,
    FOREVER_MS = 3600 * 1000,
};

struct token {
    struct token_config cfg;
    pthread_mutex_t lock;
    pthread_cond_t wake;      /* the opener, the watch, and who waits for the first opening */
    pthread_rwlock_t objects; /* of a module that takes turns; never taken under `lock` */
    pthread_t opener, watch;
    bool started, stop;

    enum token_state state;
    unsigned generation;
    unsigned inside;
    struct token_caller *callers;
    struct secbuf pin;
    uint64_t due_ms;     /* when to open it again */
    uint64_t retry_ms;   /* what to add next time */
    uint64_t opening_ms; /* since when the opener is in the module; 0: it is not */
    struct module module;
    bool loaded;
    CK_SESSION_HANDLE anchor; /* keeps the login alive */
    CK_RV said;               /* what was logged last: not again and again */
};

static void
cond_init(pthread_cond_t *c)
{
    pthread_condattr_t attr;

    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(c, &attr);
    pthread_condattr_destroy(&attr);
}

static unsigned
or_usual(unsigned value, unsigned usual)
{
    return value > 0 ? value : usual;
}

enum err
token_new(const struct token_config *cfg, struct span pin, struct token **out)
{
    struct token *t = calloc(1, sizeof(*t));

    *out = NULL;
    if (t == NULL)
        return ERR_NOMEM;
    t->cfg = *cfg;
    t->cfg.hang_ms = or_usual(cfg->hang_ms, HANG_MS);
    t->cfg.retry_ms = or_usual(cfg->retry_ms, RETRY_MS);
    t->cfg.retry_max_ms = or_usual(cfg->retry_max_ms, RETRY_MAX_MS);
    t->cfg.patience_ms = or_usual(cfg->patience_ms, PATIENCE_MS);
    t->retry_ms = t->cfg.retry_ms;
    pthread_mutex_init(&t->lock, NULL);
    pthread_rwlock_init(&t->objects, NULL);
    cond_init(&t->wake);
    secbuf_init(&t->pin, PIN_BYTES_MAX);
    secbuf_put(&t->pin, pin);
    if (t->pin.err != ERR_OK) {
        token_free(t);
        return ERR_NOMEM;
    }
    *out = t;
    return ERR_OK;
}

/* Under the lock: until something changed, or until then. */
static void
wait_until(struct token *t, uint64_t ms)
{
    const struct timespec ts = { (time_t)(ms / 1000), (long)(ms % 1000) * 1000000 };

    (void)pthread_cond_timedwait(&t->wake, &t->lock, &ts);
}

/* ------------------------------------------------------------------- opener */

static CK_RV
log_in(struct token *t, const struct secbuf *pin)
{
    CK_FUNCTION_LIST *f = t->module.f;
    CK_RV rv = f->C_OpenSession(t->module.slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL,
                                &t->anchor);

    if (rv != CKR_OK)
        return rv;
    rv = f->C_Login(t->anchor, CKU_USER, pin->ptr, pin->len);
    if (rv == CKR_USER_ALREADY_LOGGED_IN)
        rv = CKR_OK;
    return rv;
}

/* The whole way, from nothing. Without the lock: state OPENING keeps everybody out. */
static CK_RV
open_module(struct token *t, const struct secbuf *pin)
{
    CK_RV rv;

    if (!t->loaded && module_load(t->cfg.module, &t->module) != ERR_OK)
        return CKR_FUNCTION_NOT_SUPPORTED;
    t->loaded = true;
    module_finalise(&t->module);
    rv = module_initialise(&t->module);
    if (rv == CKR_OK)
        rv = module_find(&t->module, t->cfg.label);
    if (rv == CKR_OK)
        rv = log_in(t, pin);
    if (rv != CKR_OK)
        module_finalise(&t->module);
    return rv;
}

static void
log_failure(struct token *t, CK_RV rv)
{
    if (rv == t->said)
        return;
    t->said = rv;
    if (rv_class_of(rv) == RV_PIN)
        log_error("token %s refuses the PIN (%s): it is not tried again before a reload, since "
                  "tokens lock themselves",
                  t->cfg.label, rv_name(rv));
    else if (rv == CKR_TOKEN_NOT_PRESENT)
        log_error("no token %s in %s: trying again", t->cfg.label, t->cfg.module);
    else
        log_error("cannot open token %s: %s (0x%lx): trying again", t->cfg.label, rv_name(rv),
                  rv);
}

/* Under the lock. */
static void
judge_opening(struct token *t, CK_RV rv)
{
    if (rv == CKR_OK) {
        t->state = TOKEN_UP;
        t->generation++;
        t->retry_ms = t->cfg.retry_ms;
        t->said = CKR_OK;
        log_info("token %s is there (serial number %s)", t->cfg.label, t->module.serial);
        return;
    }
    log_failure(t, rv);
    t->state = rv_class_of(rv) == RV_PIN ? TOKEN_REFUSED : TOKEN_DOWN;
    t->due_ms = clock_mono_ms() + t->retry_ms;
    t->retry_ms = t->retry_ms * 2 > t->cfg.retry_max_ms ? t->cfg.retry_max_ms : t->retry_ms * 2;
}

/* Under the lock, which is let go meanwhile. */
static void
open_once(struct token *t)
{
    struct secbuf pin; /* a copy: another may be set meanwhile */
    CK_RV rv = CKR_HOST_MEMORY;

    secbuf_init(&pin, PIN_BYTES_MAX);
    secbuf_put(&pin, secbuf_span(&t->pin));
    t->state = TOKEN_OPENING;
    t->opening_ms = clock_mono_ms();
    pthread_mutex_unlock(&t->lock);
    if (pin.err == ERR_OK)
        rv = open_module(t, &pin);
    secbuf_release(&pin);
    pthread_mutex_lock(&t->lock);
    t->opening_ms = 0;
    judge_opening(t, rv);
    pthread_cond_broadcast(&t->wake);
}

static void *
opener_thread(void *arg)
{
    struct token *t = arg;

    pthread_mutex_lock(&t->lock);
    while (!t->stop) {
        uint64_t now = clock_mono_ms();

        if (t->state != TOKEN_UP && t->state != TOKEN_REFUSED && t->inside == 0 &&
            now >= t->due_ms)
            open_once(t);
        else
            wait_until(t,
                       t->state == TOKEN_DOWN && t->inside == 0 ? t->due_ms : now + FOREVER_MS);
    }
    pthread_mutex_unlock(&t->lock);
    return NULL;
}

/* -------------------------------------------------------------------- watch */

/* Under the lock. How long who has been inside longest, and shortest, of a group. */
static void
survey(const struct token *t, enum token_group group, uint64_t *longest, uint64_t *shortest)
{
    uint64_t now = clock_mono_ms();
    unsigned n = 0;

    *longest = 0;
    *shortest = UINT64_MAX;
    for (struct token_caller *c = t->callers; c != NULL; c = c->next) {
        uint64_t since = atomic_load(&c->since_ms);
        uint64_t ms = since == 0 || now < since ? 0 : now - since;

        if (c->group != group)
            continue;
        n++;
        if (ms > *longest)
            *longest = ms;
        if (ms < *shortest)
            *shortest = ms;
    }
    if (n == 0)
        *shortest = 0;
}

/* Under the lock. */
static bool
has_hung(const struct token *t)
{
    static const unsigned patience[GROUP__MAX] = { [GROUP_USE] = 1, [GROUP_MAKE] = 4 };

    if (t->opening_ms != 0)
        return clock_mono_ms() - t->opening_ms > t->cfg.hang_ms;
    for (enum token_group g = 0; g < GROUP__MAX; g++) {
        uint64_t limit = (uint64_t)t->cfg.hang_ms * patience[g], longest, shortest;

        survey(t, g, &longest, &shortest);
        /* Where it is down, a single one inside keeps the opener out. */
        if (shortest > limit || (t->state == TOKEN_DOWN && longest > limit))
            return true;
    }
    return false;
}

static void
give_up(struct token *t)
{
    log_error("token %s: the module has hung for %u s: starting anew", t->cfg.label,
              t->cfg.hang_ms / 1000);
    if (t->cfg.on_hang == NULL)
        _exit(EX_TEMPFAIL); /* no handlers: they may be the module's */
    t->cfg.on_hang(t->cfg.arg);
}

static void *
watch_thread(void *arg)
{
    struct token *t = arg;

    pthread_mutex_lock(&t->lock);
    while (!t->stop) {
        wait_until(t, clock_mono_ms() + t->cfg.hang_ms / 4 + 1);
        if (!t->stop && has_hung(t)) {
            give_up(t);
            break;
        }
    }
    pthread_mutex_unlock(&t->lock);
    return NULL;
}

/* --------------------------------------------------------------------- life */

enum err
token_start(struct token *t)
{
    uint64_t until = clock_mono_ms() + t->cfg.patience_ms;

    if (t->started)
        return ERR_OK;
    if (pthread_create(&t->opener, NULL, opener_thread, t) != 0)
        return ERR_NOMEM;
    if (pthread_create(&t->watch, NULL, watch_thread, t) != 0) {
        pthread_mutex_lock(&t->lock);
        t->stop = true;
        pthread_cond_broadcast(&t->wake);
        pthread_mutex_unlock(&t->lock);
        pthread_join(t->opener, NULL);
        return ERR_NOMEM;
    }
    t->started = true;
    pthread_mutex_lock(&t->lock);
    while (t->state == TOKEN_OPENING && clock_mono_ms() < until)
        wait_until(t, until);
    pthread_mutex_unlock(&t->lock);
    return ERR_OK;
}

/* False: the opener hangs in the module and cannot be waited for. */
static bool
stop_threads(struct token *t)
{
    uint64_t until = clock_mono_ms() + t->cfg.patience_ms;
    bool ok;

    pthread_mutex_lock(&t->lock);
    t->stop = true;
    pthread_cond_broadcast(&t->wake);
    while (t->opening_ms != 0 && clock_mono_ms() < until)
        wait_until(t, until);
    ok = t->opening_ms == 0;
    pthread_mutex_unlock(&t->lock);
    pthread_join(t->watch, NULL);
    if (ok)
        pthread_join(t->opener, NULL);
    return ok;
}

void
token_free(struct token *t)
{
    if (t == NULL || (t->started && !stop_threads(t)))
        return;
    bug_on(t->callers != NULL || t->inside != 0);
    module_finalise(&t->module);
    secbuf_release(&t->pin);
    pthread_cond_destroy(&t->wake);
    pthread_rwlock_destroy(&t->objects);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

enum token_state
token_state(struct token *t)
{
    enum token_state s;

    pthread_mutex_lock(&t->lock);
    s = t->state;
    pthread_mutex_unlock(&t->lock);
    return s;
}

enum err
token_set_pin(struct token *t, struct span pin)
{
    enum err e;

    pthread_mutex_lock(&t->lock);
    secbuf_clear(&t->pin);
    secbuf_put(&t->pin, pin);
    e = t->pin.err;
    if (t->state == TOKEN_REFUSED) {
        t->state = TOKEN_DOWN;
        t->due_ms = 0;
        t->said = CKR_OK;
        pthread_cond_broadcast(&t->wake);
    }
    pthread_mutex_unlock(&t->lock);
    return e;
}

/* --------------------------------------------------------------------- gate */

void
token_join(struct token *t, struct token_caller *c, enum token_group group)
{
    pthread_mutex_lock(&t->lock);
    c->group = group;
    atomic_init(&c->since_ms, 0);
    c->next = t->callers;
    t->callers = c;
    pthread_mutex_unlock(&t->lock);
}

void
token_part(struct token *t, struct token_caller *c)
{
    struct token_caller **at = &t->callers;

    pthread_mutex_lock(&t->lock);
    while (*at != NULL && *at != c)
        at = &(*at)->next;
    if (c != NULL && *at == c)
        *at = c->next;
    pthread_mutex_unlock(&t->lock);
}

enum err
token_enter(struct token *t, struct token_caller *c, unsigned *generation)
{
    enum err e = ERR_UNAVAILABLE;

    pthread_mutex_lock(&t->lock);
    *generation = t->generation;
    if (t->state == TOKEN_UP) {
        t->inside++;
        atomic_store(&c->since_ms, clock_mono_ms() | 1); /* never 0 */
        e = ERR_OK;
    }
    pthread_mutex_unlock(&t->lock);
    return e;
}

void
token_exit(struct token *t, struct token_caller *c)
{
    pthread_mutex_lock(&t->lock);
    t->inside--;
    atomic_store(&c->since_ms, 0);
    if (t->inside == 0 && t->state == TOKEN_DOWN)
        pthread_cond_broadcast(&t->wake);
    pthread_mutex_unlock(&t->lock);
}

const struct module *
token_module(const struct token *t)
{
    return &t->module;
}

void
token_objects_lock(struct token *t, bool alone)
{
    if (!t->module.takes_turns)
        return;
    if (alone)
        pthread_rwlock_wrlock(&t->objects);
    else
        pthread_rwlock_rdlock(&t->objects);
}

void
token_objects_unlock(struct token *t)
{
    if (t->module.takes_turns)
        pthread_rwlock_unlock(&t->objects);
}

void
token_lost(struct token *t, unsigned generation, const char *call, CK_RV rv)
{
    pthread_mutex_lock(&t->lock);
    if (t->state == TOKEN_UP && t->generation == generation) {
        log_error("token %s is gone: %s says %s (0x%lx)", t->cfg.label, call, rv_name(rv), rv);
        t->state = TOKEN_DOWN;
        t->due_ms = clock_mono_ms() + t->retry_ms;
        pthread_cond_broadcast(&t->wake);
    }
    pthread_mutex_unlock(&t->lock);
}

bool
token_is_stuck(struct token *t, enum token_group group, uint64_t longer_than_ms)
{
    uint64_t longest, shortest;

    pthread_mutex_lock(&t->lock);
    survey(t, group, &longest, &shortest);
    pthread_mutex_unlock(&t->lock);
    return shortest > longer_than_ms;
}
