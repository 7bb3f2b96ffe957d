/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sink.h - where a writer puts its bytes: a buf (public) or a secbuf (secret).
 *
 * Writers (codec/jsn_write.h, codec/pack.h) take a sink, so that the same code
 * fills both and the choice of memory is the caller's. Sticky like both.
 */
#ifndef BASE_SINK_H
#define BASE_SINK_H

#include "base/buf.h"
#include "base/secbuf.h"

struct sink {
    struct buf *buf; /* exactly one of the two is set */
    struct secbuf *sec;
};

static inline struct sink
sink_buf(struct buf *b)
{
    return (struct sink){ .buf = b };
}

static inline struct sink
sink_sec(struct secbuf *s)
{
    return (struct sink){ .sec = s };
}

static inline void
sink_put(struct sink k, struct span s)
{
    if (k.buf != NULL)
        buf_put(k.buf, s);
    else
        secbuf_put(k.sec, s);
}

/* Room for len more bytes if they fit as it is, already counted; else NULL, and nothing
 * changed. */
static inline uint8_t *
sink_fit(struct sink k, size_t len)
{
    uint8_t *p;

    if (k.buf != NULL) {
        struct buf *b = k.buf;

        if (b->err != ERR_OK || len > b->cap - b->len || len > b->max - b->len)
            return NULL;
        p = b->ptr + b->len;
        b->len += len;
        return p;
    }
    if (k.sec->err != ERR_OK || len > k.sec->cap - k.sec->len || len > k.sec->max - k.sec->len)
        return NULL;
    p = k.sec->ptr + k.sec->len;
    k.sec->len += len;
    return p;
}

static inline void
sink_put_byte(struct sink k, uint8_t c)
{
    sink_put(k, (struct span){ &c, 1 });
}

static inline void
sink_put_str(struct sink k, const char *s)
{
    sink_put(k, span_str(s));
}

/* Makes room for len more bytes at once, where much is to come in small pieces. */
void sink_room(struct sink k, size_t len);
size_t sink_len(struct sink k);
enum err sink_err(struct sink k);
/* Overwrites four bytes at offset (already written) with a big-endian number. */
void sink_patch_u32(struct sink k, size_t offset, uint32_t v);

#endif /* BASE_SINK_H */
