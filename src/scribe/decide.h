/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decide.h - which of the waiting writes will be accepted, before any is made.
 *
 * The audit lines of a batch, and the hashes that chain them, go into the same
 * transaction as its writes; so it must be known before the commit which
 * writes there will be. The scribe is the only writer: preconditions checked
 * against the newest snapshot, and against the writes accepted before in the
 * same batch, are exact.
 *
 * Accepted writes are merged into one, without their preconditions, which then
 * happens entirely or not at all.
 */
#ifndef SCRIBE_DECIDE_H
#define SCRIBE_DECIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "store/store.h"

enum { DECIDE_SLOTS = 4 * 4096 }; /* power of two; four times MAX_COMMIT_KEYS */

struct decided_key {
    uint64_t hash;
    struct span key; /* borrowed from the accepted write; ptr NULL: free slot */
    bool there;      /* put, not deleted */
};

struct decide {
    struct store_view *view; /* borrowed */
    struct store_write merged;
    struct decided_key *keys; /* DECIDE_SLOTS of them */
    unsigned nkeys;
    uint32_t *used; /* slots taken, to empty them without touching all */
};

/* ERR_NOMEM. */
MUST_CHECK enum err decide_init(struct decide *d);
void decide_release(struct decide *d);
/* A new batch over that snapshot. */
void decide_begin(struct decide *d, struct store_view *view);

/*
 * Judges packed (borrowed until the next decide_begin()) and, if it stands, takes it in.
 * ERR_CONFLICT  a precondition does not hold
 * ERR_FORMAT    not a packed write
 * ERR_BUSY      does not fit any more: commit what there is, then begin anew
 * ERR_TOO_LARGE never fits
 * ERR_IO, ERR_NOMEM
 * After anything but ERR_OK nothing of packed was taken in.
 */
MUST_CHECK enum err decide_take(struct decide *d, struct span packed);

#endif /* SCRIBE_DECIDE_H */
