/* SPDX-License-Identifier: Apache-2.0 */
/* order.h - what the handlers of orders share. */
#ifndef API_ACME_ORDER_H
#define API_ACME_ORDER_H

#include "api/acme/call.h"

/* Opens a call by account, and loads the order of binding 1 into c->order. An order of somebody
 * else is not there. False: *next is the answer. */
bool order_open(struct exchange *x, struct call **out, enum next *next);
/* Loads it anew after call_again(). */
bool order_again(struct exchange *x, struct call *c, enum next *next);
/* The answer that shows an order, with its Location. */
enum next order_show(struct exchange *x, unsigned status, const struct acme_order *o);

/* RFC 9773 4.1: the key identifier of the issuer has to be that of the authority; serial:
 * upper-case hex. False: it names no certificate of this authority. */
bool renewal_id_read(const struct ca *ca, struct span id,
                     char serial[static ACME_SERIAL_MAX + 1]);

/* Who asked for a certificate, as its row says: "acme/" and the account. */
struct order_what {
    char text[64];
};
struct span order_what(const struct hex32 *account, struct order_what *room);

#endif /* API_ACME_ORDER_H */
