/* SPDX-License-Identifier: Apache-2.0 */
/* cert_mail.c - rows cm/, cf/. */
#include "vault/cert_mail.h"

#include <string.h>

#include "codec/pack.h"

enum {
    MAIL_FORMAT = 1,
    FIGURES_FORMAT = 1,
    MAIL_ROW_MAX = 1024 + CONTACTS_MAX * CERT_MAIL_TAG,
    FIGURES_ROW_MAX = 32
};

static struct span
mail_key(struct row_key *k, const struct guid *vault, const char *name)
{
    return row_key_make(k, "cm", vault->text, name, NULL);
}

void
cert_mail_put(const struct rows *rows, struct store_write *w, const struct cert_mail *m)
{
    struct row_key k;
    struct buf b;

    buf_init(&b, MAIL_ROW_MAX);
    pack_u8(sink_buf(&b), MAIL_FORMAT);
    pack_str(sink_buf(&b), m->vault);
    pack_str(sink_buf(&b), m->vault_id.text);
    pack_str(sink_buf(&b), m->name.spelled);
    pack_str(sink_buf(&b), m->version.text);
    pack_u32(sink_buf(&b), m->tries);
    pack_i64(sink_buf(&b), m->next);
    pack_bytes(sink_buf(&b), span_of(m->done, (size_t)m->n * CERT_MAIL_TAG));
    row_put_buf(rows, w, mail_key(&k, &m->vault_id, m->name.key), &b);
}

void
cert_mail_drop(struct store_write *w, const struct cert_mail *m)
{
    struct row_key k;

    store_write_delete(w, mail_key(&k, &m->vault_id, m->name.key));
}

enum err
cert_mail_payload_read(struct span payload, struct cert_mail *out)
{
    struct unpack u = unpack_of(payload);
    unsigned format = unpack_u8(&u);
    struct span id, name, version, done;

    *out = (struct cert_mail){ .vault = "" };
    unpack_str(&u, out->vault, sizeof(out->vault));
    id = unpack_bytes(&u, GUID_LEN);
    name = unpack_bytes(&u, MAX_OBJECT_NAME);
    version = unpack_bytes(&u, HEX32_LEN);
    out->tries = unpack_u32(&u);
    out->next = unpack_i64(&u);
    done = unpack_bytes(&u, sizeof(out->done));
    if (format != MAIL_FORMAT || u.err != ERR_OK || !guid_parse(id, &out->vault_id) ||
        !object_name_parse(name, &out->name) || !hex32_parse(version, &out->version) ||
        done.len % CERT_MAIL_TAG != 0)
        return ERR_FORMAT;
    if (done.len > 0)
        memcpy(out->done, done.ptr, done.len);
    out->n = (unsigned)(done.len / CERT_MAIL_TAG);
    return unpack_end(&u);
}

enum err
cert_mail_get(const struct rows *rows, struct store_view *view, const struct guid *vault,
              const char *name, struct cert_mail *out)
{
    struct row_key k;
    struct row row;
    enum err e = row_get(rows, view, mail_key(&k, vault, name), &row);

    return e == ERR_OK ? cert_mail_payload_read(row.payload, out) : e;
}

enum err
cert_mail_read(const struct rows *rows, const struct store_row *sr, struct cert_mail *out)
{
    struct row row;
    enum err e = row_check(rows, sr, &row);

    return e == ERR_OK ? cert_mail_payload_read(row.payload, out) : e;
}

bool
cert_mail_is_done(const struct cert_mail *m, const uint8_t tag[static CERT_MAIL_TAG])
{
    for (unsigned i = 0; i < m->n; i++)
        if (span_is_equal(span_of(m->done[i], CERT_MAIL_TAG), span_of(tag, CERT_MAIL_TAG)))
            return true;
    return false;
}

void
cert_mail_set_done(struct cert_mail *m, const uint8_t tag[static CERT_MAIL_TAG])
{
    if (cert_mail_is_done(m, tag))
        return;
    if (m->n == CONTACTS_MAX)
        memmove(m->done[0], m->done[1], (size_t)--m->n * CERT_MAIL_TAG);
    memcpy(m->done[m->n++], tag, CERT_MAIL_TAG);
}

/* ------------------------------------------------------------------------- figures */

static const char figures_key[] = "cf/mail";

enum err
mail_figures_read(struct span payload, struct mail_figures *out)
{
    struct unpack u = unpack_of(payload);
    unsigned format = unpack_u8(&u);

    out->sent = unpack_u64(&u);
    out->failed = unpack_u64(&u);
    return format == FIGURES_FORMAT ? unpack_end(&u) : ERR_FORMAT;
}

enum err
mail_figures_get(const struct rows *rows, struct store_view *view, struct mail_figures *out)
{
    struct row row;
    enum err e = row_get(rows, view, span_str(figures_key), &row);

    *out = (struct mail_figures){ .sent = 0 };
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    return mail_figures_read(row.payload, out);
}

void
mail_figures_put(const struct rows *rows, struct store_write *w, const struct mail_figures *f)
{
    struct buf b;

    buf_init(&b, FIGURES_ROW_MAX);
    pack_u8(sink_buf(&b), FIGURES_FORMAT);
    pack_u64(sink_buf(&b), f->sent);
    pack_u64(sink_buf(&b), f->failed);
    row_put_buf(rows, w, span_str(figures_key), &b);
}
