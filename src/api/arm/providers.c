/* SPDX-License-Identifier: Apache-2.0 */
/*
 * providers.c - resource providers (management-plane.md A.12). All are registered always:
 * nothing here needs registering, and clients that insist are told so.
 */
#include <stdio.h>

#include "api/arm/arm.h"
#include "api/arm/handlers.h"

enum { TYPES_MAX = 24, VERSIONS_MAX = 13 };

struct provider {
    const char *name;
    const char *types[TYPES_MAX];
    const char *versions[VERSIONS_MAX]; /* newest first; az takes the first stable one */
};

/* clang-format off */
static const struct provider providers[] = {
    { "Microsoft.KeyVault",
      { "vaults", "vaults/accessPolicies", "vaults/secrets", "vaults/keys", "vaults/keys/versions",
        "vaults/eventGridFilters", "vaults/privateEndpointConnections",
        "vaults/privateLinkResources", "deletedVaults", "locations", "locations/deletedVaults",
        "locations/operationResults", "operations", "checkNameAvailability", "managedHSMs",
        "deletedManagedHSMs" },
      { "2026-02-01", "2025-05-01", "2024-11-01", "2023-07-01", "2023-02-01", "2022-11-01",
        "2022-07-01", "2021-10-01", "2019-09-01", "2018-02-14", "2016-10-01", "2015-06-01" } },
    { "Microsoft.Authorization",
      { "roleAssignments", "roleDefinitions", "denyAssignments", "locks", "permissions",
        "providerOperations", "policyDefinitions", "policyAssignments" },
      { "2022-04-01", "2020-05-01", "2016-09-01", "2015-07-01" } },
    { "Microsoft.Resources",
      { "subscriptions", "subscriptions/resourceGroups", "subscriptions/locations", "resources",
        "deployments", "deployments/operations", "tags", "tenants", "providers" },
      { "2025-04-01", "2024-11-01", "2023-07-01", "2022-12-01", "2022-09-01", "2021-04-01",
        "2019-11-01", "2015-11-01" } },
    { "Microsoft.ManagedIdentity",
      { "userAssignedIdentities", "userAssignedIdentities/federatedIdentityCredentials",
        "identities", "operations" },
      { "2024-11-30", "2023-01-31", "2018-11-30" } },
    { "Keyhold.Pki", { "certificateAuthorities" }, { "2026-11-01" } },
    { "Microsoft.Management", { "managementGroups", "getEntities" }, { "2021-04-01", "2020-05-01" } },
    { "Microsoft.Insights",
      { "diagnosticSettings", "diagnosticSettingsCategories", "eventtypes", "metrics",
        "metricDefinitions", "operations" },
      { "2021-05-01-preview", "2018-01-01", "2017-05-01-preview", "2015-04-01" } },
    { "Microsoft.Network", { "virtualNetworks", "privateEndpoints" }, { "2025-05-01", "2024-05-01" } },
    { "Microsoft.EventGrid", { "eventSubscriptions", "systemTopics" }, { "2025-02-15", "2022-06-15" } },
    { "Microsoft.PolicyInsights", { "policyStates" }, { "2024-10-01" } },
    { "Microsoft.Storage", { "storageAccounts" }, { "2024-01-01" } },
    { "Microsoft.Compute", { "virtualMachines" }, { "2024-07-01" } },
};
/* clang-format on */

static void
put_type(struct jsw *w, const struct provider *p, const char *type, const char *location)
{
    jsw_object(w, NULL);
    jsw_str(w, "resourceType", type);
    jsw_array(w, "locations");
    jsw_str(w, NULL, location);
    jsw_end(w);
    jsw_array(w, "apiVersions");
    for (size_t i = 0; i < VERSIONS_MAX && p->versions[i] != NULL; i++)
        jsw_str(w, NULL, p->versions[i]);
    jsw_end(w);
    jsw_str(w, "defaultApiVersion", p->versions[0]);
    jsw_str(w, "capabilities", "SupportsTags, SupportsLocation");
    jsw_end(w);
}

static void
put_provider(struct jsw *w, const struct exchange *x, const struct provider *p)
{
    char id[200];

    (void)snprintf(id, sizeof(id), "/subscriptions/%.*s/providers/%s",
                   (int)span_head(x->bind[0], GUID_LEN).len, (const char *)x->bind[0].ptr,
                   p->name);
    jsw_object(w, NULL);
    jsw_str(w, "id", id);
    jsw_str(w, "namespace", p->name);
    jsw_str(w, "registrationState", "Registered");
    jsw_str(w, "registrationPolicy", "RegistrationFree");
    jsw_array(w, "resourceTypes");
    for (size_t i = 0; i < TYPES_MAX && p->types[i] != NULL; i++)
        put_type(w, p, p->types[i], x->site->location);
    jsw_end(w);
    jsw_end(w);
}

enum next
api_arm_providers(struct exchange *x)
{
    struct guid sub;
    struct jsw w;
    enum err e = arm_subscription(x, &sub);

    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? NEXT_REPLY : arm_trouble(x, e);
    w = arm_reply(x, 200);
    jsw_object(&w, NULL);
    jsw_array(&w, "value");
    for (size_t i = 0; i < sizeof(providers) / sizeof(providers[0]); i++)
        put_provider(&w, x, &providers[i]);
    jsw_end(&w);
    jsw_end(&w);
    return arm_finish(x, NEXT_REPLY);
}

/* A namespace we know nothing of: clients register whole lists of them at start. */
static bool
namespace_is_ok(struct span s)
{
    size_t dots = 0;

    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = s.ptr[i];

        dots += c == '.';
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '.'))
            return false;
    }
    return s.len >= 3 && s.len <= 64 && dots >= 1;
}

enum next
api_arm_provider(struct exchange *x)
{
    struct provider other = { .versions = { "2024-01-01" } };
    const struct provider *p = NULL;
    struct guid sub;
    char name[65];
    struct jsw w;
    enum err e = arm_subscription(x, &sub);

    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? NEXT_REPLY : arm_trouble(x, e);
    for (size_t i = 0; i < sizeof(providers) / sizeof(providers[0]); i++)
        if (span_is_str_nocase(x->bind[1], providers[i].name))
            p = &providers[i];
    if (p == NULL && (!namespace_is_ok(x->bind[1]) || !arm_bind(x, 1, name, sizeof(name))))
        return arm_fail(x, 404, "InvalidResourceNamespace",
                        "The resource namespace '%.*s' is invalid.",
                        (int)span_head(x->bind[1], 128).len, (const char *)x->bind[1].ptr);
    if (p == NULL) {
        other.name = name;
        p = &other;
    }
    w = arm_reply(x, 200);
    put_provider(&w, x, p);
    return arm_finish(x, NEXT_REPLY);
}
