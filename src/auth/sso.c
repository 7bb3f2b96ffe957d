/* SPDX-License-Identifier: Apache-2.0 */
/* sso.c - rows of browsers' sessions. */
#include "auth/sso.h"

#include "codec/pack.h"

enum { SESSION_FORMAT = 1 };

static struct span
key_of(struct row_key *k, const struct sso *s)
{
    return row_key_make(k, "ss", s->id.text, NULL);
}

enum err
sso_new(const struct rows *rows, struct store_write *w, struct sso *s, int64_t now,
        struct secbuf *text)
{
    struct row_key k;
    struct buf b;
    enum err e = ticket_new(text, &s->id);

    if (e != ERR_OK)
        return e;
    s->expires = now + SESSION_LIFETIME;
    buf_init(&b, 256);
    pack_u8(sink_buf(&b), SESSION_FORMAT);
    pack_i64(sink_buf(&b), s->expires);
    pack_str(sink_buf(&b), s->tid.text);
    pack_str(sink_buf(&b), s->oid.text);
    pack_i64(sink_buf(&b), s->auth_time);
    store_write_expect(w, key_of(&k, s), 0);
    row_put_buf(rows, w, key_of(&k, s), &b);
    return ERR_OK;
}

enum err
sso_load(const struct rows *rows, struct store_view *view, struct span text, int64_t now,
         struct sso *out)
{
    struct row_key k;
    struct unpack u;
    struct row row;
    enum err e;

    *out = (struct sso){ .expires = 0 };
    e = ticket_read(text, &out->id);
    if (e == ERR_OK)
        e = row_get(rows, view, key_of(&k, out), &row);
    if (e != ERR_OK)
        return e;
    out->revision = row.revision;
    u = unpack_of(row.payload);
    if (unpack_u8(&u) != SESSION_FORMAT)
        return ERR_FORMAT;
    out->expires = unpack_i64(&u);
    unpack_str(&u, out->tid.text, sizeof(out->tid.text));
    unpack_str(&u, out->oid.text, sizeof(out->oid.text));
    out->auth_time = unpack_i64(&u);
    if (unpack_end(&u) != ERR_OK)
        return ERR_FORMAT;
    return now < out->expires ? ERR_OK : ERR_NOT_FOUND;
}

void
sso_end(struct store_write *w, const struct sso *s)
{
    struct row_key k;

    store_write_delete(w, key_of(&k, s));
}
