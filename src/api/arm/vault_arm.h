/* SPDX-License-Identifier: Apache-2.0 */
/* vault_arm.h - vaults as the resource manager's handlers find and delete them. */
#ifndef API_ARM_VAULT_ARM_H
#define API_ARM_VAULT_ARM_H

#include "api/exchange.h"
#include "vault/vault.h"

/* The vault that bind[0], [1] and [2] name (subscription, group, vault). ERR_NOT_FOUND: the
 * answer was composed. The caller unrefs. */
MUST_CHECK enum err arm_vault(struct exchange *x, struct vault **out);

/* Writes a vault that was changed, with the time and the caller's name. */
void arm_store_vault(struct exchange *x, struct vault *v);

/* Composes into x->write: the vault becomes a deleted one, and what was assigned at and below
 * it goes. ERR_TOO_LARGE, ERR_INTEGRITY, ERR_IO. */
MUST_CHECK enum err arm_delete_vault(struct exchange *x, const struct vault *v);

/* Nothing goes while a lock inside it holds a part of it (A.13): is there one below x->scope?
 * *locked: the answer was composed. ERR_INTEGRITY, ERR_FORMAT, ERR_IO. */
MUST_CHECK enum err arm_locks_inside(struct exchange *x, bool *locked);

#endif /* API_ARM_VAULT_ARM_H */
