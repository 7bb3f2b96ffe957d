/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lock.h - locks of the resource manager (management-plane.md A.15): they keep
 * what lies at and below their scope from being deleted, or changed at all,
 * whoever asks. The data plane knows nothing of them.
 *
 * Row lk<scope>/:/<name in lower case>; ':' is in no name of a scope, so the
 * locks at a scope and those below it are ranges of keys.
 *
 * Threads: as the view.
 */
#ifndef AUTH_LOCK_H
#define AUTH_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/scope.h"
#include "vault/row.h"

enum { MAX_LOCK_NAME = 260, MAX_LOCK_NOTES = 512 };

enum lock_level { LOCK_CANNOT_DELETE = 1, LOCK_READ_ONLY, LOCK_LEVEL__MAX };

struct lock {
    char scope[MAX_SCOPE + 1];    /* normal form */
    char spelled[MAX_SCOPE + 1];  /* as the client wrote it, for ids */
    char name[MAX_LOCK_NAME + 1]; /* as spelled */
    enum lock_level level;
    char notes[MAX_LOCK_NOTES * 3 + 1];
    int64_t created, updated;
    struct guid created_by, updated_by;
    uint64_t revision; /* of its row; 0 = not stored yet */
};

/* Is s a name, short enough for a lock at that scope? 1 to 260 characters, none of <>%&:\?/ and
 * controls. */
bool lock_name_is_ok(const struct scope *at, struct span s);

/* ERR_NOT_FOUND, ERR_INTEGRITY, ERR_FORMAT, ERR_IO. */
MUST_CHECK enum err lock_load(const struct rows *rows, struct store_view *view,
                              const struct scope *at, struct span name, struct lock *out);
/* Puts the row, expecting l->revision. Failures stick to the write. */
void lock_store(const struct rows *rows, struct store_write *w, const struct lock *l);
/* Deletes the row, expecting l->revision. */
void lock_drop(struct store_write *w, const struct lock *l);

/* Returns false to stop. */
typedef bool (*lock_fn)(void *arg, const struct lock *l);
/* Those at the scope and at its ancestors. ERR_INTEGRITY, ERR_FORMAT, ERR_IO. */
MUST_CHECK enum err lock_each_above(const struct rows *rows, struct store_view *view,
                                    const struct scope *at, lock_fn fn, void *arg);
/* Those below the scope, the scope's own not among them. */
MUST_CHECK enum err lock_each_below(const struct rows *rows, struct store_view *view,
                                    const struct scope *at, lock_fn fn, void *arg);

enum lock_act { LOCK_ACT_WRITE, LOCK_ACT_DELETE };
/* The first lock at or above the scope that forbids the act; false if none does. Errors as
 * above, and *blocked is true then. */
MUST_CHECK enum err lock_check(const struct rows *rows, struct store_view *view,
                               const struct scope *at, enum lock_act act, bool *blocked,
                               struct lock *which);

#endif /* AUTH_LOCK_H */
