/* SPDX-License-Identifier: Apache-2.0 */
/* routes_data.c - what can be asked of a vault host (data-plane.md B1). */
#include "api/data/object_wire.h"
#include "api/data/secrets.h"
#include "api/routes.h"

#define VAULT_ROUTE(m, p, v, perm, object, k, fn, op)                                          \
    {                                                                                          \
        .plane = PLANE_VAULT, .method = HTTP_##m, .path = p, .since = v, .need = perm,         \
        .wants_version = true, .on_object = object, .kind = k, .run = fn, .operation = op      \
    }
#define SECRET(m, p, v, perm, object, fn, op)                                                  \
    VAULT_ROUTE(m, p, v, PERM_SECRET_##perm, object, KIND_SECRET, fn, op)

/* clang-format off */
static const struct route rows[] = {
    { .plane = PLANE_VAULT, .method = HTTP_GET, .path = "/healthstatus", .open = true,
      .run = api_healthstatus, .operation = "HealthStatus" },

    SECRET(GET, "/secrets", V2015_06_01, LIST, false,
           api_object_list, "SecretList"),
    { .plane = PLANE_VAULT, .method = HTTP_POST, .path = "/secrets/restore",
      .since = V2016_10_01, .need = PERM_SECRET_RESTORE, .wants_version = true,
      .kind = KIND_SECRET, .body_max = MAX_BODY_RESTORE, .run = api_object_restore, .operation = "SecretRestore" },
    SECRET(PUT, "/secrets/{name}", V2015_06_01, SET, true,
           api_secret_set, "SecretSet"),
    SECRET(GET, "/secrets/{name}", V2015_06_01, GET, true,
           api_secret_get, "SecretGet"),
    SECRET(PATCH, "/secrets/{name}", V2015_06_01, UPDATE, true,
           api_secret_update, "SecretUpdate"),
    SECRET(DELETE, "/secrets/{name}", V2015_06_01, DELETE, true,
           api_object_delete, "SecretDelete"),
    SECRET(GET, "/secrets/{name}/versions", V2015_06_01, LIST, true,
           api_object_list_versions, "SecretListVersions"),
    SECRET(POST, "/secrets/{name}/backup", V2016_10_01, BACKUP, true,
           api_object_backup, "SecretBackup"),
    SECRET(GET, "/secrets/{name}/{version}", V2015_06_01, GET, true,
           api_secret_get, "SecretGet"),
    SECRET(PATCH, "/secrets/{name}/{version}", V2015_06_01, UPDATE, true,
           api_secret_update, "SecretUpdate"),

    SECRET(GET, "/deletedsecrets", V2016_10_01, LIST_DELETED, false,
           api_object_list_deleted, "SecretListDeleted"),
    SECRET(GET, "/deletedsecrets/{name}", V2016_10_01, GET_DELETED, true,
           api_object_get_deleted, "SecretGetDeleted"),
    SECRET(DELETE, "/deletedsecrets/{name}", V2016_10_01, PURGE, true,
           api_object_purge, "SecretPurge"),
    SECRET(POST, "/deletedsecrets/{name}/recover", V2016_10_01, RECOVER, true,
           api_object_recover, "SecretRecover"),
};
/* clang-format on */

const struct route_table routes_data = { rows, sizeof(rows) / sizeof(rows[0]) };
