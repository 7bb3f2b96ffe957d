/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vault_deleted.h - vaults between delete and purge (management-plane.md B.4, B.7).
 *
 *            delete                  purge, or its date
 *     live ----------> deleted -------------------------> gone
 *       ^                 |
 *       +---- recover ----+
 *
 * Deleting moves the row from v/ to vd/, from where lists find it (vx/), and schedules the
 * purge (vq/). What is in the vault stays where it is, out of reach: without the row there is
 * no vault. Purging destroys the vault's key with the row, which makes everything in it noise,
 * and leaves a row (vp/) by which the clerk sweeps that noise.
 *
 * Docs: docs/formats/rows.md. Threads: as the view.
 */
#ifndef VAULT_VAULT_DELETED_H
#define VAULT_VAULT_DELETED_H

#include "vault/vault.h"

struct deleted_vault {
    struct vault *vault; /* as it was; owned */
    int64_t deleted, purge;
    uint64_t revision; /* of its row */
};
void deleted_vault_release(struct deleted_vault *d);

/*
 * v as loaded from view, its revision expected. The key moves from row to row, so the write is
 * fenced against a rotation of the root key that has not come by yet (vault/syskey.h).
 * Failures stick to the write.
 */
void vault_delete(const struct rows *rows, struct store_view *view, struct store_write *w,
                  const struct vault *v, int64_t now);
/* Puts the row again, expecting d->revision; after vault_set_key(). */
void deleted_vault_store(const struct rows *rows, struct store_write *w,
                         const struct deleted_vault *d);

/* ERR_NO_VAULT, ERR_INTEGRITY, ERR_FORMAT, ERR_NOMEM. The caller releases. */
MUST_CHECK enum err deleted_vault_load(const struct rows *rows, struct store_view *view,
                                       struct span name, struct deleted_vault *out);
/* Does a live or a deleted vault hold the name? */
MUST_CHECK enum err vault_name_is_taken(struct store_view *view, struct span name, bool *taken);

/* Puts the vault back as it was; fenced as vault_delete(). Failures stick to the write. */
void deleted_vault_recover(const struct rows *rows, struct store_view *view,
                           struct store_write *w, const struct deleted_vault *d);
/* For good. ERR_PURGE_PROTECTED when force is false and the vault is protected. */
MUST_CHECK enum err deleted_vault_purge(const struct rows *rows, struct store_write *w,
                                        const struct deleted_vault *d, bool force);

/* Names of the deleted vaults of a subscription behind `after`, in lower case. */
MUST_CHECK enum err deleted_vault_each_name(struct store_view *view,
                                            const struct guid *subscription, struct span after,
                                            vault_name_fn fn, void *arg);

/*
 * For the clerk: the purge that a schedule row (vq/...) stands for.
 * ERR_OK: w is to be committed; ERR_NOT_FOUND: no such row, or its time has not come;
 * ERR_FORMAT, ERR_INTEGRITY.
 */
MUST_CHECK enum err deleted_vault_purge_due(const struct rows *rows, struct store_view *view,
                                            struct span key, int64_t now,
                                            struct store_write *w);
/*
 * For the clerk: deletes a batch of the rows of a purged vault, and with the last of them the
 * row `key` (vp/...). Keys in a token leave rows of vault/key_leftover.h. Do it again while
 * the row is there. ERR_FORMAT: no such row's key.
 */
MUST_CHECK enum err purged_vault_sweep(const struct rows *rows, struct store_view *view,
                                       struct span key, struct store_write *w);

#endif /* VAULT_VAULT_DELETED_H */
