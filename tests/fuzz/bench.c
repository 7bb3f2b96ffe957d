/* SPDX-License-Identifier: Apache-2.0 */
/* bench.c - one input: its requests, one after the other, and what must hold of each. */
#include "bench.h"

#include <stdlib.h>

#include "api/activity.h"
#include "api/audit.h"
#include "api/errmap.h"
#include "api/phases.h"
#include "api/routes.h"
#include "auth/access.h"
#include "auth/token_cache.h"
#include "bench_int.h"
#include "codec/jsn.h"
#include "http/url_int.h"
#include "scribe/grants.h"

enum {
    REQUESTS_MAX = 8,
    ATTEMPTS_MAX = 3,
    STEPS_MAX = 64,
    RECORD_MAX = 64 * 1024,
    ANSWER_MAX = 8 * 1024 * 1024,
};

static struct phase_tools tools;
static bool dirty = true; /* the store has something of the last input */

static void
start_over(void)
{
    token_cache_free(tools.tokens);
    vault_cache_free(tools.vaults);
    access_cache_free(tools.access);
    tools = (struct phase_tools){ token_cache_new(8), vault_cache_new(8), access_cache_new() };
    bench_store_renew();
    dirty = false;
}

/* ----------------------------------------------------------------- what must hold */

static void
broken(const struct exchange *x, const char *what, struct span text)
{
    fprintf(stderr, "%s (status %u, %s): '%.*s'\n", what, x->resp.status,
            x->route != NULL ? x->route->operation : "no route", (int)span_head(text, 2000).len,
            (const char *)text.ptr);
    abort();
}

static void
must_be_json(const struct exchange *x, const char *what, struct span text)
{
    struct jsn *root = NULL;

    if (jsn_parse(text, &root) == ERR_SYNTAX)
        broken(x, what, text);
    jsn_free(root);
}

static void
judge_answer(const struct exchange *x)
{
    struct span head = buf_span(&x->resp.headers), body = secbuf_span(&x->resp.body);

    if (x->resp.status < 200 || x->resp.status > 599 || x->resp.status == 500)
        broken(x, "no such status", body);
    for (size_t i = 0; i < head.len; i++) {
        bool end = head.ptr[i] == '\r' && i + 1 < head.len && head.ptr[i + 1] == '\n';

        if (end)
            i++;
        else if (head.ptr[i] < ' ' || head.ptr[i] == 0x7f)
            broken(x, "a header", head);
    }
    if (body.len == 0)
        body = buf_span(&x->resp.big_body);
    if (body.len > 0 && head.len > 0 && memmem(head.ptr, head.len, "/json", 5) != NULL)
        must_be_json(x, "an answer that is no JSON", body);
}

static void
judge_record(const struct exchange *x, struct span message)
{
    struct buf record;

    if (x->note.skip)
        return;
    buf_init(&record, RECORD_MAX);
    audit_compose(x, x->resp.status, message, &record);
    if (record.err != ERR_OK || span_find(buf_span(&record), '\n') != record.len)
        broken(x, "a record", buf_span(&record));
    must_be_json(x, "a record that is no JSON", buf_span(&record));
    buf_release(&record);
}

/* ----------------------------------------------------------------------- a request */

static enum err
commit(struct exchange *x)
{
    struct store_item item = { 0 };
    enum err e;

    activity_note(x, x->resp.status, &x->write);
    e = store_write_err(&x->write);
    if (e != ERR_OK)
        return e;
    item.packed = buf_span(&x->write.bytes);
    if (grants_check(ROLE_FRONT, true, item.packed) != ERR_OK)
        broken(x, "a write that the scribe refuses", (struct span){ 0 });
    dirty = true;
    if (store_commit(bench.store, &item, 1) != ERR_OK)
        abort();
    if (item.result == ERR_FORMAT)
        broken(x, "a write that the store refuses", (struct span){ 0 });
    return item.result;
}

static void
ask(struct exchange *x)
{
    secbuf_clear(&x->answer);
    x->answer_err = x->ask.err;
    if (x->ask.err == ERR_OK)
        x->answer_err = bench_keeper(x, &x->answer);
    secbuf_clear(&x->ask);
    x->ask_of = 0;
}

/* The handler, step by step; ERR_OK: the answer is composed. */
static enum err
run_steps(struct exchange *x)
{
    for (x->step = 0; x->step < STEPS_MAX; x->step++) {
        enum next next;

        if (store_begin(bench.store, &x->view) != ERR_OK)
            abort();
        next = x->route->run(x);
        store_end(x->view);
        x->view = NULL;
        if (next == NEXT_REPLY)
            return ERR_OK;
        if (next == NEXT_FAIL)
            return x->fail == ERR_OK ? ERR_INTERNAL : x->fail;
        if (next == NEXT_COMMIT)
            return commit(x);
        if (next == NEXT_KEEPER) {
            ask(x);
        } else { /* requests for others are what the engine does: too busy for them */
            secbuf_clear(&x->ask);
            secbuf_clear(&x->answer);
            x->inner_status = 503;
            x->answer_err = ERR_BUSY;
        }
    }
    broken(x, "a handler that does not end", (struct span){ 0 });
    return ERR_INTERNAL;
}

static void
forget(struct exchange *x)
{
    if (x->state != NULL && x->state_free != NULL)
        x->state_free(x->state);
    x->state = NULL;
    http_response_clear(&x->resp);
    store_write_clear(&x->write);
    secbuf_clear(&x->ask);
    secbuf_clear(&x->answer);
    memset(&x->note, 0, sizeof(x->note));
    x->fail_text[0] = '\0';
    vault_unref(x->vault);
    x->vault = NULL;
}

static enum err
attempt(struct exchange *x, struct buf *why)
{
    enum err e;

    if (store_begin(bench.store, &x->view) != ERR_OK)
        abort();
    e = phases_run(&tools, x, why);
    store_end(x->view);
    x->view = NULL;
    return e == ERR_OK ? run_steps(x) : e;
}

static unsigned
answer_request(const struct http_request *r)
{
    struct exchange x = { .site = &bench.site, .rows = bench.rows, .req = r };
    unsigned status;
    struct buf why;
    enum err e;

    x.request_id = guid_new();
    http_response_init(&x.resp);
    secbuf_init(&x.ask, QUESTION_MAX);
    secbuf_init(&x.answer, ANSWER_MAX);
    store_write_init(&x.write);
    buf_init(&why, 4096);
    e = attempt(&x, &why);
    for (int i = 1; e == ERR_CONFLICT && i < ATTEMPTS_MAX; i++) {
        forget(&x);
        buf_clear(&why);
        e = attempt(&x, &why);
    }
    if (e == ERR_CONFLICT)
        broken(&x, "a write that is in its own way", (struct span){ 0 });
    if (e != ERR_OK) {
        http_response_clear(&x.resp);
        errmap_answer(&x, e, &why);
    }
    if (getenv("KEYHOLD_FUZZ_TRACE") != NULL)
        fprintf(stderr, "%s %u %.*s%.*s\n", x.route != NULL ? x.route->operation : "no route",
                x.resp.status, (int)x.resp.body.len, (const char *)x.resp.body.ptr,
                (int)x.resp.big_body.len, (const char *)x.resp.big_body.ptr);
    judge_answer(&x);
    judge_record(&x, buf_span(&why));
    status = x.resp.status;
    forget(&x);
    http_response_release(&x.resp);
    secbuf_release(&x.ask);
    secbuf_release(&x.answer);
    store_write_release(&x.write);
    buf_release(&why);
    return status;
}

/* ---------------------------------------------------------------- from its text */

static struct span
take_line(struct span *text)
{
    struct span line = span_head(*text, span_find(*text, '\n'));

    *text = span_tail(*text, line.len + 1);
    return line;
}

/* As http/ lets them through. */
static bool
is_visible(struct span s, uint8_t from)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < from || s.ptr[i] == 0x7f)
            return false;
    return true;
}

static bool
take_first_line(struct span line, struct http_request *r, struct secbuf *path_room,
                struct secbuf *param_room)
{
    size_t space = span_find(line, ' ');
    struct url_parts parts;

    r->method = HTTP_OTHER;
    for (int m = 0; m < HTTP_OTHER; m++)
        if (span_is_str(span_head(line, space), http_method_name((enum http_method)m)))
            r->method = (enum http_method)m;
    r->target = span_tail(line, space + 1);
    return r->method != HTTP_OTHER && is_visible(r->target, '!') &&
           url_split(r->target, &parts) && parts.authority.len == 0 &&
           url_path(parts.path, path_room, &r->path, &r->has_escaped_slash) == ERR_OK &&
           url_params(parts.query, param_room, r->params, &r->nparams) == ERR_OK;
}

static bool
take_headers(struct span *text, struct http_request *r)
{
    struct span line;

    while ((line = take_line(text)).len > 0) {
        size_t colon = span_find(line, ':');
        struct span value = span_tail(line, colon + 1);

        while (value.len > 0 && value.ptr[0] == ' ')
            value = span_tail(value, 1);
        if (colon == 0 || colon == line.len || r->nheaders == MAX_HEADERS - 1 ||
            !is_visible(span_head(line, colon), '!') || !is_visible(value, ' '))
            return false;
        r->headers[r->nheaders++] = (struct http_header){ span_head(line, colon), value };
    }
    return true;
}

static unsigned
run_one(const char *host, struct span text)
{
    struct http_request r = { .host = span_str(host),
                              .port = 8443,
                              .has_port = true,
                              .is_tls = true,
                              .tls_version = "TLS1_3",
                              .client = span_str("127.0.0.1") };
    struct span line = take_line(&text);
    struct secbuf path_room, param_room;
    bool weak = line.len > 0 && line.ptr[0] == '-';
    unsigned status = 0;

    secbuf_init(&path_room, 64 * 1024);
    secbuf_init(&param_room, 64 * 1024);
    if (take_first_line(span_tail(line, weak), &r, &path_room, &param_room) &&
        take_headers(&text, &r)) {
        if (http_request_has_header(&r, "Host"))
            r.host = http_request_header(&r, "Host");
        r.headers[r.nheaders++] =
            (struct http_header){ span_str("Authorization"), bench_token(r.host, weak) };
        r.body = text;
        status = answer_request(&r);
    }
    secbuf_release(&path_room);
    secbuf_release(&param_room);
    return status;
}

unsigned
bench_run(const char *host, struct span input)
{
    unsigned status = 0;

    bench_setup();
    if (dirty)
        start_over();
    for (int i = 0; i < REQUESTS_MAX && input.len > 0; i++) {
        const uint8_t *end = memmem(input.ptr, input.len, "\n.\n", 3);
        size_t n = end != NULL ? (size_t)(end - input.ptr) : input.len;

        status = run_one(host, span_head(input, n));
        input = span_tail(input, n + 3);
    }
    return status;
}
