/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lane.h - a thread of the keeper that owns some links and answers on them.
 *
 * Everything a lane touches while it answers is its own (links, caches), so
 * the short work takes no lock. Others reach it through its inbox: new links
 * and finished jobs, announced by an eventfd, once for all that came since the
 * lane last looked.
 */
#ifndef KEEPER_LANE_H
#define KEEPER_LANE_H

#include <stddef.h>

#include "base/err.h"
#include "crypto/mac.h"
#include "ipc/peer.h"
#include "keeper/board.h"
#include "keeper/hand.h"
#include "keeper/job.h"
#include "keeper/pool.h"

/* What the lanes of a keeper share; borrowed. */
struct lane_shared {
    struct hand_kit kit;
    struct pool *pools[PACE__MAX]; /* their jobs are struct job; NULL: done on the lane */
    unsigned per_link[PACE__MAX];  /* jobs of one link that may be in a pool at a time */
    struct mac_key *recall_key;
    unsigned backlog; /* so many jobs of PACE_LONG out: their answers come in groups */
    const struct board *board;
    bool keys_only; /* without a root key: questions about users' keys, and no others */
};

/* Starts the thread; processor is where it stays, or -1. ERR_NOMEM, ERR_IO. */
MUST_CHECK enum err lane_new(const struct lane_shared *shared, int processor,
                             struct lane **out);
/* What it has counted, for the board; lives as long as the lane. */
const struct tally *lane_tally(const struct lane *l);
/* Answers what has come, closes the links, ends the thread. NULL is allowed. */
void lane_free(struct lane *l);

/* From any thread: hands over a link. fd is adopted, also on failure. ERR_NOMEM. */
MUST_CHECK enum err lane_adopt(struct lane *l, int fd, enum ipc_role role);
/* From the pool: gives back a job that is done. */
void lane_finish(struct job *j);

#endif /* KEEPER_LANE_H */
