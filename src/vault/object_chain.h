/* SPDX-License-Identifier: Apache-2.0 */
/*
 * object_chain.h - all versions of one object, the newest first.
 *
 *     head.newest -> older -> older -> ... -> the first
 *
 * Rows of versions lie in the order of time, not by name (docs/decisions/0021): the chain is
 * how the versions of a name are found. Versions only go all together, so it has no gaps; a row
 * that is missing in it was taken away on the disk.
 */
#ifndef VAULT_OBJECT_CHAIN_H
#define VAULT_OBJECT_CHAIN_H

#include "vault/object_head.h"
#include "vault/object_version.h"

struct object_chain {
    const struct vault_at *at; /* must outlive it, as the name must */
    const char *name;          /* upper-cased */
    struct hex32 next;         /* "" at the end */
};

/* From the newest on, live or deleted; borrows from at and head. */
struct object_chain object_chain_of(const struct vault_at *at, const struct object_head *head);
/* Lets the chain go on behind version `id`. ERR_NOT_FOUND: there is no such version. */
MUST_CHECK enum err object_chain_skip(struct object_chain *c, const struct hex32 *id);
bool object_chain_at_end(const struct object_chain *c);
/*
 * The next version; not to be asked at the end. Borrows from the view.
 * ERR_INTEGRITY (logged): its row is missing, or is not what was written; ERR_FORMAT
 */
MUST_CHECK enum err object_chain_next(struct object_chain *c, struct object_version *out);
/*
 * For who goes through all rows: the key of the version that the row of a head or of a version
 * leads to. False: it is a row of another kind, the end of a chain, or cannot be read.
 */
bool object_chain_link(struct span key, struct span payload, struct row_key *out);

#endif /* VAULT_OBJECT_CHAIN_H */
