/* SPDX-License-Identifier: Apache-2.0 */
/* owner.c - owners as rows, and the end of an object. */
#include "auth/owner.h"

#include "auth/assignment.h"
#include "auth/profile.h"
#include "auth/role.h"

enum { OWNER_FORMAT = 1, FORGET_MAX = 1000 };

#define DIRECTORY_READERS "88d8e3e3-8f55-4a1e-953a-9b9898b8876b"

static struct span
owner_key(struct row_key *k, const struct guid *tid, const struct guid *object,
          const char *owner)
{
    return row_key_make(k, "ow", tid->text, object->text, owner, NULL);
}

void
owner_add(const struct rows *rows, struct store_write *w, const struct guid *tid,
          const struct guid *object, const struct guid *owner)
{
    static const uint8_t format = OWNER_FORMAT;
    struct row_key k;

    row_put(rows, w, owner_key(&k, tid, object, owner->text), span_of(&format, 1));
}

void
owner_remove(struct store_write *w, const struct guid *tid, const struct guid *object,
             const struct guid *owner)
{
    struct row_key k;

    store_write_delete(w, owner_key(&k, tid, object, owner->text));
}

bool
owner_is(struct store_view *view, const struct guid *tid, const struct guid *object,
         const struct guid *owner)
{
    struct store_row row;
    struct row_key k;

    return store_get(view, owner_key(&k, tid, object, owner->text), &row) == ERR_OK;
}

struct visit {
    size_t prefix_len;
    group_id_fn fn;
    void *arg;
};

static bool
visit_row(void *arg, const struct store_row *sr)
{
    struct visit *v = arg;
    struct guid id;

    return !guid_parse(span_tail(sr->key, v->prefix_len), &id) || v->fn(v->arg, &id);
}

enum err
owner_each(struct store_view *view, const struct guid *tid, const struct guid *object,
           group_id_fn fn, void *arg)
{
    struct row_key k;
    struct span prefix = owner_key(&k, tid, object, "");
    struct visit v = { .prefix_len = prefix.len, .fn = fn, .arg = arg };

    return store_scan(view, prefix, (struct span){ 0 }, MAX_OWNERS + 1, visit_row, &v);
}

/* ------------------------------------------------------------------ the end */

struct forgetting {
    const struct rows *rows;
    struct store_view *view;
    struct store_write *w;
    const struct guid *tid, *id;
    unsigned n;
};

static bool
leave_group(void *arg, const struct guid *gid)
{
    struct forgetting *f = arg;
    struct group g = { .tid = *f->tid, .id = *gid };

    group_remove_member(f->w, &g, f->id);
    return true;
}

static bool
put_out(void *arg, const struct guid *member)
{
    struct forgetting *f = arg;
    struct group g = { .tid = *f->tid, .id = *f->id };

    group_remove_member(f->w, &g, member);
    return true;
}

static bool
disown(void *arg, const struct guid *owner)
{
    struct forgetting *f = arg;

    owner_remove(f->w, f->tid, f->id, owner);
    return true;
}

static bool
unassign(void *arg, const struct assignment *a)
{
    struct forgetting *f = arg;

    if (guid_is_equal(&a->tid, f->tid))
        assignment_delete(f->w, a);
    return ++f->n < FORGET_MAX;
}

enum err
object_forget(const struct rows *rows, struct store_view *view, struct store_write *w,
              const struct guid *tid, const struct guid *id)
{
    struct forgetting f = { .rows = rows, .view = view, .w = w, .tid = tid, .id = id };
    struct group g = { .tid = *tid, .id = *id };
    enum err e = group_each_holder(rows, view, tid, id, FORGET_MAX, leave_group, &f);

    if (e == ERR_OK)
        e = group_each_member(rows, view, &g, "", FORGET_MAX, put_out, &f);
    if (e == ERR_OK)
        e = owner_each(view, tid, id, disown, &f);
    if (e == ERR_OK)
        e = assignment_each(rows, view, id, unassign, &f);
    profile_delete(w, tid, id);
    return e;
}

struct judging {
    const struct guid *tid;
    bool found;
};

static bool
judge(void *arg, const struct assignment *a)
{
    struct judging *j = arg;

    j->found = guid_is_equal(&a->tid, j->tid) && role_is_directory(&a->role) &&
               strcmp(a->role.text, DIRECTORY_READERS) != 0;
    return !j->found;
}

enum err
object_is_privileged(const struct rows *rows, struct store_view *view, const struct guid *tid,
                     const struct guid *id, bool *out)
{
    struct judging j = { .tid = tid };
    enum err e = assignment_each(rows, view, id, judge, &j);

    *out = e != ERR_OK || j.found;
    return e;
}
