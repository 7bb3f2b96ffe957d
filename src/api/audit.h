/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit.h - an exchange as an AuditEvent record (monitoring.md A.2 - A.7).
 *
 * One JSON object on one line, without the chain members that the scribe adds.
 * Never a value, a token, a signature or a body: names, ids, codes, times.
 */
#ifndef API_AUDIT_H
#define API_AUDIT_H

#include "api/exchange.h"
#include "api/throttle.h"

/* status and message: of the answer that will be sent; message empty on success. */
void audit_compose(const struct exchange *x, unsigned status, struct span message,
                   struct buf *out);
/* One record in place of those that strangers' answers would have left. */
void audit_compose_throttled(const struct throttle_report *r, struct buf *out);

#endif /* API_AUDIT_H */
