/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buf.h - a growing byte buffer with a maximum, for bytes that are not secret.
 *
 * Writing is sticky: the first failure (out of memory, over the maximum) is
 * kept in `err`, later puts do nothing, and the caller tests once at the end.
 * Secrets live in a struct secbuf (secbuf.h), never here.
 *
 *   struct buf b;
 *   buf_init(&b, MAX_BODY);
 *   buf_put_str(&b, "hello");
 *   if (b.err != ERR_OK) ...
 *   buf_release(&b);
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

struct buf {
    uint8_t *ptr;
    size_t len;
    size_t cap;
    size_t max;
    enum err err; /* first failure: ERR_NOMEM or ERR_TOO_LARGE */
};

/* Makes b usable; allocates nothing. max is the most bytes it will ever hold. */
void buf_init(struct buf *b, size_t max);
/* b writes into cap bytes of the caller's: it allocates nothing, and is never released. */
void buf_over(struct buf *b, void *room, size_t cap);
/* Frees the bytes; b is dead until buf_init. */
void buf_release(struct buf *b);
/* Forgets content and error, keeps the room. */
void buf_clear(struct buf *b);

/* Makes room for len more bytes at once, where much is to come in small pieces. */
void buf_room(struct buf *b, size_t len);
/* buf_put() where the room must grow first, or something failed before. */
void buf_put_growing(struct buf *b, struct span s);

static inline void
buf_put(struct buf *b, struct span s)
{
    if (b->err == ERR_OK && s.len > 0 && s.len <= b->cap - b->len && s.len <= b->max - b->len) {
        memcpy(b->ptr + b->len, s.ptr, s.len);
        b->len += s.len;
    } else {
        buf_put_growing(b, s);
    }
}

static inline void
buf_put_byte(struct buf *b, uint8_t c)
{
    buf_put(b, (struct span){ &c, 1 });
}

/* Inline, so that a literal is measured when compiling. */
static inline void
buf_put_str(struct buf *b, const char *s)
{
    buf_put(b, span_str(s));
}

/* printf for public values; %s of names and ids only. */
void buf_put_fmt(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Room for len more bytes, uninitialised, already counted in b->len; NULL on failure. */
uint8_t *buf_grow(struct buf *b, size_t len);
/* Drops the first len bytes, moving the rest down. */
void buf_drop_head(struct buf *b, size_t len);

/* Borrowed until the next put. */
static inline struct span
buf_span(const struct buf *b)
{
    return (struct span){ b->ptr, b->len };
}

/* NUL-terminates behind the content (not counted); borrowed; "" on failure. */
const char *buf_str(struct buf *b);

#endif /* BASE_BUF_H */
