/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attester.h - issuers that this installation trusts, and the tokens they
 * sign: attestations for key release (data-plane.md C12), and tokens of
 * workloads for federated credentials (management-plane.md G.3).
 *
 * The operator's file (trusted_issuers) is a JSON object: the URL of each issuer, as it writes
 * itself into `iss`, with its JWK set:
 *
 *   {"https://attest.example": {"keys": [{"kty":"RSA","kid":"1","n":"...","e":"AQAB"}]}}
 *
 * RSA keys verify RS256 and PS256, keys on P-256 verify ES256; what a JWK says in "alg" narrows
 * that. Keys of other kinds, and such for encryption, are left out. Nothing is fetched: whom to
 * trust is the operator's to say, on a machine that dials nobody. That an issuer is trusted
 * lets nobody in: a release policy, or a federated credential, names it besides.
 *
 * Any number of threads may verify, also while one replaces.
 */
#ifndef AUTH_ATTESTER_H
#define AUTH_ATTESTER_H

#include <stdint.h>

#include "auth/jwt.h"
#include "base/err.h"
#include "base/span.h"

enum { MAX_ATTESTERS = 32, MAX_ATTESTER_KEYS = 16, MAX_ATTESTER_FILE = 256 * 1024 };

struct attesters;

/* ERR_SYNTAX (logged: what is wrong), ERR_NOMEM. */
MUST_CHECK enum err attesters_read(struct span text, struct attesters **out);
/* Takes what another file says in place of all it held; on failure (as above) nothing changes.
 */
MUST_CHECK enum err attesters_replace(struct attesters *a, struct span text);
void attesters_free(struct attesters *a); /* NULL is allowed */

/*
 * Is the token signed with a key, known by its kid, of the issuer that `iss` names? Times are
 * not looked at. a may be NULL: nobody is trusted. ERR_TOKEN_FORMAT (also an alg that is none
 * of ours, or not the key's), ERR_TOKEN_ISSUER, ERR_TOKEN_KEY, ERR_TOKEN_SIGNATURE, ERR_NOMEM.
 */
MUST_CHECK enum err attesters_check(struct attesters *a, const struct jwt *token);

/*
 * Verifies an attestation token: that, with exp there and to come, and nbf past. out->claims
 * may then be believed; releasable in every case. Errors of attesters_check(), and
 * ERR_TOKEN_EXPIRED.
 */
MUST_CHECK enum err attesters_verify(struct attesters *a, struct span token, int64_t now,
                                     struct jwt *out);

#endif /* AUTH_ATTESTER_H */
