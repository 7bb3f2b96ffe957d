/* SPDX-License-Identifier: Apache-2.0 */
/*
 * identities.c - Microsoft.ManagedIdentity/userAssignedIdentities (management-plane.md G.1,
 * G.3). An identity is a resource and a principal, made together and gone together: with the
 * principal end its tokens.
 */
#include "api/arm/identities.h"

#include <stdio.h>

#include "api/arm/arm.h"
#include "api/arm/cas.h"
#include "api/arm/handlers.h"
#include "api/arm/tags.h"
#include "api/arm/vault_arm.h"
#include "auth/assignment.h"
#include "auth/principal.h"
#include "base/clock.h"
#include "vault/fence.h"
#include "vault/resource.h"

#define TYPE IDENTITY_TYPE
#define READ TYPE "/read"

enum {
    RIGHTS_MAX = 900 /* assignments that go with an identity */
};

bool
arm_identity_name_is_ok(struct span s, size_t max)
{
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = s.ptr[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

        if (!word && (i == 0 || (c != '-' && c != '_')))
            return false;
    }
    return s.len >= IDENTITY_NAME_MIN && s.len <= max;
}

enum next
arm_identity_bad_name(struct exchange *x, struct span name, size_t max)
{
    return arm_fail(x, 400, "InvalidResourceName",
                    "The name '%.*s' is not valid: %d to %zu letters, digits, '-' and '_', "
                    "beginning with a letter or digit.",
                    (int)span_head(name, 128).len, (const char *)name.ptr,
                    (int)IDENTITY_NAME_MIN, max);
}

void
arm_identity_id(const struct exchange *x, const struct place *group,
                char out[static MAX_RESOURCE_KEY + 1])
{
    (void)snprintf(
        out, MAX_RESOURCE_KEY + 1, "/subscriptions/%s/resourceGroups/%s/providers/%s/%.*s",
        group->subscription.text, group->name, TYPE,
        (int)span_head(x->bind[2], IDENTITY_NAME_MAX).len, (const char *)x->bind[2].ptr);
}

enum next
arm_identity_missing(struct exchange *x, const char *id)
{
    return arm_fail(x, 404, "ResourceNotFound", "The Resource '%s' was not found.", id);
}

static void
put_identity(const struct exchange *x, const struct resource *r, struct jsw *w)
{
    jsw_object(w, NULL);
    jsw_str(w, "id", r->id);
    jsw_span(w, "name", resource_name(r));
    jsw_str(w, "type", TYPE);
    jsw_str(w, "location", r->location);
    jsw_object(w, "tags");
    bag_put_json(&r->tags, w);
    jsw_end(w);
    jsw_object(w, "properties");
    jsw_str(w, "tenantId", x->caller.tid.text);
    jsw_str(w, "principalId", r->principal.text);
    jsw_str(w, "clientId", r->application.text);
    jsw_end(w);
    jsw_end(w);
}

static enum next
answer(struct exchange *x, const struct resource *r, unsigned status, enum next next)
{
    struct jsw w = arm_reply(x, status);

    put_identity(x, r, &w);
    return arm_finish(x, next);
}

enum err
arm_identity_find(struct exchange *x, struct place *group, struct resource *r, bool *answered)
{
    char id[MAX_RESOURCE_KEY + 1];
    enum err e = arm_group(x, group);

    *answered = e == ERR_NOT_FOUND;
    if (e != ERR_OK)
        return e;
    arm_identity_id(x, group, id);
    return resource_load(x->rows, x->view, span_str(id), r);
}

enum next
api_arm_identity_get(struct exchange *x)
{
    char id[MAX_RESOURCE_KEY + 1];
    struct place group;
    struct resource r;
    bool answered;
    enum err e = arm_identity_find(x, &group, &r, &answered);

    if (answered)
        return NEXT_REPLY;
    if (e == ERR_NOT_FOUND) {
        arm_identity_id(x, &group, id);
        return arm_identity_missing(x, id);
    }
    if (e != ERR_OK)
        return arm_trouble(x, e);
    if (x->req->method == HTTP_HEAD)
        return arm_empty(x, 204, NEXT_REPLY);
    return answer(x, &r, 200, NEXT_REPLY);
}

/* The principal of a new identity. */
static void
make_principal(struct exchange *x, struct resource *r)
{
    struct principal p = { .tid = x->caller.tid,
                           .oid = guid_new(),
                           .kind = PRINCIPAL_MANAGED,
                           .enabled = true,
                           .appid = guid_new(),
                           .created = r->created };

    bug_on(!span_copy_str(resource_name(r), p.name, sizeof(p.name)));
    (void)span_copy_str(span_str(r->id), p.resource_id, sizeof(p.resource_id));
    r->principal = p.oid;
    r->application = p.appid;
    principal_store(x->rows, &x->write, &p, 0);
}

static enum next
store(struct exchange *x, const struct place *group, struct resource *r, bool patch)
{
    struct span location = { 0 };
    struct jsn *root = NULL;
    enum next next = NEXT_REPLY;
    bool is_new = r->revision == 0;
    enum err e = arm_body(x, &root);

    if (e != ERR_OK)
        return arm_trouble(x, e);
    if (!patch && jsn_get_str(root, "location", &location) != JSN_OK)
        next = arm_fail(x, 400, "LocationRequired",
                        "The location property is required for this definition.");
    else if ((patch || arm_location(x, location, r->location, "InvalidResourceLocation",
                                    "the identity")) &&
             arm_read_tags(x, root, patch, &r->tags)) {
        arm_identity_id(x, group, r->id);
        r->updated = clock_now();
        if (is_new) {
            r->created = r->updated;
            make_principal(x, r);
            place_enter_group(x->rows, &x->write, group);
        }
        resource_store(x->rows, &x->write, r);
        next = answer(x, r, is_new ? 201 : 200, NEXT_COMMIT);
    }
    jsn_free(root);
    return next;
}

enum next
api_arm_identity_put(struct exchange *x)
{
    struct place group;
    struct resource r;
    bool answered;
    enum err e = arm_identity_find(x, &group, &r, &answered);

    if (answered)
        return NEXT_REPLY;
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return arm_trouble(x, e);
    if (!arm_identity_name_is_ok(x->bind[2], IDENTITY_NAME_MAX))
        return arm_identity_bad_name(x, x->bind[2], IDENTITY_NAME_MAX);
    return store(x, &group, &r, false);
}

enum next
api_arm_identity_patch(struct exchange *x)
{
    char id[MAX_RESOURCE_KEY + 1];
    struct place group;
    struct resource r;
    bool answered;
    enum err e = arm_identity_find(x, &group, &r, &answered);

    if (answered)
        return NEXT_REPLY;
    if (e == ERR_NOT_FOUND) {
        arm_identity_id(x, &group, id);
        return arm_identity_missing(x, id);
    }
    return e == ERR_OK ? store(x, &group, &r, true) : arm_trouble(x, e);
}

/* ---------------------------------------------------------------------- deletion */

struct dropping {
    struct exchange *x;
    unsigned n;
    enum err err;
};

/* An identity's principal goes with it, and an authority's row. */
static bool
drop_one(void *arg, const struct resource *r)
{
    struct dropping *d = arg;
    struct exchange *x = d->x;
    struct principal p;

    d->n++;
    if (r->principal.text[0] != '\0') {
        d->err = principal_load(x->rows, x->view, &x->caller.tid, &r->principal, &p);
        if (d->err == ERR_OK)
            principal_delete(&x->write, &p);
        else if (d->err == ERR_NOT_FOUND)
            d->err = ERR_OK;
    } else if (r->application.text[0] != '\0') {
        d->err = arm_drop_ca(x, r);
    }
    if (d->err == ERR_OK)
        resource_drop(&x->write, r);
    return d->err == ERR_OK;
}

enum err
arm_drop_resources(struct exchange *x, struct span below)
{
    char prefix[MAX_RESOURCE_KEY + 1];
    struct dropping d = { .x = x };
    enum err e;

    if (below.len + 2 > sizeof(prefix))
        return ERR_OK;
    (void)snprintf(prefix, sizeof(prefix), "%.*s/", (int)below.len, (const char *)below.ptr);
    e = resource_each(x->rows, x->view, span_str(prefix), (struct span){ 0 },
                      MAX_RESOURCES_READ, drop_one, &d);
    if (e == ERR_OK)
        e = d.err;
    return e == ERR_OK && d.n == MAX_RESOURCES_READ ? ERR_TOO_LARGE : e;
}

/* What was assigned at the identity would be at the next one of its name. */
static enum err
drop_rights(struct exchange *x)
{
    bool left = false;
    enum err e = assignment_drop(x->rows, x->view, &x->write, &x->caller.tid,
                                 span_str(x->scope), RIGHTS_MAX, &left);

    if (e == ERR_OK && left)
        e = ERR_TOO_LARGE;
    return e == ERR_OK ? fence_take(x->view, &x->write, span_str(x->scope)) : e;
}

enum next
api_arm_identity_delete(struct exchange *x)
{
    struct dropping d = { .x = x };
    struct place group;
    struct resource r;
    bool answered, locked = false;
    enum err e = arm_identity_find(x, &group, &r, &answered);

    if (answered)
        return NEXT_REPLY;
    if (e == ERR_NOT_FOUND)
        return arm_empty(x, 204, NEXT_REPLY);
    if (e == ERR_OK)
        e = arm_locks_inside(x, &locked);
    if (locked)
        return NEXT_REPLY;
    if (e == ERR_OK && drop_one(&d, &r))
        e = arm_drop_resources(x, span_str(r.id));
    if (e == ERR_OK)
        e = d.err;
    if (e == ERR_OK)
        e = drop_rights(x);
    return e == ERR_OK ? arm_empty(x, 200, NEXT_COMMIT) : arm_trouble(x, e);
}

/* ------------------------------------------------------------------------- lists */

struct listing {
    struct exchange *x;
    struct jsw w;
    bool all;
};

static void
lower(char *s)
{
    for (; *s != '\0'; s++)
        if (*s >= 'A' && *s <= 'Z')
            *s = (char)(*s + 32);
}

/* Is it an identity itself, not what belongs to one? */
static bool
is_identity(const struct resource *r)
{
    return r->principal.text[0] != '\0';
}

static bool
list_identity(void *arg, const struct resource *r)
{
    struct listing *l = arg;
    char id[MAX_RESOURCE_KEY + 1];

    if (!is_identity(r))
        return true;
    bug_on(!span_copy_str(span_str(r->id), id, sizeof(id)));
    lower(id);
    if (!l->all && !arm_may(l->x, READ, id))
        return true;
    put_identity(l->x, r, &l->w);
    return true;
}

static enum next
list(struct exchange *x, const char *scope)
{
    struct listing l = { .x = x };
    char prefix[MAX_RESOURCE_KEY + 1], low[MAX_RESOURCE_KEY + 1];
    enum err e;

    (void)snprintf(low, sizeof(low), "%.300s", scope);
    lower(low);
    (void)snprintf(prefix, sizeof(prefix), "%.300s/", low);
    l.all = arm_may(x, READ, low);
    l.w = arm_reply(x, 200);
    jsw_object(&l.w, NULL);
    jsw_array(&l.w, "value");
    e = resource_each(x->rows, x->view, span_str(prefix), (struct span){ 0 }, UINT32_MAX,
                      list_identity, &l);
    jsw_end(&l.w);
    jsw_end(&l.w);
    return e == ERR_OK ? arm_finish(x, NEXT_REPLY) : arm_trouble(x, e);
}

enum next
api_arm_identities_of_subscription(struct exchange *x)
{
    char scope[GUID_LEN + 32];
    struct guid sub;
    enum err e = arm_subscription(x, &sub);

    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? NEXT_REPLY : arm_trouble(x, e);
    (void)snprintf(scope, sizeof(scope), "/subscriptions/%s", sub.text);
    return list(x, scope);
}

enum next
api_arm_identities_of_group(struct exchange *x)
{
    char scope[GUID_LEN + MAX_GROUP_NAME + 48];
    struct place group;
    enum err e = arm_group(x, &group);

    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? NEXT_REPLY : arm_trouble(x, e);
    (void)snprintf(scope, sizeof(scope), "/subscriptions/%s/resourcegroups/%.90s",
                   group.subscription.text, group.name);
    return list(x, scope);
}
