/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scan.c - line by line through an arriving head, refusing what is not clean.
 *
 * Every check here is one that the parsers leave out in the form distributions
 * build them (both take "Host : x", bare LF and bytes above 0x7f in targets),
 * and each has been a request-smuggling hole somewhere. Nothing is looked at
 * twice, however thinly the bytes arrive.
 */
#include <string.h>

#include "http/head_int.h"

enum { MAX_BLANKS = 2 };

/* RFC 9110 5.6.2: tchar, a bit for each; computed once from the RFC's list. */
static const uint64_t token_bits[4] = { 0x03ff6cfa00000000, 0x57ffffffc7fffffe, 0, 0 };

static bool
is_token(uint8_t c)
{
    return ((token_bits[c >> 6] >> (c & 63)) & 1) != 0;
}

static bool
is_control(uint8_t c)
{
    return (c < 0x20 && c != '\t') || c == 0x7f;
}

/*
 * The high bit of each of eight bytes that is below 0x20 (what is taken away makes it wrap) or
 * equal to 0x7f (one more sets it). May say yes to a neighbour of such a byte or of 0xff.
 */
static uint64_t
suspects(const uint8_t *p)
{
    const uint64_t ones = 0x0101010101010101u, high = ones * 0x80;
    uint64_t x;

    memcpy(&x, p, sizeof(x));
    return ((x - ones * 0x20) | (x + ones)) & ~x & high;
}

static bool
value_is_clean(const uint8_t *p, size_t len)
{
    size_t i = 0;

    while (i < len) {
        if (len - i >= 16 && (suspects(p + i) | suspects(p + i + 8)) == 0) {
            i += 16;
            continue;
        }
        if (is_control(p[i]))
            return false;
        i++;
    }
    return true;
}

static bool
field_is_clean(const uint8_t *p, size_t len)
{
    size_t i = 0;

    while (i < len && is_token(p[i]))
        i++;
    return i > 0 && i < len && p[i] == ':' && value_is_clean(p + i + 1, len - i - 1);
}

/* A method begins with a capital; a TLS hello on a plain port does not. */
static bool
is_method_start(uint8_t c)
{
    return c >= 'A' && c <= 'Z';
}

/* " HTTP/1.1" or another pair of digits. */
static bool
version_is_clean(struct span s)
{
    struct span name = span_head(s, 6), digits = span_tail(s, 6);

    return s.len == 9 && span_is_str(name, " HTTP/") && digits.ptr[1] == '.' &&
           digits.ptr[0] >= '0' && digits.ptr[0] <= '9' && digits.ptr[2] >= '0' &&
           digits.ptr[2] <= '9';
}

/* method SP target SP version, visible ASCII only, and nothing else. */
static bool
request_line_is_clean(const uint8_t *p, size_t len)
{
    unsigned spaces = 0;

    if (len < 9 || !is_method_start(p[0]) || !version_is_clean(span_of(p + len - 9, 9)))
        return false;
    for (size_t i = 0; i < len; i++) {
        if (p[i] == ' ')
            spaces++;
        else if (p[i] < 0x21 || p[i] > 0x7e)
            return false;
    }
    return spaces == 2;
}

static int
scan_request_line(struct head_scan *s, const uint8_t *p, size_t len)
{
    if (len == 0) {
        /* RFC 9112 2.2: an empty line before the request is to be ignored. */
        s->blanks++;
        return s->blanks > MAX_BLANKS ? 400 : HEAD_MORE;
    }
    if (len > MAX_REQUEST_LINE)
        return 414;
    if (!request_line_is_clean(p, len))
        return 400;
    /* The parsers differ in what they say to HTTP/1.2. */
    if (p[len - 3] != '1' || p[len - 1] > '1')
        return 505;
    s->start = s->line;
    s->fields = s->pos;
    s->lines = 1;
    return HEAD_MORE;
}

/* One line; len counts what stands before its LF. */
static int
scan_line(struct head_scan *s, const uint8_t *p, size_t len)
{
    if (len == 0 || p[len - 1] != '\r')
        return 400;
    len--;
    if (s->lines == 0)
        return scan_request_line(s, p, len);
    if (len == 0)
        return HEAD_DONE;
    if (s->pos - s->fields > MAX_HEADER_BYTES || s->lines > MAX_HEADERS)
        return 431;
    if (!field_is_clean(p, len))
        return 400;
    s->lines++;
    return HEAD_MORE;
}

/* What can be said of a line whose end has not come. */
static int
scan_rest(const struct head_scan *s, struct span in)
{
    size_t len = in.len - s->line;

    if (s->lines > 0)
        return in.len - s->fields > MAX_HEADER_BYTES ? 431 : HEAD_MORE;
    if (len > MAX_REQUEST_LINE)
        return 414;
    if (len == 1 && in.ptr[s->line] == '\r')
        return HEAD_MORE;
    return len == 0 || is_method_start(in.ptr[s->line]) ? HEAD_MORE : 400;
}

int
head_scan(struct head_scan *s, struct span in)
{
    while (s->pos < in.len) {
        const uint8_t *lf = memchr(in.ptr + s->pos, '\n', in.len - s->pos);
        size_t end;
        int r;

        if (lf == NULL) {
            s->pos = in.len;
            return scan_rest(s, in);
        }
        end = (size_t)(lf - in.ptr);
        s->pos = end + 1;
        r = scan_line(s, in.ptr + s->line, end - s->line);
        if (r != HEAD_MORE)
            return r;
        s->line = s->pos;
    }
    return HEAD_MORE;
}
