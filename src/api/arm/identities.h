/* SPDX-License-Identifier: Apache-2.0 */
/*
 * identities.h - managed identities of the path, for what is done to them and below them; and
 * resources that go with what they stand in or on.
 */
#ifndef API_ARM_IDENTITIES_H
#define API_ARM_IDENTITIES_H

#include "api/exchange.h"
#include "vault/resource.h"

#define IDENTITY_TYPE "Microsoft.ManagedIdentity/userAssignedIdentities"

enum { IDENTITY_NAME_MIN = 3, IDENTITY_NAME_MAX = 128 };

/* Of an identity, or of what stands below it. */
bool arm_identity_name_is_ok(struct span s, size_t max);
enum next arm_identity_bad_name(struct exchange *x, struct span name, size_t max);
/* The id that the path names, spelled as Azure does; group's name as it was made. */
void arm_identity_id(const struct exchange *x, const struct place *group,
                     char out[static MAX_RESOURCE_KEY + 1]);
/* The answer 404 about that id. */
enum next arm_identity_missing(struct exchange *x, const char *id);
/* Group and identity of the path. ERR_NOT_FOUND: `answered` says that it is the group which is
 * not there, and that this was answered. */
MUST_CHECK enum err arm_identity_find(struct exchange *x, struct place *group,
                                      struct resource *r, bool *answered);

/* Composes into x->write: the resources (vault/resource.h) whose ids begin with `below` and a
 * '/' go, and the principals of identities among them. ERR_TOO_LARGE: too many at a time. */
MUST_CHECK enum err arm_drop_resources(struct exchange *x, struct span below);

#endif /* API_ARM_IDENTITIES_H */
