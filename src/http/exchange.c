/* SPDX-License-Identifier: Apache-2.0 */
/* exchange.c - buffers of a request and its answer, pooled per loop. */
#include "http/exchange_int.h"

#include <stdlib.h>

/* Rooms larger than this are not kept for the next request. */
enum { KEEP_SECRET = 16 * 1024, KEEP_PLAIN = 16 * 1024 };

static void
exchange_free(struct exchange *x)
{
    secbuf_release(&x->in);
    secbuf_release(&x->room.path);
    secbuf_release(&x->room.decoded);
    secbuf_release(&x->body);
    secbuf_release(&x->answer);
    buf_release(&x->big);
    buf_release(&x->head);
    buf_release(&x->big_answer);
    free(x);
}

static struct exchange *
exchange_new(void)
{
    struct exchange *x = calloc(1, sizeof(*x));

    if (x == NULL)
        return NULL;
    secbuf_init(&x->in, IN_MAX);
    secbuf_init(&x->room.path, MAX_REQUEST_LINE);
    secbuf_init(&x->room.decoded, MAX_REQUEST_LINE);
    secbuf_init(&x->body, MAX_BODY);
    secbuf_init(&x->answer, 0);
    buf_init(&x->big, MAX_BODY_RESTORE);
    buf_init(&x->head, MAX_HEADER_BYTES * 2);
    buf_init(&x->big_answer, 0);
    if (exchange_room(x, IN_FIRST) == 0) {
        exchange_free(x);
        return NULL;
    }
    return x;
}

struct exchange *
exchange_take(struct exchange_pool *p)
{
    struct exchange *x = p->spare;

    if (x == NULL)
        return exchange_new();
    p->spare = x->next;
    p->count--;
    return x;
}

/* Forgets one request and its answer, but not the input behind it. */
static void
forget(struct exchange *x)
{
    secbuf_clear(&x->room.path);
    secbuf_clear(&x->room.decoded);
    secbuf_clear(&x->body);
    if (x->body.cap > KEEP_SECRET) {
        secbuf_release(&x->body);
        secbuf_init(&x->body, MAX_BODY);
    }
    buf_release(&x->big);
    buf_init(&x->big, MAX_BODY_RESTORE);
    buf_clear(&x->head);
    secbuf_release(&x->answer);
    buf_release(&x->big_answer);
    x->scan = (struct head_scan){ 0 };
    x->framing = (struct framing){ 0 };
    x->chunk = (struct chunk){ 0 };
    x->req.nheaders = 0;
    x->req.nparams = 0;
    x->req.method = HTTP_OTHER;
    x->req.target = x->req.path = x->req.host = x->req.body = (struct span){ 0 };
    x->answer_bytes = (struct span){ 0 };
    x->sent = 0;
    x->end = 0;
    x->limit = 0;
    x->keep_alive = false;
}

void
exchange_give(struct exchange_pool *p, struct exchange *x)
{
    if (x == NULL)
        return;
    if (p->count == SPARE_EXCHANGES || x->in.cap > KEEP_SECRET || x->head.cap > KEEP_PLAIN) {
        exchange_free(x);
        return;
    }
    forget(x);
    secbuf_clear(&x->in);
    x->next = p->spare;
    p->spare = x;
    p->count++;
}

void
exchange_next(struct exchange *x)
{
    size_t end = x->end;

    forget(x);
    secbuf_drop_head(&x->in, end);
}

void
exchange_pool_release(struct exchange_pool *p)
{
    while (p->spare != NULL) {
        struct exchange *x = p->spare;

        p->spare = x->next;
        exchange_free(x);
    }
    p->count = 0;
}

size_t
exchange_room(struct exchange *x, size_t want)
{
    struct secbuf *in = &x->in;

    if (in->cap - in->len >= want)
        return in->cap - in->len;
    if (secbuf_grow(in, want) == NULL)
        return 0;
    in->len -= want; /* only the room was wanted */
    return in->cap - in->len;
}

struct span
exchange_raw(const struct exchange *x)
{
    return span_tail(secbuf_span(&x->in), x->scan.pos);
}

/* A body that outgrew secret memory is ciphertext (a backup blob) and goes on in plain memory.
 */
static enum err
body_spill(struct exchange *x)
{
    buf_put(&x->big, secbuf_span(&x->body));
    if (x->big.err != ERR_OK)
        return x->big.err;
    secbuf_release(&x->body);
    secbuf_init(&x->body, MAX_BODY);
    return ERR_OK;
}

static bool
body_is_big(const struct exchange *x, size_t more)
{
    size_t step = more < BODY_STEP ? more : BODY_STEP;

    return x->big.len > 0 || x->framing.length > MAX_BODY || x->body.len + step > MAX_BODY;
}

bool
exchange_is_big(const struct exchange *x)
{
    return x->big.cap > 0;
}

bool
exchange_body_spills(const struct exchange *x, size_t more)
{
    return !exchange_is_big(x) && body_is_big(x, more);
}

size_t
exchange_body_growth(const struct exchange *x, size_t more)
{
    size_t step = more < BODY_STEP ? more : BODY_STEP;

    if (body_is_big(x, more) || step <= x->body.cap - x->body.len)
        return 0;
    return 2 * x->body.cap + step;
}

uint8_t *
exchange_body_room(struct exchange *x, size_t want, size_t *len)
{
    bool is_big = body_is_big(x, want);
    size_t step = is_big ? BIG_BODY_STEP : BODY_STEP;
    uint8_t *p;

    if (want > step)
        want = step;
    if (!is_big) {
        p = secbuf_grow(&x->body, want);
        if (p == NULL)
            return NULL;
        x->body.len -= want;
        *len = want;
        return p;
    }
    if (x->big.len == 0 && body_spill(x) != ERR_OK)
        return NULL;
    p = buf_grow(&x->big, want);
    if (p == NULL)
        return NULL;
    x->big.len -= want;
    *len = want;
    return p;
}

void
exchange_body_add(struct exchange *x, size_t len)
{
    if (x->big.cap > 0)
        x->big.len += len;
    else
        x->body.len += len;
}

enum err
exchange_body_put(struct exchange *x, struct span bytes)
{
    while (!span_is_empty(bytes)) {
        size_t len = 0;
        uint8_t *p = exchange_body_room(x, bytes.len, &len);

        if (p == NULL)
            return ERR_NOMEM;
        memcpy(p, bytes.ptr, len);
        exchange_body_add(x, len);
        bytes = span_tail(bytes, len);
    }
    return ERR_OK;
}

size_t
exchange_body_len(const struct exchange *x)
{
    return x->big.len > 0 ? x->big.len : x->body.len;
}

struct span
exchange_body(const struct exchange *x)
{
    return x->big.len > 0 ? buf_span(&x->big) : secbuf_span(&x->body);
}
