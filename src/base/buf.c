/* SPDX-License-Identifier: Apache-2.0 */
/* buf.c - growing bytes with a hard maximum; capacity doubles, never past max. */
#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){ .max = max };
}

void
buf_over(struct buf *b, void *room, size_t cap)
{
    *b = (struct buf){ .ptr = room, .cap = cap, .max = cap };
}

void
buf_release(struct buf *b)
{
    free(b->ptr);
    *b = (struct buf){ 0 };
}

void
buf_clear(struct buf *b)
{
    b->len = 0;
    b->err = ERR_OK;
}

static bool
buf_reserve(struct buf *b, size_t more)
{
    size_t want, cap = b->cap == 0 ? 256 : b->cap;
    uint8_t *p;

    if (b->err != ERR_OK)
        return false;
    if (__builtin_add_overflow(b->len, more, &want) || want > b->max) {
        b->err = ERR_TOO_LARGE;
        return false;
    }
    if (want <= b->cap)
        return true;
    while (cap < want)
        cap *= 2;
    p = realloc(b->ptr, cap);
    if (p == NULL) {
        b->err = ERR_NOMEM;
        return false;
    }
    b->ptr = p;
    b->cap = cap;
    return true;
}

uint8_t *
buf_grow(struct buf *b, size_t len)
{
    uint8_t *p;

    if (!buf_reserve(b, len) || b->ptr == NULL)
        return NULL;
    p = b->ptr + b->len;
    b->len += len;
    return p;
}

void
buf_room(struct buf *b, size_t len)
{
    (void)buf_reserve(b, len);
}

void
buf_put_growing(struct buf *b, struct span s)
{
    if (s.len == 0 || !buf_reserve(b, s.len))
        return;
    memcpy(b->ptr + b->len, s.ptr, s.len);
    b->len += s.len;
}

void
buf_put_fmt(struct buf *b, const char *fmt, ...)
{
    va_list ap, again;
    int n;

    va_start(ap, fmt);
    va_copy(again, ap);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    /* One byte more than the text: vsnprintf writes its NUL there. */
    if (n < 0)
        b->err = b->err == ERR_OK ? ERR_INTERNAL : b->err;
    else if (buf_reserve(b, (size_t)n + 1)) {
        (void)vsnprintf((char *)b->ptr + b->len, (size_t)n + 1, fmt, again);
        b->len += (size_t)n;
    }
    va_end(again);
}

void
buf_drop_head(struct buf *b, size_t len)
{
    if (len >= b->len) {
        b->len = 0;
        return;
    }
    memmove(b->ptr, b->ptr + len, b->len - len);
    b->len -= len;
}

const char *
buf_str(struct buf *b)
{
    if (!buf_reserve(b, 1))
        return "";
    b->ptr[b->len] = '\0';
    return (const char *)b->ptr;
}
