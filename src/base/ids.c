/* SPDX-License-Identifier: Apache-2.0 */
/* ids.c - random ids as text. */
#include "base/ids.h"

#include "base/rand.h"

static const char digits[] = "0123456789abcdef";

static void
random_hex(char out[static HEX32_LEN])
{
    uint8_t b[16];

    rand_fill_name(b, sizeof(b));
    b[6] = (uint8_t)((b[6] & 0x0f) | 0x40); /* RFC 4122 4.4: version 4 */
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
    for (int i = 0; i < 16; i++) {
        out[2 * i] = digits[b[i] >> 4];
        out[2 * i + 1] = digits[b[i] & 15];
    }
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
