/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frame.c - headers to bytes and back. Every field is judged here, so that
 * peer.c only has to see whether a frame fits the ones before it.
 */
#include "ipc/frame.h"

#include <stdbool.h>
#include <string.h>

_Static_assert(sizeof(struct frame) == FRAME_SIZE, "no padding in the header");

void
frame_write(uint8_t out[static FRAME_SIZE], const struct frame *f)
{
    memcpy(out, f, FRAME_SIZE);
}

static bool
frame_is_sane(const struct frame *f, size_t max_message)
{
    if ((f->flags & ~(uint32_t)(FRAME_FIRST | FRAME_MORE)) != 0 || f->op == 0 ||
        f->status >= ERR__MAX)
        return false;
    if (f->total > max_message || f->len > f->total)
        return false;
    if (f->flags == FRAME_FIRST)
        return f->len == f->total;
    /* A piece of something larger is neither empty nor the whole. */
    return f->len > 0 && f->len < f->total;
}

enum err
frame_read(struct span *rest, size_t max_message, struct frame *f, struct span *payload)
{
    *payload = (struct span){ 0 };
    if (rest->len < FRAME_SIZE)
        return ERR_PROTOCOL;
    memcpy(f, rest->ptr, FRAME_SIZE);
    if (!frame_is_sane(f, max_message) || f->len > rest->len - FRAME_SIZE)
        return ERR_PROTOCOL;
    *payload = (struct span){ rest->ptr + FRAME_SIZE, f->len };
    *rest = span_tail(*rest, FRAME_SIZE + (size_t)f->len);
    return ERR_OK;
}
