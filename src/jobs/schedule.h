/* SPDX-License-Identifier: Apache-2.0 */
/* schedule.h - walking the rows of a schedule (vault/due.h) in order of time. */
#ifndef JOBS_SCHEDULE_H
#define JOBS_SCHEDULE_H

#include "base/limits.h"
#include "store/store.h"

/* A row's key, outside of any snapshot. len 0: in front of the first. */
struct schedule_key {
    char text[MAX_STORE_KEY];
    size_t len;
};
struct span schedule_span(const struct schedule_key *k);
/* The first row below prefix behind `after`. ERR_NOT_FOUND: there is none; errors of the store.
 */
MUST_CHECK enum err schedule_next(struct store_view *view, const char *prefix,
                                  const struct schedule_key *after, struct schedule_key *out);

#endif /* JOBS_SCHEDULE_H */
