/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attester.h - attestation authorities that this installation trusts, and the
 * tokens they issue (data-plane.md C12).
 *
 * The operator's file (release.attesters) is a JSON object: the URL of each authority
 * with its JWK set, RSA keys:
 *
 *   {"https://attest.example": {"keys": [{"kty":"RSA","kid":"1","n":"...","e":"AQAB"}]}}
 *
 * Nothing is fetched: whom to trust is the operator's to say, on a machine that dials
 * nobody. Immutable after reading; any number of threads may verify.
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
void attesters_free(struct attesters *a); /* NULL is allowed */

/*
 * Verifies an attestation token: RS256 or PS256 with a key of the authority that `iss`
 * names, exp there and to come, nbf past. out->claims may then be believed; releasable in every
 * case. a may be NULL: nobody is trusted.
 * ERR_TOKEN_FORMAT, ERR_TOKEN_ISSUER, ERR_TOKEN_KEY, ERR_TOKEN_SIGNATURE, ERR_TOKEN_EXPIRED,
 * ERR_NOMEM.
 */
MUST_CHECK enum err attesters_verify(const struct attesters *a, struct span token, int64_t now,
                                     struct jwt *out);

#endif /* AUTH_ATTESTER_H */
