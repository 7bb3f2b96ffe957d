/* SPDX-License-Identifier: Apache-2.0 */
/*
 * problem.h - answers of the ACME server: headers, and problem documents (RFC
 * 7807) with the types of RFC 8555 6.7. The one file that knows these words is
 * problem.c.
 */
#ifndef API_ACME_PROBLEM_H
#define API_ACME_PROBLEM_H

#include "api/exchange.h"
#include "codec/jsw.h"

enum problem {
    PROBLEM_ACCOUNT_DOES_NOT_EXIST,
    PROBLEM_ALREADY_REVOKED,
    PROBLEM_BAD_CSR,
    PROBLEM_BAD_NONCE,
    PROBLEM_BAD_PUBLIC_KEY,
    PROBLEM_BAD_REVOCATION_REASON,
    PROBLEM_BAD_SIGNATURE_ALGORITHM, /* with the algorithms that are good */
    PROBLEM_EXTERNAL_ACCOUNT_REQUIRED,
    PROBLEM_INVALID_CONTACT,
    PROBLEM_INVALID_PROFILE,
    PROBLEM_MALFORMED,
    PROBLEM_NOT_FOUND,  /* malformed, with 404 */
    PROBLEM_MEDIA_TYPE, /* malformed, with 415 */
    PROBLEM_METHOD,     /* malformed, with 405 */
    PROBLEM_TOO_LARGE,  /* malformed, with 413 */
    PROBLEM_CONFLICT,   /* malformed, with 409 and the Location that the caller put */
    PROBLEM_ORDER_NOT_READY,
    PROBLEM_RATE_LIMITED, /* with Retry-After */
    PROBLEM_REJECTED_IDENTIFIER,
    PROBLEM_SERVER_INTERNAL,
    PROBLEM_UNAVAILABLE, /* serverInternal, with 503 and Retry-After */
    PROBLEM_UNAUTHORIZED,
    PROBLEM_UNSUPPORTED_CONTACT,
    PROBLEM_UNSUPPORTED_IDENTIFIER,
    PROBLEM__MAX
};

/* Composes it; detail is for people. What was composed before is forgotten, but for a Location.
 * NEXT_REPLY. */
enum next acme_fail(struct exchange *x, enum problem p, const char *detail);
/* The same about one identifier: a subproblem names it. */
enum next acme_fail_name(struct exchange *x, enum problem p, const char *detail,
                         const struct alt_name *name);
/* The answer to a failure of ours, or of a row that is not there. */
enum next acme_trouble(struct exchange *x, enum err e);
/* For api/errmap.c: whatever ended the walk before a handler, or kept it from ending. */
void acme_error(struct exchange *x, enum err e, struct buf *message);

/* Status and the headers of every answer: Replay-Nonce, Link to the directory of that authority
 * (binding 0 of the route), Cache-Control. */
void acme_headers(struct exchange *x, unsigned status);
/* The same, and the beginning of a JSON body: an object is open. */
struct jsw acme_begin(struct exchange *x, unsigned status);
/* Closes it. NEXT_REPLY or NEXT_FAIL. */
enum next acme_end(struct exchange *x, struct jsw *w);

/* "https://pki.../acme/{authority}" and tail. */
enum { ACME_URL_MAX = 512 };
void acme_url(const struct exchange *x, char out[static ACME_URL_MAX], const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif /* API_ACME_PROBLEM_H */
