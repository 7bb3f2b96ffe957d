/* SPDX-License-Identifier: Apache-2.0 */
/* ocsp.c - facts about certificates out of the rows of the authority. */
#include "pki/ocsp.h"

#include "pki/issued.h"

enum { GOOD_FOR = 3600 }; /* seconds that an answer may be kept */

static enum err
fact_of(const struct rows *rows, struct store_view *view, const struct ca_hand *h,
        const struct ocsp_id *id, struct ocsp_fact *out)
{
    struct issued i;
    struct revoked r;
    enum err e;

    *out = (struct ocsp_fact){ .status = OCSP_UNKNOWN };
    if (id->serial[0] == '\0' || !ocsp_id_is_of(id, h->cert))
        return ERR_OK;
    e = revoked_get(rows, view, &h->ca->id, id->serial, &r);
    if (e == ERR_OK) {
        *out = (struct ocsp_fact){ OCSP_REVOKED, r.at, r.reason };
        return ERR_OK;
    }
    if (e != ERR_NOT_FOUND)
        return e;
    e = issued_get(rows, view, &h->ca->id, id->serial, &i);
    if (e == ERR_OK)
        out->status = OCSP_GOOD;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err
ocsp_begin(const struct rows *rows, struct store_view *view, const struct ca_hand *h,
           const struct ocsp_question *q, int64_t now, struct buf *tbs,
           struct cert_digest *digest)
{
    struct ocsp_fact facts[OCSP_IDS_MAX];
    enum err e = ERR_OK;

    for (unsigned i = 0; i < q->n && e == ERR_OK; i++)
        e = fact_of(rows, view, h, &q->id[i], &facts[i]);
    if (e == ERR_OK)
        e = ocsp_tbs_put(q, facts, ca_hand_key(h), now, now + GOOD_FOR, tbs);
    return e == ERR_OK ? cert_digest(ca_hand_key(h), buf_span(tbs), digest) : e;
}

enum err
ocsp_end(const struct ca_hand *h, struct span tbs, struct span signature, struct buf *out)
{
    struct buf basic;
    enum err e;

    buf_init(&basic, OCSP_RESPONSE_MAX);
    e = cert_assemble(ca_hand_key(h), tbs, signature, &basic);
    if (e == ERR_OK)
        e = ocsp_response_put(buf_span(&basic), out);
    buf_release(&basic);
    return e;
}
