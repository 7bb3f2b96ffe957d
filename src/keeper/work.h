/* SPDX-License-Identifier: Apache-2.0 */
/* work.h - one question in, one answer out; who may ask was settled before. */
#ifndef KEEPER_WORK_H
#define KEEPER_WORK_H

#include "base/err.h"
#include "base/secbuf.h"
#include "keeper/ask.h"
#include "keeper/cache.h"
#include "keeper/roots.h"

enum { ANSWER_MAX = 1024 * 1024 };

/*
 * Appends the answer's payload, as keeper/ask.h says it, to an empty buffer; on failure
 * nothing is left in it. Not for questions about keys of users. The status is what the asker
 * gets.
 */
MUST_CHECK enum err work_do(struct roots *roots, struct cache *cache, enum keeper_op op,
                            const struct keeper_question *q, struct secbuf *answer);

#endif /* KEEPER_WORK_H */
