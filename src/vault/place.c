/* SPDX-License-Identifier: Apache-2.0 */
/* place.c - one record format for both kinds of place. */
#include "vault/place.h"

#include "codec/pack.h"

enum { PLACE_FORMAT = 1, PLACE_BYTES_MAX = 1024 };

bool
place_group_name_is_ok(struct span name)
{
    if (name.len == 0 || name.len > MAX_GROUP_NAME || name.ptr[name.len - 1] == '.')
        return false;
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.ptr[i];

        if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
              c == '-' || c == '_' || c == '.' || c == '(' || c == ')'))
            return false;
    }
    return true;
}

static struct span
place_key(struct row_key *k, const struct guid *subscription, struct span group)
{
    char lower[MAX_GROUP_NAME + 1];

    if (group.len == 0)
        return row_key_make(k, "sub", subscription->text, NULL);
    bug_on(!span_copy_str(group, lower, sizeof(lower)));
    for (char *p = lower; *p != '\0'; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p + 32);
    return row_key_make(k, "rg", subscription->text, lower, NULL);
}

enum err
place_load(const struct rows *rows, struct store_view *view, const struct guid *subscription,
           struct span group, struct place *out)
{
    struct row_key k;
    struct unpack u;
    struct row row;
    enum err e;

    *out = (struct place){ .subscription = *subscription };
    if (group.len > 0 && !place_group_name_is_ok(group))
        return ERR_NOT_FOUND;
    e = row_get(rows, view, place_key(&k, subscription, group), &row);
    if (e != ERR_OK)
        return e;
    u = unpack_of(row.payload);
    if (unpack_u8(&u) != PLACE_FORMAT)
        return ERR_FORMAT;
    unpack_str(&u, out->name, sizeof(out->name));
    unpack_str(&u, out->location, sizeof(out->location));
    out->created = unpack_i64(&u);
    out->revision = row.revision;
    return unpack_end(&u);
}

void
place_store(const struct rows *rows, struct store_write *w, const struct place *p,
            bool is_group, uint64_t expect)
{
    struct span group = is_group ? span_str(p->name) : (struct span){ 0 };
    struct buf payload;
    struct row_key k;
    struct span key = place_key(&k, &p->subscription, group);

    buf_init(&payload, PLACE_BYTES_MAX);
    pack_u8(sink_buf(&payload), PLACE_FORMAT);
    pack_str(sink_buf(&payload), p->name);
    pack_str(sink_buf(&payload), p->location);
    pack_i64(sink_buf(&payload), p->created);
    if (payload.err != ERR_OK)
        w->bytes.err = payload.err;
    store_write_expect(w, key, expect);
    row_put(rows, w, key, buf_span(&payload));
    buf_release(&payload);
}
