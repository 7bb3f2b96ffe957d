/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doors.h - the doors of the planes whose permissions are actions: resource
 * manager and directory. Token, route, api-version, permission, in that order
 * (management-plane.md I.4).
 */
#ifndef API_ARM_DOORS_H
#define API_ARM_DOORS_H

#include "api/phases.h"

/* routed: what routes_find said. Errors as phases_run. */
MUST_CHECK enum err action_phases(const struct phase_tools *t, struct exchange *x,
                                  enum err routed, struct buf *why);

/*
 * The id that a row's action is asked for, from the path: lower case, single slashes, no
 * slash at the end; "" is the root. ERR_TOO_LARGE.
 */
MUST_CHECK enum err action_scope(enum route_over kind, struct span path,
                                 char out[static OVER_MAX]);

/* Is x->scope locked against this method? Locks hold for everything but reading and the locks
 * themselves (A.15). ERR_LOCKED: why holds the text. ERR_INTEGRITY, ERR_FORMAT, ERR_IO. */
MUST_CHECK enum err action_locks(struct exchange *x, struct buf *why);

/* "2023-07-01", "2021-11-01-preview"...: date and perhaps one of the known suffixes. */
bool arm_version_is_ok(struct span text);

#endif /* API_ARM_DOORS_H */
