/* SPDX-License-Identifier: Apache-2.0 */
/*
 * role.c - the table of built-in roles, and matching actions against them.
 *
 * Lists are as the vendor publishes them (data-plane.md G4, management-plane.md
 * C.8). A wrong line here is a wrong permission: tests/unit/auth/test_role.c
 * holds the product of roles and data actions.
 */
#include "auth/role.h"

#define AUTHZ  "Microsoft.Authorization/"
#define KV     "Microsoft.KeyVault/"
#define VAULTS KV "vaults/"

/* What most vault roles may do on the control plane. */
#define STD_ALERTS AUTHZ "*/read", "Microsoft.Insights/alertRules/*"
#define STD_GROUPS                                                                             \
    "Microsoft.Resources/subscriptions/resourceGroups/read", "Microsoft.Support/*"
#define STD STD_ALERTS, "Microsoft.Resources/deployments/*", STD_GROUPS
#define KV_READ                                                                                \
    KV "checkNameAvailability/read", KV "deletedVaults/read", KV "locations/*/read",           \
        KV "vaults/*/read", KV "operations/read"

/* clang-format off */
static const struct role roles[] = {
    { "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "Owner",
      "Grants full access to manage all resources, including the ability to assign roles.",
      .actions = { "*" } },
    { "b24988ac-6180-42a0-ab88-20f7382dd24c", "Contributor",
      "Grants full access to manage all resources, but does not allow assigning roles.",
      .actions = { "*" },
      .not_actions = { AUTHZ "*/Delete", AUTHZ "*/Write", AUTHZ "elevateAccess/Action",
                       "Microsoft.Blueprint/blueprintAssignments/write",
                       "Microsoft.Blueprint/blueprintAssignments/delete",
                       "Microsoft.Compute/galleries/share/action",
                       "Microsoft.Purview/consents/write", "Microsoft.Purview/consents/delete",
                       "Microsoft.Resources/deploymentStacks/manageDenySetting/action",
                       "Microsoft.Subscription/cancel/action",
                       "Microsoft.Subscription/enable/action" } },
    { "acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader",
      "View all resources, but does not allow making any changes.",
      .actions = { "*/read" } },
    { "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9", "User Access Administrator",
      "Lets you manage user access to Azure resources.",
      .actions = { "*/read", AUTHZ "*", "Microsoft.Support/*" } },
    { "f58310d9-a9f6-439a-9e8d-f62e7b41a168", "Role Based Access Control Administrator",
      "Manage access to resources by assigning roles.",
      .actions = { AUTHZ "roleAssignments/write", AUTHZ "roleAssignments/delete", "*/read",
                   "Microsoft.Support/*" } },
    { "f25e0fa2-a7c8-4377-a976-54943a77a395", "Key Vault Contributor",
      "Manage key vaults, but not their objects or access to them.",
      .actions = { STD, KV "*" },
      .not_actions = { KV "locations/deletedVaults/purge/action", KV "hsmPools/*",
                       KV "managedHsms/*" } },
    { "00482a5a-887f-4fb3-b363-3b7fe8e74483", "Key Vault Administrator",
      "Perform all data plane operations on a key vault and all objects in it.",
      .actions = { STD, KV_READ },
      .data_actions = { VAULTS "*" } },
    { "21090545-7ca7-4776-b22c-e363652d74d2", "Key Vault Reader",
      "Read metadata of key vaults and their objects, but no sensitive values.",
      .actions = { STD_ALERTS, STD_GROUPS, KV_READ },
      .data_actions = { VAULTS "*/read", VAULTS "secrets/readMetadata/action" } },
    { "b86a8fe4-44ce-4948-aee5-eccb2c155cd7", "Key Vault Secrets Officer",
      "Perform any action on the secrets of a key vault, except manage permissions.",
      .actions = { STD, KV_READ },
      .data_actions = { VAULTS "secrets/*" } },
    { "4633458b-17de-408a-b874-0445c86b69e6", "Key Vault Secrets User",
      "Read secret contents.",
      .data_actions = { VAULTS "secrets/getSecret/action",
                        VAULTS "secrets/readMetadata/action" } },
    { "14b46e9e-c2b7-41b4-b07b-48a6ebf60603", "Key Vault Crypto Officer",
      "Perform any action on the keys of a key vault, except manage permissions.",
      .actions = { STD, KV_READ },
      .data_actions = { VAULTS "keys/*", VAULTS "keyrotationpolicies/*" } },
    { "12338af0-0e69-4776-bea7-57ae8d297424", "Key Vault Crypto User",
      "Perform cryptographic operations using keys.",
      .data_actions = { VAULTS "keys/read", VAULTS "keys/update/action",
                        VAULTS "keys/backup/action", VAULTS "keys/encrypt/action",
                        VAULTS "keys/decrypt/action", VAULTS "keys/wrap/action",
                        VAULTS "keys/unwrap/action", VAULTS "keys/sign/action",
                        VAULTS "keys/verify/action" } },
    { "e147488a-f6f5-4113-8e2d-b22465e65bf6", "Key Vault Crypto Service Encryption User",
      "Read metadata of keys and perform wrap/unwrap operations.",
      .actions = { "Microsoft.EventGrid/eventSubscriptions/write",
                   "Microsoft.EventGrid/eventSubscriptions/read",
                   "Microsoft.EventGrid/eventSubscriptions/delete" },
      .data_actions = { VAULTS "keys/read", VAULTS "keys/wrap/action",
                        VAULTS "keys/unwrap/action" } },
    { "08bbd89e-9f13-488c-ac41-acfcb10c90ab", "Key Vault Crypto Service Release User",
      "Release keys.",
      .data_actions = { VAULTS "keys/release/action" } },
    { "a4417e6f-fecd-4de8-b567-7b0420556985", "Key Vault Certificates Officer",
      "Perform any action on the certificates of a key vault, except manage permissions.",
      .actions = { STD, KV_READ },
      .data_actions = { VAULTS "certificatecas/*", VAULTS "certificates/*",
                        VAULTS "certificatecontacts/write" } },
    { "db79e9a7-68ee-4b58-9aeb-b90e7c24fcba", "Key Vault Certificate User",
      "Read certificate contents.",
      .data_actions = { VAULTS "certificates/read", VAULTS "secrets/getSecret/action",
                        VAULTS "secrets/readMetadata/action", VAULTS "keys/read" } },
    { "a68e7c17-0ab2-4c09-9a58-125dae29748c", "Key Vault Purge Operator",
      "Allows permanent deletion of soft-deleted vaults.",
      .actions = { STD, KV "deletedVaults/read", KV "locations/deletedVaults/read",
                   KV "locations/deletedVaults/purge/action",
                   KV "locations/operationResults/read" } },
    { "8b54135c-b56d-4d72-a534-26097cfdc8d8", "Key Vault Data Access Administrator",
      "Manage access to key vaults by adding or removing assignments of vault roles.",
      .actions = { AUTHZ "roleAssignments/write", AUTHZ "roleAssignments/delete",
                   AUTHZ "*/read", "Microsoft.Resources/deployments/*",
                   "Microsoft.Resources/subscriptions/resourceGroups/read",
                   "Microsoft.Resources/subscriptions/read",
                   "Microsoft.Management/managementGroups/read", "Microsoft.Support/*",
                   VAULTS "*/read" } },
};
/* clang-format on */
enum { NROLES = sizeof(roles) / sizeof(roles[0]) };

const struct role *
role_at(size_t i)
{
    return i < NROLES ? &roles[i] : NULL;
}

const struct role *
role_by_id(const struct guid *id)
{
    for (size_t i = 0; i < NROLES; i++)
        if (strcmp(roles[i].guid, id->text) == 0)
            return &roles[i];
    return NULL;
}

const struct role *
role_by_name(struct span name)
{
    for (size_t i = 0; i < NROLES; i++)
        if (span_is_str_nocase(name, roles[i].name) || span_is_str_nocase(name, roles[i].guid))
            return &roles[i];
    return NULL;
}

static uint8_t
lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

bool
role_pattern_covers(struct span pattern, struct span text)
{
    size_t p = 0, t = 0, star = SIZE_MAX, star_text = 0;

    /* Only the last star met needs to be tried again: pattern x text steps at most. */
    while (t < text.len) {
        if (p < pattern.len && pattern.ptr[p] == '*') {
            star = p++;
            star_text = t;
        } else if (p < pattern.len && lower(pattern.ptr[p]) == lower(text.ptr[t])) {
            p++;
            t++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++star_text;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.ptr[p] == '*')
        p++;
    return p == pattern.len;
}

static bool
list_covers(const char *const list[static MAX_ROLE_ACTIONS + 1], struct span action)
{
    for (size_t i = 0; list[i] != NULL; i++)
        if (role_pattern_covers(span_str(list[i]), action))
            return true;
    return false;
}

bool
role_allows_data_action(const struct role *r, struct span action)
{
    return list_covers(r->data_actions, action) && !list_covers(r->not_data_actions, action);
}

bool
role_allows_action(const struct role *r, struct span action)
{
    return list_covers(r->actions, action) && !list_covers(r->not_actions, action);
}
