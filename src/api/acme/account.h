/* SPDX-License-Identifier: Apache-2.0 */
/* account.h - what the handlers of accounts share: contacts, and the account as JSON. */
#ifndef API_ACME_ACCOUNT_H
#define API_ACME_ACCOUNT_H

#include "api/acme/call.h"

/* contact of a payload into a; left alone if it is not there. False: *next is the answer. */
bool account_read_contacts(struct exchange *x, const struct jsn *payload,
                           struct acme_account *a, enum next *next);
/* The answer that shows an account, with its Location. */
enum next account_show(struct exchange *x, unsigned status, const struct acme_account *a);

#endif /* API_ACME_ACCOUNT_H */
