/* SPDX-License-Identifier: Apache-2.0 */
/*
 * role.h - built-in role definitions with Azure's GUIDs (data-plane.md G4,
 * management-plane.md C.8). Custom ones, and both in one shape: role_definition.h.
 *
 * A definition grants what its actions (control plane) or dataActions (data
 * plane) match and its notActions or notDataActions do not. The not-lists only
 * subtract within their own role; they deny nothing that another role grants.
 * `*` matches any run of characters, '/' included; letters compare without case; the
 * `*` between two slashes may also stand for nothing (management-plane.md C.4).
 *
 * The table is constant; pointers into it live for ever. Threads: any.
 */
#ifndef AUTH_ROLE_H
#define AUTH_ROLE_H

#include <stdbool.h>

#include "base/ids.h"
#include "base/span.h"

struct role {
    const char *guid;
    const char *name;
    const char *description;
    const char *const *actions; /* each list ends with NULL; NULL is an empty one */
    const char *const *not_actions;
    const char *const *data_actions;
    const char *const *not_data_actions;
    const char *condition; /* version 2.0, or NULL */
};

/* NULL when there is no such role. */
const struct role *role_by_id(const struct guid *id);
/* By name ("Key Vault Secrets User") or GUID text, without case; NULL when there is none. */
const struct role *role_by_name(struct span name);
/* The i-th definition; NULL past the last. */
const struct role *role_at(size_t i);

/*
 * Roles of the directory (users, groups, applications) are a plane of their own: they grant
 * actions of microsoft.directory and nothing else, and no other role grants those, whatever its
 * patterns say. They are found by id and by name, are not in role_at()'s list, and can be held
 * at the root alone, by principals and not by groups.
 */
bool role_is_directory(const struct guid *id);
bool action_is_directory(struct span action);

/* action: whole name, "Microsoft.KeyVault/vaults/secrets/getSecret/action". The role's
 * condition is not looked at: decisions are access.h's. */
bool role_allows_data_action(const struct role *r, struct span action);
bool role_allows_action(const struct role *r, struct span action);

/* Does the pattern with its wildcards cover the whole text? Bounded by pattern times text. */
bool role_pattern_covers(struct span pattern, struct span text);

#endif /* AUTH_ROLE_H */
