/* SPDX-License-Identifier: Apache-2.0 */
/*
 * entries.h - reading the entries of a packed write, preconditions included.
 *
 * The layout is that of store/store_write.c, which composes it; a unit test
 * holds the two together.
 */
#ifndef SCRIBE_ENTRIES_H
#define SCRIBE_ENTRIES_H

#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

enum entry_kind { ENTRY_EXPECT = 1, ENTRY_PUT = 2, ENTRY_DELETE = 3 };

struct entry {
    enum entry_kind kind;
    struct span key;   /* borrowed from the packed bytes */
    struct span value; /* of a put; borrowed */
    uint64_t revision; /* of a precondition */
};

/* An answer other than ERR_OK ends the reading with it. */
typedef enum err (*entry_fn)(void *arg, const struct entry *entry);
/* Visits every entry in order. ERR_FORMAT when the bytes are no packed write: fn may have been
 * called for entries before the fault. */
MUST_CHECK enum err entries_each(struct span packed, entry_fn fn, void *arg);

#endif /* SCRIBE_ENTRIES_H */
