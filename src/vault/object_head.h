/* SPDX-License-Identifier: Apache-2.0 */
/*
 * object_head.h - the head of a secret, key or certificate: which version is
 * current, and whether the object lives or is deleted (docs/formats/rows.md).
 *
 * Whoever changes anything of an object expects the revision of its head, so
 * two writers of one object never both succeed from the same snapshot.
 *
 * at->kind says of which kind the object is; each kind has prefixes of its own.
 */
#ifndef VAULT_OBJECT_HEAD_H
#define VAULT_OBJECT_HEAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ids.h"
#include "vault/name.h"
#include "vault/vault.h"

enum head_state { HEAD_LIVE, HEAD_DELETED };
enum { HEAD_ACTIONS = 2 }; /* that the clock may do with an object */

struct object_head {
    struct object_name name;
    struct hex32 current;
    /* Where the chain of versions begins. Not the current one where a certificate waits, and in
     * a purge that goes on; "": none is left. */
    struct hex32 newest;
    uint64_t generation;    /* of the current version's row */
    bool managed;           /* by a certificate */
    bool purging;           /* deleted: a purge of many versions is under way */
    int64_t deleted, purge; /* deleted: when, and when it is to be purged */
    /* For when each action is scheduled, and for when it was done last, for the current
     * version; 0 = not (vault/rotation.h). */
    int64_t due[HEAD_ACTIONS], done[HEAD_ACTIONS];
    uint64_t revision; /* of the row; 0 = not stored yet */
};

/* key: upper-cased name. ERR_NOT_FOUND, ERR_INTEGRITY, ERR_FORMAT. */
MUST_CHECK enum err object_head_get(const struct vault_at *at, enum head_state state,
                                    const char *key, struct object_head *out);
/* The same from a row met in a scan. */
MUST_CHECK enum err object_head_read(struct span payload, struct object_head *out);

/* Puts the row, expecting h->revision. */
void object_head_put(const struct vault_at *at, struct store_write *w, enum head_state state,
                     const struct object_head *h);
/* Deletes the row, expecting h->revision. */
void object_head_drop(const struct vault_at *at, struct store_write *w, enum head_state state,
                      const struct object_head *h);
/* Expects that there is no such row. */
void object_head_expect_none(const struct vault_at *at, struct store_write *w,
                             enum head_state state, const char *key);

#endif /* VAULT_OBJECT_HEAD_H */
