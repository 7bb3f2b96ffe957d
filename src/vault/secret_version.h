/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secret_version.h - one version of a secret (row sv/, docs/formats/rows.md).
 *
 * The value is sealed by the keeper and never changes; `meta` (attributes,
 * content type, tags, previous version) may. `generation` counts the writes of
 * this row: the head repeats that of the current version, so an older row put
 * back over a newer one is noticed.
 */
#ifndef VAULT_SECRET_VERSION_H
#define VAULT_SECRET_VERSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ids.h"
#include "vault/attrs.h"
#include "vault/tags.h"
#include "vault/vault.h"

enum { SECRET_META_MAX = 64 * 1024, SEALED_MAX = MAX_SECRET_BYTES + SEAL_OVERHEAD };

struct secret_version {
    struct hex32 id;
    struct hex32 previous; /* "" for the first */
    uint64_t generation;
    struct attrs attrs;
    bool has_type;
    struct span content_type; /* borrowed, as everything below */
    struct tags tags;
    struct span sealed;
    uint64_t revision; /* of the row; 0 = not stored yet */
};

/* name: upper-cased. Borrows from the view. ERR_NOT_FOUND, ERR_INTEGRITY, ERR_FORMAT. */
MUST_CHECK enum err secret_version_get(const struct vault_at *at, const char *name,
                                       const struct hex32 *id, struct secret_version *out);
/* From a row's payload; id and revision are left alone. Borrows. ERR_FORMAT. */
MUST_CHECK enum err secret_version_read(struct span payload, struct secret_version *out);

/* Puts the row, expecting v->revision. */
void secret_version_put(const struct vault_at *at, struct store_write *w, const char *name,
                        const struct secret_version *v);

/* What is not the value, as bytes: for backups, and to outlive a view. */
void secret_meta_pack(struct sink k, const struct secret_version *v);
/* Fills the fields that secret_meta_pack wrote; borrows from meta. ERR_FORMAT. */
MUST_CHECK enum err secret_meta_read(struct span meta, struct secret_version *out);

#endif /* VAULT_SECRET_VERSION_H */
