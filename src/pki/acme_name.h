/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acme_name.h - what an ACME client may ask certificates for: identifiers, and the rules of a
 * credential over them.
 *
 * Rules: "host.example" is that name; ".corp.example" is every name below corp.example, but not
 * itself; "10.1.2.3" and "2001:db8::1" are addresses, "10.0.0.0/8" all within. A wildcard
 * "*.a.corp.example" stands for names below ".corp.example" and so lies within that rule, but
 * only a credential that says so has it.
 *
 * Pure functions; any thread.
 */
#ifndef PKI_ACME_NAME_H
#define PKI_ACME_NAME_H

#include <stdbool.h>

#include "crypto/cert_spec.h"

enum { ACME_NAME_MAX = 255 }; /* bytes of a name or a rule */

/* Lower-case, and a DNS name as alt_name_is_ok() has them with a dot in it, or an address in
 * its one form (RFC 8738 3)? */
bool acme_name_is_ok(const struct alt_name *name);
/* A text that can be a rule, in lower case? */
bool acme_rule_is_ok(struct span rule);
/* Does the name, which is ok, lie within the rule, which is? */
bool acme_rule_has(struct span rule, bool wildcards, const struct alt_name *name);

#endif /* PKI_ACME_NAME_H */
