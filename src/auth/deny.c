/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deny.c - deny assignments as rows. What cannot be read completely is an
 * error, never an empty list: a denial that is overlooked is a grant.
 */
#include "auth/deny.h"

#include <stdlib.h>

#include "auth/condition.h"
#include "auth/role_definition_int.h"
#include "auth/scope_tree.h"

enum { DENY_FORMAT = 1 };

/* Two that come at a time may pass the limit; twice as many are a damaged store. */

struct stored {
    struct deny d; /* first: what callers hold */
    struct role_permission permissions[MAX_ROLE_PERMISSIONS];
    struct span_pool pool;
    struct deny_principal *people; /* principals, then excluded */
    uint8_t *bytes;
};

void
deny_free(struct deny *d)
{
    struct stored *s = (struct stored *)d;

    if (s == NULL)
        return;
    free(s->pool.at);
    free(s->people);
    free(s->bytes);
    free(s);
}

static struct span
deny_key(struct row_key *k, const struct guid *tid, const char *id)
{
    return row_key_make(k, "da", tid->text, id, NULL);
}

static bool
read_people(struct unpack *u, struct deny_principal *to, unsigned *n)
{
    *n = unpack_u16(u);
    if (*n > MAX_DENY_PRINCIPALS)
        return false;
    for (unsigned i = 0; i < *n; i++) {
        struct span id = unpack_bytes(u, GUID_LEN);
        uint8_t kind = unpack_u8(u);

        if (!guid_parse(id, &to[i].id) || kind >= ASSIGNEE__MAX)
            return false;
        to[i].kind = (enum assignee)kind;
    }
    return u->err == ERR_OK;
}

static bool
guid_or_none(struct unpack *u, struct guid *out)
{
    struct span s = unpack_bytes(u, GUID_LEN);

    *out = (struct guid){ 0 };
    return s.len == 0 || guid_parse(s, out);
}

static enum err
read_deny(struct span payload, struct stored *s)
{
    struct deny *d = &s->d;
    struct unpack u = unpack_of(payload);
    uint8_t flags;
    bool ok;

    if (unpack_u8(&u) != DENY_FORMAT)
        return ERR_FORMAT;
    unpack_str(&u, d->scope, sizeof(d->scope));
    flags = unpack_u8(&u);
    d->not_below = (flags & 1) != 0;
    d->system = (flags & 2) != 0;
    d->name = unpack_bytes(&u, MAX_DENY_NAME * 4);
    d->description = unpack_bytes(&u, MAX_ROLE_DESCRIPTION * 4);
    d->condition = unpack_bytes(&u, MAX_CONDITION);
    d->created = unpack_i64(&u);
    d->updated = unpack_i64(&u);
    d->permissions = s->permissions;
    d->principals = s->people;
    ok = guid_or_none(&u, &d->created_by) && guid_or_none(&u, &d->updated_by) &&
         permissions_read(&u, &s->pool, s->permissions, &d->npermissions) &&
         read_people(&u, s->people, &d->nprincipals);
    if (!ok)
        return ERR_FORMAT;
    d->excluded = s->people + d->nprincipals;
    if (!read_people(&u, s->people + d->nprincipals, &d->nexcluded) ||
        unpack_end(&u) != ERR_OK || d->scope[0] != '/')
        return ERR_FORMAT;
    return ERR_OK;
}

static enum err
from_row(const struct guid *tid, const struct guid *id, const struct row *row,
         struct deny **out)
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
    s->people = calloc(2 * MAX_DENY_PRINCIPALS, sizeof(*s->people));
    if (s->bytes == NULL || s->people == NULL ||
        span_pool_init(&s->pool, row->payload.len) != ERR_OK)
        goto out;
    memcpy(s->bytes, row->payload.ptr, row->payload.len);
    e = read_deny(span_of(s->bytes, row->payload.len), s);
    if (e != ERR_OK)
        goto out;
    *out = &s->d;
    s = NULL;
out:
    if (s != NULL)
        deny_free(&s->d);
    return e;
}

enum err
deny_load(const struct rows *rows, struct store_view *view, const struct guid *tid,
          const struct guid *id, struct deny **out)
{
    struct row_key k;
    struct row row;
    enum err e = row_get(rows, view, deny_key(&k, tid, id->text), &row);

    *out = NULL;
    return e == ERR_OK ? from_row(tid, id, &row, out) : e;
}

struct visit {
    const struct rows *rows;
    const struct guid *tid;
    const struct scope *scope;
    const struct scope_chain *chain;
    bool at_scope;
    size_t prefix_len;
    unsigned n;
    deny_fn fn;
    void *arg;
    enum err err;
};

static bool
is_wanted(const struct visit *v, const struct deny *d)
{
    struct span there = span_str(d->scope);

    return v->scope == NULL || scope_chain_covers(v->chain, there, v->scope) ||
           (!v->at_scope && scope_covers(scope_span(v->scope), there));
}

static bool
visit_row(void *arg, const struct store_row *sr)
{
    struct visit *v = arg;
    struct guid id;
    struct deny *d;
    struct row row;
    bool on;

    if (v->n++ == 2 * MAX_DENIES) {
        v->err = ERR_TOO_LARGE;
        return false;
    }
    v->err = row_check(v->rows, sr, &row);
    if (v->err == ERR_OK && !guid_parse(span_tail(sr->key, v->prefix_len), &id))
        v->err = ERR_FORMAT;
    if (v->err == ERR_OK)
        v->err = from_row(v->tid, &id, &row, &d);
    if (v->err != ERR_OK)
        return false;
    on = !is_wanted(v, d) || v->fn(v->arg, d);
    deny_free(d);
    return on;
}

enum err
deny_each(const struct rows *rows, struct store_view *view, const struct guid *tid,
          const struct scope *scope, bool at_scope, deny_fn fn, void *arg)
{
    struct scope_chain chain = { 0 };
    struct visit v = { .rows = rows,
                       .tid = tid,
                       .scope = scope,
                       .chain = &chain,
                       .at_scope = at_scope,
                       .fn = fn,
                       .arg = arg };
    struct row_key k;
    struct span prefix = deny_key(&k, tid, "");
    enum err e = ERR_OK;

    if (scope != NULL)
        e = scope_chain_load(rows, view, tid, scope, &chain);
    if (e != ERR_OK || (scope != NULL && !guid_is_equal(&chain.tid, tid)))
        return e;
    v.prefix_len = prefix.len;
    e = store_scan(view, prefix, (struct span){ 0 }, SIZE_MAX, visit_row, &v);
    return e == ERR_OK ? v.err : e;
}

static bool
count_row(void *arg, const struct store_row *sr)
{
    (void)sr;
    ++*(unsigned *)arg;
    return true;
}

static enum err
check_deny(const struct deny *d, struct access_fault *why)
{
    struct condition_fault at;
    struct condition *c = NULL;
    struct scope s;
    enum err e;

    if (scope_parse(span_str(d->scope), &s) != ERR_OK ||
        !span_is_equal(scope_span(&s), span_str(d->scope)))
        return role_refuse(why, FAULT_BAD_SCOPE, "not a scope");
    if (d->name.len > MAX_DENY_NAME * 4 || !role_text_is_ok(d->name, MAX_DENY_NAME) ||
        d->description.len > MAX_ROLE_DESCRIPTION * 4 ||
        !role_text_is_ok(d->description, MAX_ROLE_DESCRIPTION))
        return role_refuse(why, FAULT_BAD_NAME, "name or description");
    if (d->nprincipals == 0)
        return role_refuse(why, FAULT_EMPTY, "nobody is denied");
    if (d->nprincipals > MAX_DENY_PRINCIPALS || d->nexcluded > MAX_DENY_PRINCIPALS)
        return role_refuse(why, FAULT_TOO_MANY, "at most %d principals", MAX_DENY_PRINCIPALS);
    e = permissions_check(d->permissions, d->npermissions, why);
    if (e != ERR_OK || d->condition.len == 0)
        return e;
    e = condition_parse(d->condition, &c, &at);
    condition_free(c);
    if (e == ERR_SYNTAX || e == ERR_TOO_LARGE)
        return role_refuse(why, FAULT_BAD_CONDITION, "%s, at character %zu", at.what,
                           at.at + 1);
    return e;
}

static void
pack_people(struct sink k, const struct deny_principal *p, unsigned n)
{
    pack_u16(k, (uint16_t)n);
    for (unsigned i = 0; i < n; i++) {
        pack_str(k, p[i].id.text);
        pack_u8(k, (uint8_t)p[i].kind);
    }
}

enum err
deny_put(const struct rows *rows, struct store_view *view, struct store_write *w,
         const struct deny *d, struct access_fault *why)
{
    struct row_key k;
    struct span prefix = deny_key(&k, &d->tid, "");
    unsigned n = 0;
    struct buf b;
    enum err e;

    *why = (struct access_fault){ 0 };
    e = check_deny(d, why);
    if (e == ERR_OK)
        e = store_scan(view, prefix, (struct span){ 0 }, MAX_DENIES, count_row, &n);
    if (e == ERR_OK && n >= MAX_DENIES)
        e = role_refuse(why, FAULT_TOO_MANY, "at most %d deny assignments", MAX_DENIES);
    if (e != ERR_OK)
        return e;
    buf_init(&b, MAX_STORE_VALUE);
    pack_u8(sink_buf(&b), DENY_FORMAT);
    pack_str(sink_buf(&b), d->scope);
    pack_u8(sink_buf(&b), (uint8_t)((d->not_below ? 1 : 0) | (d->system ? 2 : 0)));
    pack_bytes(sink_buf(&b), d->name);
    pack_bytes(sink_buf(&b), d->description);
    pack_bytes(sink_buf(&b), d->condition);
    pack_i64(sink_buf(&b), d->created);
    pack_i64(sink_buf(&b), d->updated);
    pack_str(sink_buf(&b), d->created_by.text);
    pack_str(sink_buf(&b), d->updated_by.text);
    permissions_pack(sink_buf(&b), d->permissions, d->npermissions);
    pack_people(sink_buf(&b), d->principals, d->nprincipals);
    pack_people(sink_buf(&b), d->excluded, d->nexcluded);
    row_put_buf(rows, w, deny_key(&k, &d->tid, d->id.text), &b);
    return ERR_OK;
}

void
deny_delete(struct store_write *w, const struct guid *tid, const struct guid *id)
{
    struct row_key k;

    store_write_delete(w, deny_key(&k, tid, id->text));
}
