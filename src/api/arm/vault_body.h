/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vault_body.h - bodies of PUT and PATCH of a vault, and of its access policies
 * (management-plane.md B.3 - B.5): read, judged by themselves, and laid on a vault.
 */
#ifndef API_ARM_VAULT_BODY_H
#define API_ARM_VAULT_BODY_H

#include "api/arm/arm.h"
#include "vault/vault.h"

enum tri { TRI_ABSENT, TRI_NO, TRI_YES };

struct vault_body {
    struct jsn *root; /* everything below borrows from it */
    struct span location;
    bool has_tags;
    struct bag tags;
    bool has_sku, premium;
    bool has_tenant;
    struct guid tenant;
    bool has_policies;
    struct access_policy *policies;
    unsigned npolicies;
    enum tri for_deployment, for_disk_encryption, for_template_deployment;
    enum tri soft_delete, rbac, purge_protection;
    enum tri allow_oct, allow_okp; /* ours: properties.keyhold */
    int64_t retention;             /* 0: absent */
    bool recover;
    bool has_public;
    enum public_access public_access;
    bool has_acls;
    struct buf acls; /* canonical JSON */
};

/* False: the answer was composed, there is nothing to release. */
bool vault_body_read(struct exchange *x, struct vault_body *out);
void vault_body_release(struct vault_body *b);

/*
 * Lays what the body says on a vault that was loaded. put: what is absent goes back to its
 * default, where Azure does that. False: the answer was composed, v is half done.
 */
bool vault_body_apply(struct exchange *x, const struct vault_body *b, bool put,
                      struct vault *v);

/* {"properties":{"accessPolicies":[...]}}: read into out (n of them, the caller frees). False:
 * the answer was composed. */
bool vault_policies_read(struct exchange *x, const struct jsn *properties, bool required,
                         struct access_policy **out, unsigned *n);

#endif /* API_ARM_VAULT_BODY_H */
