/* SPDX-License-Identifier: Apache-2.0 */
/* roles.h - what role definitions and role assignments share. */
#ifndef API_ARM_ROLES_H
#define API_ARM_ROLES_H

#include "api/exchange.h"
#include "auth/role_definition.h"

enum { ROLE_ID_MAX = 160 };

/* The id of a definition as it is answered at that scope: assignments have to spell it the same
 * way (az compares whole strings). */
void role_put_id(const struct scope *at, const struct guid *id, char out[static ROLE_ID_MAX]);

/* The answer to a change that was refused. */
enum next role_fault(struct exchange *x, const struct access_fault *f);

#endif /* API_ARM_ROLES_H */
