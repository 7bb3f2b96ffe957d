/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jsplain.h - text of JSON strings, eight bytes at a time: most of it needs no closer look.
 */
#ifndef CODEC_JSPLAIN_H
#define CODEC_JSPLAIN_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Eight bytes as a word, in the machine's order. */
static inline uint64_t
jsplain_word(const uint8_t *p)
{
    uint64_t w;

    memcpy(&w, p, sizeof(w));
    return w;
}

/*
 * Do all eight stand in a string as they are (RFC 8259 7): ASCII, no control, quote or
 * backslash? With every high bit clear, a borrow out of a byte happens exactly where the test
 * hits.
 */
static inline bool
jsplain_is(uint64_t w)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), high = ones * 0x80;
    uint64_t quote = w ^ ones * '"', slash = w ^ ones * '\\';

    return ((w | (w - ones * 0x20) | (quote - ones) | (slash - ones)) & high) == 0;
}

#endif /* CODEC_JSPLAIN_H */
