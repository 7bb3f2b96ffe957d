/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signin.h - a name and a password become a person. The keeper is asked once,
 * whether there is such a person or not, whether the name rests or not; what is
 * answered and how long it takes says nothing about that.
 */
#ifndef API_LOGIN_SIGNIN_H
#define API_LOGIN_SIGNIN_H

#include "api/login/authority.h"
#include "auth/attempts.h"
#include "auth/credential.h"

struct signin {
    struct guid tid; /* where the name was looked for */
    struct attempts attempts;
    bool resting, found;
    struct principal user;
    struct credential held;
};

/* Composes KEEPER_PASSWORD_CHECK. ERR_OK: return NEXT_KEEPER. */
MUST_CHECK enum err signin_begin(struct exchange *x, const struct authority *a,
                                 struct span name, struct span password, struct signin *s);
/*
 * With the keeper's answer. ERR_OK: *why is STS_OK, or STS_PASSWORD, STS_RESTING,
 * STS_USER_DISABLED. In each case the answer belongs into one commit with what was put into
 * x->write: the failure counted, or forgotten.
 */
MUST_CHECK enum err signin_end(struct exchange *x, struct signin *s, enum sts *why);

/* Of the right shape and cost, and of no password. */
extern const char signin_dummy_record[];

#endif /* API_LOGIN_SIGNIN_H */
