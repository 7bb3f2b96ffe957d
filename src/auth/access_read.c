/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access_read.c - rows into the form that decisions need. What cannot be read
 * or understood completely is an error and is not kept.
 */
#include <stdlib.h>

#include "auth/access_int.h"
#include "auth/role.h"

enum err
access_role(const struct ground *g, const struct guid *tid, const struct guid *id,
            const struct compiled_role **out)
{
    struct compiled_role *r = access_cache_get(g->cache, KEPT_ROLE, tid, id);
    enum err e;

    *out = r;
    if (r != NULL)
        return ERR_OK;
    r = calloc(1, sizeof(*r));
    if (r == NULL)
        return ERR_NOMEM;
    r->entry = (struct entry){ *id, *tid, sizeof(*r) };
    r->directory = role_is_directory(id);
    e = role_definition_load(g->rows, g->view, tid, id, &r->d);
    if (e == ERR_OK)
        e = permissions_make(r->d->permissions, r->d->npermissions, &r->permissions);
    else if (e == ERR_NOT_FOUND)
        e = ERR_OK; /* that there is none is worth knowing too */
    if (e != ERR_OK) {
        access_entry_free(KEPT_ROLE, &r->entry);
        return e;
    }
    e = access_cache_keep(g->cache, KEPT_ROLE, &r->entry);
    *out = e == ERR_OK ? r : NULL;
    return e;
}

enum err
access_closure(const struct ground *g, const struct guid *tid, const struct guid *oid,
               const struct group_set **out)
{
    struct closure *c = access_cache_get(g->cache, KEPT_CLOSURE, tid, oid);
    enum err e;

    *out = c == NULL ? NULL : &c->set;
    if (c != NULL)
        return ERR_OK;
    c = calloc(1, sizeof(*c));
    if (c == NULL)
        return ERR_NOMEM;
    e = group_closure(g->rows, g->view, tid, oid, &c->set);
    if (e != ERR_OK) {
        free(c);
        return e;
    }
    c->entry = (struct entry){ *oid, *tid, sizeof(*c) + c->set.cap * sizeof(struct guid) };
    e = access_cache_keep(g->cache, KEPT_CLOSURE, &c->entry);
    *out = e == ERR_OK ? &c->set : NULL;
    return e;
}

struct adding {
    const struct ground *g;
    struct denials *to;
    enum err err;
};

static bool
add_denial(void *arg, const struct deny *d)
{
    struct adding *a = arg;
    struct denials *to = a->to;
    struct denial *n;

    if (to->n == to->cap) {
        unsigned cap = to->cap == 0 ? 8 : 2 * to->cap;
        struct denial *more = reallocarray(to->at, cap, sizeof(*more));

        if (more == NULL) {
            a->err = ERR_NOMEM;
            return false;
        }
        to->at = more;
        to->cap = cap;
    }
    n = &to->at[to->n];
    *n = (struct denial){ .hash = level_hash(span_str(d->scope)) };
    a->err = deny_load(a->g->rows, a->g->view, &d->tid, &d->id, &n->d);
    if (a->err != ERR_OK)
        return false;
    to->n++;
    for (unsigned i = 0; i < n->d->nprincipals; i++)
        n->names_group |= n->d->principals[i].kind == ASSIGNEE_GROUP ||
                          n->d->principals[i].kind == ASSIGNEE_FOREIGN_GROUP;
    a->err = permissions_make(d->permissions, d->npermissions, &n->permissions);
    if (a->err == ERR_OK)
        a->err = clause_make(d->condition, &n->clause);
    to->entry.weight += sizeof(*n) + 100 * 1024;
    return a->err == ERR_OK;
}

enum err
access_denials(const struct ground *g, const struct guid *tid, const struct denials **out)
{
    struct denials *d = access_cache_get(g->cache, KEPT_DENIALS, tid, tid);
    struct adding a = { .g = g };
    enum err e;

    *out = d;
    if (d != NULL)
        return ERR_OK;
    d = calloc(1, sizeof(*d));
    if (d == NULL)
        return ERR_NOMEM;
    a.to = d;
    d->entry = (struct entry){ *tid, *tid, sizeof(*d) };
    e = deny_each(g->rows, g->view, tid, NULL, false, add_denial, &a);
    if (e == ERR_OK)
        e = a.err;
    if (e != ERR_OK) {
        access_entry_free(KEPT_DENIALS, &d->entry);
        return e;
    }
    e = access_cache_keep(g->cache, KEPT_DENIALS, &d->entry);
    *out = e == ERR_OK ? d : NULL;
    return e;
}

enum err
access_ancestry(const struct ground *g, const struct guid *tid, const struct scope *s,
                struct ancestry *room, const struct ancestry **out)
{
    static const struct guid nobody;
    struct ancestry *a = room;
    bool kept = s->subscription.text[0] != '\0';
    enum err e;

    if (kept)
        a = access_cache_get(g->cache, KEPT_ANCESTRY, &nobody, &s->subscription);
    *out = a;
    if (kept && a != NULL)
        return ERR_OK;
    if (kept)
        a = malloc(sizeof(*a));
    if (a == NULL)
        return ERR_NOMEM;
    a->entry = (struct entry){ s->subscription, nobody, sizeof(*a) };
    e = scope_chain_load(g->rows, g->view, tid, s, &a->chain);
    if (e == ERR_OK)
        levels_of_groups(a);
    if (kept && e == ERR_OK)
        e = access_cache_keep(g->cache, KEPT_ANCESTRY, &a->entry);
    else if (kept)
        free(a);
    *out = e == ERR_OK ? a : NULL;
    return e;
}

/* -------------------------------------------------------------------- holdings */

struct gathering {
    const struct ground *g;
    const struct guid *tid;
    struct holding *h;
    unsigned cap;
    struct buf text; /* scopes, each with its NUL; offsets until all are there */
    enum err err;
};

static bool
gather(void *arg, const struct assignment *a)
{
    struct gathering *ga = arg;
    struct holding *h = ga->h;
    struct grant *n;

    if (!guid_is_equal(&a->tid, ga->tid))
        return true;
    if (h->n == ga->cap) {
        unsigned cap = ga->cap == 0 ? 8 : 2 * ga->cap;
        struct grant *more = reallocarray(h->grants, cap, sizeof(*more));

        if (more == NULL) {
            ga->err = ERR_NOMEM;
            return false;
        }
        h->grants = more;
        ga->cap = cap;
    }
    n = &h->grants[h->n];
    *n = (struct grant){ .id = a->id, .hash = level_hash(span_str(a->scope)) };
    n->scope_len = (uint16_t)strlen(a->scope);
    ga->err = access_role(ga->g, ga->tid, &a->role, &n->role);
    if (ga->err == ERR_OK)
        ga->err = clause_make(a->condition, &n->clause);
    if (ga->err != ERR_OK)
        return false;
    h->n++;
    buf_put(&ga->text, span_of(a->scope, n->scope_len + 1u));
    ga->err = ga->text.err;
    return ga->err == ERR_OK;
}

/* Scopes become pointers, and every grant goes into the bucket of its scope. */
static enum err
index_holding(struct holding *h, const struct buf *text)
{
    char *scope;
    unsigned cap = 8;

    while (cap < 2 * h->n)
        cap *= 2;
    h->text = malloc(text->len + 1);
    h->buckets = calloc(cap, sizeof(*h->buckets));
    if (h->text == NULL || h->buckets == NULL)
        return ERR_NOMEM;
    if (text->len > 0)
        memcpy(h->text, text->ptr, text->len);
    h->mask = cap - 1;
    scope = h->text;
    for (unsigned i = 0; i < h->n; i++) {
        struct grant *n = &h->grants[i];
        unsigned *bucket = &h->buckets[n->hash & h->mask];

        n->scope = scope;
        scope += n->scope_len + 1;
        n->next = *bucket;
        *bucket = i + 1;
    }
    h->entry.weight += h->n * sizeof(struct grant) + cap * sizeof(unsigned) + text->len;
    return ERR_OK;
}

enum err
access_holding(const struct ground *g, const struct guid *tid, const struct guid *principal,
               const struct holding **out)
{
    struct holding *h = access_cache_get(g->cache, KEPT_HOLDING, tid, principal);
    struct gathering ga = { .g = g, .tid = tid };
    enum err e;

    *out = h;
    if (h != NULL)
        return ERR_OK;
    h = calloc(1, sizeof(*h));
    if (h == NULL)
        return ERR_NOMEM;
    h->entry = (struct entry){ *principal, *tid, sizeof(*h) };
    ga.h = h;
    buf_init(&ga.text, (size_t)MAX_ASSIGNMENTS_OF_PRINCIPAL * (MAX_SCOPE + 1));
    e = assignment_each(g->rows, g->view, principal, gather, &ga);
    if (e == ERR_OK)
        e = ga.err;
    if (e == ERR_OK)
        e = index_holding(h, &ga.text);
    buf_release(&ga.text);
    if (e != ERR_OK) {
        access_entry_free(KEPT_HOLDING, &h->entry);
        return e;
    }
    e = access_cache_keep(g->cache, KEPT_HOLDING, &h->entry);
    *out = e == ERR_OK ? h : NULL;
    return e;
}

const struct grant *
holding_find(const struct holding *h, const struct level *l, const struct grant *after)
{
    unsigned i = after == NULL ? h->buckets[l->hash & h->mask] : after->next;

    for (; i != 0; i = h->grants[i - 1].next) {
        const struct grant *n = &h->grants[i - 1];

        if (n->hash == l->hash && span_is_equal(l->text, span_of(n->scope, n->scope_len)))
            return n;
    }
    return NULL;
}
