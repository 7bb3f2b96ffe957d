/* SPDX-License-Identifier: Apache-2.0 */
/* policy_edit.c - accessPolicies/{add|replace|remove} of a vault (management-plane.md B.5). */
#include <stdio.h>
#include <stdlib.h>

#include "api/arm/arm.h"
#include "api/arm/handlers.h"
#include "api/arm/vault_arm.h"
#include "api/arm/vault_body.h"
#include "api/arm/vault_json.h"
#include "base/clock.h"
#include "vault/perm.h"

enum edit { EDIT_ADD, EDIT_REPLACE, EDIT_REMOVE, EDIT__MAX };

/* The vault's policies while they are changed; room for those that come. */
struct policy_list {
    struct access_policy *at;
    unsigned n;
};

static struct access_policy *
find(struct policy_list *l, const struct access_policy *p)
{
    for (unsigned i = 0; i < l->n; i++)
        if (guid_is_equal(&l->at[i].object, &p->object) &&
            guid_is_equal(&l->at[i].application, &p->application))
            return &l->at[i];
    return NULL;
}

/* Taking a named permission away ends "all" as a word too. */
static uint32_t
without(uint32_t bits, uint32_t away)
{
    bits &= ~away;
    return away != 0 ? bits & ~PERM_BIT_ALL : bits;
}

static void
remove_bits(struct policy_list *l, struct access_policy *mine, const struct access_policy *p)
{
    mine->keys = without(mine->keys, p->keys);
    mine->secrets = without(mine->secrets, p->secrets);
    mine->certificates = without(mine->certificates, p->certificates);
    mine->storage = without(mine->storage, p->storage);
    if ((mine->keys | mine->secrets | mine->certificates | mine->storage) == 0)
        *mine = l->at[--l->n];
}

static void
edit_one(struct policy_list *l, enum edit op, const struct access_policy *p)
{
    struct access_policy *mine = find(l, p);

    if (mine == NULL) {
        if (op != EDIT_REMOVE)
            l->at[l->n++] = *p;
    } else if (op == EDIT_REPLACE) {
        *mine = *p;
    } else if (op == EDIT_REMOVE) {
        remove_bits(l, mine, p);
    } else {
        mine->keys |= p->keys;
        mine->secrets |= p->secrets;
        mine->certificates |= p->certificates;
        mine->storage |= p->storage;
    }
}

static enum next
answer(struct exchange *x, const struct vault *v)
{
    char id[VAULT_ID_MAX], mine[VAULT_ID_MAX + 20];
    struct jsw w = arm_reply(x, 200);

    vault_id(v, id);
    (void)snprintf(mine, sizeof(mine), "%s/accessPolicies/", id);
    jsw_object(&w, NULL);
    jsw_str(&w, "id", mine);
    jsw_str(&w, "type", "Microsoft.KeyVault/vaults/accessPolicies");
    jsw_str(&w, "location", v->location);
    jsw_object(&w, "properties");
    vault_put_policies(v->policies, v->npolicies, &w);
    jsw_end(&w);
    jsw_end(&w);
    return arm_finish(x, NEXT_COMMIT);
}

static enum next
edit(struct exchange *x, struct vault *v, enum edit op, const struct access_policy *with,
     unsigned n)
{
    struct policy_list l = { .at = calloc(v->npolicies + n + 1, sizeof(*l.at)) };
    enum err e = ERR_NOMEM;

    if (l.at == NULL)
        return arm_trouble(x, ERR_NOMEM);
    if (v->npolicies > 0)
        memcpy(l.at, v->policies, v->npolicies * sizeof(*l.at));
    l.n = v->npolicies;
    for (unsigned i = 0; i < n; i++)
        edit_one(&l, op, &with[i]);
    if (l.n > MAX_ACCESS_POLICIES) {
        free(l.at);
        return arm_fail(x, 400, "BadRequest", "A vault can have at most %d access policies.",
                        (int)MAX_ACCESS_POLICIES);
    }
    e = vault_set_policies(v, l.at, l.n);
    free(l.at);
    if (e != ERR_OK)
        return arm_trouble(x, e);
    v->updated = clock_now();
    vault_store(x->rows, &x->write, v, v->revision);
    return answer(x, v);
}

enum next
api_arm_vault_policies(struct exchange *x)
{
    static const char *const words[EDIT__MAX] = { "add", "replace", "remove" };
    const struct jsn *properties = NULL;
    struct access_policy *with = NULL;
    enum next next = NEXT_REPLY;
    struct jsn *root = NULL;
    struct vault *v;
    unsigned op = 0, n = 0;
    enum err e = arm_vault(x, &v);

    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? NEXT_REPLY : arm_trouble(x, e);
    while (op < EDIT__MAX && !span_is_str_nocase(x->bind[3], words[op]))
        op++;
    e = arm_body(x, &root);
    if (e != ERR_OK)
        next = arm_trouble(x, e);
    else if (op == EDIT__MAX)
        next = arm_fail(x, 400, "BadRequest",
                        "The operation is one of 'add', 'replace' and 'remove'.");
    else if (jsn_get_object(root, "properties", &properties) != JSN_OK)
        next = arm_fail(x, 400, "BadRequest", "The property 'properties' is required.");
    else if (vault_policies_read(x, properties, true, &with, &n))
        next = edit(x, v, (enum edit)op, with, n);
    free(with);
    jsn_free(root);
    vault_unref(v);
    return next;
}
