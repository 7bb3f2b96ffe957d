/* SPDX-License-Identifier: Apache-2.0 */
/* bag.c - tags of resources. */
#include "vault/bag.h"

#include "vault/name.h"

static bool
name_is_ok(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < ' ' || strchr("<>%&\\?/", s.ptr[i]) != NULL)
            return false;
    return s.len > 0 && utf16_len(s) <= MAX_BAG_NAME;
}

bool
bag_put(struct bag *b, struct span name, struct span value)
{
    if (!name_is_ok(name) || utf16_len(value) > MAX_BAG_VALUE)
        return false;
    for (unsigned i = 0; i < b->n; i++) {
        if (!span_is_equal_nocase(b->tag[i].name, name))
            continue;
        b->tag[i].value = value;
        return true;
    }
    if (b->n == MAX_BAG)
        return false;
    b->tag[b->n++] = (struct tag){ name, value };
    return true;
}

void
bag_take(struct bag *b, struct span name, struct span value)
{
    for (unsigned i = 0; i < b->n; i++) {
        if (!span_is_equal_nocase(b->tag[i].name, name) ||
            !span_is_equal(b->tag[i].value, value))
            continue;
        b->n--;
        memmove(&b->tag[i], &b->tag[i + 1], (b->n - i) * sizeof(b->tag[0]));
        return;
    }
}

const struct tag *
bag_find(const struct bag *b, struct span name)
{
    for (unsigned i = 0; i < b->n; i++)
        if (span_is_equal_nocase(b->tag[i].name, name))
            return &b->tag[i];
    return NULL;
}

void
bag_pack(struct sink k, const struct bag *b)
{
    pack_u8(k, (uint8_t)b->n);
    for (unsigned i = 0; i < b->n; i++) {
        pack_bytes(k, b->tag[i].name);
        pack_bytes(k, b->tag[i].value);
    }
}

void
bag_unpack(struct unpack *u, struct bag *out)
{
    unsigned n = unpack_u8(u);

    out->n = 0;
    for (unsigned i = 0; i < n && u->err == ERR_OK; i++) {
        struct span name = unpack_bytes(u, MAX_BAG_NAME * 3);
        struct span value = unpack_bytes(u, MAX_BAG_VALUE * 3);

        if (u->err == ERR_OK && (name.len == 0 || !bag_put(out, name, value)))
            u->err = ERR_FORMAT;
    }
}

void
bag_put_json(const struct bag *b, struct jsw *w)
{
    for (unsigned i = 0; i < b->n; i++)
        jsw_member(w, b->tag[i].name, b->tag[i].value);
}
