/* SPDX-License-Identifier: Apache-2.0 */
/* hash.c - uniqueString and guid as the real service computes them (management-plane.md A.16).
 */
#include "api/template/hash.h"

#include <stdio.h>

#include "base/buf.h"
#include "crypto/digest.h"

enum { C1 = 0x239b961b };
#define C2 UINT32_C(0xab0e9789)

static uint32_t
rotl(uint32_t v, unsigned n)
{
    return v << n | v >> (32 - n);
}

/* Up to four bytes, little-endian. */
static uint32_t
word(struct span s)
{
    uint32_t v = 0;

    for (size_t i = 0; i < s.len && i < 4; i++)
        v |= (uint32_t)s.ptr[i] << (8 * i);
    return v;
}

static uint32_t
finish(uint32_t h)
{
    h ^= h >> 16;
    h *= UINT32_C(0x85ebca6b);
    h ^= h >> 13;
    h *= UINT32_C(0xc2b2ae35);
    return h ^ h >> 16;
}

/* Two lanes of MurmurHash3. WIRE: its vectors are those of public test suites. */
static uint64_t
murmur(struct span s)
{
    uint32_t h1 = 0, h2 = 0, len = (uint32_t)s.len;

    for (; s.len >= 8; s = span_tail(s, 8)) {
        h1 ^= rotl(word(s) * C1, 15) * C2;
        h1 = (rotl(h1, 19) + h2) * 5 + UINT32_C(0x561ccd1b);
        h2 ^= rotl(word(span_tail(s, 4)) * C2, 17) * C1;
        h2 = (rotl(h2, 13) + h1) * 5 + UINT32_C(0x0bcaa747);
    }
    h1 ^= rotl(word(s) * C1, 15) * C2;
    h2 ^= rotl(word(span_tail(s, 4)) * C2, 17) * C1;
    h1 ^= len;
    h2 ^= len;
    h1 += h2;
    h2 += h1;
    h1 = finish(h1);
    h2 = finish(h2);
    h1 += h2;
    h2 += h1;
    return (uint64_t)h2 << 32 | h1;
}

void
hash_unique(struct span text, char out[static UNIQUE_LEN + 1])
{
    static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
    uint64_t v = murmur(text);

    for (unsigned i = 0; i < UNIQUE_LEN; i++, v <<= 5)
        out[i] = alphabet[v >> 59];
    out[UNIQUE_LEN] = '\0';
}

enum err
hash_guid(struct span text, struct guid *out)
{
    /* 11fb06fb-712d-4ddd-98c7-e71bbd588830 */
    static const uint8_t space[] = { 0x11, 0xfb, 0x06, 0xfb, 0x71, 0x2d, 0x4d, 0xdd,
                                     0x98, 0xc7, 0xe7, 0x1b, 0xbd, 0x58, 0x88, 0x30 };
    uint8_t h[SHA1_LEN];
    struct digest *d;
    enum err e = digest_new(DIGEST_SHA1, &d);

    *out = (struct guid){ .text = "" };
    if (e != ERR_OK)
        return e;
    digest_put(d, span_of(space, sizeof(space)));
    digest_put(d, text);
    e = digest_end(d, h);
    digest_free(d);
    if (e != ERR_OK)
        return e;
    h[6] = (uint8_t)((h[6] & 0x0f) | 0x50);
    h[8] = (uint8_t)((h[8] & 0x3f) | 0x80);
    (void)snprintf(out->text, sizeof(out->text),
                   "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", h[0],
                   h[1], h[2], h[3], h[4], h[5], h[6], h[7], h[8], h[9], h[10], h[11], h[12],
                   h[13], h[14], h[15]);
    return ERR_OK;
}
