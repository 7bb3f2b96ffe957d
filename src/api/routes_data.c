/* SPDX-License-Identifier: Apache-2.0 */
/* routes_data.c - what can be asked of a vault host (data-plane.md B1). */
#include "api/data/secrets.h"
#include "api/routes.h"

#define VAULT_ROUTE(m, p, v, perm, object, fn, op)                                             \
    {                                                                                          \
        .plane = PLANE_VAULT, .method = HTTP_##m, .path = p, .since = v, .need = perm,         \
        .wants_version = true, .on_object = object, .run = fn, .operation = op                 \
    }

/* clang-format off */
static const struct route rows[] = {
    { .plane = PLANE_VAULT, .method = HTTP_GET, .path = "/healthstatus", .open = true,
      .run = api_healthstatus, .operation = "HealthStatus" },

    VAULT_ROUTE(GET, "/secrets", V2015_06_01, PERM_SECRET_LIST, false,
                api_secret_list, "SecretList"),
    { .plane = PLANE_VAULT, .method = HTTP_POST, .path = "/secrets/restore",
      .since = V2016_10_01, .need = PERM_SECRET_RESTORE, .wants_version = true,
      .body_max = MAX_BODY_RESTORE, .run = api_secret_restore, .operation = "SecretRestore" },
    VAULT_ROUTE(PUT, "/secrets/{name}", V2015_06_01, PERM_SECRET_SET, true,
                api_secret_set, "SecretSet"),
    VAULT_ROUTE(GET, "/secrets/{name}", V2015_06_01, PERM_SECRET_GET, true,
                api_secret_get, "SecretGet"),
    VAULT_ROUTE(PATCH, "/secrets/{name}", V2015_06_01, PERM_SECRET_UPDATE, true,
                api_secret_update, "SecretUpdate"),
    VAULT_ROUTE(DELETE, "/secrets/{name}", V2015_06_01, PERM_SECRET_DELETE, true,
                api_secret_delete, "SecretDelete"),
    VAULT_ROUTE(GET, "/secrets/{name}/versions", V2015_06_01, PERM_SECRET_LIST, true,
                api_secret_list_versions, "SecretListVersions"),
    VAULT_ROUTE(POST, "/secrets/{name}/backup", V2016_10_01, PERM_SECRET_BACKUP, true,
                api_secret_backup, "SecretBackup"),
    VAULT_ROUTE(GET, "/secrets/{name}/{version}", V2015_06_01, PERM_SECRET_GET, true,
                api_secret_get, "SecretGet"),
    VAULT_ROUTE(PATCH, "/secrets/{name}/{version}", V2015_06_01, PERM_SECRET_UPDATE, true,
                api_secret_update, "SecretUpdate"),

    VAULT_ROUTE(GET, "/deletedsecrets", V2016_10_01, PERM_SECRET_LIST_DELETED, false,
                api_secret_list_deleted, "SecretListDeleted"),
    VAULT_ROUTE(GET, "/deletedsecrets/{name}", V2016_10_01, PERM_SECRET_GET_DELETED, true,
                api_secret_get_deleted, "SecretGetDeleted"),
    VAULT_ROUTE(DELETE, "/deletedsecrets/{name}", V2016_10_01, PERM_SECRET_PURGE, true,
                api_secret_purge, "SecretPurge"),
    VAULT_ROUTE(POST, "/deletedsecrets/{name}/recover", V2016_10_01, PERM_SECRET_RECOVER, true,
                api_secret_recover, "SecretRecover"),
};
/* clang-format on */

const struct route_table routes_data = { rows, sizeof(rows) / sizeof(rows[0]) };
