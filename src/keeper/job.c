/* SPDX-License-Identifier: Apache-2.0 */
/* job.c - slow questions keep their bytes in secret memory: they hold passwords. */
#include "keeper/job.h"

#include <stdlib.h>

#include "keeper/work.h"

struct job *
job_new(struct lane *lane, struct roots *roots, uint64_t link, uint64_t msg, enum keeper_op op,
        struct span payload)
{
    struct job *j = calloc(1, sizeof(*j));

    if (j == NULL)
        return NULL;
    j->lane = lane;
    j->roots = roots;
    j->link = link;
    j->msg = msg;
    j->op = op;
    secbuf_init(&j->payload, QUESTION_MAX);
    secbuf_init(&j->answer, ANSWER_MAX);
    secbuf_put(&j->payload, payload);
    if (j->payload.err != ERR_OK) {
        job_free(j);
        return NULL;
    }
    return j;
}

void
job_free(struct job *j)
{
    if (j == NULL)
        return;
    secbuf_release(&j->payload);
    secbuf_release(&j->answer);
    free(j);
}
