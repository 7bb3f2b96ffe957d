/* SPDX-License-Identifier: Apache-2.0 */
/* resource.c - resources as rows. */
#include "vault/resource.h"

#include "codec/pack.h"

enum { RESOURCE_FORMAT = 1, ROW_MAX = BAG_PACKED_MAX + MAX_RESOURCE_PROPERTIES + 4096 };

/* False if the id is too long for a key. */
static bool
make_key(struct row_key *k, struct span id)
{
    if (id.len > MAX_RESOURCE_KEY)
        return false;
    memcpy(k->text, "rx", 2);
    for (size_t i = 0; i < id.len; i++) {
        uint8_t c = id.ptr[i];

        k->text[2 + i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : (char)c;
    }
    k->len = 2 + id.len;
    k->text[k->len] = '\0';
    return true;
}

static void
read_guid(struct unpack *u, struct guid *out)
{
    struct span text = unpack_bytes(u, GUID_LEN);

    if (text.len > 0 && !guid_parse(text, out))
        u->err = ERR_FORMAT;
}

static enum err
read_row(const struct row *row, struct resource *r)
{
    struct unpack u = unpack_of(row->payload);

    *r = (struct resource){ .revision = row->revision };
    if (unpack_u8(&u) != RESOURCE_FORMAT)
        return ERR_FORMAT;
    unpack_str(&u, r->id, sizeof(r->id));
    unpack_str(&u, r->location, sizeof(r->location));
    read_guid(&u, &r->principal);
    read_guid(&u, &r->application);
    r->created = unpack_i64(&u);
    r->updated = unpack_i64(&u);
    r->properties = unpack_bytes(&u, MAX_RESOURCE_PROPERTIES);
    bag_unpack(&u, &r->tags);
    return unpack_end(&u);
}

enum err
resource_load(const struct rows *rows, struct store_view *view, struct span id,
              struct resource *out)
{
    struct row_key k;
    struct row row;
    enum err e;

    *out = (struct resource){ .revision = 0 };
    if (!make_key(&k, id))
        return ERR_NOT_FOUND;
    e = row_get(rows, view, span_of(k.text, k.len), &row);
    return e == ERR_OK ? read_row(&row, out) : e;
}

void
resource_store(const struct rows *rows, struct store_write *w, const struct resource *r)
{
    struct row_key k;
    struct buf b;

    bug_on(!make_key(&k, span_str(r->id)));
    buf_init(&b, ROW_MAX);
    pack_u8(sink_buf(&b), RESOURCE_FORMAT);
    pack_str(sink_buf(&b), r->id);
    pack_str(sink_buf(&b), r->location);
    pack_str(sink_buf(&b), r->principal.text);
    pack_str(sink_buf(&b), r->application.text);
    pack_i64(sink_buf(&b), r->created);
    pack_i64(sink_buf(&b), r->updated);
    pack_bytes(sink_buf(&b), r->properties);
    bag_pack(sink_buf(&b), &r->tags);
    store_write_expect(w, span_of(k.text, k.len), r->revision);
    row_put_buf(rows, w, span_of(k.text, k.len), &b);
}

void
resource_drop(struct store_write *w, const struct resource *r)
{
    struct row_key k;

    bug_on(!make_key(&k, span_str(r->id)));
    store_write_expect(w, span_of(k.text, k.len), r->revision);
    store_write_delete(w, span_of(k.text, k.len));
}

void
resource_expect(struct store_write *w, const struct resource *r)
{
    struct row_key k;

    bug_on(!make_key(&k, span_str(r->id)));
    store_write_expect(w, span_of(k.text, k.len), r->revision);
}

struct visit {
    const struct rows *rows;
    resource_fn fn;
    void *arg;
    enum err err;
};

static bool
visit_row(void *arg, const struct store_row *sr)
{
    struct visit *v = arg;
    struct resource r;
    struct row row;

    v->err = row_check(v->rows, sr, &row);
    if (v->err == ERR_OK)
        v->err = read_row(&row, &r);
    return v->err == ERR_OK && v->fn(v->arg, &r);
}

enum err
resource_each(const struct rows *rows, struct store_view *view, struct span prefix,
              struct span after, unsigned max, resource_fn fn, void *arg)
{
    struct visit v = { .rows = rows, .fn = fn, .arg = arg };
    struct row_key from, behind;
    enum err e;

    if (!make_key(&from, prefix) || !make_key(&behind, after))
        return ERR_ARG;
    e = store_scan(view, span_of(from.text, from.len),
                   after.len > 0 ? span_of(behind.text, behind.len) : (struct span){ 0 }, max,
                   visit_row, &v);
    return e == ERR_OK ? v.err : e;
}

struct span
resource_name(const struct resource *r)
{
    const char *slash = strrchr(r->id, '/');

    return span_str(slash == NULL ? r->id : slash + 1);
}
