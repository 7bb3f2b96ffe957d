/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rewrap.h - every wrapped key in the store under the newest root key
 * (`keyhold seal rotate`). Rows are taken one by one, each with the revision
 * it had as precondition, so it runs beside normal traffic and may be run
 * again after a crash.
 */
#ifndef JOBS_REWRAP_H
#define JOBS_REWRAP_H

#include "jobs/desk.h"

/* *done counts the keys that were rewrapped; keys already under the newest root are left. */
MUST_CHECK enum err rewrap_all(struct desk *d, unsigned *done);

#endif /* JOBS_REWRAP_H */
