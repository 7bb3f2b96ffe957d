/* SPDX-License-Identifier: Apache-2.0 */
/*
 * routes_arm.c - what can be asked of the resource manager (management-plane.md). Earlier rows
 * win: what is spelled out stands before what {*scope} covers.
 */
#include "api/arm/handlers.h"
#include "api/routes.h"

#define ARM(m, p, s, act, fn, op)                                                              \
    {                                                                                          \
        .plane = PLANE_MANAGEMENT, .method = HTTP_##m, .path = p, .over = s, .action = act,    \
        .wants_version = true, .since = V_ARM, .run = fn, .operation = op                      \
    }
#define SCOPED "{*scope}/providers/Microsoft.Authorization/"
#define GROUP  "/subscriptions/{subscription}/resourceGroups/{group}"

/* clang-format off */
static const struct route rows[] = {
    { .plane = PLANE_MANAGEMENT, .method = HTTP_GET, .path = "/metadata/endpoints", .open = true,
      .run = api_arm_metadata, .operation = "MetadataEndpoints" },

    ARM(GET, "/tenants", OVER_OWN, "Microsoft.Resources/tenants/read",
        api_arm_tenants, "TenantList"),
    ARM(GET, "/subscriptions", OVER_OWN, "Microsoft.Resources/subscriptions/read",
        api_arm_subscriptions, "SubscriptionList"),
    ARM(GET, "/subscriptions/{subscription}", OVER_SELF,
        "Microsoft.Resources/subscriptions/read", api_arm_subscription, "SubscriptionGet"),
    ARM(GET, "/subscriptions/{subscription}/locations", OVER_ABOVE,
        "Microsoft.Resources/subscriptions/locations/read", api_arm_locations, "LocationList"),

    ARM(GET, "/subscriptions/{subscription}/providers", OVER_OWN,
        "Microsoft.Resources/subscriptions/providers/read", api_arm_providers, "ProviderList"),
    ARM(GET, "/subscriptions/{subscription}/providers/{namespace}", OVER_OWN,
        "Microsoft.Resources/subscriptions/providers/read", api_arm_provider, "ProviderGet"),
    ARM(POST, "/subscriptions/{subscription}/providers/{namespace}/register", OVER_OWN,
        "Microsoft.Resources/subscriptions/providers/read", api_arm_provider, "ProviderRegister"),

    ARM(GET, "/subscriptions/{subscription}/resourceGroups", OVER_OWN,
        "Microsoft.Resources/subscriptions/resourceGroups/read", api_arm_groups,
        "ResourceGroupList"),
    ARM(GET, GROUP, OVER_SELF, "Microsoft.Resources/subscriptions/resourceGroups/read",
        api_arm_group_get, "ResourceGroupGet"),
    ARM(PUT, GROUP, OVER_SELF, "Microsoft.Resources/subscriptions/resourceGroups/write",
        api_arm_group_put, "ResourceGroupPut"),
    ARM(PATCH, GROUP, OVER_SELF, "Microsoft.Resources/subscriptions/resourceGroups/write",
        api_arm_group_patch, "ResourceGroupPatch"),

    ARM(GET, SCOPED "locks", OVER_ABOVE, "Microsoft.Authorization/locks/read", api_arm_locks,
        "LockList"),
    ARM(GET, SCOPED "locks/{name}", OVER_SELF, "Microsoft.Authorization/locks/read",
        api_arm_lock_get, "LockGet"),
    ARM(PUT, SCOPED "locks/{name}", OVER_SELF, "Microsoft.Authorization/locks/write",
        api_arm_lock_put, "LockPut"),
    ARM(DELETE, SCOPED "locks/{name}", OVER_SELF, "Microsoft.Authorization/locks/delete",
        api_arm_lock_delete, "LockDelete"),
};
/* clang-format on */

const struct route_table routes_arm = { rows, sizeof(rows) / sizeof(rows[0]) };
