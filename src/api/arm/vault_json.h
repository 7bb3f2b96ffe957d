/* SPDX-License-Identifier: Apache-2.0 */
/* vault_json.h - vaults, live and deleted, as ARM answers them (management-plane.md B.3, B.7).
 */
#ifndef API_ARM_VAULT_JSON_H
#define API_ARM_VAULT_JSON_H

#include "api/arm/arm.h"
#include "vault/vault_deleted.h"

enum { VAULT_ID_MAX = 320 };

/* The id as spelled: /subscriptions/.../vaults/<name>. */
void vault_id(const struct vault *v, char out[static VAULT_ID_MAX]);
/* The whole resource, as an element or the root. */
void vault_put(const struct exchange *x, const struct vault *v, struct jsw *w);
/* An item of the generic lists: id, name, type, location, tags. */
void vault_put_generic(const struct vault *v, bool with_times, struct jsw *w);
void vault_put_deleted(const struct deleted_vault *d, struct jsw *w);
/* The member accessPolicies. */
void vault_put_policies(const struct access_policy *policies, unsigned n, struct jsw *w);

#endif /* API_ARM_VAULT_JSON_H */
