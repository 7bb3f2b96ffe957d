/* SPDX-License-Identifier: Apache-2.0 */
/* roles.c - Microsoft.Authorization/roleDefinitions (management-plane.md C.2). */
#include "api/arm/roles.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/arm/arm.h"
#include "api/arm/handlers.h"
#include "api/arm/odata.h"
#include "api/arm/target.h"
#include "base/clock.h"

/* At and below a subscription ids begin with it; elsewhere they do not (C.2). */
void
role_put_id(const struct scope *at, const struct guid *id, char out[static ROLE_ID_MAX])
{
    bool in_subscription = at->subscription.text[0] != '\0';

    (void)snprintf(out, ROLE_ID_MAX,
                   "%s%s/providers/Microsoft.Authorization/roleDefinitions/%s",
                   in_subscription ? "/subscriptions/" : "",
                   in_subscription ? at->subscription.text : "", id->text);
}

static void
put_list(struct jsw *w, const char *name, const struct role_list *l)
{
    jsw_array(w, name);
    for (unsigned i = 0; i < l->n; i++)
        jsw_span(w, NULL, l->at[i]);
    jsw_end(w);
}

static void
put_permission(struct jsw *w, const struct role_permission *p)
{
    jsw_object(w, NULL);
    put_list(w, "actions", &p->actions);
    put_list(w, "notActions", &p->not_actions);
    put_list(w, "dataActions", &p->data_actions);
    put_list(w, "notDataActions", &p->not_data_actions);
    if (p->condition.len > 0) {
        jsw_span(w, "condition", p->condition);
        jsw_str(w, "conditionVersion", CONDITION_VERSION);
    }
    jsw_end(w);
}

static void
put_by(struct jsw *w, const char *name, const struct guid *by)
{
    if (by->text[0] == '\0')
        jsw_null(w, name);
    else
        jsw_str(w, name, by->text);
}

static void
put_role(struct jsw *w, const struct scope *at, const struct role_definition *d)
{
    char id[ROLE_ID_MAX];

    role_put_id(at, &d->id, id);
    jsw_object(w, NULL);
    jsw_str(w, "id", id);
    jsw_str(w, "name", d->id.text);
    jsw_str(w, "type", "Microsoft.Authorization/roleDefinitions");
    jsw_object(w, "properties");
    jsw_span(w, "roleName", d->name);
    jsw_str(w, "type", d->built_in ? "BuiltInRole" : "CustomRole");
    jsw_span(w, "description", d->description);
    put_list(w, "assignableScopes", &d->scopes);
    jsw_array(w, "permissions");
    for (unsigned i = 0; i < d->npermissions; i++)
        put_permission(w, &d->permissions[i]);
    jsw_end(w);
    arm_put_time(w, "createdOn", d->created);
    arm_put_time(w, "updatedOn", d->updated);
    put_by(w, "createdBy", &d->created_by);
    put_by(w, "updatedBy", &d->updated_by);
    jsw_end(w);
    jsw_end(w);
}

/* ------------------------------------------------------------------- reading */

struct role_query {
    struct exchange *x;
    struct jsw w;
    struct scope at;
    struct odata_filter filter;
    bool below; /* atScopeAndBelow() */
    enum err err;
};

static bool
is_assignable_below(const struct role_query *q, const struct role_definition *d)
{
    for (unsigned i = 0; i < d->scopes.n; i++) {
        struct scope s;

        if (scope_parse(d->scopes.at[i], &s) == ERR_OK &&
            scope_covers(scope_span(&q->at), scope_span(&s)))
            return true;
    }
    return false;
}

static bool
list_role(void *arg, const struct role_definition *d)
{
    struct role_query *q = arg;
    const char *type = d->built_in ? "BuiltInRole" : "CustomRole";
    bool here = false;

    if (!odata_fits(&q->filter, "roleName", d->name) ||
        !odata_fits(&q->filter, "type", span_str(type)))
        return true;
    q->err = role_definition_is_assignable(q->x->rows, q->x->view, d, &q->x->caller.tid, &q->at,
                                           &here);
    if (q->err == ERR_OK && (here || (q->below && is_assignable_below(q, d))))
        put_role(&q->w, &q->at, d);
    return q->err == ERR_OK;
}

enum next
api_arm_roles(struct exchange *x)
{
    static const char *const names[] = { "roleName", "type", NULL };
    static const char *const calls[] = { "atScopeAndBelow", "atScope", NULL };
    struct role_query q = { .x = x };
    enum err e = arm_target(x, &q.at);

    if (e == ERR_NOT_FOUND)
        return NEXT_REPLY;
    if (e != ERR_OK)
        return arm_trouble(x, e);
    if (!odata_filter_read(x, names, calls, &q.filter))
        return NEXT_REPLY;
    q.below = odata_calls(&q.filter, "atScopeAndBelow", NULL);
    q.w = arm_reply(x, 200);
    jsw_object(&q.w, NULL);
    jsw_array(&q.w, "value");
    e = role_definition_each(x->rows, x->view, &x->caller.tid, true, true, list_role, &q);
    if (e == ERR_OK)
        e = q.err;
    if (e != ERR_OK)
        return arm_trouble(x, e);
    jsw_end(&q.w);
    jsw_end(&q.w);
    return arm_finish(x, NEXT_REPLY);
}

/* The definition that bind[1] names. ERR_NOT_FOUND: the answer was composed. */
static enum err
find_role(struct exchange *x, struct scope *at, struct role_definition **out)
{
    struct guid id;
    enum err e = arm_target(x, at);

    *out = NULL;
    if (e != ERR_OK)
        return e;
    e = guid_parse(x->bind[1], &id)
            ? role_definition_load(x->rows, x->view, &x->caller.tid, &id, out)
            : ERR_NOT_FOUND;
    if (e == ERR_NOT_FOUND)
        (void)arm_fail(x, 404, "RoleDefinitionDoesNotExist",
                       "The specified role definition with ID '%.*s' does not exist.",
                       (int)span_head(x->bind[1], 64).len, (const char *)x->bind[1].ptr);
    return e;
}

enum next
api_arm_role_get(struct exchange *x)
{
    struct role_definition *d;
    struct scope at;
    struct jsw w;
    enum err e = find_role(x, &at, &d);

    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? NEXT_REPLY : arm_trouble(x, e);
    w = arm_reply(x, 200);
    put_role(&w, &at, d);
    role_definition_free(d);
    return arm_finish(x, NEXT_REPLY);
}

/* ------------------------------------------------------------------- writing */

/* Lists of a body, borrowed from its tree; the arrays of spans are ours. */
struct role_body {
    struct jsn *root;
    struct role_definition d;
    struct role_permission permissions[MAX_ROLE_PERMISSIONS];
    struct span *spans; /* one block for all lists */
    size_t nspans;
};

enum { BODY_SPANS_MAX = 4 * MAX_ROLE_LIST + MAX_ASSIGNABLE_SCOPES };

static bool
read_list(struct role_body *b, const struct jsn *obj, const char *name, struct role_list *out)
{
    const struct jsn *list = NULL;
    enum jsn_got got = jsn_get_array(obj, name, &list);
    size_t n = got == JSN_OK ? jsn_len(list) : 0;

    if (got == JSN_WRONG_TYPE || b->nspans + n > BODY_SPANS_MAX)
        return false;
    out->at = &b->spans[b->nspans];
    out->n = (unsigned)n;
    for (size_t i = 0; i < n; i++) {
        if (!jsn_is_str(jsn_at(list, i)))
            return false;
        b->spans[b->nspans++] = jsn_str(jsn_at(list, i));
    }
    return true;
}

static bool
read_permissions(struct role_body *b, const struct jsn *properties)
{
    const struct jsn *list = NULL;
    size_t n;

    if (jsn_get_array(properties, "permissions", &list) != JSN_OK)
        return false;
    n = jsn_len(list);
    if (n > MAX_ROLE_PERMISSIONS)
        return false;
    for (size_t i = 0; i < n; i++) {
        struct role_permission *p = &b->permissions[i];
        const struct jsn *item = jsn_at(list, i);

        if (!jsn_is_object(item) || !read_list(b, item, "actions", &p->actions) ||
            !read_list(b, item, "notActions", &p->not_actions) ||
            !read_list(b, item, "dataActions", &p->data_actions) ||
            !read_list(b, item, "notDataActions", &p->not_data_actions) ||
            jsn_get_str(item, "condition", &p->condition) == JSN_WRONG_TYPE)
            return false;
    }
    b->d.permissions = b->permissions;
    b->d.npermissions = (unsigned)n;
    return true;
}

static void
body_release(struct role_body *b)
{
    if (b == NULL)
        return;
    jsn_free(b->root);
    free(b->spans);
    free(b);
}

/* NULL: the answer was composed. */
static struct role_body *
body_read(struct exchange *x)
{
    struct role_body *b = calloc(1, sizeof(*b));
    const struct jsn *p = NULL;

    if (b != NULL)
        b->spans = calloc(BODY_SPANS_MAX, sizeof(*b->spans));
    if (b == NULL || b->spans == NULL) {
        (void)arm_fail(x, 503, "ServiceUnavailable", "The service is out of memory.");
        free(b);
        return NULL;
    }
    if (arm_body(x, &b->root) == ERR_OK &&
        jsn_get_object(b->root, "properties", &p) == JSN_OK &&
        jsn_get_str(p, "roleName", &b->d.name) == JSN_OK &&
        jsn_get_str(p, "description", &b->d.description) != JSN_WRONG_TYPE &&
        read_list(b, p, "assignableScopes", &b->d.scopes) && read_permissions(b, p))
        return b;
    (void)arm_fail(x, 400, "InvalidRequestContent",
                   "The role definition needs properties.roleName, permissions and "
                   "assignableScopes.");
    body_release(b);
    return NULL;
}

/*
 * The right to write roles is needed at every assignable scope (C.2), and no lock on any. Who
 * has it not even where the request is made hears that.
 */
static bool
may_at_scopes(struct exchange *x, const struct scope *at, const struct role_definition *d)
{
    static const char *const write[] = { "Microsoft.Authorization/roleDefinitions/write",
                                         NULL };

    for (unsigned i = 0; i < d->scopes.n; i++) {
        char text[MAX_SCOPE_TEXT + 1];
        struct scope s;

        if (scope_parse(d->scopes.at[i], &s) != ERR_OK)
            continue; /* refused as a scope further on */
        (void)span_copy_str(scope_span(&s), text, sizeof(text));
        if (arm_may(x, write[0], text)) {
            if (arm_unlocked(x, text))
                continue;
            return false;
        }
        if (arm_enter(x, scope_span(at), write))
            (void)arm_fail(x, 403, "LinkedAuthorizationFailed",
                           "The client '%s' has permission to perform action '%s' on the scope "
                           "of the request; however, it does not have permission to perform it "
                           "on the linked scope '%s'.",
                           x->caller.oid.text, write[0], text);
        return false;
    }
    return true;
}

enum next
role_fault(struct exchange *x, const struct access_fault *f)
{
    static const struct {
        enum access_fault_kind kind;
        unsigned status;
        const char *code;
    } faults[] = {
        { FAULT_BAD_ACTION, 400, "InvalidActionOrNotAction" },
        { FAULT_BAD_SCOPE, 400, "InvalidAssignableScope" },
        { FAULT_BAD_CONDITION, 400, "InvalidCondition" },
        { FAULT_DATA_AT_GROUP, 400, "DataActionsNotSupportedAtManagementGroup" },
        { FAULT_TOO_MANY, 400, "RoleDefinitionLimitExceeded" },
        { FAULT_BUILT_IN, 403, "RoleDefinitionCannotBeModified" },
        { FAULT_NAME_TAKEN, 409, "RoleDefinitionWithSameNameExists" },
        { FAULT_ID_TAKEN, 409, "RoleDefinitionExists" },
        { FAULT_IN_USE, 400, "RoleDefinitionHasAssignments" },
    };
    const char *text = f->text[0] != '\0' ? f->text : "The role definition is not valid.";

    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
        if (faults[i].kind == f->kind)
            return arm_fail(x, faults[i].status, faults[i].code, "%s", text);
    return arm_fail(x, 400, "InvalidRoleDefinition", "%s", text);
}

static enum next
store_role(struct exchange *x, const struct scope *at, struct role_definition *d)
{
    struct access_fault why = { .kind = FAULT_NONE };
    bool created;
    struct jsw w;
    enum err e;

    d->tid = x->caller.tid;
    d->created = d->updated = clock_now();
    d->created_by = d->updated_by = x->caller.oid;
    e = role_definition_put(x->rows, x->view, &x->write, d, &created, &why);
    if (e == ERR_DENIED)
        return role_fault(x, &why);
    if (e != ERR_OK)
        return arm_trouble(x, e);
    /* WIRE: 201 for an update as well; clients insist (identity-and-cli.md 6.2). */
    w = arm_reply(x, 201);
    put_role(&w, at, d);
    return arm_finish(x, NEXT_COMMIT);
}

enum next
api_arm_role_put(struct exchange *x)
{
    struct role_definition *old = NULL;
    enum next next = NEXT_REPLY;
    struct role_body *b;
    struct scope at;
    struct guid id;
    enum err e = arm_target(x, &at);

    if (e == ERR_NOT_FOUND)
        return NEXT_REPLY;
    if (e != ERR_OK)
        return arm_trouble(x, e);
    if (!guid_parse(x->bind[1], &id))
        return arm_fail(x, 400, "InvalidRoleDefinitionId",
                        "The role definition ID '%.*s' is not valid. It must be a GUID.",
                        (int)span_head(x->bind[1], 64).len, (const char *)x->bind[1].ptr);
    b = body_read(x);
    if (b == NULL)
        return NEXT_REPLY;
    b->d.id = id;
    /* What it was assignable at counts as well: nobody takes a role over from outside. */
    e = role_definition_load(x->rows, x->view, &x->caller.tid, &id, &old);
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        next = arm_trouble(x, e);
    else if (may_at_scopes(x, &at, &b->d) &&
             (old == NULL || old->built_in || may_at_scopes(x, &at, old)))
        next = store_role(x, &at, &b->d);
    role_definition_free(old);
    body_release(b);
    return next;
}

enum next
api_arm_role_delete(struct exchange *x)
{
    struct access_fault why = { .kind = FAULT_NONE };
    struct role_definition *d = NULL;
    enum next next = NEXT_REPLY;
    struct scope at;
    struct guid id;
    struct jsw w;
    enum err e = arm_target(x, &at);

    if (e == ERR_NOT_FOUND)
        return NEXT_REPLY;
    if (e == ERR_OK && !guid_parse(x->bind[1], &id))
        e = ERR_NOT_FOUND;
    if (e == ERR_OK)
        e = role_definition_load(x->rows, x->view, &x->caller.tid, &id, &d);
    if (e == ERR_NOT_FOUND)
        return arm_empty(x, 204, NEXT_REPLY);
    if (e == ERR_OK && !d->built_in && !may_at_scopes(x, &at, d)) {
        role_definition_free(d);
        return NEXT_REPLY;
    }
    if (e == ERR_OK)
        e = role_definition_delete(x->rows, x->view, &x->write, d, &why);
    if (e == ERR_DENIED) {
        next = role_fault(x, &why);
    } else if (e == ERR_OK) {
        w = arm_reply(x, 200);
        put_role(&w, &at, d);
        next = arm_finish(x, NEXT_COMMIT);
    } else {
        next = arm_trouble(x, e);
    }
    role_definition_free(d);
    return next;
}
