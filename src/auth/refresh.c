/* SPDX-License-Identifier: Apache-2.0 */
/* refresh.c - rows of families and of their tokens; both begin with format and expiry. */
#include "auth/refresh.h"

#include "codec/pack.h"

/* A family outlives its last access token, or that token would lose its row too early. */
enum { REFRESH_FORMAT = 1, FAMILY_AFTERLIFE = 2 * 3600 };

static struct guid
unpack_guid(struct unpack *u)
{
    struct guid g = { "" };

    if (!guid_parse(unpack_bytes(u, GUID_LEN), &g))
        u->err = ERR_FORMAT;
    return g;
}

void
family_begin(const struct rows *rows, struct store_write *w, struct family *f, int64_t now)
{
    struct row_key k;
    struct span key;
    struct buf b;

    f->id = guid_new();
    f->ends = now + REFRESH_ABSOLUTE;
    key = row_key_make(&k, "rf", f->id.text, NULL);
    buf_init(&b, 512);
    pack_u8(sink_buf(&b), REFRESH_FORMAT);
    pack_i64(sink_buf(&b), f->ends + FAMILY_AFTERLIFE);
    pack_str(sink_buf(&b), f->tid.text);
    pack_str(sink_buf(&b), f->oid.text);
    pack_str(sink_buf(&b), f->appid.text);
    pack_i64(sink_buf(&b), f->auth_time);
    store_write_expect(w, key, 0);
    row_put_buf(rows, w, key, &b);
}

enum err
family_load(const struct rows *rows, struct store_view *view, const struct guid *id,
            struct family *out)
{
    struct row_key k;
    struct unpack u;
    struct row row;
    enum err e;

    *out = (struct family){ .id = *id };
    e = row_get(rows, view, row_key_make(&k, "rf", id->text, NULL), &row);
    if (e != ERR_OK)
        return e;
    out->revision = row.revision;
    u = unpack_of(row.payload);
    if (unpack_u8(&u) != REFRESH_FORMAT)
        return ERR_FORMAT;
    out->ends = unpack_i64(&u) - FAMILY_AFTERLIFE;
    out->tid = unpack_guid(&u);
    out->oid = unpack_guid(&u);
    out->appid = unpack_guid(&u);
    out->auth_time = unpack_i64(&u);
    return unpack_end(&u);
}

void
family_end(struct store_write *w, const struct guid *id)
{
    struct row_key k;

    store_write_delete(w, row_key_make(&k, "rf", id->text, NULL));
}

static void
put(const struct rows *rows, struct store_write *w, const struct refresh *r, uint64_t expect)
{
    struct row_key k;
    struct span key = row_key_make(&k, "rt", r->id.text, NULL);
    struct buf b;

    buf_init(&b, MAX_GRANT_SCOPE + 256);
    pack_u8(sink_buf(&b), REFRESH_FORMAT);
    pack_i64(sink_buf(&b), r->expires);
    pack_str(sink_buf(&b), r->family.text);
    pack_str(sink_buf(&b), r->appid.text);
    pack_i64(sink_buf(&b), r->issued);
    pack_i64(sink_buf(&b), r->exchanged);
    pack_str(sink_buf(&b), r->scope);
    store_write_expect(w, key, expect);
    row_put_buf(rows, w, key, &b);
}

enum err
refresh_new(const struct rows *rows, struct store_write *w, const struct family *f,
            const struct guid *appid, int64_t issued, struct span scope, struct secbuf *text)
{
    struct refresh r = {
        .family = f->id, .appid = *appid, .issued = issued, .expires = issued + REFRESH_IDLE
    };
    enum err e = ticket_new(text, &r.id);

    if (e != ERR_OK)
        return e;
    if (r.expires > f->ends)
        r.expires = f->ends;
    if (!span_copy_str(scope, r.scope, sizeof(r.scope)))
        r.scope[0] = '\0'; /* then each exchange has to name one */
    put(rows, w, &r, 0);
    return ERR_OK;
}

enum err
refresh_load(const struct rows *rows, struct store_view *view, struct span text,
             struct refresh *out)
{
    struct row_key k;
    struct unpack u;
    struct row row;
    enum err e;

    *out = (struct refresh){ .issued = 0 };
    e = ticket_read(text, &out->id);
    if (e == ERR_OK)
        e = row_get(rows, view, row_key_make(&k, "rt", out->id.text, NULL), &row);
    if (e != ERR_OK)
        return e;
    out->revision = row.revision;
    u = unpack_of(row.payload);
    if (unpack_u8(&u) != REFRESH_FORMAT)
        return ERR_FORMAT;
    out->expires = unpack_i64(&u);
    out->family = unpack_guid(&u);
    out->appid = unpack_guid(&u);
    out->issued = unpack_i64(&u);
    out->exchanged = unpack_i64(&u);
    unpack_str(&u, out->scope, sizeof(out->scope));
    return unpack_end(&u);
}

void
refresh_exchange(const struct rows *rows, struct store_write *w, const struct refresh *r,
                 int64_t now)
{
    struct refresh marked = *r;

    if (r->exchanged != 0)
        return;
    marked.exchanged = now;
    put(rows, w, &marked, r->revision);
}

bool
refresh_is_reused(const struct refresh *r, int64_t now)
{
    return r->exchanged != 0 && now > r->exchanged + REFRESH_GRACE;
}
