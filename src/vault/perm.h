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
#include <stddef.h>
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
    PERM_KEY_GET,  /* deleted keys too */
    PERM_KEY_LIST, /* lists, versions, deleted keys; RBAC: read, as get */
    PERM_KEY_CREATE,
    PERM_KEY_IMPORT,
    PERM_KEY_UPDATE,
    PERM_KEY_DELETE,
    PERM_KEY_BACKUP,
    PERM_KEY_RESTORE,
    PERM_KEY_RECOVER,
    PERM_KEY_PURGE,
    PERM_KEY_ENCRYPT,
    PERM_KEY_DECRYPT,
    PERM_KEY_WRAP,
    PERM_KEY_UNWRAP,
    PERM_KEY_SIGN,
    PERM_KEY_VERIFY,
    PERM_KEY_RELEASE,
    PERM_KEY_ROTATE,
    PERM_KEY_GET_ROTATION_POLICY,
    PERM_KEY_SET_ROTATION_POLICY,
    PERM_CERT_GET,    /* policies, operations and deleted certificates too */
    PERM_CERT_LIST,   /* lists, versions, deleted certificates; RBAC: read, as get */
    PERM_CERT_CREATE, /* merges too */
    PERM_CERT_IMPORT,
    PERM_CERT_UPDATE, /* policies and operations too */
    PERM_CERT_DELETE,
    PERM_CERT_BACKUP,
    PERM_CERT_RESTORE,
    PERM_CERT_RECOVER,
    PERM_CERT_PURGE,
    PERM_CERT_CONTACTS,
    PERM_CERT_LIST_ISSUERS, /* policy: or manageissuers, as the next three */
    PERM_CERT_GET_ISSUER,
    PERM_CERT_SET_ISSUER,
    PERM_CERT_DELETE_ISSUER,
    PERM__MAX
};

struct perm_info {
    const char *kind;        /* "secrets": member of an access policy, and path of the object */
    const char *policy_name; /* "get" */
    uint32_t policy_bit;     /* bits in that member of struct access_policy: one will do */
    const char *data_action; /* "Microsoft.KeyVault/vaults/secrets/getSecret/action" */
    /*
     * What can be done with the public half of a key that everybody who may read it has: this
     * data action suffices as well, if the key is asymmetric (data-plane.md C1). NULL for all
     * other permissions.
     */
    const char *public_action;
};

/* p is a real permission (not PERM_NONE). */
const struct perm_info *perm_info(enum perm p);

/* The members of an access policy's permissions. */
enum perm_kind { PERM_KEYS, PERM_SECRETS, PERM_CERTIFICATES, PERM_STORAGE, PERM_KIND__MAX };

/* Said by "all" beside the bits that it stands for, so that it can be answered as it was sent.
 */
#define PERM_BIT_ALL (UINT32_C(1) << 31)

/* Bits of an access-policy name; case-insensitive; "all" gives every bit but purge. 0 if
 * unknown. */
uint32_t perm_bits(enum perm_kind kind, struct span name);
/* The i-th name of a kind as ARM spells it, and its bit; NULL past the last. "all" is no such
 * name. */
const char *perm_name_at(enum perm_kind kind, size_t i, uint32_t *bit);
/* "keys" ... "storage" */
const char *perm_kind_word(enum perm_kind kind);

#endif /* VAULT_PERM_H */
