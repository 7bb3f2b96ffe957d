/* SPDX-License-Identifier: Apache-2.0 */
/* vault.c - the row of a vault (docs/formats/rows.md) and what follows from it. */
#include "vault/vault.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "codec/pack.h"

enum { VAULT_FORMAT_1 = 1, VAULT_FORMAT = 2, VAULT_ROW_MAX = 2 * 1024 * 1024 };
enum vault_flag {
    VAULT_PREMIUM = 1 << 0,
    VAULT_RBAC = 1 << 1,
    VAULT_PURGE_PROTECTION = 1 << 2,
    VAULT_FOR_DEPLOYMENT = 1 << 3,
    VAULT_FOR_DISK_ENCRYPTION = 1 << 4,
    VAULT_FOR_TEMPLATES = 1 << 5,
    VAULT_ALLOW_OCT = 1 << 6,
    VAULT_ALLOW_OKP = 1 << 7,
};

static bool
is_letter(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static char
lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static char
upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
}

bool
vault_name_is_ok(struct span name)
{
    if (name.len < MIN_VAULT_NAME || name.len > MAX_VAULT_NAME || !is_letter(name.ptr[0]) ||
        name.ptr[name.len - 1] == '-')
        return false;
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.ptr[i];

        if (!is_letter(c) && !is_digit(c) && c != '-')
            return false;
        if (c == '-' && name.ptr[i - 1] == '-')
            return false;
    }
    return true;
}

/* v/<name-lower>; name must be a vault name. */
static struct span
vault_row_key(struct row_key *k, struct span name)
{
    char text[MAX_VAULT_NAME + 1];
    size_t n = name.len;

    bug_on(n > MAX_VAULT_NAME);
    for (size_t i = 0; i < n; i++)
        text[i] = lower((char)name.ptr[i]);
    text[n] = '\0';
    return row_key_make(k, "v", text, NULL);
}

static void
pack_policies(struct sink k, const struct vault *v)
{
    pack_u32(k, v->npolicies);
    for (unsigned i = 0; i < v->npolicies; i++) {
        const struct access_policy *p = &v->policies[i];

        pack_str(k, p->tenant.text);
        pack_str(k, p->object.text);
        pack_str(k, p->application.text);
        pack_u32(k, p->keys);
        pack_u32(k, p->secrets);
        pack_u32(k, p->certificates);
        pack_u32(k, p->storage);
    }
}

/* vs/<subscription>/<group>/<name>, the last two in lower case. */
static struct span
vault_index_key(struct row_key *k, const struct vault *v)
{
    char name[MAX_VAULT_NAME + 1], group[sizeof(v->resource_group)];
    size_t n = 0;

    for (; v->name[n] != '\0'; n++)
        name[n] = lower(v->name[n]);
    name[n] = '\0';
    for (n = 0; v->resource_group[n] != '\0'; n++)
        group[n] = lower(v->resource_group[n]);
    group[n] = '\0';
    return row_key_make(k, "vs", v->subscription.text, group, name, NULL);
}

static unsigned
flags_of(const struct vault *v)
{
    return (v->premium ? VAULT_PREMIUM : 0u) | (v->rbac ? VAULT_RBAC : 0u) |
           (v->purge_protection ? VAULT_PURGE_PROTECTION : 0u) |
           (v->for_deployment ? VAULT_FOR_DEPLOYMENT : 0u) |
           (v->for_disk_encryption ? VAULT_FOR_DISK_ENCRYPTION : 0u) |
           (v->for_template_deployment ? VAULT_FOR_TEMPLATES : 0u) |
           (v->allow_oct ? VAULT_ALLOW_OCT : 0u) | (v->allow_okp ? VAULT_ALLOW_OKP : 0u);
}

void
vault_pack(struct sink k, const struct vault *v)
{
    pack_u8(k, VAULT_FORMAT);
    pack_str(k, v->id.text);
    pack_str(k, v->name);
    pack_str(k, v->tenant.text);
    pack_str(k, v->subscription.text);
    pack_str(k, v->resource_group);
    pack_str(k, v->location);
    pack_u32(k, flags_of(v));
    pack_u16(k, (uint16_t)v->retention_days);
    pack_i64(k, v->created);
    pack_bytes(k, span_of(v->key, v->key_len));
    pack_policies(k, v);
    pack_u8(k, (uint8_t)v->public_access);
    pack_bytes(k, span_of(v->network_acls, v->network_acls_len));
    pack_bytes(k, span_of(v->tags, v->tags_len));
    pack_i64(k, v->updated);
    pack_str(k, v->created_by);
    pack_str(k, v->updated_by);
}

void
vault_store(const struct rows *rows, struct store_write *w, const struct vault *v,
            uint64_t expect)
{
    struct row_key key;
    struct buf b;

    buf_init(&b, VAULT_ROW_MAX);
    vault_pack(sink_buf(&b), v);
    (void)vault_row_key(&key, span_str(v->name));
    store_write_expect(w, span_of(key.text, key.len), expect);
    row_put_buf(rows, w, span_of(key.text, key.len), &b);
    row_put(rows, w, vault_index_key(&key, v), span_str(v->name));
}

void
vault_drop(struct store_write *w, const struct vault *v)
{
    struct row_key key;

    vault_expect(w, v);
    store_write_delete(w, vault_row_key(&key, span_str(v->name)));
    store_write_delete(w, vault_index_key(&key, v));
}

struct name_scan {
    size_t skip; /* up to where the position begins */
    vault_name_fn fn;
    void *arg;
};

static bool
visit_name(void *arg, const struct store_row *row)
{
    struct name_scan *s = arg;
    struct span position = span_tail(row->key, s->skip);

    return s->fn(s->arg, position, span_tail(position, span_find(position, '/') + 1));
}

enum err
vault_each_name(struct store_view *view, const struct guid *subscription, struct span group,
                struct span after, vault_name_fn fn, void *arg)
{
    struct name_scan s = { .fn = fn, .arg = arg };
    struct row_key prefix, from;
    char text[sizeof(((struct vault *)0)->resource_group)];
    struct span start = { 0 };

    (void)row_key_make(&prefix, "vs", subscription->text, "", NULL);
    s.skip = prefix.len;
    if (after.len > 0 && after.len <= MAX_STORE_KEY - prefix.len) {
        from = prefix;
        memcpy(from.text + from.len, after.ptr, after.len);
        start = span_of(from.text, prefix.len + after.len);
    }
    if (group.len > 0) {
        if (!span_copy_str(group, text, sizeof(text)))
            return ERR_OK;
        for (char *p = text; *p != '\0'; p++)
            *p = lower(*p);
        (void)row_key_make(&prefix, "vs", subscription->text, text, "", NULL);
    }
    return store_scan(view, span_of(prefix.text, prefix.len), start, SIZE_MAX, visit_name, &s);
}

static enum err
unpack_policies(struct unpack *u, struct vault *v)
{
    uint32_t n = unpack_u32(u);

    if (n > MAX_ACCESS_POLICIES)
        return ERR_FORMAT;
    if (n == 0)
        return ERR_OK;
    v->policies = calloc(n, sizeof(*v->policies));
    if (v->policies == NULL)
        return ERR_NOMEM;
    v->npolicies = n;
    for (uint32_t i = 0; i < n; i++) {
        struct access_policy *p = &v->policies[i];

        unpack_str(u, p->tenant.text, sizeof(p->tenant.text));
        unpack_str(u, p->object.text, sizeof(p->object.text));
        unpack_str(u, p->application.text, sizeof(p->application.text));
        p->keys = unpack_u32(u);
        p->secrets = unpack_u32(u);
        p->certificates = unpack_u32(u);
        p->storage = unpack_u32(u);
    }
    return ERR_OK;
}

static void
name_arm(struct vault *v)
{
    int n =
        snprintf(v->arm_id, sizeof(v->arm_id),
                 "/subscriptions/%s/resourcegroups/%s/providers/microsoft.keyvault/vaults/%s",
                 v->subscription.text, v->resource_group, v->name);

    bug_on(n < 0 || (size_t)n >= sizeof(v->arm_id));
    for (size_t i = 0; i <= (size_t)n; i++) {
        v->arm_id[i] = lower(v->arm_id[i]);
        v->resource_id[i] = upper(v->arm_id[i]);
    }
}

static void
flags_set(struct vault *v, unsigned flags)
{
    v->premium = (flags & VAULT_PREMIUM) != 0;
    v->rbac = (flags & VAULT_RBAC) != 0;
    v->purge_protection = (flags & VAULT_PURGE_PROTECTION) != 0;
    v->for_deployment = (flags & VAULT_FOR_DEPLOYMENT) != 0;
    v->for_disk_encryption = (flags & VAULT_FOR_DISK_ENCRYPTION) != 0;
    v->for_template_deployment = (flags & VAULT_FOR_TEMPLATES) != 0;
    v->allow_oct = (flags & VAULT_ALLOW_OCT) != 0;
    v->allow_okp = (flags & VAULT_ALLOW_OKP) != 0;
}

/* Frees *to and makes it a copy of the bytes. */
static enum err
replace_bytes(uint8_t **to, size_t *len, struct span bytes)
{
    uint8_t *copy = malloc(bytes.len == 0 ? 1 : bytes.len);

    if (copy == NULL)
        return ERR_NOMEM;
    if (bytes.len > 0)
        memcpy(copy, bytes.ptr, bytes.len);
    free(*to);
    *to = copy;
    *len = bytes.len;
    return ERR_OK;
}

static enum err
unpack_management(struct unpack *u, struct vault *v)
{
    unsigned access = unpack_u8(u);
    enum err e;

    if (access >= PUBLIC__MAX)
        return ERR_FORMAT;
    v->public_access = (enum public_access)access;
    e = vault_set_network_acls(v, unpack_bytes(u, MAX_NETWORK_ACLS));
    if (e == ERR_OK)
        e = replace_bytes(&v->tags, &v->tags_len, unpack_bytes(u, BAG_PACKED_MAX));
    v->updated = unpack_i64(u);
    unpack_str(u, v->created_by, sizeof(v->created_by));
    unpack_str(u, v->updated_by, sizeof(v->updated_by));
    return e;
}

static enum err
vault_read(struct span payload, struct vault *v)
{
    struct unpack u = unpack_of(payload);
    unsigned format = unpack_u8(&u), flags;
    enum err e;

    if (format != VAULT_FORMAT && format != VAULT_FORMAT_1)
        return ERR_FORMAT;
    unpack_str(&u, v->id.text, sizeof(v->id.text));
    unpack_str(&u, v->name, sizeof(v->name));
    unpack_str(&u, v->tenant.text, sizeof(v->tenant.text));
    unpack_str(&u, v->subscription.text, sizeof(v->subscription.text));
    unpack_str(&u, v->resource_group, sizeof(v->resource_group));
    unpack_str(&u, v->location, sizeof(v->location));
    flags = format == VAULT_FORMAT_1 ? unpack_u8(&u) : unpack_u32(&u);
    flags_set(v, flags);
    v->retention_days = unpack_u16(&u);
    v->created = unpack_i64(&u);
    e = vault_set_key(v, unpack_bytes(&u, WRAPPED_MAX));
    if (e != ERR_OK)
        return e;
    e = unpack_policies(&u, v);
    if (e == ERR_OK && format == VAULT_FORMAT)
        e = unpack_management(&u, v);
    if (e != ERR_OK)
        return e;
    name_arm(v);
    return unpack_end(&u);
}

enum err
vault_set_key(struct vault *v, struct span wrapped)
{
    return replace_bytes(&v->key, &v->key_len, wrapped);
}

enum err
vault_set_network_acls(struct vault *v, struct span json)
{
    return replace_bytes(&v->network_acls, &v->network_acls_len, json);
}

enum err
vault_set_tags(struct vault *v, const struct bag *tags)
{
    struct buf b;
    enum err e;

    buf_init(&b, BAG_PACKED_MAX);
    bag_pack(sink_buf(&b), tags);
    e = b.err != ERR_OK ? b.err : replace_bytes(&v->tags, &v->tags_len, buf_span(&b));
    buf_release(&b);
    return e;
}

void
vault_tags(const struct vault *v, struct bag *out)
{
    struct unpack u = unpack_of(span_of(v->tags, v->tags_len));

    *out = (struct bag){ 0 };
    if (v->tags_len > 0)
        bag_unpack(&u, out);
}

enum err
vault_set_policies(struct vault *v, const struct access_policy *policies, unsigned n)
{
    struct access_policy *copy = NULL;

    if (n > 0) {
        copy = calloc(n, sizeof(*copy));
        if (copy == NULL)
            return ERR_NOMEM;
        memcpy(copy, policies, n * sizeof(*copy));
    }
    free(v->policies);
    v->policies = copy;
    v->npolicies = n;
    return ERR_OK;
}

enum err
vault_unpack(struct span payload, struct vault **out)
{
    struct vault *v = calloc(1, sizeof(*v));
    enum err e;

    *out = NULL;
    if (v == NULL)
        return ERR_NOMEM;
    v->refs = 1;
    e = vault_read(payload, v);
    if (e != ERR_OK) {
        vault_unref(v);
        return e;
    }
    *out = v;
    return ERR_OK;
}

enum err
vault_load(const struct rows *rows, struct store_view *view, struct span name,
           struct vault **out)
{
    struct vault *v;
    struct row_key key;
    struct row row;
    enum err e;

    *out = NULL;
    if (!vault_name_is_ok(name))
        return ERR_NO_VAULT;
    e = row_get(rows, view, vault_row_key(&key, name), &row);
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? ERR_NO_VAULT : e;
    e = vault_unpack(row.payload, &v);
    if (e != ERR_OK) {
        log_error("row %s: %s", key.text, err_text(e));
        return e;
    }
    v->revision = row.revision;
    *out = v;
    return ERR_OK;
}

enum err
vault_revision(struct store_view *view, struct span name, uint64_t *out)
{
    struct row_key key;
    struct store_row row;
    enum err e;

    *out = 0;
    if (!vault_name_is_ok(name))
        return ERR_NO_VAULT;
    e = store_get(view, vault_row_key(&key, name), &row);
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? ERR_NO_VAULT : e;
    *out = row.revision;
    return ERR_OK;
}

void
vault_unref(struct vault *v)
{
    if (v == NULL || --v->refs > 0)
        return;
    free(v->policies);
    free(v->key);
    free(v->tags);
    free(v->network_acls);
    free(v);
}

void
vault_expect(struct store_write *w, const struct vault *v)
{
    struct row_key key;

    (void)vault_row_key(&key, span_str(v->name));
    store_write_expect(w, span_of(key.text, key.len), v->revision);
}

struct wrapped
vault_key(const struct vault *v)
{
    return (struct wrapped){ .purpose = PURPOSE_VAULT,
                             .id = span_str(v->id.text),
                             .bytes = span_of(v->key, v->key_len) };
}

const char *
vault_recovery_level(const struct vault *v)
{
    if (v->retention_days >= MAX_RETENTION_DAYS)
        return v->purge_protection ? "Recoverable" : "Recoverable+Purgeable";
    return v->purge_protection ? "CustomizedRecoverable" : "CustomizedRecoverable+Purgeable";
}

static bool
settings_are_ok(const struct vault_settings *s)
{
    return vault_name_is_ok(s->name) && !span_is_empty(s->resource_group) &&
           s->tenant.text[0] != '\0' && s->subscription.text[0] != '\0' &&
           s->retention_days >= MIN_RETENTION_DAYS && s->retention_days <= MAX_RETENTION_DAYS &&
           s->npolicies <= MAX_ACCESS_POLICIES;
}

enum err
vault_new(const struct vault_settings *s, const struct guid *id, struct span key_answer,
          struct vault **out)
{
    struct unpack u = unpack_of(key_answer);
    struct span wrapped = unpack_bytes(&u, WRAPPED_MAX);
    struct vault *v;
    enum err e = ERR_ARG;

    *out = NULL;
    if (!settings_are_ok(s))
        return ERR_ARG;
    if (unpack_end(&u) != ERR_OK || wrapped.len == 0)
        return ERR_PROTOCOL;
    v = calloc(1, sizeof(*v));
    if (v == NULL)
        return ERR_NOMEM;
    *v = (struct vault){ .id = *id,
                         .tenant = s->tenant,
                         .subscription = s->subscription,
                         .premium = s->premium,
                         .rbac = s->rbac,
                         .purge_protection = s->purge_protection,
                         .allow_oct = s->allow_oct,
                         .allow_okp = s->allow_okp,
                         .retention_days = s->retention_days,
                         .created = clock_now(),
                         .updated = clock_now(),
                         .refs = 1 };
    if (!span_copy_str(s->name, v->name, sizeof(v->name)) ||
        !span_copy_str(s->resource_group, v->resource_group, sizeof(v->resource_group)) ||
        !span_copy_str(s->location, v->location, sizeof(v->location)))
        goto out;
    name_arm(v);
    e = vault_set_key(v, wrapped);
    if (e == ERR_OK)
        e = vault_set_policies(v, s->policies, s->npolicies);
    if (e != ERR_OK)
        goto out;
    *out = v;
    v = NULL;
out:
    vault_unref(v);
    return e;
}
