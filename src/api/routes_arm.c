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
/* The same about objects of a kind. */
#define ARM_OF(m, p, s, act, k, fn, op)                                                        \
    {                                                                                          \
        .plane = PLANE_MANAGEMENT, .method = HTTP_##m, .path = p, .over = s, .action = act,    \
        .wants_version = true, .since = V_ARM, .kind = k, .run = fn, .operation = op           \
    }
#define SCOPED          "{*scope}/providers/Microsoft.Authorization/"
#define TAGS            "{*scope}/providers/Microsoft.Resources/tags/default"
#define KEYVAULT        "/providers/Microsoft.KeyVault/"
#define GROUP           "/subscriptions/{subscription}/resourceGroups/{group}"
#define VAULT           GROUP KEYVAULT "vaults/{vault}"
#define IDENTITY_ACTION "Microsoft.ManagedIdentity/userAssignedIdentities/"
#define IDENTITIES      "/providers/Microsoft.ManagedIdentity/userAssignedIdentities"
#define IDENTITY        GROUP IDENTITIES "/{identity}"
#define FEDERATED       IDENTITY "/federatedIdentityCredentials"
#define DIAGNOSTICS     "/providers/Microsoft.Insights/diagnosticSettings"
#define MANAGEMENT      "/providers/Microsoft.Management/"
#define MGS             MANAGEMENT "managementGroups"
#define MG              MGS "/{group}"
#define MG_ACTION       "Microsoft.Management/managementGroups/"
/* Either spelling of the right does (api/arm/diagnostics.c). */
#define DIAGNOSTICS_ACTION "Microsoft.Insights/diagnosticSettings/"
#define DELETED                                                                                \
    "/subscriptions/{subscription}" KEYVAULT "locations/{location}/deletedVaults/{vault}"

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
    ARM(DELETE, GROUP, OVER_SELF, "Microsoft.Resources/subscriptions/resourceGroups/delete",
        api_arm_group_delete, "ResourceGroupDelete"),
    ARM(GET, "/subscriptions/{subscription}/resources", OVER_OWN,
        "Microsoft.Resources/subscriptions/resources/read", api_arm_resources, "ResourceList"),
    ARM(GET, GROUP "/resources", OVER_OWN,
        "Microsoft.Resources/subscriptions/resourceGroups/resources/read",
        api_arm_resources_of_group, "ResourceListByGroup"),
    ARM(GET, "/subscriptions/{subscription}/operationresults/{operation}", OVER_OWN,
        "Microsoft.Resources/subscriptions/operationresults/read", api_arm_operation,
        "OperationResultGet"),

    ARM(GET, "/subscriptions/{subscription}" KEYVAULT "vaults", OVER_OWN,
        "Microsoft.KeyVault/vaults/read", api_arm_vaults_of_subscription, "VaultList"),
    ARM(GET, GROUP KEYVAULT "vaults", OVER_OWN, "Microsoft.KeyVault/vaults/read",
        api_arm_vaults_of_group, "VaultListByGroup"),
    ARM(GET, VAULT, OVER_SELF, "Microsoft.KeyVault/vaults/read", api_arm_vault_get, "VaultGet"),
    ARM(PUT, VAULT, OVER_SELF, "Microsoft.KeyVault/vaults/write", api_arm_vault_put, "VaultPut"),
    ARM(PATCH, VAULT, OVER_SELF, "Microsoft.KeyVault/vaults/write", api_arm_vault_patch,
        "VaultPatch"),
    ARM(DELETE, VAULT, OVER_SELF, "Microsoft.KeyVault/vaults/delete", api_arm_vault_delete,
        "VaultDelete"),
    ARM(PUT, VAULT "/accessPolicies/{operation}", OVER_SELF,
        "Microsoft.KeyVault/vaults/accessPolicies/write", api_arm_vault_policies,
        "VaultAccessPolicyPut"),
    ARM_OF(GET, VAULT "/keys", OVER_ABOVE, "Microsoft.KeyVault/vaults/keys/read", KIND_KEY,
        api_arm_keys, "VaultKeyList"),
    ARM_OF(GET, VAULT "/keys/{name}", OVER_SELF, "Microsoft.KeyVault/vaults/keys/read", KIND_KEY,
        api_arm_key_get, "VaultKeyGet"),
    ARM_OF(PUT, VAULT "/keys/{name}", OVER_SELF, "Microsoft.KeyVault/vaults/keys/write", KIND_KEY,
        api_arm_key_put, "VaultKeyPut"),
    ARM_OF(GET, VAULT "/keys/{name}/versions", OVER_ABOVE,
        "Microsoft.KeyVault/vaults/keys/versions/read", KIND_KEY, api_arm_key_versions,
        "VaultKeyVersionList"),
    ARM_OF(GET, VAULT "/keys/{name}/versions/{version}", OVER_SELF,
        "Microsoft.KeyVault/vaults/keys/versions/read", KIND_KEY, api_arm_key_version,
        "VaultKeyVersionGet"),
    ARM_OF(GET, VAULT "/secrets", OVER_ABOVE, "Microsoft.KeyVault/vaults/secrets/read",
        KIND_SECRET, api_arm_secrets, "VaultSecretList"),
    ARM_OF(GET, VAULT "/secrets/{name}", OVER_SELF, "Microsoft.KeyVault/vaults/secrets/read",
        KIND_SECRET, api_arm_secret_get, "VaultSecretGet"),
    ARM_OF(PUT, VAULT "/secrets/{name}", OVER_SELF, "Microsoft.KeyVault/vaults/secrets/write",
        KIND_SECRET, api_arm_secret_put, "VaultSecretPut"),
    ARM_OF(PATCH, VAULT "/secrets/{name}", OVER_SELF, "Microsoft.KeyVault/vaults/secrets/write",
        KIND_SECRET, api_arm_secret_patch, "VaultSecretPatch"),
    ARM(GET, VAULT "/privateLinkResources", OVER_ABOVE,
        "Microsoft.KeyVault/vaults/privateLinkResources/read", api_arm_private_links,
        "PrivateLinkResourceList"),
    ARM(GET, VAULT "/privateEndpointConnections", OVER_ABOVE,
        "Microsoft.KeyVault/vaults/privateEndpointConnections/read", api_arm_private_endpoints,
        "PrivateEndpointConnectionList"),
    ARM(POST, "/subscriptions/{subscription}" KEYVAULT "checkNameAvailability", OVER_ABOVE,
        "Microsoft.KeyVault/checkNameAvailability/read", api_arm_check_name,
        "VaultNameAvailability"),
    ARM(GET, "/subscriptions/{subscription}" KEYVAULT "deletedVaults", OVER_ABOVE,
        "Microsoft.KeyVault/deletedVaults/read", api_arm_deleted_vaults, "DeletedVaultList"),
    ARM(GET, DELETED, OVER_SELF, "Microsoft.KeyVault/locations/deletedVaults/read",
        api_arm_deleted_vault_get, "DeletedVaultGet"),
    ARM(POST, DELETED "/purge", OVER_ACTION,
        "Microsoft.KeyVault/locations/deletedVaults/purge/action", api_arm_deleted_vault_purge,
        "VaultPurge"),
    ARM(GET, "/subscriptions/{subscription}" KEYVAULT "locations/{location}/operationResults/{id}",
        OVER_OWN, "Microsoft.KeyVault/locations/operationResults/read", api_arm_operation,
        "OperationResultGet"),
    ARM(GET, "/subscriptions/{subscription}" KEYVAULT "managedHSMs", OVER_OWN,
        "Microsoft.KeyVault/managedHSMs/read", api_arm_none, "ManagedHsmList"),
    ARM(GET, "/subscriptions/{subscription}" KEYVAULT "deletedManagedHSMs", OVER_OWN,
        "Microsoft.KeyVault/deletedManagedHsms/read", api_arm_none, "DeletedManagedHsmList"),
    ARM(GET, GROUP KEYVAULT "managedHSMs", OVER_OWN, "Microsoft.KeyVault/managedHSMs/read",
        api_arm_none, "ManagedHsmListByGroup"),

    ARM(GET, SCOPED "roleDefinitions", OVER_ABOVE,
        "Microsoft.Authorization/roleDefinitions/read", api_arm_roles, "RoleDefinitionList"),
    ARM(GET, SCOPED "roleDefinitions/{name}", OVER_SELF,
        "Microsoft.Authorization/roleDefinitions/read", api_arm_role_get, "RoleDefinitionGet"),
    ARM(PUT, SCOPED "roleDefinitions/{name}", OVER_OWN,
        "Microsoft.Authorization/roleDefinitions/write", api_arm_role_put, "RoleDefinitionPut"),
    ARM(DELETE, SCOPED "roleDefinitions/{name}", OVER_SELF,
        "Microsoft.Authorization/roleDefinitions/delete", api_arm_role_delete,
        "RoleDefinitionDelete"),
    ARM(GET, SCOPED "roleAssignments", OVER_ABOVE,
        "Microsoft.Authorization/roleAssignments/read", api_arm_assignments,
        "RoleAssignmentList"),
    ARM(GET, SCOPED "roleAssignments/{name}", OVER_SELF,
        "Microsoft.Authorization/roleAssignments/read", api_arm_assignment_get,
        "RoleAssignmentGet"),
    ARM(PUT, SCOPED "roleAssignments/{name}", OVER_OWN,
        "Microsoft.Authorization/roleAssignments/write", api_arm_assignment_put,
        "RoleAssignmentPut"),
    ARM(DELETE, SCOPED "roleAssignments/{name}", OVER_OWN,
        "Microsoft.Authorization/roleAssignments/delete", api_arm_assignment_delete,
        "RoleAssignmentDelete"),
    ARM(GET, SCOPED "denyAssignments", OVER_ABOVE,
        "Microsoft.Authorization/denyAssignments/read", api_arm_denies, "DenyAssignmentList"),
    ARM(GET, SCOPED "denyAssignments/{name}", OVER_SELF,
        "Microsoft.Authorization/denyAssignments/read", api_arm_deny_get, "DenyAssignmentGet"),
    ARM(GET, SCOPED "permissions", OVER_OWN, "Microsoft.Authorization/permissions/read",
        api_arm_permissions, "PermissionList"),
    ARM(GET, "/providers/Microsoft.Authorization/providerOperations", OVER_OWN,
        "Microsoft.Authorization/providerOperations/read", api_arm_provider_operations,
        "ProviderOperationList"),
    ARM(GET, "/providers/Microsoft.Authorization/providerOperations/{namespace}", OVER_OWN,
        "Microsoft.Authorization/providerOperations/read", api_arm_provider_operation,
        "ProviderOperationGet"),
    ARM(GET, KEYVAULT "operations", OVER_OWN, "Microsoft.KeyVault/operations/read",
        api_arm_operations, "OperationList"),

    ARM(GET, "/subscriptions/{subscription}" IDENTITIES, OVER_OWN, IDENTITY_ACTION "read",
        api_arm_identities_of_subscription, "IdentityList"),
    ARM(GET, GROUP IDENTITIES, OVER_OWN, IDENTITY_ACTION "read", api_arm_identities_of_group,
        "IdentityListByGroup"),
    ARM(GET, IDENTITY, OVER_SELF, IDENTITY_ACTION "read", api_arm_identity_get, "IdentityGet"),
    ARM(PUT, IDENTITY, OVER_SELF, IDENTITY_ACTION "write", api_arm_identity_put, "IdentityPut"),
    ARM(PATCH, IDENTITY, OVER_SELF, IDENTITY_ACTION "write", api_arm_identity_patch,
        "IdentityPatch"),
    ARM(DELETE, IDENTITY, OVER_SELF, IDENTITY_ACTION "delete", api_arm_identity_delete,
        "IdentityDelete"),
    ARM(GET, FEDERATED, OVER_ABOVE, IDENTITY_ACTION "federatedIdentityCredentials/read",
        api_arm_federated, "FederatedCredentialList"),
    ARM(GET, FEDERATED "/{name}", OVER_SELF, IDENTITY_ACTION "federatedIdentityCredentials/read",
        api_arm_federated_get, "FederatedCredentialGet"),
    ARM(PUT, FEDERATED "/{name}", OVER_SELF, IDENTITY_ACTION "federatedIdentityCredentials/write",
        api_arm_federated_put, "FederatedCredentialPut"),
    ARM(DELETE, FEDERATED "/{name}", OVER_SELF,
        IDENTITY_ACTION "federatedIdentityCredentials/delete", api_arm_federated_delete,
        "FederatedCredentialDelete"),

    ARM(GET,
        "/subscriptions/{subscription}/providers/Microsoft.Insights/eventtypes/management/values",
        OVER_OWN, "Microsoft.Insights/eventtypes/values/read", api_arm_events, "EventList"),

    ARM(GET, VAULT DIAGNOSTICS, OVER_OWN, DIAGNOSTICS_ACTION "Read", api_arm_diagnostics,
        "DiagnosticSettingList"),
    ARM(GET, VAULT DIAGNOSTICS "/{name}", OVER_OWN, DIAGNOSTICS_ACTION "Read",
        api_arm_diagnostic_get, "DiagnosticSettingGet"),
    ARM(PUT, VAULT DIAGNOSTICS "/{name}", OVER_OWN, DIAGNOSTICS_ACTION "Write",
        api_arm_diagnostic_put, "DiagnosticSettingPut"),
    ARM(DELETE, VAULT DIAGNOSTICS "/{name}", OVER_OWN, DIAGNOSTICS_ACTION "Delete",
        api_arm_diagnostic_delete, "DiagnosticSettingDelete"),
    ARM(GET, VAULT DIAGNOSTICS "Categories", OVER_OWN, DIAGNOSTICS_ACTION "Read",
        api_arm_diagnostic_categories, "DiagnosticCategoryList"),
    ARM(GET, VAULT DIAGNOSTICS "Categories/{name}", OVER_OWN, DIAGNOSTICS_ACTION "Read",
        api_arm_diagnostic_category, "DiagnosticCategoryGet"),

    ARM(GET, TAGS, OVER_OWN, "Microsoft.Resources/tags/read", api_arm_tags_get, "TagsGet"),
    ARM(PUT, TAGS, OVER_OWN, "Microsoft.Resources/tags/write", api_arm_tags_put, "TagsPut"),
    ARM(PATCH, TAGS, OVER_OWN, "Microsoft.Resources/tags/write", api_arm_tags_put,
        "TagsPatch"),
    ARM(DELETE, TAGS, OVER_OWN, "Microsoft.Resources/tags/delete", api_arm_tags_delete,
        "TagsDelete"),

    /* WIRE: ours alone. POST, for what is asked is too long for a query; it changes nothing. */
    ARM(POST, "{*scope}/providers/Keyhold.Authorization/explain", OVER_OWN,
        "Microsoft.Authorization/roleAssignments/read", api_arm_explain, "AccessExplain"),

    ARM(GET, MGS, OVER_OWN, MG_ACTION "read", api_arm_mg_list, "ManagementGroupList"),
    ARM(GET, MG, OVER_SELF, MG_ACTION "read", api_arm_mg_get, "ManagementGroupGet"),
    ARM(PUT, MG, OVER_OWN, MG_ACTION "write", api_arm_mg_put, "ManagementGroupPut"),
    ARM(PATCH, MG, OVER_SELF, MG_ACTION "write", api_arm_mg_patch, "ManagementGroupPatch"),
    ARM(DELETE, MG, OVER_SELF, MG_ACTION "delete", api_arm_mg_delete, "ManagementGroupDelete"),
    ARM(GET, MG "/descendants", OVER_ABOVE, MG_ACTION "descendants/read",
        api_arm_mg_descendants, "ManagementGroupDescendants"),
    ARM(GET, MG "/subscriptions", OVER_ABOVE, MG_ACTION "subscriptions/read",
        api_arm_mg_subscriptions, "ManagementGroupSubscriptionList"),
    ARM(GET, MG "/subscriptions/{subscription}", OVER_OWN, MG_ACTION "subscriptions/read",
        api_arm_mg_subscription_get, "ManagementGroupSubscriptionGet"),
    ARM(PUT, MG "/subscriptions/{subscription}", OVER_OWN, MG_ACTION "subscriptions/write",
        api_arm_mg_subscription_put, "ManagementGroupSubscriptionPut"),
    ARM(DELETE, MG "/subscriptions/{subscription}", OVER_OWN, MG_ACTION "subscriptions/delete",
        api_arm_mg_subscription_delete, "ManagementGroupSubscriptionDelete"),
    ARM(GET, MG "/settings", OVER_OWN, MG_ACTION "settings/read", api_arm_hierarchy_settings,
        "HierarchySettingsList"),
    ARM(GET, MG "/settings/default", OVER_OWN, MG_ACTION "settings/read",
        api_arm_hierarchy_settings_get, "HierarchySettingsGet"),
    ARM(PUT, MG "/settings/default", OVER_OWN, MG_ACTION "settings/write",
        api_arm_hierarchy_settings_put, "HierarchySettingsPut"),
    ARM(PATCH, MG "/settings/default", OVER_OWN, MG_ACTION "settings/write",
        api_arm_hierarchy_settings_put, "HierarchySettingsPatch"),
    ARM(DELETE, MG "/settings/default", OVER_OWN, MG_ACTION "settings/delete",
        api_arm_hierarchy_settings_delete, "HierarchySettingsDelete"),
    ARM(GET, MANAGEMENT "operationResults/{operation}/managementGroups/{group}", OVER_OWN,
        MG_ACTION "read", api_arm_mg_operation, "ManagementGroupOperation"),
    ARM(POST, MANAGEMENT "getEntities", OVER_OWN, "Microsoft.Management/getEntities/action",
        api_arm_entities, "EntityList"),
    ARM(GET, MANAGEMENT "getEntities", OVER_OWN, "Microsoft.Management/getEntities/action",
        api_arm_entities, "EntityList"), /* next pages */
    ARM(POST, MANAGEMENT "checkNameAvailability", OVER_OWN,
        "Microsoft.Management/checkNameAvailability/action", api_arm_mg_check_name,
        "ManagementGroupNameAvailability"),
    ARM(POST, MANAGEMENT "startTenantBackfill", OVER_OWN,
        "Microsoft.Management/startTenantBackfill/action", api_arm_mg_backfill,
        "TenantBackfill"),
    ARM(POST, MANAGEMENT "tenantBackfillStatus", OVER_OWN,
        "Microsoft.Management/tenantBackfillStatus/action", api_arm_mg_backfill,
        "TenantBackfillStatus"),

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
