/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wanted.h - what a scope parameter asks for: one resource, what of it, and
 * what the client wants to know of the person.
 */
#ifndef API_LOGIN_WANTED_H
#define API_LOGIN_WANTED_H

#include "api/site.h"
#include "auth/claims.h"
#include "auth/refresh.h"

enum { MAX_PERMISSIONS = 200 };

struct wanted {
    char text[MAX_GRANT_SCOPE + 1];  /* as sent: clients look for it in the answer */
    char resource[MAX_AUDIENCE + 1]; /* as spelled: becomes the audience; "": none named */
    char permissions[MAX_PERMISSIONS + 1]; /* named ones, by spaces */
    bool by_default;                       /* "/.default" was among them */
    bool openid, offline;
};

/* False: malformed, too long, or more than one resource. A permission without a resource is the
 * directory's (Microsoft Graph), but the resource stays "" then. */
bool wanted_read(struct span scope, struct wanted *out);
/* The v1 endpoints' way: a resource, and everything of it. False: too long. */
bool wanted_of_resource(struct span resource, struct wanted *out);
/* For people: without a resource it is the directory. */
void wanted_complete(const struct site *s, struct wanted *w);
/* Delegated permissions for the claim scp. */
void wanted_permissions(const struct site *s, const struct wanted *w, char *out, size_t cap);

#endif /* API_LOGIN_WANTED_H */
