/* SPDX-License-Identifier: Apache-2.0 */
/*
 * assignments.c - Microsoft.Authorization/roleAssignments (management-plane.md C.3).
 *
 * Writing and deleting are judged here, not at the doors: a condition on the
 * caller's own role may look at what is being assigned.
 */
#include <stdio.h>

#include "api/arm/arm.h"
#include "api/arm/doors.h"
#include "api/arm/handlers.h"
#include "api/arm/odata.h"
#include "api/arm/roles.h"
#include "api/arm/target.h"
#include "auth/access.h"
#include "auth/assignment.h"
#include "auth/group.h"
#include "auth/principal.h"
#include "auth/role.h"
#include "base/clock.h"

#define WRITE  "Microsoft.Authorization/roleAssignments/write"
#define DELETE "Microsoft.Authorization/roleAssignments/delete"
/* Owners of resources hand out no roles of the directory. */
#define DIRECTORY_ROLES "microsoft.directory/roleAssignments/allProperties/allTasks"

static const char *const kinds[ASSIGNEE__MAX] = {
    [ASSIGNEE_SERVICE] = "ServicePrincipal",
    [ASSIGNEE_USER] = "User",
    [ASSIGNEE_GROUP] = "Group",
    [ASSIGNEE_FOREIGN_GROUP] = "ForeignGroup",
    [ASSIGNEE_DEVICE] = "Device",
};

/* ".../resourcegroups/" and ".../microsoft.keyvault/" as clients expect to see them (I.5). */
static void
spell_scope(const char *scope, char out[static MAX_SCOPE + 1])
{
    static const char *const words[] = {
        "/resourceGroups/",       "/Microsoft.KeyVault/",        "/managementGroups/",
        "/Microsoft.Management/", "/Microsoft.ManagedIdentity/", "/userAssignedIdentities/",
        "/Keyhold.Pki/",          "/certificateAuthorities/"
    };

    (void)span_copy_str(span_str(scope), out, MAX_SCOPE + 1);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        size_t len = strlen(words[i]);

        for (char *p = out; strlen(p) >= len; p++)
            if (span_is_equal_nocase(span_of(p, len), span_of(words[i], len)))
                memcpy(p, words[i], len);
    }
}

static void
put_text(struct jsw *w, const char *name, struct span text)
{
    if (text.len == 0)
        jsw_null(w, name);
    else
        jsw_span(w, name, text);
}

/* at: where it was asked, which decides how the role's id is spelled. */
static void
put_assignment(struct jsw *w, const struct scope *at, const struct assignment *a)
{
    char id[MAX_SCOPE + ROLE_ID_MAX], role[ROLE_ID_MAX], scope[MAX_SCOPE + 1];

    spell_scope(a->scope, scope);
    role_put_id(at, &a->role, role);
    (void)snprintf(id, sizeof(id), "%s/providers/Microsoft.Authorization/roleAssignments/%s",
                   strcmp(scope, "/") == 0 ? "" : scope, a->id.text);
    jsw_object(w, NULL);
    jsw_str(w, "id", id);
    jsw_str(w, "name", a->id.text);
    jsw_str(w, "type", "Microsoft.Authorization/roleAssignments");
    jsw_object(w, "properties");
    jsw_str(w, "roleDefinitionId", role);
    jsw_str(w, "principalId", a->principal.text);
    jsw_str(w, "principalType", kinds[a->kind]);
    jsw_str(w, "scope", scope);
    put_text(w, "description", a->description);
    put_text(w, "condition", a->condition);
    put_text(w, "conditionVersion",
             a->condition.len > 0 ? span_str(CONDITION_VERSION) : (struct span){ 0 });
    put_text(w, "delegatedManagedIdentityResourceId", a->delegated_identity);
    arm_put_time(w, "createdOn", a->created);
    arm_put_time(w, "updatedOn", a->updated);
    put_text(w, "createdBy", span_str(a->created_by.text));
    put_text(w, "updatedBy", span_str(a->updated_by.text));
    jsw_end(w);
    jsw_end(w);
}

/* ------------------------------------------------------------------- reading */

struct assignment_page {
    struct jsw w;
    const struct scope *at;
};

static bool
list_assignment(void *arg, const struct assignment *a)
{
    struct assignment_page *p = arg;

    put_assignment(&p->w, p->at, a);
    return true;
}

/* False: the answer was composed. */
static bool
read_query(struct exchange *x, struct assignment_query *q)
{
    static const char *const names[] = { "principalId", NULL };
    static const char *const calls[] = { "atScope", "assignedTo", NULL };
    struct odata_filter f;
    struct span who = { 0 }, principal;

    if (!odata_filter_read(x, names, calls, &f))
        return false;
    q->reach = odata_calls(&f, "atScope", NULL) ? REACH_AT_SCOPE : REACH_ALL;
    principal = odata_value(&f, "principalId");
    if ((!odata_calls(&f, "assignedTo", &who) || guid_parse(who, &q->assigned_to)) &&
        (principal.len == 0 || guid_parse(principal, &q->principal)))
        return true;
    (void)arm_fail(x, 400, "InvalidFilterInQueryString",
                   "The filter names a principal that is no GUID.");
    return false;
}

enum next
api_arm_assignments(struct exchange *x)
{
    struct assignment_query q = { .tid = x->caller.tid };
    struct assignment_cursor cursor = { .stage = 0 };
    struct assignment_page p;
    struct scope at;
    bool more = false;
    enum err e = arm_target(x, &at);

    if (e == ERR_NOT_FOUND)
        return NEXT_REPLY;
    if (e != ERR_OK)
        return arm_trouble(x, e);
    if (!read_query(x, &q))
        return NEXT_REPLY;
    q.scope = p.at = &at;
    p.w = arm_reply(x, 200);
    jsw_object(&p.w, NULL);
    jsw_array(&p.w, "value");
    e = assignment_list(x->rows, x->view, &q, &cursor, list_assignment, &p, &more);
    if (e != ERR_OK)
        return arm_trouble(x, e);
    jsw_end(&p.w);
    jsw_end(&p.w);
    return arm_finish(x, NEXT_REPLY);
}

/* The assignment that bind[1] names at the scope of bind[0]. ERR_NOT_FOUND: nothing was
 * composed. */
static enum err
find_assignment(struct exchange *x, const struct scope *at, struct assignment *out)
{
    struct guid id;
    enum err e;

    if (!guid_parse(x->bind[1], &id))
        return ERR_NOT_FOUND;
    e = assignment_find(x->rows, x->view, &x->caller.tid, &id, out);
    if (e == ERR_OK && !span_is_str(scope_span(at), out->scope))
        e = ERR_NOT_FOUND;
    return e;
}

static enum next
not_there(struct exchange *x)
{
    return arm_fail(x, 404, "RoleAssignmentNotFound",
                    "The role assignment '%.*s' is not found.",
                    (int)span_head(x->bind[1], 64).len, (const char *)x->bind[1].ptr);
}

enum next
api_arm_assignment_get(struct exchange *x)
{
    struct assignment a;
    struct scope at;
    struct jsw w;
    enum err e = arm_target(x, &at);

    if (e == ERR_NOT_FOUND)
        return NEXT_REPLY;
    if (e == ERR_OK)
        e = find_assignment(x, &at, &a);
    if (e == ERR_NOT_FOUND)
        return not_there(x);
    if (e != ERR_OK)
        return arm_trouble(x, e);
    w = arm_reply(x, 200);
    put_assignment(&w, &at, &a);
    return arm_finish(x, NEXT_REPLY);
}

/* ------------------------------------------------------------------- writing */

/* Right and lock. False: the answer was composed. */
static bool
may_change(struct exchange *x, const char *action, enum attribute_source source,
           const struct scope *at, const struct assignment *a)
{
    struct attribute attributes[DELEGATION_ATTRIBUTES];
    struct buf why;
    bool ok;
    enum err e;

    (void)span_copy_str(scope_span(at), x->scope, sizeof(x->scope));
    access_delegation(source, &a->role, &a->principal, kinds[a->kind], attributes);
    if (role_is_directory(&a->role)
            ? !arm_may(x, DIRECTORY_ROLES, "/")
            : !arm_may_as(x, action, x->scope, attributes, DELEGATION_ATTRIBUTES)) {
        (void)arm_fail(x, 403, "AuthorizationFailed",
                       "The client '%s' with object id '%s' does not have authorization to "
                       "perform action '%s' over scope '%s' or the scope is invalid, or the "
                       "condition of its role assignment is not fulfilled. If access was "
                       "recently granted, please refresh your credentials.",
                       x->caller.appid.text, x->caller.oid.text, action, x->scope);
        return false;
    }
    buf_init(&why, 2048);
    e = action_locks(x, &why);
    ok = e == ERR_OK;
    if (!ok)
        (void)arm_fail(x, e == ERR_LOCKED ? 409 : 500,
                       e == ERR_LOCKED ? "ScopeLocked" : "InternalServerError", "%.*s",
                       (int)why.len, why.len > 0 ? (const char *)why.ptr : "");
    buf_release(&why);
    return ok;
}

static bool
read_kind(struct span text, enum assignee *out)
{
    for (unsigned i = ASSIGNEE_SERVICE; i < ASSIGNEE__MAX; i++) {
        if (!span_is_str_nocase(text, kinds[i]))
            continue;
        *out = (enum assignee)i;
        return true;
    }
    return false;
}

/* The last segment of ".../roleDefinitions/<guid>", or a bare GUID. */
static bool
read_role(struct span text, struct guid *out)
{
    for (size_t at = span_find(text, '/'); at < text.len; at = span_find(text, '/'))
        text = span_tail(text, at + 1);
    return guid_parse(text, out);
}

/* False: the answer was composed. Spans borrow from root. */
static bool
read_body(struct exchange *x, const struct jsn *root, struct assignment *a, unsigned *flags)
{
    const struct jsn *p = NULL;
    struct span role = { 0 }, principal = { 0 }, kind = { 0 }, version = { 0 };

    /* Old clients put the members at the top. */
    if (jsn_get_object(root, "properties", &p) == JSN_ABSENT)
        p = root;
    if (p != NULL && jsn_get_str(p, "roleDefinitionId", &role) == JSN_OK &&
        read_role(role, &a->role) && jsn_get_str(p, "principalId", &principal) == JSN_OK &&
        guid_parse(principal, &a->principal) &&
        jsn_get_str(p, "principalType", &kind) != JSN_WRONG_TYPE &&
        (kind.len == 0 || read_kind(kind, &a->kind)) &&
        jsn_get_str(p, "description", &a->description) != JSN_WRONG_TYPE &&
        jsn_get_str(p, "condition", &a->condition) != JSN_WRONG_TYPE &&
        jsn_get_str(p, "conditionVersion", &version) != JSN_WRONG_TYPE &&
        jsn_get_str(p, "delegatedManagedIdentityResourceId", &a->delegated_identity) !=
            JSN_WRONG_TYPE) {
        /* Whoever says ServicePrincipal may be ahead of the directory (C.3). */
        *flags = a->kind == ASSIGNEE_SERVICE ? ASSIGNMENT_TRUSTED : 0;
        return true;
    }
    (void)arm_fail(x, 400, "InvalidRequestContent",
                   "The role assignment needs properties.roleDefinitionId and principalId.");
    return false;
}

static enum next
assignment_fault(struct exchange *x, const struct access_fault *f, const struct assignment *a)
{
    static const struct {
        enum access_fault_kind kind;
        unsigned status;
        const char *code;
    } faults[] = {
        { FAULT_DUPLICATE, 409, "RoleAssignmentExists" },
        { FAULT_FIXED, 400, "RoleAssignmentUpdateNotPermitted" },
        { FAULT_NO_PRINCIPAL, 400, "PrincipalNotFound" },
        { FAULT_PRINCIPAL_KIND, 400, "UnmatchedPrincipalType" },
        { FAULT_NO_ROLE, 404, "RoleDefinitionDoesNotExist" },
        { FAULT_NOT_ASSIGNABLE, 400, "AssignableScopeNotUnderScope" },
        { FAULT_DATA_AT_GROUP, 400, "DataActionsNotSupportedAtManagementGroup" },
        { FAULT_BAD_CONDITION, 400, "InvalidCondition" },
        { FAULT_TOO_MANY, 400, "RoleAssignmentLimitExceeded" },
        { FAULT_ID_TAKEN, 409, "RoleAssignmentExists" },
        { FAULT_LAST_ADMIN, 403, "LastRbacAdminAssignmentCannotBeDeleted" },
    };

    if (f->kind == FAULT_DUPLICATE)
        return arm_fail(x, 409, "RoleAssignmentExists",
                        "The role assignment already exists. The ID of the conflicting role "
                        "assignment is %s.",
                        f->text);
    if (f->kind == FAULT_NO_PRINCIPAL)
        return arm_fail(x, 400, "PrincipalNotFound",
                        "Principal %s does not exist in the directory %s.", a->principal.text,
                        a->tid.text);
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
        if (faults[i].kind == f->kind)
            return arm_fail(x, faults[i].status, faults[i].code, "%s",
                            f->text[0] != '\0' ? f->text : "The role assignment is refused.");
    return arm_fail(x, 400, "BadRequestFormat", "%s",
                    f->text[0] != '\0' ? f->text : "The role assignment is not valid.");
}

static enum next
store_assignment(struct exchange *x, const struct scope *at, struct assignment *a,
                 unsigned flags)
{
    struct access_fault why = { .kind = FAULT_NONE };
    struct jsw w;
    bool created;
    enum err e;

    if (!may_change(x, WRITE, ATTRIBUTE_REQUEST, at, a))
        return NEXT_REPLY;
    e = assignment_put(x->rows, x->view, &x->write, a, flags, &created, &why);
    if (e == ERR_DENIED)
        return assignment_fault(x, &why, a);
    if (e != ERR_OK)
        return arm_trouble(x, e);
    /* WIRE: 201 for an update as well: the 2020-04-01-preview clients take nothing else. */
    w = arm_reply(x, 201);
    put_assignment(&w, at, a);
    return arm_finish(x, NEXT_COMMIT);
}

/* What the principal is, where the body did not say; nobody known stays for the engine to
 * refuse. */
static void
find_kind(struct exchange *x, struct assignment *a)
{
    struct principal p;
    struct group g;

    if (a->kind != 0)
        return;
    a->kind = ASSIGNEE_SERVICE;
    if (principal_load(x->rows, x->view, &a->tid, &a->principal, &p) == ERR_OK)
        a->kind = p.kind == PRINCIPAL_USER ? ASSIGNEE_USER : ASSIGNEE_SERVICE;
    else if (group_load(x->rows, x->view, &a->tid, &a->principal, &g) == ERR_OK)
        a->kind = ASSIGNEE_GROUP;
}

enum next
api_arm_assignment_put(struct exchange *x)
{
    struct assignment a = { .tid = x->caller.tid };
    struct jsn *root = NULL;
    enum next next = NEXT_REPLY;
    struct scope at;
    unsigned flags = 0;
    enum err e = arm_target_hold(x, &at);

    if (e == ERR_NOT_FOUND)
        return NEXT_REPLY;
    if (e == ERR_OK && !guid_parse(x->bind[1], &a.id))
        return arm_fail(x, 400, "InvalidRoleAssignmentId",
                        "The role assignment ID '%.*s' is not valid. The role assignment ID "
                        "must be a GUID.",
                        (int)span_head(x->bind[1], 64).len, (const char *)x->bind[1].ptr);
    if (e == ERR_OK)
        e = arm_body(x, &root);
    if (e != ERR_OK)
        return arm_trouble(x, e);
    if (!span_copy_str(scope_span(&at), a.scope, sizeof(a.scope)))
        next = arm_fail(x, 400, "InvalidScope", "The scope is too long.");
    else if (read_body(x, root, &a, &flags)) {
        a.created = a.updated = clock_now();
        a.created_by = a.updated_by = x->caller.oid;
        find_kind(x, &a);
        next = store_assignment(x, &at, &a, flags);
    }
    jsn_free(root);
    return next;
}

enum next
api_arm_assignment_delete(struct exchange *x)
{
    struct access_fault why = { .kind = FAULT_NONE };
    struct assignment a = { .kind = ASSIGNEE_SERVICE };
    struct scope at;
    struct jsw w;
    enum err e = arm_target(x, &at);

    if (e == ERR_NOT_FOUND)
        return NEXT_REPLY;
    if (e == ERR_OK)
        e = find_assignment(x, &at, &a);
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return arm_trouble(x, e);
    /* Whether it is there is for those to know who may delete it. */
    if (!may_change(x, DELETE, ATTRIBUTE_RESOURCE, &at, &a))
        return NEXT_REPLY;
    if (e == ERR_NOT_FOUND)
        return arm_empty(x, 204, NEXT_REPLY);
    w = arm_reply(x, 200);
    put_assignment(&w, &at, &a);
    e = assignment_remove(x->rows, x->view, &x->write, &a, &why);
    if (e == ERR_DENIED)
        return assignment_fault(x, &why, &a);
    return e == ERR_OK ? arm_finish(x, NEXT_COMMIT) : arm_trouble(x, e);
}
