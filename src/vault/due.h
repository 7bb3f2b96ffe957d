/* SPDX-License-Identifier: Apache-2.0 */
/*
 * due.h - times in the keys of schedule rows: 16 hex digits of seconds since
 * 1970, so byte order is order of time.
 */
#ifndef VAULT_DUE_H
#define VAULT_DUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

enum { DUE_TEXT = 17 };

/* when: not negative. */
void due_text(int64_t when, char out[static DUE_TEXT]);
/* The time at the beginning of rest, which goes on with '/'. */
bool due_read(struct span rest, int64_t *when);

#endif /* VAULT_DUE_H */
