/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acme.h - the ACME server of an authority (RFC 8555, RFC 9773): its handlers
 * (docs/wire/acme.md). Rows: api/routes_acme.c.
 */
#ifndef API_ACME_ACME_H
#define API_ACME_ACME_H

#include "api/exchange.h"

/* directory.c: for everybody */
enum next api_acme_directory(struct exchange *x);
enum next api_acme_nonce(struct exchange *x);
/* renewal.c */
enum next api_acme_renewal_info(struct exchange *x);
/* account.c, account_new.c, key_change.c */
enum next api_acme_account_new(struct exchange *x);
enum next api_acme_account(struct exchange *x);
enum next api_acme_account_orders(struct exchange *x);
enum next api_acme_key_change(struct exchange *x);
/* order_new.c, order.c, finalize.c */
enum next api_acme_order_new(struct exchange *x);
enum next api_acme_order(struct exchange *x);
enum next api_acme_authorization(struct exchange *x);
enum next api_acme_challenge(struct exchange *x);
enum next api_acme_finalize(struct exchange *x);
/* certificate.c, revoke.c */
enum next api_acme_certificate(struct exchange *x);
enum next api_acme_revoke(struct exchange *x);

enum { ACME_BODY_MAX = 128 * 1024 };

#endif /* API_ACME_ACME_H */
