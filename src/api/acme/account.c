/* SPDX-License-Identifier: Apache-2.0 */
/* account.c - accounts that are there: seen, updated, deactivated (RFC 8555 7.3.2, 7.3.6). */
#include "api/acme/account.h"

#include "api/acme/acme.h"

/* One mailbox without header fields (RFC 8555 7.3). */
static bool
is_mailbox(struct span contact)
{
    struct alt_name name = { ALT_EMAIL, span_tail(contact, sizeof("mailto:") - 1) };

    return contact.len <= ACME_CONTACT_MAX && span_find(name.text, '?') == name.text.len &&
           span_find(name.text, ',') == name.text.len && alt_name_is_ok(&name);
}

bool
account_read_contacts(struct exchange *x, const struct jsn *payload, struct acme_account *a,
                      enum next *next)
{
    enum problem p = PROBLEM__MAX;
    const struct jsn *list;
    enum jsn_got got = jsn_get_array(payload, "contact", &list);

    if (got == JSN_ABSENT)
        return true;
    if (got != JSN_OK || jsn_len(list) > ACME_CONTACTS_MAX) {
        *next = acme_fail(x, PROBLEM_MALFORMED, "contact is a list of at most eight URLs.");
        return false;
    }
    a->ncontacts = 0;
    for (size_t i = 0; i < jsn_len(list) && p == PROBLEM__MAX; i++) {
        struct span c = jsn_str(jsn_at(list, i));

        if (!span_has_prefix(c, span_str("mailto:")))
            p = PROBLEM_UNSUPPORTED_CONTACT;
        else if (!is_mailbox(c))
            p = PROBLEM_INVALID_CONTACT;
        else
            a->contact[a->ncontacts++] = c;
    }
    if (p != PROBLEM__MAX)
        *next = acme_fail(x, p, "A contact is a mailto URL with one address.");
    return p == PROBLEM__MAX;
}

enum next
account_show(struct exchange *x, unsigned status, const struct acme_account *a)
{
    char url[ACME_URL_MAX];
    struct jsw w = acme_begin(x, status);

    call_account_url(x, &a->id, url);
    http_response_header(&x->resp, "Location", url);
    jsw_str(&w, "status", a->state == ACME_ACCOUNT_VALID ? "valid" : "deactivated");
    jsw_array(&w, "contact");
    for (unsigned i = 0; i < a->ncontacts; i++)
        jsw_span(&w, NULL, a->contact[i]);
    jsw_end(&w);
    if (a->terms)
        jsw_bool(&w, "termsOfServiceAgreed", true);
    acme_url(x, url, "/account/%s/orders", a->id.text);
    jsw_str(&w, "orders", url);
    return acme_end(x, &w);
}

/* The account that signed has to be the one of the path. */
static bool
is_own(struct exchange *x, const struct call *c, enum next *next)
{
    if (span_is_str(x->bind[1], c->account_id.text))
        return true;
    *next = acme_fail(x, PROBLEM_UNAUTHORIZED, "This is signed for another account.");
    return false;
}

static enum next
update(struct exchange *x, struct call *c)
{
    struct acme_account *a = &c->account;
    struct span status;
    enum jsn_got got = jsn_get_str(c->payload, "status", &status);
    enum next next;

    if (!account_read_contacts(x, c->payload, a, &next))
        return next;
    if (got == JSN_WRONG_TYPE ||
        (got == JSN_OK && !span_is_str(status, "deactivated") && !span_is_str(status, "valid")))
        return acme_fail(x, PROBLEM_MALFORMED, "An account can only be deactivated.");
    if (got == JSN_OK && span_is_str(status, "deactivated"))
        a->state = ACME_ACCOUNT_DEACTIVATED;
    acme_account_put(x->rows, &x->write, &c->ca_id, a);
    next = account_show(x, 200, a);
    return next == NEXT_REPLY ? NEXT_COMMIT : next;
}

enum next
api_acme_account(struct exchange *x)
{
    struct call *c;
    enum next next;

    if (!call_open(x, CALL_BY_ACCOUNT, &c, &next) || !is_own(x, c, &next))
        return next;
    if (c->payload == NULL || jsn_len(c->payload) == 0)
        return account_show(x, 200, &c->account);
    return update(x, c);
}

struct listing {
    const struct exchange *x;
    struct jsw *w;
};

static bool
put_order(void *arg, const struct hex32 *id)
{
    struct listing *l = arg;
    char url[ACME_URL_MAX];

    acme_url(l->x, url, "/order/%s", id->text);
    jsw_str(l->w, NULL, url);
    return true;
}

enum next
api_acme_account_orders(struct exchange *x)
{
    struct call *c;
    enum next next;
    struct jsw w;
    struct listing l = { x, &w };
    enum err e;

    if (!call_open(x, CALL_BY_ACCOUNT, &c, &next) || !is_own(x, c, &next))
        return next;
    w = acme_begin(x, 200);
    jsw_array(&w, "orders");
    e = acme_order_each(x->view, &c->ca_id, &c->account_id, put_order, &l);
    jsw_end(&w);
    return e == ERR_OK ? acme_end(x, &w) : acme_trouble(x, e);
}
