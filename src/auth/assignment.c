/* SPDX-License-Identifier: Apache-2.0 */
/*
 * assignment.c - assignments as four rows that come and go together.
 *
 * The principal leads the first key, since every decision asks "what has this
 * one?". The scope leads the second: its text and an empty part, so that the
 * rows at a scope stand together and before those below it. The role leads the
 * fourth: it refuses a second assignment that says the same, and knows whether a
 * role is in use.
 */
#include "auth/assignment.h"

#include "auth/assignment_int.h"
#include "auth/condition.h"
#include "codec/pack.h"

enum { ASSIGNMENT_FORMAT = 2 };

bool
assignment_scope_make(struct span s, char out[static MAX_SCOPE + 1])
{
    struct scope scope;

    out[0] = '\0';
    return scope_parse(s, &scope) == ERR_OK &&
           span_copy_str(scope_span(&scope), out, MAX_SCOPE + 1);
}

bool
assignment_scope_covers(const char *scope, struct span resource)
{
    return scope_covers(span_str(scope), resource);
}

struct span
assignment_key(struct row_key *k, const struct guid *principal, const char *id)
{
    return row_key_make(k, "ra", principal->text, id, NULL);
}

/* scope without its slash: the root's is an empty part. */
struct span
assignment_scope_key(struct row_key *k, const char *scope, const char *id)
{
    return row_key_make(k, "rs", scope + 1, "", id, NULL);
}

static struct span
id_key(struct row_key *k, const struct guid *id)
{
    return row_key_make(k, "ri", id->text, NULL);
}

struct span
assignment_unique_key(struct row_key *k, const struct assignment *a)
{
    return row_key_make(k, "ru", a->role.text, a->principal.text, a->scope + 1, NULL);
}

void
assignment_store(const struct rows *rows, struct store_write *w, const struct assignment *a)
{
    struct row_key k;
    struct buf b;

    bug_on(a->scope[0] != '/' || a->tid.text[0] == '\0');
    buf_init(&b, 16 * 1024);
    pack_u8(sink_buf(&b), ASSIGNMENT_FORMAT);
    pack_u8(sink_buf(&b), (uint8_t)a->kind);
    pack_str(sink_buf(&b), a->tid.text);
    pack_str(sink_buf(&b), a->role.text);
    pack_str(sink_buf(&b), a->scope);
    pack_i64(sink_buf(&b), a->created);
    pack_i64(sink_buf(&b), a->updated);
    pack_str(sink_buf(&b), a->created_by.text);
    pack_str(sink_buf(&b), a->updated_by.text);
    pack_bytes(sink_buf(&b), a->description);
    pack_bytes(sink_buf(&b), a->condition);
    pack_bytes(sink_buf(&b), a->delegated_identity);
    row_put_buf(rows, w, assignment_key(&k, &a->principal, a->id.text), &b);
    row_put(rows, w, assignment_scope_key(&k, a->scope, a->id.text),
            span_str(a->principal.text));
    row_put(rows, w, id_key(&k, &a->id), span_str(a->principal.text));
    row_put(rows, w, assignment_unique_key(&k, a), span_str(a->id.text));
}

void
assignment_delete(struct store_write *w, const struct assignment *a)
{
    struct row_key k;

    store_write_delete(w, assignment_key(&k, &a->principal, a->id.text));
    store_write_delete(w, assignment_scope_key(&k, a->scope, a->id.text));
    store_write_delete(w, id_key(&k, &a->id));
    store_write_delete(w, assignment_unique_key(&k, a));
}

/* id and principal come from the key, which the tag covers. */
static enum err
read_payload(struct span payload, struct assignment *a)
{
    struct unpack u = unpack_of(payload);
    uint8_t format = unpack_u8(&u), kind = unpack_u8(&u);
    struct span tid = unpack_bytes(&u, GUID_LEN), role = unpack_bytes(&u, GUID_LEN), by, last;

    if (format != ASSIGNMENT_FORMAT || kind == 0 || kind >= ASSIGNEE__MAX)
        return ERR_FORMAT;
    a->kind = (enum assignee)kind;
    unpack_str(&u, a->scope, sizeof(a->scope));
    a->created = unpack_i64(&u);
    a->updated = unpack_i64(&u);
    by = unpack_bytes(&u, GUID_LEN);
    last = unpack_bytes(&u, GUID_LEN);
    a->description = unpack_bytes(&u, MAX_ASSIGNMENT_DESCRIPTION * 4);
    a->condition = unpack_bytes(&u, MAX_CONDITION);
    a->delegated_identity = unpack_bytes(&u, MAX_SCOPE);
    if (unpack_end(&u) != ERR_OK || a->scope[0] != '/' || !guid_parse(role, &a->role) ||
        !guid_parse(tid, &a->tid) || (by.len > 0 && !guid_parse(by, &a->created_by)) ||
        (last.len > 0 && !guid_parse(last, &a->updated_by)))
        return ERR_FORMAT;
    return ERR_OK;
}

enum err
assignment_load(const struct rows *rows, struct store_view *view, const struct guid *principal,
                const struct guid *id, struct assignment *out)
{
    struct row_key k;
    struct row row;
    enum err e;

    *out = (struct assignment){ .id = *id, .principal = *principal };
    e = row_get(rows, view, assignment_key(&k, principal, id->text), &row);
    if (e != ERR_OK)
        return e;
    out->revision = row.revision;
    return read_payload(row.payload, out);
}

enum err
assignment_find(const struct rows *rows, struct store_view *view, const struct guid *tid,
                const struct guid *id, struct assignment *out)
{
    struct guid principal;
    struct row_key k;
    struct row row;
    enum err e = row_get(rows, view, id_key(&k, id), &row);

    *out = (struct assignment){ .id = *id };
    if (e != ERR_OK)
        return e;
    if (!guid_parse(row.payload, &principal))
        return ERR_FORMAT;
    e = assignment_load(rows, view, &principal, id, out);
    if (e == ERR_OK && !guid_is_equal(&out->tid, tid))
        e = ERR_NOT_FOUND;
    return e;
}

struct visit {
    const struct rows *rows;
    struct guid principal;
    size_t prefix_len;
    assignment_fn fn;
    void *arg;
    enum err err;
};

static bool
visit_row(void *arg, const struct store_row *sr)
{
    struct visit *v = arg;
    struct assignment a = { .principal = v->principal, .revision = sr->revision };
    struct row row;

    v->err = row_check(v->rows, sr, &row);
    if (v->err != ERR_OK)
        return false;
    if (!guid_parse(span_tail(sr->key, v->prefix_len), &a.id))
        v->err = ERR_FORMAT;
    else
        v->err = read_payload(row.payload, &a);
    return v->err == ERR_OK && v->fn(v->arg, &a);
}

enum err
assignment_scan(const struct rows *rows, struct store_view *view, const struct guid *principal,
                struct span after, assignment_fn fn, void *arg)
{
    struct visit v = { .rows = rows, .principal = *principal, .fn = fn, .arg = arg };
    struct row_key k;
    struct span prefix = assignment_key(&k, principal, "");
    enum err e;

    v.prefix_len = prefix.len;
    e = store_scan(view, prefix, after, MAX_ASSIGNMENTS_OF_PRINCIPAL, visit_row, &v);
    return e == ERR_OK ? v.err : e;
}

enum err
assignment_each(const struct rows *rows, struct store_view *view, const struct guid *principal,
                assignment_fn fn, void *arg)
{
    return assignment_scan(rows, view, principal, (struct span){ 0 }, fn, arg);
}
