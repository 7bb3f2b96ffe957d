/* SPDX-License-Identifier: Apache-2.0 */
/* perm.c - the table of permissions (data-plane.md G2, G3, G4.2). */
#include "vault/perm.h"

#include "base/err.h"

#define ACTION(x) "Microsoft.KeyVault/vaults/" x

/* The bits of struct access_policy.secrets are stored in rows: never renumber. */
enum policy_secret {
    POLICY_GET = 1 << 0,
    POLICY_LIST = 1 << 1,
    POLICY_SET = 1 << 2,
    POLICY_DELETE = 1 << 3,
    POLICY_RECOVER = 1 << 4,
    POLICY_BACKUP = 1 << 5,
    POLICY_RESTORE = 1 << 6,
    POLICY_PURGE = 1 << 7,
};

/* clang-format off */
static const struct perm_info perms[PERM__MAX] = {
    [PERM_SECRET_GET] =
        { "secrets", "get", POLICY_GET, ACTION("secrets/getSecret/action") },
    [PERM_SECRET_LIST] =
        { "secrets", "list", POLICY_LIST, ACTION("secrets/readMetadata/action") },
    [PERM_SECRET_SET] =
        { "secrets", "set", POLICY_SET, ACTION("secrets/setSecret/action") },
    [PERM_SECRET_UPDATE] =
        { "secrets", "set", POLICY_SET, ACTION("secrets/update/action") },
    [PERM_SECRET_DELETE] =
        { "secrets", "delete", POLICY_DELETE, ACTION("secrets/delete") },
    [PERM_SECRET_BACKUP] =
        { "secrets", "backup", POLICY_BACKUP, ACTION("secrets/backup/action") },
    [PERM_SECRET_RESTORE] =
        { "secrets", "restore", POLICY_RESTORE, ACTION("secrets/restore/action") },
    [PERM_SECRET_RECOVER] =
        { "secrets", "recover", POLICY_RECOVER, ACTION("secrets/recover/action") },
    [PERM_SECRET_PURGE] =
        { "secrets", "purge", POLICY_PURGE, ACTION("secrets/purge/action") },
    [PERM_SECRET_GET_DELETED] =
        { "secrets", "get", POLICY_GET, ACTION("secrets/readMetadata/action") },
    [PERM_SECRET_LIST_DELETED] =
        { "secrets", "list", POLICY_LIST, ACTION("secrets/readMetadata/action") },
};
static const struct {
    const char *name;
    uint32_t bits;
} secret_names[] = {
    { "get", POLICY_GET },         { "list", POLICY_LIST },       { "set", POLICY_SET },
    { "delete", POLICY_DELETE },   { "recover", POLICY_RECOVER }, { "backup", POLICY_BACKUP },
    { "restore", POLICY_RESTORE }, { "purge", POLICY_PURGE },
    { "all", POLICY_GET | POLICY_LIST | POLICY_SET | POLICY_DELETE | POLICY_RECOVER |
             POLICY_BACKUP | POLICY_RESTORE },
};
/* clang-format on */

const struct perm_info *
perm_info(enum perm p)
{
    bug_on(p <= PERM_NONE || p >= PERM__MAX);
    return &perms[p];
}

uint32_t
perm_secret_bits(struct span name)
{
    for (size_t i = 0; i < sizeof(secret_names) / sizeof(secret_names[0]); i++)
        if (span_is_str_nocase(name, secret_names[i].name))
            return secret_names[i].bits;
    return 0;
}
