/* SPDX-License-Identifier: Apache-2.0 */
/*
 * role_definition_known.c - every operation of Microsoft.KeyVault
 * (management-plane.md B.10), to tell typing errors from actions.
 */
#include "auth/role.h"
#include "auth/role_definition_int.h"

/* clang-format off */
static const char *const actions[] = {
    "register/action", "unregister/action", "operations/read", "checkNameAvailability/read",
    "deletedVaults/read", "deletedManagedHsms/read", "locations/deletedVaults/read",
    "locations/deletedVaults/purge/action", "locations/deletedManagedHsms/read",
    "locations/deletedManagedHsms/purge/action", "locations/deletedManagedHsms/delete",
    "locations/operationResults/read", "locations/managedHsmOperationResults/read",
    "locations/deleteVirtualNetworkOrSubnets/action",
    "locations/notifyNetworkSecurityPerimeterUpdatesAvailable/action",
    "vaults/read", "vaults/write", "vaults/delete", "vaults/deploy/action",
    "vaults/joinPerimeter/action", "vaults/PrivateEndpointConnectionsApproval/action",
    "vaults/accessPolicies/write",
    "vaults/keys/read", "vaults/keys/write", "vaults/keys/versions/read",
    "vaults/secrets/read", "vaults/secrets/write",
    "vaults/privateEndpointConnections/read", "vaults/privateEndpointConnections/write",
    "vaults/privateEndpointConnections/delete", "vaults/privateEndpointConnectionProxies/read",
    "vaults/privateEndpointConnectionProxies/write",
    "vaults/privateEndpointConnectionProxies/delete",
    "vaults/privateEndpointConnectionProxies/validate/action",
    "vaults/privateLinkResources/read",
    "vaults/networkSecurityPerimeterAssociationProxies/read",
    "vaults/networkSecurityPerimeterAssociationProxies/write",
    "vaults/networkSecurityPerimeterAssociationProxies/delete",
    "vaults/networkSecurityPerimeterConfigurations/read",
    "vaults/networkSecurityPerimeterConfigurations/reconcile/action",
    "vaults/eventGridFilters/read", "vaults/eventGridFilters/write",
    "vaults/eventGridFilters/delete",
    "vaults/providers/Microsoft.Insights/diagnosticSettings/Read",
    "vaults/providers/Microsoft.Insights/diagnosticSettings/Write",
    "vaults/providers/Microsoft.Insights/logDefinitions/read",
    "vaults/providers/Microsoft.Insights/metricDefinitions/read",
    "managedHSMs/read", "managedHSMs/write", "managedHSMs/delete",
    "managedHSMs/PrivateEndpointConnectionsApproval/action", "managedHSMs/keys/read",
    "managedHSMs/keys/write", "managedHSMs/keys/versions/read",
    "managedHSMs/privateEndpointConnections/read",
    "managedHSMs/privateEndpointConnections/write",
    "managedHSMs/privateEndpointConnections/delete",
    "managedHSMs/privateEndpointConnectionProxies/read",
    "managedHSMs/privateEndpointConnectionProxies/write",
    "managedHSMs/privateEndpointConnectionProxies/delete",
    "managedHSMs/privateEndpointConnectionProxies/validate/action",
    "managedHSMs/privateLinkResources/read",
    "hsmPools/read", "hsmPools/write", "hsmPools/delete", "hsmPools/joinVault/action",
};
static const char *const data_actions[] = {
    "keys/read", "keys/update/action", "keys/create/action", "keys/import/action",
    "keys/recover/action", "keys/restore/action", "keys/delete", "keys/backup/action",
    "keys/purge/action", "keys/encrypt/action", "keys/decrypt/action", "keys/wrap/action",
    "keys/unwrap/action", "keys/sign/action", "keys/verify/action", "keys/release/action",
    "keys/rotate/action", "keyrotationpolicies/read", "keyrotationpolicies/write",
    "secrets/delete", "secrets/backup/action", "secrets/purge/action", "secrets/update/action",
    "secrets/recover/action", "secrets/restore/action", "secrets/readMetadata/action",
    "secrets/getSecret/action", "secrets/setSecret/action",
    "certificates/delete", "certificates/read", "certificates/backup/action",
    "certificates/purge/action", "certificates/update/action", "certificates/create/action",
    "certificates/import/action", "certificates/recover/action", "certificates/restore/action",
    "certificatecas/delete", "certificatecas/read", "certificatecas/write",
    "certificatecontacts/write",
    "storageaccounts/read", "storageaccounts/set/action", "storageaccounts/delete",
    "storageaccounts/backup/action", "storageaccounts/purge/action",
    "storageaccounts/regeneratekey/action", "storageaccounts/recover/action",
    "storageaccounts/restore/action", "storageaccounts/sas/set/action",
    "storageaccounts/sas/delete", "storageaccounts/sas/read",
};
/* clang-format on */

static bool
covers_any(struct span pattern, const char *prefix, const char *const *names, size_t n)
{
    char text[160];

    for (size_t i = 0; i < n; i++) {
        (void)snprintf(text, sizeof(text), "%s%s", prefix, names[i]);
        if (role_pattern_covers(pattern, span_str(text)))
            return true;
    }
    return false;
}

bool
role_action_is_known(struct span pattern, bool is_data)
{
    static const char provider[] = "Microsoft.KeyVault/";

    if (action_is_directory(pattern)) /* another plane: no custom role reaches it */
        return false;
    if (!span_is_str_nocase(span_head(pattern, sizeof(provider) - 1), provider))
        return true;
    if (is_data)
        return covers_any(pattern, "Microsoft.KeyVault/vaults/", data_actions,
                          sizeof(data_actions) / sizeof(data_actions[0]));
    return covers_any(pattern, provider, actions, sizeof(actions) / sizeof(actions[0]));
}
