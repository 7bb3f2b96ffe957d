/* SPDX-License-Identifier: Apache-2.0 */
/* vault_deleted.c - rows vd/, vx/, vq/ and vp/. */
#include "vault/vault_deleted.h"

#include <stdio.h>

#include "base/log.h"
#include "codec/pack.h"
#include "vault/key_leftover.h"
#include "vault/object_deleted.h"
#include "vault/syskey.h"

enum { DELETED_FORMAT = 1, DAY = 86400, DELETED_ROW_MAX = 2 * 1024 * 1024 + 64, HEX = 16 };

static struct span
named_key(struct row_key *k, const char *prefix, const char *middle, struct span name)
{
    char text[MAX_VAULT_NAME + 1];

    bug_on(!span_copy_str(name, text, sizeof(text)));
    for (char *p = text; *p != '\0'; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p + 32);
    return middle == NULL ? row_key_make(k, prefix, text, NULL)
                          : row_key_make(k, prefix, middle, text, NULL);
}

static struct span
schedule_key(struct row_key *k, int64_t purge, const char *name)
{
    char when[HEX + 1];

    (void)snprintf(when, sizeof(when), "%016llx", (unsigned long long)purge);
    return named_key(k, "vq", when, span_str(name));
}

static struct span
index_key(struct row_key *k, const struct vault *v)
{
    return named_key(k, "vx", v->subscription.text, span_str(v->name));
}

void
deleted_vault_release(struct deleted_vault *d)
{
    vault_unref(d->vault);
    d->vault = NULL;
}

void
deleted_vault_store(const struct rows *rows, struct store_write *w,
                    const struct deleted_vault *d)
{
    struct row_key key;
    struct buf b;
    struct sink k = sink_buf(&b);

    buf_init(&b, DELETED_ROW_MAX);
    pack_u8(k, DELETED_FORMAT);
    pack_i64(k, d->deleted);
    pack_i64(k, d->purge);
    vault_pack(k, d->vault);
    (void)named_key(&key, "vd", NULL, span_str(d->vault->name));
    store_write_expect(w, span_of(key.text, key.len), d->revision);
    row_put_buf(rows, w, span_of(key.text, key.len), &b);
    row_put(rows, w, index_key(&key, d->vault), span_str(d->vault->name));
}

void
vault_delete(const struct rows *rows, struct store_view *view, struct store_write *w,
             const struct vault *v, int64_t now)
{
    struct vault copy = *v; /* borrows */
    struct deleted_vault d = { .vault = &copy, .deleted = now };
    struct row_key key;

    d.purge = now + (int64_t)v->retention_days * DAY;
    vault_drop(w, v);
    deleted_vault_store(rows, w, &d);
    row_put(rows, w, schedule_key(&key, d.purge, v->name), span_str(v->name));
    syskey_fence(rows, view, vault_key(v).bytes, w);
}

enum err
deleted_vault_load(const struct rows *rows, struct store_view *view, struct span name,
                   struct deleted_vault *out)
{
    struct unpack u;
    struct row_key key;
    struct row row;
    enum err e;

    *out = (struct deleted_vault){ 0 };
    if (!vault_name_is_ok(name))
        return ERR_NO_VAULT;
    e = row_get(rows, view, named_key(&key, "vd", NULL, name), &row);
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? ERR_NO_VAULT : e;
    u = unpack_of(row.payload);
    if (unpack_u8(&u) != DELETED_FORMAT)
        return ERR_FORMAT;
    out->deleted = unpack_i64(&u);
    out->purge = unpack_i64(&u);
    out->revision = row.revision;
    if (u.err != ERR_OK)
        return u.err;
    return vault_unpack(u.rest, &out->vault);
}

enum err
vault_load_deleted(const struct rows *rows, struct store_view *view, struct span name,
                   struct vault **out)
{
    struct deleted_vault d;
    enum err e = deleted_vault_load(rows, view, name, &d);

    *out = d.vault;
    return e;
}

enum err
vault_name_is_taken(struct store_view *view, struct span name, bool *taken)
{
    struct store_row row;
    struct row_key key;
    enum err e;

    *taken = true;
    if (!vault_name_is_ok(name))
        return ERR_ARG;
    e = store_get(view, named_key(&key, "v", NULL, name), &row);
    if (e == ERR_NOT_FOUND)
        e = store_get(view, named_key(&key, "vd", NULL, name), &row);
    *taken = e != ERR_NOT_FOUND;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* The deleted vault's row, its place in the list and its schedule go. */
static void
deleted_drop(struct store_write *w, const struct deleted_vault *d)
{
    struct row_key key;

    (void)named_key(&key, "vd", NULL, span_str(d->vault->name));
    store_write_expect(w, span_of(key.text, key.len), d->revision);
    store_write_delete(w, span_of(key.text, key.len));
    store_write_delete(w, index_key(&key, d->vault));
    store_write_delete(w, schedule_key(&key, d->purge, d->vault->name));
}

void
deleted_vault_recover(const struct rows *rows, struct store_view *view, struct store_write *w,
                      const struct deleted_vault *d)
{
    deleted_drop(w, d);
    vault_store(rows, w, d->vault, 0);
    syskey_fence(rows, view, vault_key(d->vault).bytes, w);
}

enum err
deleted_vault_purge(const struct rows *rows, struct store_write *w,
                    const struct deleted_vault *d, bool force)
{
    struct row_key key;

    if (d->vault->purge_protection && !force)
        return ERR_PURGE_PROTECTED;
    deleted_drop(w, d);
    row_put(rows, w, row_key_make(&key, "vp", d->vault->id.text, NULL),
            span_str(d->vault->name));
    return store_write_err(w);
}

struct name_scan {
    size_t skip; /* up to where the name begins */
    vault_name_fn fn;
    void *arg;
};

static bool
visit_name(void *arg, const struct store_row *row)
{
    struct name_scan *s = arg;
    struct span name = span_tail(row->key, s->skip);

    return s->fn(s->arg, name, name);
}

enum err
deleted_vault_each_name(struct store_view *view, const struct guid *subscription,
                        struct span after, vault_name_fn fn, void *arg)
{
    struct name_scan s = { .fn = fn, .arg = arg };
    struct row_key prefix, from;
    struct span start = { 0 };

    if (after.len > MAX_VAULT_NAME)
        return ERR_OK;
    (void)row_key_make(&prefix, "vx", subscription->text, "", NULL);
    s.skip = prefix.len;
    if (after.len > 0)
        start = named_key(&from, "vx", subscription->text, after);
    return store_scan(view, span_of(prefix.text, prefix.len), start, SIZE_MAX, visit_name, &s);
}

/* Time of a schedule key "vq/<16 hex>/<name>"; false for any other key. */
static bool
schedule_time(struct span key, int64_t *out, struct span *name)
{
    uint64_t t = 0;

    if (key.len < 3 + HEX + 2 || !span_has_prefix(key, span_str("vq/")) ||
        key.ptr[3 + HEX] != '/')
        return false;
    for (size_t i = 3; i < 3 + HEX; i++) {
        uint8_t c = key.ptr[i];

        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
        t = t << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    *out = (int64_t)t;
    *name = span_tail(key, 3 + HEX + 1);
    return *out >= 0;
}

enum err
deleted_vault_purge_due(const struct rows *rows, struct store_view *view, struct span key,
                        int64_t now, struct store_write *w)
{
    struct deleted_vault d;
    struct span name;
    struct row row;
    int64_t when;
    enum err e;

    if (!schedule_time(key, &when, &name))
        return ERR_FORMAT;
    if (when > now)
        return ERR_NOT_FOUND;
    e = row_get(rows, view, key, &row);
    if (e != ERR_OK)
        return e;
    e = deleted_vault_load(rows, view, name, &d);
    if (e == ERR_OK && d.purge == when) {
        e = deleted_vault_purge(rows, w, &d, true);
    } else if (e == ERR_OK || e == ERR_NO_VAULT) {
        /* What it stood for is gone. */
        store_write_expect(w, key, row.revision);
        store_write_delete(w, key);
        e = store_write_err(w);
    }
    deleted_vault_release(&d);
    return e;
}

struct sweep {
    const struct rows *rows;
    struct store_write *write;
    bool keys; /* rows of versions of keys */
    size_t n;
};

static bool
sweep_row(void *arg, const struct store_row *row)
{
    struct sweep *s = arg;

    if (s->n == PURGE_BATCH)
        return false;
    if (s->keys)
        key_leftover_put_row(s->rows, s->write, row);
    store_write_delete(s->write, row->key);
    s->n++;
    return true;
}

enum err
purged_vault_sweep(const struct rows *rows, struct store_view *view, struct span key,
                   struct store_write *w)
{
    static const char *const prefixes[] = { "sn", "sd", "sv", "kn", "kd", "kv", "kp",
                                            "cn", "cd", "cv", "cp", "co", "ci", "ct",
                                            "cw", "ce", "ch", "cm", "ea" };
    struct sweep s = { .rows = rows, .write = w };
    struct row_key k;
    struct guid id;
    enum err e = ERR_OK;

    if (!span_has_prefix(key, span_str("vp/")) ||
        !guid_parse(span_tail(key, sizeof("vp/") - 1), &id))
        return ERR_FORMAT;
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]) && e == ERR_OK; i++) {
        s.keys = strcmp(prefixes[i], "kv") == 0;
        if (s.n < PURGE_BATCH)
            e = store_scan(view, row_key_make(&k, prefixes[i], id.text, "", NULL),
                           (struct span){ 0 }, PURGE_BATCH, sweep_row, &s);
    }
    if (e == ERR_OK && s.n < PURGE_BATCH)
        store_write_delete(w, key);
    return e == ERR_OK ? store_write_err(w) : e;
}
