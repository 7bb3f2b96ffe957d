/* SPDX-License-Identifier: Apache-2.0 */
/* seal_int.h - room in a sink, for writers that fill it in place. */
#ifndef SEAL_SEAL_INT_H
#define SEAL_SEAL_INT_H

#include "base/sink.h"

enum { SEAL_FORMAT = 1, SEAL_NONCE_LEN = 12, SEAL_TAG_LEN = 16 };

/* Room for len more bytes, already counted; NULL on failure (see sink_err). */
static inline uint8_t *
sink_grow(struct sink k, size_t len)
{
    return k.buf != NULL ? buf_grow(k.buf, len) : secbuf_grow(k.sec, len);
}

/* Cuts back to len, so that a failed writer leaves nothing behind. */
static inline void
sink_cut(struct sink k, size_t len)
{
    if (k.sec != NULL)
        secbuf_truncate(k.sec, len);
    else if (k.buf->len > len)
        k.buf->len = len;
}

#endif /* SEAL_SEAL_INT_H */
