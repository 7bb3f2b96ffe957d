/* SPDX-License-Identifier: Apache-2.0 */
/* issuer.c - rows ci/<vault>/<NAME>. */
#include "vault/issuer.h"

#include "base/log.h"
#include "codec/pack.h"

/* Format 1 lacks the setter. */
enum { ISSUER_FORMAT = 2, ISSUER_ROW_MAX = 128 * 1024 };
enum issuer_flag {
    ISSUER_HAS_ACCOUNT = 1 << 0,
    ISSUER_HAS_ORGANISATION = 1 << 1,
    ISSUER_ENABLED = 1 << 2,
    ISSUER_ALL_FLAGS = (1 << 3) - 1
};

static struct span
issuer_key(struct row_key *k, const struct vault_at *at, const char *name)
{
    return row_key_make(k, "ci", at->vault->id.text, name, NULL);
}

enum err
issuer_read(struct span payload, struct issuer *out)
{
    struct unpack u = unpack_of(payload);
    unsigned format = unpack_u8(&u), flags = unpack_u8(&u), n;

    *out = (struct issuer){ 0 };
    if (format < 1 || format > ISSUER_FORMAT || flags > ISSUER_ALL_FLAGS ||
        !object_name_parse(unpack_bytes(&u, MAX_OBJECT_NAME), &out->name))
        return ERR_FORMAT;
    out->has_account = (flags & ISSUER_HAS_ACCOUNT) != 0;
    out->has_organisation = (flags & ISSUER_HAS_ORGANISATION) != 0;
    out->enabled = (flags & ISSUER_ENABLED) != 0;
    out->provider = unpack_bytes(&u, ISSUER_TEXT_MAX);
    out->account = unpack_bytes(&u, ISSUER_TEXT_MAX);
    out->sealed = unpack_bytes(&u, ISSUER_SEALED_MAX);
    out->organisation = unpack_bytes(&u, ISSUER_TEXT_MAX);
    n = unpack_u8(&u);
    if (n > ISSUER_ADMINS_MAX)
        return ERR_FORMAT;
    for (unsigned i = 0; i < n; i++) {
        struct issuer_admin *a = &out->admin[i];

        a->first_name = unpack_bytes(&u, ISSUER_TEXT_MAX);
        a->last_name = unpack_bytes(&u, ISSUER_TEXT_MAX);
        a->email = unpack_bytes(&u, ISSUER_TEXT_MAX);
        a->phone = unpack_bytes(&u, ISSUER_TEXT_MAX);
    }
    out->nadmins = n;
    out->created = unpack_i64(&u);
    out->updated = unpack_i64(&u);
    if (format >= 2) {
        struct span setter = unpack_bytes(&u, GUID_LEN);

        if (setter.len > 0 && !guid_parse(setter, &out->setter))
            return ERR_FORMAT;
    }
    return unpack_end(&u);
}

enum err
issuer_get(const struct vault_at *at, const char *name, struct issuer *out)
{
    struct row_key k;
    struct row row;
    enum err e;

    *out = (struct issuer){ 0 };
    e = row_get(at->rows, at->view, issuer_key(&k, at, name), &row);
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? ERR_ISSUER_NOT_FOUND : e;
    e = issuer_read(row.payload, out);
    if (e != ERR_OK)
        log_error("row %s: %s", k.text, err_text(e));
    out->revision = row.revision;
    return e;
}

static void
issuer_pack(struct sink k, const struct issuer *i)
{
    unsigned flags = (i->has_account ? ISSUER_HAS_ACCOUNT : 0u) |
                     (i->has_organisation ? ISSUER_HAS_ORGANISATION : 0u) |
                     (i->enabled ? ISSUER_ENABLED : 0u);

    pack_u8(k, ISSUER_FORMAT);
    pack_u8(k, (uint8_t)flags);
    pack_str(k, i->name.spelled);
    pack_bytes(k, i->provider);
    pack_bytes(k, i->account);
    pack_bytes(k, i->sealed);
    pack_bytes(k, i->organisation);
    pack_u8(k, (uint8_t)i->nadmins);
    for (unsigned n = 0; n < i->nadmins; n++) {
        pack_bytes(k, i->admin[n].first_name);
        pack_bytes(k, i->admin[n].last_name);
        pack_bytes(k, i->admin[n].email);
        pack_bytes(k, i->admin[n].phone);
    }
    pack_i64(k, i->created);
    pack_i64(k, i->updated);
    pack_str(k, i->setter.text);
}

void
issuer_put(const struct vault_at *at, struct store_write *w, const struct issuer *i)
{
    struct row_key k;
    struct span key = issuer_key(&k, at, i->name.key);
    struct buf b;

    buf_init(&b, ISSUER_ROW_MAX);
    issuer_pack(sink_buf(&b), i);
    vault_expect(w, at->vault);
    store_write_expect(w, key, i->revision);
    row_put_buf(at->rows, w, key, &b);
}

void
issuer_drop(const struct vault_at *at, struct store_write *w, const struct issuer *i)
{
    struct row_key k;
    struct span key = issuer_key(&k, at, i->name.key);

    vault_expect(w, at->vault);
    store_write_expect(w, key, i->revision);
    store_write_delete(w, key);
}

void
issuer_ask_seal(const struct vault_at *at, const struct object_name *name, struct span password,
                struct sink k)
{
    struct wrapped key = vault_key(at->vault);
    struct object_id id = { .vault = at->vault->id,
                            .kind = KIND_SECRET,
                            .name = span_str(name->key),
                            .version = span_str(ISSUER_PASSWORD) };

    keeper_pack_seal(k, &key, &id, password);
}

void
issuer_ask_open(const struct vault_at *at, const struct issuer *i, struct sink k)
{
    struct wrapped key = vault_key(at->vault);
    struct object_id id = { .vault = at->vault->id,
                            .kind = KIND_SECRET,
                            .name = span_str(i->name.key),
                            .version = span_str(ISSUER_PASSWORD) };

    keeper_pack_open(k, &key, &id, i->sealed);
}

bool
issuer_is_dialled(const struct issuer *i)
{
    return span_is_str_nocase(i->provider, ISSUER_ACME) ||
           span_is_str_nocase(i->provider, ISSUER_WEBHOOK);
}

struct key_walk {
    size_t prefix_len;
    issuer_key_fn fn;
    void *arg;
};

static bool
walk_key(void *arg, const struct store_row *row)
{
    const struct key_walk *walk = arg;

    return walk->fn(walk->arg, span_tail(row->key, walk->prefix_len));
}

enum err
issuer_each(const struct vault_at *at, struct span after, size_t limit, issuer_key_fn fn,
            void *arg)
{
    char name[MAX_OBJECT_NAME + 1];
    struct row_key k, from;
    struct span prefix = issuer_key(&k, at, ""), begin = { 0 };
    struct key_walk walk = { .prefix_len = prefix.len, .fn = fn, .arg = arg };

    if (after.len > 0 && span_copy_str(after, name, sizeof(name)))
        begin = issuer_key(&from, at, name);
    return store_scan(at->view, prefix, begin, limit, walk_key, &walk);
}
