/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hand.c - users' keys go to the provider, the rest to work.c. The two have
 * caches of their own: many large RSA keys do not push out the vault keys that
 * every secret needs.
 */
#include "keeper/hand.h"

#include <stdlib.h>

#include "keeper/cache.h"
#include "keeper/cert_import.h"
#include "keeper/grants.h"
#include "keeper/work.h"

struct hand {
    struct hand_kit kit;
    struct cache *cache;
    void *state;         /* the provider's */
    unsigned generation; /* of the root keys that the cache was filled under */
};

enum err
hand_new(const struct hand_kit *kit, enum key_pace pace, struct hand **out)
{
    struct hand *h = calloc(1, sizeof(*h));
    enum err e;

    *out = NULL;
    if (h == NULL)
        return ERR_NOMEM;
    h->kit = *kit;
    h->generation = roots_generation(kit->roots);
    e = cache_new(kit->cache_bytes, &h->cache);
    if (e == ERR_OK && pace != PACE_PASSWORD)
        e = kit->provider->state_new(kit->provider_arg, pace, &h->state);
    if (e != ERR_OK) {
        hand_free(h);
        return e;
    }
    *out = h;
    return ERR_OK;
}

void
hand_free(struct hand *h)
{
    if (h == NULL)
        return;
    h->kit.provider->state_free(h->state);
    cache_free(h->cache);
    free(h);
}

enum key_pace
hand_pace(const struct hand_kit *kit, const struct question *q)
{
    if (q->op == KEEPER_CERT_IMPORT)
        return PACE_IMPORT;
    if (keeper_op_is_key(q->op))
        return kit->provider->pace(kit->provider_arg, q->op, &q->key);
    return grant_pace(grant_of((uint16_t)q->op), q->op, &q->plain);
}

static key_fn
function_of(const struct key_provider *p, enum keeper_op op)
{
    switch ((unsigned)op) {
    case KEEPER_KEYPAIR_NEW:
        return p->new;
    case KEEPER_KEYPAIR_IMPORT:
        return p->import;
    case KEEPER_KEYPAIR_BYOK:
        return p->byok;
    case KEEPER_KEY_USE:
        return p->use;
    case KEEPER_KEY_RELEASE:
        return p->release;
    case KEEPER_KEY_DESTROY:
        return p->destroy;
    case KEEPER_KEYPAIR_COPY:
        return p->copy;
    case KEEPER_CERT_SECRET:
        return p->secret;
    default:
        return NULL;
    }
}

static void
check_generation(struct hand *h)
{
    unsigned now = roots_generation(h->kit.roots);

    if (now == h->generation)
        return;
    h->generation = now;
    cache_clear(h->cache);
}

enum err
hand_do(struct hand *h, const struct question *q, struct secbuf *answer)
{
    key_fn fn;
    enum err e;

    if (!keeper_op_is_key(q->op)) {
        check_generation(h);
        return work_do(h->kit.roots, h->cache, q->op, &q->plain, answer);
    }
    fn = function_of(h->kit.provider, q->op);
    if (q->op == KEEPER_CERT_IMPORT)
        e = cert_import(h->kit.provider, h->state, &q->key, answer);
    else
        e = fn == NULL ? ERR_UNSUPPORTED : fn(h->state, &q->key, answer);
    if (e == ERR_OK)
        e = answer->err;
    if (e != ERR_OK)
        secbuf_clear(answer);
    return e;
}
