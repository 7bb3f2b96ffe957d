/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crl.h - the list of what an authority has revoked. Row pl/<authority>: the last one.
 *
 * Made when somebody asks for it and the last one is due or spoiled by a revocation; whoever
 * makes it commits it, so the numbers rise by one and a storm of questions costs one signature.
 *
 *   crl_get() ERR_OK: der is to be handed out
 *             ERR_NOT_FOUND: crl_begin(), the signature, crl_end(), commit
 */
#ifndef PKI_CRL_H
#define PKI_CRL_H

#include "crypto/crl.h"
#include "pki/ca.h"

/* The list in force; borrows from the view. ERR_NOT_FOUND: a new one is needed; number is the
 * last one's then. ERR_INTEGRITY, ERR_FORMAT. */
struct crl {
    uint64_t number;
    int64_t this_update, next_update;
    struct span der; /* empty: spoiled */
    uint64_t revision;
};
MUST_CHECK enum err crl_get(const struct rows *rows, struct store_view *view,
                            const struct guid *ca, int64_t now, struct crl *out);
MUST_CHECK enum err crl_read(struct span payload, struct crl *out);

/* What is to be signed for the next one. tbs: initialised with CRL_MAX. Certificates that are
 * over for a day are left out. ERR_TOO_LARGE: too many are revoked. */
MUST_CHECK enum err crl_begin(const struct rows *rows, struct store_view *view,
                              const struct ca_hand *h, const struct crl *last, int64_t now,
                              struct buf *tbs, struct crl *out, struct cert_digest *digest);
/* der: initialised with CRL_MAX; c is what crl_begin() made. Puts the row, expecting the
 * revision of the last one and the authority. */
MUST_CHECK enum err crl_end(const struct rows *rows, struct store_write *w,
                            const struct ca_hand *h, struct crl *c, struct span tbs,
                            struct span signature, struct buf *der);
/* Something was revoked: the list is none any more from this commit on. */
MUST_CHECK enum err crl_spoil(const struct rows *rows, struct store_view *view,
                              struct store_write *w, const struct guid *ca);

#endif /* PKI_CRL_H */
