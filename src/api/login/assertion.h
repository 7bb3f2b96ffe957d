/* SPDX-License-Identifier: Apache-2.0 */
/*
 * assertion.h - proving to be an application with a signed JWT
 * (private_key_jwt, RFC 7523 3), as the four client families build it
 * (identity-and-cli.md 4.4, grant 2).
 */
#ifndef API_LOGIN_ASSERTION_H
#define API_LOGIN_ASSERTION_H

#include "api/login/authority.h"
#include "auth/application.h"
#include "auth/jwt.h"

enum { ASSERTION_SKEW = 300, ASSERTION_LIFETIME_MAX = 24 * 60 * 60 };

/*
 * text: the JWT; white space around it is ignored. now: seconds.
 * ERR_OK: *why is STS_OK if it proves the application, or says why not (detail may name more).
 * ERR_NOMEM, ERR_CRYPTO.
 */
MUST_CHECK enum err assertion_check(const struct site *site, const struct authority *authority,
                                    const struct application *app, struct span text,
                                    int64_t now, enum sts *why, struct buf *detail);

/* Without the white space around it. */
struct span assertion_trim(struct span text);

/*
 * exp, nbf and iat of an assertion whose signature was looked at: STS_OK, STS_ASSERTION
 * (malformed), STS_ASSERTION_TIME (detail names the times). What is left of its life is
 * bounded; if whole, all of it is.
 */
enum sts assertion_times(const struct jwt *j, int64_t now, bool whole, struct buf *detail);

#endif /* API_LOGIN_ASSERTION_H */
