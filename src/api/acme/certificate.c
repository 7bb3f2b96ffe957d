/* SPDX-License-Identifier: Apache-2.0 */
/* certificate.c - what was issued, for the account that asked (RFC 8555 7.4.2). */
#include "api/acme/acme.h"
#include "api/acme/order.h"

static enum err
put_chain(const struct ca *ca, struct span leaf, struct buf *out)
{
    enum err e = pem_put(leaf, "CERTIFICATE", out);

    /* WIRE: a root that clients have to know anyway is not sent, unless it is all there is. */
    for (unsigned i = 0; e == ERR_OK && i < ca->nchain; i++)
        if (i == 0 || i + 1 < ca->nchain)
            e = pem_put(ca->chain[i], "CERTIFICATE", out);
    return e;
}

enum next
api_acme_certificate(struct exchange *x)
{
    char serial[ACME_SERIAL_MAX + 1];
    struct order_what room;
    struct issued issued;
    struct call *c;
    enum next next;
    enum err e = ERR_NOT_FOUND;

    if (!call_open(x, CALL_BY_ACCOUNT, &c, &next))
        return next;
    if (span_copy_str(x->bind[1], serial, sizeof(serial)) && serial[0] != '\0')
        e = issued_get(x->rows, x->view, &c->ca_id, serial, &issued);
    if (e == ERR_OK && !span_is_equal(issued.what, order_what(&c->account_id, &room)))
        e = ERR_NOT_FOUND;
    if (e == ERR_NOT_FOUND)
        return acme_fail(x, PROBLEM_NOT_FOUND, "The account has no such certificate.");
    acme_headers(x, 200);
    http_response_header(&x->resp, "Content-Type", "application/pem-certificate-chain");
    if (e == ERR_OK)
        e = put_chain(&c->ca, issued.der, &x->resp.big_body);
    return e == ERR_OK ? NEXT_REPLY : acme_trouble(x, e);
}
