/* SPDX-License-Identifier: Apache-2.0 */
/* name.c - names and how characters are counted. */
#include "vault/name.h"

bool
object_name_parse(struct span s, struct object_name *out)
{
    out->spelled[0] = out->key[0] = '\0';
    if (s.len == 0 || s.len > MAX_OBJECT_NAME)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = (char)s.ptr[i];
        bool low = c >= 'a' && c <= 'z';

        if (!low && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && c != '-') {
            out->spelled[0] = out->key[0] = '\0';
            return false;
        }
        out->spelled[i] = c;
        out->key[i] = low ? (char)(c - 32) : c;
    }
    out->spelled[s.len] = out->key[s.len] = '\0';
    return true;
}

size_t
utf16_len(struct span utf8)
{
    size_t n = 0;

    for (size_t i = 0; i < utf8.len; i++) {
        uint8_t c = utf8.ptr[i];

        /* Continuation bytes count nothing; a lead of four bytes is a surrogate pair. */
        n += (c & 0xc0) != 0x80;
        n += c >= 0xf0;
    }
    return n;
}
