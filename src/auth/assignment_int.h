/* SPDX-License-Identifier: Apache-2.0 */
/* assignment_int.h - keys of assignments, for the files that write and list them. */
#ifndef AUTH_ASSIGNMENT_INT_H
#define AUTH_ASSIGNMENT_INT_H

#include "auth/assignment.h"

/* id "" makes a prefix. */
struct span assignment_key(struct row_key *k, const struct guid *principal, const char *id);
/* id "": prefix of what is exactly at the scope. */
struct span assignment_scope_key(struct row_key *k, const char *scope, const char *id);
struct span assignment_unique_key(struct row_key *k, const struct assignment *a);
/* assignment_each() from behind a key. */
MUST_CHECK enum err assignment_scan(const struct rows *rows, struct store_view *view,
                                    const struct guid *principal, struct span after,
                                    assignment_fn fn, void *arg);

#endif /* AUTH_ASSIGNMENT_INT_H */
