/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answer.c - one answer on its way out.
 *
 * The head is composed into the exchange; the body stays where the handler
 * made it. Nearly always the first write takes all, and the handler gets its
 * rooms back; otherwise the bodies move into the exchange until they are gone.
 */
#include "base/clock.h"
#include "http/server_int.h"

static void
put_decimal(struct buf *b, uint64_t v)
{
    char room[I64_TEXT_MAX];

    buf_put(b, span_of_i64((int64_t)v, room));
}

/* RFC 9110 8.6: neither has content, nor a length of it. */
static bool
status_has_body(unsigned status)
{
    return status >= 200 && status != 204 && status != 304;
}

static void
put_head(struct http_conn *c, const struct http_response *r, size_t body_len, bool keep_alive)
{
    struct buf *b = &c->x->head;

    buf_clear(b);
    buf_put_str(b, "HTTP/1.1 ");
    put_decimal(b, r->status);
    buf_put_byte(b, ' ');
    buf_put_str(b, http_status_text(r->status));
    buf_put_str(b, "\r\n");
    buf_put(b, server_date_line(c->server));
    if (status_has_body(r->status)) {
        buf_put_str(b, "Content-Length: ");
        put_decimal(b, body_len);
        buf_put_str(b, "\r\n");
    }
    if (!keep_alive)
        buf_put_str(b, "Connection: close\r\n");
    buf_put(b, buf_span(&r->headers));
    buf_put_str(b, "\r\n");
}

static enum io
flush(struct http_conn *c)
{
    struct exchange *x = c->x;
    enum io r = IO_OK;

    while (r == IO_OK && x->sent < x->head.len + x->answer_bytes.len) {
        struct span head = span_tail(buf_span(&x->head), x->sent);
        size_t behind = x->sent > x->head.len ? x->sent - x->head.len : 0;
        size_t done = 0;

        r = conn_write(c, head, span_tail(x->answer_bytes, behind), &done);
        x->sent += done;
    }
    return r;
}

static void
sent_all(struct http_conn *c, uint64_t now_ms)
{
    struct exchange *x = c->x;

    if (!x->keep_alive) {
        conn_finish(c);
        return;
    }
    exchange_next(x);
    if (x->in.len > 0) {
        x->req.begin_us = clock_mono_us();
        conn_set_state(c, CONN_HEADER, x->req.begin_us / 1000);
        return;
    }
    exchange_give(&c->server->pool, x);
    c->x = NULL;
    conn_set_state(c, CONN_IDLE, now_ms);
}

/* A response that its maker could not finish is not sent by halves. */
static void
mend(struct http_response *r)
{
    enum err e = r->headers.err != ERR_OK ? r->headers.err
                 : r->body.err != ERR_OK  ? r->body.err
                                          : r->big_body.err;

    if (e == ERR_OK && r->status >= 200 && r->status <= 599)
        return;
    http_response_clear(r);
    r->status = e == ERR_NOMEM ? 503 : 500;
    if (e == ERR_NOMEM)
        http_response_header(r, "Retry-After", "1");
}

void
answer_send(struct http_conn *c, struct http_response *r)
{
    struct exchange *x = c->x;
    uint64_t now_ms = clock_mono_ms();
    struct span body;
    enum io done;

    mend(r);
    body = r->body.len > 0 ? secbuf_span(&r->body) : buf_span(&r->big_body);
    x->keep_alive = x->framing.keep_alive && !r->close && !c->server->draining;
    put_head(c, r, body.len, x->keep_alive);
    if (x->head.err != ERR_OK) {
        http_response_clear(r);
        conn_drop(c);
        return;
    }
    if (x->req.method != HTTP_HEAD && status_has_body(r->status))
        x->answer_bytes = body;
    x->sent = 0;
    conn_set_state(c, CONN_WRITING, now_ms);
    done = flush(c);
    if (done == IO_WRITE) {
        secbuf_move(&x->answer, &r->body);
        x->big_answer = r->big_body;
        r->big_body = (struct buf){ .max = r->big_body.max };
        conn_wait_writable(c);
    } else if (done == IO_OK) {
        sent_all(c, now_ms);
    } else {
        conn_drop(c);
    }
    http_response_clear(r);
}

bool
answer_step(struct http_conn *c)
{
    enum io r = flush(c);

    if (r == IO_WRITE) {
        conn_wait_writable(c);
        return false;
    }
    if (r != IO_OK) {
        conn_drop(c);
        return false;
    }
    sent_all(c, clock_mono_ms());
    return true;
}

static void
send_own(struct http_conn *c, struct http_response *own)
{
    own->close = true;
    answer_send(c, own);
}

void
answer_bad(struct http_conn *c, unsigned status)
{
    struct http_server *s = c->server;
    struct http_response *own = &s->own;

    s->figures.bad_requests++;
    http_response_clear(own);
    own->status = status;
    if (s->events.on_bad != NULL)
        s->events.on_bad(s->events.arg, &c->x->req, status, own);
    send_own(c, own);
}

void
answer_overdue(struct http_conn *c)
{
    struct http_server *s = c->server;
    struct http_response *own = &s->own;

    c->overdue = true;
    http_response_clear(own);
    own->status = 503;
    if (s->events.on_timeout != NULL)
        s->events.on_timeout(s->events.arg, c, own);
    send_own(c, own);
}

void
answer_no_memory(struct http_conn *c)
{
    static const char text[] = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n"
                               "Content-Length: 0\r\nConnection: close\r\n\r\n";
    size_t done = 0;

    c->server->figures.bad_requests++;
    if (conn_write(c, span_str(text), (struct span){ 0 }, &done) != IO_OK)
        conn_drop(c);
    else
        conn_finish(c);
}

bool
answer_continue(struct http_conn *c)
{
    struct span text = span_str("HTTP/1.1 100 Continue\r\n\r\n");
    size_t done = 0;

    /* 25 bytes behind answers that were all taken: if they do not fit now, give up. */
    return conn_write(c, text, (struct span){ 0 }, &done) == IO_OK && done == text.len;
}
