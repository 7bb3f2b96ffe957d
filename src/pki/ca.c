/* SPDX-License-Identifier: Apache-2.0 */
/* ca.c - rows pa/<guid>. */
#include "pki/ca.h"

#include <stdlib.h>

#include "base/log.h"
#include "codec/pack.h"
#include "crypto/dn.h"
#include "pki/issued.h"
#include "vault/resource.h"

enum { CA_FORMAT = 1, PATH_NONE = 255, CSR_BYTES_MAX = 32 * 1024 };

static struct span
ca_key(struct row_key *k, const struct guid *id)
{
    return row_key_make(k, "pa", id->text, NULL);
}

/* ------------------------------------------------------------------------- packing */

static void
pack_names(struct sink k, const struct alt_name *list, unsigned n)
{
    pack_u8(k, (uint8_t)n);
    for (unsigned i = 0; i < n; i++) {
        pack_u8(k, (uint8_t)list[i].kind);
        pack_bytes(k, list[i].text);
    }
}

static void
pack_chain(struct sink k, const struct ca *ca)
{
    pack_u8(k, (uint8_t)ca->nchain);
    for (unsigned i = 0; i < ca->nchain; i++)
        pack_bytes(k, ca->chain[i]);
    pack_u8(k, (uint8_t)ca->nabove);
    for (unsigned i = 0; i < ca->nabove; i++) {
        pack_str(k, ca->above[i].id.text);
        pack_str(k, ca->above[i].serial);
    }
}

static void
ca_pack(struct sink k, const struct ca *ca)
{
    pack_u8(k, CA_FORMAT);
    pack_str(k, ca->id.text);
    pack_str(k, ca->tenant.text);
    pack_u8(k, (uint8_t)ca->state);
    pack_u8(k, ca->enabled);
    pack_bytes(k, ca->resource);
    pack_str(k, ca->vault.text);
    pack_bytes(k, ca->vault_name);
    pack_str(k, ca->key.spelled);
    pack_str(k, ca->key_version.text);
    pack_bytes(k, ca->subject);
    pack_bytes(k, ca->parent);
    pack_bytes(k, ca->csr);
    pack_chain(k, ca);
    pack_u16(k, (uint16_t)ca->months);
    pack_u8(k, ca->path_length < 0 ? PATH_NONE : (uint8_t)ca->path_length);
    pack_names(k, ca->permitted, ca->npermitted);
    pack_names(k, ca->excluded, ca->nexcluded);
    pack_u8(k, (uint8_t)ca->nprofiles);
    for (unsigned i = 0; i < ca->nprofiles; i++)
        pki_profile_pack(k, &ca->profile[i]);
    pack_u16(k, (uint16_t)ca->crl_hours);
    pack_bytes(k, ca->url);
    pack_i64(k, ca->created);
    pack_i64(k, ca->updated);
}

static void
unpack_guid(struct unpack *u, struct guid *out)
{
    if (!guid_parse(unpack_bytes(u, GUID_LEN), out))
        u->err = ERR_FORMAT;
}

static unsigned
unpack_count(struct unpack *u, unsigned max)
{
    unsigned n = unpack_u8(u);

    if (n <= max)
        return n;
    u->err = ERR_FORMAT;
    return 0;
}

static unsigned
unpack_names(struct unpack *u, struct alt_name list[static CONSTRAINTS_MAX])
{
    unsigned n = unpack_count(u, CONSTRAINTS_MAX);

    for (unsigned i = 0; i < n; i++) {
        unsigned kind = unpack_u8(u);

        list[i] = (struct alt_name){ (enum alt_kind)kind, unpack_bytes(u, CERT_ALT_MAX) };
        if (kind >= ALT_KIND__MAX || !name_constraint_is_ok(&list[i]))
            u->err = ERR_FORMAT;
    }
    return n;
}

static void
unpack_chain(struct unpack *u, struct ca *ca)
{
    ca->nchain = unpack_count(u, CA_CHAIN_MAX);
    for (unsigned i = 0; i < ca->nchain; i++)
        ca->chain[i] = unpack_bytes(u, CERT_MAX);
    ca->nabove = unpack_count(u, CA_CHAIN_MAX);
    for (unsigned i = 0; i < ca->nabove; i++) {
        unpack_guid(u, &ca->above[i].id);
        unpack_str(u, ca->above[i].serial, sizeof(ca->above[i].serial));
    }
}

static void
unpack_key(struct unpack *u, struct ca *ca)
{
    unpack_guid(u, &ca->vault);
    ca->vault_name = unpack_bytes(u, MAX_VAULT_NAME);
    if (!object_name_parse(unpack_bytes(u, MAX_OBJECT_NAME), &ca->key) ||
        !hex32_parse(unpack_bytes(u, HEX32_LEN), &ca->key_version))
        u->err = ERR_FORMAT;
}

static void
unpack_rules(struct unpack *u, struct ca *ca)
{
    unsigned path;

    ca->months = unpack_u16(u);
    path = unpack_u8(u);
    ca->path_length = path == PATH_NONE ? -1 : (int)path;
    ca->npermitted = unpack_names(u, ca->permitted);
    ca->nexcluded = unpack_names(u, ca->excluded);
    ca->nprofiles = unpack_count(u, PROFILES_MAX);
    for (unsigned i = 0; i < ca->nprofiles; i++)
        pki_profile_unpack(u, &ca->profile[i]);
    ca->crl_hours = unpack_u16(u);
    ca->url = unpack_bytes(u, CA_URL_MAX);
}

enum err
ca_read(struct span payload, struct ca *out)
{
    struct unpack u = unpack_of(payload);
    unsigned state, enabled;

    *out = (struct ca){ .revision = 0 };
    if (unpack_u8(&u) != CA_FORMAT)
        return ERR_FORMAT;
    unpack_guid(&u, &out->id);
    unpack_guid(&u, &out->tenant);
    state = unpack_u8(&u);
    enabled = unpack_u8(&u);
    out->resource = unpack_bytes(&u, CA_RESOURCE_MAX);
    unpack_key(&u, out);
    out->subject = unpack_bytes(&u, 4 * DN_CHARS_MAX);
    out->parent = unpack_bytes(&u, CA_RESOURCE_MAX);
    out->csr = unpack_bytes(&u, CSR_BYTES_MAX);
    unpack_chain(&u, out);
    unpack_rules(&u, out);
    out->created = unpack_i64(&u);
    out->updated = unpack_i64(&u);
    if (state < CA_WAITS || state >= CA__MAX || enabled > 1 || out->months > CA_MONTHS_MAX ||
        out->crl_hours == 0 || out->crl_hours > CA_CRL_HOURS_MAX ||
        (state == CA_ACTIVE) != (out->nchain > 0))
        return ERR_FORMAT;
    out->state = (enum ca_state)state;
    out->enabled = enabled == 1;
    return unpack_end(&u);
}

/* ---------------------------------------------------------------------------- rows */

enum err
ca_load(const struct rows *rows, struct store_view *view, const struct guid *id, struct ca *out)
{
    struct row_key k;
    struct row row;
    enum err e;

    *out = (struct ca){ .revision = 0 };
    e = row_get(rows, view, ca_key(&k, id), &row);
    if (e != ERR_OK)
        return e;
    e = ca_read(row.payload, out);
    if (e == ERR_OK && !guid_is_equal(&out->id, id))
        e = ERR_FORMAT;
    if (e != ERR_OK)
        log_error("row %s: %s", k.text, err_text(e));
    out->revision = row.revision;
    return e;
}

enum err
ca_find(const struct rows *rows, struct store_view *view, struct span resource, struct ca *out)
{
    struct resource r;
    enum err e = resource_load(rows, view, resource, &r);

    *out = (struct ca){ .revision = 0 };
    if (e == ERR_OK && r.application.text[0] == '\0')
        e = ERR_NOT_FOUND;
    if (e == ERR_OK)
        e = ca_load(rows, view, &r.application, out);
    if (e == ERR_OK && !span_is_equal_nocase(out->resource, resource))
        e = ERR_NOT_FOUND; /* what is there is no authority */
    return e;
}

void
ca_put(const struct rows *rows, struct store_write *w, const struct ca *ca)
{
    struct row_key k;
    struct span key = ca_key(&k, &ca->id);
    struct buf b;

    buf_init(&b, CA_ROW_MAX);
    ca_pack(sink_buf(&b), ca);
    store_write_expect(w, key, ca->revision);
    row_put_buf(rows, w, key, &b);
}

void
ca_expect(struct store_write *w, const struct ca *ca)
{
    struct row_key k;

    store_write_expect(w, ca_key(&k, &ca->id), ca->revision);
}

void
ca_drop(struct store_write *w, const struct ca *ca)
{
    struct row_key k;
    struct span key = ca_key(&k, &ca->id);

    store_write_expect(w, key, ca->revision);
    store_write_delete(w, key);
}

struct below {
    const struct rows *rows;
    const struct guid *id;
    struct ca *ca;
    bool found;
    enum err err;
};

static bool
look_below(void *arg, const struct store_row *sr)
{
    struct below *b = arg;
    struct row row;

    b->err = row_check(b->rows, sr, &row);
    if (b->err == ERR_OK)
        b->err = ca_read(row.payload, b->ca);
    if (b->err == ERR_OK)
        b->found = b->ca->nabove > 0 && guid_is_equal(&b->ca->above[0].id, b->id);
    return b->err == ERR_OK && !b->found;
}

enum err
ca_has_below(const struct rows *rows, struct store_view *view, const struct guid *id, bool *out)
{
    struct below b = { .rows = rows, .id = id, .ca = malloc(sizeof(*b.ca)) };
    enum err e = b.ca == NULL ? ERR_NOMEM
                              : store_scan(view, span_str("pa/"), (struct span){ 0 }, SIZE_MAX,
                                           look_below, &b);

    if (e == ERR_OK)
        e = b.err;
    *out = b.found;
    free(b.ca);
    return e;
}

const struct pki_profile *
ca_profile(const struct ca *ca, struct span name)
{
    for (unsigned i = 0; i < ca->nprofiles; i++)
        if (span_is_equal_nocase(ca->profile[i].name, name))
            return &ca->profile[i];
    return pki_profile_known(name);
}

enum err
ca_is_revoked(const struct rows *rows, struct store_view *view, const struct ca *ca, bool *out)
{
    struct revoked r;

    *out = false;
    for (unsigned i = 0; i < ca->nabove; i++) {
        enum err e = revoked_get(rows, view, &ca->above[i].id, ca->above[i].serial, &r);

        if (e == ERR_OK) {
            *out = true;
            return ERR_OK;
        }
        if (e != ERR_NOT_FOUND)
            return e;
    }
    return ERR_OK;
}
