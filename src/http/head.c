/* SPDX-License-Identifier: Apache-2.0 */
/*
 * head.c - a clean head becomes a request: one Host, one meaning of its length.
 *
 * Where RFC 9112 leaves a choice between repairing and refusing, we refuse: a
 * proxy before us that repairs otherwise is how requests are smuggled.
 */
#include "http/head_int.h"

#include "http/h1_int.h"
#include "http/url_int.h"

/* Header lines, each of them seen by head_scan: a name, a colon, a value, CR LF; an empty one.
 */
static unsigned
take_fields(struct http_request *r, struct span in)
{
    size_t end;

    for (; (end = span_find(in, '\n')) > 1; in = span_tail(in, end + 1)) {
        struct span line = span_head(in, end - 1);
        size_t colon = span_find(line, ':');

        if (colon == 0 || colon == line.len)
            return 400;
        if (r->nheaders == MAX_HEADERS)
            return 431;
        r->headers[r->nheaders++] =
            (struct http_header){ .name = span_head(line, colon),
                                  .value = span_trim(span_tail(line, colon + 1)) };
    }
    return 0;
}

static enum http_method
method_of(const char *name)
{
    for (int m = 0; m < HTTP_OTHER; m++)
        if (span_is_str(span_str(name), http_method_name((enum http_method)m)))
            return (enum http_method)m;
    return HTTP_OTHER;
}

static bool
is_host_char(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_';
}

/* Where the host ends and ':port' may begin; 0 if it is no host. */
static size_t
host_end(const uint8_t *p, size_t len)
{
    size_t i = 0;

    if (len > 0 && p[0] == '[') {
        for (i = 1; i < len && p[i] != ']'; i++)
            if (!is_host_char(p[i]) && p[i] != ':')
                return 0;
        return i > 1 && i < len ? i + 1 : 0;
    }
    while (i < len && is_host_char(p[i]))
        i++;
    return i;
}

static unsigned
set_host(struct http_request *r, struct span value, struct head_room *room)
{
    uint64_t port;
    size_t end;

    if (value.len == 0 || value.len > MAX_HOST)
        return 400;
    for (size_t i = 0; i < value.len; i++) {
        uint8_t c = value.ptr[i];

        room->host[i] = c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
    }
    end = host_end(room->host, value.len);
    if (end == 0)
        return 400;
    if (end < value.len) {
        if (room->host[end] != ':' || value.len - end > 6 ||
            !span_get_u64(span_of(room->host + end + 1, value.len - end - 1), &port) ||
            port == 0 || port > 65535)
            return 400;
        r->port = (uint16_t)port;
        r->has_port = true;
    }
    r->host = span_of(room->host, end);
    return 0;
}

/* Comma-separated words of a Connection line. */
static void
see_connection(struct span value, bool *close)
{
    while (!span_is_empty(value)) {
        size_t end = span_find(value, ',');

        if (span_is_str_nocase(span_trim(span_head(value, end)), "close"))
            *close = true;
        value = span_tail(value, end + 1);
    }
}

struct seen {
    struct span host;
    unsigned hosts, lengths, encodings;
    bool close;
};

static unsigned
see_field(const struct http_header *h, struct framing *f, struct seen *seen)
{
    switch (h->name.len) {
    case 4:
        if (span_is_str_nocase(h->name, "host")) {
            seen->host = h->value;
            seen->hosts++;
        }
        return 0;
    case 6:
        if (span_is_str_nocase(h->name, "expect")) {
            f->expect_continue = true;
            return span_is_str_nocase(h->value, "100-continue") ? 0 : 417;
        }
        return 0;
    case 10:
        if (span_is_str_nocase(h->name, "connection"))
            see_connection(h->value, &seen->close);
        return 0;
    case 14:
        if (span_is_str_nocase(h->name, "content-length")) {
            seen->lengths++;
            return span_get_u64(h->value, &f->length) ? 0 : 400;
        }
        return 0;
    case 17:
        if (span_is_str_nocase(h->name, "transfer-encoding")) {
            seen->encodings++;
            return span_is_str_nocase(h->value, "chunked") ? 0 : 400;
        }
        return 0;
    default:
        return 0;
    }
}

static unsigned
set_framing(struct http_request *r, const struct h1_line *line, struct framing *f,
            struct seen *seen)
{
    for (unsigned i = 0; i < r->nheaders; i++) {
        unsigned status = see_field(&r->headers[i], f, seen);

        if (status != 0)
            return status;
    }
    if (seen->hosts > 1 || seen->lengths > 1 || seen->encodings > 1)
        return 400;
    if (seen->lengths + seen->encodings > 1)
        return 400;
    /* HTTP/1.0 has no chunks: whoever sends them there wants us to disagree with a proxy. */
    if (seen->encodings == 1 && line->minor == 0)
        return 400;
    f->has_length = seen->lengths == 1;
    f->chunked = seen->encodings == 1;
    f->keep_alive = line->minor == 1 && !seen->close;
    f->expect_continue = f->expect_continue && line->minor == 1;
    return 0;
}

static unsigned
set_target(struct http_request *r, const struct h1_line *line, const struct seen *seen,
           struct head_room *room)
{
    struct url_parts parts;
    unsigned status;
    enum err e;

    if (!url_split(line->target, &parts))
        return 400;
    if (span_is_str(line->target, "*") && r->method != HTTP_OPTIONS)
        return 400;
    /* A health check in HTTP/1.0 has no Host; it gets a name that is no vault's. */
    if (seen->hosts == 0 && (line->minor != 0 || !span_is_empty(parts.authority)))
        return 400;
    if (!span_is_empty(parts.authority) && !span_is_equal_nocase(parts.authority, seen->host))
        return 400;
    status = set_host(r, seen->hosts == 0 ? span_str("localhost") : seen->host, room);
    if (status != 0)
        return status;
    e = url_path(parts.path, &room->path, &r->path, &r->has_escaped_slash);
    if (e == ERR_OK)
        e = url_params(parts.query, &room->decoded, r->params, &r->nparams);
    if (e == ERR_NOMEM)
        return 503;
    return e == ERR_OK ? 0 : 400;
}

unsigned
head_parse(struct span head, struct http_request *r, struct framing *f, struct head_room *room)
{
    size_t fields = span_find(head, '\n') + 1;
    struct seen seen = { 0 };
    struct h1_line line;
    unsigned status;

    *f = (struct framing){ 0 };
    r->nheaders = 0;
    r->nparams = 0;
    r->has_port = false;
    r->port = r->is_tls ? 443 : 80;
    if (h1_parse(span_head(head, fields), &line) != ERR_OK)
        return 400;
    if (line.major != 1 || line.minor > 1)
        return 505;
    r->method = method_of(line.method);
    r->target = line.target;
    if (span_is_str(span_str(line.method), "CONNECT"))
        return 400;
    status = take_fields(r, span_tail(head, fields));
    if (status == 0)
        status = set_framing(r, &line, f, &seen);
    return status != 0 ? status : set_target(r, &line, &seen, room);
}
