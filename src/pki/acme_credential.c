/* SPDX-License-Identifier: Apache-2.0 */
/* acme_credential.c - rows ae/<authority>/<kid>. */
#include <stdio.h>

#include "codec/pack.h"
#include "keeper/ask.h"
#include "pki/acme.h"

enum { CREDENTIAL_FORMAT = 1 };

/* '/' is in no name of a user's secret, so nobody's secret is ever opened as this. */
void
acme_secret_id(const struct guid *vault, const struct guid *ca, const struct hex32 *kid,
               struct acme_secret_name *name, struct object_id *out)
{
    (void)snprintf(name->text, sizeof(name->text), "ACME/%s", ca->text);
    *out = (struct object_id){ .vault = *vault,
                               .kind = KIND_SECRET,
                               .name = span_str(name->text),
                               .version = span_str(kid->text) };
}

enum err
acme_credential_read(struct span payload, struct acme_credential *out)
{
    struct unpack u = unpack_of(payload);

    *out = (struct acme_credential){ .accounts = 0 };
    if (unpack_u8(&u) != CREDENTIAL_FORMAT)
        return ERR_FORMAT;
    unpack_str(&u, out->kid.text, sizeof(out->kid.text));
    unpack_str(&u, out->principal.text, sizeof(out->principal.text));
    unpack_str(&u, out->maker.text, sizeof(out->maker.text));
    out->created = unpack_i64(&u);
    out->expires = unpack_i64(&u);
    out->wildcards = unpack_u8(&u) != 0;
    out->accounts = unpack_u16(&u);
    out->profile = unpack_bytes(&u, ACME_PROFILE_MAX);
    out->sealed = unpack_bytes(&u, ACME_SEALED_MAX);
    out->nrules = unpack_u8(&u);
    if (out->nrules > ACME_RULES_MAX)
        return ERR_FORMAT;
    for (unsigned i = 0; i < out->nrules; i++) {
        out->rule[i] = unpack_bytes(&u, ACME_NAME_MAX);
        if (u.err == ERR_OK && !acme_rule_is_ok(out->rule[i]))
            return ERR_FORMAT;
    }
    return unpack_end(&u);
}

enum err
acme_credential_load(const struct rows *rows, struct store_view *view, const struct guid *ca,
                     const struct hex32 *kid, struct acme_credential *out)
{
    struct row_key k;
    struct row row;
    enum err e = row_get(rows, view, row_key_make(&k, "ae", ca->text, kid->text, NULL), &row);

    if (e != ERR_OK)
        return e;
    e = acme_credential_read(row.payload, out);
    out->revision = row.revision;
    return e;
}

void
acme_credential_put(const struct rows *rows, struct store_write *w, const struct guid *ca,
                    const struct acme_credential *c)
{
    struct row_key k;
    struct span key = row_key_make(&k, "ae", ca->text, c->kid.text, NULL);
    struct buf b;
    struct sink to;

    buf_init(&b, ACME_ROW_MAX);
    to = sink_buf(&b);
    pack_u8(to, CREDENTIAL_FORMAT);
    pack_str(to, c->kid.text);
    pack_str(to, c->principal.text);
    pack_str(to, c->maker.text);
    pack_i64(to, c->created);
    pack_i64(to, c->expires);
    pack_u8(to, c->wildcards ? 1 : 0);
    pack_u16(to, (uint16_t)c->accounts);
    pack_bytes(to, c->profile);
    pack_bytes(to, c->sealed);
    pack_u8(to, (uint8_t)c->nrules);
    for (unsigned i = 0; i < c->nrules; i++)
        pack_bytes(to, c->rule[i]);
    store_write_expect(w, key, c->revision);
    row_put_buf(rows, w, key, &b);
}

void
acme_credential_drop(struct store_write *w, const struct guid *ca,
                     const struct acme_credential *c)
{
    struct row_key k;
    struct span key = row_key_make(&k, "ae", ca->text, c->kid.text, NULL);

    store_write_expect(w, key, c->revision);
    store_write_delete(w, key);
}

struct each {
    const struct rows *rows;
    acme_credential_fn fn;
    void *arg;
    enum err err;
};

static bool
see(void *arg, const struct store_row *sr)
{
    struct each *x = arg;
    struct acme_credential c;
    struct row row;

    x->err = row_check(x->rows, sr, &row);
    if (x->err == ERR_OK)
        x->err = acme_credential_read(row.payload, &c);
    if (x->err != ERR_OK)
        return false;
    c.revision = row.revision;
    return x->fn(x->arg, &c);
}

enum err
acme_credential_each(const struct rows *rows, struct store_view *view, const struct guid *ca,
                     acme_credential_fn fn, void *arg)
{
    struct each x = { rows, fn, arg, ERR_OK };
    struct row_key k;
    enum err e = store_scan(view, row_key_make(&k, "ae", ca->text, "", NULL),
                            (struct span){ 0 }, ACME_CREDENTIALS_MAX, see, &x);

    return e == ERR_OK ? x.err : e;
}

bool
acme_credential_has(const struct acme_credential *c, const struct alt_name *name)
{
    for (unsigned i = 0; i < c->nrules; i++)
        if (acme_rule_has(c->rule[i], c->wildcards, name))
            return true;
    return false;
}
