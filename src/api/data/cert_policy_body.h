/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cert_policy_body.h - policies of certificates as requests and answers have them
 * (data-plane.md D2.1).
 *
 * What a request says is laid over a policy that is there: the defaults, the
 * stored one, or what an imported certificate shows.
 */
#ifndef API_DATA_CERT_POLICY_BODY_H
#define API_DATA_CERT_POLICY_BODY_H

#include "api/data/key_fail.h"
#include "codec/jsn.h"
#include "codec/jsw.h"
#include "vault/cert_policy.h"

/*
 * obj: the policy's object. What it does not say stays as it is in p; borrows from obj. Its
 * issuer decides the default of lifetime actions if p has none. why: the words that the
 * error's text needs.
 * ERR_BAD_BODY   does not bind
 * ERR_KEY_TYPE, ERR_KEY_SIZE, ERR_BAD_PARAMETER   why
 */
MUST_CHECK enum err cert_policy_body_read(const struct exchange *x, const struct jsn *obj,
                                          struct cert_policy *p, char why[static KEY_WHY_MAX]);
/* Is the whole fit to make a certificate from? ERR_BAD_PARAMETER with why. */
MUST_CHECK enum err cert_policy_body_check(struct cert_policy *p, char why[static KEY_WHY_MAX]);

/* As the member `name` of an open object, or as the root (NULL). */
void cert_policy_body_put(const struct exchange *x, const char *name,
                          const struct object_name *of, const struct cert_policy *p,
                          struct jsw *w);
/* "RSA", "EC-HSM" ... */
const char *cert_policy_kty(const struct cert_policy *p);

#endif /* API_DATA_CERT_POLICY_BODY_H */
