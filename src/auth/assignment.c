/* SPDX-License-Identifier: Apache-2.0 */
/*
 * assignment.c - assignments as rows, and what a scope covers.
 *
 * The principal leads the key, since every decision asks "what has this one?";
 * the second row answers "who has something here?" for lists and clean-up.
 */
#include "auth/assignment.h"

#include "codec/pack.h"

enum { ASSIGNMENT_FORMAT = 1 };

bool
assignment_scope_make(struct span s, char out[static MAX_SCOPE + 1])
{
    size_t len = 0;

    out[0] = '\0';
    while (s.len > 1 && s.ptr[s.len - 1] == '/')
        s = span_head(s, s.len - 1);
    if (s.len == 0 || s.len > MAX_SCOPE || s.ptr[0] != '/')
        return false;
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = s.ptr[i];

        if (c <= ' ' || c > '~' || (c == '/' && i > 0 && s.ptr[i - 1] == '/')) {
            out[0] = '\0';
            return false;
        }
        out[len++] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
    }
    out[len] = '\0';
    return true;
}

bool
assignment_scope_covers(const char *scope, struct span resource)
{
    struct span s = span_str(scope);

    if (s.len == 1 && s.ptr[0] == '/')
        return resource.len > 0 && resource.ptr[0] == '/';
    if (s.len == 0 || !span_has_prefix(resource, s))
        return false;
    /* ".../rg1" is no prefix of ".../rg10": a segment must end here. */
    return resource.len == s.len || resource.ptr[s.len] == '/';
}

/* Key of the way back; the root's scope is an empty part. */
static struct span
back_key(struct row_key *k, const struct assignment *a)
{
    return row_key_make(k, "rs", a->scope + 1, a->id.text, NULL);
}

void
assignment_store(const struct rows *rows, struct store_write *w, const struct assignment *a)
{
    struct row_key k;
    struct buf b;
    struct sink to;

    bug_on(a->scope[0] != '/');
    buf_init(&b, 1024);
    to = sink_buf(&b);
    pack_u8(to, ASSIGNMENT_FORMAT);
    pack_u8(to, (uint8_t)a->kind);
    pack_str(to, a->role.text);
    pack_str(to, a->scope);
    pack_i64(to, a->created);
    if (b.err != ERR_OK && w->bytes.err == ERR_OK)
        w->bytes.err = b.err;
    row_put(rows, w, row_key_make(&k, "ra", a->principal.text, a->id.text, NULL), buf_span(&b));
    row_put(rows, w, back_key(&k, a), span_str(a->principal.text));
    buf_release(&b);
}

void
assignment_delete(struct store_write *w, const struct assignment *a)
{
    struct row_key k;

    store_write_delete(w, row_key_make(&k, "ra", a->principal.text, a->id.text, NULL));
    store_write_delete(w, back_key(&k, a));
}

/* id and principal come from the key, which the tag covers. */
static enum err
read_payload(struct span payload, struct assignment *a)
{
    struct unpack u = unpack_of(payload);
    uint8_t format = unpack_u8(&u), kind = unpack_u8(&u);
    struct span role;

    if (format != ASSIGNMENT_FORMAT || kind == 0 || kind >= ASSIGNEE__MAX)
        return ERR_FORMAT;
    a->kind = (enum assignee)kind;
    role = unpack_bytes(&u, GUID_LEN);
    unpack_str(&u, a->scope, sizeof(a->scope));
    a->created = unpack_i64(&u);
    if (unpack_end(&u) != ERR_OK || a->scope[0] != '/' || !guid_parse(role, &a->role))
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
    e = row_get(rows, view, row_key_make(&k, "ra", principal->text, id->text, NULL), &row);
    if (e != ERR_OK)
        return e;
    return read_payload(row.payload, out);
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
    struct assignment a = { .principal = v->principal };
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
assignment_each(const struct rows *rows, struct store_view *view, const struct guid *principal,
                assignment_fn fn, void *arg)
{
    struct visit v = { .rows = rows, .principal = *principal, .fn = fn, .arg = arg };
    struct row_key k;
    struct span prefix = row_key_make(&k, "ra", principal->text, "", NULL);
    enum err e;

    v.prefix_len = prefix.len;
    e = store_scan(view, prefix, (struct span){ 0 }, MAX_ASSIGNMENTS_OF_PRINCIPAL, visit_row,
                   &v);
    return e == ERR_OK ? v.err : e;
}
