/* SPDX-License-Identifier: Apache-2.0 */
/* credential.c - one row a person. */
#include "auth/credential.h"

#include "codec/pack.h"

enum { CREDENTIAL_FORMAT = 1 };

static struct span
key_of(struct row_key *k, const struct guid *tid, const struct guid *oid)
{
    return row_key_make(k, "uc", tid->text, oid->text, NULL);
}

enum err
credential_load(const struct rows *rows, struct store_view *view, const struct guid *tid,
                const struct guid *oid, struct credential *out)
{
    struct row_key k;
    struct unpack u;
    struct row row;
    enum err e;

    *out = (struct credential){ .tid = *tid, .oid = *oid };
    e = row_get(rows, view, key_of(&k, tid, oid), &row);
    if (e != ERR_OK)
        return e;
    out->revision = row.revision;
    u = unpack_of(row.payload);
    if (unpack_u8(&u) != CREDENTIAL_FORMAT)
        return ERR_FORMAT;
    unpack_str(&u, out->record, sizeof(out->record));
    out->changed = unpack_i64(&u);
    out->valid_from = unpack_i64(&u);
    return unpack_end(&u);
}

void
credential_store(const struct rows *rows, struct store_write *w, const struct credential *c,
                 uint64_t expect)
{
    struct row_key k;
    struct span key = key_of(&k, &c->tid, &c->oid);
    struct buf b;

    buf_init(&b, 512);
    pack_u8(sink_buf(&b), CREDENTIAL_FORMAT);
    pack_str(sink_buf(&b), c->record);
    pack_i64(sink_buf(&b), c->changed);
    pack_i64(sink_buf(&b), c->valid_from);
    store_write_expect(w, key, expect);
    row_put_buf(rows, w, key, &b);
}

void
credential_delete(struct store_write *w, const struct guid *tid, const struct guid *oid)
{
    struct row_key k;

    store_write_delete(w, key_of(&k, tid, oid));
}

enum err
credential_set(const struct rows *rows, struct store_write *w, struct credential *c,
               struct span record, int64_t now)
{
    if (record.len == 0 || !span_copy_str(record, c->record, sizeof(c->record)))
        return ERR_TOO_LARGE;
    c->changed = now;
    credential_revoke(rows, w, c, now);
    return ERR_OK;
}

/* One second on: times are whole seconds, and what was given in this one must end too. */
void
credential_revoke(const struct rows *rows, struct store_write *w, struct credential *c,
                  int64_t now)
{
    if (c->valid_from < now + 1)
        c->valid_from = now + 1;
    credential_store(rows, w, c, c->revision);
}

int64_t
credential_issue_time(const struct credential *c, int64_t now)
{
    return now > c->valid_from ? now : c->valid_from;
}
