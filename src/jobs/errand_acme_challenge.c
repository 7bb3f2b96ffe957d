/* SPDX-License-Identifier: Apache-2.0 */
/*
 * errand_acme_challenge.c - proof that a name is ours (RFC 8555 8): a row that front
 * answers http-01 from, or a hook that puts the TXT record of dns-01.
 *
 * The hook is an HTTP endpoint in the shape of lego's "httpreq" (POST /present,
 * /cleanup with fqdn and value): a confined clerk runs no programs (decision 0019).
 */
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "codec/jsw.h"
#include "jobs/errand_acme_int.h"

enum { CHALLENGE_LIFE = 3600, HOOK_BODY_MAX = 2048, HOOK_TIMEOUT_MS = 120 * 1000 };

static bool
put_hook_url(const struct errand *x, const char *what, char out[static DIAL_URL_MAX])
{
    size_t len = strlen(x->organisation);
    bool slash = len > 0 && x->organisation[len - 1] == '/';
    int n = snprintf(out, DIAL_URL_MAX, "%s%s%s", x->organisation, slash ? "" : "/", what);

    return n > 0 && n < DIAL_URL_MAX;
}

static enum err
put_hook_body(const struct acmec_state *s, struct buf *out)
{
    struct jsw w = jsw_of(sink_buf(out));
    struct buf fqdn, value;
    enum err e;

    buf_init(&fqdn, 512);
    buf_init(&value, 128);
    buf_put_str(&fqdn, "_acme-challenge.");
    buf_put(&fqdn, s->challenged.name);
    buf_put_byte(&fqdn, '.');
    e = acmec_dns_value_put(buf_span(&s->answer), &value);
    jsw_object(&w, NULL);
    jsw_span(&w, "fqdn", buf_span(&fqdn));
    jsw_span(&w, "value", buf_span(&value));
    jsw_end(&w);
    if (e == ERR_OK)
        e = fqdn.err != ERR_OK ? fqdn.err : out->err;
    buf_release(&value);
    buf_release(&fqdn);
    return e;
}

/* then NULL: nobody waits for the answer. */
static void
ask_hook(struct errand *x, const char *what, errand_fn then, dial_fn ignore)
{
    struct dial_header h = { "Content-Type", span_str("application/json") };
    struct dial_request q = { .method = DIAL_POST,
                              .headers = &h,
                              .header_count = 1,
                              .answer_max = HOOK_BODY_MAX,
                              .timeout_ms = HOOK_TIMEOUT_MS };
    char url[DIAL_URL_MAX];
    struct buf body;
    enum err e;

    buf_init(&body, HOOK_BODY_MAX);
    e = put_hook_body(x->state, &body);
    q.body = buf_span(&body);
    if (!put_hook_url(x, what, url))
        e = ERR_TOO_LARGE;
    q.url = span_str(url);
    if (then == NULL) {
        if (e == ERR_OK)
            e = dial_start(x->desk->dial, &q, ignore, NULL, NULL);
        if (e != ERR_OK)
            log_warn("a record for dns-01 stays: %s", err_text(e));
    } else if (e == ERR_OK)
        errand_dial(x, &q, then);
    else
        errand_retry(x, err_text(e), 0);
    buf_release(&body);
}

static enum err
write_row(struct errand *x, bool give)
{
    struct acmec_state *s = x->state;
    struct span token = acmec_authz_find(&s->challenged, ACME_HTTP_01)->token;
    struct errand_look l;
    struct store_write w;
    enum err e = errand_look(x, &l);

    store_write_init(&w);
    if (e == ERR_OK && give)
        challenge_put(x->desk->rows, &w, token, buf_span(&s->answer),
                      clock_now() + CHALLENGE_LIFE);
    else if (e == ERR_OK)
        challenge_drop(&w, token);
    if (e == ERR_OK)
        e = errand_commit(x, &w, &l, give ? "AcmeChallengePresent" : "AcmeChallengeCleanup");
    store_write_release(&w);
    errand_leave(&l);
    return e;
}

void
acmec_challenge_give(struct errand *x, errand_fn then)
{
    static const struct dial_answer done = { .err = ERR_OK, .why = "", .status = 200 };
    struct acmec_state *s = x->state;
    enum err e;

    x->gives_out = true;
    buf_clear(&s->answer);
    acmec_key_authorization_put(acmec_authz_find(&s->challenged, s->given)->token,
                                s->thumbprint, &s->answer);
    if (s->given == ACME_DNS_01) {
        ask_hook(x, "present", then, NULL);
        return;
    }
    e = s->answer.err != ERR_OK ? s->answer.err : write_row(x, true);
    if (e == ERR_OK)
        then(x, &done);
    else
        errand_retry(x, err_text(e), 0);
}

static void
ignore_answer(void *arg, const struct dial_answer *a)
{
    (void)arg;
    if (a->err != ERR_OK || a->status >= 300)
        log_warn("the hook of dns-01 did not clean up: %s", a->why);
}

void
acmec_challenge_take_back(struct errand *x)
{
    struct acmec_state *s = x->state;

    if (s->given == ACME_DNS_01)
        ask_hook(x, "cleanup", NULL, ignore_answer);
    /* One that stays is swept when its hour is over. */
    else if (s->given == ACME_HTTP_01 && write_row(x, false) != ERR_OK)
        log_debug("a challenge stays for an hour");
    s->given = ACME_OTHER;
    x->gives_out = false;
    acmec_authz_release(&s->challenged);
}
