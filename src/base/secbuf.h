/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secbuf.h - the type of a secret: bytes in locked memory, wiped when dropped.
 *
 * All secret bytes of a process live in one arena (secmem_init): locked, kept
 * out of core dumps, emptied in a child after fork. A struct secbuf is a
 * growing buffer inside the arena; growth, shrinking and free wipe what they
 * leave behind. There is no printf form of a secbuf, on purpose.
 *
 * Writing is sticky as in buf.h. Threads: the arena may be shared; a secbuf
 * belongs to one thread at a time.
 */
#ifndef BASE_SECBUF_H
#define BASE_SECBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

/*
 * Reserves and locks the arena of this process; call once, before the first
 * secret and before confinement. len is rounded up to a power of two.
 *
 * ERR_NOMEM  the address space or the mlock budget (RLIMIT_MEMLOCK) is too
 *            small; the process must not go on.
 */
MUST_CHECK enum err secmem_init(size_t len);
/* Wipes and unmaps the arena; every secbuf must be gone. For tests and exit. */
void secmem_release(void);
/* Bytes in use and in all; for metrics. */
void secmem_usage(size_t *used, size_t *total);
/* Raw blocks for allocators that must keep secrets here (jansson, OpenSSL). NULL when full. */
void *secmem_alloc(size_t len);
/* Wipes and frees; NULL is allowed. */
void secmem_free(void *p);

struct secbuf {
    uint8_t *ptr;
    size_t len;
    size_t cap;
    size_t max;
    enum err err; /* first failure: ERR_NOMEM or ERR_TOO_LARGE */
};

/* A new empty secret of at most max bytes; NULL when out of memory. */
struct secbuf *secbuf_new(size_t max);
/* Wipes and frees; NULL is allowed. */
void secbuf_free(struct secbuf *s);

/* In the caller's memory: makes usable, allocates nothing. */
void secbuf_init(struct secbuf *s, size_t max);
/* Wipes and gives back the bytes; s is dead until secbuf_init. */
void secbuf_release(struct secbuf *s);
/* Wipes the content, forgets the error, keeps the room. */
void secbuf_clear(struct secbuf *s);

/* Makes room for len more bytes at once, where much is to come in small pieces. */
void secbuf_room(struct secbuf *s, size_t len);
/* secbuf_put() where the room must grow first, or something failed before. */
void secbuf_put_growing(struct secbuf *s, struct span bytes);

static inline void
secbuf_put(struct secbuf *s, struct span bytes)
{
    if (s->err == ERR_OK && bytes.len > 0 && bytes.len <= s->cap - s->len &&
        bytes.len <= s->max - s->len) {
        memcpy(s->ptr + s->len, bytes.ptr, bytes.len);
        s->len += bytes.len;
    } else {
        secbuf_put_growing(s, bytes);
    }
}

static inline void
secbuf_put_byte(struct secbuf *s, uint8_t c)
{
    secbuf_put(s, (struct span){ &c, 1 });
}

/* Room for len more bytes, already counted; NULL on failure. */
uint8_t *secbuf_grow(struct secbuf *s, size_t len);
/* Cuts to len (no effect if shorter); what is cut is wiped. */
void secbuf_truncate(struct secbuf *s, size_t len);
/* Drops the first len bytes, moving the rest down; wipes what is left behind. */
void secbuf_drop_head(struct secbuf *s, size_t len);
/* Moves the bytes of from into to (which is released first); from becomes empty. */
void secbuf_move(struct secbuf *to, struct secbuf *from);

/* Borrowed until the next change. */
static inline struct span
secbuf_span(const struct secbuf *s)
{
    return (struct span){ s->ptr, s->len };
}

#endif /* BASE_SECBUF_H */
