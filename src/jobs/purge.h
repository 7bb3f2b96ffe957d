/* SPDX-License-Identifier: Apache-2.0 */
/*
 * purge.h - deleted objects whose retention has ended are destroyed
 * (data-plane.md E2: automatic purge at scheduledPurgeDate).
 */
#ifndef JOBS_PURGE_H
#define JOBS_PURGE_H

#include "jobs/desk.h"

/* Purges what is due by now, at most `limit` objects; *done counts them. A crash in between
 * leaves whole objects: each purge is one commit. */
MUST_CHECK enum err purge_due(struct desk *d, int64_t now, unsigned limit, unsigned *done);

#endif /* JOBS_PURGE_H */
