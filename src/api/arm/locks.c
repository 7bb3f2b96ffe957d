/* SPDX-License-Identifier: Apache-2.0 */
/* locks.c - Microsoft.Authorization/locks (management-plane.md A.15). */
#include "auth/lock.h"

#include <stdio.h>

#include "api/arm/arm.h"
#include "api/arm/handlers.h"
#include "api/arm/target.h"
#include "base/clock.h"

static const char *const level_names[LOCK_LEVEL__MAX] = {
    [LOCK_CANNOT_DELETE] = "CanNotDelete",
    [LOCK_READ_ONLY] = "ReadOnly",
};

static void
put_lock(struct jsw *w, const struct lock *l)
{
    char id[sizeof(l->spelled) + sizeof(l->name) + 64];

    (void)snprintf(id, sizeof(id), "%s/providers/Microsoft.Authorization/locks/%s",
                   strcmp(l->spelled, "/") == 0 ? "" : l->spelled, l->name);
    jsw_object(w, NULL);
    jsw_str(w, "id", id);
    jsw_str(w, "name", l->name);
    jsw_str(w, "type", "Microsoft.Authorization/locks");
    jsw_object(w, "properties");
    jsw_str(w, "level", level_names[l->level]);
    if (l->notes[0] != '\0')
        jsw_str(w, "notes", l->notes);
    jsw_end(w);
    jsw_object(w, "systemData");
    jsw_str(w, "createdBy", l->created_by.text);
    arm_put_time(w, "createdAt", l->created);
    jsw_str(w, "lastModifiedBy", l->updated_by.text);
    arm_put_time(w, "lastModifiedAt", l->updated);
    jsw_end(w);
    jsw_end(w);
}

/* The scope and the lock that the path names. ERR_NOT_FOUND: the answer was composed. */
static enum err
find_lock(struct exchange *x, struct scope *at, struct lock *out)
{
    enum err e = arm_target(x, at);

    if (e != ERR_OK)
        return e;
    e = lock_load(x->rows, x->view, at, x->bind[1], out);
    if (e == ERR_NOT_FOUND)
        (void)arm_fail(x, 404, "LockNotFound", "The lock '%.*s' could not be found.",
                       (int)span_head(x->bind[1], 128).len, (const char *)x->bind[1].ptr);
    return e;
}

enum next
api_arm_lock_get(struct exchange *x)
{
    struct scope at;
    struct lock l;
    struct jsw w;
    enum err e = find_lock(x, &at, &l);

    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? NEXT_REPLY : arm_trouble(x, e);
    w = arm_reply(x, 200);
    put_lock(&w, &l);
    return arm_finish(x, NEXT_REPLY);
}

static bool
read_level(struct span s, enum lock_level *out)
{
    for (unsigned i = LOCK_CANNOT_DELETE; i < LOCK_LEVEL__MAX; i++) {
        if (!span_is_str_nocase(s, level_names[i]))
            continue;
        *out = (enum lock_level)i;
        return true;
    }
    return false;
}

/* Level and notes of the body. False: the answer was composed. */
static bool
read_lock(struct exchange *x, const struct jsn *root, struct lock *l)
{
    const struct jsn *properties = NULL;
    struct span level = { 0 }, notes = { 0 };

    if (jsn_get_object(root, "properties", &properties) == JSN_OK &&
        jsn_get_str(properties, "level", &level) == JSN_OK && read_level(level, &l->level) &&
        jsn_get_str(properties, "notes", &notes) != JSN_WRONG_TYPE &&
        span_copy_str(span_head(notes, sizeof(l->notes)), l->notes, sizeof(l->notes)))
        return true;
    (void)arm_fail(x, 400, "InvalidLockDefinition",
                   "The lock needs properties.level CanNotDelete or ReadOnly, and notes of at "
                   "most %d characters.",
                   (int)MAX_LOCK_NOTES);
    return false;
}

/*
 * The scope as the caller spelled it. WIRE: az sends two slashes before a resource's type, and
 * cannot read an id that has them (identity-and-cli.md 1.8).
 */
static void
spell(struct span given, const struct scope *at, struct lock *l)
{
    size_t len = 0;

    if (given.len >= sizeof(l->spelled)) {
        (void)span_copy_str(scope_span(at), l->spelled, sizeof(l->spelled));
        return;
    }
    for (size_t i = 0; i < given.len; i++) {
        if (given.ptr[i] != '/' || i + 1 == given.len || given.ptr[i + 1] != '/')
            l->spelled[len++] = (char)given.ptr[i];
    }
    l->spelled[len] = '\0';
}

static enum next
store_lock(struct exchange *x, struct lock *l, const struct scope *at)
{
    bool is_new = l->revision == 0;
    struct jsw w;

    bug_on(!span_copy_str(scope_span(at), l->scope, sizeof(l->scope)) ||
           !span_copy_str(x->bind[1], l->name, sizeof(l->name)));
    spell(x->bind[0], at, l);
    l->updated = clock_now();
    l->updated_by = x->caller.oid;
    if (is_new) {
        l->created = l->updated;
        l->created_by = l->updated_by;
    }
    lock_store(x->rows, &x->write, l);
    w = arm_reply(x, is_new ? 201 : 200);
    put_lock(&w, l);
    return arm_finish(x, NEXT_COMMIT);
}

enum next
api_arm_lock_put(struct exchange *x)
{
    enum next next = NEXT_REPLY;
    struct jsn *root = NULL;
    struct scope at;
    struct lock l;
    enum err e = arm_target_hold(x, &at);

    if (e == ERR_NOT_FOUND)
        return NEXT_REPLY;
    if (e == ERR_OK && at.group[0] != '\0')
        return arm_fail(x, 400, "InvalidLockScope", "Management groups cannot be locked.");
    if (e == ERR_OK && (at.depth == 0 || !lock_name_is_ok(&at, x->bind[1])))
        return arm_fail(x, 400, "InvalidLockName",
                        "The lock name '%.*s' is invalid, or scope and name are too long "
                        "together.",
                        (int)span_head(x->bind[1], 128).len, (const char *)x->bind[1].ptr);
    if (e == ERR_OK)
        e = lock_load(x->rows, x->view, &at, x->bind[1], &l);
    if (e == ERR_OK || e == ERR_NOT_FOUND)
        e = arm_body(x, &root);
    if (e != ERR_OK)
        return arm_trouble(x, e);
    if (read_lock(x, root, &l))
        next = store_lock(x, &l, &at);
    jsn_free(root);
    return next;
}

enum next
api_arm_lock_delete(struct exchange *x)
{
    struct scope at;
    struct lock l;
    enum err e = arm_target(x, &at);

    if (e == ERR_NOT_FOUND)
        return NEXT_REPLY;
    if (e == ERR_OK)
        e = lock_load(x->rows, x->view, &at, x->bind[1], &l);
    if (e == ERR_NOT_FOUND)
        return arm_empty(x, 204, NEXT_REPLY);
    if (e != ERR_OK)
        return arm_trouble(x, e);
    lock_drop(&x->write, &l);
    return arm_empty(x, 200, NEXT_COMMIT);
}

static bool
list_lock(void *arg, const struct lock *l)
{
    put_lock(arg, l);
    return true;
}

/* Those at and above the scope; below it too, unless $filter=atScope() says otherwise. */
enum next
api_arm_locks(struct exchange *x)
{
    struct span filter = { 0 };
    struct scope at;
    struct jsw w;
    enum err e = arm_target(x, &at);

    if (e == ERR_NOT_FOUND)
        return NEXT_REPLY;
    if (e == ERR_OK && http_request_param(x->req, "$filter", &filter) && filter.len > 0 &&
        !span_is_str_nocase(filter, "atScope()"))
        return arm_fail(x, 400, "InvalidFilterInQueryString",
                        "The only filter of locks is atScope().");
    w = arm_reply(x, 200);
    jsw_object(&w, NULL);
    jsw_array(&w, "value");
    if (e == ERR_OK)
        e = lock_each_above(x->rows, x->view, &at, list_lock, &w);
    if (e == ERR_OK && filter.len == 0)
        e = lock_each_below(x->rows, x->view, &at, list_lock, &w);
    if (e != ERR_OK)
        return arm_trouble(x, e);
    jsw_end(&w);
    jsw_end(&w);
    return arm_finish(x, NEXT_REPLY);
}
