/* SPDX-License-Identifier: Apache-2.0 */
/*
 * group.c - groups as rows, and the closure of membership.
 *
 * The closure goes breadth first, level by level. A group that was seen is not
 * entered again, so circles end; depth and number are bounded. Groups only
 * grant, so a cut closure errs towards denial.
 */
#include "auth/group.h"

#include "codec/pack.h"

enum { GROUP_FORMAT = 1, MEMBER_FORMAT = 1 };

static struct span
group_key(struct row_key *k, const struct guid *tid, const struct guid *id)
{
    return row_key_make(k, "g", tid->text, id->text, NULL);
}

enum err
group_load(const struct rows *rows, struct store_view *view, const struct guid *tid,
           const struct guid *id, struct group *out)
{
    struct row_key k;
    struct unpack u;
    struct row row;
    enum err e;

    *out = (struct group){ .tid = *tid, .id = *id };
    e = row_get(rows, view, group_key(&k, tid, id), &row);
    if (e != ERR_OK)
        return e;
    u = unpack_of(row.payload);
    if (unpack_u8(&u) != GROUP_FORMAT)
        return ERR_FORMAT;
    out->created = unpack_i64(&u);
    unpack_str(&u, out->name, sizeof(out->name));
    out->revision = row.revision;
    return unpack_end(&u);
}

void
group_store(const struct rows *rows, struct store_write *w, const struct group *g,
            uint64_t expect)
{
    struct row_key k;
    struct span key = group_key(&k, &g->tid, &g->id);
    struct buf b;

    buf_init(&b, 512);
    pack_u8(sink_buf(&b), GROUP_FORMAT);
    pack_i64(sink_buf(&b), g->created);
    pack_str(sink_buf(&b), g->name);
    if (b.err != ERR_OK && w->bytes.err == ERR_OK)
        w->bytes.err = b.err;
    store_write_expect(w, key, expect);
    row_put(rows, w, key, buf_span(&b));
    buf_release(&b);
}

void
group_delete(struct store_write *w, const struct group *g)
{
    struct row_key k;

    store_write_delete(w, group_key(&k, &g->tid, &g->id));
}

static struct span
member_key(struct row_key *k, const struct group *g, const struct guid *member)
{
    return row_key_make(k, "gm", g->tid.text, member->text, g->id.text, NULL);
}

static struct span
holder_key(struct row_key *k, const struct group *g, const char *member)
{
    return row_key_make(k, "gr", g->tid.text, g->id.text, member, NULL);
}

void
group_add_member(const struct rows *rows, struct store_write *w, const struct group *g,
                 const struct guid *member)
{
    static const uint8_t format = MEMBER_FORMAT;
    struct row_key k;

    row_put(rows, w, member_key(&k, g, member), span_of(&format, 1));
    row_put(rows, w, holder_key(&k, g, member->text), span_of(&format, 1));
}

void
group_remove_member(struct store_write *w, const struct group *g, const struct guid *member)
{
    struct row_key k;

    store_write_delete(w, member_key(&k, g, member));
    store_write_delete(w, holder_key(&k, g, member->text));
}

bool
group_has_member(struct store_view *view, const struct group *g, const struct guid *member)
{
    struct store_row row;
    struct row_key k;

    return store_get(view, member_key(&k, g, member), &row) == ERR_OK;
}

struct visit {
    const struct rows *rows;
    size_t prefix_len;
    group_id_fn fn;
    void *arg;
    enum err err;
};

static bool
visit_row(void *arg, const struct store_row *sr)
{
    struct visit *v = arg;
    struct guid id;
    struct row row;

    v->err = row_check(v->rows, sr, &row);
    if (v->err == ERR_OK && (row.payload.len != 1 || row.payload.ptr[0] != MEMBER_FORMAT ||
                             !guid_parse(span_tail(sr->key, v->prefix_len), &id)))
        v->err = ERR_FORMAT;
    return v->err == ERR_OK && v->fn(v->arg, &id);
}

static enum err
visit_all(const struct rows *rows, struct store_view *view, struct span prefix,
          const char *after, size_t limit, group_id_fn fn, void *arg)
{
    struct visit v = { .rows = rows, .prefix_len = prefix.len, .fn = fn, .arg = arg };
    char key[MAX_STORE_KEY + 1];
    int n =
        snprintf(key, sizeof(key), "%.*s%s", (int)prefix.len, (const char *)prefix.ptr, after);
    enum err e;

    bug_on(n < 0 || (size_t)n >= sizeof(key));
    e = store_scan(view, prefix, after[0] == '\0' ? (struct span){ 0 } : span_str(key), limit,
                   visit_row, &v);
    return e == ERR_OK ? v.err : e;
}

enum err
group_each_member(const struct rows *rows, struct store_view *view, const struct group *g,
                  const char *after, size_t limit, group_id_fn fn, void *arg)
{
    struct row_key k;

    return visit_all(rows, view, holder_key(&k, g, ""), after, limit, fn, arg);
}

enum err
group_each_holder(const struct rows *rows, struct store_view *view, const struct guid *tid,
                  const struct guid *member, size_t limit, group_id_fn fn, void *arg)
{
    struct row_key k;

    return visit_all(rows, view, row_key_make(&k, "gm", tid->text, member->text, "", NULL), "",
                     limit, fn, arg);
}

struct walk {
    const struct rows *rows;
    const struct guid *tid;
    struct group_set *set;
    size_t prefix_len;
    enum err err;
};

/* Room grows with what is there: most principals are in no group at all. */
static enum err
set_add(struct group_set *s, const struct guid *id)
{
    if (group_set_has(s, id))
        return ERR_OK;
    if (s->n == MAX_GROUPS_OF_PRINCIPAL) {
        s->cut = true;
        return ERR_OK;
    }
    if (s->n == s->cap) {
        unsigned cap = s->cap == 0 ? 16 : 2 * s->cap;
        struct guid *more = reallocarray(s->ids, cap, sizeof(*more));

        if (more == NULL)
            return ERR_NOMEM;
        s->ids = more;
        s->cap = cap;
    }
    s->ids[s->n++] = *id;
    return ERR_OK;
}

static bool
walk_row(void *arg, const struct store_row *sr)
{
    struct walk *w = arg;
    struct guid id;
    struct row row;

    w->err = row_check(w->rows, sr, &row);
    if (w->err != ERR_OK)
        return false;
    if (row.payload.len != 1 || row.payload.ptr[0] != MEMBER_FORMAT ||
        !guid_parse(span_tail(sr->key, w->prefix_len), &id))
        w->err = ERR_FORMAT;
    else
        w->err = set_add(w->set, &id);
    return w->err == ERR_OK && !w->set->cut;
}

/* Adds the groups that hold member directly. */
static enum err
walk_member(struct walk *w, struct store_view *view, const struct guid *member)
{
    struct row_key k;
    struct span prefix = row_key_make(&k, "gm", w->tid->text, member->text, "", NULL);
    enum err e;

    w->prefix_len = prefix.len;
    e = store_scan(view, prefix, (struct span){ 0 }, MAX_GROUPS_OF_PRINCIPAL + 1, walk_row, w);
    return e == ERR_OK ? w->err : e;
}

/* Drops the groups from `from` on that exist no longer. */
static enum err
drop_dead(struct walk *w, struct store_view *view, unsigned from)
{
    struct group_set *s = w->set;
    unsigned kept = from;

    for (unsigned i = from; i < s->n; i++) {
        struct group g;
        enum err e = group_load(w->rows, view, w->tid, &s->ids[i], &g);

        if (e == ERR_OK)
            s->ids[kept++] = s->ids[i];
        else if (e != ERR_NOT_FOUND)
            return e;
    }
    s->n = kept;
    return ERR_OK;
}

enum err
group_closure(const struct rows *rows, struct store_view *view, const struct guid *tid,
              const struct guid *oid, struct group_set *out)
{
    struct walk w = { .rows = rows, .tid = tid, .set = out };
    unsigned level = 0;
    enum err e;

    *out = (struct group_set){ 0 };
    e = walk_member(&w, view, oid);
    for (unsigned depth = 1; e == ERR_OK; depth++) {
        unsigned end;

        e = drop_dead(&w, view, level);
        end = out->n;
        if (e != ERR_OK || level == end)
            break;
        if (depth == MAX_GROUP_DEPTH) {
            out->cut = true;
            break;
        }
        for (; level < end && e == ERR_OK; level++) {
            struct guid member = out->ids[level]; /* the array may move */

            e = walk_member(&w, view, &member);
        }
    }
    if (e != ERR_OK)
        group_set_release(out);
    return e;
}

void
group_set_release(struct group_set *s)
{
    free(s->ids);
    *s = (struct group_set){ 0 };
}

bool
group_set_has(const struct group_set *s, const struct guid *id)
{
    for (unsigned i = 0; i < s->n; i++)
        if (guid_is_equal(&s->ids[i], id))
            return true;
    return false;
}
