/* SPDX-License-Identifier: Apache-2.0 */
/*
 * finalize.c - a certificate for an order (RFC 8555 7.4).
 *
 * What is certified is what the order says, not what the request says: names come from the
 * order, and the request has to ask for the very same. Whether the principal may, and whether
 * the names are still the credential's, is asked again, before the keeper signs and in the
 * snapshot of the commit.
 */
#include "api/acme/acme.h"
#include "api/acme/order.h"
#include "base/clock.h"
#include "codec/b64.h"
#include "crypto/csr.h"

static enum next
bad_csr(struct exchange *x, const char *detail)
{
    return acme_fail(x, PROBLEM_BAD_CSR, detail);
}

/* In lower case, as orders have them. */
static bool
is_name(const struct alt_name *ordered, const struct alt_name *asked)
{
    return ordered->kind == asked->kind && span_is_equal_nocase(ordered->text, asked->text);
}

static bool
order_has(const struct acme_order *o, const struct alt_name *name)
{
    for (unsigned i = 0; i < o->nnames; i++)
        if (is_name(&o->name[i], name))
            return true;
    return false;
}

static bool
csr_has(const struct csr *r, const struct alt_name *name)
{
    for (size_t i = 0; i < csr_alt_count(r); i++) {
        struct alt_name a = csr_alt(r, i);

        if (is_name(name, &a))
            return true;
    }
    for (size_t i = 0; i < csr_common_count(r); i++) {
        struct alt_name a = { name->kind, csr_common(r, i) };

        if (is_name(name, &a))
            return true;
    }
    return false;
}

/* The same names on both sides; a common name has to be one of them. */
static bool
names_are_the_orders(const struct csr *r, const struct acme_order *o)
{
    for (size_t i = 0; i < csr_alt_count(r); i++) {
        struct alt_name a = csr_alt(r, i);

        if (!order_has(o, &a))
            return false;
    }
    for (size_t i = 0; i < csr_common_count(r); i++) {
        struct alt_name dns = { ALT_DNS, csr_common(r, i) }, ip = { ALT_IP, csr_common(r, i) };

        if (!order_has(o, &dns) && !order_has(o, &ip))
            return false;
    }
    for (unsigned i = 0; i < o->nnames; i++)
        if (!csr_has(r, &o->name[i]))
            return false;
    return true;
}

/* NEXT_COMMIT: it is good. */
static enum next
judge(struct exchange *x, const struct call *c, const struct csr *r)
{
    if (csr_is_ca(r))
        return bad_csr(x, "The request is for an authority.");
    if (!names_are_the_orders(r, &c->order))
        return bad_csr(x, "The names of the request are not those of the order.");
    /* RFC 8555 11.1: who has one of both keys must not have the other. */
    if (key_public_is_same(csr_key(r), &c->account.key))
        return bad_csr(x, "The request is for the key of the account.");
    return NEXT_COMMIT;
}

static enum next
unreadable(struct exchange *x, enum err e)
{
    if (err_class_of(e) == ERR_CLASS_RETRY || err_class_of(e) == ERR_CLASS_INTERNAL)
        return acme_trouble(x, e);
    if (e == ERR_KEY_TYPE)
        return bad_csr(x, "The key is of a kind or size that has no certificates here.");
    if (e == ERR_UNSUPPORTED)
        return bad_csr(x,
                       "The request asks for something that this server does not issue, or is "
                       "signed with an algorithm that is too weak.");
    if (e == ERR_INTEGRITY)
        return bad_csr(x, "The request is not signed with its own key.");
    return bad_csr(x, "The request is no PKCS #10 in base64url.");
}

static enum err
read_csr(const struct call *c, struct csr **out)
{
    struct span text;
    struct buf der;
    enum err e;

    *out = NULL;
    if (c->payload == NULL || jsn_get_str(c->payload, "csr", &text) != JSN_OK)
        return ERR_SYNTAX;
    buf_init(&der, CSR_MAX);
    e = b64url_get(text, sink_buf(&der));
    if (e == ERR_OK)
        e = csr_new(buf_span(&der), out);
    buf_release(&der);
    return e;
}

/* The first name that fits into a common name, if the request has one at all. */
static void
put_subject(const struct csr *r, char subject[static 80])
{
    struct span cn = csr_common_count(r) > 0 ? csr_common(r, 0) : (struct span){ 0 };

    subject[0] = '\0';
    if (cn.len > 0 && cn.len <= 64)
        (void)snprintf(subject, 80, "CN=\"%.*s\"", (int)cn.len, (const char *)cn.ptr);
}

static enum err
compose(struct exchange *x, struct call *c, const struct csr *r, struct ca_hand *h,
        char why[static CA_WHY_MAX])
{
    struct span ekus[CERT_EKUS_MAX];
    char subject[80];
    struct issue_asked a = { .profile = span_str(c->order.profile),
                             .alts = c->order.name,
                             .alt_count = c->order.nnames,
                             .ekus = ekus,
                             .eku_count = csr_eku_count(r),
                             .key_usage = csr_key_usage(r),
                             .key = csr_key(r),
                             .not_after = c->order.not_after,
                             .path_length = -1 };
    enum err e = ca_hand_open(x->rows, x->view, &c->ca, CA_ISSUES, clock_now(), h, why);

    for (size_t i = 0; i < a.eku_count; i++)
        ekus[i] = csr_eku(r, i);
    put_subject(r, subject);
    a.subject = span_str(subject);
    if (e == ERR_OK)
        e = issue_begin(h, &a, clock_now(), &c->made, why);
    return e;
}

static enum next
refused(struct exchange *x, enum err e, const char *why)
{
    if (e == ERR_DISABLED)
        return acme_fail(x, PROBLEM_UNAVAILABLE, why);
    if (e == ERR_DENIED || e == ERR_SYNTAX || e == ERR_ARG)
        return bad_csr(x, why);
    return acme_trouble(x, e);
}

static enum next
ask_signature(struct exchange *x, struct call *c, const struct csr *r)
{
    char why[CA_WHY_MAX] = "";
    struct ca_hand h = { .ca = NULL };
    enum err e = compose(x, c, r, &h, why);

    if (e == ERR_OK) {
        x->ask_op = KEEPER_KEY_USE;
        x->ask_of = h.detail.home;
        ca_ask_signature(&h, &c->made.digest, sink_sec(&x->ask));
    }
    ca_hand_release(&h);
    return e == ERR_OK ? NEXT_KEEPER : refused(x, e, why);
}

/* What may have changed since the order was made. */
static bool
is_allowed(struct exchange *x, const struct call *c, enum next *next)
{
    if (!call_may_issue(x, c, next))
        return false;
    for (unsigned i = 0; i < c->order.nnames; i++)
        if (!acme_credential_has(&c->credential, &c->order.name[i])) {
            *next = acme_fail_name(x, PROBLEM_UNAUTHORIZED,
                                   "The credential of the account does not have this name.",
                                   &c->order.name[i]);
            return false;
        }
    return true;
}

static enum next
begin(struct exchange *x)
{
    struct csr *r = NULL;
    struct call *c;
    enum next next;
    enum err e;

    if (!order_open(x, &c, &next))
        return next;
    /* WIRE: a client that has not heard the answer asks again; it has its certificate. */
    if (c->order.state == ACME_ORDER_VALID)
        return acme_fail(x, PROBLEM_ORDER_NOT_READY, "The order has its certificate.");
    if (!is_allowed(x, c, &next))
        return next;
    e = read_csr(c, &r);
    next = e == ERR_OK ? judge(x, c, r) : unreadable(x, e);
    if (next == NEXT_COMMIT)
        next = ask_signature(x, c, r);
    csr_free(r);
    return next;
}

static enum err
sign(struct exchange *x, struct call *c, char why[static CA_WHY_MAX])
{
    struct ca_hand h = { .ca = NULL };
    struct key_use_answer answer;
    struct order_what room;
    struct issue_who who = { c->credential.principal, order_what(&c->account_id, &room) };
    enum err e = ca_hand_open(x->rows, x->view, &c->ca, CA_ISSUES, clock_now(), &h, why);

    if (e == ERR_OK)
        e = key_use_answer_read(secbuf_span(&x->answer), &answer);
    if (e == ERR_OK)
        e = issue_end(&h, &c->made, answer.value);
    if (e == ERR_OK)
        issue_put(x->rows, &x->write, &h, &c->made, &who, clock_now());
    ca_hand_release(&h);
    return e;
}

static enum next
finish(struct exchange *x)
{
    char why[CA_WHY_MAX] = "";
    struct call *c = x->state;
    enum err e = x->answer_err;
    enum next next;

    if (e != ERR_OK)
        return acme_trouble(x, e);
    if (!call_again(x, c, &next) || !order_again(x, c, &next) || !is_allowed(x, c, &next))
        return next;
    if (c->order.state != ACME_ORDER_READY)
        return acme_fail(x, PROBLEM_ORDER_NOT_READY, "The order has its certificate.");
    e = sign(x, c, why);
    if (e != ERR_OK)
        return refused(x, e, why);
    c->order.state = ACME_ORDER_VALID;
    bug_on(!span_copy_str(span_str(c->made.serial), c->order.serial, sizeof(c->order.serial)));
    acme_order_put(x->rows, &x->write, &c->ca_id, &c->account_id, &c->order);
    next = order_show(x, 200, &c->order);
    return next == NEXT_REPLY ? NEXT_COMMIT : next;
}

enum next
api_acme_finalize(struct exchange *x)
{
    return x->step == 0 ? begin(x) : finish(x);
}
