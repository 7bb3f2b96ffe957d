/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scope.h - ARM ids as places in a tree (management-plane.md A.2).
 *
 *   /                                                          root of a tenant
 *   /providers/Microsoft.Management/managementGroups/{id}      management group
 *   /subscriptions/{guid}                                      subscription
 *   .../resourceGroups/{name}                                  resource group
 *   .../providers/{namespace}/{type}/{name}[/{type}/{name}]    resource, any depth; also
 *                     directly below a subscription, a management group or the root,
 *                     and behind another resource (extension resources)
 *   .../Microsoft.KeyVault/vaults/{v}/secrets|keys|certificates/{name}   object
 *
 * Ids compare without case; here they are kept in lower case, with `//`
 * collapsed and no final `/`. ASCII only: what folds otherwise is refused, as
 * are `.` and `..`, '%' and the other characters that resource names may not
 * have. Ids of collections (a type without a name) are no scopes: ask about
 * the parent.
 *
 * The text of a scope holds its ancestors up to the subscription; management
 * groups above that are the tree's matter (auth/scope_tree.h).
 */
#ifndef AUTH_SCOPE_H
#define AUTH_SCOPE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/ids.h"
#include "base/span.h"

enum {
    MAX_SCOPE = 400,       /* of what is stored with a scope: assignments, denies */
    MAX_SCOPE_TEXT = 1023, /* of what is asked about */
    MAX_SCOPE_DEPTH = 24,  /* subscription, group, and one for each type/name */
    MAX_SCOPE_NAME = 260,  /* one segment */
    MAX_MG_ID = 90,
};

enum scope_kind {
    SCOPE_ROOT,
    SCOPE_MANAGEMENT_GROUP,
    SCOPE_SUBSCRIPTION,
    SCOPE_RESOURCE_GROUP,
    SCOPE_RESOURCE,
    SCOPE_OBJECT, /* a secret, key or certificate of a vault */
    SCOPE__MAX
};

struct scope {
    enum scope_kind kind;
    unsigned depth;                 /* levels in the text; 0 for the root */
    uint16_t ends[MAX_SCOPE_DEPTH]; /* text up to ends[i] is the i-th level, itself the last */
    struct guid subscription;       /* "" above and beside subscriptions */
    char group[MAX_MG_ID + 1];      /* management group the text begins with; or "" */
    char text[MAX_SCOPE_TEXT + 1];  /* normal form */
};

/* ERR_ARG: no scope (out is then the root with an empty text: covers nothing). */
MUST_CHECK enum err scope_parse(struct span id, struct scope *out);
/*
 * The scope of an object of that vault: what scope_parse() makes of the vault's id with
 * "/secrets/{name}" behind it. ERR_ARG: such a name, no vault, or kind is not "secrets", "keys"
 * or "certificates".
 */
MUST_CHECK enum err scope_of_object(const struct scope *vault, const char *kind,
                                    struct span name, struct scope *out);

/* The normal form; borrowed. */
struct span scope_span(const struct scope *s);
/* Level i of the text, 0 the outermost (subscription, management group), depth - 1 itself. */
struct span scope_level(const struct scope *s, unsigned i);
/* One level up in the text; the root above everything, itself above the root. */
void scope_parent(const struct scope *s, struct scope *out);
/* Last segment: "kv1" of ".../vaults/kv1"; empty for the root. Borrowed, lower case. */
struct span scope_name(const struct scope *s);

/*
 * Is resource the scope itself or below it? Both in normal form. Whole segments
 * count: ".../rg1" does not cover ".../rg10". "/" covers everything. Knows
 * nothing of management groups (auth/scope_tree.h does).
 */
bool scope_covers(struct span scope, struct span resource);

#endif /* AUTH_SCOPE_H */
