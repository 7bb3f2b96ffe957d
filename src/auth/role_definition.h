/* SPDX-License-Identifier: Apache-2.0 */
/*
 * role_definition.h - role definitions of a tenant: the built-in ones
 * (auth/role.h) and custom ones, in one shape (management-plane.md C.2).
 *
 * Rows (docs/formats/directory.md): rd/<tid>/<guid> a custom role;
 * rn/<tid>/<SHA-256 of the name in lower case> leads from a name to it.
 *
 * Names compare without ASCII case and in no other way: a name that only looks
 * like another is another. A custom role cannot have the name or the GUID of a
 * built-in one, and lookups try the built-in ones first. Nor can it have the
 * GUID of a deleted role to which assignments still point: they would wake.
 *
 * Threads: as the view; a loaded definition belongs to its caller.
 */
#ifndef AUTH_ROLE_DEFINITION_H
#define AUTH_ROLE_DEFINITION_H

#include "auth/access_fault.h"
#include "auth/scope.h"
#include "auth/scope_tree.h"
#include "base/ids.h"
#include "vault/row.h"

enum {
    MAX_ROLE_NAME = 512, /* characters that users see, so bytes: four times as many */
    MAX_ROLE_DESCRIPTION = 2048,
    MAX_ROLE_PERMISSIONS = 8,
    MAX_ROLE_LIST = 1024, /* actions, notActions, ... each, in all permissions together */
    MAX_ROLE_ACTION = 512,
    MAX_ASSIGNABLE_SCOPES = 2000,
    MAX_CUSTOM_ROLES = 5000, /* of a tenant */
};

struct role_list {
    const struct span *at;
    unsigned n;
};

struct role_permission {
    struct role_list actions, not_actions, data_actions, not_data_actions;
    struct span condition; /* version 2.0; empty: none */
};

struct role_definition {
    struct guid id;
    struct guid tid; /* "" when built in */
    bool built_in;
    struct span name;
    struct span description;
    const struct role_permission *permissions;
    unsigned npermissions;
    struct role_list scopes; /* assignable; as spelled; "/" when built in */
    int64_t created, updated;
    struct guid created_by, updated_by; /* oids; "" when built in */
    uint64_t revision;                  /* of its row, set by loading */
};

/* ERR_NOT_FOUND, ERR_INTEGRITY, ERR_FORMAT, ERR_IO, ERR_NOMEM. The caller frees. */
MUST_CHECK enum err role_definition_load(const struct rows *rows, struct store_view *view,
                                         const struct guid *tid, const struct guid *id,
                                         struct role_definition **out);
/* By name. Errors the same. */
MUST_CHECK enum err role_definition_find(const struct rows *rows, struct store_view *view,
                                         const struct guid *tid, struct span name,
                                         struct role_definition **out);
void role_definition_free(struct role_definition *d); /* NULL is allowed */

/* Returns false to stop; d is borrowed for the call. */
typedef bool (*role_definition_fn)(void *arg, const struct role_definition *d);
/* built_in and custom say which; the built-in ones come first. */
MUST_CHECK enum err role_definition_each(const struct rows *rows, struct store_view *view,
                                         const struct guid *tid, bool built_in, bool custom,
                                         role_definition_fn fn, void *arg);

/*
 * Creates (no row of d->id yet) or replaces a custom role; d's spans are the
 * caller's. created/created_by of an existing one are kept. *created tells.
 *
 * ERR_DENIED with why (access_fault.h): FAULT_BAD_NAME, _BAD_DESCRIPTION,
 * _BAD_ACTION, _BAD_SCOPE ("/" and wildcards are not assignable scopes; at most
 * one management group), _BAD_CONDITION, _DATA_AT_GROUP, _EMPTY, _TOO_MANY,
 * _BUILT_IN, _NAME_TAKEN, _ID_TAKEN.
 * ERR_INTEGRITY, ERR_FORMAT, ERR_IO, ERR_NOMEM. Other failures stick to the write.
 * Whether the caller may write at every assignable scope is asked by api/.
 */
MUST_CHECK enum err role_definition_put(const struct rows *rows, struct store_view *view,
                                        struct store_write *w, const struct role_definition *d,
                                        bool *created, struct access_fault *why);
/* ERR_DENIED: FAULT_BUILT_IN, FAULT_IN_USE. ERR_IO. */
MUST_CHECK enum err role_definition_delete(const struct rows *rows, struct store_view *view,
                                           struct store_write *w,
                                           const struct role_definition *d,
                                           struct access_fault *why);

/* Can d be listed and assigned there: is the scope at or below an assignable scope?
 * ERR_OK and *out; errors of scope_chain_load. */
MUST_CHECK enum err role_definition_is_assignable(const struct rows *rows,
                                                  struct store_view *view,
                                                  const struct role_definition *d,
                                                  const struct guid *tid,
                                                  const struct scope *at, bool *out);
bool role_definition_has_data_actions(const struct role_definition *d);

#endif /* AUTH_ROLE_DEFINITION_H */
