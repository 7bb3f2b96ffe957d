/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conn_input.c - from the first byte of a request to its handler.
 *
 * Each step reads once or takes one decision, and says whether to go on.
 */
#include "base/clock.h"
#include "http/server_int.h"

/* Before a request that is not whole takes more memory. */
static void
ease_input(struct http_conn *c, size_t want)
{
    const struct secbuf *in = &c->x->in;

    if (in->cap - in->len < want)
        server_ease(c->server, c, 2 * in->cap + want);
}

static void
ease_body(struct http_conn *c, size_t more)
{
    size_t growth = exchange_body_growth(c->x, more);

    if (exchange_body_spills(c->x, more))
        server_ease_big(c->server, c);
    else if (growth > 0)
        server_ease(c->server, c, growth);
}

static bool
conn_attach(struct http_conn *c)
{
    struct http_request *r;

    if (c->server->pool.spare == NULL)
        server_ease(c->server, c, IN_FIRST);
    c->x = exchange_take(&c->server->pool);
    if (c->x == NULL)
        return false;
    r = &c->x->req;
    r->is_tls = c->tls != NULL;
    r->mark = c->mark;
    r->tls_version = c->tls_version;
    r->client = span_str(c->address.text);
    r->client_is_ipv6 = c->address.is_ipv6;
    r->port = r->is_tls ? 443 : 80;
    return true;
}

static void
dispatch(struct http_conn *c, struct span body)
{
    struct http_server *s = c->server;

    c->x->req.body = body;
    conn_set_state(c, CONN_WAITING, clock_mono_ms());
    c->owed = true;
    s->figures.requests++;
    s->events.on_request(s->events.arg, c, &c->x->req);
}

static bool
dispatch_in_place(struct http_conn *c)
{
    struct exchange *x = c->x;

    x->end = x->scan.pos + (size_t)x->framing.length;
    dispatch(c, span_head(exchange_raw(x), (size_t)x->framing.length));
    return true;
}

/* The head is whole: what does it ask, and is its body here? */
static bool
head_done(struct http_conn *c)
{
    struct http_server *s = c->server;
    struct exchange *x = c->x;
    struct span head;
    unsigned status;

    /* The request will point into `in`: make room behind the head now, not later. */
    ease_input(c, IN_SLACK);
    if (exchange_room(x, IN_SLACK) == 0) {
        answer_no_memory(c);
        return true;
    }
    head = span_tail(span_head(secbuf_span(&x->in), x->scan.pos), x->scan.start);
    status = head_parse(head, &x->req, &x->framing, &x->room);
    if (status == 503) {
        answer_no_memory(c);
        return true;
    }
    x->limit = MAX_BODY;
    if (status == 0 && s->events.body_limit != NULL &&
        (x->framing.chunked || x->framing.length > 0))
        x->limit = s->events.body_limit(s->events.arg, &x->req);
    if (status == 0 && x->framing.length > x->limit)
        status = 413;
    if (status != 0) {
        answer_bad(c, status);
        return true;
    }
    if (!x->framing.chunked && x->framing.length <= exchange_raw(x).len)
        return dispatch_in_place(c);
    if (x->framing.expect_continue && exchange_raw(x).len == 0 && !answer_continue(c)) {
        conn_drop(c);
        return false;
    }
    conn_set_state(c, CONN_BODY, clock_mono_ms());
    return true;
}

static bool
fill_input(struct http_conn *c)
{
    struct exchange *x = c->x;
    size_t room, len = 0;
    enum io r;

    ease_input(c, 1);
    room = exchange_room(x, 1);
    if (room == 0) {
        answer_no_memory(c);
        return true;
    }
    r = conn_read(c, x->in.ptr + x->in.len, room, &len);
    if (r != IO_OK)
        return conn_read_failed(c, r);
    x->in.len += len;
    return true;
}

bool
conn_step_head(struct http_conn *c)
{
    int r = HEAD_MORE;

    if (c->x == NULL && !conn_attach(c)) {
        answer_no_memory(c);
        return true;
    }
    if (c->x->in.len > 0) {
        if (conn_is_idle(c)) {
            c->x->req.begin_us = clock_mono_us();
            conn_set_state(c, CONN_HEADER, c->x->req.begin_us / 1000);
        }
        r = head_scan(&c->x->scan, secbuf_span(&c->x->in));
    }
    if (r == HEAD_DONE)
        return head_done(c);
    if (r != HEAD_MORE) {
        answer_bad(c, (unsigned)r);
        return true;
    }
    if (fill_input(c))
        return true;
    if (conn_is_idle(c)) { /* idle connections hold no buffers */
        exchange_give(&c->server->pool, c->x);
        c->x = NULL;
    }
    return false;
}

static bool
step_chunked(struct http_conn *c)
{
    struct exchange *x = c->x;
    struct span raw = exchange_raw(x), bytes;

    while (!span_is_empty(raw) && x->chunk.state != CHUNK_DONE && x->chunk.state != CHUNK_BAD) {
        raw = span_tail(raw, chunk_step(&x->chunk, raw, &bytes));
        if (bytes.len > x->limit - exchange_body_len(x)) {
            answer_bad(c, 413);
            return true;
        }
        ease_body(c, bytes.len);
        if (exchange_body_put(x, bytes) != ERR_OK) {
            answer_no_memory(c);
            return true;
        }
    }
    if (x->chunk.state == CHUNK_BAD) {
        answer_bad(c, 400);
        return true;
    }
    if (x->chunk.state == CHUNK_DONE) {
        x->end = x->in.len - raw.len;
        dispatch(c, exchange_body(x));
        return true;
    }
    secbuf_truncate(&x->in, x->scan.pos);
    return fill_input(c);
}

/* A body that has no room behind the head: what came goes over, the rest is read in place. */
static bool
step_apart(struct http_conn *c)
{
    struct exchange *x = c->x;
    size_t room = 0, len = 0, left;
    uint8_t *p;
    enum io r;

    ease_body(c, exchange_raw(x).len);
    if (exchange_body_put(x, exchange_raw(x)) != ERR_OK) {
        answer_no_memory(c);
        return true;
    }
    secbuf_truncate(&x->in, x->scan.pos);
    left = (size_t)x->framing.length - exchange_body_len(x);
    if (left == 0) {
        x->end = x->in.len;
        dispatch(c, exchange_body(x));
        return true;
    }
    ease_body(c, left);
    p = exchange_body_room(x, left, &room);
    if (p == NULL) {
        answer_no_memory(c);
        return true;
    }
    r = conn_read(c, p, room, &len);
    if (r != IO_OK)
        return conn_read_failed(c, r);
    exchange_body_add(x, len);
    return true;
}

bool
conn_step_body(struct http_conn *c)
{
    struct exchange *x = c->x;

    if (x->framing.chunked)
        return step_chunked(c);
    if (x->framing.length > x->in.cap - x->scan.pos)
        return step_apart(c);
    if (exchange_raw(x).len >= x->framing.length)
        return dispatch_in_place(c);
    return fill_input(c);
}
