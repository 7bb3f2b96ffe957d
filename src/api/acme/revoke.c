/* SPDX-License-Identifier: Apache-2.0 */
/*
 * revoke.c - revokeCert (RFC 8555 7.6): signed by the account that asked for the certificate,
 * or with the certificate's own key.
 */
#include "api/acme/acme.h"
#include "api/acme/order.h"
#include "base/clock.h"
#include "codec/b64.h"
#include "pki/crl.h"

/* What a subscriber may give as a reason; the others are the authority's to say. */
static bool
reason_is_ok(int64_t reason)
{
    return reason == REASON_UNSPECIFIED || reason == REASON_KEY_COMPROMISE ||
           reason == REASON_AFFILIATION_CHANGED || reason == REASON_SUPERSEDED ||
           reason == REASON_CESSATION;
}

static enum err
read_certificate(const struct call *c, struct cert **out)
{
    struct span text;
    struct buf der;
    enum err e;

    *out = NULL;
    if (c->payload == NULL || jsn_get_str(c->payload, "certificate", &text) != JSN_OK)
        return ERR_SYNTAX;
    buf_init(&der, CERT_MAX);
    e = b64url_get(text, sink_buf(&der));
    if (e == ERR_OK)
        e = cert_new(buf_span(&der), out);
    buf_release(&der);
    return e;
}

/* The row of that very certificate. */
static enum err
find_issued(struct exchange *x, const struct call *c, const struct cert *cert,
            struct issued *out)
{
    enum err e = ERR_NOT_FOUND;

    if (strlen(cert_serial(cert)) <= ISSUED_SERIAL_MAX)
        e = issued_get(x->rows, x->view, &c->ca_id, cert_serial(cert), out);
    return e == ERR_OK && !span_is_equal(out->der, cert_der(cert)) ? ERR_NOT_FOUND : e;
}

static bool
may_revoke(const struct call *c, const struct cert *cert, const struct issued *issued)
{
    struct order_what room;

    if (c->account_id.text[0] == '\0')
        return cert_is_of_key(cert, &c->jwk.public);
    return span_is_equal(issued->what, order_what(&c->account_id, &room));
}

static enum next
put_revoked(struct exchange *x, const struct call *c, const struct issued *issued,
            int64_t reason)
{
    struct revoked r = { .reason = (enum revocation_reason)reason,
                         .at = clock_now(),
                         .not_after = issued->not_after };
    struct revoked old;
    enum err e = revoked_get(x->rows, x->view, &c->ca_id, issued->serial, &old);

    if (e == ERR_OK)
        return acme_fail(x, PROBLEM_ALREADY_REVOKED, "The certificate is revoked.");
    if (e != ERR_NOT_FOUND)
        return acme_trouble(x, e);
    bug_on(!span_copy_str(span_str(issued->serial), r.serial, sizeof(r.serial)));
    revoked_put(x->rows, &x->write, &c->ca_id, &r);
    e = crl_spoil(x->rows, x->view, &x->write, &c->ca_id);
    if (e != ERR_OK)
        return acme_trouble(x, e);
    acme_headers(x, 200);
    return NEXT_COMMIT;
}

static enum next
revoke(struct exchange *x, const struct call *c, const struct cert *cert)
{
    int64_t reason = REASON_UNSPECIFIED;
    enum jsn_got got = jsn_get_i64(c->payload, "reason", &reason);
    struct issued issued;
    enum err e = find_issued(x, c, cert, &issued);

    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return acme_trouble(x, e);
    /* A stranger is not told which certificates there are. */
    if (e == ERR_NOT_FOUND || !may_revoke(c, cert, &issued))
        return acme_fail(x, PROBLEM_UNAUTHORIZED,
                         "The certificate is not this account's, nor this key's.");
    if (got == JSN_WRONG_TYPE || (got == JSN_OK && !reason_is_ok(reason)))
        return acme_fail(x, PROBLEM_BAD_REVOCATION_REASON,
                         "The reason is none of 0, 1, 3, 4, 5.");
    return put_revoked(x, c, &issued, reason);
}

enum next
api_acme_revoke(struct exchange *x)
{
    struct cert *cert = NULL;
    struct call *c;
    enum next next;
    enum err e;

    if (!call_open(x, CALL_BY_EITHER, &c, &next))
        return next;
    e = read_certificate(c, &cert);
    if (e == ERR_NOMEM)
        return acme_trouble(x, e);
    if (e != ERR_OK)
        return acme_fail(x, PROBLEM_MALFORMED, "There is no certificate in the request.");
    next = revoke(x, c, cert);
    cert_free(cert);
    return next;
}
