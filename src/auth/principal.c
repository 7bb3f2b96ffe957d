/* SPDX-License-Identifier: Apache-2.0 */
/* principal.c - principals as rows, found by object id or by client id. */
#include "auth/principal.h"

#include "codec/pack.h"

enum { PRINCIPAL_FORMAT = 1 };

static struct span
principal_key(struct row_key *k, const struct guid *tid, const struct guid *oid)
{
    return row_key_make(k, "sp", tid->text, oid->text, NULL);
}

bool
principal_upn_is_ok(struct span upn)
{
    size_t at = span_find(upn, '@');
    struct span domain = span_tail(upn, at + 1);

    if (upn.len > MAX_UPN || at == 0 || domain.len == 0)
        return false;
    for (size_t i = 0; i < upn.len; i++)
        if (upn.ptr[i] <= ' ' || upn.ptr[i] > '~' ||
            memchr("/\\\"<>()[],;:`", upn.ptr[i], 14) != NULL || (upn.ptr[i] == '@' && i != at))
            return false;
    return true;
}

/* upn must be ok. */
static struct span
name_key(struct row_key *k, const struct guid *tid, struct span upn)
{
    char low[MAX_UPN + 1];

    bug_on(!span_copy_str(upn, low, sizeof(low)));
    for (char *p = low; *p != '\0'; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p + 32);
    return row_key_make(k, "un", tid->text, low, NULL);
}

static bool
has_name(const struct principal *p)
{
    return p->kind == PRINCIPAL_USER && principal_upn_is_ok(span_str(p->upn));
}

static enum err
read_payload(struct span payload, struct principal *p)
{
    struct unpack u = unpack_of(payload);
    uint8_t format = unpack_u8(&u), kind = unpack_u8(&u);
    struct span appid;

    if (format != PRINCIPAL_FORMAT || kind == 0 || kind >= PRINCIPAL__MAX)
        return ERR_FORMAT;
    p->kind = (enum principal_kind)kind;
    p->enabled = unpack_u8(&u) == 1;
    appid = unpack_bytes(&u, GUID_LEN);
    p->created = unpack_i64(&u);
    unpack_str(&u, p->name, sizeof(p->name));
    unpack_str(&u, p->upn, sizeof(p->upn));
    unpack_str(&u, p->resource_id, sizeof(p->resource_id));
    if (unpack_end(&u) != ERR_OK)
        return ERR_FORMAT;
    if (!guid_parse(appid, &p->appid) && (appid.len != 0 || p->kind != PRINCIPAL_USER))
        return ERR_FORMAT;
    return ERR_OK;
}

enum err
principal_load(const struct rows *rows, struct store_view *view, const struct guid *tid,
               const struct guid *oid, struct principal *out)
{
    struct row_key k;
    struct row row;
    enum err e;

    *out = (struct principal){ .tid = *tid, .oid = *oid };
    e = row_get(rows, view, principal_key(&k, tid, oid), &row);
    if (e != ERR_OK)
        return e;
    out->revision = row.revision;
    return read_payload(row.payload, out);
}

enum err
principal_find(const struct rows *rows, struct store_view *view, const struct guid *tid,
               const struct guid *appid, struct principal *out)
{
    struct row_key k;
    struct row row;
    struct guid oid;
    enum err e;

    *out = (struct principal){ 0 };
    e = row_get(rows, view, row_key_make(&k, "spa", tid->text, appid->text, NULL), &row);
    if (e != ERR_OK)
        return e;
    if (!guid_parse(row.payload, &oid))
        return ERR_FORMAT;
    e = principal_load(rows, view, tid, &oid, out);
    if (e == ERR_OK && !guid_is_equal(&out->appid, appid))
        return ERR_FORMAT; /* the two rows disagree: neither is believed */
    return e;
}

enum err
principal_find_user(const struct rows *rows, struct store_view *view, const struct guid *tid,
                    struct span upn, struct principal *out)
{
    struct row_key k;
    struct guid oid;
    struct row row;
    enum err e;

    *out = (struct principal){ 0 };
    if (!principal_upn_is_ok(upn))
        return ERR_NOT_FOUND;
    e = row_get(rows, view, name_key(&k, tid, upn), &row);
    if (e != ERR_OK)
        return e;
    if (!guid_parse(row.payload, &oid))
        return ERR_FORMAT;
    e = principal_load(rows, view, tid, &oid, out);
    if (e == ERR_OK &&
        (out->kind != PRINCIPAL_USER || !span_is_equal_nocase(span_str(out->upn), upn)))
        return ERR_FORMAT; /* as in principal_find */
    return e;
}

void
principal_store(const struct rows *rows, struct store_write *w, const struct principal *p,
                uint64_t expect)
{
    struct row_key k;
    struct buf b;
    struct sink to;

    buf_init(&b, 2048);
    to = sink_buf(&b);
    pack_u8(to, PRINCIPAL_FORMAT);
    pack_u8(to, (uint8_t)p->kind);
    pack_u8(to, p->enabled ? 1 : 0);
    pack_str(to, p->appid.text);
    pack_i64(to, p->created);
    pack_str(to, p->name);
    pack_str(to, p->upn);
    pack_str(to, p->resource_id);
    if (b.err != ERR_OK && w->bytes.err == ERR_OK)
        w->bytes.err = b.err;
    store_write_expect(w, principal_key(&k, &p->tid, &p->oid), expect);
    row_put(rows, w, principal_key(&k, &p->tid, &p->oid), buf_span(&b));
    if (p->appid.text[0] != '\0')
        row_put(rows, w, row_key_make(&k, "spa", p->tid.text, p->appid.text, NULL),
                span_str(p->oid.text));
    if (has_name(p)) {
        struct span key = name_key(&k, &p->tid, span_str(p->upn));

        if (expect == 0)
            store_write_expect(w, key, 0);
        row_put(rows, w, key, span_str(p->oid.text));
    }
    buf_release(&b);
}

void
principal_rename(const struct rows *rows, struct store_write *w, const struct principal *p,
                 struct span upn)
{
    struct principal renamed = *p;
    struct row_key k;

    bug_on(!principal_upn_is_ok(upn) || !span_copy_str(upn, renamed.upn, sizeof(renamed.upn)));
    if (!span_is_equal_nocase(upn, span_str(p->upn))) {
        if (has_name(p))
            store_write_delete(w, name_key(&k, &p->tid, span_str(p->upn)));
        store_write_expect(w, name_key(&k, &p->tid, upn), 0);
    }
    principal_store(rows, w, &renamed, p->revision);
}

void
principal_delete(struct store_write *w, const struct principal *p)
{
    struct row_key k;

    store_write_delete(w, principal_key(&k, &p->tid, &p->oid));
    if (p->appid.text[0] != '\0')
        store_write_delete(w, row_key_make(&k, "spa", p->tid.text, p->appid.text, NULL));
    if (has_name(p))
        store_write_delete(w, name_key(&k, &p->tid, span_str(p->upn)));
}

void
principal_enable(const struct rows *rows, struct store_write *w, const struct principal *p,
                 bool enabled)
{
    struct principal changed = *p;

    changed.enabled = enabled;
    principal_store(rows, w, &changed, p->revision);
}
