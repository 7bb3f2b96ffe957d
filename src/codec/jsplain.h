/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jsplain.h - text of JSON strings, eight bytes at a time: most of it needs no closer look.
 */
#ifndef CODEC_JSPLAIN_H
#define CODEC_JSPLAIN_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
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
 * High bits of the bytes that do not stand in a string as they are (RFC 8259 7): controls,
 * quotes, backslashes and what is not ASCII. Zero: all eight do. The lowest bit is exact; a bit
 * above it may come of a borrow out of the byte below.
 */
static inline uint64_t
jsplain_stops(uint64_t w)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), high = ones * 0x80;
    uint64_t quote = w ^ ones * '"', slash = w ^ ones * '\\';

    return (w | (w - ones * 0x20) | (quote - ones) | (slash - ones)) & high;
}

/*
 * Do all eight stand in a string as they are? With every high bit clear, a borrow out of a byte
 * happens exactly where the test hits.
 */
static inline bool
jsplain_is(uint64_t w)
{
    return jsplain_stops(w) == 0;
}

/* How many bytes from p on, before end, stand in a string as they are. */
static inline size_t
jsplain_len(const uint8_t *p, const uint8_t *end)
{
    const uint8_t *from = p;

    for (; end - p >= 8; p += 8) {
        uint64_t stops = jsplain_stops(le64toh(jsplain_word(p)));

        if (stops != 0)
            return (size_t)(p - from) + (size_t)__builtin_ctzll(stops) / 8;
    }
    while (p < end && *p >= 0x20 && *p < 0x80 && *p != '"' && *p != '\\')
        p++;
    return (size_t)(p - from);
}

#endif /* CODEC_JSPLAIN_H */
