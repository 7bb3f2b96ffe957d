/* SPDX-License-Identifier: Apache-2.0 */
/*
 * assignment.h - role assignments: this principal has that role at this scope
 * (management-plane.md C.3).
 *
 * Rows (docs/formats/directory.md):
 *   ra/<principal>/<assignment>        the assignment
 *   rs/<scope>//<assignment>           its principal: who has something here
 *   ri/<assignment>                    its principal: by id alone
 *   ru/<role>/<principal>/<scope>      its id: no two that say the same
 * All four are written and dropped together.
 *
 * Threads: as the view.
 */
#ifndef AUTH_ASSIGNMENT_H
#define AUTH_ASSIGNMENT_H

#include <stdbool.h>

#include "auth/access_fault.h"
#include "auth/scope.h"
#include "base/err.h"
#include "base/ids.h"
#include "base/span.h"
#include "vault/row.h"

enum {
    MAX_ASSIGNMENTS_OF_PRINCIPAL = 4096, /* more are refused, and not looked at */
    MAX_ASSIGNMENTS_OF_SUBSCRIPTION = 4000,
    MAX_ASSIGNMENTS_OF_GROUP = 500, /* at one management group */
    MAX_ASSIGNMENT_DESCRIPTION = 1024,
};

enum assignee {
    ASSIGNEE_SERVICE = 1,
    ASSIGNEE_USER,
    ASSIGNEE_GROUP,
    ASSIGNEE_FOREIGN_GROUP,
    ASSIGNEE_DEVICE,
    ASSIGNEE__MAX
};

/* Spans: of the view when it was loaded (they end with it), else the caller's. */
struct assignment {
    struct guid id;
    struct guid tid;
    struct guid principal; /* oid of a service principal, user or group */
    enum assignee kind;
    struct guid role; /* role definition */
    int64_t created, updated;
    struct guid created_by, updated_by; /* oids; may be "" */
    char scope[MAX_SCOPE + 1];          /* normal form */
    struct span description;
    struct span condition;          /* version 2.0; empty: none */
    struct span delegated_identity; /* delegatedManagedIdentityResourceId */
    uint64_t revision;              /* of its row, set by loading */
};

/* Normal form (auth/scope.h) of at most MAX_SCOPE; false (and out empty) if it is no scope. */
bool assignment_scope_make(struct span s, char out[static MAX_SCOPE + 1]);
/* scope_covers() on a stored scope. */
bool assignment_scope_covers(const char *scope, struct span resource);

/* All rows, unchecked; for seeds and tests. An assignment of the same id is overwritten. tid,
 * scope, principal and role must be set. Failures stick to the write. */
void assignment_store(const struct rows *rows, struct store_write *w,
                      const struct assignment *a);
/* All rows go; nothing happens if they are not there. */
void assignment_delete(struct store_write *w, const struct assignment *a);

enum assignment_flags {
    ASSIGNMENT_TRUSTED = 1 << 0, /* the caller named the kind: do not ask the directory */
};
/*
 * PUT: creates it, or changes description, condition, and updated/updated_by of the one with
 * that id. *created tells.
 *
 * ERR_DENIED with why: FAULT_BAD_SCOPE, _BAD_CONDITION, _BAD_DESCRIPTION, _BAD_IDENTITY,
 * _NO_ROLE, _NOT_ASSIGNABLE, _DATA_AT_GROUP, _NO_PRINCIPAL, _PRINCIPAL_KIND, _DUPLICATE (text:
 * the other's id), _FIXED, _ID_TAKEN (of another tenant), _TOO_MANY.
 * ERR_INTEGRITY, ERR_FORMAT, ERR_IO, ERR_NOMEM. Other failures stick to the write.
 */
MUST_CHECK enum err assignment_put(const struct rows *rows, struct store_view *view,
                                   struct store_write *w, const struct assignment *a,
                                   unsigned flags, bool *created, struct access_fault *why);
/* ERR_DENIED with FAULT_LAST_ADMIN: the last Owner at that subscription. */
MUST_CHECK enum err assignment_remove(const struct rows *rows, struct store_view *view,
                                      struct store_write *w, const struct assignment *a,
                                      struct access_fault *why);
/* Drops at most limit assignments at the scope and below (a vault that was purged, a group
 * that is gone); *left says whether there are more. ERR_INTEGRITY, ERR_FORMAT, ERR_IO. */
MUST_CHECK enum err assignment_drop(const struct rows *rows, struct store_view *view,
                                    struct store_write *w, const struct guid *tid,
                                    struct span scope, unsigned limit, bool *left);

/* ERR_NOT_FOUND, ERR_INTEGRITY, ERR_FORMAT, ERR_IO. */
MUST_CHECK enum err assignment_load(const struct rows *rows, struct store_view *view,
                                    const struct guid *principal, const struct guid *id,
                                    struct assignment *out);
/* By id alone; another tenant's is not found. Errors the same. */
MUST_CHECK enum err assignment_find(const struct rows *rows, struct store_view *view,
                                    const struct guid *tid, const struct guid *id,
                                    struct assignment *out);

/* Returns false to stop. */
typedef bool (*assignment_fn)(void *arg, const struct assignment *a);
/* Visits the principal's own assignments (not those of its groups), at most
 * MAX_ASSIGNMENTS_OF_PRINCIPAL. ERR_INTEGRITY and ERR_FORMAT end the scan. */
MUST_CHECK enum err assignment_each(const struct rows *rows, struct store_view *view,
                                    const struct guid *principal, assignment_fn fn, void *arg);

enum assignment_reach {
    REACH_ALL,       /* at the scope, above it (management groups, root) and below it; below a
                      * management group: what has it in its id, not its subscriptions */
    REACH_AT_SCOPE,  /* atScope(): at and above */
    REACH_EXACT,     /* at the scope alone */
    REACH_AND_BELOW, /* at and below */
};
/* Where a list stopped; all zero at the beginning. Opaque text, safe in a skip token. */
struct assignment_cursor {
    unsigned stage;
    char key[MAX_STORE_KEY + 1];
};
struct assignment_query {
    struct guid tid;
    const struct scope *scope;
    enum assignment_reach reach;
    struct guid principal;   /* principalId eq: direct ones alone; "" any */
    struct guid assigned_to; /* assignedTo(): direct and through groups; "" any */
    struct guid role;        /* roleDefinitionId eq; "" any */
    unsigned limit;          /* visits; 0: no limit */
};
/*
 * Visits what matches, outermost scopes first. *cursor moves behind what was
 * visited last; *more says whether the limit or fn ended it. May be called
 * again with the cursor on a later snapshot.
 * ERR_INTEGRITY, ERR_FORMAT, ERR_IO, ERR_NOMEM; ERR_ARG for a cursor that is not ours.
 */
MUST_CHECK enum err assignment_list(const struct rows *rows, struct store_view *view,
                                    const struct assignment_query *q,
                                    struct assignment_cursor *cursor, assignment_fn fn,
                                    void *arg, bool *more);

#endif /* AUTH_ASSIGNMENT_H */
