/* SPDX-License-Identifier: Apache-2.0 */
/*
 * job.c - questions with passwords and keys in them wait in locked memory. Uses
 * of keys are digests, ciphertexts and sealed bytes, and may be many: they wait
 * in ordinary memory, so that a full queue leaves the locked one alone.
 */
#include "keeper/job.h"

#include <stdlib.h>

#include "keeper/hand.h"
#include "keeper/work.h"

static bool
has_secrets(enum keeper_op op)
{
    return op != KEEPER_KEY_USE && op != KEEPER_SIGN && op != KEEPER_KEYPAIR_COPY &&
           op != KEEPER_CERT_SECRET;
}

struct job *
job_new(enum keeper_op op, struct span payload)
{
    bool secret = has_secrets(op);
    struct job *j = malloc(sizeof(*j) + (secret ? 0 : payload.len));

    if (j == NULL)
        return NULL;
    *j = (struct job){ .op = op };
    secbuf_init(&j->secret, QUESTION_MAX);
    secbuf_init(&j->answer, ANSWER_MAX);
    if (secret) {
        secbuf_put(&j->secret, payload);
        j->payload = secbuf_span(&j->secret);
    } else {
        memcpy(j->bytes, payload.ptr, payload.len);
        j->payload = span_of(j->bytes, payload.len);
    }
    if (j->secret.err != ERR_OK) {
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
    secbuf_release(&j->secret);
    secbuf_release(&j->answer);
    free(j);
}

void
job_run(void *hand, struct job *j)
{
    struct question q;

    /* Read again: the question borrows from the payload, and that was copied. */
    j->status = question_read(j->op, j->payload, &q);
    if (j->status == ERR_OK)
        j->status = hand_do(hand, &q, &j->answer);
    if (j->status == ERR_AGAIN) /* a provider's slip: nobody is left to ask */
        j->status = ERR_BUSY;
    secbuf_clear(&j->secret);
    j->payload = span_of(NULL, 0);
}
