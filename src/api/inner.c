/* SPDX-License-Identifier: Apache-2.0 */
/* inner.c - requests in memory of their own. */
#include "api/inner.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"

enum { TEXTS_MAX = 16 * 1024 };

struct inner {
    struct http_request req;
    struct secbuf token; /* the header Authorization */
    struct secbuf body;
    struct buf texts; /* everything else; never grows once spans point into it */
};

/* Copies text, which fits: inner_new has made the room. */
static struct span
keep(struct inner *i, struct span text)
{
    size_t at = i->texts.len;

    buf_put(&i->texts, text);
    return i->texts.err == ERR_OK ? span_of(i->texts.ptr + at, text.len) : (struct span){ 0 };
}

static void
put_header(struct inner *i, const char *name, struct span value)
{
    if (value.len > 0)
        i->req.headers[i->req.nheaders++] =
            (struct http_header){ .name = span_str(name), .value = value };
}

static void
put_headers(struct inner *i, const struct inner_of *of)
{
    struct span correlation = http_request_header(of->like, "x-ms-correlation-request-id");
    struct guid known;

    if (!guid_parse(correlation, &known))
        correlation = span_str(of->correlation->text);
    secbuf_put(&i->token, http_request_header(of->like, "Authorization"));
    put_header(i, "Authorization", secbuf_span(&i->token));
    put_header(i, "User-Agent",
               keep(i, span_head(http_request_header(of->like, "User-Agent"), 512)));
    put_header(i, "x-ms-correlation-request-id", keep(i, correlation));
    put_header(i, "Content-Type",
               of->body == NULL ? (struct span){ 0 } : span_str("application/json"));
}

enum err
inner_new(const struct inner_of *of, struct inner **out)
{
    const struct http_request *r = of->like;
    struct inner *i;
    enum err e;

    *out = NULL;
    if (of->body != NULL && of->body->len > MAX_BODY)
        return ERR_TOO_LARGE;
    i = calloc(1, sizeof(*i));
    if (i == NULL)
        return ERR_NOMEM;
    secbuf_init(&i->token, MAX_HEADER_BYTES);
    secbuf_init(&i->body, MAX_BODY);
    buf_init(&i->texts, TEXTS_MAX);
    if (buf_grow(&i->texts, TEXTS_MAX) != NULL)
        i->texts.len = 0;
    i->req = (struct http_request){ .method = of->method,
                                    .port = r->port,
                                    .has_port = r->has_port,
                                    .is_tls = r->is_tls,
                                    .tls_version = r->tls_version,
                                    .client_is_ipv6 = r->client_is_ipv6,
                                    .begin_us = clock_mono_us() };
    i->req.host = keep(i, r->host);
    i->req.client = keep(i, r->client);
    i->req.path = keep(i, of->path);
    i->req.target = i->req.path;
    put_headers(i, of);
    if (of->version.len > 0)
        i->req.params[i->req.nparams++] = (struct http_param){ .name = span_str("api-version"),
                                                               .value = keep(i, of->version) };
    if (of->body != NULL)
        secbuf_move(&i->body, of->body);
    i->req.body = secbuf_span(&i->body);
    e = i->texts.err != ERR_OK ? i->texts.err : i->token.err;
    if (e != ERR_OK) {
        inner_free(i);
        return e;
    }
    *out = i;
    return ERR_OK;
}

void
inner_free(struct inner *i)
{
    if (i == NULL)
        return;
    secbuf_release(&i->token);
    secbuf_release(&i->body);
    buf_release(&i->texts);
    free(i);
}

const struct http_request *
inner_request(const struct inner *i)
{
    return &i->req;
}
