/* SPDX-License-Identifier: Apache-2.0 */
/* vault_json.c - vaults as JSON. */
#include "api/arm/vault_json.h"

#include <stdio.h>

#include "api/arm/network_acls.h"
#include "vault/perm.h"

void
vault_id(const struct vault *v, char out[static VAULT_ID_MAX])
{
    (void)snprintf(out, VAULT_ID_MAX,
                   "/subscriptions/%s/resourceGroups/%s/providers/Microsoft.KeyVault/vaults/%s",
                   v->subscription.text, v->resource_group, v->name);
}

static void
put_bits(struct jsw *w, enum perm_kind kind, uint32_t bits)
{
    const char *name;
    uint32_t bit;
    bool all = (bits & PERM_BIT_ALL) != 0;

    jsw_array(w, perm_kind_word(kind));
    if (all)
        jsw_str(w, NULL, "all");
    for (size_t i = 0; (name = perm_name_at(kind, i, &bit)) != NULL; i++)
        if ((bits & bit) != 0 && (!all || span_is_str(span_str(name), "purge")))
            jsw_str(w, NULL, name);
    jsw_end(w);
}

void
vault_put_policies(const struct access_policy *policies, unsigned n, struct jsw *w)
{
    jsw_array(w, "accessPolicies");
    for (unsigned i = 0; i < n; i++) {
        const struct access_policy *p = &policies[i];

        jsw_object(w, NULL);
        jsw_str(w, "tenantId", p->tenant.text);
        jsw_str(w, "objectId", p->object.text);
        if (p->application.text[0] != '\0')
            jsw_str(w, "applicationId", p->application.text);
        jsw_object(w, "permissions");
        put_bits(w, PERM_KEYS, p->keys);
        put_bits(w, PERM_SECRETS, p->secrets);
        put_bits(w, PERM_CERTIFICATES, p->certificates);
        put_bits(w, PERM_STORAGE, p->storage);
        jsw_end(w);
        jsw_end(w);
    }
    jsw_end(w);
}

static void
put_tags(const struct vault *v, struct jsw *w)
{
    struct bag tags;

    vault_tags(v, &tags);
    jsw_object(w, "tags");
    bag_put_json(&tags, w);
    jsw_end(w);
}

/* An address, an application id or a UPN: people have an '@'. */
static const char *
actor_type(const char *actor)
{
    return strchr(actor, '@') != NULL ? "User" : "Application";
}

static void
put_system_data(const struct vault *v, struct jsw *w)
{
    if (v->created_by[0] == '\0')
        return;
    jsw_object(w, "systemData");
    jsw_str(w, "createdBy", v->created_by);
    jsw_str(w, "createdByType", actor_type(v->created_by));
    arm_put_time(w, "createdAt", v->created);
    jsw_str(w, "lastModifiedBy", v->updated_by);
    jsw_str(w, "lastModifiedByType", actor_type(v->updated_by));
    arm_put_time(w, "lastModifiedAt", v->updated);
    jsw_end(w);
}

static void
put_uri(const struct exchange *x, const struct vault *v, struct jsw *w)
{
    char uri[300];

    (void)snprintf(uri, sizeof(uri), "https://%s.vault.%s%s/", v->name, x->site->domain,
                   x->site->port);
    for (char *p = uri; *p != '\0'; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p + 32);
    jsw_str(w, "vaultUri", uri);
}

/* What Azure does not have, where clients do not look. */
static void
put_ours(const struct vault *v, struct jsw *w)
{
    if (!v->allow_oct && !v->allow_okp)
        return;
    jsw_object(w, "keyhold");
    jsw_bool(w, "allowOctKeys", v->allow_oct);
    jsw_bool(w, "allowOkpKeys", v->allow_okp);
    jsw_end(w);
}

static void
put_properties(const struct exchange *x, const struct vault *v, struct jsw *w)
{
    static const char *const access[PUBLIC__MAX] = { "Enabled", "Disabled",
                                                     "SecuredByPerimeter" };

    jsw_object(w, "properties");
    jsw_object(w, "sku");
    jsw_str(w, "family", "A");
    jsw_str(w, "name", v->premium ? "premium" : "standard");
    jsw_end(w);
    jsw_str(w, "tenantId", v->tenant.text);
    vault_put_policies(v->policies, v->npolicies, w);
    jsw_raw(w, "networkAcls",
            v->network_acls_len > 0 ? span_of(v->network_acls, v->network_acls_len)
                                    : span_str(network_acls_default));
    jsw_bool(w, "enabledForDeployment", v->for_deployment);
    jsw_bool(w, "enabledForDiskEncryption", v->for_disk_encryption);
    jsw_bool(w, "enabledForTemplateDeployment", v->for_template_deployment);
    jsw_bool(w, "enableSoftDelete", true);
    jsw_i64(w, "softDeleteRetentionInDays", v->retention_days);
    jsw_bool(w, "enableRbacAuthorization", v->rbac);
    if (v->purge_protection)
        jsw_bool(w, "enablePurgeProtection", true);
    put_uri(x, v, w);
    jsw_str(w, "provisioningState", "Succeeded");
    jsw_str(w, "publicNetworkAccess", access[v->public_access]);
    put_ours(v, w);
    jsw_end(w);
}

void
vault_put(const struct exchange *x, const struct vault *v, struct jsw *w)
{
    char id[VAULT_ID_MAX];

    vault_id(v, id);
    jsw_object(w, NULL);
    jsw_str(w, "id", id);
    jsw_str(w, "name", v->name);
    jsw_str(w, "type", "Microsoft.KeyVault/vaults");
    jsw_str(w, "location", v->location);
    put_tags(v, w);
    put_system_data(v, w);
    put_properties(x, v, w);
    jsw_end(w);
}

void
vault_put_generic(const struct vault *v, bool with_times, struct jsw *w)
{
    char id[VAULT_ID_MAX];

    vault_id(v, id);
    jsw_object(w, NULL);
    jsw_str(w, "id", id);
    jsw_str(w, "name", v->name);
    jsw_str(w, "type", "Microsoft.KeyVault/vaults");
    jsw_str(w, "location", v->location);
    put_tags(v, w);
    if (with_times) {
        arm_put_time(w, "createdTime", v->created);
        arm_put_time(w, "changedTime", v->updated);
        jsw_str(w, "provisioningState", "Succeeded");
    }
    jsw_end(w);
}

void
vault_put_deleted(const struct deleted_vault *d, struct jsw *w)
{
    const struct vault *v = d->vault;
    char id[VAULT_ID_MAX];

    jsw_object(w, NULL);
    (void)snprintf(id, sizeof(id),
                   "/subscriptions/%s/providers/Microsoft.KeyVault/locations/%s/"
                   "deletedVaults/%s",
                   v->subscription.text, v->location, v->name);
    jsw_str(w, "id", id);
    jsw_str(w, "name", v->name);
    jsw_str(w, "type", "Microsoft.KeyVault/deletedVaults");
    jsw_object(w, "properties");
    vault_id(v, id);
    jsw_str(w, "vaultId", id);
    jsw_str(w, "location", v->location);
    put_tags(v, w);
    arm_put_time(w, "deletionDate", d->deleted);
    arm_put_time(w, "scheduledPurgeDate", d->purge);
    if (v->purge_protection)
        jsw_bool(w, "purgeProtectionEnabled", true);
    jsw_end(w);
    jsw_end(w);
}
