/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grants.c - what the caller holds at a scope, and who is denied what there
 * (management-plane.md C.1, C.7).
 */
#include <stdio.h>

#include "api/arm/arm.h"
#include "api/arm/handlers.h"
#include "api/arm/odata.h"
#include "api/arm/target.h"
#include "auth/access.h"
#include "auth/deny.h"

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
        jsw_str(w, "conditionVersion", "2.0");
    }
    jsw_end(w);
}

static bool
list_grant(void *arg, const struct access_grant *g)
{
    for (unsigned i = 0; i < g->role->npermissions; i++)
        put_permission(arg, &g->role->permissions[i]);
    return true;
}

/* Everybody may know what he may. */
enum next
api_arm_permissions(struct exchange *x)
{
    struct scope at;
    struct jsw w;
    enum err e = arm_target(x, &at);

    if (e == ERR_NOT_FOUND)
        return NEXT_REPLY;
    if (e != ERR_OK)
        return arm_trouble(x, e);
    w = arm_reply(x, 200);
    jsw_object(&w, NULL);
    jsw_array(&w, "value");
    e = access_each_grant(x->rows, x->view, &x->caller.tid, &x->caller.oid, &at, list_grant,
                          &w);
    jsw_end(&w);
    jsw_end(&w);
    return e == ERR_OK ? arm_finish(x, NEXT_REPLY) : arm_trouble(x, e);
}

/* ------------------------------------------------------------- deny assignments */

static void
put_principals(struct jsw *w, const char *name, const struct deny_principal *p, unsigned n)
{
    static const char *const kinds[ASSIGNEE__MAX] = { "SystemDefined", "ServicePrincipal",
                                                      "User",          "Group",
                                                      "ForeignGroup",  "Device" };

    jsw_array(w, name);
    for (unsigned i = 0; i < n; i++) {
        jsw_object(w, NULL);
        jsw_str(w, "id", p[i].id.text);
        jsw_str(w, "type", kinds[p[i].kind]);
        jsw_end(w);
    }
    jsw_end(w);
}

static void
put_members(struct jsw *w, const struct deny *d)
{
    jsw_span(w, "denyAssignmentName", d->name);
    jsw_span(w, "description", d->description);
    jsw_array(w, "permissions");
    for (unsigned i = 0; i < d->npermissions; i++)
        put_permission(w, &d->permissions[i]);
    jsw_end(w);
    jsw_str(w, "scope", d->scope);
    jsw_bool(w, "doNotApplyToChildScopes", d->not_below);
    put_principals(w, "principals", d->principals, d->nprincipals);
    put_principals(w, "excludePrincipals", d->excluded, d->nexcluded);
    jsw_bool(w, "isSystemProtected", d->system);
    if (d->condition.len > 0) {
        jsw_span(w, "condition", d->condition);
        jsw_str(w, "conditionVersion", "2.0");
    }
    arm_put_time(w, "createdOn", d->created);
    arm_put_time(w, "updatedOn", d->updated);
    jsw_str(w, "createdBy", d->created_by.text);
    jsw_str(w, "updatedBy", d->updated_by.text);
}

static void
put_deny(struct jsw *w, const struct deny *d)
{
    char id[MAX_SCOPE + 128];

    bug_on(d == NULL);
    (void)snprintf(id, sizeof(id), "%s/providers/Microsoft.Authorization/denyAssignments/%s",
                   strcmp(d->scope, "/") == 0 ? "" : d->scope, d->id.text);
    jsw_object(w, NULL);
    jsw_str(w, "id", id);
    jsw_str(w, "name", d->id.text);
    jsw_str(w, "type", "Microsoft.Authorization/denyAssignments");
    jsw_object(w, "properties");
    put_members(w, d);
    jsw_end(w);
    jsw_end(w);
}

enum next
api_arm_deny_get(struct exchange *x)
{
    struct deny *d = NULL;
    struct scope at;
    struct guid id;
    struct jsw w;
    enum err e = arm_target(x, &at);

    if (e == ERR_NOT_FOUND)
        return NEXT_REPLY;
    if (e == ERR_OK)
        e = guid_parse(x->bind[1], &id) ? deny_load(x->rows, x->view, &x->caller.tid, &id, &d)
                                        : ERR_NOT_FOUND;
    /* Who may read here may not read elsewhere. */
    if (e == ERR_OK && !scope_covers(span_str(d->scope), scope_span(&at)))
        e = ERR_NOT_FOUND;
    if (e == ERR_OK) {
        w = arm_reply(x, 200);
        put_deny(&w, d);
    }
    deny_free(d);
    if (e == ERR_NOT_FOUND)
        return arm_fail(x, 404, "DenyAssignmentNotFound",
                        "The deny assignment '%.*s' was not found.",
                        (int)span_head(x->bind[1], 64).len, (const char *)x->bind[1].ptr);
    return e == ERR_OK ? arm_finish(x, NEXT_REPLY) : arm_trouble(x, e);
}

struct deny_list {
    struct jsw w;
    struct odata_filter filter;
};

static bool
names(const struct deny *d, struct span principal)
{
    for (unsigned i = 0; i < d->nprincipals; i++)
        if (span_is_str_nocase(principal, d->principals[i].id.text))
            return true;
    return principal.len == 0;
}

static bool
list_deny(void *arg, const struct deny *d)
{
    struct deny_list *l = arg;

    if (odata_fits(&l->filter, "denyAssignmentName", d->name) &&
        names(d, odata_value(&l->filter, "principalId")))
        put_deny(&l->w, d);
    return true;
}

enum next
api_arm_denies(struct exchange *x)
{
    static const char *const fields[] = { "denyAssignmentName", "principalId", NULL };
    static const char *const calls[] = { "atScope", NULL };
    struct deny_list l;
    struct scope at;
    enum err e = arm_target(x, &at);

    if (e == ERR_NOT_FOUND)
        return NEXT_REPLY;
    if (e != ERR_OK)
        return arm_trouble(x, e);
    if (!odata_filter_read(x, fields, calls, &l.filter))
        return NEXT_REPLY;
    l.w = arm_reply(x, 200);
    jsw_object(&l.w, NULL);
    jsw_array(&l.w, "value");
    e = deny_each(x->rows, x->view, &x->caller.tid, &at,
                  odata_calls(&l.filter, "atScope", NULL), list_deny, &l);
    jsw_end(&l.w);
    jsw_end(&l.w);
    return e == ERR_OK ? arm_finish(x, NEXT_REPLY) : arm_trouble(x, e);
}
