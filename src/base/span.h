/* SPDX-License-Identifier: Apache-2.0 */
/*
 * span.h - borrowed bytes.
 *
 * A span never owns; whoever hands one out says how long it lives. Text that
 * came from outside travels as a span too, until it was validated.
 */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
    const uint8_t *ptr;
    size_t len;
};

static inline struct span
span_of(const void *ptr, size_t len)
{
    return (struct span){ ptr, len };
}

/* The bytes of a C string, without its NUL; NULL gives an empty span. */
static inline struct span
span_str(const char *s)
{
    return (struct span){ (const uint8_t *)s, s == NULL ? 0 : strlen(s) };
}

static inline bool
span_is_empty(struct span s)
{
    return s.len == 0;
}

/* Two spans of one length: the ends of the four below. */
bool span_same_bytes(struct span a, struct span b);
bool span_same_letters(struct span a, struct span b);

/* For public bytes only; secrets go through ct_equal(). Inline, so that another length needs no
 * call, and a literal is measured when compiling. */
static inline bool
span_is_equal(struct span a, struct span b)
{
    return a.len == b.len && span_same_bytes(a, b);
}

/* ASCII letters compare without case. */
static inline bool
span_is_equal_nocase(struct span a, struct span b)
{
    return a.len == b.len && span_same_letters(a, b);
}

static inline bool
span_is_str(struct span a, const char *b)
{
    return span_is_equal(a, span_str(b));
}

static inline bool
span_is_str_nocase(struct span a, const char *b)
{
    return span_is_equal_nocase(a, span_str(b));
}

bool span_has_prefix(struct span a, struct span prefix);
/* First len bytes, or all if there are fewer. */
static inline struct span
span_head(struct span a, size_t len)
{
    return (struct span){ a.ptr, len < a.len ? len : a.len };
}

/* What follows the first len bytes; empty if there are fewer. */
static inline struct span
span_tail(struct span a, size_t len)
{
    size_t skip = len < a.len ? len : a.len;

    return (struct span){ skip == 0 ? a.ptr : a.ptr + skip, a.len - skip };
}

/* Index of the first c, or a.len. */
size_t span_find(struct span a, uint8_t c);
/* Without the blanks and tabs at both ends. */
struct span span_trim(struct span a);
/* Byte order as in the store: shorter sorts first where one is a prefix of the other. */
int span_compare(struct span a, struct span b);

/* Copies a into dst as a NUL-terminated string; false (and dst empty) if it does not fit
 * into cap bytes or holds a NUL. */
bool span_copy_str(struct span a, char *dst, size_t cap);
/* n parts, one behind the other and a NUL, into cap bytes; their length. 0 (and dst empty) if
 * they do not fit. */
size_t span_join(const struct span *parts, size_t n, char *dst, size_t cap);
/* Decimal digits only, at least one, no overflow. */
bool span_get_u64(struct span a, uint64_t *out);
/* The other way: decimal digits, with '-' if negative. Borrowed from room. */
enum { I64_TEXT_MAX = 20 };
struct span span_of_u64(uint64_t v, char room[static I64_TEXT_MAX]);
struct span span_of_i64(int64_t v, char room[static I64_TEXT_MAX]);

#endif /* BASE_SPAN_H */
