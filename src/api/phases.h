/* SPDX-License-Identifier: Apache-2.0 */
/*
 * phases.h - what happens to a request before its handler: plane, token,
 * vault, route, version, permission (design 4, data-plane.md A16).
 *
 * 401 comes before everything a caller could learn from: an unauthenticated
 * request gets the same answer for every path, vault and api-version.
 */
#ifndef API_PHASES_H
#define API_PHASES_H

#include "api/exchange.h"

struct phase_tools {
    struct token_cache *tokens;
    struct vault_cache *vaults;
    struct access_cache *access;
    struct quota *quota; /* of all loops; NULL: off */
};

/*
 * Fills plane, route, binds, caller, vault, version and access of x, which has
 * site, rows, req and view. x->vault is referenced: the engine unrefs.
 * ERR_OK: call the handler. Else: answer this code; `why` may hold the message.
 */
MUST_CHECK enum err phases_run(const struct phase_tools *t, struct exchange *x,
                               struct buf *why);

/* The token alone: fills caller of x, which has site, rows, req and view. ERR_NO_TOKEN,
 * ERR_TOKEN_*, ERR_INTEGRITY, ERR_IO, ERR_NOMEM. */
MUST_CHECK enum err phases_authenticate(const struct phase_tools *t, struct exchange *x,
                                        struct buf *why);

/*
 * Takes x->cost of the vault's quota, once; nothing while the cost is not known. ERR_THROTTLED,
 * with refusal and fail_text of x.
 */
MUST_CHECK enum err phases_charge(const struct phase_tools *t, struct exchange *x);

/* Azure's words for a denial of the route's permission, appended to why. */
void phases_explain(const struct exchange *x, struct buf *why);

/* The verb that counts: X-HTTP-METHOD on POST stands for another (data-plane.md A3). */
enum http_method phases_method(const struct http_request *r);

#endif /* API_PHASES_H */
