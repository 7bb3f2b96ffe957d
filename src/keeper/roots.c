/* SPDX-License-Identifier: Apache-2.0 */
/* roots.c - two root keys at most, behind one lock; held for microseconds, on cache misses. */
#include "keeper/roots.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "codec/pack.h"
#include "seal/wrap.h"

struct roots {
    pthread_rwlock_t lock;
    struct root_key *current, *next;
    atomic_uint generation;
};

enum err
roots_new(struct roots **out)
{
    struct roots *r = calloc(1, sizeof(*r));

    *out = NULL;
    if (r == NULL)
        return ERR_NOMEM;
    if (pthread_rwlock_init(&r->lock, NULL) != 0) {
        free(r);
        return ERR_NOMEM;
    }
    *out = r;
    return ERR_OK;
}

void
roots_free(struct roots *r)
{
    if (r == NULL)
        return;
    root_key_free(r->current);
    root_key_free(r->next);
    pthread_rwlock_destroy(&r->lock);
    free(r);
}

enum err
roots_set(struct roots *r, struct root_key *key)
{
    enum err e = ERR_OK;

    pthread_rwlock_wrlock(&r->lock);
    if (r->current == NULL)
        r->current = key;
    else
        e = ERR_EXISTS;
    pthread_rwlock_unlock(&r->lock);
    if (e != ERR_OK)
        root_key_free(key);
    return e;
}

enum err
roots_set_next(struct roots *r, struct root_key *key)
{
    bool again = false;
    enum err e = ERR_OK;

    pthread_rwlock_wrlock(&r->lock);
    if (r->current == NULL)
        e = ERR_SEALED;
    else if (span_is_equal(root_key_id(key), root_key_id(r->current)))
        e = ERR_EXISTS;
    else if (r->next == NULL)
        r->next = key;
    else if (span_is_equal(root_key_id(key), root_key_id(r->next)))
        again = true;
    else
        e = ERR_BUSY;
    pthread_rwlock_unlock(&r->lock);
    if (e != ERR_OK || again)
        root_key_free(key);
    return e;
}

enum err
roots_finish(struct roots *r)
{
    struct root_key *old = NULL;
    enum err e = ERR_NOT_FOUND;

    pthread_rwlock_wrlock(&r->lock);
    if (r->next != NULL) {
        old = r->current;
        r->current = r->next;
        r->next = NULL;
        e = ERR_OK;
    }
    pthread_rwlock_unlock(&r->lock);
    root_key_free(old);
    if (e == ERR_OK)
        atomic_fetch_add(&r->generation, 1);
    return e;
}

enum err
roots_wrap(struct roots *r, enum key_purpose purpose, struct span id, struct span key,
           struct sink out)
{
    const struct root_key *newest;
    enum err e = ERR_SEALED;

    pthread_rwlock_rdlock(&r->lock);
    newest = r->next != NULL ? r->next : r->current;
    if (newest != NULL)
        e = wrap_seal(newest, (uint8_t)purpose, id, key, out);
    pthread_rwlock_unlock(&r->lock);
    return e;
}

enum err
roots_unwrap(struct roots *r, const struct wrapped *w, struct secbuf *out)
{
    enum err e = ERR_SEALED;

    pthread_rwlock_rdlock(&r->lock);
    if (r->current != NULL)
        e = wrap_open(r->current, (uint8_t)w->purpose, w->id, w->bytes, out);
    if (e == ERR_WRONG_KEY && r->next != NULL)
        e = wrap_open(r->next, (uint8_t)w->purpose, w->id, w->bytes, out);
    pthread_rwlock_unlock(&r->lock);
    return e;
}

enum err
roots_put_ids(struct roots *r, struct sink out)
{
    enum err e = ERR_SEALED;

    pthread_rwlock_rdlock(&r->lock);
    if (r->current != NULL) {
        pack_bytes(out, root_key_id(r->current));
        pack_bytes(out, r->next != NULL ? root_key_id(r->next) : span_of(NULL, 0));
        e = sink_err(out);
    }
    pthread_rwlock_unlock(&r->lock);
    return e;
}

unsigned
roots_generation(const struct roots *r)
{
    return atomic_load(&r->generation);
}
