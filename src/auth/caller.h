/* SPDX-License-Identifier: Apache-2.0 */
/*
 * caller.h - who is asking: a verified token and the principal behind it.
 */
#ifndef AUTH_CALLER_H
#define AUTH_CALLER_H

#include <stdbool.h>

#include "base/ids.h"

struct caller {
    bool known; /* a token was verified and its principal is alive */
    struct guid tid;
    struct guid oid;
    struct guid appid;
    char appidacr[4]; /* "0", "1", "2" */
    char idtyp[8];    /* "app" or "user" */
    char iss[256];
    char upn[256];   /* users */
    char scp[256];   /* delegated tokens */
    char mirid[300]; /* managed identities: xms_mirid */
    struct guid sid; /* users: family of refresh tokens, or "" */
};

#endif /* AUTH_CALLER_H */
