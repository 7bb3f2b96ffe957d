/* SPDX-License-Identifier: Apache-2.0 */
/*
 * federation.h - proving to be an application, or a managed identity, with a
 * token of somebody else: an issuer that the installation trusts
 * (auth/attester.h) and that one of its federated credentials names, with
 * exactly that subject and audience (management-plane.md G.3).
 */
#ifndef API_LOGIN_FEDERATION_H
#define API_LOGIN_FEDERATION_H

#include "api/login/client.h"

/* Is the assertion of an issuer of its own (an https URL), not of the client itself? Nothing is
 * verified. */
bool federation_is_meant(struct span text);

/*
 * c: an application, or a managed identity. text: the JWT; white space around it is ignored.
 * ERR_OK: *why is STS_OK if it proves the client, or says why not (detail may name more).
 * Who has no token of a trusted issuer hears nothing about the client's credentials.
 * ERR_NOMEM, ERR_INTEGRITY, ERR_FORMAT, ERR_IO.
 */
MUST_CHECK enum err federation_check(const struct exchange *x, const struct login_client *c,
                                     struct span text, int64_t now, enum sts *why,
                                     struct buf *detail);

#endif /* API_LOGIN_FEDERATION_H */
