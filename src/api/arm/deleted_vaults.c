/* SPDX-License-Identifier: Apache-2.0 */
/* deleted_vaults.c - deletedVaults: list, get, purge; names (management-plane.md B.6, B.7). */
#include <stdio.h>
#include <stdlib.h>

#include "api/arm/arm.h"
#include "api/arm/handlers.h"
#include "api/arm/operation.h"
#include "api/arm/vault_arm.h"
#include "api/arm/vault_json.h"
#include "auth/assignment.h"
#include "base/clock.h"
#include "vault/fence.h"

enum { DROP_MAX = 2000 };

enum err
arm_delete_vault(struct exchange *x, const struct vault *v)
{
    bool left = false;
    enum err e = assignment_drop(x->rows, x->view, &x->write, &v->tenant, span_str(v->arm_id),
                                 DROP_MAX, &left);

    if (e == ERR_OK && left)
        e = ERR_TOO_LARGE;
    if (e == ERR_OK)
        e = fence_take(x->view, &x->write, span_str(v->arm_id));
    if (e == ERR_OK)
        vault_delete(x->rows, x->view, &x->write, v, clock_now());
    return e;
}

struct deleted_list {
    struct exchange *x;
    struct jsw w;
    unsigned left;
    bool more;
    char last[MAX_VAULT_NAME + 1];
    char names[ARM_PAGE_MAX + 1][MAX_VAULT_NAME + 1];
    unsigned n;
};

/* Names first, rows after the scan: an engine need not allow reading inside one. */
static bool
note_name(void *arg, struct span position, struct span name)
{
    struct deleted_list *l = arg;

    (void)position;
    if (l->n == l->left) {
        l->more = true;
        return false;
    }
    return span_copy_str(name, l->names[l->n++], sizeof(l->names[0]));
}

static enum err
list_one(struct deleted_list *l, const char *name)
{
    struct deleted_vault d;
    enum err e = deleted_vault_load(l->x->rows, l->x->view, span_str(name), &d);

    if (e == ERR_OK)
        vault_put_deleted(&d, &l->w);
    deleted_vault_release(&d);
    return e;
}

static enum next
list(struct exchange *x, struct deleted_list *l)
{
    char after[MAX_OBJECT_NAME + 1];
    struct guid sub;
    enum err e = arm_subscription(x, &sub);

    if (e == ERR_NOT_FOUND)
        return NEXT_REPLY;
    if (e == ERR_OK)
        e = arm_page_begin(x, after);
    l->x = x;
    l->left = arm_top(x);
    if (e == ERR_OK)
        e = deleted_vault_each_name(x->view, &sub, span_str(after), note_name, l);
    if (e != ERR_OK)
        return arm_trouble(x, e);
    l->w = arm_reply(x, 200);
    jsw_object(&l->w, NULL);
    jsw_array(&l->w, "value");
    for (unsigned i = 0; i < l->n && e == ERR_OK; i++)
        e = list_one(l, l->names[i]);
    jsw_end(&l->w);
    if (e == ERR_OK)
        e = arm_page_link(x, l->more ? l->names[l->n - 1] : NULL, &l->w);
    jsw_end(&l->w);
    return e == ERR_OK ? arm_finish(x, NEXT_REPLY) : arm_trouble(x, e);
}

enum next
api_arm_deleted_vaults(struct exchange *x)
{
    struct deleted_list *l = calloc(1, sizeof(*l));
    enum next next = l == NULL ? arm_trouble(x, ERR_NOMEM) : list(x, l);

    free(l);
    return next;
}

/* The deleted vault of bind[0] (subscription), [1] (location), [2] (name). ERR_NOT_FOUND: the
 * answer was composed. */
static enum err
find_deleted(struct exchange *x, struct deleted_vault *d)
{
    struct guid sub;
    enum err e = arm_subscription(x, &sub);

    *d = (struct deleted_vault){ 0 };
    if (e != ERR_OK)
        return e;
    e = deleted_vault_load(x->rows, x->view, x->bind[2], d);
    if (e == ERR_OK && guid_is_equal(&d->vault->subscription, &sub) &&
        span_is_str_nocase(x->bind[1], d->vault->location))
        return ERR_OK;
    deleted_vault_release(d);
    if (e != ERR_OK && e != ERR_NO_VAULT)
        return e;
    (void)arm_fail(x, 404, "DeletedVaultNotFound", "The deleted vault '%.*s' does not exist.",
                   (int)span_head(x->bind[2], 64).len, (const char *)x->bind[2].ptr);
    return ERR_NOT_FOUND;
}

enum next
api_arm_deleted_vault_get(struct exchange *x)
{
    struct deleted_vault d;
    struct jsw w;
    enum err e = find_deleted(x, &d);

    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? NEXT_REPLY : arm_trouble(x, e);
    w = arm_reply(x, 200);
    vault_put_deleted(&d, &w);
    deleted_vault_release(&d);
    return arm_finish(x, NEXT_REPLY);
}

/* Done when the answer goes out; 202 since that is what clients wait for. */
enum next
api_arm_deleted_vault_purge(struct exchange *x)
{
    struct deleted_vault d;
    char path[256];
    enum err e = find_deleted(x, &d);

    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? NEXT_REPLY : arm_trouble(x, e);
    e = deleted_vault_purge(x->rows, &x->write, &d, false);
    (void)snprintf(path, sizeof(path),
                   "/subscriptions/%s/providers/Microsoft.KeyVault/locations/%s/"
                   "operationResults",
                   d.vault->subscription.text, d.vault->location);
    deleted_vault_release(&d);
    if (e == ERR_PURGE_PROTECTED)
        return arm_fail(x, 405, "MethodNotAllowed",
                        "Operation 'DeletedVaultPurge' is not allowed.");
    if (e != ERR_OK)
        return arm_trouble(x, e);
    operation_accept(x, path);
    return arm_finish(x, NEXT_COMMIT);
}

enum next
api_arm_check_name(struct exchange *x)
{
    struct span name = { 0 }, type = { 0 };
    struct jsn *root = NULL;
    bool ok, taken = false;
    struct jsw w;
    enum err e = arm_body(x, &root);

    if (e != ERR_OK)
        return arm_trouble(x, e);
    if (jsn_get_str(root, "name", &name) != JSN_OK ||
        jsn_get_str(root, "type", &type) == JSN_WRONG_TYPE) {
        jsn_free(root);
        return arm_fail(x, 400, "BadRequest", "The property 'name' is required.");
    }
    ok = vault_name_is_ok(name);
    if (ok)
        e = vault_name_is_taken(x->view, name, &taken);
    jsn_free(root);
    if (e != ERR_OK)
        return arm_trouble(x, e);
    w = arm_reply(x, 200);
    jsw_object(&w, NULL);
    jsw_bool(&w, "nameAvailable", ok && !taken);
    if (!ok || taken) {
        jsw_str(&w, "reason", ok ? "AlreadyExists" : "AccountNameInvalid");
        jsw_str(&w, "message",
                ok ? "The vault name is already in use."
                   : "The vault name must be 3-24 letters, digits and hyphens, begin with a "
                     "letter, end with a letter or digit, and have no two hyphens in a row.");
    }
    jsw_end(&w);
    return arm_finish(x, NEXT_REPLY);
}
