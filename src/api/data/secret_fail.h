/* SPDX-License-Identifier: Apache-2.0 */
/* secret_fail.h - failing an exchange about a secret with the words its text needs. */
#ifndef API_DATA_SECRET_FAIL_H
#define API_DATA_SECRET_FAIL_H

#include "api/exchange.h"

/* operation: as Azure's texts name it ("get", "delete"). */
enum next secret_fail(struct exchange *x, enum err e, const char *operation);

#endif /* API_DATA_SECRET_FAIL_H */
