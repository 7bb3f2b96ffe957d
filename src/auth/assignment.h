/* SPDX-License-Identifier: Apache-2.0 */
/*
 * assignment.h - role assignments: this principal has that role at this scope.
 *
 * Rows (docs/formats/directory.md): ra/<principal>/<assignment> holds the
 * assignment, rs/<scope>/<assignment> leads from a scope to the principal.
 * Scopes are ARM ids without a trailing '/', kept in lower case; "/" is the
 * root of everything.
 *
 * Threads: as the view.
 */
#ifndef AUTH_ASSIGNMENT_H
#define AUTH_ASSIGNMENT_H

#include <stdbool.h>

#include "base/err.h"
#include "base/ids.h"
#include "base/span.h"
#include "vault/row.h"

enum {
    MAX_SCOPE = 400,
    MAX_ASSIGNMENTS_OF_PRINCIPAL = 4096, /* what one decision looks at */
};

enum assignee { ASSIGNEE_SERVICE = 1, ASSIGNEE_USER, ASSIGNEE_GROUP, ASSIGNEE__MAX };

struct assignment {
    struct guid id;
    struct guid principal; /* oid of a service principal, user or group */
    enum assignee kind;
    struct guid role; /* role definition */
    int64_t created;
    char scope[MAX_SCOPE + 1];
};

/* Lower-cases s and cuts trailing '/'; false if it is no scope of ours (must begin with '/',
 * visible ASCII without "//", at most MAX_SCOPE). */
bool assignment_scope_make(struct span s, char out[static MAX_SCOPE + 1]);

/* Is resource (lower-case ARM id) the scope itself or below it? Whole segments count. */
bool assignment_scope_covers(const char *scope, struct span resource);

/* Both rows; an assignment of the same id and scope is overwritten. a->scope is as
 * assignment_scope_make() gives it. Failures stick to the write. */
void assignment_store(const struct rows *rows, struct store_write *w,
                      const struct assignment *a);
/* Both rows go; nothing happens if they are not there. */
void assignment_delete(struct store_write *w, const struct assignment *a);

/* ERR_NOT_FOUND, ERR_INTEGRITY, ERR_FORMAT, ERR_IO. */
MUST_CHECK enum err assignment_load(const struct rows *rows, struct store_view *view,
                                    const struct guid *principal, const struct guid *id,
                                    struct assignment *out);

/* Returns false to stop. */
typedef bool (*assignment_fn)(void *arg, const struct assignment *a);
/* Visits the principal's own assignments (not those of its groups), at most
 * MAX_ASSIGNMENTS_OF_PRINCIPAL. ERR_INTEGRITY and ERR_FORMAT end the scan. */
MUST_CHECK enum err assignment_each(const struct rows *rows, struct store_view *view,
                                    const struct guid *principal, assignment_fn fn, void *arg);

#endif /* AUTH_ASSIGNMENT_H */
