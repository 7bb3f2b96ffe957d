/* SPDX-License-Identifier: Apache-2.0 */
/*
 * release_key.h - the key that signs what secure key release gives out (row
 * k/release): made once, at the first turn of a clerk that finds none.
 */
#ifndef JOBS_RELEASE_KEY_H
#define JOBS_RELEASE_KEY_H

#include "jobs/desk.h"

/* ERR_OK also when it is there. Errors as desk_ask() and desk_commit(). */
MUST_CHECK enum err release_key_ensure(struct desk *d, int64_t now);

#endif /* JOBS_RELEASE_KEY_H */
