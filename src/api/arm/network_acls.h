/* SPDX-License-Identifier: Apache-2.0 */
/* network_acls.h - a vault's network rules as ARM has them (management-plane.md B.3). */
#ifndef API_ARM_NETWORK_ACLS_H
#define API_ARM_NETWORK_ACLS_H

#include "api/arm/arm.h"

enum { MAX_IP_RULES = 1000, MAX_VNET_RULES = 200 };

/* Judges the object and appends its canonical JSON. False: the answer was composed. */
bool network_acls_read(struct exchange *x, const struct jsn *acls, struct buf *out);
/* The rules of a vault that never had any. */
extern const char network_acls_default[];

#endif /* API_ARM_NETWORK_ACLS_H */
