/* SPDX-License-Identifier: Apache-2.0 */
/* job.h - a question that takes a while, on its way through a pool and back to its lane. */
#ifndef KEEPER_JOB_H
#define KEEPER_JOB_H

#include <stdint.h>

#include "base/err.h"
#include "base/secbuf.h"
#include "crypto/mac.h"
#include "keeper/provider.h"

struct lane;

struct job {
    struct job *next;  /* in the lane's list of finished ones */
    struct lane *lane; /* who gets it back */
    uint64_t link;     /* number of the link that asked; it may be gone by then */
    uint64_t msg;      /* id of the question */
    enum keeper_op op;
    enum key_pace pace; /* whose job it is */
    struct span payload;
    struct secbuf secret; /* holds the payload, unless nothing in it is secret */
    struct secbuf answer;
    enum err status;
    uint8_t tag[MAC_LEN]; /* of a password check */
    uint8_t bytes[];      /* holds the payload otherwise */
};

/* Copies the payload. NULL when out of memory. */
struct job *job_new(enum keeper_op op, struct span payload);
void job_free(struct job *j); /* wipes; NULL is allowed */
/* Does the work with a struct hand: sets status and answer, forgets the payload. */
void job_run(void *hand, struct job *j);

#endif /* KEEPER_JOB_H */
