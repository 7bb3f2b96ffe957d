/* SPDX-License-Identifier: Apache-2.0 */
/*
 * errand_webhook.c - an issuer of provider Webhook: the request goes out, the
 * certificate comes in (docs/wire/issuers.md#webhook).
 *
 *   POST account ---200 chain---> done
 *                ---202, Location---> GET there until 200   (same origin only)
 *                ---4xx---> failed with what it says       ---5xx, nobody---> later
 *
 * Each try of one operation has the same request_id, so an issuer that remembers can
 * answer the second POST with the certificate of the first.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/secbuf.h"
#include "codec/b64.h"
#include "codec/jsn.h"
#include "codec/jsw.h"
#include "crypto/mac.h"
#include "crypto/x509.h"
#include "dial/url.h"
#include "jobs/errand_int.h"
#include "vault/cert_policy.h"

enum {
    BODY_MAX = 128 * 1024,
    POLL_SECONDS = 10,
    POLL_MOST = 3600,
    MESSAGE_MAX = 400,
    BEARER_MAX = ISSUER_PASSWORD_MAX + 16,
    SIGNATURE_TEXT_MAX = 128,
};

static void on_posted(struct errand *x, const struct dial_answer *a);
static void on_polled(struct errand *x, const struct dial_answer *a);

/* ------------------------------------------------------------------------ asking */

static void
put_names(struct jsw *w, const char *name, const struct policy_names *names)
{
    jsw_array(w, name);
    for (unsigned i = 0; i < names->n; i++)
        jsw_span(w, NULL, names->name[i]);
    jsw_end(w);
}

static void
put_policy(struct jsw *w, const struct cert_policy *p)
{
    jsw_object(w, "policy");
    jsw_span(w, "subject", p->subject);
    put_names(w, "dns_names", &p->sans[ALT_DNS]);
    put_names(w, "emails", &p->sans[ALT_EMAIL]);
    put_names(w, "upns", &p->sans[ALT_UPN]);
    put_names(w, "ekus", &p->ekus);
    jsw_i64(w, "validity_months", p->months);
    if (p->issuer_type.len > 0)
        jsw_span(w, "certificate_type", p->issuer_type);
    jsw_end(w);
}

static enum err
put_body(struct errand *x, struct buf *out)
{
    struct cert_policy *p = malloc(sizeof(*p)); /* too much for a stack */
    struct errand_look l;
    struct jsw w = jsw_of(sink_buf(out));
    struct buf pem;
    enum err e = errand_look(x, &l);

    buf_init(&pem, BODY_MAX);
    if (e == ERR_OK)
        e = p == NULL ? ERR_NOMEM : cert_policy_get(&l.at, x->wait.name.key, p);
    if (e == ERR_OK)
        e = pem_put(buf_span(&x->csr), "CERTIFICATE REQUEST", &pem);
    if (e == ERR_OK) {
        jsw_object(&w, NULL);
        jsw_str(&w, "request_id", x->wait.request.text);
        jsw_str(&w, "vault", x->wait.vault);
        jsw_str(&w, "name", x->wait.name.spelled);
        jsw_str(&w, "version", x->version);
        jsw_span(&w, "csr", buf_span(&pem));
        put_policy(&w, p);
        jsw_end(&w);
        e = out->err;
    }
    errand_leave(&l);
    buf_release(&pem);
    free(p);
    return e;
}

/* "t=<seconds>,v1=<hex>": HMAC-SHA256 with the secret over "<seconds>.<body>", so that who
 * overheard a question cannot ask it again later. */
static enum err
sign(const struct errand *x, struct span body, char out[static SIGNATURE_TEXT_MAX])
{
    char t[32];
    struct span parts[3];
    uint8_t mac[MAC_LEN];
    struct buf hex;
    enum err e;

    (void)snprintf(t, sizeof(t), "%" PRId64, clock_now());
    parts[0] = span_str(t);
    parts[1] = span_str(".");
    parts[2] = body;
    e = hmac_sha256_parts(secbuf_span(&x->password), parts, 3, mac);
    if (e != ERR_OK)
        return e;
    buf_init(&hex, 2 * MAC_LEN + 1);
    hex_put(sink_buf(&hex), span_of(mac, sizeof(mac)));
    (void)snprintf(out, SIGNATURE_TEXT_MAX, "t=%s,v1=%s", t, buf_str(&hex));
    e = hex.err;
    buf_release(&hex);
    return e;
}

static void
ask(struct errand *x, enum dial_method method, struct span url, struct span body,
    errand_fn then)
{
    char signature[SIGNATURE_TEXT_MAX];
    struct secbuf bearer;
    struct dial_header h[] = {
        { "Authorization", { 0 } },
        { "X-Keyhold-Signature", { 0 } },
        { "X-Keyhold-Request-Id", span_str(x->wait.request.text) },
        { "Accept", span_str("application/pem-certificate-chain") },
        { "Content-Type", span_str("application/json") },
    };
    struct dial_request q = { .method = method,
                              .url = url,
                              .headers = h,
                              .header_count = method == DIAL_POST ? 5 : 4,
                              .body = body };
    enum err e;

    secbuf_init(&bearer, BEARER_MAX);
    secbuf_put(&bearer, span_str("Bearer "));
    secbuf_put(&bearer, secbuf_span(&x->password));
    e = bearer.err != ERR_OK ? bearer.err : sign(x, body, signature);
    h[0].value = secbuf_span(&bearer);
    h[1].value = span_str(signature);
    if (e == ERR_OK)
        errand_dial(x, &q, then);
    else
        errand_retry(x, err_text(e), 0);
    secbuf_release(&bearer);
}

static void
poll_it(struct errand *x)
{
    ask(x, DIAL_GET, span_str(x->url), (struct span){ 0 }, on_polled);
}

static void
webhook_begin(struct errand *x)
{
    struct buf body;
    enum err e;

    if (x->password.len == 0) {
        errand_fail(x, "The issuer has no credentials: a webhook needs its secret in pwd.");
        return;
    }
    if (!span_has_prefix(span_str(x->account), span_str("https://"))) {
        errand_fail(x, "The issuer's account_id is no https URL.");
        return;
    }
    if (x->url[0] != '\0') { /* it was posted before */
        poll_it(x);
        return;
    }
    buf_init(&body, BODY_MAX);
    e = put_body(x, &body);
    if (e == ERR_OK)
        ask(x, DIAL_POST, span_str(x->account), buf_span(&body), on_posted);
    else
        errand_retry(x, err_text(e), 0);
    buf_release(&body);
}

/* --------------------------------------------------------------------- the answer */

static unsigned
retry_after(const struct dial_answer *a)
{
    struct span value;
    uint64_t n;

    if (!dial_answer_header(a, "Retry-After", 0, &value) || !span_get_u64(value, &n) || n == 0)
        return POLL_SECONDS;
    return n > POLL_MOST ? POLL_MOST : (unsigned)n;
}

/* What it says of itself: {"error":{"message":""}}, {"message":""}, {"detail":""}, or nothing
 * that we would repeat. */
static void
put_message(const struct dial_answer *a, struct buf *out)
{
    static const char *const members[] = { "message", "detail", "error_description" };
    const struct jsn *error;
    struct jsn *root = NULL;
    struct span text = { 0 };

    if (jsn_parse(a->body, &root) == ERR_OK && jsn_is_object(root)) {
        if (jsn_get_object(root, "error", &error) != JSN_OK)
            error = root;
        for (size_t i = 0; i < 3 && text.len == 0; i++)
            if (jsn_get_str(error, members[i], &text) != JSN_OK)
                text.len = 0;
    }
    buf_put_fmt(out, "The issuer answered with status %u", a->status);
    if (text.len > 0)
        buf_put_str(out, ": ");
    buf_put(out, span_head(text, MESSAGE_MAX));
    buf_put_byte(out, '.');
    jsn_free(root);
}

/* A refusal, or trouble that may pass. */
static void
refuse(struct errand *x, const struct dial_answer *a)
{
    bool may_pass = a->status >= 500 || a->status == 408 || a->status == 429;
    struct buf why;

    buf_init(&why, 1024);
    if (a->status >= 300 && a->status < 400)
        buf_put_str(&why, "The issuer answered with a redirect, which is not followed.");
    else
        put_message(a, &why);
    if (may_pass)
        errand_retry(x, buf_str(&why), retry_after(a));
    else
        errand_fail(x, buf_str(&why));
    buf_release(&why);
}

static void
take_chain(struct errand *x, const struct dial_answer *a)
{
    char why[256];
    enum err e = errand_arrived(x, a->body, NULL, 0);

    if (e == ERR_OK)
        return;
    (void)snprintf(why, sizeof(why), "What the issuer sent cannot be taken: %s.", err_text(e));
    errand_fail(x, why);
}

static void
wait_more(struct errand *x, const struct dial_answer *a)
{
    errand_wait(x, retry_after(a));
}

/* Where to ask is the issuer's to say, but only of itself: or it could send us, with the
 * secret in hand, to whomever it likes. */
static void
follow(struct errand *x, const struct dial_answer *a)
{
    struct dial_url from, to;
    struct span where;

    if (!dial_answer_header(a, "Location", 0, &where) || dial_url_read(where, &to) != ERR_OK ||
        dial_url_read(span_str(x->account), &from) != ERR_OK ||
        !dial_url_same_origin(&from, &to) || !span_copy_str(where, x->url, sizeof(x->url))) {
        errand_fail(x, "The issuer accepted the request, but named no place of its own origin "
                       "to ask for the certificate.");
        return;
    }
    errand_save(x);
    wait_more(x, a);
}

static void
on_posted(struct errand *x, const struct dial_answer *a)
{
    if (errand_no_answer(x, a))
        return;
    if (a->status == 200 || a->status == 201)
        take_chain(x, a);
    else if (a->status == 202)
        follow(x, a);
    else
        refuse(x, a);
}

static void
on_polled(struct errand *x, const struct dial_answer *a)
{
    if (errand_no_answer(x, a))
        return;
    if (a->status == 200)
        take_chain(x, a);
    else if (a->status == 202)
        wait_more(x, a);
    else
        refuse(x, a);
}

static void
webhook_release(struct errand *x)
{
    (void)x;
}

const struct errand_kind errand_webhook = {
    .provider = ISSUER_WEBHOOK,
    .begin = webhook_begin,
    .wake = poll_it,
    .release = webhook_release,
};
