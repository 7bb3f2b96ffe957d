/* SPDX-License-Identifier: Apache-2.0 */
/* chunk.c - the chunked coding, a byte at a time but for the chunks' content. */
#include "http/chunk_int.h"

enum { MAX_SIZE_DIGITS = 8, MAX_OVERHEAD = 4096 };

static int
digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static enum chunk_state
in_size(struct chunk *c, uint8_t byte)
{
    int v = digit(byte);

    if (v >= 0) {
        c->left = c->left * 16 + (unsigned)v;
        c->digits++;
        return c->digits > MAX_SIZE_DIGITS ? CHUNK_BAD : CHUNK_SIZE;
    }
    if (c->digits == 0)
        return CHUNK_BAD;
    if (byte == '\r')
        return CHUNK_SIZE_LF;
    return byte == ';' ? CHUNK_EXTENSION : CHUNK_BAD;
}

/* Bytes that are skipped up to a CR; then `at_cr`. */
static enum chunk_state
skip(struct chunk *c, uint8_t byte, enum chunk_state at_cr)
{
    c->overhead++;
    if (byte == '\r')
        return at_cr;
    if ((byte < 0x20 && byte != '\t') || byte == 0x7f || c->overhead > MAX_OVERHEAD)
        return CHUNK_BAD;
    return c->state;
}

static enum chunk_state
next_state(struct chunk *c, uint8_t byte)
{
    switch (c->state) {
    case CHUNK_SIZE:
        return in_size(c, byte);
    case CHUNK_EXTENSION:
        return skip(c, byte, CHUNK_SIZE_LF);
    case CHUNK_SIZE_LF:
        if (byte != '\n')
            return CHUNK_BAD;
        c->digits = 0;
        return c->left > 0 ? CHUNK_BYTES : CHUNK_TRAILER_START;
    case CHUNK_BYTES_CR:
        return byte == '\r' ? CHUNK_BYTES_LF : CHUNK_BAD;
    case CHUNK_BYTES_LF:
        return byte == '\n' ? CHUNK_SIZE : CHUNK_BAD;
    case CHUNK_TRAILER_START:
        if (byte == '\r')
            return CHUNK_END_LF;
        c->state = CHUNK_TRAILER;
        return skip(c, byte, CHUNK_TRAILER_LF);
    case CHUNK_TRAILER:
        return skip(c, byte, CHUNK_TRAILER_LF);
    case CHUNK_TRAILER_LF:
        return byte == '\n' ? CHUNK_TRAILER_START : CHUNK_BAD;
    case CHUNK_END_LF:
        return byte == '\n' ? CHUNK_DONE : CHUNK_BAD;
    case CHUNK_BYTES:
    case CHUNK_DONE:
    case CHUNK_BAD:
        break;
    }
    return CHUNK_BAD;
}

size_t
chunk_step(struct chunk *c, struct span in, struct span *bytes)
{
    size_t used = 0;

    *bytes = (struct span){ 0 };
    while (used < in.len && c->state != CHUNK_DONE && c->state != CHUNK_BAD) {
        if (c->state != CHUNK_BYTES) {
            c->state = next_state(c, in.ptr[used++]);
            continue;
        }
        *bytes = span_head(span_tail(in, used), (size_t)c->left);
        c->left -= bytes->len;
        used += bytes->len;
        if (c->left == 0)
            c->state = CHUNK_BYTES_CR;
        return used;
    }
    return used;
}
