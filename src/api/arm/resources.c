/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resources.c - lists of vaults and of resources in general, and the end of a resource group
 * (management-plane.md A.13, B.2).
 *
 * A list shows what the caller may read: all of it when the right is held at the
 * subscription or the group, else what lies below rights held further down.
 */
#include <stdio.h>
#include <stdlib.h>

#include "api/arm/arm.h"
#include "api/arm/deploy_row.h"
#include "api/arm/filter.h"
#include "api/arm/handlers.h"
#include "api/arm/identities.h"
#include "api/arm/operation.h"
#include "api/arm/tags.h"
#include "api/arm/vault_arm.h"
#include "api/arm/vault_json.h"
#include "auth/assignment.h"
#include "auth/lock.h"
#include "vault/fence.h"

enum {
    GROUP_VAULTS_MAX = 500,
    DROP_MAX = 1000,
    POSITION_MAX = MAX_GROUP_NAME + MAX_VAULT_NAME
};

enum list_shape { SHAPE_VAULT, SHAPE_GENERIC, SHAPE_GENERIC_TIMES };

struct vault_list {
    struct exchange *x;
    struct jsw w;
    enum list_shape shape;
    struct resource_filter filter;
    bool all; /* the caller may read every vault in range */
    unsigned left, n;
    bool more;
    char position[ARM_PAGE_MAX][POSITION_MAX + 2];
};

static bool
note_position(void *arg, struct span position, struct span name)
{
    struct vault_list *l = arg;

    (void)name;
    if (l->n == l->left) {
        l->more = true;
        return false;
    }
    return span_copy_str(position, l->position[l->n++], sizeof(l->position[0]));
}

static enum err
list_vault(struct vault_list *l, const char *position)
{
    struct exchange *x = l->x;
    struct vault *v;
    enum err e = vault_load(x->rows, x->view, span_str(strchr(position, '/') + 1), &v);

    if (e != ERR_OK)
        return e;
    if (resource_filter_fits(&l->filter, v) &&
        (l->all || arm_may(x, "Microsoft.KeyVault/vaults/read", v->arm_id))) {
        if (l->shape == SHAPE_VAULT)
            vault_put(x, v, &l->w);
        else
            vault_put_generic(v, l->shape == SHAPE_GENERIC_TIMES, &l->w);
    }
    vault_unref(v);
    return ERR_OK;
}

static enum next
list(struct exchange *x, const struct guid *sub, struct span group, struct vault_list *l)
{
    char after[MAX_OBJECT_NAME + 1];
    enum err e = arm_page_begin(x, after);

    if (e == ERR_OK)
        e = vault_each_name(x->view, sub, group, span_str(after), note_position, l);
    if (e != ERR_OK)
        return arm_trouble(x, e);
    l->w = arm_reply(x, 200);
    jsw_object(&l->w, NULL);
    jsw_array(&l->w, "value");
    for (unsigned i = 0; i < l->n && e == ERR_OK; i++)
        e = list_vault(l, l->position[i]);
    jsw_end(&l->w);
    if (e == ERR_OK)
        e = arm_page_link(x, l->more ? l->position[l->n - 1] : NULL, &l->w);
    jsw_end(&l->w);
    return e == ERR_OK ? arm_finish(x, NEXT_REPLY) : arm_trouble(x, e);
}

/* The scope of the list: subscription, or a group in it. */
static enum next
list_into(struct vault_list *l, bool in_group)
{
    struct exchange *x = l->x;
    char scope[GUID_LEN + MAX_GROUP_NAME + 48];
    struct place group = { 0 };
    struct guid sub;
    enum err e = arm_subscription(x, &sub);

    if (e == ERR_OK && in_group)
        e = arm_group(x, &group);
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? NEXT_REPLY : arm_trouble(x, e);
    l->left = arm_top(x);
    if (l->shape != SHAPE_VAULT && !resource_filter_read(x, &l->filter))
        return NEXT_REPLY;
    (void)snprintf(scope, sizeof(scope),
                   in_group ? "/subscriptions/%s/resourcegroups/%.90s"
                            : "/subscriptions/%s%.0s",
                   sub.text, group.name);
    for (char *p = scope; *p != '\0'; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p + 32);
    l->all = arm_may(x, "Microsoft.KeyVault/vaults/read", scope);
    return list(x, &sub, in_group ? span_str(group.name) : (struct span){ 0 }, l);
}

/* NULL: the answer was composed. */
static struct vault_list *
list_new(struct exchange *x, enum next *next)
{
    struct vault_list *l = calloc(1, sizeof(*l));

    if (l == NULL)
        *next = arm_trouble(x, ERR_NOMEM);
    else
        l->x = x;
    return l;
}

static enum next
list_scope(struct exchange *x, bool in_group, enum list_shape shape)
{
    enum next next = NEXT_REPLY;
    struct vault_list *l = list_new(x, &next);

    if (l != NULL) {
        l->shape = shape;
        next = list_into(l, in_group);
    }
    free(l);
    return next;
}

enum next
api_arm_vaults_of_subscription(struct exchange *x)
{
    return list_scope(x, false, SHAPE_VAULT);
}

enum next
api_arm_vaults_of_group(struct exchange *x)
{
    return list_scope(x, true, SHAPE_VAULT);
}

static enum list_shape
generic_shape(const struct exchange *x)
{
    struct span expand;

    return http_request_param(x->req, "$expand", &expand) && expand.len > 0
               ? SHAPE_GENERIC_TIMES
               : SHAPE_GENERIC;
}

enum next
api_arm_resources(struct exchange *x)
{
    return list_scope(x, false, generic_shape(x));
}

enum next
api_arm_resources_of_group(struct exchange *x)
{
    return list_scope(x, true, generic_shape(x));
}

/* Lists of what there is none of: managed HSMs. */
enum next
api_arm_none(struct exchange *x)
{
    struct jsw w = arm_reply(x, 200);

    jsw_object(&w, NULL);
    jsw_array(&w, "value");
    jsw_end(&w);
    jsw_end(&w);
    return arm_finish(x, NEXT_REPLY);
}

/* ---------------------------------------------------------- end of a group */

static bool
note_lock(void *arg, const struct lock *l)
{
    *(struct lock *)arg = *l;
    return false;
}

enum err
arm_locks_inside(struct exchange *x, bool *locked)
{
    struct lock l = { .revision = 0 };
    struct scope at;
    enum err e = scope_parse(span_str(x->scope), &at);

    if (e == ERR_OK)
        e = lock_each_below(x->rows, x->view, &at, note_lock, &l);
    *locked = e == ERR_OK && l.revision != 0;
    if (*locked)
        (void)arm_fail(x, 409, "ScopeLocked",
                       "The scope '%s' cannot perform delete operation because following "
                       "scope(s) are locked: '%s'. Please remove the lock and try again.",
                       x->scope, l.spelled);
    return e;
}

static enum err
delete_vaults(struct exchange *x, const struct vault_list *l)
{
    enum err e = ERR_OK;

    for (unsigned i = 0; i < l->n && e == ERR_OK; i++) {
        struct vault *v;

        e = vault_load(x->rows, x->view, span_str(strchr(l->position[i], '/') + 1), &v);
        if (e == ERR_OK)
            e = arm_delete_vault(x, v);
        vault_unref(v);
    }
    return e;
}

static enum next
delete_group(struct exchange *x, struct vault_list *l)
{
    bool locked = false, left = false;
    struct place group;
    char path[96];
    enum err e = arm_group(x, &group);

    if (e == ERR_NOT_FOUND)
        return NEXT_REPLY;
    if (e == ERR_OK)
        e = arm_locks_inside(x, &locked);
    if (locked)
        return NEXT_REPLY;
    l->left = GROUP_VAULTS_MAX;
    if (e == ERR_OK)
        e = vault_each_name(x->view, &group.subscription, span_str(group.name),
                            (struct span){ 0 }, note_position, l);
    if (e == ERR_OK && l->more)
        return arm_fail(x, 409, "ResourceGroupDeletionBlocked",
                        "The group holds more than %d vaults: delete some of them first.",
                        (int)GROUP_VAULTS_MAX);
    if (e == ERR_OK)
        e = delete_vaults(x, l);
    if (e == ERR_OK)
        e = assignment_drop(x->rows, x->view, &x->write, &x->caller.tid, span_str(x->scope),
                            DROP_MAX, &left);
    /* What is left would be rights in a group that is made anew under that name. */
    if (e == ERR_OK && left)
        return arm_fail(x, 409, "ResourceGroupDeletionBlocked",
                        "More than %d role assignments are at or below the group: delete some "
                        "of them first.",
                        (int)DROP_MAX);
    if (e == ERR_OK)
        e = arm_drop_resources(x, span_str(x->scope));
    if (e == ERR_OK)
        e = deploy_drop_group(x, &group);
    if (e == ERR_OK)
        e = fence_take(x->view, &x->write, span_str(x->scope));
    if (e != ERR_OK)
        return arm_trouble(x, e);
    place_drop_group(&x->write, &group);
    (void)snprintf(path, sizeof(path), "/subscriptions/%s/operationresults",
                   group.subscription.text);
    operation_accept(x, path);
    return arm_finish(x, NEXT_COMMIT);
}

enum next
api_arm_group_delete(struct exchange *x)
{
    enum next next = NEXT_REPLY;
    struct vault_list *l = list_new(x, &next);

    if (l != NULL)
        next = delete_group(x, l);
    free(l);
    return next;
}
