/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sweep.h - rows whose time has passed (auth/expiry.h): codes, refresh tokens,
 * sessions, counters; and what belonged to certificate authorities that are gone: credentials
 * and accounts of their ACME servers, their last lists. Nobody would believe them any more;
 * they only take room.
 */
#ifndef JOBS_SWEEP_H
#define JOBS_SWEEP_H

#include "jobs/desk.h"

struct sweep {
    unsigned prefix;               /* where it goes on */
    char after[MAX_STORE_KEY + 1]; /* row behind which it goes on; "" = first */
    size_t after_len;
};

/*
 * Looks at the next `limit` rows and deletes those that are over, in one commit, which *done
 * counts. A row that cannot be read is left and logged. As desk_commit(); ERR_CONFLICT: next
 * time.
 */
MUST_CHECK enum err sweep_expired(struct desk *d, struct sweep *at, int64_t now, unsigned limit,
                                  unsigned *done);

#endif /* JOBS_SWEEP_H */
