/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cert_hints.h - issuers are asked when their certificates should be renewed (RFC 9773):
 *
 *   ch/ row (vault/cert_hint.h) --> directory --> renewalInfo/<id> --> a time in the window
 *
 * at the time that the schedule says, and again when the answer's Retry-After is over
 * (HINTS_SOONEST to HINTS_LATEST; HINTS_USUAL where nothing is said). What was learnt is
 * stored, so a restart forgets nothing. Trouble that may pass leaves what was known; any
 * other answer that is none takes it back: then the policy alone decides, as it does for
 * the latest day in any case.
 *
 * Never blocks but for questions to keeper and scribe. Threads: the clerk's.
 */
#ifndef JOBS_CERT_HINTS_H
#define JOBS_CERT_HINTS_H

#include "jobs/desk.h"

enum {
    HINTS_AT_ONCE = 4,
    HINTS_SOONEST = 60,
    HINTS_LATEST = 24 * 3600,
    HINTS_USUAL = 6 * 3600,
};

struct cert_hints;
/* NULL: out of memory. */
struct cert_hints *cert_hints_new(struct desk *d);
/* Gives up what is open. NULL is allowed. */
void cert_hints_free(struct cert_hints *all);

/* Asks whom it is time to ask, takes in what came. As desk_ask(); what could not be done is met
 * again next time. Does nothing on a desk that does not dial. */
MUST_CHECK enum err cert_hints_turn(struct cert_hints *all, int64_t now);

#endif /* JOBS_CERT_HINTS_H */
