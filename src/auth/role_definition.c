/* SPDX-License-Identifier: Apache-2.0 */
/*
 * role_definition.c - definitions as rows and as the constant table, read into
 * one shape. A loaded one is a single owner of a copy of its row, so it outlives
 * the view.
 */
#include "auth/role_definition.h"

#include <stdlib.h>

#include "auth/role.h"
#include "auth/role_definition_int.h"
#include "codec/b64.h"
#include "crypto/digest.h"

enum { ROLE_FORMAT = 1 };

struct stored {
    struct role_definition d; /* first: what callers hold */
    struct role_permission permissions[MAX_ROLE_PERMISSIONS];
    struct span_pool pool;
    uint8_t *bytes;
};

void
role_definition_free(struct role_definition *d)
{
    struct stored *s = (struct stored *)d;

    if (s == NULL)
        return;
    free(s->pool.at);
    free(s->bytes);
    free(s);
}

/* ------------------------------------------------------------------- built in */

static size_t
count(const char *const *list)
{
    size_t n = 0;

    while (list != NULL && list[n] != NULL)
        n++;
    return n;
}

static void
add_list(struct span_pool *pool, const char *const *from, struct role_list *out)
{
    *out = (struct role_list){ .at = pool->at + pool->n };
    for (size_t i = 0; from != NULL && from[i] != NULL; i++) {
        bug_on(pool->n == pool->cap);
        pool->at[pool->n++] = span_str(from[i]);
        out->n++;
    }
}

static struct role_definition *
from_table(const struct role *r)
{
    static const char *const everywhere[] = { "/", NULL };
    struct stored *s = calloc(1, sizeof(*s));
    struct role_permission *p;

    if (s == NULL)
        return NULL;
    s->pool.cap = count(r->actions) + count(r->not_actions) + count(r->data_actions) +
                  count(r->not_data_actions) + 1;
    s->pool.at = calloc(s->pool.cap, sizeof(*s->pool.at));
    if (s->pool.at == NULL) {
        role_definition_free(&s->d);
        return NULL;
    }
    p = &s->permissions[0];
    add_list(&s->pool, r->actions, &p->actions);
    add_list(&s->pool, r->not_actions, &p->not_actions);
    add_list(&s->pool, r->data_actions, &p->data_actions);
    add_list(&s->pool, r->not_data_actions, &p->not_data_actions);
    p->condition = span_str(r->condition);
    s->d.built_in = true;
    bug_on(!guid_parse(span_str(r->guid), &s->d.id));
    s->d.name = span_str(r->name);
    s->d.description = span_str(r->description);
    s->d.permissions = s->permissions;
    s->d.npermissions = 1;
    add_list(&s->pool, everywhere, &s->d.scopes);
    return &s->d;
}

/* --------------------------------------------------------------------- custom */

static struct span
role_key(struct row_key *k, const struct guid *tid, const char *id)
{
    return row_key_make(k, "rd", tid->text, id, NULL);
}

static enum err
name_key(struct row_key *k, const struct guid *tid, struct span name, struct span *out)
{
    uint8_t lower[MAX_ROLE_NAME * 4], digest[SHA256_LEN];
    struct buf hex;
    enum err e;

    *out = (struct span){ 0 };
    if (name.len > sizeof(lower))
        return ERR_NOT_FOUND;
    for (size_t i = 0; i < name.len; i++)
        lower[i] = name.ptr[i] >= 'A' && name.ptr[i] <= 'Z' ? (uint8_t)(name.ptr[i] + 32)
                                                            : name.ptr[i];
    e = digest_sha256(span_of(lower, name.len), digest);
    if (e != ERR_OK)
        return e;
    buf_init(&hex, 2 * SHA256_LEN + 1);
    hex_put(sink_buf(&hex), span_of(digest, sizeof(digest)));
    e = hex.err;
    if (e == ERR_OK)
        *out = row_key_make(k, "rn", tid->text, buf_str(&hex), NULL);
    buf_release(&hex);
    return e;
}

static bool
guid_or_none(struct unpack *u, struct guid *out)
{
    struct span s = unpack_bytes(u, GUID_LEN);

    *out = (struct guid){ 0 };
    return s.len == 0 || guid_parse(s, out);
}

static enum err
read_role(struct span payload, struct stored *s)
{
    struct role_definition *d = &s->d;
    struct unpack u = unpack_of(payload);
    bool ok;

    if (unpack_u8(&u) != ROLE_FORMAT)
        return ERR_FORMAT;
    d->name = unpack_bytes(&u, MAX_ROLE_NAME * 4);
    d->description = unpack_bytes(&u, MAX_ROLE_DESCRIPTION * 4);
    d->created = unpack_i64(&u);
    d->updated = unpack_i64(&u);
    ok = guid_or_none(&u, &d->created_by) && guid_or_none(&u, &d->updated_by) &&
         permissions_read(&u, &s->pool, s->permissions, &d->npermissions) &&
         list_read(&u, &s->pool, MAX_ASSIGNABLE_SCOPES, &d->scopes);
    d->permissions = s->permissions;
    if (!ok || unpack_end(&u) != ERR_OK || role_by_id(&d->id) != NULL)
        return ERR_FORMAT;
    return ERR_OK;
}

static enum err
from_row(const struct guid *tid, const struct guid *id, const struct row *row,
         struct role_definition **out)
{
    struct stored *s = calloc(1, sizeof(*s));
    enum err e = ERR_NOMEM;

    *out = NULL;
    if (s == NULL)
        return ERR_NOMEM;
    s->d.id = *id;
    s->d.tid = *tid;
    s->d.revision = row->revision;
    s->bytes = malloc(row->payload.len + 1);
    if (s->bytes == NULL || span_pool_init(&s->pool, row->payload.len) != ERR_OK)
        goto out;
    memcpy(s->bytes, row->payload.ptr, row->payload.len);
    e = read_role(span_of(s->bytes, row->payload.len), s);
    if (e != ERR_OK)
        goto out;
    *out = &s->d;
    s = NULL;
out:
    if (s != NULL)
        role_definition_free(&s->d);
    return e;
}

enum err
role_definition_load(const struct rows *rows, struct store_view *view, const struct guid *tid,
                     const struct guid *id, struct role_definition **out)
{
    const struct role *built_in = role_by_id(id);
    struct row_key k;
    struct row row;
    enum err e;

    *out = NULL;
    if (built_in != NULL) {
        *out = from_table(built_in);
        return *out == NULL ? ERR_NOMEM : ERR_OK;
    }
    e = row_get(rows, view, role_key(&k, tid, id->text), &row);
    return e == ERR_OK ? from_row(tid, id, &row, out) : e;
}

enum err
role_definition_find(const struct rows *rows, struct store_view *view, const struct guid *tid,
                     struct span name, struct role_definition **out)
{
    const struct role *built_in = role_by_name(name);
    struct row_key k;
    struct span key;
    struct guid id;
    struct row row;
    enum err e;

    *out = NULL;
    if (built_in != NULL && span_is_str_nocase(name, built_in->name)) {
        *out = from_table(built_in);
        return *out == NULL ? ERR_NOMEM : ERR_OK;
    }
    e = name_key(&k, tid, name, &key);
    if (e == ERR_OK)
        e = row_get(rows, view, key, &row);
    if (e != ERR_OK)
        return e;
    if (!guid_parse(row.payload, &id))
        return ERR_FORMAT;
    e = role_definition_load(rows, view, tid, &id, out);
    /* Both rows must agree, else neither is believed. */
    if (e == ERR_OK && !span_is_equal_nocase((*out)->name, name)) {
        role_definition_free(*out);
        *out = NULL;
        e = ERR_FORMAT;
    }
    return e;
}

struct visit {
    const struct rows *rows;
    const struct guid *tid;
    size_t prefix_len;
    role_definition_fn fn;
    void *arg;
    enum err err;
};

static bool
visit_row(void *arg, const struct store_row *sr)
{
    struct visit *v = arg;
    struct role_definition *d;
    struct guid id;
    struct row row;
    bool on;

    v->err = row_check(v->rows, sr, &row);
    if (v->err == ERR_OK && !guid_parse(span_tail(sr->key, v->prefix_len), &id))
        v->err = ERR_FORMAT;
    if (v->err == ERR_OK)
        v->err = from_row(v->tid, &id, &row, &d);
    if (v->err != ERR_OK)
        return false;
    on = v->fn(v->arg, d);
    role_definition_free(d);
    return on;
}

enum err
role_definition_each(const struct rows *rows, struct store_view *view, const struct guid *tid,
                     bool built_in, bool custom, role_definition_fn fn, void *arg)
{
    struct visit v = { .rows = rows, .tid = tid, .fn = fn, .arg = arg };
    struct span prefix;
    struct row_key k;
    bool on = true;
    enum err e;

    for (size_t i = 0; built_in && on && role_at(i) != NULL; i++) {
        struct role_definition *d = from_table(role_at(i));

        if (d == NULL)
            return ERR_NOMEM;
        on = fn(arg, d);
        role_definition_free(d);
    }
    if (!custom || !on)
        return ERR_OK;
    prefix = role_key(&k, tid, "");
    v.prefix_len = prefix.len;
    e = store_scan(view, prefix, (struct span){ 0 }, MAX_CUSTOM_ROLES + 1, visit_row, &v);
    return e == ERR_OK ? v.err : e;
}

/* -------------------------------------------------------------------- writing */

static enum err
check_scopes(const struct rows *rows, struct store_view *view, const struct role_definition *d,
             struct access_fault *why)
{
    unsigned groups = 0;

    if (d->scopes.n == 0)
        return role_refuse(why, FAULT_EMPTY, "at least one assignable scope is needed");
    if (d->scopes.n > MAX_ASSIGNABLE_SCOPES)
        return role_refuse(why, FAULT_TOO_MANY, "at most %d assignable scopes",
                           MAX_ASSIGNABLE_SCOPES);
    for (unsigned i = 0; i < d->scopes.n; i++) {
        struct span text = d->scopes.at[i];
        struct management_group g;
        struct scope_chain chain;
        struct scope s;
        enum err e = ERR_NOT_FOUND;

        if (text.len <= MAX_SCOPE && scope_parse(text, &s) == ERR_OK && s.kind != SCOPE_ROOT)
            e = s.kind == SCOPE_MANAGEMENT_GROUP
                    ? management_group_load(rows, view, &d->tid, span_str(s.group), &g)
                    : scope_chain_load(rows, view, &d->tid, &s, &chain);
        if (e == ERR_OK && s.kind != SCOPE_MANAGEMENT_GROUP &&
            !guid_is_equal(&chain.tid, &d->tid))
            e = ERR_NOT_FOUND;
        if (e == ERR_NOT_FOUND)
            return role_refuse(why, FAULT_BAD_SCOPE, "%.*s", (int)span_head(text, 200).len,
                               (const char *)text.ptr);
        if (e != ERR_OK)
            return e;
        groups += s.kind == SCOPE_MANAGEMENT_GROUP;
    }
    if (groups > 1)
        return role_refuse(why, FAULT_BAD_SCOPE, "at most one management group");
    if (groups > 0 && role_definition_has_data_actions(d))
        return role_refuse(why, FAULT_DATA_AT_GROUP,
                           "data actions cannot be assignable at a management group");
    return ERR_OK;
}

static enum err
check_role(const struct rows *rows, struct store_view *view, const struct role_definition *d,
           struct access_fault *why)
{
    enum err e;

    if (role_by_id(&d->id) != NULL)
        return role_refuse(why, FAULT_BUILT_IN, "a built-in role cannot be changed");
    if (!role_text_is_ok(d->name, MAX_ROLE_NAME) || d->name.len == 0 || d->name.ptr[0] == ' ' ||
        d->name.ptr[d->name.len - 1] == ' ' || d->name.len > MAX_ROLE_NAME * 4)
        return role_refuse(why, FAULT_BAD_NAME, "1 to %d characters", MAX_ROLE_NAME);
    if (role_by_name(d->name) != NULL)
        return role_refuse(why, FAULT_NAME_TAKEN, "a built-in role has that name");
    if (!role_text_is_ok(d->description, MAX_ROLE_DESCRIPTION) ||
        d->description.len > MAX_ROLE_DESCRIPTION * 4)
        return role_refuse(why, FAULT_BAD_DESCRIPTION, "at most %d characters",
                           MAX_ROLE_DESCRIPTION);
    e = permissions_check(d->permissions, d->npermissions, why);
    return e == ERR_OK ? check_scopes(rows, view, d, why) : e;
}

static bool
count_key(void *arg, const struct store_row *sr)
{
    (void)sr;
    ++*(unsigned *)arg;
    return true;
}

static enum err
count_keys(struct store_view *view, struct span prefix, unsigned limit, unsigned *out)
{
    *out = 0;
    return store_scan(view, prefix, (struct span){ 0 }, limit, count_key, out);
}

/* Do assignments name this role, whether it is there or not? */
static enum err
is_assigned(struct store_view *view, const struct guid *id, bool *out)
{
    struct row_key k;
    unsigned n;
    enum err e = count_keys(view, row_key_make(&k, "ru", id->text, "", NULL), 1, &n);

    *out = n > 0;
    return e;
}

static enum err
check_new(struct store_view *view, const struct role_definition *d, struct access_fault *why)
{
    struct row_key k;
    bool assigned;
    unsigned n;
    enum err e = is_assigned(view, &d->id, &assigned);

    if (e != ERR_OK)
        return e;
    if (assigned)
        return role_refuse(why, FAULT_ID_TAKEN,
                           "assignments still name a deleted role of this id");
    e = count_keys(view, role_key(&k, &d->tid, ""), MAX_CUSTOM_ROLES, &n);
    if (e == ERR_OK && n >= MAX_CUSTOM_ROLES)
        return role_refuse(why, FAULT_TOO_MANY, "at most %d custom roles", MAX_CUSTOM_ROLES);
    return e;
}

/* Moves the row of the name, if it is another one. */
static enum err
put_name(const struct rows *rows, struct store_view *view, struct store_write *w,
         const struct role_definition *d, const struct role_definition *old,
         struct access_fault *why)
{
    struct row_key k;
    struct span key;
    struct row row;
    enum err e;

    if (old != NULL && span_is_equal_nocase(old->name, d->name))
        return ERR_OK;
    e = name_key(&k, &d->tid, d->name, &key);
    if (e != ERR_OK)
        return e;
    e = row_get(rows, view, key, &row);
    if (e == ERR_OK)
        return role_refuse(why, FAULT_NAME_TAKEN, "role %.*s has that name", GUID_LEN,
                           row.payload.len == GUID_LEN ? (const char *)row.payload.ptr : "?");
    if (e != ERR_NOT_FOUND)
        return e;
    store_write_expect(w, key, 0);
    row_put(rows, w, key, span_str(d->id.text));
    if (old == NULL)
        return ERR_OK;
    e = name_key(&k, &d->tid, old->name, &key);
    if (e == ERR_OK)
        store_write_delete(w, key);
    return e;
}

static void
put_role(const struct rows *rows, struct store_write *w, const struct role_definition *d,
         const struct role_definition *old)
{
    struct row_key k;
    struct span key = role_key(&k, &d->tid, d->id.text);
    struct buf b;

    buf_init(&b, MAX_STORE_VALUE);
    pack_u8(sink_buf(&b), ROLE_FORMAT);
    pack_bytes(sink_buf(&b), d->name);
    pack_bytes(sink_buf(&b), d->description);
    pack_i64(sink_buf(&b), old != NULL ? old->created : d->created);
    pack_i64(sink_buf(&b), d->updated);
    pack_str(sink_buf(&b), old != NULL ? old->created_by.text : d->created_by.text);
    pack_str(sink_buf(&b), d->updated_by.text);
    permissions_pack(sink_buf(&b), d->permissions, d->npermissions);
    list_pack(sink_buf(&b), &d->scopes);
    store_write_expect(w, key, old != NULL ? old->revision : 0);
    row_put_buf(rows, w, key, &b);
}

enum err
role_definition_put(const struct rows *rows, struct store_view *view, struct store_write *w,
                    const struct role_definition *d, bool *created, struct access_fault *why)
{
    struct role_definition *old = NULL;
    enum err e;

    *created = false;
    *why = (struct access_fault){ 0 };
    e = check_role(rows, view, d, why);
    if (e == ERR_OK)
        e = role_definition_load(rows, view, &d->tid, &d->id, &old);
    if (e == ERR_NOT_FOUND) {
        *created = true;
        e = check_new(view, d, why);
    }
    if (e == ERR_OK)
        e = put_name(rows, view, w, d, old, why);
    if (e == ERR_OK)
        put_role(rows, w, d, old);
    role_definition_free(old);
    return e;
}

enum err
role_definition_delete(const struct rows *rows, struct store_view *view, struct store_write *w,
                       const struct role_definition *d, struct access_fault *why)
{
    struct row_key k;
    struct span key;
    bool assigned;
    enum err e;

    (void)rows;
    *why = (struct access_fault){ 0 };
    if (d->built_in || role_by_id(&d->id) != NULL)
        return role_refuse(why, FAULT_BUILT_IN, "a built-in role cannot be deleted");
    e = is_assigned(view, &d->id, &assigned);
    if (e != ERR_OK)
        return e;
    if (assigned)
        return role_refuse(why, FAULT_IN_USE, "there are assignments of the role");
    e = name_key(&k, &d->tid, d->name, &key);
    if (e != ERR_OK)
        return e;
    store_write_delete(w, key);
    key = role_key(&k, &d->tid, d->id.text);
    store_write_expect(w, key, d->revision);
    store_write_delete(w, key);
    return ERR_OK;
}

/* ----------------------------------------------------------------- questions */

enum err
role_definition_is_assignable(const struct rows *rows, struct store_view *view,
                              const struct role_definition *d, const struct guid *tid,
                              const struct scope *at, bool *out)
{
    struct scope_chain chain;
    struct scope s;
    enum err e;

    *out = d->built_in;
    if (d->built_in)
        return ERR_OK;
    e = scope_chain_load(rows, view, tid, at, &chain);
    for (unsigned i = 0; e == ERR_OK && i < d->scopes.n && !*out; i++)
        *out = scope_parse(d->scopes.at[i], &s) == ERR_OK &&
               scope_chain_covers(&chain, scope_span(&s), at);
    return e;
}

bool
role_definition_has_data_actions(const struct role_definition *d)
{
    for (unsigned i = 0; i < d->npermissions; i++)
        if (d->permissions[i].data_actions.n > 0)
            return true;
    return false;
}
