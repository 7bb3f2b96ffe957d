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

void sink_put(struct sink k, struct span s);
void sink_put_byte(struct sink k, uint8_t c);
void sink_put_str(struct sink k, const char *s);
size_t sink_len(struct sink k);
enum err sink_err(struct sink k);
/* Overwrites four bytes at offset (already written) with a big-endian number. */
void sink_patch_u32(struct sink k, size_t offset, uint32_t v);

#endif /* BASE_SINK_H */
