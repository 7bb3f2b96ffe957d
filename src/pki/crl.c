/* SPDX-License-Identifier: Apache-2.0 */
/* crl.c - rows pl/<authority>. */
#include "pki/crl.h"

#include "base/log.h"
#include "codec/pack.h"
#include "pki/issued.h"

enum { CRL_FORMAT = 1, HOUR = 3600, DAY = 86400 };

static struct span
key_of(struct row_key *k, const struct guid *ca)
{
    return row_key_make(k, "pl", ca->text, NULL);
}

enum err
crl_read(struct span payload, struct crl *out)
{
    struct unpack u = unpack_of(payload);

    *out = (struct crl){ .revision = 0 };
    if (unpack_u8(&u) != CRL_FORMAT)
        return ERR_FORMAT;
    out->number = unpack_u64(&u);
    out->this_update = unpack_i64(&u);
    out->next_update = unpack_i64(&u);
    out->der = unpack_bytes(&u, CRL_MAX);
    return unpack_end(&u);
}

/* ERR_NOT_FOUND: there never was one. */
static enum err
load(const struct rows *rows, struct store_view *view, const struct guid *ca, struct crl *out)
{
    struct row_key k;
    struct row row;
    enum err e;

    *out = (struct crl){ .revision = 0 };
    e = row_get(rows, view, key_of(&k, ca), &row);
    if (e != ERR_OK)
        return e;
    e = crl_read(row.payload, out);
    if (e != ERR_OK)
        log_error("row %s: %s", k.text, err_text(e));
    out->revision = row.revision;
    return e;
}

/* A new one is made when a tenth of the time is left: who has the old one still has time. */
enum err
crl_get(const struct rows *rows, struct store_view *view, const struct guid *ca, int64_t now,
        struct crl *out)
{
    enum err e = load(rows, view, ca, out);
    int64_t span = out->next_update - out->this_update;

    if (e == ERR_OK && (out->der.len == 0 || now >= out->next_update - span / 10 ||
                        now < out->this_update - DAY))
        e = ERR_NOT_FOUND;
    return e;
}

static void
put(const struct rows *rows, struct store_write *w, const struct guid *ca, const struct crl *c)
{
    struct row_key k;
    struct span key = key_of(&k, ca);
    struct buf b;

    buf_init(&b, CRL_MAX + 64);
    pack_u8(sink_buf(&b), CRL_FORMAT);
    pack_u64(sink_buf(&b), c->number);
    pack_i64(sink_buf(&b), c->this_update);
    pack_i64(sink_buf(&b), c->next_update);
    pack_bytes(sink_buf(&b), c->der);
    store_write_expect(w, key, c->revision);
    row_put_buf(rows, w, key, &b);
}

struct gathering {
    struct buf entries;
    int64_t now;
    enum err err;
};

static bool
gather(void *arg, const struct revoked *r)
{
    struct gathering *g = arg;

    if (r->not_after + DAY > g->now)
        g->err = crl_put_entry(r->serial, r->at, r->reason, &g->entries);
    return g->err == ERR_OK;
}

enum err
crl_begin(const struct rows *rows, struct store_view *view, const struct ca_hand *h,
          const struct crl *last, int64_t now, struct buf *tbs, struct crl *out,
          struct cert_digest *digest)
{
    struct cert_issuer issuer = ca_hand_issuer(h);
    struct gathering g = { .now = now };
    struct crl_spec spec = { .issuer = &issuer };
    enum err e;

    *out = (struct crl){ .number = last->number + 1,
                         .this_update = now,
                         .next_update = now + (int64_t)h->ca->crl_hours * HOUR,
                         .revision = last->revision };
    spec.number = out->number;
    spec.this_update = out->this_update;
    spec.next_update = out->next_update;
    buf_init(&g.entries, CRL_MAX);
    e = revoked_each(rows, view, &h->ca->id, SIZE_MAX, gather, &g);
    if (e == ERR_OK)
        e = g.err;
    if (e == ERR_OK)
        e = crl_tbs_put(&spec, buf_span(&g.entries), tbs);
    if (e == ERR_OK)
        e = cert_digest(ca_hand_key(h), buf_span(tbs), digest);
    buf_release(&g.entries);
    return e;
}

enum err
crl_end(const struct rows *rows, struct store_write *w, const struct ca_hand *h, struct crl *c,
        struct span tbs, struct span signature, struct buf *der)
{
    enum err e = cert_assemble(ca_hand_key(h), tbs, signature, der);

    if (e != ERR_OK)
        return e;
    c->der = buf_span(der);
    ca_expect(w, h->ca);
    put(rows, w, &h->ca->id, c);
    return ERR_OK;
}

enum err
crl_spoil(const struct rows *rows, struct store_view *view, struct store_write *w,
          const struct guid *ca)
{
    struct crl c;
    enum err e = load(rows, view, ca, &c);

    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return e;
    c.der = (struct span){ 0 };
    put(rows, w, ca, &c); /* also where there was none: one that is being made now fails */
    return ERR_OK;
}
