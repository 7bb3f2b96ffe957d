/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access_cache.c - what decisions read, kept as long as it is true.
 *
 * The invariant: everything kept is what the rows said at `revision`. A decision
 * in a newer view first asks the store's change log which keys were written
 * since, and drops what they touch; a log that does not reach back drops all.
 * A view older than `revision` is not answered from here.
 */
#include <stdlib.h>

#include "auth/access_int.h"

enum {
    WATCH_MAX = 4096,              /* changes looked at; more drop all */
    WEIGHT_MAX = 32 * 1024 * 1024, /* bytes kept; more drop all at the next begin */
    FIRST_SLOTS = 16,
    VAULTS = 8, /* whose ids are kept as scopes */
    VAULT_ID_MAX = 300,
};

/* Open addressing; a slot is an entry or NULL. */
struct map {
    struct entry **slots;
    size_t cap, n;
};

struct vault_scope {
    char id[VAULT_ID_MAX]; /* "": free */
    struct scope scope;
};

struct access_cache {
    uint64_t revision;
    struct vault_scope vaults[VAULTS]; /* by the last letters of the name */
    size_t weight;
    struct map map[KEPT__MAX];
};

/* ------------------------------------------------------------------------ maps */

static uint64_t
guid_hash(const struct guid *g)
{
    uint64_t a, b;

    memcpy(&a, g->text, sizeof(a));
    memcpy(&b, g->text + GUID_LEN - sizeof(b), sizeof(b));
    a = (a ^ (b << 1)) * UINT64_C(0x9e3779b97f4a7c15);
    return a ^ (a >> 29);
}

static size_t
slot_of(const struct map *m, const struct guid *tid, const struct guid *id)
{
    size_t i = (size_t)guid_hash(id) & (m->cap - 1);

    while (m->slots[i] != NULL &&
           (!guid_is_equal(&m->slots[i]->id, id) || !guid_is_equal(&m->slots[i]->tid, tid)))
        i = (i + 1) & (m->cap - 1);
    return i;
}

void *
access_cache_get(const struct access_cache *c, enum kept kind, const struct guid *tid,
                 const struct guid *id)
{
    const struct map *m = &c->map[kind];

    return m->cap == 0 ? NULL : m->slots[slot_of(m, tid, id)];
}

static bool
map_grow(struct map *m)
{
    struct map bigger = { .cap = m->cap == 0 ? FIRST_SLOTS : 2 * m->cap, .n = m->n };

    bigger.slots = calloc(bigger.cap, sizeof(*bigger.slots));
    if (bigger.slots == NULL)
        return false;
    for (size_t i = 0; i < m->cap; i++)
        if (m->slots[i] != NULL)
            bigger.slots[slot_of(&bigger, &m->slots[i]->tid, &m->slots[i]->id)] = m->slots[i];
    free(m->slots);
    *m = bigger;
    return true;
}

const struct scope *
access_cache_scope(struct access_cache *c, const char *id, struct scope *room)
{
    struct span text = span_str(id);
    struct vault_scope *at;

    if (c == NULL || text.len < 2 || text.len >= VAULT_ID_MAX)
        return scope_parse(text, room) == ERR_OK ? room : NULL;
    at = &c->vaults[(text.ptr[text.len - 1] ^ text.ptr[text.len - 2]) % VAULTS];
    if (span_is_str(text, at->id))
        return &at->scope;
    at->id[0] = '\0';
    if (scope_parse(text, &at->scope) != ERR_OK || !span_copy_str(text, at->id, VAULT_ID_MAX))
        return NULL;
    return &at->scope;
}

/* ---------------------------------------------------------------------- ends */

static void
denials_free(struct denials *d)
{
    for (unsigned i = 0; i < d->n; i++) {
        deny_free(d->at[i].d);
        permissions_release(&d->at[i].permissions);
        clause_release(&d->at[i].clause);
    }
    free(d->at);
    free(d);
}

static void
holding_free(struct holding *h)
{
    for (unsigned i = 0; i < h->n; i++)
        clause_release(&h->grants[i].clause);
    free(h->grants);
    free(h->buckets);
    free(h->text);
    free(h);
}

void
access_entry_free(enum kept kind, struct entry *e)
{
    switch (kind) {
    case KEPT_HOLDING:
        holding_free((struct holding *)e);
        break;
    case KEPT_CLOSURE:
        group_set_release(&((struct closure *)e)->set);
        free(e);
        break;
    case KEPT_ROLE:
        role_definition_free(((struct compiled_role *)e)->d);
        permissions_release(&((struct compiled_role *)e)->permissions);
        free(e);
        break;
    case KEPT_DENIALS:
        denials_free((struct denials *)e);
        break;
    case KEPT_ANCESTRY:
        free(e);
        break;
    case KEPT__MAX:
        break;
    }
}

static void
drop_kind(struct access_cache *c, enum kept kind)
{
    struct map *m = &c->map[kind];

    for (size_t i = 0; i < m->cap; i++) {
        if (m->slots[i] == NULL)
            continue;
        c->weight -= m->slots[i]->weight;
        access_entry_free(kind, m->slots[i]);
    }
    free(m->slots);
    *m = (struct map){ 0 };
}

/* Holdings point at roles: they go first. */
static void
drop_all(struct access_cache *c)
{
    for (int kind = 0; kind < KEPT__MAX; kind++)
        drop_kind(c, (enum kept)kind);
}

/* Takes one out and closes the gap: those behind it may have been pushed on by it. */
static void
drop_slot(struct access_cache *c, enum kept kind, size_t i)
{
    struct map *m = &c->map[kind];

    c->weight -= m->slots[i]->weight;
    access_entry_free(kind, m->slots[i]);
    m->slots[i] = NULL;
    m->n--;
    for (i = (i + 1) & (m->cap - 1); m->slots[i] != NULL; i = (i + 1) & (m->cap - 1)) {
        struct entry *moved = m->slots[i];

        m->slots[i] = NULL;
        m->slots[slot_of(m, &moved->tid, &moved->id)] = moved;
    }
}

/* Of whatever tenant. */
static void
drop_id(struct access_cache *c, enum kept kind, const struct guid *id)
{
    struct map *m = &c->map[kind];

    for (bool found = m->cap > 0; found;) {
        size_t i = (size_t)guid_hash(id) & (m->cap - 1);

        while (m->slots[i] != NULL && !guid_is_equal(&m->slots[i]->id, id))
            i = (i + 1) & (m->cap - 1);
        found = m->slots[i] != NULL;
        if (found)
            drop_slot(c, kind, i);
    }
}

struct access_cache *
access_cache_new(void)
{
    return calloc(1, sizeof(struct access_cache));
}

void
access_cache_free(struct access_cache *c)
{
    if (c == NULL)
        return;
    drop_all(c);
    free(c);
}

enum err
access_cache_keep(struct access_cache *c, enum kept kind, struct entry *e)
{
    struct map *m = &c->map[kind];

    if (m->cap < 2 * (m->n + 1) && !map_grow(m)) {
        access_entry_free(kind, e);
        return ERR_NOMEM;
    }
    m->slots[slot_of(m, &e->tid, &e->id)] = e;
    m->n++;
    c->weight += e->weight;
    return ERR_OK;
}

/* --------------------------------------------------------------------- changes */

struct changes {
    struct access_cache *cache;
    size_t n;
};

/* What a key that was written makes untrue. */
static bool
on_change(void *arg, const struct store_row *row)
{
    struct changes *ch = arg;
    struct access_cache *c = ch->cache;
    struct span key = row->key;
    struct guid id;

    ch->n++;
    if (span_has_prefix(key, span_str("ra/"))) {
        if (guid_parse(span_head(span_tail(key, 3), GUID_LEN), &id))
            drop_id(c, KEPT_HOLDING, &id);
    } else if (span_has_prefix(key, span_str("gm/")) || span_has_prefix(key, span_str("g/"))) {
        drop_kind(c, KEPT_CLOSURE);
    } else if (span_has_prefix(key, span_str("rd/"))) {
        drop_kind(c, KEPT_HOLDING);
        drop_kind(c, KEPT_ROLE);
    } else if (span_has_prefix(key, span_str("da/"))) {
        drop_kind(c, KEPT_DENIALS);
    } else if (span_has_prefix(key, span_str("mg/")) || span_has_prefix(key, span_str("ms/")) ||
               span_has_prefix(key, span_str("sub/")) || span_has_prefix(key, span_str("f/"))) {
        drop_kind(c, KEPT_ANCESTRY);
    }
    return true;
}

enum err
access_cache_begin(struct access_cache *c, struct store_view *view, bool *usable)
{
    struct changes ch = { .cache = c };
    uint64_t now = store_revision(view);
    enum err e;

    *usable = now >= c->revision;
    if (!*usable)
        return ERR_OK;
    if (c->weight > WEIGHT_MAX)
        drop_all(c);
    if (now == c->revision)
        return ERR_OK;
    e = store_watch(view, c->revision, WATCH_MAX, on_change, &ch);
    if (e == ERR_ROLLBACK || (e == ERR_OK && ch.n >= WATCH_MAX)) {
        drop_all(c);
        e = ERR_OK;
    }
    if (e == ERR_OK)
        c->revision = now;
    else
        drop_all(c);
    return e;
}

enum err
access_with_ground(const struct rows *rows, struct store_view *view, struct access_cache *cache,
                   enum err (*fn)(void *arg, const struct ground *g), void *arg)
{
    struct ground g = { rows, view, cache };
    bool usable = false;
    enum err e = ERR_OK;

    if (cache != NULL)
        e = access_cache_begin(cache, view, &usable);
    if (e != ERR_OK)
        return e;
    if (usable)
        return fn(arg, &g);
    g.cache = access_cache_new();
    if (g.cache == NULL)
        return ERR_NOMEM;
    e = fn(arg, &g);
    access_cache_free(g.cache);
    return e;
}
