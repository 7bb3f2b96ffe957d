/* SPDX-License-Identifier: Apache-2.0 */
/* lane_int.h - a lane and its links; inside keeper/lane.c and keeper/intake.c. */
#ifndef KEEPER_LANE_INT_H
#define KEEPER_LANE_INT_H

#include <pthread.h>

#include "keeper/lane.h"
#include "keeper/recall.h"

struct link {
    struct link *next;
    struct lane *lane;
    struct peer *peer;
    uint64_t number;
    unsigned jobs[PACE__MAX]; /* in the pools */
    bool posted;              /* something waits for the flush */
    bool writing;             /* waiting for writability, not reading */
    bool broken;
};

struct lane {
    struct lane_shared shared;
    pthread_t thread;
    bool running;
    int epoll, wake;
    struct hand *hand;
    struct recall *recall;
    struct secbuf answer;
    struct link *links;
    uint64_t next_number;
    struct tally tally;
    unsigned long_jobs; /* of PACE_LONG, given to the pool and not yet back */

    pthread_mutex_t lock; /* the inbox, below */
    struct link *new_links;
    struct job *finished, **finished_end;
    unsigned finished_long; /* of PACE_LONG among the finished */
    unsigned group;         /* so many of them wake it; it looks by itself, soon, if above 1 */
    bool woken;             /* it has yet to look at what is there */
    bool stop;
};

/* What a link says, and what it gets; in lane.c. */
void link_post(struct link *k, uint16_t op, uint64_t id, enum err status, struct span payload);
void link_break(struct link *k, const char *why);

/* From a question to its answer; in intake.c. A peer_msg_fn; arg is the struct link. */
void intake_message(void *arg, struct peer *p, const struct ipc_msg *m);
/* A job that came back; it stays the caller's. */
void intake_job(struct lane *l, const struct job *j);
/* Nobody waits any more for what this link asked. */
void intake_forget(struct link *k);

#endif /* KEEPER_LANE_INT_H */
