/* SPDX-License-Identifier: Apache-2.0 */
/*
 * token.h - verifying bearer tokens that our token service minted.
 *
 * RS256 only, kid of a published key, signature, iss, aud, nbf, exp (skew 300 s),
 * tid; then tenant, principal and application: they must exist and be enabled in
 * this snapshot. A person's token must also be younger than the last revocation of
 * what he holds, and the family that its `sid` names must not have ended.
 * A cache remembers verified tokens by SHA-256 of the whole token, so the
 * signature is checked once; times, audience and those rows are checked every time.
 * Threads: a struct token_cache belongs to one thread.
 */
#ifndef AUTH_TOKEN_H
#define AUTH_TOKEN_H

#include "auth/caller.h"
#include "auth/token_cache.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "vault/row.h"

struct token_expect {
    const char *const *audiences; /* naudiences accepted forms, without trailing '/' */
    unsigned naudiences;
    const char *origin; /* "https://login.{domain}[:port]" */
};

/*
 * cache may be NULL. bearer: the JWT. On failure `why` (may be NULL) gets the message for the
 * 401 body (data-plane.md A4.1), without the token. ERR_TOKEN_*; ERR_INTEGRITY, ERR_IO,
 * ERR_NOMEM.
 */
MUST_CHECK enum err token_verify(struct token_cache *cache, const struct rows *rows,
                                 struct store_view *view, const struct token_expect *expect,
                                 struct span bearer, struct caller *out, struct buf *why);

#endif /* AUTH_TOKEN_H */
