/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vault_cache.c - vaults already read, by name.
 *
 * Sets of WAYS entries, the least recently used one gives way. An entry counts
 * only while the row in the caller's snapshot has the revision it was read at,
 * so a changed or deleted vault is seen at once.
 */
#include <stdlib.h>

#include "vault/vault.h"

enum { WAYS = 4 };

struct entry {
    struct vault *vault;
    uint64_t used;
};

struct vault_cache {
    size_t nsets;
    uint64_t clock;
    struct entry entries[];
};

struct vault_cache *
vault_cache_new(unsigned max)
{
    size_t nsets = (max + WAYS - 1) / WAYS;
    struct vault_cache *c;

    if (nsets == 0)
        nsets = 1;
    c = calloc(1, sizeof(*c) + nsets * WAYS * sizeof(struct entry));
    if (c != NULL)
        c->nsets = nsets;
    return c;
}

void
vault_cache_free(struct vault_cache *c)
{
    if (c == NULL)
        return;
    for (size_t i = 0; i < c->nsets * WAYS; i++)
        vault_unref(c->entries[i].vault);
    free(c);
}

/* The set a name belongs to; letters count without case. */
static struct entry *
set_of(struct vault_cache *c, struct span name)
{
    uint64_t h = 0xcbf29ce484222325u; /* FNV-1a */

    for (size_t i = 0; i < name.len; i++)
        h = (h ^ (name.ptr[i] | 0x20u)) * 0x100000001b3u;
    return &c->entries[(h % c->nsets) * WAYS];
}

static struct entry *
entry_for(struct vault_cache *c, struct span name)
{
    struct entry *set = set_of(c, name), *oldest = set;

    for (size_t i = 0; i < WAYS; i++) {
        struct entry *at = &set[i];

        if (at->vault != NULL && span_is_str_nocase(name, at->vault->name))
            return at;
        if (at->vault == NULL || (oldest->vault != NULL && at->used < oldest->used))
            oldest = at;
    }
    return oldest;
}

enum err
vault_cache_get(struct vault_cache *c, const struct rows *rows, struct store_view *view,
                struct span name, struct vault **out)
{
    struct entry *at;
    uint64_t revision;
    enum err e;

    *out = NULL;
    e = vault_revision(view, name, &revision);
    if (e != ERR_OK)
        return e;
    at = entry_for(c, name);
    if (at->vault == NULL || !span_is_str_nocase(name, at->vault->name) ||
        at->vault->revision != revision) {
        struct vault *fresh;

        e = vault_load(rows, view, name, &fresh);
        if (e != ERR_OK)
            return e;
        vault_unref(at->vault);
        at->vault = fresh;
    }
    at->used = ++c->clock;
    at->vault->refs++;
    *out = at->vault;
    return ERR_OK;
}
