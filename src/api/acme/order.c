/* SPDX-License-Identifier: Apache-2.0 */
/*
 * order.c - orders and their authorizations (RFC 8555 7.1.3 to 7.1.5).
 * Authorizations and challenges are read off the order: all are valid from the beginning.
 */
#include "api/acme/order.h"

#include "api/acme/acme.h"
#include "base/clock.h"
#include "codec/isotime.h"

struct span
order_what(const struct hex32 *account, struct order_what *room)
{
    (void)snprintf(room->text, sizeof(room->text), "acme/%s", account->text);
    return span_str(room->text);
}

bool
order_again(struct exchange *x, struct call *c, enum next *next)
{
    struct hex32 id;
    enum err e = ERR_NOT_FOUND;

    if (hex32_parse(x->bind[1], &id))
        e = acme_order_load(x->rows, x->view, &c->ca_id, &c->account_id, &id, &c->order);
    if (e == ERR_OK && clock_now() >= c->order.expires)
        e = ERR_NOT_FOUND;
    if (e == ERR_NOT_FOUND)
        *next = acme_fail(x, PROBLEM_NOT_FOUND, "The account has no such order.");
    else if (e != ERR_OK)
        *next = acme_trouble(x, e);
    return e == ERR_OK;
}

bool
order_open(struct exchange *x, struct call **out, enum next *next)
{
    return call_open(x, CALL_BY_ACCOUNT, out, next) && order_again(x, *out, next);
}

static void
put_identifier(struct jsw *w, const char *name, const struct alt_name *of)
{
    struct span value = of->text;

    /* WIRE: an authorization is for the name below the star (RFC 8555 7.1.4). */
    if (name != NULL && span_has_prefix(value, span_str("*.")))
        value = span_tail(value, 2);
    jsw_object(w, name);
    jsw_str(w, "type", of->kind == ALT_IP ? "ip" : "dns");
    jsw_span(w, "value", value);
    jsw_end(w);
}

static void
put_time(struct jsw *w, const char *name, int64_t at)
{
    char text[ISOTIME_MAX];

    isotime_put(at, text);
    jsw_str(w, name, text);
}

static void
put_links(const struct exchange *x, const struct acme_order *o, struct jsw *w)
{
    char url[ACME_URL_MAX];

    jsw_array(w, "authorizations");
    for (unsigned i = 0; i < o->nnames; i++) {
        acme_url(x, url, "/authorization/%s/%u", o->id.text, i);
        jsw_str(w, NULL, url);
    }
    jsw_end(w);
    acme_url(x, url, "/order/%s/finalize", o->id.text);
    jsw_str(w, "finalize", url);
    if (o->state == ACME_ORDER_VALID) {
        acme_url(x, url, "/certificate/%s", o->serial);
        jsw_str(w, "certificate", url);
    }
}

enum next
order_show(struct exchange *x, unsigned status, const struct acme_order *o)
{
    char url[ACME_URL_MAX];
    struct jsw w = acme_begin(x, status);

    acme_url(x, url, "/order/%s", o->id.text);
    http_response_header(&x->resp, "Location", url);
    jsw_str(&w, "status", o->state == ACME_ORDER_VALID ? "valid" : "ready");
    put_time(&w, "expires", o->expires);
    jsw_array(&w, "identifiers");
    for (unsigned i = 0; i < o->nnames; i++)
        put_identifier(&w, NULL, &o->name[i]);
    jsw_end(&w);
    if (o->not_after != 0)
        put_time(&w, "notAfter", o->not_after);
    if (o->profile[0] != '\0')
        jsw_str(&w, "profile", o->profile);
    if (o->replaces[0] != '\0')
        jsw_str(&w, "replaces", o->replaces);
    put_links(x, o, &w);
    return acme_end(x, &w);
}

enum next
api_acme_order(struct exchange *x)
{
    struct call *c;
    enum next next;

    if (!order_open(x, &c, &next))
        return next;
    return order_show(x, 200, &c->order);
}

/* The name that binding 2 numbers. */
static bool
find_name(struct exchange *x, const struct call *c, uint64_t *out, enum next *next)
{
    if (span_get_u64(x->bind[2], out) && *out < c->order.nnames)
        return true;
    *next = acme_fail(x, PROBLEM_NOT_FOUND, "The order has no such authorization.");
    return false;
}

static bool
is_wildcard(const struct alt_name *name)
{
    return span_has_prefix(name->text, span_str("*."));
}

/* WIRE: clients look for the type that they would have answered, and see that it is done. The
 * token is never read by anybody. */
static void
put_challenge(const struct exchange *x, const struct call *c, uint64_t i, const char *type,
              struct jsw *w)
{
    char url[ACME_URL_MAX];

    acme_url(x, url, "/challenge/%s/%u/%s", c->order.id.text, (unsigned)i, type);
    jsw_str(w, "type", type);
    jsw_str(w, "url", url);
    jsw_str(w, "status", "valid");
    put_time(w, "validated", c->order.created);
    jsw_str(w, "token", c->order.id.text);
}

enum next
api_acme_authorization(struct exchange *x)
{
    struct call *c;
    enum next next;
    uint64_t i;
    struct jsw w;

    if (!order_open(x, &c, &next) || !find_name(x, c, &i, &next))
        return next;
    if (c->payload != NULL && jsn_len(c->payload) > 0)
        return acme_fail(x, PROBLEM_MALFORMED, "This authorization cannot be changed.");
    w = acme_begin(x, 200);
    put_identifier(&w, "identifier", &c->order.name[i]);
    jsw_str(&w, "status", "valid");
    put_time(&w, "expires", c->order.expires);
    jsw_array(&w, "challenges");
    for (unsigned k = is_wildcard(&c->order.name[i]) ? 1 : 0; k < 2; k++) {
        jsw_object(&w, NULL);
        put_challenge(x, c, i, k == 0 ? "http-01" : "dns-01", &w);
        jsw_end(&w);
    }
    jsw_end(&w);
    if (is_wildcard(&c->order.name[i]))
        jsw_bool(&w, "wildcard", true);
    return acme_end(x, &w);
}

enum next
api_acme_challenge(struct exchange *x)
{
    char url[ACME_URL_MAX], link[ACME_URL_MAX + 16];
    struct call *c;
    enum next next;
    uint64_t i;
    struct jsw w;

    if (!order_open(x, &c, &next) || !find_name(x, c, &i, &next))
        return next;
    if (!span_is_str(x->bind[3], "http-01") && !span_is_str(x->bind[3], "dns-01"))
        return acme_fail(x, PROBLEM_NOT_FOUND, "The order has no such challenge.");
    w = acme_begin(x, 200);
    acme_url(x, url, "/authorization/%s/%u", c->order.id.text, (unsigned)i);
    (void)snprintf(link, sizeof(link), "<%s>;rel=\"up\"", url);
    http_response_header(&x->resp, "Link", link);
    put_challenge(x, c, i, span_is_str(x->bind[3], "dns-01") ? "dns-01" : "http-01", &w);
    return acme_end(x, &w);
}
