/* SPDX-License-Identifier: Apache-2.0 */
/*
 * throttle.c - sets of eight entries, chosen by a seeded hash of the address,
 * so that nobody aims at a set.
 *
 * A bucket is kept in thousandths of a token: then a millisecond brings exactly
 * `rate` of them.
 */
#include "api/throttle.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/rand.h"

enum { WAYS = 8, SETS = THROTTLE_ADDRESSES / WAYS, MILLI = 1000, KEY_LEN = 9 };

/* What was left out on one address's account. */
struct account {
    uint64_t count;    /* not told yet */
    uint64_t since_ms; /* when the first of them was */
    uint64_t next_ms;  /* not told again before */
};

struct entry {
    bool used;
    uint8_t key[KEY_LEN]; /* family, then IPv4 or the first half of IPv6 */
    uint64_t seen_ms;
    uint64_t milli; /* what is in the bucket */
    struct account out;
};

struct throttle {
    struct throttle_limits limits;
    uint64_t seed;
    unsigned untold;         /* accounts that are not at zero */
    struct account evicted;  /* of entries that made room */
    struct account *telling; /* what throttle_due() gave */
    struct entry entries[SETS * WAYS];
};

enum err
throttle_new(const struct throttle_limits *limits, struct throttle **out)
{
    *out = NULL;
    if (limits->rate == 0 || limits->burst == 0)
        return ERR_OK;
    *out = calloc(1, sizeof(**out));
    if (*out == NULL)
        return ERR_NOMEM;
    (*out)->limits = *limits;
    rand_fill(&(*out)->seed, sizeof((*out)->seed));
    return ERR_OK;
}

void
throttle_free(struct throttle *t)
{
    free(t);
}

static bool
key_of(struct span client, uint8_t key[static KEY_LEN])
{
    char text[INET6_ADDRSTRLEN];
    uint8_t bytes[16];

    memset(key, 0, KEY_LEN);
    if (!span_copy_str(client, text, sizeof(text)))
        return false;
    if (inet_pton(AF_INET, text, bytes) == 1) {
        key[0] = 4;
        memcpy(key + 1, bytes, 4);
    } else if (inet_pton(AF_INET6, text, bytes) == 1) {
        key[0] = 6;
        memcpy(key + 1, bytes, 8);
    }
    return key[0] != 0;
}

static void
key_put_text(const uint8_t key[static KEY_LEN], char out[static THROTTLE_TEXT])
{
    uint8_t bytes[16] = { 0 };
    char text[INET6_ADDRSTRLEN] = "";

    memcpy(bytes, key + 1, KEY_LEN - 1);
    (void)inet_ntop(key[0] == 4 ? AF_INET : AF_INET6, bytes, text, sizeof(text));
    (void)snprintf(out, THROTTLE_TEXT, "%s%s", text, key[0] == 4 ? "" : "/64");
}

/* murmur3's finisher over key and seed. */
static struct entry *
set_of(struct throttle *t, const uint8_t key[static KEY_LEN])
{
    uint64_t h;

    memcpy(&h, key + 1, sizeof(h));
    h ^= t->seed + key[0];
    h = (h ^ (h >> 33)) * 0xff51afd7ed558ccdu;
    h = (h ^ (h >> 33)) * 0xc4ceb9fe1a85ec53u;
    h ^= h >> 33;
    return &t->entries[h % SETS * WAYS];
}

static void
account_add(struct throttle *t, struct account *a, uint64_t n, uint64_t since_ms)
{
    if (n == 0)
        return;
    if (a->count == 0) {
        a->since_ms = since_ms;
        t->untold++;
    }
    a->count += n;
}

static void
account_clear(struct throttle *t, struct account *a)
{
    t->untold -= a->count > 0;
    a->count = 0;
}

/* The entry of that key, in place of the one that was silent longest if it is new. */
static struct entry *
entry_of(struct throttle *t, const uint8_t key[static KEY_LEN], uint64_t now_ms)
{
    struct entry *set = set_of(t, key), *e = set;

    for (unsigned i = 0; i < WAYS; i++) {
        if (set[i].used && span_is_equal(span_of(set[i].key, KEY_LEN), span_of(key, KEY_LEN)))
            return &set[i];
        if (e->used && (!set[i].used || set[i].seen_ms < e->seen_ms))
            e = &set[i];
    }
    account_add(t, &t->evicted, e->out.count, e->out.since_ms);
    account_clear(t, &e->out);
    if (t->telling == &e->out)
        t->telling = NULL;
    *e = (struct entry){ .used = true,
                         .seen_ms = now_ms,
                         .milli = (uint64_t)t->limits.burst * MILLI };
    memcpy(e->key, key, KEY_LEN);
    return e;
}

bool
throttle_take(struct throttle *t, struct span client, uint64_t now_ms)
{
    uint8_t key[KEY_LEN];
    struct entry *e;
    uint64_t full, gone;

    if (t == NULL || !key_of(client, key))
        return true;
    e = entry_of(t, key, now_ms);
    full = (uint64_t)t->limits.burst * MILLI;
    gone = now_ms > e->seen_ms ? now_ms - e->seen_ms : 0;
    e->seen_ms += gone;
    e->milli = gone > full / t->limits.rate ? full : e->milli + gone * t->limits.rate;
    if (e->milli > full)
        e->milli = full;
    if (e->milli >= MILLI) {
        e->milli -= MILLI;
        return true;
    }
    account_add(t, &e->out, 1, now_ms);
    return false;
}

static bool
account_is_due(const struct account *a, uint64_t now_ms)
{
    return a->count > 0 && now_ms >= a->next_ms;
}

bool
throttle_due(struct throttle *t, uint64_t now_ms, struct throttle_report *out)
{
    struct account *a = NULL;

    *out = (struct throttle_report){ 0 };
    if (t == NULL || t->untold == 0)
        return false;
    if (account_is_due(&t->evicted, now_ms))
        a = &t->evicted;
    for (unsigned i = 0; a == NULL && i < SETS * WAYS; i++)
        if (account_is_due(&t->entries[i].out, now_ms)) {
            a = &t->entries[i].out;
            key_put_text(t->entries[i].key, out->address);
        }
    t->telling = a;
    if (a == NULL)
        return false;
    out->count = a->count;
    out->for_ms = now_ms > a->since_ms ? now_ms - a->since_ms : 0;
    return true;
}

void
throttle_told(struct throttle *t, uint64_t now_ms)
{
    if (t->telling == NULL)
        return;
    t->telling->next_ms = now_ms + THROTTLE_REPORT_MS;
    account_clear(t, t->telling);
    t->telling = NULL;
}
