/* SPDX-License-Identifier: Apache-2.0 */
/*
 * object_version.h - one version of a secret, key or certificate
 * (docs/formats/rows.md).
 *
 * `sealed` is the keeper's, and never changes; what describes the version may:
 * attributes, tags, previous version, and `detail`, packed by the kind itself
 * (vault/secret.h: content type; vault/key.h: public key and what may be done
 * with it). `generation` counts the writes of this row: the head repeats that
 * of the current version, so an older row put back over a newer one is noticed.
 *
 * Rows lie in the order of their ids, which is that of time: the versions made together are
 * written together, whatever their names. What belongs to one name is found by the chain
 * (vault/object_chain.h): from the head's `newest`, each row to the `older` one.
 */
#ifndef VAULT_OBJECT_VERSION_H
#define VAULT_OBJECT_VERSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ids.h"
#include "vault/attrs.h"
#include "vault/tags.h"
#include "vault/vault.h"

enum {
    DETAIL_MAX = 128 * 1024, /* a certificate with its chain; a release policy */
    OBJECT_META_MAX = DETAIL_MAX + 64 * 1024,
    SEALED_MAX = MAX_SECRET_BYTES + SEAL_OVERHEAD
};

/* The id for a new version. */
struct hex32 object_version_id(void);

struct object_version {
    struct hex32 id;
    struct hex32 previous; /* which was current when it was made; "" for the first */
    struct hex32 older;    /* the next of the chain; "" for the first */
    uint64_t generation;
    struct attrs attrs;
    struct tags tags;   /* borrowed, as everything below */
    struct span detail; /* <= DETAIL_MAX */
    struct span sealed;
    uint64_t revision; /* of the row; 0 = not stored yet */
};

/* name: upper-cased. Borrows from the view. ERR_NOT_FOUND, ERR_INTEGRITY, ERR_FORMAT. */
MUST_CHECK enum err object_version_get(const struct vault_at *at, const char *name,
                                       const struct hex32 *id, struct object_version *out);
/* From a row's payload; id and revision are left alone. Borrows. ERR_FORMAT. */
MUST_CHECK enum err object_version_read(struct span payload, struct object_version *out);

/* Its key; borrows from k. */
struct span object_version_key(struct row_key *k, const struct vault_at *at, const char *name,
                               const struct hex32 *id);
/* Puts the row, expecting v->revision. */
void object_version_put(const struct vault_at *at, struct store_write *w, const char *name,
                        const struct object_version *v);

/* What is not sealed, as bytes: for backups, and to outlive a view. */
void object_meta_pack(struct sink k, const struct object_version *v);
/* Fills the fields that object_meta_pack wrote; borrows from meta. ERR_FORMAT. */
MUST_CHECK enum err object_meta_read(struct span meta, struct object_version *out);

#endif /* VAULT_OBJECT_VERSION_H */
