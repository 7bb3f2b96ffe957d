/* SPDX-License-Identifier: Apache-2.0 */
/* object_fail.h - failing an exchange about an object with the words its text needs. */
#ifndef API_DATA_OBJECT_FAIL_H
#define API_DATA_OBJECT_FAIL_H

#include "api/exchange.h"

/* operation: as Azure's texts name it ("get", "delete"). */
enum next object_fail(struct exchange *x, enum err e, const char *operation);

#endif /* API_DATA_OBJECT_FAIL_H */
