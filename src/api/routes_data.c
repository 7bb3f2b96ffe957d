/* SPDX-License-Identifier: Apache-2.0 */
/* routes_data.c - what can be asked of a vault host (data-plane.md B1, C1). */
#include "api/data/certs.h"
#include "api/data/keys.h"
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
#define KEY(m, p, v, perm, object, fn, op)                                                     \
    VAULT_ROUTE(m, p, v, PERM_KEY_##perm, object, KIND_KEY, fn, op)
#define CERT(m, p, v, perm, object, fn, op)                                                    \
    VAULT_ROUTE(m, p, v, PERM_CERT_##perm, object, KIND_CERTIFICATE, fn, "Certificate" op)
/* An operation of the current version, or of one that is named. */
#define KEY_OP(word, v, perm, fn, op)                                                          \
    KEY(POST, "/keys/{name}/" word, v, perm, true, fn, op),                                    \
        KEY(POST, "/keys/{name}/{version}/" word, v, perm, true, fn, op)

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

    KEY(GET, "/keys", V2015_06_01, LIST, false, api_object_list, "KeyList"),
    { .plane = PLANE_VAULT, .method = HTTP_POST, .path = "/keys/restore", .since = V2015_06_01,
      .need = PERM_KEY_RESTORE, .wants_version = true, .kind = KIND_KEY,
      .body_max = MAX_BODY_RESTORE, .run = api_object_restore, .operation = "KeyRestore" },
    KEY(PUT, "/keys/{name}", V2015_06_01, IMPORT, true, api_key_import, "KeyImport"),
    KEY(GET, "/keys/{name}", V2015_06_01, GET, true, api_key_get, "KeyGet"),
    KEY(PATCH, "/keys/{name}", V2015_06_01, UPDATE, true, api_key_update, "KeyUpdate"),
    KEY(DELETE, "/keys/{name}", V2015_06_01, DELETE, true, api_object_delete, "KeyDelete"),
    KEY(POST, "/keys/{name}/create", V2015_06_01, CREATE, true, api_key_create, "KeyCreate"),
    KEY(GET, "/keys/{name}/versions", V2015_06_01, LIST, true,
        api_object_list_versions, "KeyListVersions"),
    KEY(POST, "/keys/{name}/backup", V2015_06_01, BACKUP, true,
        api_object_backup, "KeyBackup"),
    KEY(POST, "/keys/{name}/rotate", V7_3, ROTATE, true, api_key_rotate, "KeyRotate"),
    KEY(GET, "/keys/{name}/rotationpolicy", V7_3, GET_ROTATION_POLICY, true,
        api_key_get_rotation_policy, "KeyRotationPolicyGet"),
    KEY(PUT, "/keys/{name}/rotationpolicy", V7_3, SET_ROTATION_POLICY, true,
        api_key_set_rotation_policy, "KeyRotationPolicySet"),
    KEY(GET, "/keys/{name}/attestation", V7_6, GET, true,
        api_key_attestation, "KeyGetAttestation"),
    KEY_OP("release", V7_3, RELEASE, api_key_release, "KeyRelease"),
    KEY_OP("encrypt", V2015_06_01, ENCRYPT, api_key_encrypt, "KeyEncrypt"),
    KEY_OP("decrypt", V2015_06_01, DECRYPT, api_key_decrypt, "KeyDecrypt"),
    KEY_OP("wrapkey", V2015_06_01, WRAP, api_key_wrap, "KeyWrap"),
    KEY_OP("unwrapkey", V2015_06_01, UNWRAP, api_key_unwrap, "KeyUnwrap"),
    KEY_OP("sign", V2015_06_01, SIGN, api_key_sign, "KeySign"),
    KEY_OP("verify", V2015_06_01, VERIFY, api_key_verify, "KeyVerify"),
    KEY(GET, "/keys/{name}/{version}/attestation", V7_6, GET, true,
        api_key_attestation, "KeyGetAttestation"),
    KEY(GET, "/keys/{name}/{version}", V2015_06_01, GET, true, api_key_get, "KeyGet"),
    KEY(PATCH, "/keys/{name}/{version}", V2015_06_01, UPDATE, true,
        api_key_update, "KeyUpdate"),

    KEY(GET, "/deletedkeys", V2016_10_01, LIST, false,
        api_object_list_deleted, "KeyListDeleted"),
    KEY(GET, "/deletedkeys/{name}", V2016_10_01, GET, true,
        api_object_get_deleted, "KeyGetDeleted"),
    KEY(DELETE, "/deletedkeys/{name}", V2016_10_01, PURGE, true,
        api_object_purge, "KeyPurge"),
    KEY(POST, "/deletedkeys/{name}/recover", V2016_10_01, RECOVER, true,
        api_object_recover, "KeyRecover"),

    /* Before {name}: no certificate is called so. */
    CERT(PUT, "/certificates/contacts", V2015_06_01, CONTACTS, false,
         api_cert_set_contacts, "ContactsSet"),
    CERT(GET, "/certificates/contacts", V2015_06_01, CONTACTS, false,
         api_cert_get_contacts, "ContactsGet"),
    CERT(DELETE, "/certificates/contacts", V2015_06_01, CONTACTS, false,
         api_cert_delete_contacts, "ContactsDelete"),
    CERT(GET, "/certificates/issuers", V2015_06_01, LIST_ISSUERS, false,
         api_issuer_list, "IssuersList"),
    CERT(PUT, "/certificates/issuers/{issuer}", V2015_06_01, SET_ISSUER, false,
         api_issuer_set, "IssuerSet"),
    CERT(GET, "/certificates/issuers/{issuer}", V2015_06_01, GET_ISSUER, false,
         api_issuer_get, "IssuerGet"),
    CERT(PATCH, "/certificates/issuers/{issuer}", V2015_06_01, SET_ISSUER, false,
         api_issuer_update, "IssuerUpdate"),
    CERT(DELETE, "/certificates/issuers/{issuer}", V2015_06_01, DELETE_ISSUER, false,
         api_issuer_delete, "IssuerDelete"),
    CERT(GET, "/certificates", V2015_06_01, LIST, false, api_object_list, "List"),
    { .plane = PLANE_VAULT, .method = HTTP_POST, .path = "/certificates/restore",
      .since = V2016_10_01, .need = PERM_CERT_RESTORE, .wants_version = true,
      .kind = KIND_CERTIFICATE, .body_max = MAX_BODY_RESTORE, .run = api_object_restore,
      .operation = "CertificateRestore" },
    CERT(POST, "/certificates/{name}/create", V2015_06_01, CREATE, true,
         api_cert_create, "Create"),
    CERT(POST, "/certificates/{name}/import", V2015_06_01, IMPORT, true,
         api_cert_import, "Import"),
    CERT(GET, "/certificates/{name}", V2015_06_01, GET, true, api_cert_get, "Get"),
    CERT(PATCH, "/certificates/{name}", V2015_06_01, UPDATE, true, api_cert_update, "Update"),
    CERT(DELETE, "/certificates/{name}", V2015_06_01, DELETE, true,
         api_object_delete, "Delete"),
    CERT(GET, "/certificates/{name}/versions", V2015_06_01, LIST, true,
         api_object_list_versions, "ListVersions"),
    CERT(GET, "/certificates/{name}/policy", V2015_06_01, GET, true,
         api_cert_get_policy, "PolicyGet"),
    CERT(PATCH, "/certificates/{name}/policy", V2015_06_01, UPDATE, true,
         api_cert_update_policy, "PolicyUpdate"),
    CERT(GET, "/certificates/{name}/pending", V2015_06_01, GET, true,
         api_cert_get_pending, "PendingGet"),
    CERT(PATCH, "/certificates/{name}/pending", V2015_06_01, UPDATE, true,
         api_cert_update_pending, "PendingUpdate"),
    CERT(DELETE, "/certificates/{name}/pending", V2015_06_01, UPDATE, true,
         api_cert_delete_pending, "PendingDelete"),
    CERT(POST, "/certificates/{name}/pending/merge", V2015_06_01, CREATE, true,
         api_cert_merge, "PendingMerge"),
    CERT(POST, "/certificates/{name}/backup", V2016_10_01, BACKUP, true,
         api_object_backup, "Backup"),
    CERT(GET, "/certificates/{name}/{version}", V2015_06_01, GET, true, api_cert_get, "Get"),
    CERT(PATCH, "/certificates/{name}/{version}", V2015_06_01, UPDATE, true,
         api_cert_update, "Update"),

    CERT(GET, "/deletedcertificates", V2016_10_01, LIST, false,
         api_object_list_deleted, "ListDeleted"),
    CERT(GET, "/deletedcertificates/{name}", V2016_10_01, GET, true,
         api_object_get_deleted, "GetDeleted"),
    CERT(DELETE, "/deletedcertificates/{name}", V2016_10_01, PURGE, true,
         api_object_purge, "Purge"),
    CERT(POST, "/deletedcertificates/{name}/recover", V2016_10_01, RECOVER, true,
         api_object_recover, "Recover"),

    /* No vault permission is about it: whoever may get keys (docs/wire/keys.md). */
    KEY(POST, "/rng", V7_3, GET, false, api_random_bytes, "RandomBytesGet"),
};
/* clang-format on */

const struct route_table routes_data = { rows, sizeof(rows) / sizeof(rows[0]) };
