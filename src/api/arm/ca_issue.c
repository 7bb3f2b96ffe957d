/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ca_issue.c - authorities at work: a certificate for a request, one less, the list of them,
 * and the certificate that an external authority made for one of ours.
 */
#include <stdio.h>
#include <stdlib.h>

#include "api/arm/cas.h"
#include "api/arm/handlers.h"
#include "api/data/key_fail.h"
#include "base/clock.h"
#include "crypto/csr.h"
#include "pki/crl.h"

enum { DAY = 86400 };

struct work {
    struct place group;
    struct resource r;
    struct ca ca;
    struct jsn *root; /* backs asked */
    struct csr *csr;  /* too */
    struct alt_name alts[CERT_ALTS_MAX];
    struct span ekus[CERT_EKUS_MAX];
    struct issue_asked asked;
    struct issue_made made;
    int64_t now;
    bool answered;
    char why[CA_WHY_MAX];
};

static void
work_free(void *state)
{
    struct work *m = state;

    jsn_free(m->root);
    csr_free(m->csr);
    issue_made_release(&m->made);
    free(m);
}

static struct work *
work_begin(struct exchange *x)
{
    struct work *m = calloc(1, sizeof(*m));

    if (m == NULL)
        return NULL;
    x->state = m;
    x->state_free = work_free;
    issue_made_init(&m->made);
    m->now = clock_now();
    return m;
}

static enum err
bad(struct exchange *x, struct work *m, const char *what)
{
    (void)arm_fail(x, 400, "InvalidRequestContent",
                   "The request content is not valid: '%s' is missing or is not what it "
                   "should be.",
                   what);
    m->answered = true;
    return ERR_SYNTAX;
}

static enum err
find(struct exchange *x, struct work *m)
{
    enum err e = ca_of_path(x, &m->group, &m->r, &m->ca);

    m->answered = e == ERR_NOT_FOUND;
    return e;
}

/* ------------------------------------------------------------------------- issue */

static enum err
read_csr(struct exchange *x, struct work *m)
{
    struct issue_asked *a = &m->asked;
    struct span pem;
    enum err e;

    if (jsn_get_str(m->root, "csr", &pem) != JSN_OK || pem.len > CA_BODY_CSR_MAX)
        return bad(x, m, "csr");
    e = csr_new_pem(pem, &m->csr);
    if (e == ERR_NOMEM || e == ERR_CRYPTO)
        return e;
    if (e != ERR_OK)
        return bad(x, m, "csr");
    a->subject = span_str(csr_subject_dn(m->csr));
    a->key = csr_key(m->csr);
    a->key_usage = csr_key_usage(m->csr);
    a->path_length = csr_path_length(m->csr);
    for (size_t i = 0; i < csr_alt_count(m->csr) && i < CERT_ALTS_MAX; i++)
        m->alts[a->alt_count++] = csr_alt(m->csr, i);
    for (size_t i = 0; i < csr_eku_count(m->csr) && i < CERT_EKUS_MAX; i++)
        m->ekus[a->eku_count++] = csr_eku(m->csr, i);
    a->alts = m->alts;
    a->ekus = m->ekus;
    return ERR_OK;
}

static enum err
read_asked(struct exchange *x, struct work *m)
{
    const struct jsn *names;
    struct issue_asked *a = &m->asked;
    enum jsn_got got = jsn_get_str(m->root, "profile", &a->profile);
    int64_t days = 0;

    if (got == JSN_WRONG_TYPE)
        return bad(x, m, "profile");
    if (got == JSN_ABSENT)
        a->profile = (struct span){ 0 };
    got = jsn_get_i64(m->root, "validityDays", &days);
    if (got == JSN_WRONG_TYPE || (got == JSN_OK && (days < 1 || days > PROFILE_DAYS_MAX)))
        return bad(x, m, "validityDays");
    a->not_after = got == JSN_OK ? m->now + days * DAY : 0;
    got = jsn_get_object(m->root, "names", &names);
    if (got == JSN_WRONG_TYPE ||
        (got == JSN_OK && !ca_names_read(names, m->alts, CERT_ALTS_MAX, &a->alt_count)))
        return bad(x, m, "names");
    return ERR_OK;
}

static enum err
check_ca_request(struct exchange *x, struct work *m)
{
    const struct pki_profile *p = ca_profile(&m->ca, m->asked.profile);

    if (csr_is_ca(m->csr) && (p == NULL || !p->ca)) {
        (void)snprintf(m->why, sizeof(m->why),
                       "The request is an authority's, and the profile is not for those.");
        return ERR_DENIED;
    }
    m->asked.may_be_ca = ca_may(x, CA_ACTION_WRITE, m->ca.resource);
    return ERR_OK;
}

static enum err
issue_ask(struct exchange *x, struct work *m)
{
    struct ca_hand h = { .ca = NULL };
    enum err e = find(x, m);

    if (e == ERR_OK)
        e = arm_body(x, &m->root);
    if (e == ERR_OK)
        e = read_csr(x, m);
    if (e == ERR_OK)
        e = read_asked(x, m);
    if (e == ERR_OK)
        e = check_ca_request(x, m);
    if (e == ERR_OK)
        e = ca_hand_open(x->rows, x->view, &m->ca, CA_ISSUES, m->now, &h, m->why);
    if (e == ERR_OK)
        e = issue_begin(&h, &m->asked, m->now, &m->made, m->why);
    if (e == ERR_OK) {
        ca_ask_signature(&h, &m->made.digest, sink_sec(&x->ask));
        x->ask_op = KEEPER_KEY_USE;
        x->ask_of = h.detail.home;
    }
    ca_hand_release(&h);
    return e;
}

static void
put_issued(struct exchange *x, const struct work *m)
{
    struct span chain[CA_CHAIN_MAX + 1];
    unsigned n = issue_chain(&m->ca, &m->made, chain);
    struct jsw w = arm_reply(x, 200);

    jsw_object(&w, NULL);
    jsw_str(&w, "serialNumber", m->made.serial);
    jsw_str(&w, "profile", m->made.profile);
    arm_put_time(&w, "notAfter", m->made.not_after);
    ca_put_pem(&w, "certificate", "CERTIFICATE", chain, 1);
    ca_put_pem(&w, "chain", "CERTIFICATE", chain, n);
    jsw_end(&w);
}

static enum err
issue_finish(struct exchange *x, struct work *m)
{
    struct issue_who who = { .principal = x->caller.oid, .what = span_str("arm") };
    struct ca_hand h = { .ca = NULL };
    struct key_use_answer a;
    enum err e = key_provider_err(x->answer_err, ERR_INTERNAL);

    if (e == ERR_OK)
        e = key_use_answer_read(secbuf_span(&x->answer), &a);
    if (e == ERR_OK)
        e = find(x, m);
    if (e == ERR_OK)
        e = ca_hand_open(x->rows, x->view, &m->ca, CA_ISSUES, m->now, &h, m->why);
    if (e == ERR_OK)
        e = issue_end(&h, &m->made, a.value);
    if (e == ERR_OK) {
        issue_put(x->rows, &x->write, &h, &m->made, &who, m->now);
        put_issued(x, m);
    }
    ca_hand_release(&h);
    return e;
}

enum next
api_arm_ca_issue(struct exchange *x)
{
    struct work *m = x->step == 0 ? work_begin(x) : x->state;
    enum err e;

    if (m == NULL)
        return arm_trouble(x, ERR_NOMEM);
    e = x->step == 0 ? issue_ask(x, m) : issue_finish(x, m);
    if (e == ERR_OK)
        return x->step == 0 ? NEXT_KEEPER : arm_finish(x, NEXT_COMMIT);
    return m->answered ? NEXT_REPLY : ca_refuse(x, e, m->why);
}

/* ------------------------------------------------------------------------ revoke */

/* Upper-case hex without colons. */
static bool
read_serial(struct span text, char out[static ISSUED_SERIAL_MAX + 1])
{
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];

        if (c == ':' || c == ' ')
            continue;
        if (n == ISSUED_SERIAL_MAX ||
            !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')))
            return false;
        out[n++] = c >= 'a' ? (char)(c - 32) : (char)c;
    }
    out[n] = '\0';
    return n > 0;
}

static enum err
read_revocation(struct exchange *x, struct work *m, struct revoked *r)
{
    struct span text;
    enum jsn_got got;
    unsigned reason = REASON_UNSPECIFIED;

    *r = (struct revoked){ .at = m->now };
    if (jsn_get_str(m->root, "serial", &text) != JSN_OK || !read_serial(text, r->serial))
        return bad(x, m, "serial");
    got = jsn_get_str(m->root, "reason", &text);
    if (got == JSN_OK)
        reason = revocation_reason_find(text);
    /* certificateHold would have to be taken back one day: there is no way back here. */
    if (got == JSN_WRONG_TYPE || reason == REASON__MAX || reason == REASON_HOLD)
        return bad(x, m, "reason");
    r->reason = (enum revocation_reason)reason;
    return ERR_OK;
}

static void
put_revoked(struct exchange *x, const struct revoked *r)
{
    struct jsw w = arm_reply(x, 200);

    jsw_object(&w, NULL);
    jsw_str(&w, "serialNumber", r->serial);
    jsw_str(&w, "reason", revocation_reason_name(r->reason));
    arm_put_time(&w, "revoked", r->at);
    jsw_end(&w);
}

static enum err
revoke(struct exchange *x, struct work *m)
{
    struct issued i;
    struct revoked r, known;
    enum err e = find(x, m);

    if (e == ERR_OK)
        e = arm_body(x, &m->root);
    if (e == ERR_OK)
        e = read_revocation(x, m, &r);
    if (e != ERR_OK)
        return e;
    e = issued_get(x->rows, x->view, &m->ca.id, r.serial, &i);
    if (e == ERR_NOT_FOUND) {
        (void)arm_fail(x, 404, "CertificateNotFound",
                       "The authority has issued no certificate with the serial number '%s'.",
                       r.serial);
        m->answered = true;
    }
    if (e != ERR_OK)
        return e;
    r.not_after = i.not_after;
    e = revoked_get(x->rows, x->view, &m->ca.id, r.serial, &known);
    if (e == ERR_OK) { /* once is for ever, and the first time counts */
        put_revoked(x, &known);
        m->answered = true;
        return ERR_EXISTS;
    }
    if (e != ERR_NOT_FOUND)
        return e;
    revoked_put(x->rows, &x->write, &m->ca.id, &r);
    e = crl_spoil(x->rows, x->view, &x->write, &m->ca.id);
    if (e == ERR_OK)
        put_revoked(x, &r);
    return e;
}

enum next
api_arm_ca_revoke(struct exchange *x)
{
    struct work *m = work_begin(x);
    enum err e;

    if (m == NULL)
        return arm_trouble(x, ERR_NOMEM);
    e = revoke(x, m);
    if (e == ERR_OK)
        return arm_finish(x, NEXT_COMMIT);
    return m->answered ? NEXT_REPLY : ca_refuse(x, e, m->why);
}

/* ----------------------------------------------------------------- external parent */

static enum err
adopt(struct exchange *x, struct work *m, struct cert_bag *bag)
{
    struct ca_hand own = { .ca = NULL };
    struct span pem;
    struct jsw w;
    enum err e;

    if (jsn_get_str(m->root, "certificate", &pem) != JSN_OK)
        return bad(x, m, "certificate");
    if (!span_is_str_nocase(m->ca.parent, "external")) {
        (void)snprintf(m->why, sizeof(m->why), "The authority has no external parent.");
        return ERR_DISABLED;
    }
    e = cert_bag_add(bag, pem);
    if (e != ERR_OK)
        return e == ERR_NOMEM ? e : bad(x, m, "certificate");
    e = ca_hand_find_key(x->rows, x->view, &m->ca, m->now, &own, m->why);
    if (e == ERR_OK)
        e = found_adopt(&own, bag, m->now, &m->ca, m->why);
    if (e == ERR_OK) {
        m->ca.csr = (struct span){ 0 };
        m->ca.updated = m->now;
        ca_put(x->rows, &x->write, &m->ca);
        w = arm_reply(x, 200);
        ca_put_json(x, &m->r, &m->ca, &w);
    }
    ca_hand_release(&own);
    return e;
}

enum next
api_arm_ca_certificate(struct exchange *x)
{
    struct work *m = work_begin(x);
    struct cert_bag bag = { .count = 0 };
    enum err e;

    if (m == NULL)
        return arm_trouble(x, ERR_NOMEM);
    e = find(x, m);
    if (e == ERR_OK)
        e = arm_body(x, &m->root);
    if (e == ERR_OK)
        e = adopt(x, m, &bag);
    cert_bag_release(&bag);
    if (e == ERR_OK)
        return arm_finish(x, NEXT_COMMIT);
    return m->answered ? NEXT_REPLY : ca_refuse(x, e, m->why);
}

/* ------------------------------------------------------------------ what was issued */

enum { LIST_PAGE = 100 };

struct issued_list {
    struct exchange *x;
    struct jsw w;
    const struct guid *ca;
    unsigned n;
    bool more;
    char last[ISSUED_SERIAL_MAX + 1];
    enum err err;
};

static enum err
put_one(struct issued_list *l, const struct issued *i)
{
    struct exchange *x = l->x;
    struct revoked r;
    enum err e = revoked_get(x->rows, x->view, l->ca, i->serial, &r);

    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return e;
    jsw_object(&l->w, NULL);
    jsw_str(&l->w, "serialNumber", i->serial);
    jsw_span(&l->w, "profile", i->profile);
    jsw_str(&l->w, "principalId", i->principal.text);
    jsw_span(&l->w, "origin", i->what);
    arm_put_time(&l->w, "issued", i->issued);
    arm_put_time(&l->w, "notAfter", i->not_after);
    jsw_str(&l->w, "status", e == ERR_OK ? "Revoked" : "Valid");
    if (e == ERR_OK) {
        arm_put_time(&l->w, "revoked", r.at);
        jsw_str(&l->w, "reason", revocation_reason_name(r.reason));
    }
    ca_put_pem(&l->w, "certificate", "CERTIFICATE", &i->der, 1);
    jsw_end(&l->w);
    return ERR_OK;
}

static bool
list_one(void *arg, const struct issued *i)
{
    struct issued_list *l = arg;

    if (l->n == LIST_PAGE) {
        l->more = true;
        return false;
    }
    l->n++;
    (void)span_copy_str(span_str(i->serial), l->last, sizeof(l->last));
    l->err = put_one(l, i);
    return l->err == ERR_OK;
}

static enum err
list_issued(struct exchange *x, struct issued_list *l)
{
    char after[MAX_OBJECT_NAME + 1], serial[ISSUED_SERIAL_MAX + 1];
    struct issued one;
    struct span text;
    enum err e = ERR_NOT_FOUND;

    if (!http_request_param(x->req, "serial", &text)) {
        e = arm_page_begin(x, after);
        if (e == ERR_OK)
            e = issued_each(x->rows, x->view, l->ca, after, LIST_PAGE + 1, list_one, l);
        return e == ERR_OK ? l->err : e;
    }
    if (read_serial(text, serial))
        e = issued_get(x->rows, x->view, l->ca, serial, &one);
    if (e == ERR_OK)
        e = put_one(l, &one);
    return e == ERR_NOT_FOUND ? ERR_OK : e; /* an empty list */
}

enum next
api_arm_ca_certificates(struct exchange *x)
{
    struct work *m = work_begin(x);
    struct issued_list l = { .x = x };
    enum err e = m == NULL ? ERR_NOMEM : find(x, m);

    if (e != ERR_OK)
        return m != NULL && m->answered ? NEXT_REPLY : arm_trouble(x, e);
    l.ca = &m->ca.id;
    l.w = arm_reply(x, 200);
    jsw_object(&l.w, NULL);
    jsw_array(&l.w, "value");
    e = list_issued(x, &l);
    jsw_end(&l.w);
    if (e == ERR_OK)
        e = arm_page_link(x, l.more ? l.last : NULL, &l.w);
    jsw_end(&l.w);
    return e == ERR_OK ? arm_finish(x, NEXT_REPLY) : arm_trouble(x, e);
}
