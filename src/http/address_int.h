/* SPDX-License-Identifier: Apache-2.0 */
/*
 * address_int.h - how many connections each client address has.
 *
 * An IPv6 client owns a /64, so that is what counts. IPv4 in IPv6 is IPv4.
 */
#ifndef HTTP_ADDRESS_INT_H
#define HTTP_ADDRESS_INT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/err.h"

enum { ADDRESS_TEXT = 46 };

struct address {
    uint8_t key[8]; /* 0,0,0,0 and IPv4, or the first half of IPv6; all zero: not the network */
    bool is_ipv6;
    char text[ADDRESS_TEXT]; /* "" when not from the network */
};

void address_from(const struct sockaddr_storage *ss, struct address *out);

struct address_entry; /* opaque */
struct address_table {
    struct address_entry **buckets;
    uint64_t seed;
};

MUST_CHECK enum err address_table_init(struct address_table *t);
void address_table_release(struct address_table *t);
/* Counts one more connection; ERR_FULL beyond max (0 = no cap), ERR_NOMEM. */
MUST_CHECK enum err address_enter(struct address_table *t, const struct address *a,
                                  unsigned max, struct address_entry **out);
/* NULL is allowed. */
void address_leave(struct address_table *t, struct address_entry *e);

#endif /* HTTP_ADDRESS_INT_H */
