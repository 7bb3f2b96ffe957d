/* SPDX-License-Identifier: Apache-2.0 */
/* vault_body.c - what a body says of a vault. */
#include "api/arm/vault_body.h"

#include <stdlib.h>

#include "api/arm/network_acls.h"
#include "api/arm/tags.h"

static bool
invalid(struct exchange *x, const char *what)
{
    (void)arm_fail(x, 400, "BadRequest", "An invalid value was provided for '%s'.", what);
    return false;
}

static bool
read_tri(struct exchange *x, const struct jsn *p, const char *name, enum tri *out)
{
    bool value = false;
    enum jsn_got got = jsn_get_bool(p, name, &value);

    *out = got == JSN_ABSENT ? TRI_ABSENT : value ? TRI_YES : TRI_NO;
    return got != JSN_WRONG_TYPE || invalid(x, name);
}

static bool
read_flags(struct exchange *x, const struct jsn *p, struct vault_body *b)
{
    const struct jsn *ours = NULL;

    if (jsn_get_object(p, "keyhold", &ours) == JSN_OK &&
        (!read_tri(x, ours, "allowOctKeys", &b->allow_oct) ||
         !read_tri(x, ours, "allowOkpKeys", &b->allow_okp)))
        return false;
    return read_tri(x, p, "enabledForDeployment", &b->for_deployment) &&
           read_tri(x, p, "enabledForDiskEncryption", &b->for_disk_encryption) &&
           read_tri(x, p, "enabledForTemplateDeployment", &b->for_template_deployment) &&
           read_tri(x, p, "enableSoftDelete", &b->soft_delete) &&
           read_tri(x, p, "enableRbacAuthorization", &b->rbac) &&
           read_tri(x, p, "enablePurgeProtection", &b->purge_protection);
}

static bool
read_sku(struct exchange *x, const struct jsn *p, struct vault_body *b)
{
    const struct jsn *sku = NULL;
    struct span family = { 0 }, name = { 0 };
    enum jsn_got got = jsn_get_object(p, "sku", &sku);

    if (got == JSN_ABSENT)
        return true;
    if (got != JSN_OK || jsn_get_str(sku, "name", &name) != JSN_OK ||
        jsn_get_str(sku, "family", &family) == JSN_WRONG_TYPE)
        return invalid(x, "sku");
    b->has_sku = true;
    b->premium = span_is_str_nocase(name, "premium");
    if ((family.len > 0 && !span_is_str_nocase(family, "A")) ||
        (!b->premium && !span_is_str_nocase(name, "standard"))) {
        (void)arm_fail(x, 400, "SkuNotSupported", "The SKU '%.*s' is not supported.",
                       (int)span_head(name, 64).len, (const char *)name.ptr);
        return false;
    }
    return true;
}

static bool
read_words(struct exchange *x, const struct jsn *p, struct vault_body *b)
{
    static const char *const access[PUBLIC__MAX] = { "Enabled", "Disabled",
                                                     "SecuredByPerimeter" };
    struct span tenant = { 0 }, mode = { 0 }, public = { 0 };
    enum jsn_got got = jsn_get_str(p, "tenantId", &tenant);

    b->has_tenant = got == JSN_OK;
    if (got == JSN_WRONG_TYPE || (b->has_tenant && !guid_parse(tenant, &b->tenant)))
        return invalid(x, "tenantId");
    if (b->has_tenant && !guid_is_equal(&b->tenant, &x->caller.tid))
        return invalid(x, "tenantId");
    if (jsn_get_str(p, "createMode", &mode) == JSN_WRONG_TYPE ||
        (mode.len > 0 && !span_is_str_nocase(mode, "default") &&
         !span_is_str_nocase(mode, "recover")))
        return invalid(x, "createMode");
    b->recover = span_is_str_nocase(mode, "recover");
    if (jsn_get_str(p, "publicNetworkAccess", &public) == JSN_WRONG_TYPE)
        return invalid(x, "publicNetworkAccess");
    for (unsigned i = 0; i < PUBLIC__MAX && !b->has_public; i++) {
        b->has_public = span_is_str_nocase(public, access[i]);
        b->public_access = (enum public_access)i;
    }
    return b->has_public || public.len == 0 || invalid(x, "publicNetworkAccess");
}

static bool
read_properties(struct exchange *x, const struct jsn *p, struct vault_body *b)
{
    const struct jsn *acls = NULL, *policies = NULL;
    enum jsn_got got;

    if (!read_flags(x, p, b) || !read_sku(x, p, b) || !read_words(x, p, b))
        return false;
    got = jsn_get_i64(p, "softDeleteRetentionInDays", &b->retention);
    if (got == JSN_WRONG_TYPE || (got == JSN_OK && (b->retention < MIN_RETENTION_DAYS ||
                                                    b->retention > MAX_RETENTION_DAYS)))
        return invalid(x, "softDeleteRetentionInDays");
    if (got == JSN_ABSENT)
        b->retention = 0;
    b->has_policies = jsn_get_array(p, "accessPolicies", &policies) != JSN_ABSENT;
    if (!vault_policies_read(x, p, false, &b->policies, &b->npolicies))
        return false;
    got = jsn_get_object(p, "networkAcls", &acls);
    b->has_acls = got == JSN_OK;
    if (got == JSN_WRONG_TYPE)
        return invalid(x, "networkAcls");
    return !b->has_acls || network_acls_read(x, acls, &b->acls);
}

bool
vault_body_read(struct exchange *x, struct vault_body *out)
{
    const struct jsn *properties = NULL;
    enum jsn_got got;
    enum err e;

    *out = (struct vault_body){ 0 };
    buf_init(&out->acls, MAX_NETWORK_ACLS);
    e = arm_body(x, &out->root);
    if (e != ERR_OK) {
        (void)arm_fail(x, 400, "InvalidRequestContent",
                       "The request content was invalid and could not be deserialized.");
        return false;
    }
    out->has_tags = jsn_get_object(out->root, "tags", &properties) != JSN_ABSENT;
    got = jsn_get_str(out->root, "location", &out->location);
    if (got == JSN_WRONG_TYPE)
        (void)invalid(x, "location");
    else if (!arm_read_tags(x, out->root, false, &out->tags))
        got = JSN_WRONG_TYPE;
    if (got != JSN_WRONG_TYPE) {
        got = jsn_get_object(out->root, "properties", &properties);
        if (got == JSN_WRONG_TYPE)
            (void)invalid(x, "properties");
        else if (got == JSN_ABSENT || read_properties(x, properties, out))
            return true;
    }
    vault_body_release(out);
    return false;
}

void
vault_body_release(struct vault_body *b)
{
    free(b->policies);
    buf_release(&b->acls);
    jsn_free(b->root);
    *b = (struct vault_body){ 0 };
}

/* Soft delete, retention and purge protection only ever go one way (B.4). */
static bool
apply_protection(struct exchange *x, const struct vault_body *b, struct vault *v)
{
    if (b->soft_delete == TRI_NO) {
        (void)arm_fail(x, 400, "BadRequest",
                       "The property \"enableSoftDelete\" cannot be set to false. Enabling the "
                       "'soft delete' functionality for a vault is an irreversible action.");
        return false;
    }
    if (b->purge_protection == TRI_NO) {
        (void)arm_fail(
            x, 400, "BadRequest",
            "The property \"enablePurgeProtection\" cannot be set to false. Enabling "
            "the purge protection for a vault is an irreversible action.");
        return false;
    }
    if (b->retention != 0 && v->retention_days != 0 && b->retention != v->retention_days) {
        (void)arm_fail(x, 400, "BadRequest",
                       "The property \"softDeleteRetentionInDays\" has been set already and it "
                       "can't be modified.");
        return false;
    }
    if (b->purge_protection == TRI_YES)
        v->purge_protection = true;
    if (v->retention_days == 0)
        v->retention_days = b->retention != 0 ? (unsigned)b->retention : MAX_RETENTION_DAYS;
    return true;
}

static void
apply_tri(enum tri t, bool put, bool *flag)
{
    if (t != TRI_ABSENT)
        *flag = t == TRI_YES;
    else if (put)
        *flag = false;
}

static void
apply_flags(const struct vault_body *b, bool put, struct vault *v)
{
    apply_tri(b->for_deployment, put, &v->for_deployment);
    apply_tri(b->for_disk_encryption, put, &v->for_disk_encryption);
    apply_tri(b->for_template_deployment, put, &v->for_template_deployment);
    apply_tri(b->rbac, false, &v->rbac); /* an update never flips it by silence (B.1) */
    apply_tri(b->allow_oct, false, &v->allow_oct);
    apply_tri(b->allow_okp, false, &v->allow_okp);
    if (b->has_sku)
        v->premium = b->premium;
    if (b->has_public || put)
        v->public_access = b->has_public ? b->public_access : PUBLIC_ENABLED;
}

/*
 * Who may write a vault could switch it to access policies and let himself in. Where the
 * setting vault_mode_change asks for it, that takes the right to assign roles, both ways.
 */
static bool
may_change_mode(struct exchange *x, const struct vault_body *b, const struct vault *v)
{
    static const char right[] = "Microsoft.Authorization/roleAssignments/write";

    if (!x->site->guards_vault_mode || v->revision == 0 || b->rbac == TRI_ABSENT ||
        (b->rbac == TRI_YES) == v->rbac || arm_may(x, right, v->arm_id))
        return true;
    (void)arm_fail(x, 403, "AuthorizationFailed",
                   "The client '%s' with object id '%s' does not have authorization to perform "
                   "action '%s' over scope '%s', which changing the property "
                   "\"enableRbacAuthorization\" takes here.",
                   x->caller.upn[0] != '\0' ? x->caller.upn : x->caller.appid.text,
                   x->caller.oid.text, right, v->arm_id);
    return false;
}

bool
vault_body_apply(struct exchange *x, const struct vault_body *b, bool put, struct vault *v)
{
    enum err e = ERR_OK;

    if (b->has_sku && v->premium && !b->premium) {
        (void)arm_fail(x, 400, "BadRequest",
                       "The SKU of a premium vault cannot be changed to standard.");
        return false;
    }
    if (!may_change_mode(x, b, v) || !apply_protection(x, b, v))
        return false;
    apply_flags(b, put, v);
    if (b->has_policies || put)
        e = vault_set_policies(v, b->policies, b->npolicies);
    if (e == ERR_OK && (b->has_tags || put))
        e = vault_set_tags(v, &b->tags);
    if (e == ERR_OK && (b->has_acls || put))
        e = vault_set_network_acls(v, b->has_acls ? buf_span(&b->acls)
                                                  : span_str(network_acls_default));
    if (e != ERR_OK)
        (void)arm_fail(x, 503, "ServiceUnavailable", "The service is out of memory.");
    return e == ERR_OK;
}
