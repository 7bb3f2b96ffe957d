/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access.c - questions of both planes, put to one engine; and access policies.
 *
 * Everything starts as "no"; only a grant that was read, authenticated and
 * understood in this snapshot turns it.
 */
#include "auth/access.h"

#include "auth/access_int.h"
#include "base/clock.h"

enum { NAME_ATTRIBUTES = 2 };

static bool
is_somebody(const struct caller *c)
{
    return c->known && c->oid.text[0] != '\0' && c->tid.text[0] != '\0';
}

/* In lower case; false if it is too long to be one. */
static bool
lower_action(struct span action, char out[static MAX_ROLE_ACTION + 1])
{
    if (action.len == 0 || action.len > MAX_ROLE_ACTION)
        return false;
    for (size_t i = 0; i < action.len; i++) {
        uint8_t c = action.ptr[i];

        out[i] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
    }
    out[action.len] = '\0';
    return true;
}

struct errand {
    struct decision d;
    struct access_answer *out;
};

static enum err
run(void *arg, const struct ground *g)
{
    struct errand *r = arg;

    r->d.ground = *g;
    return decision_make(&r->d, r->out);
}

/* ------------------------------------------------------------- control plane */

enum err
access_check_action(const struct rows *rows, struct store_view *view,
                    const struct action_question *q, struct access_answer *out)
{
    char action[MAX_ROLE_ACTION + 1];
    struct errand r = { .out = out };
    enum err e;

    *out = (struct access_answer){ .by_rbac = true, .reason = ACCESS_NO_CALLER };
    if (!is_somebody(q->caller))
        return ERR_OK;
    out->reason = ACCESS_NO_RESOURCE;
    if (q->scope->text[0] != '/' || !lower_action(q->action, action))
        return ERR_OK;
    r.d = (struct decision){ .tid = q->caller->tid,
                             .oid = q->caller->oid,
                             .scope = q->scope,
                             .action = span_of(action, q->action.len),
                             .is_data = q->is_data,
                             .facts = { .action = span_of(action, q->action.len),
                                        .attributes = q->attributes,
                                        .nattributes = q->nattributes,
                                        .now = clock_now() } };
    e = access_with_ground(rows, view, q->cache, run, &r);
    if (e != ERR_OK)
        *out = (struct access_answer){ .by_rbac = true, .reason = ACCESS_NO_GRANT };
    return e;
}

void
access_delegation(enum attribute_source source, const struct guid *role,
                  const struct guid *principal, const char *principal_type,
                  struct attribute out[static DELEGATION_ATTRIBUTES])
{
#define OF "Microsoft.Authorization/roleAssignments:"
    out[0] = (struct attribute){ .source = source,
                                 .name = OF "RoleDefinitionId",
                                 .value = span_str(role->text) };
    out[1] = (struct attribute){ .source = source,
                                 .name = OF "PrincipalId",
                                 .value = span_str(principal->text) };
    out[2] = (struct attribute){ .source = source,
                                 .name = OF "PrincipalType",
                                 .value = span_str(principal_type) };
#undef OF
}

/* ---------------------------------------------------------------- data plane */

/* What comes with the request names the object that it makes; all else is about one that is
 * there (management-plane.md C.6). */
static enum attribute_source
name_source(enum perm need)
{
    static const char *const making[] = { "/setsecret/action", "/create/action",
                                          "/import/action", "/restore/action" };
    struct span action = span_str(perm_info(need)->data_action);

    for (size_t i = 0; i < sizeof(making) / sizeof(making[0]); i++) {
        size_t len = strlen(making[i]);

        if (action.len > len &&
            span_is_str_nocase(span_tail(action, action.len - len), making[i]))
            return ATTRIBUTE_REQUEST;
    }
    return ATTRIBUTE_RESOURCE;
}

size_t
access_add_names(const struct access_question *q,
                 struct attribute out[static ACCESS_ATTRIBUTES], char object_name[static 64])
{
    const struct span words[] = { span_str("Microsoft.KeyVault/vaults/"),
                                  span_str(perm_info(q->need)->kind), span_str(":name") };
    size_t n = q->nattributes;

    bug_on(n > ACCESS_ATTRIBUTES - NAME_ATTRIBUTES);
    for (size_t i = 0; i < n; i++)
        out[i] = q->attributes[i];
    out[n++] = (struct attribute){ .source = ATTRIBUTE_RESOURCE,
                                   .name = "Microsoft.KeyVault/vaults:name",
                                   .value = span_str(q->vault->name),
                                   .any_case = true };
    if (span_is_empty(q->object))
        return n;
    bug_on(span_join(words, 3, object_name, 64) == 0);
    out[n++] = (struct attribute){ .source = name_source(q->need),
                                   .name = object_name,
                                   .value = q->object,
                                   .any_case = true };
    return n;
}

static enum err
check_rbac(const struct rows *rows, struct store_view *view, const struct access_question *q,
           struct access_answer *out)
{
    const struct perm_info *need = perm_info(q->need);
    char action[MAX_ROLE_ACTION + 1], other[MAX_ROLE_ACTION + 1], object_name[64];
    struct attribute attributes[ACCESS_ATTRIBUTES];
    struct errand r = { .out = out };
    struct scope room, object;
    const struct scope *scope = access_cache_scope(q->cache, q->vault->arm_id, &room);

    bug_on(!lower_action(span_str(need->data_action), action));
    out->reason = ACCESS_NO_RESOURCE;
    if (scope == NULL)
        return ERR_OK;
    /* A name that cannot be an object's has no scope of its own; the handler refuses it. */
    if (!span_is_empty(q->object) &&
        scope_of_object(scope, need->kind, q->object, &object) == ERR_OK)
        scope = &object;
    r.d = (struct decision){ .tid = q->caller->tid,
                             .oid = q->caller->oid,
                             .scope = scope,
                             .action = span_str(action),
                             .is_data = true,
                             .owned = true,
                             .facts = { .action = span_str(action),
                                        .attributes = attributes,
                                        .nattributes =
                                            access_add_names(q, attributes, object_name),
                                        .now = clock_now() } };
    if (q->asymmetric && need->public_action != NULL &&
        lower_action(span_str(need->public_action), other))
        r.d.other = span_str(other);
    return access_with_ground(rows, view, q->cache, run, &r);
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

static bool
policy_gives(const struct access_policy *p, const struct perm_info *need,
             const struct caller *c)
{
    return (policy_bits(p, need) & need->policy_bit) != 0 && guid_is_equal(&p->tenant, &c->tid);
}

struct policy_errand {
    const struct access_question *q;
    struct access_answer *out;
};

/* Policies of groups that hold the caller. */
static enum err
ask_groups(void *arg, const struct ground *g)
{
    struct policy_errand *r = arg;
    const struct access_question *q = r->q;
    const struct group_set *groups;
    enum err e = access_closure(g, &q->caller->tid, &q->caller->oid, &groups);

    for (unsigned i = 0; e == ERR_OK && i < q->vault->npolicies && !r->out->allowed; i++) {
        const struct access_policy *p = &q->vault->policies[i];

        r->out->allowed = p->application.text[0] == '\0' &&
                          policy_gives(p, perm_info(q->need), q->caller) &&
                          group_set_has(groups, &p->object);
        if (r->out->allowed)
            r->out->group = p->object;
    }
    return e;
}

static enum err
check_policies(const struct rows *rows, struct store_view *view,
               const struct access_question *q, struct access_answer *out)
{
    struct policy_errand r = { q, out };
    bool open = false; /* a policy that a group could match */
    enum err e = ERR_OK;

    out->reason = ACCESS_NO_GRANT;
    for (unsigned i = 0; i < q->vault->npolicies && !out->allowed; i++) {
        const struct access_policy *p = &q->vault->policies[i];

        if (!policy_gives(p, perm_info(q->need), q->caller))
            continue;
        out->allowed = policy_names(p, q->caller);
        open = open || p->application.text[0] == '\0';
    }
    if (!out->allowed && open)
        e = access_with_ground(rows, view, q->cache, ask_groups, &r);
    if (out->allowed)
        out->reason = ACCESS_GRANTED;
    return e;
}

enum err
access_check(const struct rows *rows, struct store_view *view, const struct access_question *q,
             struct access_answer *out)
{
    enum err e;

    *out = (struct access_answer){ .by_rbac = q->vault->rbac, .reason = ACCESS_NO_CALLER };
    bug_on(q->need == PERM_NONE);
    if (!is_somebody(q->caller))
        return ERR_OK;
    out->reason = ACCESS_TENANT;
    if (!guid_is_equal(&q->caller->tid, &q->vault->tenant))
        return ERR_OK;
    if (q->vault->rbac)
        e = check_rbac(rows, view, q, out);
    else
        e = check_policies(rows, view, q, out);
    if (e != ERR_OK)
        *out = (struct access_answer){ .by_rbac = q->vault->rbac, .reason = ACCESS_NO_GRANT };
    return e;
}

/* -------------------------------------------------------------------- messages */

static void
explain_roles(const struct access_question *q, const struct access_answer *a,
              struct buf *message)
{
    const struct caller *c = q->caller;
    const struct perm_info *need = perm_info(q->need);
    struct scope room, s;
    const struct scope *vault = access_cache_scope(q->cache, q->vault->arm_id, &room);
    bool denied = a->reason == ACCESS_DENIED;
    enum err e = ERR_ARG;

    if (vault != NULL && !span_is_empty(q->object))
        e = scope_of_object(vault, need->kind, q->object, &s);
    buf_put_fmt(message,
                "Caller is not authorized to perform action on resource.\r\n"
                "If role assignments, deny assignments or role definitions were changed "
                "recently, please observe propagation time.\r\n"
                "Caller: appid=%s;oid=%s;iss=%s\r\n"
                "Action: '%s'\r\n"
                "Resource: '%s'\r\n"
                "Assignment: (not found)\r\n",
                c->appid.text, c->oid.text, c->iss, need->data_action,
                e == ERR_OK ? s.text : q->vault->arm_id);
    if (denied)
        buf_put_fmt(message,
                    "DenyAssignmentId: '%s'\r\nDecisionReason: 'DeniedByDenyAssignment' \r\n",
                    a->deny.text);
    else
        buf_put_str(message, "DenyAssignmentId: null\r\nDecisionReason: null \r\n");
    buf_put_fmt(message, "Vault: %s;location=%s\r\n", q->vault->name, q->vault->location);
}

/* Texts of data-plane.md A6.2, byte for byte; tools read them. */
void
access_explain(const struct access_question *q, const struct access_answer *a,
               struct buf *message)
{
    const struct perm_info *need = perm_info(q->need);

    if (a->by_rbac)
        explain_roles(q, a, message);
    else
        buf_put_fmt(message,
                    "The user, group or application 'appid=%s;oid=%s;iss=%s' does not have "
                    "%s %s permission on key vault '%s;location=%s'. For help resolving this "
                    "issue, please see https://go.microsoft.com/fwlink/?linkid=2125287",
                    q->caller->appid.text, q->caller->oid.text, q->caller->iss, need->kind,
                    need->policy_name, q->vault->name, q->vault->location);
}

const char *
access_inner_code(const struct access_answer *a)
{
    return a->by_rbac ? "ForbiddenByRbac" : "AccessDenied";
}
