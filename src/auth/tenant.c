/* SPDX-License-Identifier: Apache-2.0 */
/* tenant.c - tenants as rows; few of them, so a name is found by looking at all. */
#include "auth/tenant.h"

#include "codec/pack.h"

enum { TENANT_FORMAT = 1, MAX_DNS_LABEL = 63 };

static enum err
read_payload(struct span payload, struct tenant *t)
{
    struct unpack u = unpack_of(payload);

    if (unpack_u8(&u) != TENANT_FORMAT)
        return ERR_FORMAT;
    t->created = unpack_i64(&u);
    unpack_str(&u, t->name, sizeof(t->name));
    unpack_str(&u, t->domain, sizeof(t->domain));
    return unpack_end(&u);
}

enum err
tenant_load(const struct rows *rows, struct store_view *view, const struct guid *tid,
            struct tenant *out)
{
    struct row_key k;
    struct row row;
    enum err e;

    *out = (struct tenant){ .tid = *tid };
    e = row_get(rows, view, row_key_make(&k, "t", tid->text, NULL), &row);
    if (e != ERR_OK)
        return e;
    out->revision = row.revision;
    return read_payload(row.payload, out);
}

struct search {
    const struct rows *rows;
    struct span domain;
    struct tenant *out;
    enum err err;
};

static bool
search_row(void *arg, const struct store_row *sr)
{
    struct search *s = arg;
    struct tenant t = { 0 };
    struct row row;

    s->err = row_check(s->rows, sr, &row);
    if (s->err == ERR_OK && !guid_parse(span_tail(sr->key, sizeof("t/") - 1), &t.tid))
        s->err = ERR_FORMAT;
    if (s->err == ERR_OK)
        s->err = read_payload(row.payload, &t);
    if (s->err != ERR_OK)
        return false;
    s->err = ERR_NOT_FOUND; /* until it is */
    if (!span_is_str_nocase(s->domain, t.domain))
        return true;
    t.revision = row.revision;
    *s->out = t;
    s->err = ERR_OK;
    return false;
}

enum err
tenant_find(const struct rows *rows, struct store_view *view, struct span name,
            struct tenant *out)
{
    struct search s = { .rows = rows, .domain = name, .out = out, .err = ERR_NOT_FOUND };
    struct guid tid;
    enum err e;

    *out = (struct tenant){ 0 };
    if (guid_parse(name, &tid))
        return tenant_load(rows, view, &tid, out);
    if (!tenant_domain_is_ok(name))
        return ERR_NOT_FOUND;
    e = store_scan(view, span_str("t/"), (struct span){ 0 }, MAX_TENANTS, search_row, &s);
    return e == ERR_OK ? s.err : e;
}

void
tenant_store(const struct rows *rows, struct store_write *w, const struct tenant *t,
             uint64_t expect)
{
    struct row_key k;
    struct span key = row_key_make(&k, "t", t->tid.text, NULL);
    struct buf b;

    buf_init(&b, 1024);
    pack_u8(sink_buf(&b), TENANT_FORMAT);
    pack_i64(sink_buf(&b), t->created);
    pack_str(sink_buf(&b), t->name);
    pack_str(sink_buf(&b), t->domain);
    if (b.err != ERR_OK && w->bytes.err == ERR_OK)
        w->bytes.err = b.err;
    store_write_expect(w, key, expect);
    row_put(rows, w, key, buf_span(&b));
    buf_release(&b);
}

void
tenant_delete(struct store_write *w, const struct guid *tid)
{
    struct row_key k;

    store_write_delete(w, row_key_make(&k, "t", tid->text, NULL));
}

static bool
is_label_byte(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '-';
}

bool
tenant_domain_is_ok(struct span s)
{
    size_t label = 0, labels = 1;

    if (s.len > MAX_TENANT_DOMAIN)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '.') {
            if (label == 0)
                return false;
            label = 0;
            labels++;
        } else if (!is_label_byte(s.ptr[i]) || ++label > MAX_DNS_LABEL) {
            return false;
        }
    }
    return labels >= 2 && label > 0;
}
