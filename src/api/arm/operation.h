/* SPDX-License-Identifier: Apache-2.0 */
/*
 * operation.h - operations that clients poll (management-plane.md A.6).
 *
 * Everything here is done when its answer goes out. Where clients insist on
 * 202 and a Location, that leads to a place which says "done" at once.
 */
#ifndef API_ARM_OPERATION_H
#define API_ARM_OPERATION_H

#include "api/exchange.h"

/* 202 with Location "<origin><path>/<id>?api-version=..." and Retry-After 1. */
void operation_accept(struct exchange *x, const char *path);

#endif /* API_ARM_OPERATION_H */
