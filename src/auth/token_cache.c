/* SPDX-License-Identifier: Apache-2.0 */
/*
 * token_cache.c - sets of four entries, chosen by the digest's first bytes.
 * No lists and no growth: a flood of different tokens replaces entries and
 * nothing else.
 */
#include "auth/token_cache.h"

#include <stdlib.h>

#include "base/wipe.h"

enum { WAYS = 4 };

struct entry {
    bool used;
    uint64_t tick;
    uint8_t digest[SHA256_LEN];
    struct token_facts facts;
};

/* A row is known by its revision: what was prepared from another one is not used. */
struct prepared {
    char kid[KID_MAX + 1];
    uint64_t revision;
    struct verifykey *key; /* NULL: free */
};

struct token_cache {
    struct prepared keys[SIGNING_KEYS_MAX];
    unsigned next_key; /* whose turn it is to be replaced */
    uint64_t tick;
    size_t nsets;
    struct entry *entries;
};

struct token_cache *
token_cache_new(unsigned max)
{
    struct token_cache *c = calloc(1, sizeof(*c));

    if (c == NULL)
        return NULL;
    c->nsets = max / WAYS + (max % WAYS != 0 || max == 0);
    c->entries = calloc(c->nsets * WAYS, sizeof(*c->entries));
    if (c->entries == NULL) {
        free(c);
        return NULL;
    }
    return c;
}

void
token_cache_free(struct token_cache *c)
{
    if (c == NULL)
        return;
    for (size_t i = 0; i < SIGNING_KEYS_MAX; i++)
        verifykey_free(c->keys[i].key);
    free(c->entries);
    free(c);
}

static struct entry *
set_of(struct token_cache *c, const uint8_t digest[static SHA256_LEN])
{
    uint64_t h = 0;

    memcpy(&h, digest, sizeof(h));
    return &c->entries[h % c->nsets * WAYS];
}

static struct entry *
find(struct token_cache *c, const uint8_t digest[static SHA256_LEN])
{
    struct entry *set;

    if (c == NULL)
        return NULL;
    set = set_of(c, digest);
    for (size_t i = 0; i < WAYS; i++)
        if (set[i].used &&
            ct_equal(span_of(set[i].digest, SHA256_LEN), span_of(digest, SHA256_LEN)))
            return &set[i];
    return NULL;
}

const struct token_facts *
token_cache_get(struct token_cache *c, const uint8_t digest[static SHA256_LEN])
{
    struct entry *e = find(c, digest);

    if (e == NULL)
        return NULL;
    e->tick = ++c->tick;
    return &e->facts;
}

void
token_cache_put(struct token_cache *c, const uint8_t digest[static SHA256_LEN],
                const struct token_facts *facts)
{
    struct entry *set, *e = find(c, digest);

    if (c == NULL)
        return;
    set = set_of(c, digest);
    for (size_t i = 0; e == NULL && i < WAYS; i++)
        if (!set[i].used)
            e = &set[i];
    if (e == NULL) {
        e = set;
        for (size_t i = 1; i < WAYS; i++)
            if (set[i].tick < e->tick)
                e = &set[i];
    }
    e->used = true;
    e->tick = ++c->tick;
    memcpy(e->digest, digest, SHA256_LEN);
    e->facts = *facts;
}

void
token_cache_seen(struct token_cache *c, const uint8_t digest[static SHA256_LEN],
                 uint64_t revision)
{
    struct entry *e = find(c, digest);

    if (e != NULL)
        e->facts.stamp.seen = revision;
}

void
token_cache_drop(struct token_cache *c, const uint8_t digest[static SHA256_LEN])
{
    struct entry *e = find(c, digest);

    if (e != NULL)
        *e = (struct entry){ .used = false };
}

const struct verifykey *
token_cache_key(const struct token_cache *c, const struct signing_key *of)
{
    for (size_t i = 0; c != NULL && i < SIGNING_KEYS_MAX; i++) {
        const struct prepared *p = &c->keys[i];

        if (p->key != NULL && p->revision == of->revision && strcmp(p->kid, of->kid) == 0)
            return p->key;
    }
    return NULL;
}

void
token_cache_keep_key(struct token_cache *c, const struct signing_key *of, struct verifykey *key)
{
    struct prepared *p = &c->keys[c->next_key];

    c->next_key = (c->next_key + 1) % SIGNING_KEYS_MAX;
    verifykey_free(p->key);
    memcpy(p->kid, of->kid, sizeof(p->kid));
    p->revision = of->revision;
    p->key = key;
}
