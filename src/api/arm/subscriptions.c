/* SPDX-License-Identifier: Apache-2.0 */
/* subscriptions.c - tenants, subscriptions, locations (management-plane.md A.10). */
#include <stdio.h>

#include "api/arm/arm.h"
#include "api/arm/handlers.h"
#include "api/arm/target.h"
#include "auth/tenant.h"
#include "vault/place.h"

enum next
api_arm_tenants(struct exchange *x)
{
    struct tenant t;
    struct jsw w;
    char id[64];
    enum err e = tenant_load(x->rows, x->view, &x->caller.tid, &t);

    if (e != ERR_OK)
        return arm_trouble(x, e == ERR_NOT_FOUND ? ERR_TOKEN_PRINCIPAL : e);
    (void)snprintf(id, sizeof(id), "/tenants/%s", t.tid.text);
    w = arm_reply(x, 200);
    jsw_object(&w, NULL);
    jsw_array(&w, "value");
    jsw_object(&w, NULL);
    jsw_str(&w, "id", id);
    jsw_str(&w, "tenantId", t.tid.text);
    jsw_str(&w, "displayName", t.name);
    if (t.domain[0] != '\0') {
        jsw_str(&w, "defaultDomain", t.domain);
        jsw_array(&w, "domains");
        jsw_str(&w, NULL, t.domain);
        jsw_end(&w);
    }
    jsw_str(&w, "tenantCategory", "Home");
    jsw_str(&w, "tenantType", "AAD");
    jsw_end(&w);
    jsw_end(&w);
    jsw_end(&w);
    return arm_finish(x, NEXT_REPLY);
}

static void
put_subscription(const struct exchange *x, struct jsw *w, const struct place *p)
{
    char id[64];

    (void)snprintf(id, sizeof(id), "/subscriptions/%s", p->subscription.text);
    jsw_object(w, NULL);
    jsw_str(w, "id", id);
    jsw_str(w, "subscriptionId", p->subscription.text);
    jsw_str(w, "tenantId", arm_tenant_of(x, p)->text);
    jsw_str(w, "displayName", p->name);
    jsw_str(w, "state", "Enabled");
    jsw_object(w, "subscriptionPolicies");
    jsw_str(w, "locationPlacementId", "Internal_2014-09-01");
    jsw_str(w, "quotaId", "Internal_2014-09-01");
    jsw_str(w, "spendingLimit", "Off");
    jsw_end(w);
    jsw_str(w, "authorizationSource", "RoleBased");
    jsw_array(w, "managedByTenants");
    jsw_end(w);
    jsw_object(w, "tags");
    bag_put_json(&p->tags, w);
    jsw_end(w);
    jsw_end(w);
}

struct sub_list {
    struct exchange *x;
    struct jsw w;
    unsigned n;
};

/* Only what the caller has any role on. */
static enum err
list_subscription(void *arg, const struct place *p)
{
    struct sub_list *l = arg;
    char scope[64];

    (void)snprintf(scope, sizeof(scope), "/subscriptions/%s", p->subscription.text);
    if (!guid_is_equal(arm_tenant_of(l->x, p), &l->x->caller.tid) || !arm_has_role(l->x, scope))
        return ERR_OK;
    put_subscription(l->x, &l->w, p);
    l->n++;
    return ERR_OK;
}

enum next
api_arm_subscriptions(struct exchange *x)
{
    struct sub_list l = { .x = x, .w = arm_reply(x, 200) };
    enum err e;

    jsw_object(&l.w, NULL);
    jsw_array(&l.w, "value");
    e = place_each_subscription(x->rows, x->view, list_subscription, &l);
    if (e != ERR_OK)
        return arm_trouble(x, e);
    jsw_end(&l.w);
    jsw_object(&l.w, "count");
    jsw_str(&l.w, "type", "Total");
    jsw_i64(&l.w, "value", l.n);
    jsw_end(&l.w);
    jsw_end(&l.w);
    return arm_finish(x, NEXT_REPLY);
}

enum next
api_arm_subscription(struct exchange *x)
{
    struct guid id;
    struct place p;
    struct jsw w;
    enum err e = arm_subscription(x, &id);

    if (e == ERR_NOT_FOUND)
        return NEXT_REPLY;
    if (e == ERR_OK)
        e = place_load(x->rows, x->view, &id, (struct span){ 0 }, &p);
    if (e != ERR_OK)
        return arm_trouble(x, e);
    w = arm_reply(x, 200);
    put_subscription(x, &w, &p);
    return arm_finish(x, NEXT_REPLY);
}

enum next
api_arm_locations(struct exchange *x)
{
    const char *name = x->site->location;
    char id[160], regional[128];
    struct guid sub;
    struct jsw w;
    enum err e = arm_subscription(x, &sub);

    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? NEXT_REPLY : arm_trouble(x, e);
    (void)snprintf(id, sizeof(id), "/subscriptions/%s/locations/%s", sub.text, name);
    (void)snprintf(regional, sizeof(regional), "(Keyhold) %s", name);
    w = arm_reply(x, 200);
    jsw_object(&w, NULL);
    jsw_array(&w, "value");
    jsw_object(&w, NULL);
    jsw_str(&w, "id", id);
    jsw_str(&w, "name", name);
    jsw_str(&w, "type", "Region");
    jsw_str(&w, "displayName", name);
    jsw_str(&w, "regionalDisplayName", regional);
    jsw_object(&w, "metadata");
    jsw_str(&w, "regionType", "Physical");
    jsw_str(&w, "regionCategory", "Recommended");
    jsw_str(&w, "geography", "Keyhold");
    jsw_str(&w, "geographyGroup", "Keyhold");
    jsw_str(&w, "longitude", "0");
    jsw_str(&w, "latitude", "0");
    jsw_str(&w, "physicalLocation", "");
    jsw_array(&w, "pairedRegion");
    jsw_end(&w);
    jsw_end(&w);
    jsw_end(&w);
    jsw_end(&w);
    jsw_end(&w);
    return arm_finish(x, NEXT_REPLY);
}
