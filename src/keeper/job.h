/* SPDX-License-Identifier: Apache-2.0 */
/* job.h - a slow question on its way through the pool and back to its lane. */
#ifndef KEEPER_JOB_H
#define KEEPER_JOB_H

#include <stdint.h>

#include "base/err.h"
#include "base/secbuf.h"
#include "crypto/mac.h"
#include "keeper/ask.h"
#include "keeper/roots.h"

struct lane;

enum { QUESTION_MAX = 1024 * 1024 };

struct job {
    struct job *next;    /* in the lane's list of finished ones */
    struct lane *lane;   /* who gets it back */
    struct roots *roots; /* borrowed */
    uint64_t link;       /* number of the link that asked; it may be gone by then */
    uint64_t msg;        /* id of the question */
    enum keeper_op op;
    struct secbuf payload;
    struct secbuf answer;
    enum err status;
    uint8_t tag[MAC_LEN]; /* of a password check */
};

/* Copies the payload. NULL when out of memory. */
struct job *job_new(struct lane *lane, struct roots *roots, uint64_t link, uint64_t msg,
                    enum keeper_op op, struct span payload);
void job_free(struct job *j); /* wipes; NULL is allowed */

#endif /* KEEPER_JOB_H */
