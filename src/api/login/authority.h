/* SPDX-License-Identifier: Apache-2.0 */
/*
 * authority.h - the first segment of a login path: which tenant it means, and
 * in which shape the client wants to be answered.
 */
#ifndef API_LOGIN_AUTHORITY_H
#define API_LOGIN_AUTHORITY_H

#include "api/exchange.h"
#include "api/login/reply.h"
#include "auth/tenant.h"

struct authority {
    struct tenant tenant;
    bool adfs;  /* ADFS-shaped: no /v2.0 anywhere (identity-and-cli.md 1, point 5) */
    bool alias; /* no tenant was named: a person's name may tell which */
};

/*
 * segment: GUID, verified domain name, or `adfs`, `common`, `organizations`, `consumers`, which
 * stand for the site's default tenant; any letter case.
 * ERR_OK: *why is STS_OK and out is filled, or *why says what the client sent wrong.
 * Otherwise a failure of ours.
 */
MUST_CHECK enum err authority_find(const struct exchange *x, struct span segment,
                                   struct authority *out, enum sts *why);

/* Is aud one of the ways to name this authority in a client assertion: token endpoint (v1, v2),
 * issuer, with the tenant's GUID, its domain or an alias? */
bool authority_is_audience(const struct site *s, const struct authority *a, struct span aud);

/*
 * An API of this tenant: one of ours (resource_is_known), or an application that is registered
 * and at home in it, named by its id or "api://<id>". ERR_OK: *known tells.
 */
MUST_CHECK enum err resource_find(const struct exchange *x, const struct guid *tid,
                                  struct span resource, bool *known);

/* Is resource (what stands before "/.default") an API that tokens are issued for? */
bool resource_is_known(const struct site *s, struct span resource);

#endif /* API_LOGIN_AUTHORITY_H */
