/* SPDX-License-Identifier: Apache-2.0 */
/* seed_places.c - subscriptions, resource groups, vaults. */
#include "auth/hierarchy.h"
#include "base/log.h"
#include "jobs/seed_int.h"
#include "vault/perm.h"
#include "vault/place.h"

enum { DEFAULT_RETENTION = 90, KEY_ANSWER_MAX = WRAPPED_MAX + 64 };

enum err
seed_subscription_of(const struct seeding *s, const struct jsn *item, struct guid *out)
{
    struct span v;

    *out = s->subscription.text[0] != '\0' ? s->subscription : s->stored_subscription;
    switch (jsn_get_str(item, "subscription", &v)) {
    case JSN_ABSENT:
        return out->text[0] == '\0' ? seed_bad(s, "no \"subscription\" is known") : ERR_OK;
    case JSN_OK:
        return guid_parse(v, out) ? ERR_OK : seed_bad(s, "\"subscription\" must be a GUID");
    case JSN_WRONG_TYPE:
        break;
    }
    return seed_bad(s, "\"subscription\" must be a GUID");
}

/* Stores p unless there is such a place already. */
static enum err
ensure_place(struct seeding *s, struct place *p, bool is_group)
{
    struct store_view *view;
    struct store_write w;
    struct place have;
    enum err e = store_begin(s->desk->store, &view);

    if (e != ERR_OK)
        return e;
    e = place_load(s->desk->rows, view, &p->subscription,
                   is_group ? span_str(p->name) : (struct span){ 0 }, &have);
    store_end(view);
    if (e != ERR_NOT_FOUND)
        return e;
    p->created = s->now;
    store_write_init(&w);
    place_store(s->desk->rows, &w, p, is_group, 0);
    e = seed_commit(s, &w);
    store_write_release(&w);
    return e;
}

/* A new subscription comes where the settings of its tenant's tree say; when that group is
 * gone, below the root group, where it is already. */
static enum err
put_into_tree(struct seeding *s, const struct place *p)
{
    struct subscription_home home = { .subscription = p->subscription, .tid = p->tenant };
    struct hierarchy_settings settings;
    struct access_fault why;
    struct store_view *view;
    struct store_write w;
    enum err e = store_begin(s->desk->store, &view);

    if (e != ERR_OK)
        return e;
    store_write_init(&w);
    e = hierarchy_settings_load(s->desk->rows, view, &p->tenant, &settings);
    if (e == ERR_OK && settings.default_group[0] != '\0') {
        (void)snprintf(home.group, sizeof(home.group), "%s", settings.default_group);
        e = subscription_home_put(s->desk->rows, view, &w, &home, &why);
    }
    store_end(view);
    if (e == ERR_OK)
        e = seed_commit(s, &w);
    store_write_release(&w);
    return e == ERR_NOT_FOUND || e == ERR_DENIED ? ERR_OK : e;
}

enum err
seed_subscription(struct seeding *s, const struct jsn *item)
{
    unsigned before = s->changes;
    struct place p = { .created = 0 };
    enum err e = seed_text(s, item, "name", p.name, sizeof(p.name));

    if (e == ERR_OK && p.name[0] == '\0')
        return seed_bad(s, "\"name\" is missing");
    if (e == ERR_OK)
        e = seed_guid(s, item, "id", "subscription", p.name, &p.subscription);
    if (e == ERR_OK)
        e = seed_tenant_of(s, item, &p.tenant);
    if (e != ERR_OK)
        return e;
    if (s->subscription.text[0] == '\0')
        s->subscription = p.subscription;
    e = ensure_place(s, &p, false);
    return e == ERR_OK && s->changes > before ? put_into_tree(s, &p) : e;
}

enum err
seed_group_place(struct seeding *s, const struct jsn *item)
{
    struct place p = { .created = 0 };
    enum err e = seed_text(s, item, "name", p.name, sizeof(p.name));

    if (e == ERR_OK && !place_group_name_is_ok(span_str(p.name)))
        return seed_bad(s, "\"name\" is not the name of a resource group");
    if (e == ERR_OK)
        e = seed_subscription_of(s, item, &p.subscription);
    if (e == ERR_OK)
        e = seed_text(s, item, "location", p.location, sizeof(p.location));
    if (e != ERR_OK)
        return e;
    if (p.location[0] == '\0')
        (void)span_copy_str(span_str(s->location), p.location, sizeof(p.location));
    return ensure_place(s, &p, true);
}

/* ----------------------------------------------------------- access policies */

static enum err
take_permissions(struct seeding *s, const struct jsn *j, enum perm_kind kind, uint32_t *bits)
{
    const struct jsn *list;

    *bits = 0;
    switch (jsn_get_array(j, perm_kind_word(kind), &list)) {
    case JSN_ABSENT:
        return ERR_OK;
    case JSN_WRONG_TYPE:
        return seed_bad(s, "permissions must be a list");
    case JSN_OK:
        break;
    }
    for (size_t i = 0; i < jsn_len(list); i++) {
        uint32_t bit = perm_bits(kind, jsn_str(jsn_at(list, i)));

        if (bit == 0)
            return seed_bad(s, "unknown permission name");
        *bits |= bit;
    }
    return ERR_OK;
}

static enum err
take_policy(struct seeding *s, const struct jsn *j, const struct guid *tenant,
            struct access_policy *p)
{
    struct span who;
    enum err e;

    *p = (struct access_policy){ .tenant = *tenant };
    if (jsn_get_str(j, "principal", &who) != JSN_OK)
        return seed_bad(s, "an access policy needs a \"principal\"");
    e = seed_principal(s, who, &p->object);
    if (e != ERR_OK)
        return e;
    if (jsn_get_str(j, "applicationId", &who) == JSN_OK && !guid_parse(who, &p->application))
        return seed_bad(s, "\"applicationId\" must be a GUID");
    e = take_permissions(s, j, PERM_KEYS, &p->keys);
    if (e == ERR_OK)
        e = take_permissions(s, j, PERM_SECRETS, &p->secrets);
    if (e == ERR_OK)
        e = take_permissions(s, j, PERM_CERTIFICATES, &p->certificates);
    if (e == ERR_OK)
        e = take_permissions(s, j, PERM_STORAGE, &p->storage);
    return e;
}

/* *policies is the caller's to free; NULL and 0 when there are none. */
static enum err
take_policies(struct seeding *s, const struct jsn *item, const struct guid *tenant,
              struct access_policy **policies, unsigned *n, bool *given)
{
    const struct jsn *list;
    enum err e = ERR_OK;

    *policies = NULL;
    *n = 0;
    *given = false;
    switch (jsn_get_array(item, "accessPolicies", &list)) {
    case JSN_ABSENT:
        return ERR_OK;
    case JSN_WRONG_TYPE:
        return seed_bad(s, "\"accessPolicies\" must be a list");
    case JSN_OK:
        break;
    }
    *given = true;
    if (jsn_len(list) > MAX_ACCESS_POLICIES)
        return seed_bad(s, "too many access policies");
    *policies = calloc(jsn_len(list) + 1, sizeof(**policies));
    if (*policies == NULL)
        return ERR_NOMEM;
    for (; e == ERR_OK && *n < jsn_len(list); ++*n)
        e = take_policy(s, jsn_at(list, *n), tenant, &(*policies)[*n]);
    return e;
}

/* -------------------------------------------------------------------- vaults */

struct vault_texts {
    char name[MAX_VAULT_NAME + 1], group[MAX_GROUP_NAME + 1], location[MAX_LOCATION + 1];
    char sku[16];
};

static enum err
take_settings(struct seeding *s, const struct jsn *item, struct vault_texts *t,
              struct vault_settings *out)
{
    int64_t days;
    enum err e;

    *out = (struct vault_settings){ .premium = false };
    e = seed_text(s, item, "name", t->name, sizeof(t->name));
    if (e == ERR_OK && !vault_name_is_ok(span_str(t->name)))
        return seed_bad(s, "\"name\" is not a vault name");
    if (e == ERR_OK)
        e = seed_text(s, item, "resourceGroup", t->group, sizeof(t->group));
    if (e == ERR_OK && !place_group_name_is_ok(span_str(t->group)))
        return seed_bad(s, "\"resourceGroup\" is missing or not a name");
    if (e == ERR_OK)
        e = seed_text(s, item, "location", t->location, sizeof(t->location));
    if (e == ERR_OK)
        e = seed_text(s, item, "sku", t->sku, sizeof(t->sku));
    if (e == ERR_OK)
        e = seed_subscription_of(s, item, &out->subscription);
    if (e == ERR_OK)
        e = seed_tenant_at(s, &out->subscription, &out->tenant);
    if (e == ERR_OK)
        e = seed_flag(s, item, "rbac", true, &out->rbac);
    if (e == ERR_OK)
        e = seed_flag(s, item, "purgeProtection", false, &out->purge_protection);
    if (e == ERR_OK)
        e = seed_flag(s, item, "allowOctKeys", false, &out->allow_oct);
    if (e == ERR_OK)
        e = seed_flag(s, item, "allowOkpKeys", false, &out->allow_okp);
    if (e != ERR_OK)
        return e;
    switch (jsn_get_i64(item, "retentionDays", &days)) {
    case JSN_ABSENT:
        days = DEFAULT_RETENTION;
        break;
    case JSN_OK:
        break;
    case JSN_WRONG_TYPE:
        days = 0;
        break;
    }
    if (days < MIN_RETENTION_DAYS || days > MAX_RETENTION_DAYS)
        return seed_bad(s, "\"retentionDays\" must be 7 to 90");
    if (t->sku[0] != '\0' && !span_is_str_nocase(span_str(t->sku), "standard") &&
        !span_is_str_nocase(span_str(t->sku), "premium"))
        return seed_bad(s, "\"sku\" must be standard or premium");
    out->retention_days = (unsigned)days;
    out->premium = span_is_str_nocase(span_str(t->sku), "premium");
    out->name = span_str(t->name);
    out->resource_group = span_str(t->group);
    out->location = span_str(t->location[0] == '\0' ? s->location : t->location);
    return ERR_OK;
}

static enum err
create_vault(struct seeding *s, const struct vault_settings *settings)
{
    struct secbuf question, answer;
    struct guid id = guid_new();
    struct store_write w;
    struct vault *v = NULL;
    enum err e;

    store_write_init(&w);
    secbuf_init(&question, 1024);
    secbuf_init(&answer, KEY_ANSWER_MAX);
    keeper_pack_key_new(sink_sec(&question), PURPOSE_VAULT, span_str(id.text));
    e = desk_ask(s->desk, KEEPER_KEY_NEW, &question, &answer);
    if (e == ERR_OK)
        e = vault_new(settings, &id, secbuf_span(&answer), &v);
    if (e == ERR_OK) {
        v->created = s->now;
        vault_store(s->desk->rows, &w, v, 0);
        e = seed_commit(s, &w);
    }
    vault_unref(v);
    secbuf_release(&answer);
    secbuf_release(&question);
    store_write_release(&w);
    return e;
}

static bool
policies_differ(const struct vault *v, const struct access_policy *p, unsigned n)
{
    if (v->npolicies != n)
        return true;
    for (unsigned i = 0; i < n; i++)
        if (!guid_is_equal(&v->policies[i].object, &p[i].object) ||
            !guid_is_equal(&v->policies[i].application, &p[i].application) ||
            v->policies[i].keys != p[i].keys || v->policies[i].secrets != p[i].secrets ||
            v->policies[i].certificates != p[i].certificates ||
            v->policies[i].storage != p[i].storage)
            return true;
    return false;
}

/* What a seed may change of a vault that exists: model, policies, and protection to on. */
static enum err
adjust_vault(struct seeding *s, struct vault *v, const struct vault_settings *want,
             bool policies)
{
    struct access_policy *before = v->policies;
    unsigned nbefore = v->npolicies;
    struct store_write w;
    enum err e = ERR_OK;
    bool differ = policies && policies_differ(v, want->policies, want->npolicies);

    if (!differ && v->rbac == want->rbac && (v->purge_protection || !want->purge_protection))
        return ERR_OK;
    store_write_init(&w);
    v->rbac = want->rbac;
    v->purge_protection = v->purge_protection || want->purge_protection;
    if (differ) {
        v->policies = (struct access_policy *)(uintptr_t)want->policies;
        v->npolicies = want->npolicies;
    }
    vault_store(s->desk->rows, &w, v, v->revision);
    v->policies = before;
    v->npolicies = nbefore;
    e = seed_commit(s, &w);
    store_write_release(&w);
    return e;
}

enum err
seed_vault(struct seeding *s, const struct jsn *item)
{
    struct access_policy *policies = NULL;
    struct vault_settings want;
    struct vault_texts texts;
    struct store_view *view = NULL;
    struct vault *v = NULL;
    bool given;
    enum err e;

    e = take_settings(s, item, &texts, &want);
    if (e != ERR_OK)
        return e;
    e = take_policies(s, item, &want.tenant, &policies, &want.npolicies, &given);
    want.policies = policies;
    if (e == ERR_OK)
        e = store_begin(s->desk->store, &view);
    if (e == ERR_OK) {
        e = vault_load(s->desk->rows, view, want.name, &v);
        if (e == ERR_NO_VAULT)
            e = create_vault(s, &want);
        else if (e == ERR_OK)
            e = adjust_vault(s, v, &want, given);
    }
    vault_unref(v);
    store_end(view);
    free(policies);
    return e;
}
