/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deny.h - deny assignments: these principals may not do that here, whatever
 * roles they have (management-plane.md C.7).
 *
 * Users read them; only the system writes them (deployment stacks, tests).
 * Rows (docs/formats/directory.md): da/<tid>/<guid>.
 *
 * One decision looks at all of a tenant's; there are few. More than
 * MAX_DENIES are refused on writing, and decided upon by nobody.
 *
 * Threads: as the view; a loaded one belongs to its caller.
 */
#ifndef AUTH_DENY_H
#define AUTH_DENY_H

#include "auth/assignment.h"
#include "auth/role_definition.h"

enum {
    MAX_DENIES = 1024,
    MAX_DENY_PRINCIPALS = 1024,
    MAX_DENY_NAME = 512,
};
/* Principal id of "everyone", type SystemDefined. */
#define DENY_EVERYONE "00000000-0000-0000-0000-000000000000"

struct deny_principal {
    struct guid id;
    enum assignee kind; /* 0: SystemDefined */
};

struct deny {
    struct guid id;
    struct guid tid;
    char scope[MAX_SCOPE + 1]; /* normal form */
    bool not_below;            /* doNotApplyToChildScopes */
    bool system;               /* isSystemProtected */
    struct span name, description;
    const struct role_permission *permissions; /* conditions of theirs count too */
    unsigned npermissions;
    const struct deny_principal *principals;
    unsigned nprincipals;
    const struct deny_principal *excluded;
    unsigned nexcluded;
    struct span condition; /* applies unless this is false */
    int64_t created, updated;
    struct guid created_by, updated_by;
    uint64_t revision; /* set by loading */
};

/* ERR_NOT_FOUND, ERR_INTEGRITY, ERR_FORMAT, ERR_IO, ERR_NOMEM. The caller frees. */
MUST_CHECK enum err deny_load(const struct rows *rows, struct store_view *view,
                              const struct guid *tid, const struct guid *id, struct deny **out);
void deny_free(struct deny *d); /* NULL is allowed */

/* Returns false to stop; d is borrowed for the call. */
typedef bool (*deny_fn)(void *arg, const struct deny *d);
/* scope NULL: all of the tenant; else those at and above it, and unless at_scope below it too.
 * ERR_TOO_LARGE: more than MAX_DENIES. */
MUST_CHECK enum err deny_each(const struct rows *rows, struct store_view *view,
                              const struct guid *tid, const struct scope *scope, bool at_scope,
                              deny_fn fn, void *arg);

/* Writes it. ERR_DENIED with why: FAULT_BAD_SCOPE, _BAD_NAME, _BAD_ACTION, _BAD_CONDITION,
 * _EMPTY, _TOO_MANY. */
MUST_CHECK enum err deny_put(const struct rows *rows, struct store_view *view,
                             struct store_write *w, const struct deny *d,
                             struct access_fault *why);
void deny_delete(struct store_write *w, const struct guid *tid, const struct guid *id);

#endif /* AUTH_DENY_H */
