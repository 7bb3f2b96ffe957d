/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rotation_policy_body.h - KeyRotationPolicy as JSON, in and out (data-plane.md C10).
 */
#ifndef API_DATA_ROTATION_POLICY_BODY_H
#define API_DATA_ROTATION_POLICY_BODY_H

#include "api/exchange.h"
#include "vault/rotation_policy.h"

/* Only what binds; Azure's rules are rotation_policy_check's. ERR_BAD_BODY, ERR_NOMEM. */
MUST_CHECK enum err rotation_policy_body_read(struct span text, struct rotation_policy *out);
void rotation_policy_put_body(const struct exchange *x, const struct object_name *name,
                              const struct rotation_policy *p, struct sink k);

#endif /* API_DATA_ROTATION_POLICY_BODY_H */
