/* SPDX-License-Identifier: Apache-2.0 */
/*
 * revocation.c - certificates of authorities, lists of what they revoked, and answers about
 * single certificates. Anybody may ask; nobody learns more than what a certificate is good for.
 *
 * A list is made by the first who asks for it when it is due, and committed: until then, and in
 * a storm of questions, there is one list. An answer of OCSP is signed each time.
 * What was answered is public and not recorded; a new list is.
 */
#include <stdio.h>
#include <stdlib.h>

#include "api/data/key_fail.h"
#include "api/pki/handlers.h"
#include "base/clock.h"
#include "codec/b64.h"
#include "pki/crl.h"
#include "pki/ocsp.h"

enum { CACHE_TEXT = 64, ANSWER_SECONDS = 300 };

struct work {
    struct ca ca;
    struct crl last, crl;
    struct buf tbs, out;
    struct ocsp_question question;
    struct cert_digest digest;
    int64_t now;
    char why[CA_WHY_MAX];
};

static void
work_free(void *state)
{
    struct work *m = state;

    buf_release(&m->tbs);
    buf_release(&m->out);
    free(m);
}

static struct work *
work_begin(struct exchange *x)
{
    struct work *m = x->step == 0 ? calloc(1, sizeof(*m)) : x->state;

    if (m == NULL || x->step != 0)
        return m;
    x->state = m;
    x->state_free = work_free;
    buf_init(&m->tbs, CRL_MAX);
    buf_init(&m->out, CRL_MAX);
    m->now = clock_now();
    return m;
}

static enum next
answer(struct exchange *x, unsigned status, const char *type, struct span body)
{
    x->note.skip = true;
    x->resp.status = status;
    x->resp.big_body.max = CRL_MAX;
    http_response_header(&x->resp, "Content-Type", type);
    buf_put(&x->resp.big_body, body);
    return x->resp.big_body.err == ERR_OK ? NEXT_REPLY : exchange_fail(x, ERR_NOMEM, body);
}

static enum next
refuse(struct exchange *x, unsigned status, const char *text)
{
    if (status == 503)
        http_response_header(&x->resp, "Retry-After", "10");
    return answer(x, status, "text/plain; charset=utf-8", span_str(text));
}

static void
cache_for(struct exchange *x, int64_t seconds)
{
    char text[CACHE_TEXT];

    (void)snprintf(text, sizeof(text), "public, max-age=%lld",
                   (long long)(seconds > 0 ? seconds : 0));
    http_response_header(&x->resp, "Cache-Control", text);
}

static enum err
load(struct exchange *x, struct span id, struct ca *ca)
{
    struct guid guid;

    return guid_parse(id, &guid) ? ca_load(x->rows, x->view, &guid, ca) : ERR_NOT_FOUND;
}

static void
ask(struct exchange *x, const struct ca_hand *h, const struct cert_digest *d)
{
    ca_ask_signature(h, d, sink_sec(&x->ask));
    x->ask_op = KEEPER_KEY_USE;
    x->ask_of = h->detail.home;
}

static enum err
take(struct exchange *x, struct span *signature)
{
    struct key_use_answer a;
    enum err e = key_provider_err(x->answer_err, ERR_UNAVAILABLE);

    if (e == ERR_OK)
        e = key_use_answer_read(secbuf_span(&x->answer), &a);
    if (e == ERR_OK)
        *signature = a.value;
    return e;
}

/* ------------------------------------------------------------------ /ca/{guid}.crl */

static enum next
answer_list(struct exchange *x, const struct crl *c, int64_t now)
{
    int64_t left = c->next_update - now;

    /* A tenth is left when the next one is made. */
    cache_for(x, left < ANSWER_SECONDS ? left : ANSWER_SECONDS);
    return answer(x, 200, "application/pkix-crl", c->der);
}

/* A key that does not sign any more leaves the last list in force until it is over. */
static enum next
without_key(struct exchange *x, struct work *m)
{
    if (m->last.der.len > 0 && m->now < m->last.next_update)
        return answer_list(x, &m->last, m->now);
    return refuse(x, 503, "There is no list of revoked certificates now.\n");
}

static enum next
list_begin(struct exchange *x, struct work *m)
{
    struct ca_hand h = { .ca = NULL };
    enum err e = crl_get(x->rows, x->view, &m->ca.id, m->now, &m->last);

    if (e == ERR_OK)
        return answer_list(x, &m->last, m->now);
    if (e == ERR_NOT_FOUND)
        e = ca_hand_open(x->rows, x->view, &m->ca, CA_TELLS, m->now, &h, m->why);
    if (e == ERR_OK)
        e = crl_begin(x->rows, x->view, &h, &m->last, m->now, &m->tbs, &m->crl, &m->digest);
    if (e == ERR_OK)
        ask(x, &h, &m->digest);
    ca_hand_release(&h);
    if (e == ERR_DISABLED)
        return without_key(x, m);
    return e == ERR_OK ? NEXT_KEEPER : exchange_fail(x, e, (struct span){ 0 });
}

static enum next
list_end(struct exchange *x, struct work *m)
{
    struct ca_hand h = { .ca = NULL };
    struct span signature;
    enum err e = take(x, &signature);

    if (e == ERR_OK)
        e = ca_hand_open(x->rows, x->view, &m->ca, CA_TELLS, m->now, &h, m->why);
    if (e == ERR_OK)
        e = crl_end(x->rows, &x->write, &h, &m->crl, buf_span(&m->tbs), signature, &m->out);
    ca_hand_release(&h);
    if (e != ERR_OK)
        return exchange_fail(x, e == ERR_DISABLED ? ERR_UNAVAILABLE : e, (struct span){ 0 });
    (void)answer_list(x, &m->crl, m->now);
    x->note.skip = false;
    return x->resp.big_body.err == ERR_OK ? NEXT_COMMIT
                                          : exchange_fail(x, ERR_NOMEM, (struct span){ 0 });
}

enum next
api_pki_file(struct exchange *x)
{
    static const char crl[] = ".crl", cer[] = ".cer";
    struct span file = x->bind[0], ext;
    struct work *m = work_begin(x);
    enum err e;

    if (m == NULL)
        return exchange_fail(x, ERR_NOMEM, file);
    ext = file.len > 4 ? span_tail(file, file.len - 4) : (struct span){ 0 };
    e = span_is_str_nocase(ext, crl) || span_is_str_nocase(ext, cer)
            ? load(x, span_head(file, file.len - 4), &m->ca)
            : ERR_NOT_FOUND;
    if (e == ERR_NOT_FOUND || (e == ERR_OK && m->ca.nchain == 0))
        return refuse(x, 404, "There is no such file.\n");
    if (e != ERR_OK)
        return exchange_fail(x, e, (struct span){ 0 });
    if (span_is_str_nocase(ext, crl))
        return x->step == 0 ? list_begin(x, m) : list_end(x, m);
    cache_for(x, ANSWER_SECONDS);
    return answer(x, 200, "application/pkix-cert", m->ca.chain[0]);
}

/* ------------------------------------------------------------------------ /ocsp */

static enum next
ocsp_fail(struct exchange *x, enum ocsp_failure why)
{
    struct buf b;
    enum next next;

    buf_init(&b, 64);
    next = ocsp_failure_put(why, &b) == ERR_OK
               ? answer(x, 200, "application/ocsp-response", buf_span(&b))
               : exchange_fail(x, ERR_NOMEM, (struct span){ 0 });
    buf_release(&b);
    return next;
}

/* der lives as long as the request or m->out: what is repeated in the answer borrows from it.
 */
static enum next
ocsp_ask(struct exchange *x, struct work *m, struct span der)
{
    struct ca_hand h = { .ca = NULL };
    enum err e = load(x, x->bind[0], &m->ca);

    if (e == ERR_NOT_FOUND)
        return ocsp_fail(x, OCSP_UNAUTHORIZED);
    if (e == ERR_OK && ocsp_request_read(der, &m->question) != ERR_OK)
        return ocsp_fail(x, OCSP_MALFORMED);
    if (e == ERR_OK)
        e = ca_hand_open(x->rows, x->view, &m->ca, CA_TELLS, m->now, &h, m->why);
    if (e == ERR_OK)
        e = ocsp_begin(x->rows, x->view, &h, &m->question, m->now, &m->tbs, &m->digest);
    if (e == ERR_OK)
        ask(x, &h, &m->digest);
    ca_hand_release(&h);
    if (e == ERR_OK)
        return NEXT_KEEPER;
    return ocsp_fail(x, e == ERR_DISABLED ? OCSP_TRY_LATER : OCSP_INTERNAL);
}

static enum next
ocsp_answer(struct exchange *x, struct work *m)
{
    struct ca_hand h = { .ca = NULL };
    struct span signature;
    enum err e = take(x, &signature);

    if (e == ERR_OK)
        e = load(x, x->bind[0], &m->ca);
    if (e == ERR_OK)
        e = ca_hand_open(x->rows, x->view, &m->ca, CA_TELLS, m->now, &h, m->why);
    buf_clear(&m->out);
    if (e == ERR_OK)
        e = ocsp_end(&h, buf_span(&m->tbs), signature, &m->out);
    ca_hand_release(&h);
    if (e != ERR_OK)
        return ocsp_fail(x, OCSP_TRY_LATER);
    /* Who sent a nonce wants an answer of his own. */
    if (m->question.nonce.len == 0 && x->req->method == HTTP_GET)
        cache_for(x, ANSWER_SECONDS);
    return answer(x, 200, "application/ocsp-response", buf_span(&m->out));
}

enum next
api_pki_ocsp_post(struct exchange *x)
{
    struct work *m = work_begin(x);

    if (m == NULL)
        return exchange_fail(x, ERR_NOMEM, (struct span){ 0 });
    return x->step == 0 ? ocsp_ask(x, m, x->req->body) : ocsp_answer(x, m);
}

enum next
api_pki_ocsp_get(struct exchange *x)
{
    struct work *m = work_begin(x);

    if (m == NULL)
        return exchange_fail(x, ERR_NOMEM, (struct span){ 0 });
    if (x->step > 0)
        return ocsp_answer(x, m);
    if (x->bind[1].len > 2 * OCSP_REQUEST_MAX ||
        b64_get(x->bind[1], sink_buf(&m->out)) != ERR_OK)
        return ocsp_fail(x, OCSP_MALFORMED);
    return ocsp_ask(x, m, buf_span(&m->out));
}
