/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rotate.h - keys whose policy says so are rotated, and their owners told that
 * one expires (data-plane.md C10); private keys of purged versions are destroyed
 * in the token that holds them.
 *
 * The schedule is the store's (vault/rotation.h): what was due while nobody ran is
 * done at the next turn. A rotation waits up to ROTATE_JITTER seconds past its time,
 * each key its own while, so that keys made together are not rotated together.
 */
#ifndef JOBS_ROTATE_H
#define JOBS_ROTATE_H

#include "jobs/desk.h"

enum { ROTATE_JITTER = 120 };

/*
 * Does what is due by now, at most `limit` deeds, which *done counts. Each is one commit that
 * moves the schedule on, so it happens once, whoever dies when.
 *
 * ERR_INTEGRITY, ERR_FORMAT: rows that cannot be understood were left; the rest is done
 * else as desk_commit() and the provider's errors: the row stays for the next turn
 */
MUST_CHECK enum err rotate_due(struct desk *d, int64_t now, unsigned limit, unsigned *done);

/* Destroys what purges left in a token. Nothing to do without a token process: the rows
 * wait. Errors as rotate_due. */
MUST_CHECK enum err leftovers_destroy(struct desk *d, unsigned limit, unsigned *done);

#endif /* JOBS_ROTATE_H */
