/* SPDX-License-Identifier: Apache-2.0 */
/*
 * browser.h - what a browser carries: the session of who signed in, and the
 * guard that ties a form to the browser it was made for. Both are cookies with
 * the prefix __Host-: Secure, HttpOnly, of this host alone.
 */
#ifndef API_LOGIN_BROWSER_H
#define API_LOGIN_BROWSER_H

#include "api/exchange.h"
#include "auth/credential.h"
#include "auth/sso.h"

/* Who signed in here. */
struct browser {
    bool known;
    struct sso session;
    struct principal user;
};

/* A session counts only while its person is enabled and nothing was revoked since. ERR_OK also
 * when there is none. */
MUST_CHECK enum err browser_read(struct exchange *x, struct browser *b);
/* Begins a session for user (b is filled), with a cookie in the answer. auth_time: now, as
 * credential_issue_time(). Another one of this browser ends. */
MUST_CHECK enum err browser_begin(struct exchange *x, struct browser *b,
                                  const struct principal *user, int64_t auth_time);
/* Ends it, and takes the cookie away. */
void browser_end(struct exchange *x, struct browser *b);

/* The hidden field of a form; sets the cookie if the browser has none. */
MUST_CHECK enum err browser_put_guard(struct exchange *x);
/* Is the field the one that was made for this browser? */
MUST_CHECK enum err browser_check_guard(struct exchange *x, struct span field, bool *ok);

#endif /* API_LOGIN_BROWSER_H */
