/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tags_default.c - Microsoft.Resources/tags/default at a subscription, a resource group or a
 * vault (management-plane.md A.14). The tags are those of the thing itself.
 */
#include <stdio.h>

#include "api/arm/arm.h"
#include "api/arm/handlers.h"
#include "api/arm/tags.h"
#include "api/arm/target.h"
#include "api/arm/vault_arm.h"

enum tags_of { TAGS_SUBSCRIPTION, TAGS_GROUP, TAGS_VAULT, TAGS_OF__MAX };

/* The right to read or write what bears the tags does as well. */
static const struct {
    const char *read, *write;
} own_rights[TAGS_OF__MAX] = {
    [TAGS_SUBSCRIPTION] = { "Microsoft.Resources/subscriptions/read",
                            "Microsoft.Resources/subscriptions/write" },
    [TAGS_GROUP] = { "Microsoft.Resources/subscriptions/resourceGroups/read",
                     "Microsoft.Resources/subscriptions/resourceGroups/write" },
    [TAGS_VAULT] = { "Microsoft.KeyVault/vaults/read", "Microsoft.KeyVault/vaults/write" },
};

struct tagged {
    enum tags_of of;
    struct scope at;
    struct place place;
    struct vault *vault;
    struct bag tags;
};

static enum err
load_vault(struct exchange *x, struct tagged *t)
{
    enum err e = vault_load(x->rows, x->view, scope_name(&t->at), &t->vault);

    if (e == ERR_OK)
        vault_tags(t->vault, &t->tags);
    return e;
}

static enum err
load_place(struct exchange *x, struct tagged *t)
{
    struct span group = t->of == TAGS_GROUP ? scope_name(&t->at) : (struct span){ 0 };
    enum err e = place_load(x->rows, x->view, &t->at.subscription, group, &t->place);

    if (e == ERR_OK)
        t->tags = t->place.tags;
    return e;
}

static bool
is_vault(const struct scope *at)
{
    struct scope group;

    scope_parent(at, &group);
    return group.kind == SCOPE_RESOURCE_GROUP &&
           span_has_prefix(span_tail(scope_span(at), scope_span(&group).len),
                           span_str("/providers/microsoft.keyvault/vaults/"));
}

/* What bind[0] names. ERR_NOT_FOUND: the answer was composed. */
static enum err
find(struct exchange *x, struct tagged *t)
{
    enum err e = arm_target(x, &t->at);

    if (e != ERR_OK)
        return e;
    if (t->at.kind == SCOPE_SUBSCRIPTION) {
        t->of = TAGS_SUBSCRIPTION;
    } else if (t->at.kind == SCOPE_RESOURCE_GROUP) {
        t->of = TAGS_GROUP;
    } else if (t->at.kind == SCOPE_RESOURCE && is_vault(&t->at)) {
        t->of = TAGS_VAULT;
        return load_vault(x, t);
    } else {
        (void)arm_fail(x, 404, "ResourceNotFound", "There are no tags at '%s'.", t->at.text);
        return ERR_NOT_FOUND;
    }
    return load_place(x, t);
}

/* The thing, and the caller's right to it. False: *next says what follows. */
static bool
begin(struct exchange *x, struct tagged *t, enum next *next)
{
    bool reads = x->route->method == HTTP_GET;
    const char *rights[3] = { x->route->action };
    enum err e = find(x, t);

    *next = e == ERR_OK || e == ERR_NOT_FOUND ? NEXT_REPLY : arm_trouble(x, e);
    if (e != ERR_OK)
        return false;
    rights[1] = reads ? own_rights[t->of].read : own_rights[t->of].write;
    return arm_enter(x, scope_span(&t->at), rights);
}

static enum next
answer(struct exchange *x, const struct tagged *t, enum next next)
{
    struct span scope = span_head(x->bind[0], MAX_SCOPE_TEXT);
    char id[MAX_SCOPE_TEXT + 64];
    struct jsw w = arm_reply(x, 200);

    (void)snprintf(id, sizeof(id), "%.*s/providers/Microsoft.Resources/tags/default",
                   (int)scope.len, (const char *)scope.ptr);
    jsw_object(&w, NULL);
    jsw_str(&w, "id", id);
    jsw_str(&w, "name", "default");
    jsw_str(&w, "type", "Microsoft.Resources/tags");
    jsw_object(&w, "properties");
    jsw_object(&w, "tags");
    bag_put_json(&t->tags, &w);
    jsw_end(&w);
    jsw_end(&w);
    jsw_end(&w);
    return arm_finish(x, next);
}

/* t->tags are the new ones. */
static enum err
store(struct exchange *x, struct tagged *t)
{
    enum err e = ERR_OK;

    if (t->of != TAGS_VAULT) {
        t->place.tags = t->tags;
        place_store(x->rows, &x->write, &t->place, t->of == TAGS_GROUP, t->place.revision);
        return ERR_OK;
    }
    e = vault_set_tags(t->vault, &t->tags);
    if (e == ERR_OK) {
        vault_tags(t->vault, &t->tags);
        arm_store_vault(x, t->vault);
    }
    return e;
}

enum next
api_arm_tags_get(struct exchange *x)
{
    struct tagged t = { .vault = NULL };
    enum next next;

    if (begin(x, &t, &next))
        next = answer(x, &t, NEXT_REPLY);
    vault_unref(t.vault);
    return next;
}

enum next
api_arm_tags_delete(struct exchange *x)
{
    struct tagged t = { .vault = NULL };
    enum next next;

    if (begin(x, &t, &next)) {
        enum err e;

        t.tags.n = 0;
        e = store(x, &t);
        next = e == ERR_OK ? arm_empty(x, 200, NEXT_COMMIT) : arm_trouble(x, e);
    }
    vault_unref(t.vault);
    return next;
}

static enum next
invalid(struct exchange *x)
{
    return arm_fail(x, 400, "InvalidRequestContent",
                    "The body needs properties.tags, and for PATCH an operation Replace, Merge "
                    "or Delete; there may be at most %d tags.",
                    (int)MAX_BAG);
}

/* Puts what was sent on what is there. False: too many. */
static bool
apply(struct span operation, const struct bag *sent, struct bag *tags)
{
    bool takes = span_is_str_nocase(operation, "Delete");
    bool ok = true;

    if (span_is_str_nocase(operation, "Replace"))
        tags->n = 0;
    for (unsigned i = 0; i < sent->n && ok; i++) {
        if (takes)
            bag_take(tags, sent->tag[i].name, sent->tag[i].value);
        else
            ok = bag_put(tags, sent->tag[i].name, sent->tag[i].value);
    }
    return ok;
}

static bool
operation_is_known(struct span s)
{
    return span_is_str_nocase(s, "Replace") || span_is_str_nocase(s, "Merge") ||
           span_is_str_nocase(s, "Delete");
}

static enum next
change(struct exchange *x, struct tagged *t, const struct jsn *root)
{
    struct span operation = span_str("Replace");
    const struct jsn *properties = NULL;
    struct bag sent = { .n = 0 };
    enum err e;

    if (x->route->method == HTTP_PATCH &&
        (jsn_get_str(root, "operation", &operation) != JSN_OK ||
         !operation_is_known(operation)))
        return invalid(x);
    if (jsn_get_object(root, "properties", &properties) != JSN_OK)
        return invalid(x);
    if (!arm_read_tags(x, properties, false, &sent))
        return NEXT_REPLY;
    if (!apply(operation, &sent, &t->tags))
        return invalid(x);
    e = store(x, t);
    return e == ERR_OK ? answer(x, t, NEXT_COMMIT) : arm_trouble(x, e);
}

enum next
api_arm_tags_put(struct exchange *x)
{
    struct tagged t = { .vault = NULL };
    struct jsn *root = NULL;
    enum next next;

    if (begin(x, &t, &next)) {
        enum err e = arm_body(x, &root);

        next = e == ERR_OK ? change(x, &t, root) : arm_trouble(x, e);
    }
    jsn_free(root);
    vault_unref(t.vault);
    return next;
}
