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

#endif /* AUTH_EXPLAIN_INT_H */
