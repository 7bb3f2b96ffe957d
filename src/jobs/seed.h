/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seed.h - a file that says what should exist: tenant, subscription, resource
 * groups, vaults, applications, managed identities, groups, role assignments,
 * secrets. JSON or YAML. Applying it twice changes nothing the second time.
 */
#ifndef JOBS_SEED_H
#define JOBS_SEED_H

#include "jobs/desk.h"

struct seed;

/* Parses and checks the whole text; nothing is applied yet. Errors are logged with the path
 * of the member ("vaults[2].name: ..."). ERR_SYNTAX, ERR_ARG, ERR_TOO_LARGE, ERR_NOMEM. */
MUST_CHECK enum err seed_parse(struct span text, struct seed **out);
void seed_free(struct seed *s);

/* What a founding needs of it; "" / defaults where the file is silent. */
struct guid seed_tenant(const struct seed *s); /* a new one is made when absent */
const char *seed_tenant_name(const struct seed *s);

/* Brings everything about. Existing secrets are left alone unless their value differs and
 * `update: true` stands beside them. */
MUST_CHECK enum err seed_apply(struct desk *d, const struct seed *s, const char *location);

#endif /* JOBS_SEED_H */
