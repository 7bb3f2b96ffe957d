/* SPDX-License-Identifier: Apache-2.0 */
/*
 * challenge.h - http-01 answered (RFC 8555 8.3): GET /.well-known/acme-challenge/{token}
 * for orders of our own ACME client. What is answered stands in a row that the clerk put
 * (vault/cert_wait.h), and is public: an ACME server fetches it in the clear.
 */
#ifndef API_PKI_CHALLENGE_H
#define API_PKI_CHALLENGE_H

#include "api/exchange.h"

enum next api_challenge_get(struct exchange *x);

#endif /* API_PKI_CHALLENGE_H */
