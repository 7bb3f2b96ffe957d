/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pack.h - our one binary encoding: store rows, ipc messages, backup blobs.
 *
 * Big-endian integers; byte strings as u32 length and bytes. Writing is sticky
 * in the sink; reading is sticky in the reader: after the first failure every
 * get answers zero or empty, and unpack_end() tells. A reader borrows: the
 * spans it gives live as long as the bytes it reads.
 */
#ifndef CODEC_PACK_H
#define CODEC_PACK_H

#include <stdint.h>

#include "base/err.h"
#include "base/sink.h"
#include "base/span.h"

void pack_u8(struct sink k, uint8_t v);
void pack_u16(struct sink k, uint16_t v);
void pack_u32(struct sink k, uint32_t v);
void pack_u64(struct sink k, uint64_t v);
void pack_i64(struct sink k, int64_t v);
void pack_bytes(struct sink k, struct span s);
void pack_str(struct sink k, const char *s);

struct unpack {
    struct span rest;
    enum err err; /* ERR_FORMAT after the first failure */
};

static inline struct unpack
unpack_of(struct span s)
{
    return (struct unpack){ .rest = s };
}

uint8_t unpack_u8(struct unpack *u);
uint16_t unpack_u16(struct unpack *u);
uint32_t unpack_u32(struct unpack *u);
uint64_t unpack_u64(struct unpack *u);
int64_t unpack_i64(struct unpack *u);
/* At most max bytes, or the reader fails. */
struct span unpack_bytes(struct unpack *u, size_t max);
/* As NUL-terminated text without NUL inside; fails if it does not fit into cap bytes. */
void unpack_str(struct unpack *u, char *dst, size_t cap);
/* ERR_OK when everything was read, nothing is left over and nothing failed. */
MUST_CHECK enum err unpack_end(const struct unpack *u);

#endif /* CODEC_PACK_H */
