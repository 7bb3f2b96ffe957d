/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grants.h - which process may write which rows, by key prefix.
 *
 * The front parses what strangers send, so it may write objects, directory and
 * rights, but no wrapped system key, no format row and nothing of the audit.
 * Keys with the prefix a/ belong to the scribe alone.
 */
#ifndef SCRIBE_GRANTS_H
#define SCRIBE_GRANTS_H

#include <stdbool.h>

#include "base/err.h"
#include "base/span.h"
#include "ipc/peer.h"

/* founded: the store has its format row already, so nobody may write f/ any more. */
bool grants_may_write(enum ipc_role role, bool founded, struct span key);

/* Every key that the packed write puts or deletes. ERR_DENIED (logged), ERR_FORMAT. */
MUST_CHECK enum err grants_check(enum ipc_role role, bool founded, struct span packed);

#endif /* SCRIBE_GRANTS_H */
