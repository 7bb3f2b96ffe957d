/* SPDX-License-Identifier: Apache-2.0 */
/*
 * renew.h - the listener's certificate and the token signing keys, kept fresh.
 *
 * k/ca holds the private CA made at init; k/tls the leaf in use (chain PEM and
 * wrapped key). A leaf of ours lives 90 days and is replaced 30 days before its
 * end; the operator's own (foreign) is left alone.
 */
#ifndef JOBS_RENEW_H
#define JOBS_RENEW_H

#include "jobs/desk.h"

enum { CA_DAYS = 3650, LEAF_DAYS = 90, LEAF_RENEW_DAYS = 30 };

/* Puts a new CA (k/ca) into w and its certificate DER into der. */
MUST_CHECK enum err renew_ca_new(struct desk *d, struct store_write *w, const char *domain,
                                 int64_t now, struct buf *der, struct buf *wrapped,
                                 struct buf *id);
/* Puts a new leaf (k/tls) of that CA into w; expect: revision of the row it replaces. */
MUST_CHECK enum err renew_leaf_new(struct desk *d, struct store_write *w, const char *domain,
                                   const char *extra_names, int64_t now,
                                   const struct wrapped *ca, struct span ca_der,
                                   uint64_t expect);
/*
 * Replaces the leaf when it is due. own: no certificate of the operator's is configured (any
 * more), so one that was imported is replaced too. ERR_OK also when there was nothing to do.
 */
MUST_CHECK enum err renew_leaf(struct desk *d, const char *domain, const char *extra_names,
                               int64_t now, bool own);
/*
 * Takes the operator's certificate (chain PEM) and key PEM into k/tls; nothing is written when
 * that chain is in use already. ERR_ARG (logged): no certificate, or the key is another's;
 * else as desk_ask() and desk_commit().
 */
MUST_CHECK enum err renew_import(struct desk *d, struct span chain_pem, struct span key_pem,
                                 int64_t now);

#endif /* JOBS_RENEW_H */
