/* SPDX-License-Identifier: Apache-2.0 */
/*
 * target.h - does what a scope names exist here, in the caller's tenant? For
 * what is put upon other things: locks, tags, role assignments.
 */
#ifndef API_ARM_TARGET_H
#define API_ARM_TARGET_H

#include "api/exchange.h"
#include "auth/scope.h"
#include "vault/place.h"

/*
 * Parses bind[0] and looks for it: management group, subscription, resource group, vault,
 * managed identity; what lies below those is taken to be there. The root exists.
 * ERR_NOT_FOUND: the answer was composed (404, the code says which part is missing).
 */
MUST_CHECK enum err arm_target(struct exchange *x, struct scope *out);
/*
 * The same for who puts something upon it: what goes into x->write is not committed if the
 * target is being deleted at the same time, nor is the deletion if it did not see what was put
 * (vault/fence.h). The caller answers NEXT_COMMIT, or the write is dropped.
 */
MUST_CHECK enum err arm_target_hold(struct exchange *x, struct scope *out);

/* The tenant of a subscription: the default one if its row is of old. Borrowed. */
const struct guid *arm_tenant_of(const struct exchange *x, const struct place *subscription);

#endif /* API_ARM_TARGET_H */
