/* SPDX-License-Identifier: Apache-2.0 */
/* der.c - DER (X.690) written, and taken apart, without a parser of somebody else. */
#include "crypto/der_int.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "crypto/cert_spec.h"

enum { LENGTH_MAX = 4, ARC_BYTES = 5, INDEFINITE = 0x80, LONG_FORM = 0x80, TAG_LONG = 0x1f };

size_t
der_open(struct buf *b, uint8_t tag)
{
    buf_put_byte(b, tag);
    buf_put_byte(b, 0);
    return b->len;
}

/* Big-endian bytes of a length from 128 on; their number. */
static size_t
long_length(size_t len, uint8_t out[static LENGTH_MAX])
{
    size_t n = 0;

    for (size_t rest = len; rest > 0; rest >>= 8)
        n++;
    bug_on(n > LENGTH_MAX);
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)(len >> (8 * (n - 1 - i)));
    return n;
}

void
der_close(struct buf *b, size_t at)
{
    uint8_t bytes[LENGTH_MAX];
    size_t len, n;

    if (b->err != ERR_OK)
        return;
    len = b->len - at;
    if (len < LONG_FORM) {
        b->ptr[at - 1] = (uint8_t)len;
        return;
    }
    n = long_length(len, bytes);
    if (buf_grow(b, n) == NULL)
        return;
    memmove(b->ptr + at + n, b->ptr + at, len);
    memcpy(b->ptr + at, bytes, n);
    b->ptr[at - 1] = (uint8_t)(LONG_FORM | n);
}

void
der_put(struct buf *b, uint8_t tag, struct span bytes)
{
    size_t at = der_open(b, tag);

    buf_put(b, bytes);
    der_close(b, at);
}

void
der_put_unsigned(struct buf *b, struct span number)
{
    size_t at = der_open(b, DER_INTEGER);

    while (number.len > 0 && number.ptr[0] == 0)
        number = span_tail(number, 1);
    if (number.len == 0 || number.ptr[0] >= 0x80)
        buf_put_byte(b, 0);
    buf_put(b, number);
    der_close(b, at);
}

void
der_put_bool(struct buf *b, bool v)
{
    uint8_t byte = v ? 0xff : 0;

    der_put(b, DER_BOOLEAN, span_of(&byte, 1));
}

static bool
put_time(struct buf *b, int64_t at, bool may_be_short)
{
    time_t t = (time_t)at;
    char text[32];
    struct tm tm;
    int year, len;

    if (gmtime_r(&t, &tm) == NULL)
        return false;
    year = tm.tm_year + 1900;
    if (year < 1950 || year > 9999)
        return false;
    len = snprintf(text, sizeof(text), "%04d%02d%02d%02d%02d%02dZ", year, tm.tm_mon + 1,
                   tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
    if (year < 2050 && may_be_short)
        der_put(b, DER_UTC_TIME, span_of(text + 2, (size_t)len - 2));
    else
        der_put(b, DER_GENERALIZED_TIME, span_of(text, (size_t)len));
    return true;
}

bool
der_put_time(struct buf *b, int64_t at)
{
    return put_time(b, at, true);
}

bool
der_put_long_time(struct buf *b, int64_t at)
{
    return put_time(b, at, false);
}

static unsigned
digit(char c)
{
    return (unsigned)(c <= '9' ? c - '0' : c - 'A' + 10);
}

size_t
der_serial(const char *hex, uint8_t out[static DER_SERIAL_MAX])
{
    size_t len = strlen(hex), n = 0, i = 0;

    if (len == 0 || len > 2 * DER_SERIAL_MAX || strspn(hex, "0123456789ABCDEF") != len)
        return 0;
    if (len % 2 != 0)
        out[n++] = (uint8_t)digit(hex[i++]);
    for (; i < len; i += 2)
        out[n++] = (uint8_t)(digit(hex[i]) << 4 | digit(hex[i + 1]));
    return n;
}

/* Seven bits a byte, the most significant first. */
static void
put_arc(struct buf *b, uint64_t arc)
{
    uint8_t bytes[ARC_BYTES + 1];
    size_t at = sizeof(bytes) - 1;

    bytes[at] = arc & 0x7f;
    while ((arc >>= 7) > 0)
        bytes[--at] = (uint8_t)(0x80 | (arc & 0x7f));
    buf_put(b, span_of(bytes + at, sizeof(bytes) - at));
}

/* The next arc, and the dot behind it if there is more. */
static bool
take_arc(struct span *rest, uint64_t *arc)
{
    size_t len = span_find(*rest, '.');
    struct span digits = span_head(*rest, len);

    if (!span_get_u64(digits, arc) || (digits.len > 1 && digits.ptr[0] == '0') ||
        *arc > UINT32_MAX)
        return false;
    if (len < rest->len && len + 1 == rest->len)
        return false; /* a dot at the end */
    *rest = span_tail(*rest, len + 1);
    return true;
}

bool
cert_oid_is_ok(struct span oid)
{
    uint64_t first, second, arc;

    if (oid.len > CERT_OID_MAX || !take_arc(&oid, &first) || first > 2 || oid.len == 0 ||
        !take_arc(&oid, &second) || (first < 2 && second > 39) || second > UINT32_MAX - 80)
        return false;
    while (oid.len > 0)
        if (!take_arc(&oid, &arc))
            return false;
    return true;
}

bool
der_put_oid(struct buf *b, struct span dotted)
{
    uint64_t first = 0, arc = 0;
    size_t at;

    if (!cert_oid_is_ok(dotted))
        return false;
    at = der_open(b, DER_OID);
    (void)(take_arc(&dotted, &first) && take_arc(&dotted, &arc));
    put_arc(b, first * 40 + arc);
    while (dotted.len > 0 && take_arc(&dotted, &arc))
        put_arc(b, arc);
    der_close(b, at);
    return true;
}

static bool
read_arc(struct span *rest, uint64_t *arc)
{
    *arc = 0;
    for (size_t i = 0; i < rest->len && i < ARC_BYTES; i++) {
        uint8_t c = rest->ptr[i];

        if (i == 0 && c == 0x80)
            return false; /* a leading zero */
        *arc = *arc << 7 | (c & 0x7f);
        if ((c & 0x80) == 0) {
            *rest = span_tail(*rest, i + 1);
            return *arc <= UINT32_MAX;
        }
    }
    return false;
}

bool
der_oid_text(struct span content, struct buf *text)
{
    size_t begin = text->len;
    uint64_t arc, first;

    if (!read_arc(&content, &arc))
        return false;
    first = arc < 80 ? arc / 40 : 2;
    buf_put_fmt(text, "%u.%u", (unsigned)first, (unsigned)(arc - first * 40));
    while (content.len > 0 && read_arc(&content, &arc))
        buf_put_fmt(text, ".%u", (unsigned)arc);
    return content.len == 0 && text->err == ERR_OK && text->len - begin <= CERT_OID_MAX;
}

static bool
take_length(struct span *rest, size_t *len)
{
    size_t n;

    if (rest->len == 0)
        return false;
    *len = rest->ptr[0];
    *rest = span_tail(*rest, 1);
    if (*len < LONG_FORM)
        return true;
    n = *len & 0x7f;
    if (n == 0 || n > LENGTH_MAX || n > rest->len)
        return false;
    *len = 0;
    for (size_t i = 0; i < n; i++)
        *len = *len << 8 | rest->ptr[i];
    *rest = span_tail(*rest, n);
    return true;
}

bool
der_take(struct span *rest, struct der_value *out)
{
    struct span s = *rest;
    size_t len;

    *out = (struct der_value){ 0 };
    if (s.len < 2 || (s.ptr[0] & TAG_LONG) == TAG_LONG)
        return false;
    out->tag = s.ptr[0];
    s = span_tail(s, 1);
    if (!take_length(&s, &len) || len > s.len)
        return false;
    out->content = span_head(s, len);
    out->whole = span_head(*rest, rest->len - s.len + len);
    *rest = span_tail(s, len);
    return true;
}

bool
der_take_tag(struct span *rest, uint8_t tag, struct span *content)
{
    struct der_value v;
    bool ok = der_take(rest, &v) && v.tag == tag;

    *content = ok ? v.content : span_of(NULL, 0);
    return ok;
}

/* Tags of more than one byte do not occur in what we read, but are legal. */
static bool
skip_tag(struct span *s, bool *constructed)
{
    uint8_t tag;

    if (s->len == 0)
        return false;
    tag = s->ptr[0];
    *constructed = (tag & DER_CONSTRUCTED) != 0;
    *s = span_tail(*s, 1);
    if ((tag & TAG_LONG) != TAG_LONG)
        return true;
    for (unsigned i = 0; i < LENGTH_MAX && s->len > 0; i++) {
        bool last = (s->ptr[0] & 0x80) == 0;

        *s = span_tail(*s, 1);
        if (last)
            return true;
    }
    return false;
}

static bool
is_end_mark(struct span s)
{
    return s.len >= 2 && s.ptr[0] == 0 && s.ptr[1] == 0;
}

static bool
ber_walk(struct span *rest, size_t *left, unsigned depth)
{
    bool constructed;
    struct span content;
    size_t len;

    if (*left == 0 || depth == 0)
        return false;
    (*left)--;
    if (!skip_tag(rest, &constructed) || rest->len == 0)
        return false;
    if (rest->ptr[0] == INDEFINITE) {
        *rest = span_tail(*rest, 1);
        while (constructed && !is_end_mark(*rest))
            if (!ber_walk(rest, left, depth - 1))
                return false;
        *rest = span_tail(*rest, 2);
        return constructed;
    }
    if (!take_length(rest, &len) || len > rest->len)
        return false;
    content = span_head(*rest, len);
    *rest = span_tail(*rest, len);
    while (constructed && content.len > 0)
        if (!ber_walk(&content, left, depth - 1))
            return false;
    return true;
}

bool
ber_is_bounded(struct span bytes, size_t elements, unsigned depth)
{
    return ber_walk(&bytes, &elements, depth) && bytes.len == 0;
}
