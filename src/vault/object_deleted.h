/* SPDX-License-Identifier: Apache-2.0 */
/*
 * object_deleted.h - objects between delete and purge (data-plane.md E).
 *
 *            delete                  purge, or its date
 *     live ----------> deleted -------------------------> gone
 *       ^                 |
 *       +---- recover ----+
 *
 * Deleting moves the head (sn/ to sd/, and so on) and schedules the purge (pq/); the
 * versions stay where they are. A purge of very many versions takes several
 * commits: the head says `purging` from the first on, and nobody but the
 * purge sees the object any more.
 */
#ifndef VAULT_OBJECT_DELETED_H
#define VAULT_OBJECT_DELETED_H

#include "vault/object.h"

enum { PURGE_BATCH = 2000 }; /* versions in one commit; below MAX_COMMIT_KEYS */

/* out: the current version. Errors as object_get; ERR_MANAGED. */
MUST_CHECK enum err object_delete(const struct vault_at *at, const struct object_name *name,
                                  int64_t now, struct store_write *w, struct object *out);
/* ERR_DELETED_NOT_FOUND, ERR_ROLLBACK, ERR_INTEGRITY, ERR_FORMAT. Borrows from the view. */
MUST_CHECK enum err object_get_deleted(const struct vault_at *at,
                                       const struct object_name *name, struct object *out);
/* out: the current version, live again. Errors as object_get_deleted; ERR_MANAGED. */
MUST_CHECK enum err object_recover(const struct vault_at *at, const struct object_name *name,
                                   struct store_write *w, struct object *out);
/* ERR_DELETED_NOT_FOUND, ERR_PURGE_PROTECTED, ERR_MANAGED, ERR_INTEGRITY, ERR_FORMAT. */
MUST_CHECK enum err object_purge(const struct vault_at *at, const struct object_name *name,
                                 struct store_write *w);

/*
 * For the clerk: composes the purge that a schedule row (pq/...) stands for, purge protection
 * or not. The write may be one of several: do it again while the row is due.
 * ERR_OK          w is to be committed; a row without an object is dropped by it
 * ERR_NOT_FOUND   no such row, or its time has not come
 * ERR_NO_VAULT    its vault is deleted, but may be recovered: leave the row alone
 * ERR_FORMAT      no schedule row; ERR_INTEGRITY
 */
MUST_CHECK enum err object_purge_due(const struct rows *rows, struct store_view *view,
                                     struct span key, int64_t now, struct store_write *w);

#endif /* VAULT_OBJECT_DELETED_H */
