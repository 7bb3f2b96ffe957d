/* SPDX-License-Identifier: Apache-2.0 */
/*
 * object.h - what secrets, keys and certificates of one vault have in common.
 *
 * An object is a name with an append-only chain of versions. What is sealed in
 * a version never changes; only what describes it may.
 *
 * Functions read one snapshot (vault_at, which also names the kind) and compose
 * a store_write whose preconditions name every row they relied on, absent ones too, and the
 * vault's; committing is the caller's.
 *
 * Knows nothing of HTTP or JSON.
 */
#ifndef VAULT_OBJECT_H
#define VAULT_OBJECT_H

#include "vault/object_head.h"
#include "vault/object_kind.h"
#include "vault/object_version.h"

/* A version with its head. Spans are borrowed: from the view, or from what was added. */
struct object {
    struct object_head head;
    struct object_version v;
};

/* What a request says of a version; spans are borrowed. */
struct object_change {
    struct attrs_change attrs;
    bool has_tags;
    struct tags tags;
    bool has_detail;
    struct span detail; /* the whole detail, packed anew */
};

/*
 * version: NULL for the current one.
 * ERR_SECRET_NOT_FOUND, ERR_KEY_NOT_FOUND...: no live object of that name, or no such version
 * ERR_ROLLBACK          an older row lies where a newer one was written (logged)
 * ERR_INTEGRITY, ERR_FORMAT
 */
MUST_CHECK enum err object_get(const struct vault_at *at, const struct object_name *name,
                               const struct hex32 *version, struct object *out);
/* The current version of a head that was read already; the same errors. */
MUST_CHECK enum err object_get_current(const struct vault_at *at,
                                       const struct object_head *head, struct object *out);
/* ERR_ROLLBACK if v is the current version of head but not the newest of its rows. */
MUST_CHECK enum err object_check_generation(const struct vault_at *at,
                                            const struct object_head *head,
                                            const struct object_version *v);

/*
 * May a version be added under this name now? head->revision is 0 for a new name.
 * ERR_SOFT_DELETED  a deleted object of that name awaits recovery or purge
 * ERR_BUSY          such an object is being purged
 * ERR_MANAGED       the object belongs to a certificate
 */
MUST_CHECK enum err object_check_add(const struct vault_at *at, const struct object_name *name,
                                     struct object_head *head);
/*
 * Appends version `id` and makes it current; sealed is the keeper's answer for it. `out`
 * borrows from change and sealed. Errors as object_check_add.
 */
MUST_CHECK enum err object_add(const struct vault_at *at, const struct object_name *name,
                               const struct hex32 *id, const struct object_change *change,
                               struct span sealed, int64_t now, struct store_write *w,
                               struct object *out);
/* Changes what describes a version (NULL: the current one). Errors as object_get; ERR_MANAGED.
 */
MUST_CHECK enum err object_update(const struct vault_at *at, const struct object_name *name,
                                  const struct hex32 *version,
                                  const struct object_change *change, int64_t now,
                                  struct store_write *w, struct object *out);

/* What a version is sealed to. Borrows from name and id. */
struct object_id object_id_of(const struct guid *vault, enum object_kind kind, const char *name,
                              const struct hex32 *id);

#endif /* VAULT_OBJECT_H */
