/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain_who.c - everybody who can do something.
 *
 * Candidates are the holders of anything above the resource, and whoever is in a
 * group among them at any depth. Each candidate is then put to the engine, so
 * denials and conditions count as they do for a request.
 */
#include <stdlib.h>

#include "auth/explain_int.h"

struct guids {
    struct guid *at;
    size_t n, cap;
};

/* A membership. */
struct edge {
    struct guid member, group;
};

struct crowd {
    const struct rows *rows;
    struct store_view *view;
    const struct guid *tid;
    struct guids who; /* candidates, sorted at the end */
    struct edge *edges;
    size_t nedges, edge_cap;
    size_t prefix_len, most_edges;
    bool cut;
    enum err err;
};

enum { MOST_EDGES = 10 * EXPLAIN_WHO_MAX };

static enum err
add_guid(struct crowd *c, const struct guid *id)
{
    struct guids *g = &c->who;

    if (g->n == MOST_EDGES) {
        c->cut = true;
        return ERR_OK;
    }
    if (g->n == g->cap) {
        size_t cap = g->cap == 0 ? 64 : 2 * g->cap;
        struct guid *more = reallocarray(g->at, cap, sizeof(*more));

        if (more == NULL)
            return ERR_NOMEM;
        g->at = more;
        g->cap = cap;
    }
    g->at[g->n++] = *id;
    return ERR_OK;
}

static int
compare_guids(const void *a, const void *b)
{
    return strcmp(((const struct guid *)a)->text, ((const struct guid *)b)->text);
}

static void
sort_unique(struct guids *g)
{
    size_t kept = 0;

    if (g->n > 0)
        qsort(g->at, g->n, sizeof(*g->at), compare_guids);
    for (size_t i = 0; i < g->n; i++)
        if (i == 0 || !guid_is_equal(&g->at[i], &g->at[kept - 1]))
            g->at[kept++] = g->at[i];
    g->n = kept;
}

static bool
is_among(const struct guids *g, const struct guid *id)
{
    return g->n > 0 && bsearch(id, g->at, g->n, sizeof(*g->at), compare_guids) != NULL;
}

/* -------------------------------------------------------------------- holders */

static bool
add_holder(void *arg, const struct assignment *a)
{
    struct crowd *c = arg;

    c->err = add_guid(c, &a->principal);
    return c->err == ERR_OK;
}

static enum err
gather_holders(struct crowd *c, const struct explain_target *t)
{
    struct assignment_query q = { .tid = *c->tid, .scope = &t->scope, .reach = REACH_AT_SCOPE };
    struct assignment_cursor cursor = { 0 };
    bool more;
    enum err e;

    if (t->vault != NULL && !t->vault->rbac) {
        for (unsigned i = 0; i < t->vault->npolicies && c->err == ERR_OK; i++)
            if (explain_policy_gives(&t->vault->policies[i], t))
                c->err = add_guid(c, &t->vault->policies[i].object);
        return c->err;
    }
    e = assignment_list(c->rows, c->view, &q, &cursor, add_holder, c, &more);
    return e == ERR_OK ? c->err : e;
}

/* --------------------------------------------------------------------- members */

static bool
add_edge(void *arg, const struct store_row *sr)
{
    struct crowd *c = arg;
    struct span tail = span_tail(sr->key, c->prefix_len);
    struct edge edge;
    struct row row;

    c->err = row_check(c->rows, sr, &row);
    if (c->err == ERR_OK && (!guid_parse(span_head(tail, GUID_LEN), &edge.member) ||
                             !guid_parse(span_tail(tail, GUID_LEN + 1), &edge.group)))
        c->err = ERR_FORMAT;
    if (c->err != ERR_OK)
        return false;
    if (c->nedges == c->edge_cap) {
        size_t cap = c->edge_cap == 0 ? 256 : 2 * c->edge_cap;
        struct edge *more = reallocarray(c->edges, cap, sizeof(*more));

        if (more == NULL) {
            c->err = ERR_NOMEM;
            return false;
        }
        c->edges = more;
        c->edge_cap = cap;
    }
    c->edges[c->nedges++] = edge;
    return true;
}

/* Level by level: who is in a candidate is one. */
static enum err
expand_groups(struct crowd *c)
{
    struct row_key k;
    struct span prefix = row_key_make(&k, "gm", c->tid->text, "", NULL);
    enum err e;

    sort_unique(&c->who);
    if (c->who.n == 0)
        return ERR_OK;
    c->prefix_len = prefix.len;
    e = store_scan(c->view, prefix, (struct span){ 0 }, c->most_edges, add_edge, c);
    if (e == ERR_OK)
        e = c->err;
    c->cut = c->cut || c->nedges == c->most_edges;
    for (unsigned level = 0; e == ERR_OK && level < MAX_GROUP_DEPTH; level++) {
        size_t before = c->who.n, sorted = before;

        for (size_t i = 0; e == ERR_OK && i < c->nedges; i++) {
            struct guids so_far = { c->who.at, sorted, sorted };

            if (is_among(&so_far, &c->edges[i].group) &&
                !is_among(&so_far, &c->edges[i].member))
                e = add_guid(c, &c->edges[i].member);
        }
        sort_unique(&c->who);
        if (c->who.n == before)
            break;
    }
    return e;
}

/* ---------------------------------------------------------------------- asking */

struct asking {
    struct crowd *crowd;
    const struct explain_target *t;
    struct access_cache *cache;
    explain_able_fn fn;
    void *arg;
    unsigned told;
};

static enum err
ask(struct asking *a, const struct explain_subject *who, const struct guid *app, bool *can)
{
    struct caller caller = explain_caller(who);
    struct access_answer answer;
    struct explain_able able = { .who = who, .answer = &answer };
    enum err e;

    if (app->text[0] != '\0')
        caller.appid = able.app = *app;
    e = explain_verdict(a->crowd->rows, a->crowd->view, a->cache, &caller, a->t, &answer);
    *can = e == ERR_OK && answer.allowed;
    if (!*can)
        return e;
    if (a->told == EXPLAIN_WHO_MAX) {
        a->crowd->cut = true;
        return ERR_OK;
    }
    a->told++;
    a->fn(a->arg, &able);
    return ERR_OK;
}

static enum err
ask_candidate(struct asking *a, const struct guid *oid)
{
    static const struct guid none;
    const struct vault *v = a->t->vault;
    struct explain_subject who;
    struct principal p;
    bool can = false;
    enum err e = principal_load(a->crowd->rows, a->crowd->view, a->crowd->tid, oid, &p);

    if (e != ERR_OK) /* a group, or somebody who is gone */
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    e = explain_find_subject(a->crowd->rows, a->crowd->view, a->crowd->tid, span_str(oid->text),
                             &who);
    if (e == ERR_OK && who.enabled)
        e = ask(a, &who, &none, &can);
    if (e != ERR_OK || can || !who.enabled || v == NULL || v->rbac)
        return e;
    for (unsigned i = 0; i < v->npolicies && e == ERR_OK; i++)
        if (v->policies[i].application.text[0] != '\0' &&
            guid_is_equal(&v->policies[i].object, oid) &&
            explain_policy_gives(&v->policies[i], a->t))
            e = ask(a, &who, &v->policies[i].application, &can);
    return e;
}

/* Candidates behind `after`, until the page is full. */
static enum err
ask_page(struct asking *a, const struct explain_limits *limits, struct explain_page *out)
{
    const struct guids *who = &a->crowd->who;
    unsigned asked = 0;
    enum err e = ERR_OK;

    for (size_t i = 0; i < who->n && e == ERR_OK; i++) {
        if (limits != NULL && compare_guids(&who->at[i], &limits->after) <= 0)
            continue;
        if (limits != NULL && (a->told >= limits->told || asked == limits->asked)) {
            out->more = true;
            break;
        }
        e = ask_candidate(a, &who->at[i]);
        out->last = who->at[i];
        asked++;
    }
    return e;
}

enum err
explain_who_can(const struct rows *rows, struct store_view *view, const struct guid *tid,
                const struct explain_target *what, const struct explain_limits *limits,
                explain_able_fn fn, void *arg, struct explain_page *out)
{
    struct crowd c = { .rows = rows,
                       .view = view,
                       .tid = tid,
                       .most_edges = limits != NULL ? limits->edges : MOST_EDGES,
                       .err = ERR_OK };
    struct asking a = { .crowd = &c, .t = what, .fn = fn, .arg = arg };
    enum err e = ERR_NOMEM;

    *out = (struct explain_page){ .cut = false };
    a.cache = access_cache_new();
    if (a.cache == NULL)
        return e;
    e = gather_holders(&c, what);
    if (e == ERR_OK)
        e = expand_groups(&c);
    if (e == ERR_OK)
        e = ask_page(&a, limits, out);
    out->cut = c.cut;
    access_cache_free(a.cache);
    free(c.who.at);
    free(c.edges);
    return e;
}
