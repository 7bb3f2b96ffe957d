/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access.c - the decision, in the vocabulary of the vault's own model.
 *
 * Everything starts as "no"; only a grant that was read, authenticated and
 * understood in this snapshot turns it. The caller's own grants are looked at
 * first, its groups only when those do not suffice.
 */
#include "auth/access.h"

#include "auth/assignment.h"
#include "auth/group.h"
#include "auth/role.h"

struct resource {
    char text[sizeof(((struct vault *)0)->arm_id) + MAX_OBJECT_NAME + 16];
};

/* Lower-case ARM id of what is asked about: the vault, or one object in it (data-plane.md G3).
 */
static struct span
resource_of(const struct access_question *q, struct resource *r)
{
    size_t len = 0;
    int n;

    n = snprintf(r->text, sizeof(r->text), "%s", q->vault->arm_id);
    bug_on(n < 0 || (size_t)n >= sizeof(r->text));
    len = (size_t)n;
    if (!span_is_empty(q->object)) {
        n = snprintf(r->text + len, sizeof(r->text) - len, "/%s/%.*s", perm_info(q->need)->kind,
                     (int)(q->object.len > MAX_OBJECT_NAME ? MAX_OBJECT_NAME : q->object.len),
                     (const char *)q->object.ptr);
        bug_on(n < 0 || (size_t)n >= sizeof(r->text) - len);
    }
    for (char *p = r->text; *p != '\0'; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p + 32);
    return span_str(r->text);
}

struct decision {
    struct span resource;
    struct span action;
    struct span other; /* suffices as well; empty if none does */
    struct access_answer *answer;
};

static bool
role_suffices(const struct role *role, const struct decision *d)
{
    return role_allows_data_action(role, d->action) ||
           (!span_is_empty(d->other) && role_allows_data_action(role, d->other));
}

static bool
weigh_assignment(void *arg, const struct assignment *a)
{
    struct decision *d = arg;
    const struct role *role;

    if (!assignment_scope_covers(a->scope, d->resource))
        return true;
    role = role_by_id(&a->role);
    if (role == NULL || !role_suffices(role, d))
        return true;
    d->answer->allowed = true;
    d->answer->assignment = a->id;
    return false;
}

static enum err
check_rbac(const struct rows *rows, struct store_view *view, const struct access_question *q,
           struct access_answer *out)
{
    const struct perm_info *need = perm_info(q->need);
    struct decision d = { .action = span_str(need->data_action), .answer = out };
    struct group_set groups = { 0 };
    struct resource r;
    enum err e;

    if (q->asymmetric && need->public_action != NULL)
        d.other = span_str(need->public_action);
    d.resource = resource_of(q, &r);
    e = assignment_each(rows, view, &q->caller->oid, weigh_assignment, &d);
    if (e != ERR_OK || out->allowed)
        return e;
    e = group_closure(rows, view, &q->caller->tid, &q->caller->oid, &groups);
    for (unsigned i = 0; i < groups.n && e == ERR_OK && !out->allowed; i++)
        e = assignment_each(rows, view, &groups.ids[i], weigh_assignment, &d);
    group_set_release(&groups);
    return e;
}

static uint32_t
policy_bits(const struct access_policy *p, const struct perm_info *need)
{
    switch (need->kind[0]) {
    case 's':
        return p->secrets;
    case 'k':
        return p->keys;
    case 'c':
        return p->certificates;
    default:
        return 0;
    }
}

/*
 * The three forms (data-plane.md G1): the object is the caller itself, user or service
 * principal; the object is the caller, and only through that application. Groups are
 * the object form's matter and come later.
 */
static bool
policy_names(const struct access_policy *p, const struct caller *c)
{
    if (!guid_is_equal(&p->object, &c->oid))
        return false;
    return p->application.text[0] == '\0' || guid_is_equal(&p->application, &c->appid);
}

static enum err
check_policies(const struct rows *rows, struct store_view *view,
               const struct access_question *q, struct access_answer *out)
{
    const struct perm_info *need = perm_info(q->need);
    const struct vault *v = q->vault;
    struct group_set groups = { 0 };
    bool open = false; /* a policy that a group could match */
    enum err e;

    for (unsigned i = 0; i < v->npolicies && !out->allowed; i++) {
        const struct access_policy *p = &v->policies[i];

        if ((policy_bits(p, need) & need->policy_bit) == 0 ||
            !guid_is_equal(&p->tenant, &q->caller->tid))
            continue;
        out->allowed = policy_names(p, q->caller);
        open = open || p->application.text[0] == '\0';
    }
    if (out->allowed || !open)
        return ERR_OK;
    e = group_closure(rows, view, &q->caller->tid, &q->caller->oid, &groups);
    for (unsigned i = 0; e == ERR_OK && i < v->npolicies && !out->allowed; i++) {
        const struct access_policy *p = &v->policies[i];

        out->allowed =
            (policy_bits(p, need) & need->policy_bit) != 0 && p->application.text[0] == '\0' &&
            guid_is_equal(&p->tenant, &q->caller->tid) && group_set_has(&groups, &p->object);
    }
    group_set_release(&groups);
    return e;
}

enum err
access_check(const struct rows *rows, struct store_view *view, const struct access_question *q,
             struct access_answer *out)
{
    enum err e;

    *out = (struct access_answer){ .by_rbac = q->vault->rbac };
    bug_on(q->need == PERM_NONE);
    if (!q->caller->known || q->caller->oid.text[0] == '\0' ||
        !guid_is_equal(&q->caller->tid, &q->vault->tenant))
        return ERR_OK;
    if (q->vault->rbac)
        e = check_rbac(rows, view, q, out);
    else
        e = check_policies(rows, view, q, out);
    if (e != ERR_OK)
        *out = (struct access_answer){ .by_rbac = q->vault->rbac };
    return e;
}

/* Texts of data-plane.md A6.2, byte for byte; tools read them. */
void
access_explain(const struct access_question *q, const struct access_answer *a,
               struct buf *message)
{
    const struct caller *c = q->caller;
    const struct vault *v = q->vault;
    const struct perm_info *need = perm_info(q->need);
    struct resource r;

    if (!a->by_rbac) {
        buf_put_fmt(message,
                    "The user, group or application 'appid=%s;oid=%s;iss=%s' does not have "
                    "%s %s permission on key vault '%s;location=%s'. For help resolving this "
                    "issue, please see https://go.microsoft.com/fwlink/?linkid=2125287",
                    c->appid.text, c->oid.text, c->iss, need->kind, need->policy_name, v->name,
                    v->location);
        return;
    }
    (void)resource_of(q, &r);
    buf_put_fmt(message,
                "Caller is not authorized to perform action on resource.\r\n"
                "If role assignments, deny assignments or role definitions were changed "
                "recently, please observe propagation time.\r\n"
                "Caller: appid=%s;oid=%s;iss=%s\r\n"
                "Action: '%s'\r\n"
                "Resource: '%s'\r\n"
                "Assignment: (not found)\r\n"
                "DenyAssignmentId: null\r\n"
                "DecisionReason: null \r\n"
                "Vault: %s;location=%s\r\n",
                c->appid.text, c->oid.text, c->iss, need->data_action, r.text, v->name,
                v->location);
}

const char *
access_inner_code(const struct access_answer *a)
{
    return a->by_rbac ? "ForbiddenByRbac" : "AccessDenied";
}
