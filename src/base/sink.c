/* SPDX-License-Identifier: Apache-2.0 */
/* sink.c - one call, two kinds of memory. */
#include "base/sink.h"

void
sink_room(struct sink k, size_t len)
{
    if (k.buf != NULL)
        buf_room(k.buf, len);
    else
        secbuf_room(k.sec, len);
}

size_t
sink_len(struct sink k)
{
    return k.buf != NULL ? k.buf->len : k.sec->len;
}

enum err
sink_err(struct sink k)
{
    return k.buf != NULL ? k.buf->err : k.sec->err;
}

void
sink_patch_u32(struct sink k, size_t offset, uint32_t v)
{
    uint8_t *p = k.buf != NULL ? k.buf->ptr : k.sec->ptr;

    if (sink_err(k) != ERR_OK)
        return;
    bug_on(offset + 4 > sink_len(k));
    for (int i = 0; i < 4; i++)
        p[offset + (size_t)i] = (uint8_t)(v >> (24 - 8 * i));
}
