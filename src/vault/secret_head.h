/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secret_head.h - the head of a secret: which version is current, and whether
 * the secret lives or is deleted (rows sn/ and sd/, docs/formats/rows.md).
 *
 * Whoever changes anything of a secret expects the revision of its head, so
 * two writers of one secret never both succeed from the same snapshot.
 */
#ifndef VAULT_SECRET_HEAD_H
#define VAULT_SECRET_HEAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ids.h"
#include "vault/name.h"
#include "vault/vault.h"

enum head_state { HEAD_LIVE, HEAD_DELETED };

struct secret_head {
    struct object_name name;
    struct hex32 current;
    uint64_t generation;    /* of the current version's row */
    bool managed;           /* by a certificate */
    bool purging;           /* deleted: a purge of many versions is under way */
    int64_t deleted, purge; /* deleted: when, and when it is to be purged */
    uint64_t revision;      /* of the row; 0 = not stored yet */
};

/* key: upper-cased name. ERR_NOT_FOUND, ERR_INTEGRITY, ERR_FORMAT. */
MUST_CHECK enum err secret_head_get(const struct vault_at *at, enum head_state state,
                                    const char *key, struct secret_head *out);
/* The same from a row met in a scan. */
MUST_CHECK enum err secret_head_read(struct span payload, struct secret_head *out);

/* Puts the row, expecting h->revision. */
void secret_head_put(const struct vault_at *at, struct store_write *w, enum head_state state,
                     const struct secret_head *h);
/* Deletes the row, expecting h->revision. */
void secret_head_drop(const struct vault_at *at, struct store_write *w, enum head_state state,
                      const struct secret_head *h);
/* Expects that there is no such row. */
void secret_head_expect_none(const struct vault_at *at, struct store_write *w,
                             enum head_state state, const char *key);

/* "sn" or "sd" */
const char *secret_head_prefix(enum head_state state);

#endif /* VAULT_SECRET_HEAD_H */
