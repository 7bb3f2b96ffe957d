/* SPDX-License-Identifier: Apache-2.0 */
/* span.c - comparing and cutting borrowed bytes; nothing here allocates. */
#include "base/span.h"

static uint8_t
lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

bool
span_same_bytes(struct span a, struct span b)
{
    return a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0;
}

/* Eight bytes at once: 0x20 is added to each that is 'A' to 'Z'. */
static uint64_t
lower_word(const uint8_t *p)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), high = ones * 0x80;
    uint64_t w, seven, from_a, past_z;

    memcpy(&w, p, sizeof(w));
    seven = w & ~high;
    from_a = seven + ones * (0x80 - 'A');
    past_z = seven + ones * (0x80 - 'Z' - 1);
    return w + ((from_a & ~past_z & ~w & high) >> 2);
}

bool
span_same_letters(struct span a, struct span b)
{
    const size_t word = sizeof(uint64_t);
    size_t i = 0;

    for (; i + word <= a.len; i += word)
        if (lower_word(a.ptr + i) != lower_word(b.ptr + i))
            return false;
    for (; i < a.len; i++)
        if (lower(a.ptr[i]) != lower(b.ptr[i]))
            return false;
    return true;
}

bool
span_has_prefix(struct span a, struct span prefix)
{
    return a.len >= prefix.len && span_is_equal(span_head(a, prefix.len), prefix);
}

size_t
span_find(struct span a, uint8_t c)
{
    const uint8_t *p = a.len == 0 ? NULL : memchr(a.ptr, c, a.len);

    return p == NULL ? a.len : (size_t)(p - a.ptr);
}

int
span_compare(struct span a, struct span b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int r = n == 0 ? 0 : memcmp(a.ptr, b.ptr, n);

    if (r != 0)
        return r;
    return a.len < b.len ? -1 : a.len > b.len;
}

bool
span_copy_str(struct span a, char *dst, size_t cap)
{
    if (cap == 0)
        return false;
    dst[0] = '\0';
    if (a.len >= cap || span_find(a, 0) != a.len)
        return false;
    if (a.len > 0)
        memcpy(dst, a.ptr, a.len);
    dst[a.len] = '\0';
    return true;
}

bool
span_get_u64(struct span a, uint64_t *out)
{
    uint64_t v = 0;

    *out = 0;
    if (a.len == 0 || a.len > 20)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        if (a.ptr[i] < '0' || a.ptr[i] > '9')
            return false;
        if (__builtin_mul_overflow(v, 10u, &v) ||
            __builtin_add_overflow(v, (uint64_t)(a.ptr[i] - '0'), &v))
            return false;
    }
    *out = v;
    return true;
}

struct span
span_trim(struct span a)
{
    while (a.len > 0 && (a.ptr[0] == ' ' || a.ptr[0] == '\t'))
        a = span_tail(a, 1);
    while (a.len > 0 && (a.ptr[a.len - 1] == ' ' || a.ptr[a.len - 1] == '\t'))
        a.len--;
    return a;
}

size_t
span_join(const struct span *parts, size_t n, char *dst, size_t cap)
{
    size_t len = 0;

    dst[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        if (parts[i].len >= cap - len) {
            dst[0] = '\0';
            return 0;
        }
        if (parts[i].len > 0)
            memcpy(dst + len, parts[i].ptr, parts[i].len);
        len += parts[i].len;
    }
    dst[len] = '\0';
    return len;
}

struct span
span_of_u64(uint64_t v, char room[static I64_TEXT_MAX])
{
    size_t at = I64_TEXT_MAX;

    do {
        room[--at] = (char)('0' + v % 10);
        v /= 10;
    } while (v > 0);
    return span_of(room + at, I64_TEXT_MAX - at);
}

struct span
span_of_i64(int64_t v, char room[static I64_TEXT_MAX])
{
    struct span digits = span_of_u64(v < 0 ? 0 - (uint64_t)v : (uint64_t)v, room);
    size_t at = I64_TEXT_MAX - digits.len;

    if (v < 0)
        room[--at] = '-';
    return span_of(room + at, I64_TEXT_MAX - at);
}
