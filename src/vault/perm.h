/* SPDX-License-Identifier: Apache-2.0 */
/*
 * perm.h - the permissions of the data plane, in both of Azure's vocabularies.
 *
 * One row per permission: the access-policy name (data-plane.md G2) and the
 * RBAC data action (G3). Routes name a permission; auth/access.c decides it in
 * the vocabulary of the vault's model.
 */
#ifndef VAULT_PERM_H
#define VAULT_PERM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

enum perm {
    PERM_NONE, /* routes that anybody may call; said explicitly */
    PERM_SECRET_GET,
    PERM_SECRET_LIST, /* lists, versions */
    PERM_SECRET_SET,
    PERM_SECRET_UPDATE, /* policy: set */
    PERM_SECRET_DELETE,
    PERM_SECRET_BACKUP,
    PERM_SECRET_RESTORE,
    PERM_SECRET_RECOVER,
    PERM_SECRET_PURGE,
    PERM_SECRET_GET_DELETED, /* policy: get; RBAC: readMetadata */
    PERM_SECRET_LIST_DELETED,
    PERM__MAX
};

struct perm_info {
    const char *kind;        /* "secrets" */
    const char *policy_name; /* "get" */
    uint32_t policy_bit;     /* bit in struct access_policy.secrets */
    const char *data_action; /* "Microsoft.KeyVault/vaults/secrets/getSecret/action" */
};

/* p is a real permission (not PERM_NONE). */
const struct perm_info *perm_info(enum perm p);
/* Access-policy names of secrets; case-insensitive; "all" gives every bit but purge. 0 if
 * unknown. */
uint32_t perm_secret_bits(struct span name);

#endif /* VAULT_PERM_H */
