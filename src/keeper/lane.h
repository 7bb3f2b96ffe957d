/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lane.h - a thread of the keeper that owns some links and answers on them.
 *
 * Everything a lane touches while it answers is its own (links, caches), so
 * the short work takes no lock. Others reach it through its inbox: new links
 * and finished slow jobs, announced by an eventfd.
 */
#ifndef KEEPER_LANE_H
#define KEEPER_LANE_H

#include <stddef.h>

#include "base/err.h"
#include "crypto/mac.h"
#include "ipc/peer.h"
#include "keeper/job.h"
#include "keeper/pool.h"
#include "keeper/roots.h"

/* What the lanes of a keeper share; borrowed. */
struct lane_shared {
    struct roots *roots;
    struct pool *pool; /* its jobs are struct job */
    struct mac_key *recall_key;
    size_t cache_bytes; /* for each lane */
};

/* Starts the thread; processor is where it stays, or -1. ERR_NOMEM, ERR_IO. */
MUST_CHECK enum err lane_new(const struct lane_shared *shared, int processor,
                             struct lane **out);
/* Answers what has come, closes the links, ends the thread. NULL is allowed. */
void lane_free(struct lane *l);

/* From any thread: hands over a link. fd is adopted, also on failure. ERR_NOMEM. */
MUST_CHECK enum err lane_adopt(struct lane *l, int fd, enum ipc_role role);
/* From the pool: gives back a job that is done. */
void lane_finish(struct job *j);

#endif /* KEEPER_LANE_H */
