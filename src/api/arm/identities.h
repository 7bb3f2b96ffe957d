/* SPDX-License-Identifier: Apache-2.0 */
/* identities.h - resources that go with what they stand in or on. */
#ifndef API_ARM_IDENTITIES_H
#define API_ARM_IDENTITIES_H

#include "api/exchange.h"

/* Composes into x->write: the resources (vault/resource.h) whose ids begin with `below` and a
 * '/' go, and the principals of identities among them. ERR_TOO_LARGE: too many at a time. */
MUST_CHECK enum err arm_drop_resources(struct exchange *x, struct span below);

#endif /* API_ARM_IDENTITIES_H */
