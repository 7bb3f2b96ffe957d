/* SPDX-License-Identifier: Apache-2.0 */
/*
 * purge.h - deleted objects whose retention has ended are destroyed
 * (data-plane.md E2: automatic purge at scheduledPurgeDate).
 */
#ifndef JOBS_PURGE_H
#define JOBS_PURGE_H

#include "jobs/desk.h"

/*
 * Purges what is due by now, with at most `limit` commits, which *done counts. A crash in
 * between does no harm: an object of very many versions is marked before its first one goes
 * (vault/object_deleted.h), any other goes in one commit.
 *
 * ERR_INTEGRITY, ERR_FORMAT, ...: rows that cannot be understood were left; the rest is done
 * else as desk_commit(); ERR_CONFLICT after a few tries
 */
MUST_CHECK enum err purge_due(struct desk *d, int64_t now, unsigned limit, unsigned *done);

#endif /* JOBS_PURGE_H */
