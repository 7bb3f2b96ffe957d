/* SPDX-License-Identifier: Apache-2.0 */
/*
 * role.h - built-in role definitions with Azure's GUIDs (data-plane.md G4).
 *
 * A definition grants what its actions (control plane) or dataActions (data
 * plane) match and its notActions or notDataActions do not. The not-lists only
 * subtract within their own role; they deny nothing that another role grants.
 * `*` matches any run of characters, '/' included; letters compare without case.
 *
 * The table is constant; pointers into it live for ever. Threads: any.
 */
#ifndef AUTH_ROLE_H
#define AUTH_ROLE_H

#include <stdbool.h>

#include "base/ids.h"
#include "base/span.h"

enum { MAX_ROLE_ACTIONS = 12 };

struct role {
    const char *guid;
    const char *name;
    const char *description;
    const char *actions[MAX_ROLE_ACTIONS + 1]; /* each list ends with NULL */
    const char *not_actions[MAX_ROLE_ACTIONS + 1];
    const char *data_actions[MAX_ROLE_ACTIONS + 1];
    const char *not_data_actions[MAX_ROLE_ACTIONS + 1];
};

/* NULL when there is no such role. */
const struct role *role_by_id(const struct guid *id);
/* By name ("Key Vault Secrets User") or GUID text, without case; NULL when there is none. */
const struct role *role_by_name(struct span name);
/* The i-th definition; NULL past the last. */
const struct role *role_at(size_t i);

/* action: whole name, "Microsoft.KeyVault/vaults/secrets/getSecret/action". */
bool role_allows_data_action(const struct role *r, struct span action);
bool role_allows_action(const struct role *r, struct span action);

/* Does the pattern with its wildcards cover the whole text? Bounded by pattern times text. */
bool role_pattern_covers(struct span pattern, struct span text);

#endif /* AUTH_ROLE_H */
