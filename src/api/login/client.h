/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client.h - the program that asks: one that everybody has, or a registered
 * application.
 */
#ifndef API_LOGIN_CLIENT_H
#define API_LOGIN_CLIENT_H

#include "api/login/reply.h"
#include "auth/application.h"
#include "auth/known_client.h"
#include "auth/principal.h"

struct login_client {
    struct guid appid;
    const struct known_client *known; /* or */
    struct application *app;          /* or */
    struct principal identity;        /* a managed one, if client_find_identity() found it;
                                       * else oid is "". None of them: there is no such client */
};

/* ERR_OK: look at known and app. ERR_INTEGRITY, ERR_FORMAT, ERR_IO, ERR_NOMEM. */
MUST_CHECK enum err client_find(const struct exchange *x, const struct guid *appid,
                                struct login_client *out);
/*
 * For what is no registered application: the managed identity of that tenant with the client's
 * id, if there is one and it is enabled. It is a client of this file's other questions only
 * then. ERR_OK: look at identity.oid. Errors as above.
 */
MUST_CHECK enum err client_find_identity(const struct exchange *x, const struct guid *tid,
                                         struct login_client *c);
void client_release(struct login_client *c);

bool client_exists(const struct login_client *c);
const char *client_name(const struct login_client *c);
/* May it ask without a credential where no redirect says what it is? */
bool client_is_public(const struct login_client *c);
/* May it exchange refresh tokens without one? */
bool client_may_refresh(const struct login_client *c);
/* What kind of redirect uri is of this client; 0: none. */
enum redirect_kind client_redirect(const struct login_client *c, struct span uri);

/*
 * Is it alive in this tenant? A registered one needs an enabled service principal there.
 * ERR_OK: *why is STS_OK, STS_CLIENT or STS_DISABLED.
 */

MUST_CHECK enum err client_check(const struct exchange *x, const struct login_client *c,
                                 const struct guid *tid, enum sts *why);

#endif /* API_LOGIN_CLIENT_H */
