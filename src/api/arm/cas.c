/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cas.c - Keyhold.Pki/certificateAuthorities: found, shown, changed and deleted. Made in
 * ca_make.c, at work in ca_issue.c.
 */
#include "api/arm/cas.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/arm/handlers.h"
#include "api/arm/identities.h"
#include "api/arm/tags.h"
#include "api/arm/vault_arm.h"
#include "auth/assignment.h"
#include "base/clock.h"
#include "vault/fence.h"

enum { RIGHTS_MAX = 900 /* assignments that go with an authority */ };

void
ca_id_of_path(const struct exchange *x, const struct place *group,
              char out[static MAX_RESOURCE_KEY + 1])
{
    (void)snprintf(out, MAX_RESOURCE_KEY + 1,
                   "/subscriptions/%s/resourceGroups/%s/providers/%s/%.*s",
                   group->subscription.text, group->name, CA_TYPE,
                   (int)span_head(x->bind[2], CA_NAME_MAX).len, (const char *)x->bind[2].ptr);
}

enum err
ca_of_path(struct exchange *x, struct place *group, struct resource *r, struct ca *ca)
{
    char id[MAX_RESOURCE_KEY + 1];
    enum err e = arm_group(x, group);

    if (e != ERR_OK)
        return e;
    ca_id_of_path(x, group, id);
    e = resource_load(x->rows, x->view, span_str(id), r);
    if (e == ERR_OK)
        e = ca_find(x->rows, x->view, span_str(id), ca);
    if (e == ERR_NOT_FOUND)
        (void)arm_fail(x, 404, "ResourceNotFound", "The Resource '%s' was not found.", id);
    return e;
}

bool
ca_may(struct exchange *x, const char *action, struct span resource)
{
    char scope[MAX_RESOURCE_KEY + 1];

    if (!span_copy_str(resource, scope, sizeof(scope)))
        return false;
    for (char *p = scope; *p != '\0'; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p + 32);
    return arm_may(x, action, scope);
}

enum next
ca_deny_linked(struct exchange *x, const char *action, struct span scope)
{
    return arm_fail(
        x, 403, "LinkedAuthorizationFailed",
        "The client has permission to perform action '%s' on scope '%s', however the linked "
        "subscription or resource has failed the authorization check: it does not have "
        "permission to perform action(s) '%s' on the linked scope(s) '%.*s' or the linked "
        "scope(s) are invalid.",
        x->route->action, x->scope, action, (int)span_head(scope, CA_RESOURCE_MAX).len,
        (const char *)scope.ptr);
}

enum next
ca_refuse(struct exchange *x, enum err e, const char *why)
{
    if (why[0] == '\0')
        return arm_trouble(x, e);
    if (e == ERR_DISABLED)
        return arm_fail(x, 409, "CertificateAuthorityUnavailable", "%s", why);
    if (e == ERR_DENIED || e == ERR_SYNTAX || e == ERR_ARG || e == ERR_TOO_LARGE)
        return arm_fail(x, 400, "CertificateRefused", "%s", why);
    return arm_trouble(x, e);
}

/* --------------------------------------------------------------------------- GET */

struct found {
    struct place group;
    struct resource r;
    struct ca ca;
};

static enum next
answer(struct exchange *x, const struct found *f, unsigned status, enum next next)
{
    struct jsw w = arm_reply(x, status);

    ca_put_json(x, &f->r, &f->ca, &w);
    return arm_finish(x, next);
}

enum next
api_arm_ca_get(struct exchange *x)
{
    struct found *f = malloc(sizeof(*f)); /* too much for a stack */
    enum err e = f == NULL ? ERR_NOMEM : ca_of_path(x, &f->group, &f->r, &f->ca);
    enum next next = NEXT_REPLY;

    if (e == ERR_OK && x->req->method == HTTP_HEAD)
        next = arm_empty(x, 204, NEXT_REPLY);
    else if (e == ERR_OK)
        next = answer(x, f, 200, NEXT_REPLY);
    else if (e != ERR_NOT_FOUND)
        next = arm_trouble(x, e);
    free(f);
    return next;
}

/* ------------------------------------------------------------------------- PATCH */

static void
lay_over(const struct ca_body *b, struct ca *ca)
{
    if (b->has_hours)
        ca->crl_hours = b->ca.crl_hours;
    if (b->has_url)
        ca->url = b->ca.url;
    if (b->has_enabled)
        ca->enabled = b->ca.enabled;
    if (b->has_profiles) {
        ca->nprofiles = b->ca.nprofiles;
        memcpy(ca->profile, b->ca.profile, sizeof(ca->profile));
    }
}

static bool
same_names(const struct alt_name *a, unsigned na, const struct alt_name *b, unsigned nb)
{
    bool same = na == nb;

    for (unsigned i = 0; i < na && same; i++)
        same = a[i].kind == b[i].kind && span_is_equal(a[i].text, b[i].text);
    return same;
}

/* What stands in the certificate, or decided about it, never changes. */
static bool
is_same(const struct ca_body *b, const struct ca *ca)
{
    if (b->has_subject && !span_is_equal(b->ca.subject, ca->subject))
        return false;
    if (b->has_parent && !span_is_equal_nocase(b->ca.parent, ca->parent))
        return false;
    if ((b->has_months && b->ca.months != ca->months) ||
        (b->has_path && b->ca.path_length != ca->path_length))
        return false;
    if (b->has_key && (!span_is_equal_nocase(b->vault, ca->vault_name) ||
                       strcmp(b->ca.key.key, ca->key.key) != 0 ||
                       (b->version.len > 0 && !span_is_str(b->version, ca->key_version.text))))
        return false;
    return !b->has_constraints ||
           (same_names(b->ca.permitted, b->ca.npermitted, ca->permitted, ca->npermitted) &&
            same_names(b->ca.excluded, b->ca.nexcluded, ca->excluded, ca->nexcluded));
}

enum next
ca_update(struct exchange *x, const struct jsn *root, const struct ca_body *b, bool patch,
          struct resource *r, struct ca *ca)
{
    struct jsw w;

    if (!is_same(b, ca))
        return arm_fail(x, 409, "PropertyChangeNotAllowed",
                        "Key, subject, parent, validity, path length and name constraints of a "
                        "certificate authority cannot be changed.");
    if (!arm_read_tags(x, root, patch, &r->tags))
        return NEXT_REPLY;
    lay_over(b, ca);
    ca->updated = r->updated = clock_now();
    resource_store(x->rows, &x->write, r);
    ca_put(x->rows, &x->write, ca);
    w = arm_reply(x, 200);
    ca_put_json(x, r, ca, &w);
    return arm_finish(x, NEXT_COMMIT);
}

enum next
api_arm_ca_patch(struct exchange *x)
{
    struct {
        struct found f;
        struct ca_body body;
    } *m = malloc(sizeof(*m));
    struct jsn *root = NULL;
    enum next next = NEXT_REPLY;
    enum err e = m == NULL ? ERR_NOMEM : ca_of_path(x, &m->f.group, &m->f.r, &m->f.ca);
    bool missing = e == ERR_NOT_FOUND;

    if (e == ERR_OK)
        e = arm_body(x, &root);
    if (e == ERR_OK && ca_body_read(x, root, &m->body))
        next = ca_update(x, root, &m->body, true, &m->f.r, &m->f.ca);
    else if (e != ERR_OK && !missing)
        next = arm_trouble(x, e);
    jsn_free(root);
    free(m);
    return next;
}

/* ------------------------------------------------------------------------ DELETE */

static enum next
refuse_in_use(struct exchange *x)
{
    return arm_fail(x, 409, "CertificateAuthorityInUse",
                    "There are certificate authorities below this one: delete them first.");
}

/* What was assigned at the authority would be at the next one of its name. */
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

static enum next
drop(struct exchange *x, const struct found *f)
{
    bool locked = false, used = false;
    enum err e = arm_locks_inside(x, &locked);

    if (locked)
        return NEXT_REPLY;
    if (e == ERR_OK)
        e = ca_has_below(x->rows, x->view, &f->ca.id, &used);
    if (e == ERR_OK && used)
        return refuse_in_use(x);
    if (e == ERR_OK)
        e = arm_drop_resources(x, span_str(f->r.id));
    if (e == ERR_OK)
        e = drop_rights(x);
    if (e != ERR_OK)
        return arm_trouble(x, e);
    ca_drop(&x->write, &f->ca);
    resource_drop(&x->write, &f->r);
    return arm_empty(x, 200, NEXT_COMMIT);
}

enum err
arm_drop_ca(struct exchange *x, const struct resource *r)
{
    struct ca *ca = malloc(sizeof(*ca));
    enum err e = ca == NULL ? ERR_NOMEM : ca_load(x->rows, x->view, &r->application, ca);

    if (e == ERR_OK)
        ca_drop(&x->write, ca);
    free(ca);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum next
api_arm_ca_delete(struct exchange *x)
{
    struct found *f = malloc(sizeof(*f));
    char id[MAX_RESOURCE_KEY + 1];
    enum next next = NEXT_REPLY;
    enum err e = f == NULL ? ERR_NOMEM : arm_group(x, &f->group);

    if (e == ERR_OK) {
        ca_id_of_path(x, &f->group, id);
        e = resource_load(x->rows, x->view, span_str(id), &f->r);
        if (e == ERR_OK)
            e = ca_find(x->rows, x->view, span_str(id), &f->ca);
        next = e == ERR_NOT_FOUND ? arm_empty(x, 204, NEXT_REPLY)
               : e == ERR_OK      ? drop(x, f)
                                  : arm_trouble(x, e);
    } else if (e != ERR_NOT_FOUND) {
        next = arm_trouble(x, e);
    }
    free(f);
    return next;
}

/* ------------------------------------------------------------------------- lists */

struct listing {
    struct exchange *x;
    struct jsw w;
    bool all;
    struct ca *ca;
    enum err err;
};

static bool
list_one(void *arg, const struct resource *r)
{
    struct listing *l = arg;
    struct exchange *x = l->x;

    if (r->application.text[0] == '\0' || r->principal.text[0] != '\0')
        return true; /* an identity, or what belongs to something */
    if (!l->all && !ca_may(x, CA_ACTION_READ, span_str(r->id)))
        return true;
    l->err = ca_load(x->rows, x->view, &r->application, l->ca);
    if (l->err == ERR_OK)
        ca_put_json(x, r, l->ca, &l->w);
    return l->err == ERR_OK;
}

static enum next
list(struct exchange *x, const char *scope)
{
    struct listing l = { .x = x, .ca = malloc(sizeof(*l.ca)) };
    char prefix[MAX_RESOURCE_KEY + 1];
    enum err e = l.ca == NULL ? ERR_NOMEM : ERR_OK;

    (void)snprintf(prefix, sizeof(prefix), "%.300s/", scope);
    l.all = ca_may(x, CA_ACTION_READ, span_str(scope));
    l.w = arm_reply(x, 200);
    jsw_object(&l.w, NULL);
    jsw_array(&l.w, "value");
    for (char *p = prefix; *p != '\0'; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p + 32);
    if (e == ERR_OK)
        e = resource_each(x->rows, x->view, span_str(prefix), (struct span){ 0 }, UINT32_MAX,
                          list_one, &l);
    if (e == ERR_OK)
        e = l.err;
    jsw_end(&l.w);
    jsw_end(&l.w);
    free(l.ca);
    return e == ERR_OK ? arm_finish(x, NEXT_REPLY) : arm_trouble(x, e);
}

enum next
api_arm_cas_of_subscription(struct exchange *x)
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
api_arm_cas_of_group(struct exchange *x)
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
