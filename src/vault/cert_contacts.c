/* SPDX-License-Identifier: Apache-2.0 */
/* cert_contacts.c - rows ct/<vault>/contacts. */
#include "vault/cert_contacts.h"

#include "base/log.h"
#include "codec/pack.h"

enum { CONTACTS_FORMAT = 1, CONTACTS_ROW_MAX = CONTACTS_MAX * 3 * (CONTACT_TEXT_MAX + 4) + 64 };

static struct span
contacts_key(struct row_key *k, const struct vault_at *at)
{
    return row_key_make(k, "ct", at->vault->id.text, "contacts", NULL);
}

enum err
cert_contacts_read(struct span payload, struct cert_contacts *out)
{
    struct unpack u = unpack_of(payload);
    unsigned format = unpack_u8(&u), n = unpack_u8(&u);

    *out = (struct cert_contacts){ 0 };
    if (format != CONTACTS_FORMAT || n > CONTACTS_MAX)
        return ERR_FORMAT;
    for (unsigned i = 0; i < n; i++) {
        struct cert_contact *c = &out->contact[i];

        c->email = unpack_bytes(&u, CONTACT_TEXT_MAX);
        c->name = unpack_bytes(&u, CONTACT_TEXT_MAX);
        c->phone = unpack_bytes(&u, CONTACT_TEXT_MAX);
    }
    out->n = n;
    return unpack_end(&u);
}

enum err
cert_contacts_get(const struct vault_at *at, struct cert_contacts *out)
{
    struct row_key k;
    struct row row;
    enum err e;

    *out = (struct cert_contacts){ 0 };
    e = row_get(at->rows, at->view, contacts_key(&k, at), &row);
    if (e != ERR_OK)
        return e;
    e = cert_contacts_read(row.payload, out);
    if (e != ERR_OK)
        log_error("row %s: %s", k.text, err_text(e));
    out->revision = row.revision;
    return e;
}

void
cert_contacts_put(const struct vault_at *at, struct store_write *w,
                  const struct cert_contacts *c)
{
    struct row_key k;
    struct span key = contacts_key(&k, at);
    struct buf b;
    struct sink s = sink_buf(&b);

    buf_init(&b, CONTACTS_ROW_MAX);
    pack_u8(s, CONTACTS_FORMAT);
    pack_u8(s, (uint8_t)c->n);
    for (unsigned i = 0; i < c->n; i++) {
        pack_bytes(s, c->contact[i].email);
        pack_bytes(s, c->contact[i].name);
        pack_bytes(s, c->contact[i].phone);
    }
    vault_expect(w, at->vault);
    store_write_expect(w, key, c->revision);
    row_put_buf(at->rows, w, key, &b);
}

void
cert_contacts_drop(const struct vault_at *at, struct store_write *w,
                   const struct cert_contacts *c)
{
    struct row_key k;
    struct span key = contacts_key(&k, at);

    vault_expect(w, at->vault);
    store_write_expect(w, key, c->revision);
    store_write_delete(w, key);
}
