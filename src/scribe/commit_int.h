/* SPDX-License-Identifier: Apache-2.0 */
/* commit_int.h - shared by commit.c and upkeep.c only. */
#ifndef SCRIBE_COMMIT_INT_H
#define SCRIBE_COMMIT_INT_H

#include "scribe/commit.h"

/*
 * Adds a/head (chain) and a/pending (what is not durable in the file) to w and commits it.
 * Errors of store_commit(): nothing was written.
 */
MUST_CHECK enum err commit_with_chain(struct committer *c, struct store_write *w,
                                      const struct chain *chain, const char *step);

#endif /* SCRIBE_COMMIT_INT_H */
