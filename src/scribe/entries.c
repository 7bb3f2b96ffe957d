/* SPDX-License-Identifier: Apache-2.0 */
/*
 * entries.c - u8 kind | u16 key length | key | then by kind:
 *   expect  u64 revision
 *   put     u32 value length | value
 *   delete  nothing
 * big-endian; entries follow each other with nothing before, between or after.
 */
#include "scribe/entries.h"

#include "base/limits.h"
#include "codec/pack.h"

static struct span
take(struct unpack *u, size_t len)
{
    struct span s = span_head(u->rest, len);

    if (u->err != ERR_OK || s.len < len) {
        *u = (struct unpack){ .err = ERR_FORMAT };
        return (struct span){ 0 };
    }
    u->rest = span_tail(u->rest, len);
    return s;
}

static enum err
entry_read(struct unpack *u, struct entry *out)
{
    uint8_t kind = unpack_u8(u);

    *out = (struct entry){ 0 };
    out->key = take(u, unpack_u16(u));
    if (out->key.len == 0 || out->key.len > MAX_STORE_KEY)
        return ERR_FORMAT;
    if (kind == ENTRY_EXPECT)
        out->revision = unpack_u64(u);
    else if (kind == ENTRY_PUT)
        out->value = unpack_bytes(u, MAX_STORE_VALUE);
    else if (kind != ENTRY_DELETE)
        return ERR_FORMAT;
    out->kind = (enum entry_kind)kind;
    return u->err;
}

enum err
entries_each(struct span packed, entry_fn fn, void *arg)
{
    struct unpack u = unpack_of(packed);
    struct entry entry;

    while (!span_is_empty(u.rest)) {
        enum err e = entry_read(&u, &entry);

        if (e == ERR_OK)
            e = fn(arg, &entry);
        if (e != ERR_OK)
            return e;
    }
    return ERR_OK;
}
