/* SPDX-License-Identifier: Apache-2.0 */
/* pack.c - big-endian numbers and counted bytes; every read is bounded by what is left. */
#include "codec/pack.h"

static void
put_be(struct sink k, uint64_t v, unsigned bytes)
{
    uint8_t b[8];

    for (unsigned i = 0; i < bytes; i++)
        b[i] = (uint8_t)(v >> (8 * (bytes - 1 - i)));
    sink_put(k, span_of(b, bytes));
}

void
pack_u8(struct sink k, uint8_t v)
{
    sink_put_byte(k, v);
}

void
pack_u16(struct sink k, uint16_t v)
{
    put_be(k, v, 2);
}

void
pack_u32(struct sink k, uint32_t v)
{
    put_be(k, v, 4);
}

void
pack_u64(struct sink k, uint64_t v)
{
    put_be(k, v, 8);
}

void
pack_i64(struct sink k, int64_t v)
{
    put_be(k, (uint64_t)v, 8);
}

void
pack_bytes(struct sink k, struct span s)
{
    /* No sink holds 4 GiB (limits.h), so a longer span is a caller's bug. */
    bug_on(s.len > UINT32_MAX);
    pack_u32(k, (uint32_t)s.len);
    sink_put(k, s);
}

void
pack_str(struct sink k, const char *s)
{
    pack_bytes(k, span_str(s));
}

/* After a failure nothing more is read: the rest is thrown away. */
static void
fail(struct unpack *u)
{
    u->err = ERR_FORMAT;
    u->rest = (struct span){ 0 };
}

static uint64_t
get_be(struct unpack *u, unsigned bytes)
{
    uint64_t v = 0;

    if (u->err != ERR_OK || u->rest.len < bytes) {
        fail(u);
        return 0;
    }
    for (unsigned i = 0; i < bytes; i++)
        v = v << 8 | u->rest.ptr[i];
    u->rest = span_tail(u->rest, bytes);
    return v;
}

uint8_t
unpack_u8(struct unpack *u)
{
    return (uint8_t)get_be(u, 1);
}

uint16_t
unpack_u16(struct unpack *u)
{
    return (uint16_t)get_be(u, 2);
}

uint32_t
unpack_u32(struct unpack *u)
{
    return (uint32_t)get_be(u, 4);
}

uint64_t
unpack_u64(struct unpack *u)
{
    return get_be(u, 8);
}

int64_t
unpack_i64(struct unpack *u)
{
    return (int64_t)get_be(u, 8);
}

struct span
unpack_bytes(struct unpack *u, size_t max)
{
    size_t len = unpack_u32(u);
    struct span s;

    if (u->err == ERR_OK && (len > max || len > u->rest.len))
        fail(u);
    if (u->err != ERR_OK)
        return (struct span){ 0 };
    s = span_head(u->rest, len);
    u->rest = span_tail(u->rest, len);
    return s;
}

void
unpack_str(struct unpack *u, char *dst, size_t cap)
{
    struct span s;

    bug_on(cap == 0);
    dst[0] = '\0';
    s = unpack_bytes(u, cap - 1);
    if (u->err == ERR_OK && !span_copy_str(s, dst, cap))
        fail(u);
}

enum err
unpack_end(const struct unpack *u)
{
    if (u->err != ERR_OK)
        return u->err;
    return span_is_empty(u->rest) ? ERR_OK : ERR_FORMAT;
}
