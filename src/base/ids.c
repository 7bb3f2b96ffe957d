/* SPDX-License-Identifier: Apache-2.0 */
/* ids.c - new ids, and ids as text. */
#include "base/ids.h"

#include "base/clock.h"
#include "base/rand.h"

static const char digits[] = "0123456789abcdef";

enum { UUID_LEN = 16 };

/* RFC 9562 4.1, 4.2: the bits that say of which kind it is; the rest is random. */
static void
uuid_fill(uint8_t out[static UUID_LEN], unsigned version)
{
    rand_fill_name(out, UUID_LEN);
    out[6] = (uint8_t)((out[6] & 0x0fu) | version << 4);
    out[8] = (uint8_t)((out[8] & 0x3f) | 0x80);
}

static void
uuid_hex(const uint8_t b[static UUID_LEN], char out[static HEX32_LEN])
{
    for (int i = 0; i < UUID_LEN; i++) {
        out[2 * i] = digits[b[i] >> 4];
        out[2 * i + 1] = digits[b[i] & 15];
    }
}

static void
random_hex(char out[static HEX32_LEN])
{
    uint8_t b[UUID_LEN];

    uuid_fill(b, 4);
    uuid_hex(b, out);
}

static bool
is_hex_lower(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

struct guid
guid_new(void)
{
    char hex[HEX32_LEN];
    struct guid g;

    random_hex(hex);
    for (size_t i = 0, at = 0; i < HEX32_LEN; i++) {
        if (i == 8 || i == 12 || i == 16 || i == 20)
            g.text[at++] = '-';
        g.text[at++] = hex[i];
    }
    g.text[GUID_LEN] = '\0';
    return g;
}

bool
guid_parse(struct span s, struct guid *out)
{
    out->text[0] = '\0';
    if (s.len != GUID_LEN)
        return false;
    for (size_t i = 0; i < GUID_LEN; i++) {
        uint8_t c = s.ptr[i];

        if (i == 8 || i == 13 || i == 18 || i == 23) {
            if (c != '-')
                goto bad;
        } else {
            if (c >= 'A' && c <= 'F')
                c = (uint8_t)(c + 32);
            if (!is_hex_lower(c))
                goto bad;
        }
        out->text[i] = (char)c;
    }
    out->text[GUID_LEN] = '\0';
    return true;
bad:
    out->text[0] = '\0';
    return false;
}

bool
guid_is_equal(const struct guid *a, const struct guid *b)
{
    return strcmp(a->text, b->text) == 0;
}

struct hex32
hex32_new(void)
{
    struct hex32 h;

    random_hex(h.text);
    h.text[HEX32_LEN] = '\0';
    return h;
}

struct hex32
hex32_new_timed(void)
{
    uint64_t ms = (uint64_t)clock_now_100ns() / 10000;
    uint8_t b[UUID_LEN];
    struct hex32 h;

    uuid_fill(b, 7);
    for (int i = 0; i < 6; i++) /* RFC 9562 5.7: 48 bits of milliseconds */
        b[i] = (uint8_t)(ms >> (40 - 8 * i));
    uuid_hex(b, h.text);
    h.text[HEX32_LEN] = '\0';
    return h;
}

bool
hex32_parse(struct span s, struct hex32 *out)
{
    out->text[0] = '\0';
    if (s.len != HEX32_LEN)
        return false;
    for (size_t i = 0; i < HEX32_LEN; i++)
        if (!is_hex_lower(s.ptr[i]))
            return false;
    memcpy(out->text, s.ptr, HEX32_LEN);
    out->text[HEX32_LEN] = '\0';
    return true;
}
