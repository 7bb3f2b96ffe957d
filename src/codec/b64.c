/* SPDX-License-Identifier: Apache-2.0 */
/*
 * b64.c - base64 and hex without tables.
 *
 * CT: key members of a JWK pass through here, so neither a branch nor an index
 * depends on a digit; only lengths do. A bad digit is noted in `bad` and told
 * at the end. What is written goes straight into the sink's own memory, so no
 * copy of a secret stays on the stack.
 */
#include "codec/b64.h"

/* All ones when a < b, else 0; both below 2^31. */
static inline uint32_t
lt(uint32_t a, uint32_t b)
{
    return 0u - ((a - b) >> 31);
}

static inline uint32_t
between(uint32_t c, uint32_t lo, uint32_t hi)
{
    return ~lt(c, lo) & ~lt(hi, c);
}

static inline uint32_t
eq(uint32_t a, uint32_t b)
{
    return between(a, b, b);
}

/* The last two digits of the alphabet. */
struct tail {
    uint8_t d62, d63;
};

static const struct tail tail_std = { '+', '/' };
static const struct tail tail_url = { '-', '_' };

/*
 * v below 64. Each step corrects the one before it from its first value on: the alphabet's five
 * runs are A-Z (0 to 25), a-z (26), 0-9 (52), and the last two digits.
 */
static inline uint8_t
digit_of(uint32_t v, struct tail t)
{
    uint32_t c = v + 'A';

    c += lt(25, v) & ('a' - 26 - 'A');
    c -= lt(51, v) & ('a' - 26 - '0' + 52);
    c += lt(61, v) & (t.d62 - ('0' + 62u - 52u));
    c += lt(62, v) & (t.d63 - t.d62 - 1u);
    return (uint8_t)c;
}

/* Value of a digit; sets bits in *bad if it is none. */
static inline uint32_t
value_of(uint32_t c, struct tail t, uint32_t *bad)
{
    uint32_t upper = between(c, 'A', 'Z'), lower = between(c, 'a', 'z');
    uint32_t digit = between(c, '0', '9'), d62 = eq(c, t.d62), d63 = eq(c, t.d63);

    *bad |= ~(upper | lower | digit | d62 | d63);
    return (upper & (c - 'A')) | (lower & (c - 'a' + 26)) | (digit & (c - '0' + 52)) |
           (d62 & 62) | (d63 & 63);
}

static uint8_t *
sink_grow(struct sink k, size_t len)
{
    return k.buf != NULL ? buf_grow(k.buf, len) : secbuf_grow(k.sec, len);
}

static void
encode(struct sink k, struct span s, struct tail t, bool pad)
{
    size_t rest = s.len % 3, whole = s.len - rest;
    size_t len = s.len / 3 * 4 + (rest == 0 ? 0 : pad ? 4 : rest + 1);
    uint8_t *out = len == 0 ? NULL : sink_grow(k, len);
    uint32_t v;

    if (out == NULL)
        return;
    for (size_t i = 0; i < whole; i += 3) {
        v = (uint32_t)s.ptr[i] << 16 | (uint32_t)s.ptr[i + 1] << 8 | s.ptr[i + 2];
        *out++ = digit_of(v >> 18, t);
        *out++ = digit_of(v >> 12 & 63, t);
        *out++ = digit_of(v >> 6 & 63, t);
        *out++ = digit_of(v & 63, t);
    }
    if (rest == 0)
        return;
    v = (uint32_t)s.ptr[whole] << 16 | (rest == 2 ? (uint32_t)s.ptr[whole + 1] << 8 : 0);
    *out++ = digit_of(v >> 18, t);
    *out++ = digit_of(v >> 12 & 63, t);
    if (rest == 2)
        *out++ = digit_of(v >> 6 & 63, t);
    for (size_t i = rest; pad && i < 3; i++)
        *out++ = '=';
}

/* digits: without padding; length % 4 is not 1. */
static enum err
decode(struct span digits, struct sink k, struct tail t)
{
    size_t rest = digits.len % 4, whole = digits.len - rest;
    size_t len = digits.len / 4 * 3 + (rest == 0 ? 0 : rest - 1);
    uint32_t v, bad = 0;
    uint8_t *out;

    if (len == 0)
        return sink_err(k);
    out = sink_grow(k, len);
    if (out == NULL)
        return sink_err(k);
    for (size_t i = 0; i < digits.len; i += 4) {
        size_t n = i < whole ? 4 : rest;

        v = 0;
        for (size_t j = 0; j < 4; j++)
            v = v << 6 | (j < n ? value_of(digits.ptr[i + j], t, &bad) : 0);
        for (size_t j = 0; j + 1 < n; j++)
            *out++ = (uint8_t)(v >> (16 - 8 * j));
        /* Bits that no byte takes must be zero: one text for each value (RFC 4648 3.5). */
        if (n < 4)
            bad |= v << (8 * (n - 1)) & 0xffffffu;
    }
    return bad == 0 ? ERR_OK : ERR_SYNTAX;
}

/* Takes a correct padding off; false when the length or the padding is wrong. */
static bool
drop_padding(struct span *text)
{
    size_t pads = 0;

    while (pads < 2 && pads < text->len && text->ptr[text->len - 1 - pads] == '=')
        pads++;
    if (pads > 0 && text->len % 4 != 0)
        return false;
    text->len -= pads;
    return text->len % 4 != 1;
}

void
b64url_put(struct sink k, struct span s)
{
    encode(k, s, tail_url, false);
}

void
b64_put(struct sink k, struct span s)
{
    encode(k, s, tail_std, true);
}

enum err
b64url_get(struct span text, struct sink k)
{
    if (!drop_padding(&text))
        return ERR_SYNTAX;
    return decode(text, k, tail_url);
}

enum err
b64_get(struct span text, struct sink k)
{
    if (text.len % 4 != 0 || !drop_padding(&text))
        return ERR_SYNTAX;
    return decode(text, k, tail_std);
}

static inline uint8_t
hex_digit(uint32_t v)
{
    return (uint8_t)(v + '0' + (~lt(v, 10) & ('a' - '0' - 10)));
}

static inline uint32_t
hex_value(uint32_t c, uint32_t *bad)
{
    uint32_t digit = between(c, '0', '9'), lower = between(c, 'a', 'f');
    uint32_t upper = between(c, 'A', 'F');

    *bad |= ~(digit | lower | upper);
    return (digit & (c - '0')) | (lower & (c - 'a' + 10)) | (upper & (c - 'A' + 10));
}

void
hex_put(struct sink k, struct span s)
{
    uint8_t *out = s.len == 0 ? NULL : sink_grow(k, s.len * 2);

    if (out == NULL)
        return;
    for (size_t i = 0; i < s.len; i++) {
        *out++ = hex_digit(s.ptr[i] >> 4);
        *out++ = hex_digit(s.ptr[i] & 15);
    }
}

enum err
hex_get(struct span text, struct sink k)
{
    uint32_t bad = 0;
    uint8_t *out;

    if (text.len % 2 != 0)
        return ERR_SYNTAX;
    if (text.len == 0)
        return sink_err(k);
    out = sink_grow(k, text.len / 2);
    if (out == NULL)
        return sink_err(k);
    for (size_t i = 0; i < text.len; i += 2)
        *out++ =
            (uint8_t)(hex_value(text.ptr[i], &bad) << 4 | hex_value(text.ptr[i + 1], &bad));
    return bad == 0 ? ERR_OK : ERR_SYNTAX;
}
