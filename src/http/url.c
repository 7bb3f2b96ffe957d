/* SPDX-License-Identifier: Apache-2.0 */
/*
 * url.c - targets and query parameters.
 *
 * Most parameters need no decoding and are borrowed from the target as sent.
 * For the others one block as large as the query is reserved before the first
 * of them, so that no later growth can move what earlier ones point at.
 */
#include "http/url_int.h"

static bool
cut_origin(struct span s, struct url_parts *out)
{
    size_t q = span_find(s, '?');

    out->path = span_head(s, q);
    out->query = span_tail(s, q + 1);
    return true;
}

static bool
cut_absolute(struct span s, struct url_parts *out)
{
    size_t end = 0;

    while (end < s.len && s.ptr[end] != '/' && s.ptr[end] != '?')
        end++;
    out->authority = span_head(s, end);
    if (end == 0)
        return false;
    cut_origin(span_tail(s, end), out);
    if (span_is_empty(out->path))
        out->path = span_str("/");
    return true;
}

bool
url_split(struct span target, struct url_parts *out)
{
    static const char *const schemes[] = { "https://", "http://" };

    *out = (struct url_parts){ 0 };
    if (span_is_empty(target) || span_find(target, '#') != target.len)
        return false;
    if (target.ptr[0] == '/')
        return cut_origin(target, out);
    for (size_t i = 0; i < 2; i++) {
        struct span scheme = span_str(schemes[i]);

        if (span_is_equal_nocase(span_head(target, scheme.len), scheme))
            return cut_absolute(span_tail(target, scheme.len), out);
    }
    if (!span_is_str(target, "*"))
        return false;
    out->path = span_str("/");
    return true;
}

static int
hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

size_t
url_decode(struct span in, bool plus, uint8_t *dst)
{
    size_t n = 0;

    for (size_t i = 0; i < in.len; i++) {
        uint8_t c = in.ptr[i];

        if (c == '+' && plus) {
            c = ' ';
        } else if (c == '%' && i + 2 < in.len) {
            int high = hex_value(in.ptr[i + 1]), low = hex_value(in.ptr[i + 2]);

            if (high >= 0 && low >= 0) {
                c = (uint8_t)(high * 16 + low);
                i += 2;
            }
        }
        dst[n++] = c;
    }
    return n;
}

static bool
is_encoded(struct span s)
{
    return span_find(s, '%') != s.len || span_find(s, '+') != s.len;
}

static bool
may_be_escaped(uint8_t c)
{
    return c >= 0x20 && c != 0x7f && c != '\\';
}

enum err
url_path(struct span path, struct secbuf *room, struct span *out, bool *slashes)
{
    uint8_t *dst;
    size_t n = 0;

    *out = path;
    *slashes = false;
    secbuf_clear(room);
    if (span_find(path, '%') == path.len)
        return ERR_OK;
    dst = secbuf_grow(room, path.len);
    if (dst == NULL)
        return room->err;
    for (size_t i = 0; i < path.len; i++) {
        uint8_t c = path.ptr[i];

        if (c == '%') {
            int high = i + 2 < path.len ? hex_value(path.ptr[i + 1]) : -1;
            int low = i + 2 < path.len ? hex_value(path.ptr[i + 2]) : -1;

            c = (uint8_t)(high * 16 + low);
            if (high < 0 || low < 0 || !may_be_escaped(c))
                return ERR_SYNTAX;
            *slashes = *slashes || c == '/';
            i += 2;
        }
        dst[n++] = c;
    }
    room->len = n;
    *out = span_of(dst, n);
    return ERR_OK;
}

/* The text itself, or its decoded form behind what room already holds. */
static struct span
decoded(struct span s, struct secbuf *room)
{
    uint8_t *dst;
    size_t n;

    if (!is_encoded(s))
        return s;
    dst = room->ptr + room->len;
    n = url_decode(s, true, dst);
    room->len += n;
    return span_of(dst, n);
}

enum err
url_params(struct span query, struct secbuf *room,
           struct http_param params[static MAX_QUERY_PARAMS], unsigned *nparams)
{
    unsigned n = 0;

    *nparams = 0;
    secbuf_clear(room);
    if (is_encoded(query)) {
        if (secbuf_grow(room, query.len) == NULL)
            return room->err;
        room->len = 0;
    }
    while (!span_is_empty(query)) {
        size_t end = span_find(query, '&');
        struct span one = span_head(query, end);
        size_t eq = span_find(one, '=');

        query = span_tail(query, end + 1);
        if (span_is_empty(one))
            continue;
        if (n == MAX_QUERY_PARAMS)
            return ERR_TOO_LARGE;
        params[n].name = decoded(span_head(one, eq), room);
        params[n].value = decoded(span_tail(one, eq + 1), room);
        n++;
    }
    *nparams = n;
    return ERR_OK;
}
