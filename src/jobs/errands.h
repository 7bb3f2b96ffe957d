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
 * operation, or deletes it, ends the errand at the next turn. An issuer that was changed
 * meanwhile is asked anew, one that was deleted ends it when it is next taken up.
 *
 * None holds a place for long: one that waits for minutes is laid down too, without
 * counting as a try.
 *
 * Never blocks but for questions to keeper and scribe. Threads: the clerk's.
 */
#ifndef JOBS_ERRANDS_H
#define JOBS_ERRANDS_H

#include "jobs/desk.h"

enum {
    ERRANDS_AT_ONCE = 20,
    ERRANDS_OF_VAULT = 6, /* of these: a vault's slow issuers are its own affair */
    ERRAND_TRIES_MAX = 12,
    ERRAND_SITS = 60,            /* seconds that it waits in memory */
    ERRAND_TURN_MS = 600 * 1000, /* that it may have a place at once */
    ERRAND_LIFE = 7 * 24 * 3600, /* that an issuer may take */
};

struct errands;
/* NULL: out of memory. */
struct errands *errands_new(struct desk *d);
/* Lays everything down as it is. NULL is allowed. */
void errands_free(struct errands *all);

/* Takes up what is new or due, moves what waited, drops what was cancelled. As desk_ask():
 * what could not be done is met again next time. */
MUST_CHECK enum err errands_turn(struct errands *all, int64_t now);

#endif /* JOBS_ERRANDS_H */
