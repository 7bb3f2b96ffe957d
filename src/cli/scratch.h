/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scratch.h - throw-away folders, /tmp/keyhold-dev-XXXXXX. Its owner, and every process that it
 * forks and that keeps the descriptor, hold a lock on the folder; one without is nobody's any
 * more and may be removed, whatever killed its owner.
 */
#ifndef CLI_SCRATCH_H
#define CLI_SCRATCH_H

#include <stddef.h>

#include "base/err.h"

/* A new, empty folder, open to other users as far as walking and listing go; *lock is the
 * caller's to close, after scratch_remove(). ERR_IO. */
MUST_CHECK enum err scratch_make(char *path, size_t cap, int *lock);
/* The folder with all that is in it; best effort. Nothing is followed out of it. */
void scratch_remove(const char *path);
/* Removes the folders of this user's that nobody holds. */
void scratch_sweep(void);

#endif /* CLI_SCRATCH_H */
