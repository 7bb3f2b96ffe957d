/* SPDX-License-Identifier: Apache-2.0 */
/* explain_int.h - what the files of the explanation share. */
#ifndef AUTH_EXPLAIN_INT_H
#define AUTH_EXPLAIN_INT_H

#include "auth/access_int.h"
#include "auth/explain.h"

/* The engine's verdict on a target. */
MUST_CHECK enum err explain_verdict(const struct rows *rows, struct store_view *view,
                                    struct access_cache *cache, const struct caller *c,
                                    const struct explain_target *t, struct access_answer *out);
struct caller explain_caller(const struct explain_subject *who);
bool explain_policy_gives(const struct access_policy *p, const struct explain_target *t);

/* "User", "Group", "ServicePrincipal" */
const char *explain_type_of(const struct explain_subject *who);
/* Built-in roles that would give it, the narrowest first. */
enum { EXPLAIN_SUGGESTED_MAX = 5 };
struct role;
unsigned explain_suggest(const struct explain_target *t,
                         const struct role *out[static EXPLAIN_SUGGESTED_MAX]);

#endif /* AUTH_EXPLAIN_INT_H */
