/* SPDX-License-Identifier: Apache-2.0 */
/*
 * operations.c - what can be done with vaults, for those who write roles
 * (management-plane.md B.10, B.11, C.1), and what can be linked to privately.
 */
#include <stdio.h>

#include "api/arm/arm.h"
#include "api/arm/handlers.h"
#include "api/arm/vault_arm.h"
#include "api/arm/vault_json.h"

struct operation {
    const char *name; /* behind "Microsoft.KeyVault/" */
    const char *resource;
    const char *text;
    bool is_data;
};

/* clang-format off */
static const struct operation operations[] = {
    { "register/action", "Key Vault", "Register Subscription", false },
    { "unregister/action", "Key Vault", "Unregister Subscription", false },
    { "operations/read", "Operations", "Available Key Vault Operations", false },
    { "checkNameAvailability/read", "Key Vault Name Availability", "Check Key Vault Name Availability", false },
    { "deletedVaults/read", "Soft Deleted Vault", "View Soft Deleted Vaults", false },
    { "locations/deletedVaults/read", "Soft Deleted Key Vault", "View Soft Deleted Key Vault", false },
    { "locations/deletedVaults/purge/action", "Soft Deleted Key Vault", "Purge Soft Deleted Key Vault", false },
    { "locations/operationResults/read", "Operation Results", "Check Operation Result", false },
    { "vaults/read", "Key Vault", "View Key Vault", false },
    { "vaults/write", "Key Vault", "Update Key Vault", false },
    { "vaults/delete", "Key Vault", "Delete Key Vault", false },
    { "vaults/deploy/action", "Key Vault", "Use Vault for Azure Deployments", false },
    { "vaults/accessPolicies/write", "Access Policy", "Update Access Policy", false },
    { "vaults/keys/read", "Key", "Read Key", false },
    { "vaults/keys/write", "Key", "Create Key", false },
    { "vaults/keys/versions/read", "Key Version", "Read Key Version", false },
    { "vaults/secrets/read", "Secret", "View Secret Properties", false },
    { "vaults/secrets/write", "Secret", "Update Secret", false },
    { "vaults/privateEndpointConnections/read", "Private Endpoint Connection", "View Private Endpoint Connection", false },
    { "vaults/privateLinkResources/read", "Private Link Resource", "View Private Link Resources", false },
    { "vaults/providers/Microsoft.Insights/diagnosticSettings/Read", "Key Vault Diagnostic Settings", "Read Diagnostic Setting", false },
    { "vaults/providers/Microsoft.Insights/diagnosticSettings/Write", "Key Vault Diagnostic Settings", "Write Diagnostic Setting", false },
    { "vaults/providers/Microsoft.Insights/logDefinitions/read", "Key Vault Log Definitions", "Read Log Definitions", false },
    { "vaults/keys/read", "Key", "Read Key Properties", true },
    { "vaults/keys/update/action", "Key", "Update Key", true },
    { "vaults/keys/create/action", "Key", "Create Key", true },
    { "vaults/keys/import/action", "Key", "Import Key", true },
    { "vaults/keys/recover/action", "Key", "Recover Key", true },
    { "vaults/keys/restore/action", "Key", "Restore Key", true },
    { "vaults/keys/delete", "Key", "Delete Key", true },
    { "vaults/keys/backup/action", "Key", "Backup Key", true },
    { "vaults/keys/purge/action", "Key", "Purge Key", true },
    { "vaults/keys/encrypt/action", "Key", "Encrypt using Key", true },
    { "vaults/keys/decrypt/action", "Key", "Decrypt using Key", true },
    { "vaults/keys/wrap/action", "Key", "Wrap with Key", true },
    { "vaults/keys/unwrap/action", "Key", "Unwrap with Key", true },
    { "vaults/keys/sign/action", "Key", "Sign with Key", true },
    { "vaults/keys/verify/action", "Key", "Verify Signature with Key", true },
    { "vaults/keys/release/action", "Key", "Release Key", true },
    { "vaults/keys/rotate/action", "Key", "Rotate Key", true },
    { "vaults/keyrotationpolicies/read", "Key Rotation Policy", "Read Key Rotation Policy", true },
    { "vaults/keyrotationpolicies/write", "Key Rotation Policy", "Write Key Rotation Policy", true },
    { "vaults/secrets/delete", "Secret", "Delete Secret", true },
    { "vaults/secrets/backup/action", "Secret", "Backup Secret", true },
    { "vaults/secrets/purge/action", "Secret", "Purge Secret", true },
    { "vaults/secrets/update/action", "Secret", "Update Secret", true },
    { "vaults/secrets/recover/action", "Secret", "Recover Secret", true },
    { "vaults/secrets/restore/action", "Secret", "Restore Secret", true },
    { "vaults/secrets/readMetadata/action", "Secret", "Read Secret Properties", true },
    { "vaults/secrets/getSecret/action", "Secret", "Get Secret", true },
    { "vaults/secrets/setSecret/action", "Secret", "Set Secret", true },
    { "vaults/certificates/delete", "Certificate", "Delete Certificate", true },
    { "vaults/certificates/read", "Certificate", "Read Certificate Properties", true },
    { "vaults/certificates/backup/action", "Certificate", "Backup Certificate", true },
    { "vaults/certificates/purge/action", "Certificate", "Purge Certificate", true },
    { "vaults/certificates/update/action", "Certificate", "Update Certificate", true },
    { "vaults/certificates/create/action", "Certificate", "Create Certificate", true },
    { "vaults/certificates/import/action", "Certificate", "Import Certificate", true },
    { "vaults/certificates/recover/action", "Certificate", "Recover Certificate", true },
    { "vaults/certificates/restore/action", "Certificate", "Restore Certificate", true },
};
/* clang-format on */

enum { OPERATIONS = sizeof(operations) / sizeof(operations[0]) };

static void
put_operation(struct jsw *w, const struct operation *o)
{
    char name[128];

    (void)snprintf(name, sizeof(name), "Microsoft.KeyVault/%s", o->name);
    jsw_object(w, NULL);
    jsw_str(w, "name", name);
    jsw_bool(w, "isDataAction", o->is_data);
    jsw_object(w, "display");
    jsw_str(w, "provider", "Microsoft Key Vault");
    jsw_str(w, "resource", o->resource);
    jsw_str(w, "operation", o->text);
    jsw_str(w, "description", o->text);
    jsw_end(w);
    if (strstr(o->name, "logDefinitions") != NULL) {
        jsw_str(w, "origin", "system");
        jsw_object(w, "properties");
        jsw_raw(w, "serviceSpecification",
                span_str("{\"logSpecifications\":[{\"name\":\"AuditEvent\",\"displayName\":"
                         "\"Audit Logs\",\"blobDuration\":\"PT1H\"}]}"));
        jsw_end(w);
    }
    jsw_end(w);
}

enum next
api_arm_operations(struct exchange *x)
{
    struct jsw w = arm_reply(x, 200);

    jsw_object(&w, NULL);
    jsw_array(&w, "value");
    for (unsigned i = 0; i < OPERATIONS; i++)
        put_operation(&w, &operations[i]);
    jsw_end(&w);
    jsw_end(&w);
    return arm_finish(x, NEXT_REPLY);
}

/* -------------------------------------------------------------- providerOperations */

/* The type of an operation: "vaults/keys" of "vaults/keys/sign/action". */
static struct span
type_of(const struct operation *o)
{
    struct span name = span_str(o->name);
    const char *end = strrchr(o->name, '/');
    size_t len = (size_t)(end - o->name);

    if (strcmp(end, "/action") != 0)
        return span_head(name, len);
    while (len > 0 && o->name[len - 1] != '/')
        len--;
    return span_head(name, len > 0 ? len - 1 : 0);
}

static void
put_type_operation(struct jsw *w, const struct operation *o)
{
    char name[128];

    (void)snprintf(name, sizeof(name), "Microsoft.KeyVault/%s", o->name);
    jsw_object(w, NULL);
    jsw_str(w, "name", name);
    jsw_str(w, "displayName", o->text);
    jsw_str(w, "description", o->text);
    jsw_bool(w, "isDataAction", o->is_data);
    jsw_end(w);
}

static bool
was_before(unsigned i)
{
    for (unsigned k = 0; k < i; k++)
        if (span_is_equal(type_of(&operations[k]), type_of(&operations[i])))
            return true;
    return false;
}

static void
put_operations_of(struct jsw *w, struct span type)
{
    jsw_array(w, "operations");
    for (unsigned k = 0; k < OPERATIONS; k++)
        if (span_is_equal(type_of(&operations[k]), type))
            put_type_operation(w, &operations[k]);
    jsw_end(w);
}

static void
put_provider(struct jsw *w)
{
    jsw_object(w, NULL);
    jsw_str(w, "id",
            "/providers/Microsoft.Authorization/providerOperations/Microsoft.KeyVault");
    jsw_str(w, "type", "Microsoft.Authorization/providerOperations");
    jsw_str(w, "name", "Microsoft.KeyVault");
    jsw_str(w, "displayName", "Microsoft Key Vault");
    jsw_array(w, "resourceTypes");
    for (unsigned i = 0; i < OPERATIONS; i++) {
        struct span type = type_of(&operations[i]);

        if (type.len == 0 || was_before(i))
            continue;
        jsw_object(w, NULL);
        jsw_span(w, "name", type);
        jsw_str(w, "displayName", operations[i].resource);
        put_operations_of(w, type);
        jsw_end(w);
    }
    jsw_end(w);
    put_operations_of(w, (struct span){ 0 });
    jsw_end(w);
}

enum next
api_arm_provider_operations(struct exchange *x)
{
    struct jsw w = arm_reply(x, 200);

    jsw_object(&w, NULL);
    jsw_array(&w, "value");
    put_provider(&w);
    jsw_end(&w);
    jsw_end(&w);
    return arm_finish(x, NEXT_REPLY);
}

enum next
api_arm_provider_operation(struct exchange *x)
{
    struct jsw w;

    if (!span_is_str_nocase(x->bind[0], "Microsoft.KeyVault"))
        return arm_fail(x, 404, "ProviderNotFound", "The provider '%.*s' was not found.",
                        (int)span_head(x->bind[0], 128).len, (const char *)x->bind[0].ptr);
    w = arm_reply(x, 200);
    put_provider(&w);
    return arm_finish(x, NEXT_REPLY);
}

/* ---------------------------------------------------------------- private links */

enum next
api_arm_private_links(struct exchange *x)
{
    char vault[VAULT_ID_MAX], id[VAULT_ID_MAX + 64];
    struct vault *v = NULL;
    struct jsw w;
    enum err e = arm_vault(x, &v);

    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? NEXT_REPLY : arm_trouble(x, e);
    vault_id(v, vault);
    vault_unref(v);
    (void)snprintf(id, sizeof(id), "%s/privateLinkResources/vault", vault);
    w = arm_reply(x, 200);
    jsw_object(&w, NULL);
    jsw_array(&w, "value");
    jsw_object(&w, NULL);
    jsw_str(&w, "id", id);
    jsw_str(&w, "name", "vault");
    jsw_str(&w, "type", "Microsoft.KeyVault/vaults/privateLinkResources");
    jsw_raw(&w, "properties",
            span_str("{\"groupId\":\"vault\",\"requiredMembers\":[\"default\"],"
                     "\"requiredZoneNames\":[\"privatelink.vaultcore.azure.net\"]}"));
    jsw_end(&w);
    jsw_end(&w);
    jsw_end(&w);
    return arm_finish(x, NEXT_REPLY);
}

/* There are none yet; the vault has to be there all the same. */
enum next
api_arm_private_endpoints(struct exchange *x)
{
    struct vault *v = NULL;
    enum err e = arm_vault(x, &v);

    vault_unref(v);
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? NEXT_REPLY : arm_trouble(x, e);
    return api_arm_none(x);
}
