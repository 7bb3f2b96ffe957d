/* SPDX-License-Identifier: Apache-2.0 */
/* may.c - what the caller may do where, and which subscriptions it can see. */
#include "api/arm/arm.h"

#include "api/arm/target.h"
#include "auth/assignment.h"
#include "auth/group.h"
#include "auth/role.h"
#include "base/log.h"

struct question {
    struct span action; /* empty: any role will do */
    struct span scope;
    bool yes;
};

static bool
weigh(void *arg, const struct assignment *a)
{
    struct question *q = arg;
    const struct role *role;

    if (span_is_empty(q->action)) {
        /* Above, or below: the scope is a parent of what the role is about. */
        q->yes = assignment_scope_covers(a->scope, q->scope) ||
                 assignment_scope_covers((const char *)q->scope.ptr, span_str(a->scope));
        return !q->yes;
    }
    if (!assignment_scope_covers(a->scope, q->scope))
        return true;
    role = role_by_id(&a->role);
    q->yes = role != NULL && role_allows_action(role, q->action);
    return !q->yes;
}

static bool
ask(struct exchange *x, struct question *q)
{
    struct group_set groups = { 0 };
    enum err e = assignment_each(x->rows, x->view, &x->caller.oid, weigh, q);

    if (e == ERR_OK && !q->yes)
        e = group_closure(x->rows, x->view, &x->caller.tid, &x->caller.oid, &groups);
    for (unsigned i = 0; i < groups.n && e == ERR_OK && !q->yes; i++)
        e = assignment_each(x->rows, x->view, &groups.ids[i], weigh, q);
    group_set_release(&groups);
    if (e != ERR_OK)
        log_error("request %s: permission: %s", x->request_id.text, err_text(e));
    return e == ERR_OK && q->yes;
}

bool
arm_may(struct exchange *x, const char *action, const char *scope)
{
    struct question q = { .action = span_str(action),
                          .scope = span_str(scope[0] == '\0' ? "/" : scope) };

    return ask(x, &q);
}

bool
arm_has_role(struct exchange *x, const char *scope)
{
    struct question q = { .scope = span_str(scope) };

    return ask(x, &q);
}

enum err
arm_subscription(struct exchange *x, struct guid *out)
{
    struct place p;
    enum err e = ERR_NOT_FOUND;

    if (guid_parse(x->bind[0], out))
        e = place_load(x->rows, x->view, out, (struct span){ 0 }, &p);
    if (e == ERR_OK && !guid_is_equal(arm_tenant_of(x, &p), &x->caller.tid))
        e = ERR_NOT_FOUND;
    if (e == ERR_NOT_FOUND)
        (void)arm_fail(x, 404, "SubscriptionNotFound",
                       "The subscription '%.*s' could not be "
                       "found.",
                       (int)span_head(x->bind[0], 64).len, (const char *)x->bind[0].ptr);
    return e;
}
