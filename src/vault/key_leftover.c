/* SPDX-License-Identifier: Apache-2.0 */
/* key_leftover.c - rows kq/<vault>/<version>/<NAME>. */
#include "vault/key_leftover.h"

#include "codec/pack.h"

#define PREFIX "kq/"
enum { LEFTOVER_FORMAT = 1, LEFTOVER_ROW_MAX = KEY_SEALED_MAX + 16 };

void
key_leftover_put(const struct rows *rows, struct store_write *w, struct span key,
                 const struct object_version *v)
{
    struct row_key to = { .len = key.len };
    struct key_detail d;
    struct buf b;

    bug_on(!span_has_prefix(key, span_str("kv/")) || key.len > MAX_STORE_KEY);
    if (key_detail_read(v->detail, &d) != ERR_OK || d.home != HOME_TOKEN)
        return;
    memcpy(to.text, key.ptr, key.len);
    memcpy(to.text, PREFIX, strlen(PREFIX)); /* the rest is the same */
    buf_init(&b, LEFTOVER_ROW_MAX);
    pack_u8(sink_buf(&b), LEFTOVER_FORMAT);
    pack_bytes(sink_buf(&b), v->sealed);
    row_put_buf(rows, w, span_of(to.text, to.len), &b);
}

void
key_leftover_put_row(const struct rows *rows, struct store_write *w,
                     const struct store_row *version)
{
    struct object_version v = { .generation = 0 };
    struct row row;

    if (row_check(rows, version, &row) == ERR_OK &&
        object_version_read(row.payload, &v) == ERR_OK)
        key_leftover_put(rows, w, version->key, &v);
}

enum err
key_leftover_lives(struct store_view *view, struct span key, bool *out)
{
    struct row_key version = { .len = key.len };
    struct store_row have;
    enum err e;

    *out = true;
    bug_on(!span_has_prefix(key, span_str(PREFIX)) || key.len > MAX_STORE_KEY);
    memcpy(version.text, key.ptr, key.len);
    memcpy(version.text, "kv/", strlen(PREFIX));
    e = store_get(view, span_of(version.text, version.len), &have);
    *out = e != ERR_NOT_FOUND;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

struct regret {
    const struct rows *rows;
    struct store_view *view;
    struct store_write *write;
};

static bool
regret_row(void *arg, const struct store_row *row)
{
    struct regret *r = arg;
    struct store_row have;

    if (span_has_prefix(row->key, span_str("kv/")) &&
        store_get(r->view, row->key, &have) == ERR_NOT_FOUND)
        key_leftover_put_row(r->rows, r->write, row);
    return true;
}

void
key_leftover_regret(const struct rows *rows, struct store_view *view, struct span packed,
                    struct store_write *w)
{
    struct regret r = { rows, view, w };

    bug_on(store_write_rows(packed, regret_row, &r) != ERR_OK);
}

struct first {
    struct row_key key;
};

static bool
note_first(void *arg, const struct store_row *row)
{
    struct first *f = arg;

    memcpy(f->key.text, row->key.ptr, row->key.len);
    f->key.len = row->key.len;
    return false;
}

/* "kq/<vault>/<version>/<NAME>" */
static bool
key_read(struct span key, struct key_leftover *out)
{
    enum { VERSION_AT = GUID_LEN + 1, NAME_AT = VERSION_AT + HEX32_LEN + 1 };
    struct span rest = span_tail(key, strlen(PREFIX));

    return rest.len > NAME_AT && rest.ptr[VERSION_AT - 1] == '/' &&
           rest.ptr[NAME_AT - 1] == '/' && guid_parse(span_head(rest, GUID_LEN), &out->vault) &&
           hex32_parse(span_head(span_tail(rest, VERSION_AT), HEX32_LEN), &out->version) &&
           object_name_parse(span_tail(rest, NAME_AT), &out->name);
}

enum err
key_leftover_next(const struct rows *rows, struct store_view *view, struct span after,
                  struct key_leftover *out)
{
    struct first first = { .key = { .len = 0 } };
    struct unpack u;
    struct span key;
    struct row row;
    enum err e;

    e = store_scan(view, span_str(PREFIX), after, 1, note_first, &first);
    *out = (struct key_leftover){ .revision = 0 }; /* `after` may lie in it */
    if (e != ERR_OK)
        return e;
    if (first.key.len == 0)
        return ERR_NOT_FOUND;
    out->key = first.key;
    key = span_of(out->key.text, out->key.len);
    e = row_get(rows, view, key, &row);
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? ERR_INTERNAL : e;
    out->revision = row.revision;
    u = unpack_of(row.payload);
    if (unpack_u8(&u) != LEFTOVER_FORMAT || !key_read(key, out))
        return ERR_FORMAT;
    out->sealed = unpack_bytes(&u, KEY_SEALED_MAX);
    return unpack_end(&u);
}

struct key_place
key_leftover_place(const struct key_leftover *l)
{
    return (
        struct key_place){ .vault = { .purpose = PURPOSE_VAULT, .id = span_str(l->vault.text) },
                           .id = object_id_of(&l->vault, KIND_KEY, l->name.key, &l->version),
                           .sealed = l->sealed };
}

void
key_leftover_drop(struct store_write *w, const struct key_leftover *l)
{
    struct span key = span_of(l->key.text, l->key.len);

    store_write_expect(w, key, l->revision);
    store_write_delete(w, key);
}
