/* SPDX-License-Identifier: Apache-2.0 */
/*
 * errand_acme.c - an issuer of provider ACME (RFC 8555): the order, from its names to
 * its chain (docs/wire/issuers.md#acme).
 *
 *   newOrder --> pending --> each authorization: give the challenge, say so, poll, take back
 *            --> ready --> finalize --> processing --> valid --> chain --> done
 *
 * The order's own state says what is to be done, so its URL is all that is stored
 * (ce/): whoever takes the errand up asks the server where it stands. An order that is
 * gone or invalid by then is replaced by a new one.
 */
#include <stdio.h>
#include <stdlib.h>

#include "codec/b64.h"
#include "codec/jsw.h"
#include "jobs/errand_acme_int.h"
#include "vault/cert_hint.h"

enum { PAYLOAD_MAX = 64 * 1024, SENTENCE_MAX = ACME_TEXT_MAX + 160, KEY_ROOM = 32 * 1024 };

static void go_on(struct errand *x, const struct dial_answer *a);
static void ask_authorization(struct errand *x);

/* ------------------------------------------------------------------------ the names */

static bool
add_name(struct acmec_state *s, struct span name)
{
    for (size_t i = 0; i < s->names; i++)
        if (span_is_equal_nocase(s->name[i], name))
            return true;
    if (s->names == ACME_NAMES_MAX)
        return false;
    s->name[s->names++] = name;
    return true;
}

/* Of the request that was signed, not of the policy, which may be another by now. */
static bool
find_names(struct acmec_state *s)
{
    for (size_t i = 0; i < csr_alt_count(s->csr); i++) {
        struct alt_name alt = csr_alt(s->csr, i);

        if (alt.kind != ALT_DNS || !add_name(s, alt.text))
            return false;
    }
    for (size_t i = 0; i < csr_common_count(s->csr); i++)
        if (!add_name(s, csr_common(s->csr, i)))
            return false;
    return s->names > 0;
}

static bool
is_ours(const struct acmec_state *s, const struct acmec_authz *a)
{
    for (size_t i = 0; i < s->names; i++) {
        struct span name = s->name[i];
        bool wild = span_has_prefix(name, span_str("*."));

        if (wild == a->wildcard && span_is_equal_nocase(span_tail(name, wild ? 2 : 0), a->name))
            return true;
    }
    return false;
}

/* --------------------------------------------------------------------- making an order */

static bool
take_order(struct errand *x, const struct dial_answer *a)
{
    struct acmec_state *s = x->state;

    acmec_order_release(&s->order);
    if (acmec_order_read(a->body, &s->order) != ERR_OK) {
        acmec_fail_syntax(x, "order");
        return false;
    }
    if (!acmec_order_is_for(&s->order, s->name, s->names)) {
        errand_fail(x, "The ACME server's order is not for the names that were asked for.");
        return false;
    }
    return true;
}

static void
on_new_order(struct errand *x, const struct dial_answer *a)
{
    struct acmec_state *s = x->state;
    struct span url;

    s->replaces = false;
    if (!dial_answer_header(a, "Location", 0, &url) || !acmec_url_is_ok(url) ||
        !span_copy_str(url, x->url, sizeof(x->url))) {
        acmec_fail_syntax(x, "order");
        return;
    }
    errand_save(x);
    go_on(x, a);
}

/* RFC 9773 5: what the current version is called at this server, if it is from there. */
static void
put_replaced(struct errand *x, struct jsw *w)
{
    struct acmec_state *s = x->state;
    struct object_head head = { .due = { 0 } };
    struct cert_hint h = { .ask = 0 };
    struct errand_look l;
    enum err e = errand_look(x, &l);

    s->replaces = false;
    if (e == ERR_OK)
        e = object_head_get(&l.at, HEAD_LIVE, x->wait.name.key, &head);
    if (e == ERR_OK)
        e = cert_hint_get(&l.at, x->wait.name.key, &h);
    if (e == ERR_OK && strcmp(h.version.text, head.current.text) == 0 &&
        span_is_str(h.issuer, x->issuer) && span_is_str(h.directory, x->account)) {
        jsw_span(w, "replaces", h.id);
        s->replaces = true;
    }
    errand_leave(&l);
}

static void
ask_new_order(struct errand *x)
{
    struct acmec_state *s = x->state;
    struct buf payload;
    struct span bytes;
    struct jsw w;

    buf_init(&payload, PAYLOAD_MAX);
    w = jsw_of(sink_buf(&payload));
    jsw_object(&w, NULL);
    jsw_array(&w, "identifiers");
    for (size_t i = 0; i < s->names; i++) {
        jsw_object(&w, NULL);
        jsw_str(&w, "type", "dns");
        jsw_span(&w, "value", s->name[i]);
        jsw_end(&w);
    }
    jsw_end(&w);
    if (s->directory.renewal_info.len > 0 && !s->replaces_refused)
        put_replaced(x, &w);
    jsw_end(&w);
    bytes = buf_span(&payload);
    if (payload.err == ERR_OK)
        acmec_post(x, s->directory.new_order, &bytes, on_new_order);
    else
        errand_retry(x, err_text(payload.err), 0);
    buf_release(&payload);
}

void
acmec_order_begin(struct errand *x)
{
    struct acmec_state *s = x->state;

    if (csr_new(buf_span(&x->csr), &s->csr) != ERR_OK || !find_names(s))
        errand_fail(x, "An ACME issuer makes certificates for DNS names only: "
                       "at least one, and nothing else.");
    else if (x->url[0] == '\0')
        ask_new_order(x);
    else {
        s->resumed = true;
        acmec_post(x, span_str(x->url), NULL, go_on);
    }
}

/* ----------------------------------------------------------------------- authorizations */

static void
fail_with(struct errand *x, const char *what, struct span name, const struct jsn *problem)
{
    char why[SENTENCE_MAX + 256];
    struct buf text;

    buf_init(&text, ACME_TEXT_MAX + 1);
    acmec_problem_put(problem, &text);
    (void)snprintf(why, sizeof(why), "%s%.*s: %s.", what, (int)span_head(name, 253).len,
                   name.len > 0 ? (const char *)name.ptr : "", buf_str(&text));
    errand_fail(x, why);
    buf_release(&text);
}

/* Polling goes on, until it has gone on for too long. */
static void
wait_more(struct errand *x, const struct dial_answer *a)
{
    struct acmec_state *s = x->state;

    if (++s->polls > ACME_POLLS_MAX)
        errand_retry(x, "The ACME server does not come to an end.", 0);
    else
        errand_wait(x, acmec_patience(a, ACME_POLL_SECONDS));
}

static void
on_responded(struct errand *x, const struct dial_answer *a)
{
    wait_more(x, a); /* waking asks for the authorization again */
}

static void
on_given(struct errand *x, const struct dial_answer *a)
{
    struct acmec_state *s = x->state;
    struct span empty = span_str("{}");

    if (s->given == ACME_DNS_01 && errand_no_answer(x, a))
        return;
    if (a->status >= 300) {
        errand_retry(x, "The hook for dns-01 did not put the record.", 0);
        return;
    }
    acmec_post(x, acmec_authz_find(&s->challenged, s->given)->url, &empty, on_responded);
}

/* By the hook where there is one: it proves wildcards too, and reaches where port 80 does not.
 */
static void
begin_challenge(struct errand *x, struct acmec_authz *a)
{
    struct acmec_state *s = x->state;
    bool has_hook = span_has_prefix(span_str(x->organisation), span_str("http"));
    enum acmec_challenge_kind kind = has_hook ? ACME_DNS_01 : ACME_HTTP_01;
    const struct acmec_challenge *c = acmec_authz_find(a, kind);

    if (c == NULL) {
        errand_fail(x, has_hook ? "The ACME server offers no dns-01 for a name."
                                : "The ACME server offers no http-01 for a name; dns-01 "
                                  "needs a hook (org_details.id).");
        return;
    }
    s->challenged = *a; /* moved */
    *a = (struct acmec_authz){ .root = NULL };
    s->given = kind;
    acmec_challenge_give(x, on_given);
}

static void
fail_authorization(struct errand *x, const struct acmec_authz *a)
{
    const struct jsn *error = NULL;

    for (size_t i = 0; i < a->count && error == NULL; i++)
        error = a->challenge[i].error;
    fail_with(x, "The ACME server did not find the proof for ", a->name, error);
}

/* One that is being looked at already: given out before a crash, or a moment ago. */
static bool
is_under_way(const struct acmec_state *s, const struct acmec_authz *a)
{
    if (s->given != ACME_OTHER)
        return true;
    for (size_t i = 0; i < a->count; i++)
        if (a->challenge[i].status == ACME_PROCESSING)
            return true;
    return false;
}

static void
on_authorization(struct errand *x, const struct dial_answer *answer)
{
    struct acmec_state *s = x->state;
    struct acmec_authz *a = malloc(sizeof(*a)); /* too much for a stack */
    enum err e = a == NULL ? ERR_NOMEM : acmec_authz_read(answer->body, a);

    if (e == ERR_NOMEM)
        errand_retry(x, err_text(e), 0);
    else if (e != ERR_OK)
        acmec_fail_syntax(x, "authorization");
    else if (!is_ours(s, a))
        errand_fail(x, "The ACME server wants proof for a name that was not asked for.");
    else if (a->status == ACME_VALID) {
        acmec_challenge_take_back(x);
        s->authz++;
        ask_authorization(x);
    } else if (a->status != ACME_PENDING)
        fail_authorization(x, a);
    else if (is_under_way(s, a))
        wait_more(x, answer);
    else
        begin_challenge(x, a);
    if (a != NULL && e == ERR_OK)
        acmec_authz_release(a);
    free(a);
}

static void
ask_authorization(struct errand *x)
{
    struct acmec_state *s = x->state;

    if (s->authz < s->order.authz_count)
        acmec_post(x, s->order.authz[s->authz], NULL, on_authorization);
    else
        acmec_post(x, span_str(x->url), NULL, go_on);
}

/* ----------------------------------------------------------------- the end of an order */

static void
finalize(struct errand *x)
{
    struct acmec_state *s = x->state;
    struct buf payload;
    struct span bytes;
    struct jsw w;

    s->finalized = true;
    buf_init(&payload, PAYLOAD_MAX);
    w = jsw_of(sink_buf(&payload));
    jsw_object(&w, NULL);
    jsw_b64url(&w, "csr", buf_span(&x->csr));
    jsw_end(&w);
    bytes = buf_span(&payload);
    if (payload.err == ERR_OK)
        acmec_post(x, s->order.finalize, &bytes, go_on);
    else
        errand_retry(x, err_text(payload.err), 0);
    buf_release(&payload);
}

static void
note_alternates(struct acmec_state *s, const struct dial_answer *a)
{
    struct span value, url;

    for (size_t i = 0; dial_answer_header(a, "Link", i, &value); i++)
        if (s->alternates < ACME_ALTERNATES_MAX && acmec_link_read(value, "alternate", &url) &&
            span_copy_str(url, s->alternate[s->alternates], ACME_URL_MAX + 1))
            s->alternates++;
}

/* Another chain is asked for only where the first cannot be taken. */
static void
on_chain(struct errand *x, const struct dial_answer *a)
{
    struct acmec_state *s = x->state;
    char why[160];
    enum err e;

    if (!span_is_equal_nocase(span_str(s->post_url), s->order.certificate))
        s->alternates--;
    else
        note_alternates(s, a);
    e = errand_arrived(x, a->body, s->name, s->names);
    if (e == ERR_OK)
        return;
    if (s->alternates > 0) {
        acmec_post_for_chain(x, span_str(s->alternate[s->alternates - 1]), on_chain);
        return;
    }
    (void)snprintf(why, sizeof(why), "What the ACME server issued cannot be taken: %s.",
                   e == ERR_CERT_MISMATCH ? "no certificate of the key with all names"
                                          : err_text(e));
    errand_fail(x, why);
}

void
acmec_order_anew(struct errand *x)
{
    struct acmec_state *s = x->state;

    s->resumed = false;
    s->replaces_refused = s->replaces;
    x->url[0] = '\0';
    ask_new_order(x);
}

/* Invalid in this try: that is the answer. */
static void
leave_order(struct errand *x)
{
    struct acmec_state *s = x->state;

    if (s->resumed) {
        acmec_order_anew(x);
        return;
    }
    fail_with(x, "The ACME server gave up the order", (struct span){ 0 }, s->order.error);
}

static void
go_on(struct errand *x, const struct dial_answer *a)
{
    struct acmec_state *s = x->state;

    if (!take_order(x, a))
        return;
    switch (s->order.status) {
    case ACME_PENDING:
        s->resumed = false;
        if (s->authz >= s->order.authz_count) /* all are valid: it will notice */
            wait_more(x, a);
        else
            ask_authorization(x);
        break;
    case ACME_READY:
        if (s->finalized)
            wait_more(x, a);
        else
            finalize(x);
        break;
    case ACME_PROCESSING:
        wait_more(x, a);
        break;
    case ACME_VALID:
        if (s->order.certificate.len == 0)
            acmec_fail_syntax(x, "order");
        else
            acmec_post_for_chain(x, s->order.certificate, on_chain);
        break;
    case ACME_INVALID:
        leave_order(x);
        break;
    }
}

/* ----------------------------------------------------------------------------- the kind */

static void
acmec_begin(struct errand *x)
{
    struct acmec_state *s = calloc(1, sizeof(*s));

    x->state = s;
    if (s == NULL) {
        errand_retry(x, err_text(ERR_NOMEM), 0);
        return;
    }
    buf_init(&s->key_room, KEY_ROOM);
    buf_init(&s->post_payload, PAYLOAD_MAX);
    buf_init(&s->answer, CHALLENGE_ANSWER_MAX + 1);
    acmec_talk_begin(x);
}

static void
acmec_wake(struct errand *x)
{
    struct acmec_state *s = x->state;

    if (s->given != ACME_OTHER ||
        (!s->finalized && s->order.status == ACME_PENDING && s->authz < s->order.authz_count))
        ask_authorization(x);
    else
        acmec_post(x, span_str(x->url), NULL, go_on);
}

static void
acmec_release(struct errand *x)
{
    struct acmec_state *s = x->state;

    if (s == NULL)
        return;
    acmec_challenge_take_back(x);
    acmec_directory_release(&s->directory);
    acmec_order_release(&s->order);
    csr_free(s->csr);
    buf_release(&s->key_room);
    buf_release(&s->post_payload);
    buf_release(&s->answer);
    free(s);
    x->state = NULL;
}

const struct errand_kind errand_acme = {
    .provider = ISSUER_ACME,
    .begin = acmec_begin,
    .wake = acmec_wake,
    .release = acmec_release,
};
