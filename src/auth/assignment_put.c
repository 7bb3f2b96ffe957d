/* SPDX-License-Identifier: Apache-2.0 */
/*
 * assignment_put.c - what may be assigned, and taking assignments away.
 *
 * What a rule was decided on is named in the write: that the role is as it was
 * read, that nobody else has said the same meanwhile.
 */
#include "auth/assignment_int.h"
#include "auth/condition.h"
#include "auth/group.h"
#include "auth/principal.h"
#include "auth/role.h"
#include "auth/role_definition_int.h"

#define OWNER "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"

static enum err
check_texts(const struct assignment *a, struct access_fault *why)
{
    struct condition_fault at;
    struct condition *c = NULL;
    struct scope s;
    enum err e = ERR_OK;

    if (a->description.len > MAX_ASSIGNMENT_DESCRIPTION * 4 ||
        !role_text_is_ok(a->description, MAX_ASSIGNMENT_DESCRIPTION))
        return role_refuse(why, FAULT_BAD_DESCRIPTION, "at most %d characters",
                           MAX_ASSIGNMENT_DESCRIPTION);
    if (a->delegated_identity.len > 0 &&
        (a->delegated_identity.len > MAX_SCOPE ||
         scope_parse(a->delegated_identity, &s) != ERR_OK || s.kind != SCOPE_RESOURCE))
        return role_refuse(why, FAULT_BAD_IDENTITY, "not the id of a resource");
    if (a->condition.len > 0) {
        e = condition_parse(a->condition, &c, &at);
        condition_free(c);
    }
    if (e == ERR_SYNTAX || e == ERR_TOO_LARGE)
        return role_refuse(why, FAULT_BAD_CONDITION, "%s, at character %zu", at.what,
                           at.at + 1);
    return e;
}

/* Who is that, according to the directory? ERR_NOT_FOUND: nobody. */
static enum err
find_kind(const struct rows *rows, struct store_view *view, const struct assignment *a,
          enum assignee *out)
{
    struct principal p;
    struct group g;
    enum err e = principal_load(rows, view, &a->tid, &a->principal, &p);

    *out = p.kind == PRINCIPAL_USER ? ASSIGNEE_USER : ASSIGNEE_SERVICE;
    if (e != ERR_NOT_FOUND)
        return e;
    *out = ASSIGNEE_GROUP;
    return group_load(rows, view, &a->tid, &a->principal, &g);
}

static enum err
check_principal(const struct rows *rows, struct store_view *view, const struct assignment *a,
                unsigned flags, struct access_fault *why)
{
    enum assignee found;
    enum err e = find_kind(rows, view, a, &found);

    if (e == ERR_NOT_FOUND)
        return (flags & ASSIGNMENT_TRUSTED) != 0 && a->kind == ASSIGNEE_SERVICE
                   ? ERR_OK
                   : role_refuse(why, FAULT_NO_PRINCIPAL, "%s", a->principal.text);
    if (e == ERR_OK && a->kind != found)
        return role_refuse(why, FAULT_PRINCIPAL_KIND, "the directory says another type");
    return e;
}

static enum err
check_role(const struct rows *rows, struct store_view *view, struct store_write *w,
           const struct assignment *a, const struct scope *at, struct access_fault *why)
{
    struct role_definition *role = NULL;
    struct row_key k;
    bool fits = false;
    enum err e = role_definition_load(rows, view, &a->tid, &a->role, &role);

    if (e == ERR_NOT_FOUND)
        return role_refuse(why, FAULT_NO_ROLE, "%s", a->role.text);
    if (e != ERR_OK)
        return e;
    e = role_definition_is_assignable(rows, view, role, &a->tid, at, &fits);
    if (e == ERR_OK && !fits)
        e = role_refuse(why, FAULT_NOT_ASSIGNABLE, "%s", a->scope);
    /* WIRE: custom roles alone; built-in ones with data actions go to management groups. */
    if (e == ERR_OK && !role->built_in && at->kind == SCOPE_MANAGEMENT_GROUP &&
        role_definition_has_data_actions(role))
        e = role_refuse(why, FAULT_DATA_AT_GROUP, "the role has data actions");
    if (e == ERR_OK && !role->built_in)
        store_write_expect(w, row_key_make(&k, "rd", a->tid.text, a->role.text, NULL),
                           role->revision);
    role_definition_free(role);
    if (e == ERR_OK && role_is_directory(&a->role) &&
        (at->kind != SCOPE_ROOT || a->kind == ASSIGNEE_GROUP || a->condition.len > 0))
        e = role_refuse(why, FAULT_NOT_ASSIGNABLE,
                        "a role of the directory is held at the root, by no group, without a "
                        "condition");
    return e;
}

static bool
count_row(void *arg, const struct store_row *sr)
{
    (void)sr;
    ++*(unsigned *)arg;
    return true;
}

static enum err
check_count(struct store_view *view, struct span prefix, unsigned most, const char *of,
            struct access_fault *why)
{
    unsigned n = 0;
    enum err e = store_scan(view, prefix, (struct span){ 0 }, most, count_row, &n);

    if (e == ERR_OK && n >= most)
        return role_refuse(why, FAULT_TOO_MANY, "at most %u role assignments of %s", most, of);
    return e;
}

static enum err
check_limits(struct store_view *view, const struct assignment *a, const struct scope *at,
             struct access_fault *why)
{
    struct row_key k;
    enum err e = check_count(view, assignment_key(&k, &a->principal, ""),
                             MAX_ASSIGNMENTS_OF_PRINCIPAL, "a principal", why);

    if (e == ERR_OK && at->subscription.text[0] != '\0')
        e = check_count(
            view, row_key_make(&k, "rs", "subscriptions", at->subscription.text, "", NULL),
            MAX_ASSIGNMENTS_OF_SUBSCRIPTION, "a subscription", why);
    if (e == ERR_OK && at->kind == SCOPE_MANAGEMENT_GROUP)
        e = check_count(view, assignment_scope_key(&k, a->scope, ""), MAX_ASSIGNMENTS_OF_GROUP,
                        "a management group", why);
    return e;
}

/* Of the management group: no assignment outlives it. (Of subscriptions none is deleted; what
 * is in them is for who finds the thing itself, api/arm/target.c.) */
static void
hold_group(const struct rows *rows, struct store_write *w, const struct assignment *a,
           const struct scope *at, const struct management_group *g)
{
    struct row_key k;

    store_write_expect(w, row_key_make(&k, "mg", a->tid.text, at->group, NULL), g->revision);
    management_group_touch(rows, w, &a->tid, span_str(at->group));
}

static enum err
check_place(const struct rows *rows, struct store_view *view, struct store_write *w,
            const struct assignment *a, struct scope *at, struct access_fault *why)
{
    struct management_group g;
    struct scope_chain chain;
    enum err e;

    if (scope_parse(span_str(a->scope), at) != ERR_OK ||
        !span_is_equal(scope_span(at), span_str(a->scope)))
        return role_refuse(why, FAULT_BAD_SCOPE, "not a scope");
    if (at->group[0] != '\0') {
        e = management_group_load(rows, view, &a->tid, span_str(at->group), &g);
        if (e == ERR_OK)
            hold_group(rows, w, a, at, &g);
    } else {
        e = scope_chain_load(rows, view, &a->tid, at, &chain);
        if (e == ERR_OK && !guid_is_equal(&chain.tid, &a->tid))
            e = ERR_NOT_FOUND;
    }
    return e == ERR_NOT_FOUND ? role_refuse(why, FAULT_BAD_SCOPE, "%s", a->scope) : e;
}

/* An id that is in use: the same assignment may get other texts, nothing else. */
static enum err
update(const struct rows *rows, struct store_write *w, const struct assignment *a,
       const struct assignment *old, struct access_fault *why)
{
    struct assignment changed = *old;
    struct row_key k;

    if (!guid_is_equal(&old->tid, &a->tid))
        return role_refuse(why, FAULT_ID_TAKEN, "%s", a->id.text);
    if (!guid_is_equal(&old->principal, &a->principal) ||
        !guid_is_equal(&old->role, &a->role) ||
        !span_is_equal(span_str(old->scope), span_str(a->scope)))
        return role_refuse(why, FAULT_FIXED,
                           "Tenant ID, application ID, principal ID, and scope are not allowed "
                           "to be updated.");
    changed.description = a->description;
    changed.condition = a->condition;
    changed.updated = a->updated;
    changed.updated_by = a->updated_by;
    store_write_expect(w, assignment_key(&k, &a->principal, a->id.text), old->revision);
    assignment_store(rows, w, &changed);
    return ERR_OK;
}

static enum err
create(const struct rows *rows, struct store_view *view, struct store_write *w,
       const struct assignment *a, unsigned flags, struct access_fault *why)
{
    struct scope at;
    struct row_key k;
    struct span key;
    struct row row;
    enum err e = check_place(rows, view, w, a, &at, why);

    if (e == ERR_OK)
        e = check_principal(rows, view, a, flags, why);
    if (e == ERR_OK)
        e = check_role(rows, view, w, a, &at, why);
    if (e != ERR_OK)
        return e;
    key = assignment_unique_key(&k, a);
    e = row_get(rows, view, key, &row);
    if (e == ERR_OK)
        return role_refuse(why, FAULT_DUPLICATE, "%.*s",
                           (int)span_head(row.payload, GUID_LEN).len,
                           (const char *)row.payload.ptr);
    if (e == ERR_NOT_FOUND)
        e = check_limits(view, a, &at, why);
    if (e != ERR_OK)
        return e;
    store_write_expect(w, key, 0);
    store_write_expect(w, row_key_make(&k, "ri", a->id.text, NULL), 0);
    assignment_store(rows, w, a);
    return ERR_OK;
}

/* Whoever has that id, in whatever tenant. */
static enum err
find_any(const struct rows *rows, struct store_view *view, const struct guid *id,
         struct assignment *out)
{
    struct guid principal;
    struct row_key k;
    struct row row;
    enum err e = row_get(rows, view, row_key_make(&k, "ri", id->text, NULL), &row);

    if (e == ERR_OK && !guid_parse(row.payload, &principal))
        e = ERR_FORMAT;
    return e == ERR_OK ? assignment_load(rows, view, &principal, id, out) : e;
}

enum err
assignment_put(const struct rows *rows, struct store_view *view, struct store_write *w,
               const struct assignment *a, unsigned flags, bool *created,
               struct access_fault *why)
{
    struct assignment old;
    enum err e;

    *created = false;
    *why = (struct access_fault){ 0 };
    e = check_texts(a, why);
    if (e != ERR_OK)
        return e;
    e = find_any(rows, view, &a->id, &old);
    if (e == ERR_OK)
        return update(rows, w, a, &old, why);
    if (e != ERR_NOT_FOUND)
        return e;
    *created = true;
    return create(rows, view, w, a, flags, why);
}

/* ------------------------------------------------------------------ taking away */

struct owners {
    const struct rows *rows;
    struct store_view *view;
    const struct assignment *a;
    bool other;
    enum err err;
};

static bool
look_for_owner(void *arg, const struct store_row *sr)
{
    struct owners *o = arg;
    struct assignment a;
    struct guid id, principal;
    struct row row;

    o->err = row_check(o->rows, sr, &row);
    if (o->err != ERR_OK)
        return false;
    if (!guid_parse(span_tail(sr->key, sr->key.len - GUID_LEN), &id) ||
        !guid_parse(row.payload, &principal)) {
        o->err = ERR_FORMAT;
        return false;
    }
    o->err = assignment_load(o->rows, o->view, &principal, &id, &a);
    if (o->err == ERR_NOT_FOUND) {
        o->err = ERR_OK;
        return true;
    }
    o->other = o->err == ERR_OK && guid_is_equal(&a.role, &o->a->role) &&
               !guid_is_equal(&a.id, &o->a->id) && guid_is_equal(&a.tid, &o->a->tid);
    return o->err == ERR_OK && !o->other;
}

/* Another Owner at that scope? */
static enum err
find_owner(struct owners *o, const char *scope)
{
    struct row_key k;
    enum err e = store_scan(o->view, assignment_scope_key(&k, scope, ""), (struct span){ 0 },
                            MAX_ASSIGNMENTS_OF_SUBSCRIPTION, look_for_owner, o);

    return e == ERR_OK ? o->err : e;
}

enum err
assignment_remove(const struct rows *rows, struct store_view *view, struct store_write *w,
                  const struct assignment *a, struct access_fault *why)
{
    struct owners o = { .rows = rows, .view = view, .a = a };
    struct row_key k;
    struct scope at;
    enum err e = ERR_OK;

    *why = (struct access_fault){ 0 };
    if (span_is_str(span_str(a->role.text), OWNER) &&
        scope_parse(span_str(a->scope), &at) == ERR_OK && at.kind == SCOPE_SUBSCRIPTION) {
        e = find_owner(&o, a->scope);
        if (e == ERR_OK && !o.other)
            e = find_owner(&o, "/");
        if (e == ERR_OK && !o.other)
            e = role_refuse(why, FAULT_LAST_ADMIN,
                            "the last Owner of a subscription cannot be removed");
    }
    if (e != ERR_OK)
        return e;
    store_write_expect(w, assignment_key(&k, &a->principal, a->id.text), a->revision);
    assignment_delete(w, a);
    return ERR_OK;
}

struct drop {
    const struct rows *rows;
    struct store_view *view;
    struct store_write *w;
    const struct guid *tid;
    unsigned limit, n;
    bool left;
    enum err err;
};

static bool
drop_row(void *arg, const struct store_row *sr)
{
    struct drop *d = arg;
    struct assignment a;
    struct guid id, principal;
    struct row row;

    d->err = row_check(d->rows, sr, &row);
    if (d->err == ERR_OK && (sr->key.len < GUID_LEN || !guid_parse(row.payload, &principal) ||
                             !guid_parse(span_tail(sr->key, sr->key.len - GUID_LEN), &id)))
        d->err = ERR_FORMAT;
    if (d->err == ERR_OK)
        d->err = assignment_load(d->rows, d->view, &principal, &id, &a);
    if (d->err != ERR_OK || !guid_is_equal(&a.tid, d->tid))
        return d->err == ERR_OK;
    if (d->n == d->limit) {
        d->left = true;
        return false;
    }
    d->n++;
    assignment_delete(d->w, &a);
    return true;
}

enum err
assignment_drop(const struct rows *rows, struct store_view *view, struct store_write *w,
                const struct guid *tid, struct span scope, unsigned limit, bool *left)
{
    struct drop d = { .rows = rows, .view = view, .w = w, .tid = tid, .limit = limit };
    char text[MAX_SCOPE + 1];
    struct row_key k;
    enum err e;

    *left = false;
    if (scope.len < 2 || !span_copy_str(scope, text, sizeof(text)))
        return ERR_OK; /* never everything at once */
    e = store_scan(view, row_key_make(&k, "rs", text + 1, "", NULL), (struct span){ 0 },
                   SIZE_MAX, drop_row, &d);
    *left = d.left;
    return e == ERR_OK ? d.err : e;
}
