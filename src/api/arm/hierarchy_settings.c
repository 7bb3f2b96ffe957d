/* SPDX-License-Identifier: Apache-2.0 */
/* hierarchy_settings.c - settings of the tree, kept at the root group (management-plane.md
 * A.11). */
#include <stdio.h>

#include "api/arm/handlers.h"
#include "api/arm/management_groups.h"
#include "auth/hierarchy.h"
#include "base/clock.h"

#define SETTINGS MG_RIGHT "settings/"

static void
put_settings(struct exchange *x, struct jsw *w, const struct hierarchy_settings *s)
{
    char text[2 * MG_SCOPE_MAX];

    (void)snprintf(text, sizeof(text), MG_PREFIX "%s/settings/default", x->caller.tid.text);
    jsw_object(w, NULL);
    jsw_str(w, "id", text);
    jsw_str(w, "type", MG_TYPE "/settings");
    jsw_str(w, "name", "default");
    jsw_object(w, "properties");
    jsw_str(w, "tenantId", x->caller.tid.text);
    jsw_bool(w, "requireAuthorizationForGroupCreation", true);
    (void)snprintf(text, sizeof(text), MG_PREFIX "%s",
                   s->default_group[0] != '\0' ? s->default_group : x->caller.tid.text);
    jsw_str(w, "defaultManagementGroup", text);
    jsw_end(w);
    jsw_end(w);
}

/* Right, group, row. False: the answer was composed. *found tells whether there is a row. */
static bool
find(struct exchange *x, const char *action, struct hierarchy_settings *out, bool *found)
{
    const char *const actions[] = { action, NULL };
    struct management_group g;
    enum err e;

    if (!mg_enter(x, x->bind[0], actions))
        return false;
    e = mg_find(x, &g);
    if (e == ERR_NOT_FOUND)
        return false;
    if (e == ERR_OK && !mg_is_root(x, g.id)) {
        (void)arm_fail(x, 400, "BadRequest",
                       "Hierarchy settings are those of the root management group.");
        return false;
    }
    if (e == ERR_OK)
        e = hierarchy_settings_load(x->rows, x->view, &x->caller.tid, out);
    *found = e == ERR_OK;
    if (e != ERR_OK && e != ERR_NOT_FOUND) {
        (void)arm_trouble(x, e);
        return false;
    }
    return true;
}

/* After find() said no: what arm_trouble() set, if anything. */
static enum next
refused(const struct exchange *x)
{
    return x->fail != ERR_OK ? NEXT_FAIL : NEXT_REPLY;
}

enum next
api_arm_hierarchy_settings(struct exchange *x)
{
    struct hierarchy_settings s;
    bool found;
    struct jsw w;

    if (!find(x, SETTINGS "read", &s, &found))
        return refused(x);
    w = arm_reply(x, 200);
    jsw_object(&w, NULL);
    jsw_array(&w, "value");
    if (found)
        put_settings(x, &w, &s);
    jsw_end(&w);
    jsw_end(&w);
    return arm_finish(x, NEXT_REPLY);
}

enum next
api_arm_hierarchy_settings_get(struct exchange *x)
{
    struct hierarchy_settings s;
    bool found;
    struct jsw w;

    if (!find(x, SETTINGS "read", &s, &found))
        return refused(x);
    if (!found)
        return arm_fail(x, 404, "NotFound", "The tenant has no hierarchy settings.");
    w = arm_reply(x, 200);
    put_settings(x, &w, &s);
    return arm_finish(x, NEXT_REPLY);
}

static enum next
wrong(struct exchange *x, const char *what)
{
    return arm_fail(x, 400, "InvalidRequestContent", "%s", what);
}

static enum next
store(struct exchange *x, const struct jsn *root, struct hierarchy_settings *s)
{
    const struct jsn *p = NULL;
    struct management_group g;
    struct span group = { 0 };
    enum jsn_got got = JSN_ABSENT;
    bool require;
    struct scope at;
    struct jsw w;
    enum err e = ERR_OK;

    if (jsn_get_object(root, "properties", &p) == JSN_OK)
        got = jsn_get_bool(p, "requireAuthorizationForGroupCreation", &require);
    if (p == NULL || got == JSN_WRONG_TYPE ||
        jsn_get_str(p, "defaultManagementGroup", &group) == JSN_WRONG_TYPE)
        return wrong(x, "The settings are requireAuthorizationForGroupCreation and "
                        "defaultManagementGroup.");
    /* WIRE: the default elsewhere is that anybody may add to the top of the tree. */
    if (got == JSN_OK && !require)
        return wrong(x, "Here, creating management groups always takes a right.");
    if (group.len > 0) {
        if (scope_parse(group, &at) != ERR_OK || at.kind != SCOPE_MANAGEMENT_GROUP)
            return wrong(x, "defaultManagementGroup is no id of a management group.");
        e = management_group_load(x->rows, x->view, &x->caller.tid, span_str(at.group), &g);
        if (e == ERR_NOT_FOUND)
            return mg_not_found(x, span_str(at.group));
        (void)snprintf(s->default_group, sizeof(s->default_group), "%s", at.group);
    }
    if (e != ERR_OK)
        return arm_trouble(x, e);
    s->updated = clock_now();
    s->updated_by = x->caller.oid;
    hierarchy_settings_store(x->rows, &x->write, s);
    w = arm_reply(x, 200);
    put_settings(x, &w, s);
    return arm_finish(x, NEXT_COMMIT);
}

/* PUT replaces, PATCH changes what it names. */
enum next
api_arm_hierarchy_settings_put(struct exchange *x)
{
    bool patch = x->route->method == HTTP_PATCH, found;
    struct hierarchy_settings s;
    struct jsn *root = NULL;
    enum next next;
    enum err e;

    if (!find(x, SETTINGS "write", &s, &found))
        return refused(x);
    if (patch && !found)
        return arm_fail(x, 404, "NotFound", "The tenant has no hierarchy settings.");
    e = arm_body(x, &root);
    if (e != ERR_OK)
        return arm_trouble(x, e);
    if (!patch)
        s.default_group[0] = '\0';
    next = store(x, root, &s);
    jsn_free(root);
    return next;
}

enum next
api_arm_hierarchy_settings_delete(struct exchange *x)
{
    struct hierarchy_settings s;
    bool found;

    if (!find(x, SETTINGS "delete", &s, &found))
        return refused(x);
    if (!found)
        return arm_empty(x, 204, NEXT_REPLY);
    hierarchy_settings_drop(&x->write, &s);
    return arm_empty(x, 200, NEXT_COMMIT);
}
