/* SPDX-License-Identifier: Apache-2.0 */
/*
 * management_groups.c - one management group: get, put, patch, delete, and what
 * the long-running ones lead to (management-plane.md A.11).
 */
#include "api/arm/management_groups.h"

#include <stdio.h>
#include <string.h>

#include "api/arm/handlers.h"
#include "auth/assignment.h"
#include "base/clock.h"

/* A group holds MAX_ASSIGNMENTS_OF_GROUP; a few more may be upon what is below its id. */
enum { DROP_MAX = MAX_ASSIGNMENTS_OF_GROUP + 100 };

static const char *const write_right[] = { MG_WRITE, NULL };

/* --------------------------------------------------------------------- reading */

/* $expand is a list of words. False: the answer was composed. */
static bool
read_expand(struct exchange *x, unsigned *out)
{
    static const struct {
        const char *word;
        unsigned flag;
    } words[] = { { "children", MG_CHILDREN },
                  { "path", MG_PATH },
                  { "ancestors", MG_ANCESTORS },
                  { "ancestorChain", MG_ANCESTORS } };
    struct span text = { 0 }, recurse = { 0 }, filter = { 0 };

    *out = 0;
    (void)http_request_param(x->req, "$expand", &text);
    while (text.len > 0) {
        size_t end = span_find(text, ','), i = 0;

        while (i < 4 && !span_is_str_nocase(span_head(text, end), words[i].word))
            i++;
        if (i == 4) {
            (void)arm_fail(x, 400, "InvalidQueryParameterValue",
                           "$expand takes children, path and ancestors.");
            return false;
        }
        *out |= words[i].flag;
        text = span_tail(text, end + 1);
    }
    if (http_request_param(x->req, "$recurse", &recurse) && span_is_str_nocase(recurse, "true"))
        *out |= MG_RECURSE;
    if (!http_request_param(x->req, "$filter", &filter) || filter.len == 0)
        return true;
    *out |= MG_GROUPS_ONLY;
    if (span_is_str_nocase(filter, "children.childType ne Subscription"))
        return true;
    (void)arm_fail(x, 400, "InvalidFilterInQueryString",
                   "The only filter of a management group is 'children.childType ne "
                   "Subscription'.");
    return false;
}

enum next
api_arm_mg_get(struct exchange *x)
{
    struct management_group g;
    unsigned expand;
    struct jsw w;
    enum err e = mg_find(x, &g);

    if (e == ERR_NOT_FOUND)
        return NEXT_REPLY;
    if (e != ERR_OK)
        return arm_trouble(x, e);
    if (!read_expand(x, &expand))
        return NEXT_REPLY;
    w = arm_reply(x, 200);
    e = mg_put(x, &w, &g, expand);
    return e == ERR_OK ? arm_finish(x, NEXT_REPLY) : arm_trouble(x, e);
}

/* ------------------------------------------------------- long-running operations */

/* WIRE: everything is done by now; clients poll once and hear so. */
static void
accept(struct exchange *x, const char *what, const char *id)
{
    struct span v = span_head(x->version_text, 32);
    char url[ARM_URL_MAX];

    (void)snprintf(url, sizeof(url),
                   "%s/providers/Microsoft.Management/operationResults/%s/managementGroups/%s"
                   "?api-version=%.*s",
                   x->site->arm_origin, what, id, (int)v.len, (const char *)v.ptr);
    http_response_header(&x->resp, "Location", url);
    http_response_header(&x->resp, "Azure-AsyncOperation", url);
    http_response_header(&x->resp, "Retry-After", "1");
}

static void
put_status(struct exchange *x, struct jsw *w, const struct management_group *g)
{
    mg_begin(x, w, g);
    jsw_end(w);
    jsw_str(w, "status", "Succeeded");
    jsw_end(w);
}

/* A group that is there shows itself to its readers; of one that is not there is no more to say
 * than that. */
enum next
api_arm_mg_operation(struct exchange *x)
{
    static const char *const read[] = { MG_READ, NULL };
    struct management_group g;
    struct span id = x->bind[1];
    struct jsw w;
    enum err e;

    if (!mg_enter(x, id, read))
        return NEXT_REPLY;
    e = management_group_load(x->rows, x->view, &x->caller.tid, id, &g);
    if (e == ERR_NOT_FOUND && !span_is_str_nocase(x->bind[0], "delete"))
        return mg_not_found(x, id);
    if (e == ERR_NOT_FOUND) {
        (void)span_copy_str(span_head(id, MAX_MG_ID), g.id, sizeof(g.id));
        e = ERR_OK;
    }
    if (e != ERR_OK)
        return arm_trouble(x, e);
    w = arm_reply(x, 200);
    put_status(x, &w, &g);
    return arm_finish(x, NEXT_REPLY);
}

/* --------------------------------------------------------------------- writing */

static enum next
bad_body(struct exchange *x, const char *what)
{
    return arm_fail(x, 400, "InvalidRequestContent", "%s", what);
}

static bool
name_is_ok(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < 0x20 || s.ptr[i] == 0x7f)
            return false;
    return s.len > 0 && s.len <= MAX_MG_NAME;
}

/* "/providers/Microsoft.Management/managementGroups/{id}" into parent, lower case. */
static bool
read_parent(struct span text, char out[static MAX_MG_ID + 1])
{
    struct scope s;

    if (scope_parse(text, &s) != ERR_OK || s.kind != SCOPE_MANAGEMENT_GROUP)
        return false;
    (void)snprintf(out, MAX_MG_ID + 1, "%s", s.group);
    return true;
}

/* What a body asks for; spans borrow from it. */
struct wish {
    struct span name, parent; /* empty: not asked for */
};

/* PUT has its members deep down, PATCH at the top. False: the answer was composed. */
static bool
read_wish(struct exchange *x, const struct jsn *root, bool patch, struct wish *out)
{
    const struct jsn *p = root, *details = NULL, *parent = NULL;
    struct span id = { 0 };
    bool ok;

    *out = (struct wish){ 0 };
    if (patch)
        ok = jsn_get_str(root, "parentGroupId", &out->parent) != JSN_WRONG_TYPE;
    else
        ok = jsn_get_str(root, "name", &id) != JSN_WRONG_TYPE &&
             jsn_get_object(root, "properties", &p) != JSN_WRONG_TYPE &&
             (p == NULL || (jsn_get_object(p, "details", &details) != JSN_WRONG_TYPE &&
                            (details == NULL ||
                             (jsn_get_object(details, "parent", &parent) != JSN_WRONG_TYPE &&
                              (parent == NULL ||
                               jsn_get_str(parent, "id", &out->parent) != JSN_WRONG_TYPE)))));
    ok = ok && (p == NULL || jsn_get_str(p, "displayName", &out->name) != JSN_WRONG_TYPE);
    if (!ok)
        (void)bad_body(x, "A member of the management group has the wrong type.");
    else if (id.len > 0 && !span_is_equal_nocase(id, x->bind[0]))
        (void)bad_body(x, "The name in the body is not the one in the path.");
    else if (out->name.len > 0 && !name_is_ok(out->name))
        (void)bad_body(x, "The display name has 1 to 256 bytes and no control characters.");
    else
        return true;
    return false;
}

static enum next
store(struct exchange *x, struct management_group *g)
{
    bool is_new = g->revision == 0 && !mg_is_root(x, g->id);
    struct access_fault why;
    char scope[MG_SCOPE_MAX];
    struct jsw w;
    enum err e;

    g->updated = clock_now();
    g->updated_by = x->caller.oid;
    g->version = g->version > 0 ? g->version + 1 : mg_is_root(x, g->id) ? 2 : 1;
    if (is_new)
        g->created = g->updated;
    e = management_group_put(x->rows, x->view, &x->write, g, &why);
    if (e == ERR_DENIED)
        return mg_fault(x, &why);
    if (e != ERR_OK)
        return arm_trouble(x, e);
    mg_scope(span_str(g->id), scope); /* what the record is about */
    (void)span_copy_str(span_str(scope), x->scope, sizeof(x->scope));
    w = arm_reply(x, is_new ? 202 : 200);
    if (is_new) {
        accept(x, "create", g->id);
        put_status(x, &w, g);
    } else {
        e = mg_put(x, &w, g, 0);
    }
    return e == ERR_OK ? arm_finish(x, NEXT_COMMIT) : arm_trouble(x, e);
}

/* A new one: whoever may write its parent. WIRE: at the root group too, always
 * (requireAuthorizationForGroupCreation). */
static enum next
create(struct exchange *x, struct management_group *g, const struct wish *wish)
{
    char scope[MG_SCOPE_MAX];

    (void)span_copy_str(x->bind[0], g->id, sizeof(g->id));
    (void)span_copy_str(wish->name.len > 0 ? wish->name : x->bind[0], g->name, sizeof(g->name));
    if (wish->parent.len == 0)
        (void)snprintf(g->parent, sizeof(g->parent), "%s", x->caller.tid.text);
    else if (!read_parent(wish->parent, g->parent))
        return bad_body(x, "The parent is no id of a management group.");
    mg_scope(span_str(g->parent), scope);
    /* The refusal is that of a group which is there: nobody learns here which ids are taken. */
    if (!arm_may(x, MG_WRITE, scope) && !mg_enter(x, x->bind[0], write_right))
        return NEXT_REPLY;
    return store(x, g);
}

/* Another name, another parent: each with its own rights. */
static enum next
change(struct exchange *x, struct management_group *g, const struct wish *wish)
{
    char from[MAX_MG_ID + 1], scope[MG_SCOPE_MAX];

    if (!mg_enter(x, span_str(g->id), write_right))
        return NEXT_REPLY;
    (void)snprintf(from, sizeof(from), "%s", g->parent);
    if (wish->parent.len > 0 && !read_parent(wish->parent, g->parent))
        return bad_body(x, "The parent is no id of a management group.");
    if (strcmp(from, g->parent) != 0) {
        mg_scope(span_str(g->id), scope);
        if (!mg_may_move(x, scope, from, g->parent, write_right, write_right))
            return NEXT_REPLY;
    }
    if (wish->name.len > 0)
        (void)span_copy_str(wish->name, g->name, sizeof(g->name));
    return store(x, g);
}

static enum next
put(struct exchange *x, bool patch)
{
    struct management_group g;
    struct jsn *root = NULL;
    struct wish wish;
    enum next next = NEXT_REPLY;
    enum err e = arm_body(x, &root);

    if (e != ERR_OK)
        return arm_trouble(x, e);
    e = management_group_load(x->rows, x->view, &x->caller.tid, x->bind[0], &g);
    if (!management_group_id_is_ok(x->bind[0]))
        next = arm_fail(x, 400, "BadRequest",
                        "The id of a management group has 1 to 90 letters, digits, '-', '_', "
                        "'.', '(', ')', and does not end with '.'.");
    else if (e != ERR_OK && (e != ERR_NOT_FOUND || patch))
        next = e == ERR_NOT_FOUND ? mg_not_found(x, x->bind[0]) : arm_trouble(x, e);
    else if (read_wish(x, root, patch, &wish))
        next = e == ERR_OK ? change(x, &g, &wish) : create(x, &g, &wish);
    jsn_free(root);
    return next;
}

enum next
api_arm_mg_put(struct exchange *x)
{
    return put(x, false);
}

enum next
api_arm_mg_patch(struct exchange *x)
{
    return put(x, true);
}

/* Its role assignments go with it, or they would hold for the next group of that id. */
enum next
api_arm_mg_delete(struct exchange *x)
{
    struct access_fault why;
    struct management_group g;
    bool left = false;
    struct jsw w;
    enum err e = management_group_load(x->rows, x->view, &x->caller.tid, x->bind[0], &g);

    if (e == ERR_NOT_FOUND)
        return arm_empty(x, 204, NEXT_REPLY);
    if (e == ERR_OK)
        e = management_group_delete(x->rows, x->view, &x->write, &g, &why);
    if (e == ERR_DENIED)
        return mg_fault(x, &why);
    if (e == ERR_OK)
        e = assignment_drop(x->rows, x->view, &x->write, &x->caller.tid, span_str(x->scope),
                            DROP_MAX, &left);
    if (e == ERR_OK && left)
        return arm_fail(x, 409, "Conflict",
                        "More than %d role assignments are at or below the management group: "
                        "delete some of them first.",
                        (int)DROP_MAX);
    if (e != ERR_OK)
        return arm_trouble(x, e);
    w = arm_reply(x, 202);
    accept(x, "delete", g.id);
    put_status(x, &w, &g);
    return arm_finish(x, NEXT_COMMIT);
}
