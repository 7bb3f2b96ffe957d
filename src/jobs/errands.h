/* SPDX-License-Identifier: Apache-2.0 */
/*
 * errands.h - certificates that somebody is dialled for: operations that wait for
 * an issuer of provider Webhook or ACME (docs/wire/issuers.md).
 *
 *   cw/ row (vault/cert_wait.h) --> errand in memory --> questions by dial/ --> chain
 *   --> cert_complete(), or cert_complete_fail() with what the issuer said
 *
 * An errand that meets trouble that may pass is laid down with a row (ce/) that says
 * when to take it up again and where it was, and given up with the last reason after
 * ERRAND_TRIES_MAX tries. The same row takes it up after a crash. Whoever cancels the
 * operation, or deletes it, ends the errand at the next turn.
 *
 * Never blocks but for questions to keeper and scribe. Threads: the clerk's.
 */
#ifndef JOBS_ERRANDS_H
#define JOBS_ERRANDS_H

#include "jobs/desk.h"

enum { ERRANDS_AT_ONCE = 16, ERRAND_TRIES_MAX = 12 };

struct errands;
/* NULL: out of memory. */
struct errands *errands_new(struct desk *d);
/* Lays everything down as it is. NULL is allowed. */
void errands_free(struct errands *all);

/* Takes up what is new or due, moves what waited, drops what was cancelled. As desk_ask():
 * what could not be done is met again next time. */
MUST_CHECK enum err errands_turn(struct errands *all, int64_t now);

#endif /* JOBS_ERRANDS_H */
