/* SPDX-License-Identifier: Apache-2.0 */
/* utf8.c - RFC 3629, strictly. */
#include "crypto/utf8_int.h"

enum { CHAR_MAX_CODE = 0x10ffff };

static bool
is_char(uint32_t c)
{
    return c <= CHAR_MAX_CODE && (c < 0xd800 || c > 0xdfff);
}

bool
utf8_take(struct span *s, uint32_t *c)
{
    static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
    uint8_t first;
    size_t more;

    if (s->len == 0)
        return false;
    first = s->ptr[0];
    more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    if ((first >= 0x80 && first < 0xc2) || first > 0xf4 || s->len <= more)
        return false;
    *c = more == 0 ? first : first & (0x3fu >> more);
    for (size_t i = 1; i <= more; i++) {
        if ((s->ptr[i] & 0xc0) != 0x80)
            return false;
        *c = *c << 6 | (s->ptr[i] & 0x3fu);
    }
    *s = span_tail(*s, more + 1);
    return *c >= least[more] && is_char(*c);
}

bool
utf8_put(struct buf *b, uint32_t c)
{
    static const uint8_t marks[] = { 0, 0xc0, 0xe0, 0xf0 };
    unsigned more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;

    if (!is_char(c))
        return false;
    buf_put_byte(b, (uint8_t)(marks[more] | c >> (6 * more)));
    while (more-- > 0)
        buf_put_byte(b, (uint8_t)(0x80 | (c >> (6 * more) & 0x3f)));
    return true;
}

bool
utf8_is_plain(struct span s)
{
    uint32_t c;

    while (s.len > 0)
        if (!utf8_take(&s, &c) || c < 0x20 || (c >= 0x7f && c < 0xa0))
            return false;
    return true;
}
