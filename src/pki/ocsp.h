/* SPDX-License-Identifier: Apache-2.0 */
/* ocsp.h - what an authority says about single certificates, now. */
#ifndef PKI_OCSP_H
#define PKI_OCSP_H

#include "crypto/ocsp.h"
#include "pki/ca.h"

/* What is to be signed with the authority's own key. Good is only what it has issued; another
 * authority's certificates and serials that it never gave are unknown. tbs: initialised. */
MUST_CHECK enum err ocsp_begin(const struct rows *rows, struct store_view *view,
                               const struct ca_hand *h, const struct ocsp_question *q,
                               int64_t now, struct buf *tbs, struct cert_digest *digest);
/* The whole answer, appended. */
MUST_CHECK enum err ocsp_end(const struct ca_hand *h, struct span tbs, struct span signature,
                             struct buf *out);

#endif /* PKI_OCSP_H */
