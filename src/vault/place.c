/* SPDX-License-Identifier: Apache-2.0 */
/* place.c - one record format for both kinds of place. */
#include "vault/place.h"

#include "codec/pack.h"
#include "vault/fence.h"

enum { PLACE_FORMAT_1 = 1, PLACE_FORMAT = 2, PLACE_BYTES_MAX = 2048 + BAG_PACKED_MAX };

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

static enum err
place_read(struct span payload, struct place *out)
{
    struct unpack u = unpack_of(payload);
    unsigned format = unpack_u8(&u);
    char tenant[GUID_LEN + 1] = "";

    if (format != PLACE_FORMAT && format != PLACE_FORMAT_1)
        return ERR_FORMAT;
    unpack_str(&u, out->name, sizeof(out->name));
    unpack_str(&u, out->location, sizeof(out->location));
    out->created = unpack_i64(&u);
    if (format == PLACE_FORMAT) {
        unpack_str(&u, tenant, sizeof(tenant));
        unpack_str(&u, out->managed_by, sizeof(out->managed_by));
        bag_unpack(&u, &out->tags);
    }
    if (u.err == ERR_OK && tenant[0] != '\0' && !guid_parse(span_str(tenant), &out->tenant))
        return ERR_FORMAT;
    return unpack_end(&u);
}

enum err
place_load(const struct rows *rows, struct store_view *view, const struct guid *subscription,
           struct span group, struct place *out)
{
    struct row_key k;
    struct row row;
    enum err e;

    *out = (struct place){ .subscription = *subscription };
    if (group.len > 0 && !place_group_name_is_ok(group))
        return ERR_NOT_FOUND;
    e = row_get(rows, view, place_key(&k, subscription, group), &row);
    if (e != ERR_OK)
        return e;
    out->revision = row.revision;
    return place_read(row.payload, out);
}

void
place_store(const struct rows *rows, struct store_write *w, const struct place *p,
            bool is_group, uint64_t expect)
{
    struct span group = is_group ? span_str(p->name) : (struct span){ 0 };
    struct buf payload;
    struct sink k = sink_buf(&payload);
    struct row_key rk;
    struct span key = place_key(&rk, &p->subscription, group);

    buf_init(&payload, PLACE_BYTES_MAX);
    pack_u8(k, PLACE_FORMAT);
    pack_str(k, p->name);
    pack_str(k, p->location);
    pack_i64(k, p->created);
    pack_str(k, p->tenant.text);
    pack_str(k, p->managed_by);
    bag_pack(k, &p->tags);
    store_write_expect(w, key, expect);
    row_put_buf(rows, w, key, &payload);
}

void
place_expect_group(struct store_write *w, const struct place *p)
{
    struct row_key k;

    store_write_expect(w, place_key(&k, &p->subscription, span_str(p->name)), p->revision);
}

void
place_enter_group(const struct rows *rows, struct store_write *w, const struct place *p)
{
    char id[sizeof("/subscriptions//resourcegroups/") + sizeof(p->subscription.text) +
            sizeof(p->name)];

    (void)snprintf(id, sizeof(id), "/subscriptions/%s/resourcegroups/%s", p->subscription.text,
                   p->name);
    place_expect_group(w, p);
    fence_touch(rows, w, span_str(id));
}

void
place_drop_group(struct store_write *w, const struct place *p)
{
    struct row_key k;
    struct span key = place_key(&k, &p->subscription, span_str(p->name));

    store_write_expect(w, key, p->revision);
    store_write_delete(w, key);
}

/* The rows are read in the scan itself: a place needs no other row. */
struct place_scan {
    const struct rows *rows;
    const struct guid *subscription; /* NULL: the rows are subscriptions */
    place_fn fn;
    void *arg;
    enum err err;
};

static bool
visit_place(void *arg, const struct store_row *sr)
{
    struct place_scan *s = arg;
    struct place p = { 0 };
    struct row row;

    s->err = row_check(s->rows, sr, &row);
    if (s->err == ERR_OK && s->subscription == NULL &&
        !guid_parse(span_tail(sr->key, sizeof("sub/") - 1), &p.subscription))
        s->err = ERR_FORMAT;
    if (s->subscription != NULL)
        p.subscription = *s->subscription;
    p.revision = sr->revision;
    if (s->err == ERR_OK)
        s->err = place_read(row.payload, &p);
    if (s->err == ERR_OK)
        s->err = s->fn(s->arg, &p);
    return s->err == ERR_OK;
}

static enum err
place_scan(struct place_scan *s, struct store_view *view, struct span prefix, struct span after)
{
    enum err e = store_scan(view, prefix, after, SIZE_MAX, visit_place, s);

    if (e != ERR_OK)
        return e;
    return s->err == ERR_AGAIN ? ERR_OK : s->err;
}

enum err
place_each_subscription(const struct rows *rows, struct store_view *view, place_fn fn,
                        void *arg)
{
    struct place_scan s = { .rows = rows, .fn = fn, .arg = arg };

    return place_scan(&s, view, span_str("sub/"), (struct span){ 0 });
}

enum err
place_each_group(const struct rows *rows, struct store_view *view,
                 const struct guid *subscription, struct span after, place_fn fn, void *arg)
{
    struct place_scan s = { .rows = rows, .subscription = subscription, .fn = fn, .arg = arg };
    struct row_key k, from;
    struct span prefix = row_key_make(&k, "rg", subscription->text, "", NULL);

    if (after.len == 0)
        return place_scan(&s, view, prefix, after);
    if (after.len > MAX_GROUP_NAME)
        return ERR_OK;
    return place_scan(&s, view, prefix, place_key(&from, subscription, after));
}
