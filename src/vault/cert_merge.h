/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cert_merge.h - a certificate that somebody else made from our request joins the
 * version that waits for it: brought by a client, or fetched by the clerk.
 *
 *   cert_merge_find -> chain in order -> cert_merge_ask -> keeper
 *   -> cert_merge_find, in a newer snapshot -> cert_merge_put -> commit
 */
#ifndef VAULT_CERT_MERGE_H
#define VAULT_CERT_MERGE_H

#include "vault/cert_parts.h"

/* What the operation is about, in one snapshot. */
struct cert_merge {
    struct cert_operation op;
    struct object cert;
    struct cert_detail detail;
    struct object key;
    struct key_detail key_detail;
};
/* ERR_PENDING_NOT_FOUND: no operation, none whose version waits. ERR_INTEGRITY, ERR_FORMAT. */
MUST_CHECK enum err cert_merge_find(const struct vault_at *at, const struct object_name *name,
                                    struct cert_merge *out);

/* What came; spans are the caller's. */
struct cert_merged {
    const struct span *chain; /* leaf first */
    size_t n;
    const struct object_change *change; /* tags, enabled; NULL: as the version was asked for */
    bool keeps_order;                   /* also without the operation's wish */
};
/* Packs KEEPER_CERT_SECRET. */
void cert_merge_ask(const struct vault_at *at, const struct cert_merge *m,
                    const struct cert_policy *p, const struct cert_merged *c, struct sink k);
/*
 * Puts the version complete, the policy and the operation. sealed: the keeper's answer; room:
 * initialised by the caller, backs out->v. Errors as cert_check_add(), cert_parts_complete().
 */
MUST_CHECK enum err cert_merge_put(const struct vault_at *at, struct cert_merge *m,
                                   struct cert_policy *p, const struct cert_merged *c,
                                   struct span sealed, int64_t now, struct store_write *w,
                                   struct buf *room, struct object *out);

#endif /* VAULT_CERT_MERGE_H */
