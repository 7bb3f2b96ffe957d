/* SPDX-License-Identifier: Apache-2.0 */
/* acme_order.c - rows ao/<authority>/<account>/<order>; they begin as auth/expiry.h wants it.
 */
#include "codec/pack.h"
#include "pki/acme.h"

enum { ORDER_FORMAT = 1 };

enum err
acme_order_read(struct span payload, struct acme_order *out)
{
    struct unpack u = unpack_of(payload);
    unsigned state;

    *out = (struct acme_order){ .nnames = 0 };
    if (unpack_u8(&u) != ORDER_FORMAT)
        return ERR_FORMAT;
    out->expires = unpack_i64(&u);
    unpack_str(&u, out->id.text, sizeof(out->id.text));
    state = unpack_u8(&u);
    out->created = unpack_i64(&u);
    out->not_after = unpack_i64(&u);
    unpack_str(&u, out->profile, sizeof(out->profile));
    unpack_str(&u, out->replaces, sizeof(out->replaces));
    unpack_str(&u, out->serial, sizeof(out->serial));
    out->nnames = unpack_u16(&u);
    if (state == 0 || state >= ACME_ORDER__MAX || out->nnames > ACME_NAMES_MAX)
        return ERR_FORMAT;
    out->state = (enum acme_order_state)state;
    for (unsigned i = 0; i < out->nnames; i++) {
        out->name[i].kind = unpack_u8(&u) != 0 ? ALT_IP : ALT_DNS;
        out->name[i].text = unpack_bytes(&u, ACME_NAME_MAX);
        if (u.err == ERR_OK && !acme_name_is_ok(&out->name[i]))
            return ERR_FORMAT;
    }
    return unpack_end(&u);
}

enum err
acme_order_load(const struct rows *rows, struct store_view *view, const struct guid *ca,
                const struct hex32 *account, const struct hex32 *id, struct acme_order *out)
{
    struct row_key k;
    struct row row;
    enum err e = row_get(rows, view,
                         row_key_make(&k, "ao", ca->text, account->text, id->text, NULL), &row);

    if (e != ERR_OK)
        return e;
    e = acme_order_read(row.payload, out);
    out->revision = row.revision;
    return e;
}

void
acme_order_put(const struct rows *rows, struct store_write *w, const struct guid *ca,
               const struct hex32 *account, const struct acme_order *o)
{
    struct row_key k;
    struct span key = row_key_make(&k, "ao", ca->text, account->text, o->id.text, NULL);
    struct buf b;
    struct sink to;

    buf_init(&b, ACME_ROW_MAX);
    to = sink_buf(&b);
    pack_u8(to, ORDER_FORMAT);
    pack_i64(to, o->expires);
    pack_str(to, o->id.text);
    pack_u8(to, (uint8_t)o->state);
    pack_i64(to, o->created);
    pack_i64(to, o->not_after);
    pack_str(to, o->profile);
    pack_str(to, o->replaces);
    pack_str(to, o->serial);
    pack_u16(to, (uint16_t)o->nnames);
    for (unsigned i = 0; i < o->nnames; i++) {
        pack_u8(to, o->name[i].kind == ALT_IP ? 1 : 0);
        pack_bytes(to, o->name[i].text);
    }
    store_write_expect(w, key, o->revision);
    row_put_buf(rows, w, key, &b);
}

struct each {
    acme_order_fn fn;
    void *arg;
};

static bool
see(void *arg, const struct store_row *sr)
{
    struct each *x = arg;
    struct hex32 id;

    if (sr->key.len < HEX32_LEN ||
        !hex32_parse(span_tail(sr->key, sr->key.len - HEX32_LEN), &id))
        return true;
    return x->fn(x->arg, &id);
}

enum err
acme_order_each(struct store_view *view, const struct guid *ca, const struct hex32 *account,
                acme_order_fn fn, void *arg)
{
    struct each x = { fn, arg };
    struct row_key k;

    return store_scan(view, row_key_make(&k, "ao", ca->text, account->text, "", NULL),
                      (struct span){ 0 }, ACME_ORDERS_MAX, see, &x);
}
