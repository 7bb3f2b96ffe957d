/* SPDX-License-Identifier: Apache-2.0 */
/*
 * diagnostics.c - Microsoft.Insights/diagnosticSettings of vaults (management-plane.md A.17):
 * stored as they were put, once their form is checked. Nothing is sent anywhere yet.
 */
#include <stdio.h>

#include "api/arm/arm.h"
#include "api/arm/handlers.h"
#include "api/arm/vault_arm.h"
#include "api/arm/vault_json.h"
#include "base/clock.h"
#include "vault/fence.h"
#include "vault/resource.h"

#define SETTINGS "/providers/Microsoft.Insights/diagnosticSettings"

enum { SETTINGS_MAX = 5, SETTING_NAME_MAX = 64, SETTING_LISTS_MAX = 16 };

/* The right of any resource, or the one that roles for vaults give (A.17). */
static bool
may(struct exchange *x, const struct vault *v)
{
    static const char own[] = "Microsoft.KeyVault/vaults/providers/Microsoft.Insights/"
                              "diagnosticSettings/";
    char action[sizeof(own) + 8];
    const char *rights[] = { x->route->action, action, NULL };

    (void)snprintf(action, sizeof(action), "%s%s", own,
                   x->route->method == HTTP_GET ? "Read" : "Write");
    return arm_enter(x, span_str(v->arm_id), rights);
}

/* The vault of the path and the prefix of its settings. False: the answer was composed. */
static bool
begin(struct exchange *x, char prefix[static MAX_RESOURCE_KEY + 1], enum next *next)
{
    char id[VAULT_ID_MAX];
    struct vault *v = NULL;
    enum err e = arm_vault(x, &v);
    bool ok = false;

    *next = NEXT_REPLY;
    if (e == ERR_OK) {
        vault_id(v, id);
        (void)snprintf(prefix, MAX_RESOURCE_KEY + 1, "%s" SETTINGS "/", id);
        ok = may(x, v);
        if (x->route->method == HTTP_PUT) { /* none outlives its vault */
            vault_expect(&x->write, v);
            fence_touch(x->rows, &x->write, span_str(v->arm_id));
        }
    } else if (e != ERR_NOT_FOUND) {
        *next = arm_trouble(x, e);
    }
    vault_unref(v);
    return ok;
}

/* The same, and the setting's own id. */
static bool
begin_one(struct exchange *x, char id[static MAX_RESOURCE_KEY + 1], enum next *next)
{
    struct span name = x->bind[3];
    size_t n;

    if (!begin(x, id, next))
        return false;
    n = strlen(id);
    if (name.len <= SETTING_NAME_MAX && n + name.len <= MAX_RESOURCE_KEY) {
        (void)span_copy_str(name, id + n, MAX_RESOURCE_KEY + 1 - n);
        return true;
    }
    *next = arm_fail(x, 400, "BadRequest", "The name of a diagnostic setting is too long.");
    return false;
}

static void
put_setting(const struct resource *r, struct jsw *w)
{
    jsw_object(w, NULL);
    jsw_str(w, "id", r->id);
    jsw_span(w, "name", resource_name(r));
    jsw_str(w, "type", "Microsoft.Insights/diagnosticSettings");
    jsw_raw(w, "properties", r->properties);
    jsw_end(w);
}

static bool
list_setting(void *arg, const struct resource *r)
{
    put_setting(r, arg);
    return true;
}

enum next
api_arm_diagnostics(struct exchange *x)
{
    char prefix[MAX_RESOURCE_KEY + 1];
    enum next next;
    struct jsw w;
    enum err e;

    if (!begin(x, prefix, &next))
        return next;
    w = arm_reply(x, 200);
    jsw_object(&w, NULL);
    jsw_array(&w, "value");
    e = resource_each(x->rows, x->view, span_str(prefix), (struct span){ 0 }, SETTINGS_MAX,
                      list_setting, &w);
    jsw_end(&w);
    jsw_end(&w);
    return e == ERR_OK ? arm_finish(x, NEXT_REPLY) : arm_trouble(x, e);
}

enum next
api_arm_diagnostic_get(struct exchange *x)
{
    char id[MAX_RESOURCE_KEY + 1];
    struct resource r;
    enum next next;
    struct jsw w;
    enum err e;

    if (!begin_one(x, id, &next))
        return next;
    e = resource_load(x->rows, x->view, span_str(id), &r);
    if (e == ERR_NOT_FOUND)
        return arm_fail(x, 404, "ResourceNotFound", "The Resource '%s' was not found.", id);
    if (e != ERR_OK)
        return arm_trouble(x, e);
    w = arm_reply(x, 200);
    put_setting(&r, &w);
    return arm_finish(x, NEXT_REPLY);
}

enum next
api_arm_diagnostic_delete(struct exchange *x)
{
    char id[MAX_RESOURCE_KEY + 1];
    struct resource r;
    enum next next;
    enum err e;

    if (!begin_one(x, id, &next))
        return next;
    e = resource_load(x->rows, x->view, span_str(id), &r);
    if (e == ERR_NOT_FOUND)
        return arm_empty(x, 204, NEXT_REPLY);
    if (e != ERR_OK)
        return arm_trouble(x, e);
    resource_drop(&x->write, &r);
    return arm_empty(x, 200, NEXT_COMMIT);
}

/* ------------------------------------------------------------------------ bodies */

/* logs or metrics: which, and whether. */
static bool
copy_list(const struct jsn *p, const char *list, bool groups, struct jsw *w)
{
    const struct jsn *items;
    enum jsn_got got = jsn_get_array(p, list, &items);

    jsw_array(w, list);
    for (size_t i = 0; got == JSN_OK && i < jsn_len(items); i++) {
        const struct jsn *item = jsn_at(items, i);
        struct span category = { 0 }, group = { 0 };
        bool enabled = true;

        if (i == SETTING_LISTS_MAX || !jsn_is_object(item) ||
            jsn_get_str(item, "category", &category) == JSN_WRONG_TYPE ||
            jsn_get_str(item, "categoryGroup", &group) == JSN_WRONG_TYPE ||
            jsn_get_bool(item, "enabled", &enabled) == JSN_WRONG_TYPE ||
            (category.len > 0) == (group.len > 0) || (group.len > 0 && !groups))
            return false;
        jsw_object(w, NULL);
        jsw_span(w, category.len > 0 ? "category" : "categoryGroup",
                 category.len > 0 ? category : group);
        jsw_bool(w, "enabled", enabled);
        jsw_raw(w, "retentionPolicy", span_str("{\"enabled\":false,\"days\":0}"));
        jsw_end(w);
    }
    jsw_end(w);
    return got != JSN_WRONG_TYPE;
}

static bool
copy_properties(const struct jsn *root, struct buf *out)
{
    static const char *const names[] = { "workspaceId",
                                         "storageAccountId",
                                         "eventHubAuthorizationRuleId",
                                         "eventHubName",
                                         "serviceBusRuleId",
                                         "marketplacePartnerId",
                                         "logAnalyticsDestinationType" };
    struct jsw w = jsw_of(sink_buf(out));
    const struct jsn *p;
    bool leads = false;

    if (jsn_get_object(root, "properties", &p) != JSN_OK)
        return false;
    jsw_object(&w, NULL);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct span value = { 0 };
        enum jsn_got got = jsn_get_str(p, names[i], &value);

        if (got == JSN_WRONG_TYPE || value.len > 1024)
            return false;
        if (got == JSN_OK)
            jsw_span(&w, names[i], value);
        leads = leads || (value.len > 0 && i != 3 && i != 6);
    }
    if (!copy_list(p, "logs", true, &w) || !copy_list(p, "metrics", false, &w))
        return false;
    jsw_end(&w);
    return leads && out->err == ERR_OK;
}

struct counting {
    const char *id;
    unsigned n;
};

static bool
count_other(void *arg, const struct resource *r)
{
    struct counting *c = arg;

    c->n += !span_is_str_nocase(span_str(r->id), c->id);
    return true;
}

static enum next
store(struct exchange *x, const char *id, struct span properties)
{
    struct counting c = { .id = id };
    char prefix[MAX_RESOURCE_KEY + 1];
    struct resource r;
    struct jsw w;
    enum err e;

    (void)span_copy_str(span_str(id), prefix, sizeof(prefix));
    strrchr(prefix, '/')[1] = '\0';
    e = resource_each(x->rows, x->view, span_str(prefix), (struct span){ 0 }, SETTINGS_MAX + 1,
                      count_other, &c);
    if (e == ERR_OK && c.n >= SETTINGS_MAX)
        return arm_fail(x, 409, "Conflict", "A resource has at most %d diagnostic settings.",
                        (int)SETTINGS_MAX);
    if (e == ERR_OK)
        e = resource_load(x->rows, x->view, span_str(id), &r);
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return arm_trouble(x, e);
    (void)span_copy_str(span_str(id), r.id, sizeof(r.id));
    r.updated = clock_now();
    r.created = r.revision == 0 ? r.updated : r.created;
    r.properties = properties;
    resource_store(x->rows, &x->write, &r);
    w = arm_reply(x, 200);
    put_setting(&r, &w);
    return arm_finish(x, NEXT_COMMIT);
}

enum next
api_arm_diagnostic_put(struct exchange *x)
{
    char id[MAX_RESOURCE_KEY + 1];
    struct jsn *root = NULL;
    struct buf text;
    enum next next;
    enum err e;

    if (!begin_one(x, id, &next))
        return next;
    e = arm_body(x, &root);
    if (e != ERR_OK)
        return arm_trouble(x, e);
    buf_init(&text, MAX_RESOURCE_PROPERTIES);
    if (copy_properties(root, &text))
        next = store(x, id, buf_span(&text));
    else
        next = arm_fail(x, 400, "BadRequest",
                        "The setting needs properties with a destination; logs name a category "
                        "or a categoryGroup each, metrics a category.");
    buf_release(&text);
    jsn_free(root);
    return next;
}

/* -------------------------------------------------------------------- categories */

static const struct {
    const char *name, *properties;
} categories[] = {
    { "AuditEvent", "{\"categoryType\":\"Logs\",\"categoryGroups\":[\"audit\",\"allLogs\"]}" },
    { "AzurePolicyEvaluationDetails",
      "{\"categoryType\":\"Logs\",\"categoryGroups\":[\"allLogs\"]}" },
    { "AllMetrics", "{\"categoryType\":\"Metrics\",\"categoryGroups\":[]}" },
};

static void
put_category(const char *prefix, size_t i, struct jsw *w)
{
    char id[MAX_RESOURCE_KEY + 64];

    (void)snprintf(id, sizeof(id), "%.*sCategories/%s", (int)strlen(prefix) - 1, prefix,
                   categories[i].name);
    jsw_object(w, NULL);
    jsw_str(w, "id", id);
    jsw_str(w, "name", categories[i].name);
    jsw_str(w, "type", "Microsoft.Insights/diagnosticSettingsCategories");
    jsw_raw(w, "properties", span_str(categories[i].properties));
    jsw_end(w);
}

enum next
api_arm_diagnostic_categories(struct exchange *x)
{
    char prefix[MAX_RESOURCE_KEY + 1];
    enum next next;
    struct jsw w;

    if (!begin(x, prefix, &next))
        return next;
    w = arm_reply(x, 200);
    jsw_object(&w, NULL);
    jsw_array(&w, "value");
    for (size_t i = 0; i < sizeof(categories) / sizeof(categories[0]); i++)
        put_category(prefix, i, &w);
    jsw_end(&w);
    jsw_end(&w);
    return arm_finish(x, NEXT_REPLY);
}

enum next
api_arm_diagnostic_category(struct exchange *x)
{
    char prefix[MAX_RESOURCE_KEY + 1];
    enum next next;
    struct jsw w;

    if (!begin(x, prefix, &next))
        return next;
    for (size_t i = 0; i < sizeof(categories) / sizeof(categories[0]); i++) {
        if (!span_is_str_nocase(x->bind[3], categories[i].name))
            continue;
        w = arm_reply(x, 200);
        put_category(prefix, i, &w);
        return arm_finish(x, NEXT_REPLY);
    }
    return arm_fail(x, 404, "ResourceNotFound", "There is no such category.");
}
