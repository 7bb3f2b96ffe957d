/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vaults.c - PUT, PATCH, GET, DELETE of a vault (management-plane.md B.2 - B.4).
 *
 * A new vault needs a key: the keeper makes it between the two steps of the
 * PUT. From the commit on the vault answers on its host.
 */
#include <stdio.h>
#include <stdlib.h>

#include "api/arm/arm.h"
#include "api/arm/handlers.h"
#include "api/arm/identities.h"
#include "api/arm/tags.h"
#include "api/arm/vault_arm.h"
#include "api/arm/vault_body.h"
#include "api/arm/vault_json.h"
#include "base/clock.h"
#include "vault/syskey.h"

static void
note_actor(const struct exchange *x, char out[static MAX_ACTOR + 1])
{
    const struct caller *c = &x->caller;

    (void)span_copy_str(span_str(c->upn[0] != '\0' ? c->upn : c->appid.text), out,
                        MAX_ACTOR + 1);
}

/* Does the vault lie where the path says? Names are unique everywhere, ids need not fit. */
static bool
is_at_path(const struct exchange *x, const struct vault *v)
{
    return span_is_str_nocase(x->bind[0], v->subscription.text) &&
           span_is_str_nocase(x->bind[1], v->resource_group);
}

/* ERR_NOT_FOUND: the answer was composed. The caller unrefs. */
static enum err
find_vault(struct exchange *x, struct vault **out)
{
    struct place group;
    enum err e = arm_group(x, &group);

    *out = NULL;
    if (e != ERR_OK)
        return e;
    e = vault_load(x->rows, x->view, x->bind[2], out);
    if (e == ERR_OK && is_at_path(x, *out))
        return ERR_OK;
    vault_unref(*out);
    *out = NULL;
    if (e != ERR_OK && e != ERR_NO_VAULT)
        return e;
    (void)arm_fail(
        x, 404, "ResourceNotFound",
        "The Resource 'Microsoft.KeyVault/vaults/%.*s' under resource group '%s' was "
        "not found. For more details please go to "
        "https://aka.ms/ARMResourceNotFoundFix",
        (int)span_head(x->bind[2], MAX_VAULT_NAME).len, (const char *)x->bind[2].ptr,
        group.name);
    return ERR_NOT_FOUND;
}

enum err
arm_vault(struct exchange *x, struct vault **out)
{
    return find_vault(x, out);
}

enum next
api_arm_vault_get(struct exchange *x)
{
    struct vault *v;
    struct jsw w;
    enum err e = find_vault(x, &v);

    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? NEXT_REPLY : arm_trouble(x, e);
    if (x->req->method == HTTP_HEAD) {
        vault_unref(v);
        return arm_empty(x, 204, NEXT_REPLY);
    }
    w = arm_reply(x, 200);
    vault_put(x, v, &w);
    vault_unref(v);
    return arm_finish(x, NEXT_REPLY);
}

void
arm_store_vault(struct exchange *x, struct vault *v)
{
    v->updated = clock_now();
    note_actor(x, v->updated_by);
    if (v->created_by[0] == '\0')
        note_actor(x, v->created_by);
    vault_store(x->rows, &x->write, v, v->revision);
}

/* v was changed: writes and answers it. */
static enum next
store_vault(struct exchange *x, struct vault *v, unsigned status)
{
    struct jsw w = arm_reply(x, status);

    arm_store_vault(x, v);
    vault_put(x, v, &w);
    return arm_finish(x, NEXT_COMMIT);
}

enum next
api_arm_vault_patch(struct exchange *x)
{
    enum next next = NEXT_REPLY;
    struct vault_body body;
    struct vault *v;
    enum err e = find_vault(x, &v);

    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? NEXT_REPLY : arm_trouble(x, e);
    if (vault_body_read(x, &body)) {
        if (vault_body_apply(x, &body, false, v))
            next = store_vault(x, v, 200);
        vault_body_release(&body);
    }
    vault_unref(v);
    return next;
}

/* Role assignments on the vault go with it and do not come back (B.4). */
enum next
api_arm_vault_delete(struct exchange *x)
{
    struct place group;
    struct vault *v = NULL;
    bool locked = false;
    enum err e = arm_group(x, &group);

    if (e == ERR_OK)
        e = arm_locks_inside(x, &locked);
    if (e == ERR_NOT_FOUND || locked)
        return NEXT_REPLY;
    if (e == ERR_OK)
        e = vault_load(x->rows, x->view, x->bind[2], &v);
    if (e == ERR_NO_VAULT || (e == ERR_OK && !is_at_path(x, v))) {
        vault_unref(v);
        return arm_empty(x, 204, NEXT_REPLY);
    }
    if (e == ERR_OK)
        e = arm_delete_vault(x, v);
    if (e == ERR_OK)
        e = arm_drop_resources(x, span_str(v->arm_id));
    vault_unref(v);
    return e == ERR_OK ? arm_empty(x, 200, NEXT_COMMIT) : arm_trouble(x, e);
}

/* ---------------------------------------------------------------------- PUT */

struct put_state {
    struct vault_body body;
    struct guid id;
    struct place group;
};

static void
put_free(void *state)
{
    struct put_state *s = state;

    vault_body_release(&s->body);
    free(s);
}

/* What a body must have where Azure insists. False: the answer was composed. */
static bool
body_is_whole(struct exchange *x, const struct vault_body *b, bool rbac)
{
    const char *missing = NULL;

    if (!b->has_tenant)
        missing = "properties.tenantId";
    else if (!b->has_sku)
        missing = "properties.sku";
    else if (!b->has_policies && !b->recover && !rbac)
        missing = "properties.accessPolicies";
    if (b->location.len == 0) {
        (void)arm_fail(x, 400, "LocationRequired",
                       "The location property is required for this definition.");
        return false;
    }
    if (missing != NULL)
        (void)arm_fail(x, 400, "BadRequest", "The property '%s' is required.", missing);
    return missing == NULL;
}

/* From 2026-02-01 on silence means roles; before, access policies (B.1). */
static bool
wants_rbac(const struct exchange *x, const struct vault_body *b)
{
    if (b->rbac != TRI_ABSENT)
        return b->rbac == TRI_YES;
    return span_compare(span_head(x->version_text, 10), span_str("2026-02-01")) >= 0;
}

static enum next
name_taken(struct exchange *x, struct span name)
{
    return arm_fail(
        x, 409, "VaultAlreadyExists",
        "The vault name '%.*s' is already in use. Vault names are globally unique "
        "so it is possible that the name is already taken. If you are sure that the "
        "vault name was not taken then it is possible that a vault with the same "
        "name was recently deleted but not purged after being placed in a "
        "recoverable state. If the vault is in a recoverable state then the vault "
        "will need to be purged before reusing the name.",
        (int)name.len, (const char *)name.ptr);
}

static enum next
update_vault(struct exchange *x, struct put_state *s, struct vault *v)
{
    if (!is_at_path(x, v))
        return name_taken(x, x->bind[2]);
    if (!body_is_whole(x, &s->body,
                       s->body.rbac == TRI_ABSENT ? v->rbac : s->body.rbac == TRI_YES) ||
        !arm_location(x, s->body.location, v->location, "InvalidResourceLocation", v->name) ||
        !vault_body_apply(x, &s->body, true, v))
        return NEXT_REPLY;
    return store_vault(x, v, 200);
}

/* A deleted vault holds the name: taken, or to be recovered. */
static enum next
meet_deleted(struct exchange *x, struct put_state *s, struct deleted_vault *d)
{
    struct vault *v = d->vault;
    struct jsw w;

    if (!span_is_str_nocase(x->bind[0], v->subscription.text))
        return name_taken(x, x->bind[2]);
    if (!s->body.recover || !is_at_path(x, v))
        return arm_fail(x, 409, "ConflictError",
                        "A vault with the same name already exists in deleted state. You need "
                        "to either recover or purge existing key vault. Follow this link "
                        "https://go.microsoft.com/fwlink/?linkid=2149745 for more information "
                        "on soft delete.");
    v->updated = clock_now();
    note_actor(x, v->updated_by);
    deleted_vault_recover(x->rows, x->view, &x->write, d);
    place_enter_group(x->rows, &x->write, &s->group);
    w = arm_reply(x, 200);
    vault_put(x, v, &w);
    return arm_finish(x, NEXT_COMMIT);
}

/* The name is free: asks for a key. */
static enum next
begin_vault(struct exchange *x, struct put_state *s)
{
    char location[MAX_LOCATION + 1] = "";

    if (s->body.recover)
        return arm_fail(x, 404, "SoftDeletedVaultDoesNotExist",
                        "A soft deleted vault with the given name does not exist. Ensure that "
                        "the name for the vault that is being attempted to recover is in a "
                        "recoverable state.");
    if (!body_is_whole(x, &s->body, wants_rbac(x, &s->body)) ||
        !arm_location(x, s->body.location, location, "InvalidResourceLocation", ""))
        return NEXT_REPLY;
    s->id = guid_new();
    keeper_pack_key_new(sink_sec(&x->ask), PURPOSE_VAULT, span_str(s->id.text));
    x->ask_op = KEEPER_KEY_NEW;
    return NEXT_KEEPER;
}

static enum next
put_begin(struct exchange *x, struct put_state *s)
{
    struct deleted_vault d = { 0 };
    struct vault *v = NULL;
    enum next next;
    enum err e = arm_group(x, &s->group);

    if (e == ERR_NOT_FOUND)
        return NEXT_REPLY;
    if (e != ERR_OK)
        return arm_trouble(x, e);
    if (!vault_name_is_ok(x->bind[2]))
        return arm_fail(
            x, 400, "VaultNameNotValid",
            "The vault name '%.*s' is invalid. A vault's name must be between 3-24 "
            "alphanumeric characters. The name must begin with a letter, end with a "
            "letter or digit, and not contain consecutive hyphens.",
            (int)span_head(x->bind[2], 128).len, (const char *)x->bind[2].ptr);
    if (!vault_body_read(x, &s->body))
        return NEXT_REPLY;
    e = vault_load(x->rows, x->view, x->bind[2], &v);
    if (e == ERR_OK) {
        next = update_vault(x, s, v);
        vault_unref(v);
        return next;
    }
    if (e == ERR_NO_VAULT)
        e = deleted_vault_load(x->rows, x->view, x->bind[2], &d);
    if (e == ERR_OK)
        next = meet_deleted(x, s, &d);
    else
        next = e == ERR_NO_VAULT ? begin_vault(x, s) : arm_trouble(x, e);
    deleted_vault_release(&d);
    return next;
}

/* The key is there. */
static enum next
put_end(struct exchange *x, struct put_state *s)
{
    struct vault_settings set = { .name = x->bind[2],
                                  .resource_group = span_str(s->group.name),
                                  .tenant = x->caller.tid,
                                  .subscription = s->group.subscription,
                                  .rbac = wants_rbac(x, &s->body),
                                  .retention_days = s->body.retention != 0
                                                        ? (unsigned)s->body.retention
                                                        : MAX_RETENTION_DAYS };
    char location[MAX_LOCATION + 1] = "";
    enum next next = NEXT_REPLY;
    struct vault *v = NULL;
    bool taken = true;
    enum err e = x->answer_err;

    if (!arm_location(x, s->body.location, location, "InvalidResourceLocation", ""))
        return NEXT_REPLY;
    set.location = span_str(location);
    if (e == ERR_OK)
        e = vault_name_is_taken(x->view, x->bind[2], &taken);
    if (e == ERR_OK && taken)
        return name_taken(x, x->bind[2]);
    if (e == ERR_OK) {
        e = arm_group(x, &s->group); /* as it is now */
        if (e == ERR_NOT_FOUND)
            return NEXT_REPLY;
    }
    if (e == ERR_OK)
        e = vault_new(&set, &s->id, secbuf_span(&x->answer), &v);
    if (e != ERR_OK)
        return arm_trouble(x, e == ERR_ARG ? ERR_INTERNAL : e);
    if (vault_body_apply(x, &s->body, true, v)) {
        syskey_fence(x->rows, x->view, vault_key(v).bytes, &x->write);
        place_enter_group(x->rows, &x->write, &s->group);
        next = store_vault(x, v, 200);
    }
    vault_unref(v);
    return next;
}

/* WIRE: 200 for a new vault too, as the real service answers (B.2 takes 200 and 201). */
enum next
api_arm_vault_put(struct exchange *x)
{
    struct put_state *s;

    if (x->step > 0)
        return put_end(x, x->state);
    s = calloc(1, sizeof(*s));
    if (s == NULL)
        return arm_trouble(x, ERR_NOMEM);
    x->state = s;
    x->state_free = put_free;
    return put_begin(x, s);
}
