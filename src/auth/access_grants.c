/* SPDX-License-Identifier: Apache-2.0 */
/* access_grants.c - what somebody holds somewhere, without asking for an action. */
#include "auth/access.h"
#include "auth/assignment.h"
#include "auth/group.h"
#include "auth/role.h"
#include "auth/role_definition.h"
#include "auth/scope_tree.h"

struct visit {
    const struct rows *rows;
    struct store_view *view;
    const struct guid *tid;
    const struct scope *scope;
    struct scope_chain chain;
    const struct guid *group;
    access_grant_fn fn;
    void *arg;
    bool below; /* what lies below counts too, and any role will do */
    bool stopped;
    enum err err;
};

static bool
weigh(void *arg, const struct assignment *a)
{
    struct visit *v = arg;
    struct access_grant g = { .assignment = a, .group = v->group };
    struct role_definition *role;

    if (!guid_is_equal(&a->tid, v->tid) || role_is_directory(&a->role))
        return true;
    if (v->below) {
        v->stopped = scope_chain_covers(&v->chain, span_str(a->scope), v->scope) ||
                     scope_covers(scope_span(v->scope), span_str(a->scope));
        return !v->stopped;
    }
    if (!scope_chain_covers(&v->chain, span_str(a->scope), v->scope))
        return true;
    v->err = role_definition_load(v->rows, v->view, v->tid, &a->role, &role);
    if (v->err == ERR_NOT_FOUND) { /* a role that is gone gives nothing */
        v->err = ERR_OK;
        return true;
    }
    if (v->err != ERR_OK)
        return false;
    g.role = role;
    v->stopped = !v->fn(v->arg, &g);
    role_definition_free(role);
    return !v->stopped;
}

/* The principal's own assignments, then those of its groups. */
static enum err
visit_all(struct visit *v, const struct guid *oid)
{
    struct group_set groups = { 0 };
    enum err e = scope_chain_load(v->rows, v->view, v->tid, v->scope, &v->chain);

    if (e == ERR_NOT_FOUND || (e == ERR_OK && !guid_is_equal(&v->chain.tid, v->tid)))
        return ERR_OK; /* another tenant's */
    if (e == ERR_OK)
        e = assignment_each(v->rows, v->view, oid, weigh, v);
    if (e == ERR_OK)
        e = v->err;
    if (e == ERR_OK && !v->stopped)
        e = group_closure(v->rows, v->view, v->tid, oid, &groups);
    for (unsigned i = 0; e == ERR_OK && !v->stopped && i < groups.n; i++) {
        const struct guid *group = groups.ids + i;

        v->group = group;
        e = assignment_each(v->rows, v->view, group, weigh, v);
        if (e == ERR_OK)
            e = v->err;
    }
    v->group = NULL;
    group_set_release(&groups);
    return e;
}

enum err
access_each_grant(const struct rows *rows, struct store_view *view, const struct guid *tid,
                  const struct guid *oid, const struct scope *scope, access_grant_fn fn,
                  void *arg)
{
    struct visit v = {
        .rows = rows, .view = view, .tid = tid, .scope = scope, .fn = fn, .arg = arg
    };

    return visit_all(&v, oid);
}

enum err
access_touches(const struct rows *rows, struct store_view *view, const struct guid *tid,
               const struct guid *oid, const struct scope *scope, bool *out)
{
    struct visit v = { .rows = rows, .view = view, .tid = tid, .scope = scope, .below = true };
    enum err e = visit_all(&v, oid);

    *out = e == ERR_OK && v.stopped;
    return e;
}
