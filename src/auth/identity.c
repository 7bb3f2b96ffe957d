/* SPDX-License-Identifier: Apache-2.0 */
/* identity.c - managed identities as rows; few, so finding one looks at all. */
#include "auth/identity.h"

#include "codec/pack.h"

enum { IDENTITY_FORMAT = 1 };

bool
identity_name_is_ok(struct span name)
{
    if (name.len == 0 || name.len > MAX_IDENTITY_NAME)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.ptr[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '_'))
            return false;
    }
    return true;
}

/* The key of an ok name. */
static struct span
identity_key(struct row_key *k, struct span name)
{
    char low[MAX_IDENTITY_NAME + 1];

    bug_on(!identity_name_is_ok(name) || !span_copy_str(name, low, sizeof(low)));
    for (char *p = low; *p != '\0'; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p + 32);
    return row_key_make(k, "mi", low, NULL);
}

static struct guid
unpack_guid(struct unpack *u)
{
    struct guid g = { "" };

    if (!guid_parse(unpack_bytes(u, GUID_LEN), &g))
        u->err = ERR_FORMAT;
    return g;
}

static enum err
read_row(struct span key, struct span payload, struct identity *i)
{
    struct unpack u = unpack_of(payload);

    *i = (struct identity){ 0 };
    if (!span_copy_str(span_tail(key, sizeof("mi/") - 1), i->name, sizeof(i->name)) ||
        unpack_u8(&u) != IDENTITY_FORMAT)
        return ERR_FORMAT;
    i->tid = unpack_guid(&u);
    i->oid = unpack_guid(&u);
    i->appid = unpack_guid(&u);
    unpack_str(&u, i->resource_id, sizeof(i->resource_id));
    return unpack_end(&u);
}

enum err
identity_load(const struct rows *rows, struct store_view *view, struct span name,
              struct identity *out)
{
    struct row_key k;
    struct span key;
    struct row row;
    enum err e;

    *out = (struct identity){ 0 };
    if (!identity_name_is_ok(name))
        return ERR_NOT_FOUND;
    key = identity_key(&k, name);
    e = row_get(rows, view, key, &row);
    return e == ERR_OK ? read_row(key, row.payload, out) : e;
}

void
identity_store(const struct rows *rows, struct store_write *w, const struct identity *i)
{
    struct row_key k;
    struct buf b;

    buf_init(&b, 1024);
    pack_u8(sink_buf(&b), IDENTITY_FORMAT);
    pack_str(sink_buf(&b), i->tid.text);
    pack_str(sink_buf(&b), i->oid.text);
    pack_str(sink_buf(&b), i->appid.text);
    pack_str(sink_buf(&b), i->resource_id);
    if (b.err != ERR_OK && w->bytes.err == ERR_OK)
        w->bytes.err = b.err;
    row_put(rows, w, identity_key(&k, span_str(i->name)), buf_span(&b));
    buf_release(&b);
}

void
identity_delete(struct store_write *w, struct span name)
{
    struct row_key k;

    store_write_delete(w, identity_key(&k, name));
}

struct search {
    const struct rows *rows;
    const struct identity_ask *ask;
    struct identity *out;
    unsigned fits;
    enum err err;
};

static bool
is_asked(const struct identity_ask *ask, const struct identity *i)
{
    return (span_is_empty(ask->client_id) ||
            span_is_str_nocase(ask->client_id, i->appid.text)) &&
           (span_is_empty(ask->object_id) || span_is_str_nocase(ask->object_id, i->oid.text)) &&
           (span_is_empty(ask->resource_id) ||
            span_is_str_nocase(ask->resource_id, i->resource_id));
}

static bool
search_row(void *arg, const struct store_row *sr)
{
    struct search *s = arg;
    struct identity i;
    struct row row;

    s->err = row_check(s->rows, sr, &row);
    if (s->err == ERR_OK)
        s->err = read_row(sr->key, row.payload, &i);
    if (s->err != ERR_OK)
        return false;
    if (is_asked(s->ask, &i)) {
        *s->out = i;
        s->fits++;
    }
    return true;
}

enum err
identity_find(const struct rows *rows, struct store_view *view, const struct identity_ask *ask,
              struct identity *out)
{
    struct search s = { .rows = rows, .ask = ask, .out = out };
    enum err e;

    *out = (struct identity){ 0 };
    e = store_scan(view, span_str("mi/"), (struct span){ 0 }, MAX_IDENTITIES, search_row, &s);
    if (e == ERR_OK)
        e = s.err;
    if (e == ERR_OK && s.fits != 1)
        e = ERR_NOT_FOUND;
    if (e != ERR_OK)
        *out = (struct identity){ 0 };
    return e;
}
