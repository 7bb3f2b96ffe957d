/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call.h - one signed request to the ACME server, from its JWS to who sent it.
 *
 * Doors, in this order: media type; JWS; nonce, used up whatever comes of the rest; url, which
 * has to be the very one that was asked; algorithm; key; signature; then the account, its
 * credential, and the principal that it acts for. Before the last nobody is anybody: what a
 * stranger hears tells him nothing of accounts that are there.
 *
 * Threads: a call belongs to its exchange.
 */
#ifndef API_ACME_CALL_H
#define API_ACME_CALL_H

#include "api/acme/problem.h"
#include "auth/jws.h"
#include "pki/acme.h"
#include "pki/issue.h"

/* Who may sign. */
enum call_by {
    CALL_BY_KEY,     /* jwk */
    CALL_BY_ACCOUNT, /* kid */
    CALL_BY_EITHER
};

struct call {
    /* Of the snapshot: what borrows from rows is read again by call_again(). */
    struct ca ca;
    struct acme_account account;       /* by account */
    struct acme_credential credential; /* its */
    /* For as long as the call lives: */
    struct guid ca_id;
    struct hex32 account_id;
    struct jsn *body;
    struct jws jws;
    struct jsn *payload; /* an object; NULL: POST-as-GET */
    struct jwk jwk;      /* by key; else type is KEY_NONE */
    /* Of handlers that ask the keeper: */
    struct acme_order order;
    struct issue_made made;
    struct hex32 kid;
};

/*
 * Makes the call in x->state. False: *next is what the handler returns. By account, caller of x
 * is the principal from here on.
 */
bool call_open(struct exchange *x, enum call_by by, struct call **out, enum next *next);
/* After the keeper's answer: the rows as they are now. False as above. */
bool call_again(struct exchange *x, struct call *c, enum next *next);

/* Finds the authority of the path (binding 0), which has to be at work. False as above. */
bool call_authority(struct exchange *x, struct ca *out, enum next *next);

/* The principal that c->credential acts for, who has to be there and enabled, becomes the
 * caller of x. False as above: unauthorized. */
bool call_meet_principal(struct exchange *x, const struct call *c, enum next *next);

/* May the principal behind the account have certificates of the authority now? False as above:
 * unauthorized. */
bool call_may_issue(struct exchange *x, const struct call *c, enum next *next);

/* URLs of accounts, orders, ... */
void call_account_url(const struct exchange *x, const struct hex32 *id,
                      char out[static ACME_URL_MAX]);
/* The account that a URL names, if it is one of this authority. */
bool call_account_of(const struct exchange *x, struct span url, struct hex32 *id);

#endif /* API_ACME_CALL_H */
