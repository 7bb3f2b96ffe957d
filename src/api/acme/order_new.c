/* SPDX-License-Identifier: Apache-2.0 */
/*
 * order_new.c - newOrder (RFC 8555 7.4). An order begins `ready`: it is accepted only if all
 * names lie under the rules of the account's credential, and then nobody has to prove
 * anything more about them (7.1.3).
 */
#include <stdlib.h>

#include "api/acme/acme.h"
#include "api/acme/order.h"
#include "base/clock.h"
#include "codec/isotime.h"

/* Names of an order in lower case; borrowed by it. */
struct room {
    char text[ACME_NAMES_MAX][ACME_NAME_MAX + 1];
};

static bool
copy_lower(struct span from, char to[static ACME_NAME_MAX + 1])
{
    if (!span_copy_str(from, to, ACME_NAME_MAX + 1))
        return false;
    for (char *p = to; *p != '\0'; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p + 32);
    return true;
}

static bool
has_name(const struct acme_order *o, const struct alt_name *name)
{
    for (unsigned i = 0; i < o->nnames; i++)
        if (o->name[i].kind == name->kind && span_is_equal(o->name[i].text, name->text))
            return true;
    return false;
}

/* One identifier into the order, once. False: *next is the answer. */
static bool
read_name(struct exchange *x, const struct jsn *id, struct room *room, struct acme_order *o,
          enum next *next)
{
    char *text = room->text[o->nnames];
    struct alt_name name = { ALT_DNS, { 0 } };
    struct span type, value;

    if (!jsn_is_object(id) || jsn_get_str(id, "type", &type) != JSN_OK ||
        jsn_get_str(id, "value", &value) != JSN_OK) {
        *next = acme_fail(x, PROBLEM_MALFORMED, "An identifier has a type and a value.");
        return false;
    }
    if (!span_is_str(type, "dns") && !span_is_str(type, "ip")) {
        *next =
            acme_fail(x, PROBLEM_UNSUPPORTED_IDENTIFIER, "Identifiers are of type dns or ip.");
        return false;
    }
    name.kind = span_is_str(type, "ip") ? ALT_IP : ALT_DNS;
    if (copy_lower(value, text))
        name.text = span_str(text);
    if (!acme_name_is_ok(&name)) {
        name.text = span_head(value, ACME_NAME_MAX);
        *next =
            acme_fail_name(x, PROBLEM_REJECTED_IDENTIFIER,
                           "The identifier is no name that a certificate could have.", &name);
        return false;
    }
    if (!has_name(o, &name))
        o->name[o->nnames++] = name;
    return true;
}

static bool
read_names(struct exchange *x, const struct call *c, struct room *room, struct acme_order *o,
           enum next *next)
{
    const struct jsn *list;

    if (jsn_get_array(c->payload, "identifiers", &list) != JSN_OK || jsn_len(list) == 0 ||
        jsn_len(list) > ACME_NAMES_MAX) {
        *next = acme_fail(x, PROBLEM_MALFORMED, "An order has 1 to 100 identifiers.");
        return false;
    }
    for (size_t i = 0; i < jsn_len(list); i++)
        if (!read_name(x, jsn_at(list, i), room, o, next))
            return false;
    for (unsigned i = 0; i < o->nnames; i++)
        if (!acme_credential_has(&c->credential, &o->name[i])) {
            *next = acme_fail_name(x, PROBLEM_REJECTED_IDENTIFIER,
                                   "The credential of the account does not have this name.",
                                   &o->name[i]);
            return false;
        }
    return true;
}

/* notBefore is now, whatever is asked: a certificate that begins later cannot be looked at. */
static bool
read_times(struct exchange *x, const struct call *c, struct acme_order *o, enum next *next)
{
    struct span text;
    enum jsn_got got = jsn_get_str(c->payload, "notAfter", &text);
    int64_t begin;
    bool ok =
        got == JSN_ABSENT || (got == JSN_OK && isotime_get(text, &o->not_after) == ERR_OK &&
                              o->not_after > o->created);

    got = jsn_get_str(c->payload, "notBefore", &text);
    ok = ok && (got == JSN_ABSENT ||
                (got == JSN_OK && isotime_get(text, &begin) == ERR_OK && begin <= o->created));
    if (!ok)
        *next = acme_fail(x, PROBLEM_MALFORMED,
                          "notAfter is an instant to come, and notBefore none.");
    return ok;
}

/* A profile may be named, but only the one that the credential gives. */
static bool
read_profile(struct exchange *x, const struct call *c, struct acme_order *o, enum next *next)
{
    struct span asked = { 0 }, given = c->credential.profile;
    enum jsn_got got = jsn_get_str(c->payload, "profile", &asked);

    if (got == JSN_WRONG_TYPE || (got == JSN_OK && !span_is_equal_nocase(asked, given)) ||
        !span_copy_str(given, o->profile, sizeof(o->profile))) {
        *next = acme_fail(x, PROBLEM_INVALID_PROFILE,
                          "The credential of the account does not have this profile.");
        return false;
    }
    return true;
}

/* RFC 9773 5: which certificate it is to replace, for whoever reads the order. */
static bool
read_replaces(struct exchange *x, const struct call *c, struct acme_order *o, enum next *next)
{
    char serial[ACME_SERIAL_MAX + 1];
    struct order_what room;
    struct issued issued;
    struct span id;
    enum jsn_got got = jsn_get_str(c->payload, "replaces", &id);
    enum err e = ERR_NOT_FOUND;

    if (got == JSN_ABSENT)
        return true;
    if (got == JSN_OK && span_copy_str(id, o->replaces, sizeof(o->replaces)) &&
        renewal_id_read(&c->ca, id, serial))
        e = issued_get(x->rows, x->view, &c->ca_id, serial, &issued);
    if (e == ERR_OK && !span_is_equal(issued.what, order_what(&c->account_id, &room)))
        e = ERR_NOT_FOUND;
    if (e == ERR_NOT_FOUND)
        *next =
            acme_fail(x, PROBLEM_MALFORMED, "replaces names no certificate of the account.");
    else if (e != ERR_OK)
        *next = acme_trouble(x, e);
    return e == ERR_OK;
}

static bool
count(void *arg, const struct hex32 *id)
{
    (void)id;
    ++*(unsigned *)arg;
    return true;
}

static bool
has_room(struct exchange *x, const struct call *c, enum next *next)
{
    unsigned n = 0;
    enum err e = acme_order_each(x->view, &c->ca_id, &c->account_id, count, &n);

    if (e != ERR_OK)
        *next = acme_trouble(x, e);
    else if (n >= ACME_ORDERS_MAX)
        *next =
            acme_fail(x, PROBLEM_RATE_LIMITED, "The account has too many orders for a day.");
    return e == ERR_OK && n < ACME_ORDERS_MAX;
}

static enum next
make(struct exchange *x, const struct call *c, struct room *room)
{
    struct acme_order o = { .id = hex32_new(),
                            .state = ACME_ORDER_READY,
                            .created = clock_now() };
    enum next next;

    o.expires = o.created + ACME_ORDER_LIFE;
    if (!read_names(x, c, room, &o, &next) || !read_times(x, c, &o, &next) ||
        !read_profile(x, c, &o, &next) || !read_replaces(x, c, &o, &next) ||
        !has_room(x, c, &next))
        return next;
    acme_order_put(x->rows, &x->write, &c->ca_id, &c->account_id, &o);
    next = order_show(x, 201, &o);
    return next == NEXT_REPLY ? NEXT_COMMIT : next;
}

enum next
api_acme_order_new(struct exchange *x)
{
    struct room *room;
    struct call *c;
    enum next next;

    if (!call_open(x, CALL_BY_ACCOUNT, &c, &next) || !call_may_issue(x, c, &next))
        return next;
    if (c->payload == NULL)
        return acme_fail(x, PROBLEM_MALFORMED, "An order is described by an object.");
    room = malloc(sizeof(*room));
    if (room == NULL)
        return acme_trouble(x, ERR_NOMEM);
    next = make(x, c, room);
    free(room);
    return next;
}
