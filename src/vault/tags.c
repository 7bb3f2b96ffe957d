/* SPDX-License-Identifier: Apache-2.0 */
/* tags.c - tags: limits and their bytes in a row. */
#include "vault/tags.h"

#include "vault/name.h"

bool
tags_add(struct tags *t, struct span name, struct span value)
{
    if (t->n == MAX_TAGS || name.len == 0 || utf16_len(name) > MAX_TAG_CHARS ||
        utf16_len(value) > MAX_TAG_CHARS)
        return false;
    t->tag[t->n++] = (struct tag){ name, value };
    return true;
}

void
tags_pack(struct sink k, const struct tags *t)
{
    pack_u8(k, (uint8_t)t->n);
    for (unsigned i = 0; i < t->n; i++) {
        pack_bytes(k, t->tag[i].name);
        pack_bytes(k, t->tag[i].value);
    }
}

void
tags_unpack(struct unpack *u, struct tags *out)
{
    unsigned n = unpack_u8(u);

    out->n = 0;
    for (unsigned i = 0; i < n; i++) {
        struct span name = unpack_bytes(u, MAX_TAG_CHARS * 3);
        struct span value = unpack_bytes(u, MAX_TAG_CHARS * 3);

        if (u->err == ERR_OK && !tags_add(out, name, value))
            u->err = ERR_FORMAT;
        if (u->err != ERR_OK)
            return;
    }
}
