/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quota.c - buckets as the time at which they will be full again (the generic
 * cell rate algorithm): one number a bucket, nothing to refill, and an idle
 * bucket equals one that was never used, so that its entry can go.
 *
 * Sets of eight entries, chosen by a seeded hash so that nobody aims at a set;
 * a lock serves many sets. It is held for a handful of comparisons.
 */
#include "api/quota.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/rand.h"

enum { WAYS = 8, LOCKS = 64, SUBSCRIPTIONS = 512, RETRY_MAX = 60 };

#define NS_PER_S UINT64_C(1000000000)

/* depth: how far ahead of now a bucket may run, that is, how much may come at once. */
struct rate {
    uint64_t interval_ns; /* of one token; 0: no limit */
    uint64_t depth_ns;
};

struct owner {
    struct guid a, b;
};

struct entry {
    bool used;
    struct owner owner;
    uint64_t full_ns[QUOTA_CLASS__MAX]; /* when each bucket will be full */
};

struct table {
    unsigned nsets;
    struct entry *entries;
    struct rate rates[QUOTA_CLASS__MAX];
    pthread_mutex_t locks[LOCKS];
};

struct quota {
    uint64_t seed;
    struct table tables[QUOTA_WHOSE__MAX];
};

/* ------------------------------------------------------------------- setting up */

static struct rate
rate_of(uint64_t per_second, uint64_t burst)
{
    struct rate r = { 0, 0 };

    if (per_second == 0 || burst == 0)
        return r;
    r.interval_ns = NS_PER_S / per_second;
    r.depth_ns = r.interval_ns * burst;
    return r;
}

/* Azure's are numbers for any ten seconds (data-plane.md H1). */
static void
set_azure(struct rate rates[static QUOTA_CLASS__MAX], uint64_t times)
{
    static const uint64_t limits[QUOTA_CLASS__MAX] = {
        [QUOTA_OTHER] = 4000,     [QUOTA_NEW] = 300,  [QUOTA_KEY_NEW] = 20,
        [QUOTA_KEY_NEW_HSM] = 10, [QUOTA_KEY] = 4000, [QUOTA_KEY_HSM] = 2000,
    };

    for (unsigned c = QUOTA_ANY + 1; c < QUOTA_CLASS__MAX; c++) {
        rates[c].interval_ns = 10 * NS_PER_S / (limits[c] * times);
        rates[c].depth_ns = 10 * NS_PER_S;
    }
}

static enum err
table_init(struct table *t, unsigned entries)
{
    t->nsets = entries / WAYS;
    for (unsigned i = 0; i < LOCKS; i++)
        if (pthread_mutex_init(&t->locks[i], NULL) != 0)
            return ERR_NOMEM;
    t->entries = calloc(entries, sizeof(*t->entries));
    return t->entries != NULL ? ERR_OK : ERR_NOMEM;
}

enum err
quota_new(const struct quota_config *cfg, struct quota **out)
{
    static const unsigned sizes[QUOTA_WHOSE__MAX] = { QUOTA_PRINCIPALS, QUOTA_VAULTS,
                                                      SUBSCRIPTIONS };
    struct quota *q;
    enum err e = ERR_OK;

    *out = NULL;
    if (cfg->profile == QUOTA_OFF)
        return ERR_OK;
    q = calloc(1, sizeof(*q));
    if (q == NULL)
        return ERR_NOMEM;
    rand_fill(&q->seed, sizeof(q->seed));
    for (unsigned i = 0; i < QUOTA_WHOSE__MAX && e == ERR_OK; i++)
        e = table_init(&q->tables[i], sizes[i]);
    if (e != ERR_OK) {
        quota_free(q);
        return e;
    }
    q->tables[QUOTA_PRINCIPAL].rates[QUOTA_ANY] =
        rate_of(cfg->principal_rate, cfg->principal_burst);
    q->tables[QUOTA_VAULT].rates[QUOTA_ANY] = rate_of(cfg->vault_rate, cfg->vault_burst);
    if (cfg->profile == QUOTA_AZURE) {
        set_azure(q->tables[QUOTA_VAULT].rates, 1);
        set_azure(q->tables[QUOTA_SUBSCRIPTION].rates, 5);
    }
    *out = q;
    return ERR_OK;
}

void
quota_free(struct quota *q)
{
    if (q == NULL)
        return;
    for (unsigned i = 0; i < QUOTA_WHOSE__MAX; i++)
        free(q->tables[i].entries);
    free(q);
}

/* ------------------------------------------------------------------- one bucket */

static uint64_t
hash_of(const struct quota *q, const struct owner *o)
{
    const char *texts[] = { o->a.text, o->b.text };
    uint64_t h = q->seed;

    for (unsigned t = 0; t < 2; t++)
        for (unsigned i = 0; i < GUID_LEN && texts[t][i] != '\0'; i++)
            h = (h ^ (uint8_t)texts[t][i]) * 0x100000001b3u;
    h = (h ^ (h >> 33)) * 0xff51afd7ed558ccdu;
    return h ^ (h >> 33);
}

/* When all buckets of the entry will be full. */
static uint64_t
idle_from(const struct entry *e)
{
    uint64_t last = 0;

    for (unsigned c = 0; c < QUOTA_CLASS__MAX; c++)
        if (e->full_ns[c] > last)
            last = e->full_ns[c];
    return last;
}

static struct entry *
entry_of(struct entry *set, const struct owner *o)
{
    struct entry *place = set;

    for (unsigned i = 0; i < WAYS; i++) {
        if (set[i].used && guid_is_equal(&set[i].owner.a, &o->a) &&
            guid_is_equal(&set[i].owner.b, &o->b))
            return &set[i];
        if (place->used && (!set[i].used || idle_from(&set[i]) < idle_from(place)))
            place = &set[i];
    }
    *place = (struct entry){ .used = true, .owner = *o };
    return place;
}

/* How long until there is enough, in nanoseconds; 0: it was taken. */
static uint64_t
bucket_take(uint64_t *full_ns, const struct rate *r, unsigned weight, uint64_t now_ns)
{
    uint64_t from = *full_ns > now_ns ? *full_ns : now_ns;
    uint64_t to = from + r->interval_ns * weight;

    if (to - now_ns > r->depth_ns)
        return to - now_ns - r->depth_ns;
    *full_ns = to;
    return 0;
}

static bool
refuse(struct quota_refusal *out, enum quota_whose whose, uint64_t wait_ns)
{
    uint64_t s = (wait_ns + NS_PER_S - 1) / NS_PER_S;

    *out = (struct quota_refusal){ whose, s < 1 ? 1 : s > RETRY_MAX ? RETRY_MAX : (unsigned)s };
    return false;
}

static bool
take(struct quota *q, enum quota_whose whose, const struct owner *o, struct quota_cost cost,
     uint64_t now_us, struct quota_refusal *out)
{
    struct table *t = &q->tables[whose];
    const struct rate *r = &t->rates[cost.class];
    uint64_t set = hash_of(q, o) % t->nsets, wait;
    struct entry *e;

    if (r->interval_ns == 0 || cost.weight == 0)
        return true;
    pthread_mutex_lock(&t->locks[set % LOCKS]);
    e = entry_of(&t->entries[set * WAYS], o);
    wait = bucket_take(&e->full_ns[cost.class], r, cost.weight, now_us * 1000);
    pthread_mutex_unlock(&t->locks[set % LOCKS]);
    return wait == 0 || refuse(out, whose, wait);
}

/* Undoes a take: nothing was done after all. */
static void
give_back(struct quota *q, enum quota_whose whose, const struct owner *o,
          struct quota_cost cost)
{
    struct table *t = &q->tables[whose];
    uint64_t set = hash_of(q, o) % t->nsets, n = t->rates[cost.class].interval_ns * cost.weight;
    struct entry *e;

    if (n == 0)
        return;
    pthread_mutex_lock(&t->locks[set % LOCKS]);
    e = entry_of(&t->entries[set * WAYS], o);
    e->full_ns[cost.class] -= e->full_ns[cost.class] < n ? e->full_ns[cost.class] : n;
    pthread_mutex_unlock(&t->locks[set % LOCKS]);
}

bool
quota_take_principal(struct quota *q, const struct guid *tenant, const struct guid *oid,
                     uint64_t now_us, struct quota_refusal *out)
{
    const struct owner o = { *oid, *tenant };
    const struct quota_cost one = { QUOTA_ANY, 1 };

    return q == NULL || take(q, QUOTA_PRINCIPAL, &o, one, now_us, out);
}

bool
quota_take_vault(struct quota *q, const struct guid *vault, const struct guid *subscription,
                 struct quota_cost cost, uint64_t now_us, struct quota_refusal *out)
{
    const struct owner v = { .a = *vault }, s = { .a = *subscription };

    if (q == NULL)
        return true;
    if (!take(q, QUOTA_VAULT, &v, cost, now_us, out))
        return false;
    if (take(q, QUOTA_SUBSCRIPTION, &s, cost, now_us, out))
        return true;
    give_back(q, QUOTA_VAULT, &v, cost);
    return false;
}
