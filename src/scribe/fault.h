/* SPDX-License-Identifier: Apache-2.0 */
/* fault.h - test hook: fail or die at a named step (as store_fault in store/store.h). */
#ifndef SCRIBE_FAULT_H
#define SCRIBE_FAULT_H

#include "base/err.h"

/*
 * Called before each step; an answer other than ERR_OK makes the step fail with it.
 * Steps, in the order of a batch: "reserve", "commit" (before the store's), "write" (after
 * it, before the audit file's), "writeback" (skipped then), "answer", "sync", "settle" (at a
 * start), "head", "checkpoint", "rotate", "rename", "create".
 */
typedef enum err (*scribe_fault_fn)(const char *step);
extern scribe_fault_fn scribe_fault; /* NULL (default) is off */

MUST_CHECK enum err fault_at(const char *step);

#endif /* SCRIBE_FAULT_H */
