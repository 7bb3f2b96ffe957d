/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secret.h - secrets of one vault: set, get, update.
 *
 * A secret is a name with an append-only chain of versions. A version, once
 * written, never changes its value; only what describes it may.
 *
 * Functions read one snapshot (vault_at) and compose a store_write whose
 * preconditions name every row they relied on, absent ones too, and the
 * vault's; committing is the caller's. Values pass through the keeper: the
 * ask functions pack the question.
 *
 * Knows nothing of HTTP or JSON.
 */
#ifndef VAULT_SECRET_H
#define VAULT_SECRET_H

#include "vault/secret_head.h"
#include "vault/secret_version.h"

/* A version with its head. Spans are borrowed: from the view, or from what was set. */
struct secret {
    struct secret_head head;
    struct secret_version v;
};

/* What a request says of a version; spans are borrowed. */
struct secret_change {
    bool has_type;
    struct span content_type;
    struct attrs_change attrs;
    bool has_tags;
    struct tags tags;
};

/*
 * version: NULL for the current one.
 * ERR_SECRET_NOT_FOUND  no live secret of that name, or no such version
 * ERR_ROLLBACK          an older row lies where a newer one was written (logged)
 * ERR_INTEGRITY, ERR_FORMAT
 */
MUST_CHECK enum err secret_get(const struct vault_at *at, const struct object_name *name,
                               const struct hex32 *version, struct secret *out);
/* The current version of a head that was read already; the same errors. */
MUST_CHECK enum err secret_get_current(const struct vault_at *at,
                                       const struct secret_head *head, struct secret *out);
/* ERR_ROLLBACK if v is the current version of head but not the newest of its rows. */
MUST_CHECK enum err secret_check_generation(const struct secret_head *head,
                                            const struct secret_version *v);

/*
 * May a version be added under this name now? head->revision is 0 for a new name.
 * ERR_SOFT_DELETED  a deleted secret of that name awaits recovery or purge
 * ERR_BUSY          such a secret is being purged
 * ERR_MANAGED       the secret belongs to a certificate
 */
MUST_CHECK enum err secret_check_set(const struct vault_at *at, const struct object_name *name,
                                     struct secret_head *head);
/*
 * Appends version `id` and makes it current; sealed is the keeper's answer for it. `out`
 * borrows from change and sealed. Errors as secret_check_set.
 */
MUST_CHECK enum err secret_set(const struct vault_at *at, const struct object_name *name,
                               const struct hex32 *id, const struct secret_change *change,
                               struct span sealed, int64_t now, struct store_write *w,
                               struct secret *out);
/* Changes what describes a version (NULL: the current one). Errors as secret_get; ERR_MANAGED.
 */
MUST_CHECK enum err secret_update(const struct vault_at *at, const struct object_name *name,
                                  const struct hex32 *version,
                                  const struct secret_change *change, int64_t now,
                                  struct store_write *w, struct secret *out);

/* Packs KEEPER_OPEN for the value of s, KEEPER_SEAL for a value to be. */
void secret_ask_open(const struct vault_at *at, const struct secret *s, struct sink k);
void secret_ask_seal(const struct vault_at *at, const struct object_name *name,
                     const struct hex32 *id, struct span value, struct sink k);
/* What the value of a version is sealed to. Borrows from name and id. */
struct object_id secret_object_id(const struct guid *vault, const char *name,
                                  const struct hex32 *id);

#endif /* VAULT_SECRET_H */
