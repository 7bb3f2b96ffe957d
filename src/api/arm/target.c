/* SPDX-License-Identifier: Apache-2.0 */
/* target.c - from a scope's text to the thing that it names. */
#include "api/arm/target.h"

#include "api/arm/arm.h"
#include "auth/scope_tree.h"
#include "vault/fence.h"
#include "vault/resource.h"

/* The segment behind `word` in the scope's text; empty if there is none. */
static struct span
segment_after(const struct scope *s, const char *word)
{
    const char *at = strstr(s->text, word);
    struct span rest;

    if (at == NULL)
        return (struct span){ 0 };
    rest = span_str(at + strlen(word));
    return span_head(rest, span_find(rest, '/'));
}

static enum err
not_found(struct exchange *x, const char *code, const char *what, struct span name)
{
    (void)arm_fail(x, 404, code, "%s '%.*s' could not be found.", what,
                   (int)span_head(name, 128).len, (const char *)name.ptr);
    return ERR_NOT_FOUND;
}

const struct guid *
arm_tenant_of(const struct exchange *x, const struct place *subscription)
{
    return subscription->tenant.text[0] == '\0' ? &x->site->default_tenant
                                                : &subscription->tenant;
}

static enum err
find_subscription(struct exchange *x, const struct scope *s)
{
    struct place p;
    enum err e = place_load(x->rows, x->view, &s->subscription, (struct span){ 0 }, &p);

    if (e == ERR_OK && !guid_is_equal(arm_tenant_of(x, &p), &x->caller.tid))
        e = ERR_NOT_FOUND;
    return e == ERR_NOT_FOUND ? not_found(x, "SubscriptionNotFound", "The subscription",
                                          span_str(s->subscription.text))
                              : e;
}

/* (Role assignments alone are put upon those, and hold them: auth/assignment_put.c.) */
static enum err
find_management_group(struct exchange *x, const struct scope *s)
{
    struct management_group g;
    enum err e =
        management_group_load(x->rows, x->view, &x->caller.tid, span_str(s->group), &g);

    return e == ERR_NOT_FOUND
               ? not_found(x, "NotFound", "The management group", span_str(s->group))
               : e;
}

/* A vault has to lie in the group that the id says. */
static enum err
find_vault(struct exchange *x, const struct scope *s, struct span name, bool hold)
{
    struct vault *v = NULL;
    enum err e = vault_load(x->rows, x->view, name, &v);

    if (e == ERR_OK && !scope_covers(span_str(v->arm_id), scope_span(s)))
        e = ERR_NO_VAULT;
    if (e == ERR_OK && hold) {
        vault_expect(&x->write, v);
        fence_touch(x->rows, &x->write, span_str(v->arm_id));
    }
    vault_unref(v);
    return e == ERR_NO_VAULT ? not_found(x, "ResourceNotFound", "The vault", name) : e;
}

static enum err
find_resource(struct exchange *x, const struct scope *s, const char *what, struct span name,
              bool hold)
{
    struct span id = scope_level(s, 2); /* subscription, group, resource */
    struct resource r;
    enum err e = resource_load(x->rows, x->view, id, &r);

    if (e == ERR_OK && hold) {
        resource_expect(&x->write, &r);
        fence_touch(x->rows, &x->write, id);
    }
    return e == ERR_NOT_FOUND ? not_found(x, "ResourceNotFound", what, name) : e;
}

/*
 * What is in the group. The group's fence is touched for whatever lies in it; its row is
 * expected for what is put upon itself or upon what has no row.
 */
static enum err
find_inside(struct exchange *x, const struct scope *s, const struct place *group, bool hold)
{
    static const char vaults[] = "/providers/microsoft.keyvault/vaults/";
    static const char identities[] =
        "/providers/microsoft.managedidentity/userassignedidentities/";
    static const char authorities[] = "/providers/keyhold.pki/certificateauthorities/";
    struct span name = segment_after(s, vaults);

    if (hold)
        fence_touch(x->rows, &x->write, scope_level(s, 1));
    if (name.len > 0)
        return find_vault(x, s, name, hold);
    name = segment_after(s, identities);
    if (name.len > 0)
        return find_resource(x, s, "The identity", name, hold);
    name = segment_after(s, authorities);
    if (name.len > 0)
        return find_resource(x, s, "The certificate authority", name, hold);
    if (hold)
        place_expect_group(&x->write, group);
    return ERR_OK;
}

static enum err
find_target(struct exchange *x, struct scope *out, bool hold)
{
    struct span group;
    struct place p;
    enum err e;

    if (x->bind[0].len == 0) {
        e = scope_parse(span_str("/"), out);
        return e;
    }
    e = scope_parse(x->bind[0], out);
    if (e != ERR_OK)
        return not_found(x, "InvalidResourceType", "The scope", x->bind[0]);
    if (out->group[0] != '\0')
        return find_management_group(x, out);
    if (out->subscription.text[0] == '\0')
        return ERR_OK;
    e = find_subscription(x, out);
    group = segment_after(out, "/resourcegroups/");
    if (e != ERR_OK || group.len == 0)
        return e;
    e = place_load(x->rows, x->view, &out->subscription, group, &p);
    if (e == ERR_NOT_FOUND)
        return not_found(x, "ResourceGroupNotFound", "Resource group", group);
    return e == ERR_OK ? find_inside(x, out, &p, hold) : e;
}

enum err
arm_target(struct exchange *x, struct scope *out)
{
    return find_target(x, out, false);
}

enum err
arm_target_hold(struct exchange *x, struct scope *out)
{
    return find_target(x, out, true);
}
