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

/*
 * *done counts the keys that were rewrapped; keys already under the newest root are left. When
 * it answers ERR_OK no key is under an older root, and none can be stored any more
 * (vault/syskey.h, syskey_fence). ERR_BUSY: a row changed again and again; else as desk_ask()
 * and desk_commit(), ERR_INTEGRITY, ERR_FORMAT.
 */
MUST_CHECK enum err rewrap_all(struct desk *d, unsigned *done);
/* The same, if the keeper holds a next root key: goes on with a rotation that was interrupted.
 */
MUST_CHECK enum err rewrap_resume(struct desk *d, unsigned *done);

#endif /* JOBS_REWRAP_H */
