/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules.h - which addresses may be connected to for somebody who is no operator.
 *
 * Users of vaults name hosts (issuers). Without rules they could have our machine
 * talk to its neighbours, to itself and to a cloud's metadata service (SSRF).
 *
 *   1. what `deny` lists is refused
 *   2. what `allow` lists is let through
 *   3. what is public is let through, all else refused (IANA's special registries:
 *      loopback, private, link-local, shared, documentation, multicast, ...)
 *
 * An IPv4 address within an IPv6 one (mapped) is judged as what it is.
 */
#ifndef DIAL_RULES_H
#define DIAL_RULES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/err.h"
#include "base/span.h"

enum { DIAL_NETS_MAX = 64 };

struct dial_net {
    uint8_t addr[16]; /* IPv4 as ::ffff:a.b.c.d */
    unsigned bits;    /* of 128 */
};
struct dial_nets {
    struct dial_net net[DIAL_NETS_MAX];
    size_t n;
};
struct dial_rules {
    struct dial_nets allow, deny;
};

/* "10.0.0.0/8,fd00::/8,192.0.2.7": addresses and networks with commas between them, blanks
 * allowed; empty: none. ERR_SYNTAX (also bits set behind the prefix), ERR_TOO_LARGE. */
MUST_CHECK enum err dial_nets_parse(struct span text, struct dial_nets *out);

/* Anything but IPv4 and IPv6 is refused. */
bool dial_rules_admit(const struct dial_rules *r, const struct sockaddr *to);
/* host: as in a URL; false when it is the text of an address that is refused, or ends in a
 * number without being an address. */
bool dial_rules_admit_host(const struct dial_rules *r, struct span host);

#endif /* DIAL_RULES_H */
