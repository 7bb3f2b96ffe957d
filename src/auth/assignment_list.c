/* SPDX-License-Identifier: Apache-2.0 */
/*
 * assignment_list.c - lists of assignments: by scope, or by principal.
 *
 * A list is a row of stages, each one scan of keys. By scope: the root, the
 * management groups from the outside, the levels of the id, then what is below.
 * By principal: the principal, then its groups. The cursor is the stage and the
 * last key visited, so a list goes on where it stopped, whatever was written
 * meanwhile.
 */
#include <stdlib.h>

#include "auth/assignment_int.h"
#include "auth/group.h"
#include "auth/scope_tree.h"

struct list {
    const struct rows *rows;
    struct store_view *view;
    const struct assignment_query *q;
    struct scope_chain chain;
    struct assignment_cursor *cursor;
    assignment_fn fn;
    void *arg;
    unsigned visited;
    bool below; /* this stage: rows exactly at the prefix's scope were visited before */
    size_t own; /* slashes before the id in keys of those */
    size_t prefix_len;
    bool stopped;
    enum err err;
};

static bool
is_wanted(const struct list *l, const struct assignment *a)
{
    return guid_is_equal(&a->tid, &l->q->tid) &&
           (l->q->role.text[0] == '\0' || guid_is_equal(&a->role, &l->q->role));
}

/* Visits one; false ends the scan. key: where to go on behind. */
static bool
offer(struct list *l, const struct assignment *a, struct span key)
{
    if (l->q->limit > 0 && l->visited == l->q->limit) {
        l->stopped = true;
        return false;
    }
    if (!span_copy_str(key, l->cursor->key, sizeof(l->cursor->key))) {
        l->err = ERR_FORMAT;
        return false;
    }
    l->visited++;
    l->stopped = !l->fn(l->arg, a);
    return !l->stopped;
}

/* ------------------------------------------------------------------- by scope */

static bool
visit_scope_row(void *arg, const struct store_row *sr)
{
    struct list *l = arg;
    struct span tail = span_tail(sr->key, l->prefix_len);
    struct guid id, principal;
    struct assignment a;
    struct row row;

    if (l->below && tail.len == GUID_LEN + l->own && tail.ptr[0] == '/')
        return true; /* exactly at the scope: another stage's */
    l->err = row_check(l->rows, sr, &row);
    if (l->err == ERR_OK && (sr->key.len < GUID_LEN || !guid_parse(row.payload, &principal) ||
                             !guid_parse(span_tail(sr->key, sr->key.len - GUID_LEN), &id)))
        l->err = ERR_FORMAT;
    if (l->err != ERR_OK)
        return false;
    l->err = assignment_load(l->rows, l->view, &principal, &id, &a);
    if (l->err == ERR_NOT_FOUND)
        l->err = ERR_FORMAT; /* the four rows belong together */
    if (l->err != ERR_OK)
        return false;
    return !is_wanted(l, &a) || offer(l, &a, sr->key);
}

static enum err
scan_at(struct list *l, const char *scope)
{
    struct row_key k;
    struct span prefix = assignment_scope_key(&k, scope, "");
    enum err e;

    l->below = false;
    l->prefix_len = prefix.len;
    e = store_scan(l->view, prefix, span_str(l->cursor->key), SIZE_MAX, visit_scope_row, l);
    return e == ERR_OK ? l->err : e;
}

static enum err
scan_below(struct list *l, const char *scope)
{
    struct row_key k;
    struct span prefix = scope[1] == '\0' ? row_key_make(&k, "rs", "", NULL)
                                          : row_key_make(&k, "rs", scope + 1, "", NULL);
    enum err e;

    l->below = true;
    l->own = scope[1] == '\0' ? 2 : 1;
    l->prefix_len = prefix.len;
    e = store_scan(l->view, prefix, span_str(l->cursor->key), SIZE_MAX, visit_scope_row, l);
    return e == ERR_OK ? l->err : e;
}

/* Stage 0 is the root, then groups, then levels; the last one is below. False: past the end. */
static bool
stage_scope(const struct list *l, unsigned stage, char out[static MAX_SCOPE_TEXT + 1])
{
    const struct scope *s = l->q->scope;
    unsigned groups = s->group[0] == '\0' ? l->chain.n : l->chain.n - (l->chain.n > 0);

    if (stage == 0) {
        out[0] = '/';
        out[1] = '\0';
        return true;
    }
    if (--stage < groups) {
        (void)snprintf(out, MAX_SCOPE_TEXT + 1,
                       "/providers/microsoft.management/managementgroups/%s",
                       l->chain.ids[l->chain.n - 1 - stage]);
        return true;
    }
    stage -= groups;
    return stage < s->depth && span_copy_str(scope_level(s, stage), out, MAX_SCOPE_TEXT + 1);
}

static enum err
list_by_scope(struct list *l)
{
    bool at_all = l->q->reach != REACH_EXACT && l->q->reach != REACH_AND_BELOW;
    bool below = l->q->reach == REACH_ALL || l->q->reach == REACH_AND_BELOW;
    char text[MAX_SCOPE_TEXT + 1];
    enum err e = ERR_OK;
    unsigned last = 0;

    while (stage_scope(l, last + 1, text))
        last++;
    for (; l->cursor->stage <= last && e == ERR_OK && !l->stopped; l->cursor->stage++) {
        if (l->cursor->stage < last && !at_all)
            continue;
        (void)stage_scope(l, l->cursor->stage, text);
        if (strlen(text) <= MAX_SCOPE)
            e = scan_at(l, text);
        if (e != ERR_OK || l->stopped)
            return e;
        l->cursor->key[0] = '\0';
    }
    if (e == ERR_OK && below && !l->stopped && l->cursor->stage == last + 1) {
        (void)stage_scope(l, last, text);
        if (strlen(text) <= MAX_SCOPE)
            e = scan_below(l, text);
    }
    return e;
}

/* --------------------------------------------------------------- by principal */

static bool
is_in_reach(const struct list *l, const struct assignment *a)
{
    struct span here = scope_span(l->q->scope), there = span_str(a->scope);
    bool at = span_is_equal(here, there);
    bool above = !at && scope_chain_covers(&l->chain, there, l->q->scope);

    switch (l->q->reach) {
    case REACH_ALL:
        return at || above || scope_covers(here, there);
    case REACH_AT_SCOPE:
        return at || above;
    case REACH_EXACT:
        return at;
    case REACH_AND_BELOW:
        return at || scope_covers(here, there);
    }
    return false;
}

static bool
visit_own(void *arg, const struct assignment *a)
{
    struct list *l = arg;
    struct row_key k;

    if (!is_wanted(l, a) || !is_in_reach(l, a))
        return true;
    return offer(l, a, assignment_key(&k, &a->principal, a->id.text));
}

static enum err
list_by_principal(struct list *l, const struct guid *first, const struct group_set *groups)
{
    enum err e = ERR_OK;

    for (; l->cursor->stage <= groups->n && e == ERR_OK; l->cursor->stage++) {
        unsigned i = l->cursor->stage;

        e = assignment_scan(l->rows, l->view, i == 0 ? first : &groups->ids[i - 1],
                            span_str(l->cursor->key), visit_own, l);
        if (e == ERR_OK)
            e = l->err;
        if (e != ERR_OK || l->stopped)
            break;
        l->cursor->key[0] = '\0';
    }
    return e;
}

enum err
assignment_list(const struct rows *rows, struct store_view *view,
                const struct assignment_query *q, struct assignment_cursor *cursor,
                assignment_fn fn, void *arg, bool *more)
{
    struct list l = {
        .rows = rows, .view = view, .q = q, .cursor = cursor, .fn = fn, .arg = arg
    };
    struct group_set groups = { 0 };
    enum err e;

    *more = false;
    cursor->key[sizeof(cursor->key) - 1] = '\0';
    if (cursor->key[0] != '\0' && cursor->key[0] != 'r')
        return ERR_ARG;
    e = scope_chain_load(rows, view, &q->tid, q->scope, &l.chain);
    if (e != ERR_OK || !guid_is_equal(&l.chain.tid, &q->tid))
        return e; /* another tenant's subscription: nothing is there */
    if (q->assigned_to.text[0] != '\0')
        e = group_closure(rows, view, &q->tid, &q->assigned_to, &groups);
    if (e == ERR_OK && q->assigned_to.text[0] != '\0')
        e = list_by_principal(&l, &q->assigned_to, &groups);
    else if (e == ERR_OK && q->principal.text[0] != '\0')
        e = list_by_principal(&l, &q->principal, &groups);
    else if (e == ERR_OK)
        e = list_by_scope(&l);
    group_set_release(&groups);
    *more = e == ERR_OK && l.stopped;
    return e;
}
