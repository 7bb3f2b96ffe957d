/* SPDX-License-Identifier: Apache-2.0 */
/* deploy_facts.c - what a template may know of where it is deployed, and by whom. */
#include "api/arm/deploy.h"

#include <stdio.h>

static void
put_text(struct arena *a, struct value *to, const char *name, const char *text)
{
    value_put(a, to, span_str(name), value_text(a, text));
}

static const struct value *
group_fact(struct job *j)
{
    const struct place *g = &j->at.group;
    struct value *v = value_object(j->a), *tags = value_object(j->a), *p = value_object(j->a);
    char id[GUID_LEN + MAX_GROUP_NAME + 48];

    (void)snprintf(id, sizeof(id), "/subscriptions/%s/resourceGroups/%.90s",
                   g->subscription.text, g->name);
    put_text(j->a, v, "id", id);
    put_text(j->a, v, "name", g->name);
    put_text(j->a, v, "type", "Microsoft.Resources/resourceGroups");
    put_text(j->a, v, "location", g->location);
    for (unsigned i = 0; i < g->tags.n; i++)
        value_put(j->a, tags, g->tags.tag[i].name, value_str(j->a, g->tags.tag[i].value));
    value_put(j->a, v, span_str("tags"), tags);
    put_text(j->a, p, "provisioningState", "Succeeded");
    value_put(j->a, v, span_str("properties"), p);
    return v;
}

static const struct value *
subscription_fact(struct exchange *x, struct job *j)
{
    struct value *v = value_object(j->a);
    struct place sub;
    char id[GUID_LEN + 20];

    (void)snprintf(id, sizeof(id), "/subscriptions/%s", j->at.subscription.text);
    put_text(j->a, v, "id", id);
    put_text(j->a, v, "subscriptionId", j->at.subscription.text);
    put_text(j->a, v, "tenantId", x->caller.tid.text);
    if (place_load(x->rows, x->view, &j->at.subscription, (struct span){ 0 }, &sub) == ERR_OK)
        put_text(j->a, v, "displayName", sub.name);
    return v;
}

static const struct value *
deployment_fact(struct job *j)
{
    struct value *v = value_object(j->a), *p = value_object(j->a);

    put_text(j->a, v, "name", j->at.name);
    if (j->location[0] != '\0')
        put_text(j->a, v, "location", j->location);
    put_text(j->a, p, "mode", j->complete ? "Complete" : "Incremental");
    put_text(j->a, p, "provisioningState", "Accepted");
    value_put(j->a, v, span_str("properties"), p);
    return v;
}

static const struct value *
environment_fact(struct exchange *x, struct job *j)
{
    struct value *v = value_object(j->a), *auth = value_object(j->a),
                 *ends = value_object(j->a);
    struct value *audiences = value_array(j->a);
    char text[300];

    put_text(j->a, v, "name", "Keyhold");
    (void)snprintf(text, sizeof(text), "%s/", x->site->arm_origin);
    put_text(j->a, v, "resourceManager", text);
    value_push(j->a, audiences, value_text(j->a, text));
    (void)snprintf(text, sizeof(text), "%s/", x->site->graph_origin);
    put_text(j->a, v, "graph", text);
    (void)snprintf(text, sizeof(text), "%s/", x->site->login_origin);
    put_text(j->a, auth, "loginEndpoint", text);
    value_put(j->a, auth, span_str("audiences"), audiences);
    put_text(j->a, auth, "tenant", "common");
    value_put(j->a, v, span_str("authentication"), auth);
    (void)snprintf(text, sizeof(text), ".vault.%s", x->site->domain);
    put_text(j->a, ends, "keyvaultDns", text);
    value_put(j->a, v, span_str("suffixes"), ends);
    return v;
}

const struct value *
deploy_facts(struct exchange *x, struct job *j)
{
    struct value *facts = value_object(j->a), *tenant = value_object(j->a);
    struct value *deployer = value_object(j->a);

    put_text(j->a, tenant, "tenantId", x->caller.tid.text);
    put_text(j->a, deployer, "objectId", x->caller.oid.text);
    put_text(j->a, deployer, "tenantId", x->caller.tid.text);
    if (j->at.in_group)
        value_put(j->a, facts, span_str("resourceGroup"), group_fact(j));
    value_put(j->a, facts, span_str("subscription"), subscription_fact(x, j));
    value_put(j->a, facts, span_str("tenant"), tenant);
    value_put(j->a, facts, span_str("deployer"), deployer);
    value_put(j->a, facts, span_str("deployment"), deployment_fact(j));
    value_put(j->a, facts, span_str("environment"), environment_fact(x, j));
    return facts;
}
