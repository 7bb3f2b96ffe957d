/* SPDX-License-Identifier: Apache-2.0 */
/* span.c - comparing and cutting borrowed bytes; nothing here allocates. */
#include "base/span.h"

static uint8_t
lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

bool
span_is_equal(struct span a, struct span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool
span_is_equal_nocase(struct span a, struct span b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.ptr[i]) != lower(b.ptr[i]))
            return false;
    return true;
}

bool
span_is_str(struct span a, const char *b)
{
    return span_is_equal(a, span_str(b));
}

bool
span_is_str_nocase(struct span a, const char *b)
{
    return span_is_equal_nocase(a, span_str(b));
}

bool
span_has_prefix(struct span a, struct span prefix)
{
    return a.len >= prefix.len && span_is_equal(span_head(a, prefix.len), prefix);
}

struct span
span_head(struct span a, size_t len)
{
    if (len < a.len)
        a.len = len;
    return a;
}

struct span
span_tail(struct span a, size_t len)
{
    if (len >= a.len)
        return (struct span){ a.len == 0 ? a.ptr : a.ptr + a.len, 0 };
    return (struct span){ a.ptr + len, a.len - len };
}

size_t
span_find(struct span a, uint8_t c)
{
    for (size_t i = 0; i < a.len; i++)
        if (a.ptr[i] == c)
            return i;
    return a.len;
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
