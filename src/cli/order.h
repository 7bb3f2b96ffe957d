/* SPDX-License-Identifier: Apache-2.0 */
/* order.h - an order to the running server, for commands that give just that. */
#ifndef CLI_ORDER_H
#define CLI_ORDER_H

#include "daemon/admin.h"
#include "daemon/config.h"

/* Waits until it is done. EX_OK, or complained ("the server of DIR did not WHAT: why") and
 * EX_UNAVAILABLE. */
int order(const struct config *c, enum admin_op op, unsigned timeout_ms, const char *what);

#endif /* CLI_ORDER_H */
