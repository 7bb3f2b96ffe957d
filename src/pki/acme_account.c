/* SPDX-License-Identifier: Apache-2.0 */
/* acme_account.c - rows an/<authority>/<account>, and ai/<authority>/<thumbprint> to find them.
 */
#include "codec/b64.h"
#include "codec/pack.h"
#include "pki/acme.h"

enum { ACCOUNT_FORMAT = 1, INDEX_FORMAT = 1 };

enum err
acme_account_read(struct span payload, struct acme_account *out)
{
    struct unpack u = unpack_of(payload);
    unsigned state;

    *out = (struct acme_account){ .ncontacts = 0 };
    if (unpack_u8(&u) != ACCOUNT_FORMAT)
        return ERR_FORMAT;
    unpack_str(&u, out->id.text, sizeof(out->id.text));
    unpack_str(&u, out->kid.text, sizeof(out->kid.text));
    state = unpack_u8(&u);
    out->created = unpack_i64(&u);
    out->terms = unpack_u8(&u) != 0;
    key_public_unpack(&u, &out->key);
    out->ncontacts = unpack_u8(&u);
    if (state == 0 || state >= ACME_ACCOUNT__MAX || out->ncontacts > ACME_CONTACTS_MAX)
        return ERR_FORMAT;
    out->state = (enum acme_account_state)state;
    for (unsigned i = 0; i < out->ncontacts; i++)
        out->contact[i] = unpack_bytes(&u, ACME_CONTACT_MAX);
    return unpack_end(&u);
}

enum err
acme_account_load(const struct rows *rows, struct store_view *view, const struct guid *ca,
                  const struct hex32 *id, struct acme_account *out)
{
    struct row_key k;
    struct row row;
    enum err e = row_get(rows, view, row_key_make(&k, "an", ca->text, id->text, NULL), &row);

    if (e != ERR_OK)
        return e;
    e = acme_account_read(row.payload, out);
    out->revision = row.revision;
    return e;
}

void
acme_account_put(const struct rows *rows, struct store_write *w, const struct guid *ca,
                 const struct acme_account *a)
{
    struct row_key k;
    struct span key = row_key_make(&k, "an", ca->text, a->id.text, NULL);
    struct buf b;
    struct sink to;

    buf_init(&b, ACME_ROW_MAX);
    to = sink_buf(&b);
    pack_u8(to, ACCOUNT_FORMAT);
    pack_str(to, a->id.text);
    pack_str(to, a->kid.text);
    pack_u8(to, (uint8_t)a->state);
    pack_i64(to, a->created);
    pack_u8(to, a->terms ? 1 : 0);
    key_public_pack(to, &a->key);
    pack_u8(to, (uint8_t)a->ncontacts);
    for (unsigned i = 0; i < a->ncontacts; i++)
        pack_bytes(to, a->contact[i]);
    store_write_expect(w, key, a->revision);
    row_put_buf(rows, w, key, &b);
}

static enum err
index_key(const struct guid *ca, const struct key_public *key, struct row_key *k,
          struct span *out)
{
    uint8_t digest[SHA256_LEN];
    struct buf thumb;
    enum err e = jwk_thumbprint(key, digest);

    if (e != ERR_OK)
        return e;
    buf_init(&thumb, ACME_THUMB_LEN + 1);
    b64url_put(sink_buf(&thumb), span_of(digest, sizeof(digest)));
    *out = row_key_make(k, "ai", ca->text, buf_str(&thumb), NULL);
    e = thumb.err;
    buf_release(&thumb);
    return e;
}

enum err
acme_index_read(struct span payload, struct hex32 *account)
{
    struct unpack u = unpack_of(payload);

    if (unpack_u8(&u) != INDEX_FORMAT || !hex32_parse(unpack_bytes(&u, HEX32_LEN), account))
        return ERR_FORMAT;
    return unpack_end(&u);
}

enum err
acme_account_find(const struct rows *rows, struct store_view *view, const struct guid *ca,
                  const struct key_public *key, struct acme_account *out)
{
    struct row_key k;
    struct hex32 id;
    struct span at;
    struct row row;
    enum err e = index_key(ca, key, &k, &at);

    if (e == ERR_OK)
        e = row_get(rows, view, at, &row);
    if (e != ERR_OK)
        return e;
    e = acme_index_read(row.payload, &id);
    if (e == ERR_OK)
        e = acme_account_load(rows, view, ca, &id, out);
    /* An index without its account is damage, not an account that is not there. */
    return e == ERR_NOT_FOUND ? ERR_FORMAT : e;
}

enum err
acme_account_index(const struct rows *rows, struct store_write *w, const struct guid *ca,
                   const struct acme_account *a)
{
    struct row_key k;
    struct span at;
    struct buf b;
    enum err e = index_key(ca, &a->key, &k, &at);

    if (e != ERR_OK)
        return e;
    buf_init(&b, ACME_ROW_MAX);
    pack_u8(sink_buf(&b), INDEX_FORMAT);
    pack_str(sink_buf(&b), a->id.text);
    store_write_expect(w, at, 0);
    row_put_buf(rows, w, at, &b);
    return ERR_OK;
}

enum err
acme_account_forget(struct store_write *w, const struct guid *ca, const struct key_public *key)
{
    struct row_key k;
    struct span at;
    enum err e = index_key(ca, key, &k, &at);

    if (e == ERR_OK)
        store_write_delete(w, at);
    return e;
}
