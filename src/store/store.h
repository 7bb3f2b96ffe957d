/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store.h - an ordered map of bytes with snapshots and atomic commits.
 *
 * Keys and values are bytes; what they mean is not known here. Every row
 * carries the revision of the commit that wrote it. A view is a consistent
 * snapshot: reads inside it never see a later commit. A write is a list of
 * preconditions, puts and deletes that happens entirely or not at all and is
 * durable before store_commit answers.
 *
 * Engines (rows of store_engines[]): "lmdb" (one directory), "mem" (reference
 * behaviour, tests). The same suite runs over all (tests/unit/store/).
 *
 * Threads: a struct store may be shared; views may be taken by many threads at
 * once; a view is used by one thread at a time. store_commit is called by one thread of
 * one process only (the scribe); other processes open the store read-only.
 * Never carry an open store across fork.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

struct store;      /* opaque; see store_close() */
struct store_view; /* opaque; see store_end() */

enum { STORE_FORMAT = 2 }; /* docs/formats/store.md; others are refused */

struct store_config {
    const char *engine; /* "lmdb" or "mem" */
    const char *path;   /* directory; created 0700 if absent and not read_only */
    bool read_only;
    size_t map_size; /* lmdb: initial map in bytes; 0 = 16 GiB; grows by itself */
    bool no_sync;    /* tests and benchmarks only: give up durability */
};

struct store_row {
    struct span key;   /* borrowed from the view; store_get: the key asked for */
    struct span value; /* borrowed from the view */
    uint64_t revision; /* of the commit that wrote it; never 0 */
};

/*
 * ERR_NOT_FOUND  read_only and there is no store at the path
 * ERR_FORMAT     not our store, damaged, or another format number
 * ERR_BUSY       another process has it open for writing
 * ERR_FULL, ERR_IO, ERR_NOMEM, ERR_ARG (unknown engine, no path)
 */
MUST_CHECK enum err store_open(const struct store_config *cfg, struct store **out);
void store_close(struct store *s); /* NULL is allowed; every view must have ended */

/*
 * A view holds back the space of what was changed since: end it soon.
 * ERR_BUSY when too many readers are inside; ERR_IO, ERR_NOMEM.
 */
MUST_CHECK enum err store_begin(struct store *s, struct store_view **out);
void store_end(struct store_view *v); /* NULL is allowed */

/* The revision of the newest commit that the view sees; 0 in an empty store. */
uint64_t store_revision(const struct store_view *v);
/* ERR_NOT_FOUND; ERR_IO; ERR_FORMAT for a row too short to be ours. */
MUST_CHECK enum err store_get(struct store_view *v, struct span key, struct store_row *out);

/* Returns false to stop the scan. The row is borrowed for the call. */
typedef bool (*store_row_fn)(void *arg, const struct store_row *row);
/*
 * Visits rows whose key begins with prefix, in byte order, beginning with the
 * first key greater than `after` (empty: from the start), limit rows at most.
 */
MUST_CHECK enum err store_scan(struct store_view *v, struct span prefix, struct span after,
                               size_t limit, store_row_fn fn, void *arg);
/*
 * Visits the keys changed by commits after `since`, oldest first, each with
 * the revision and an empty value; a key may come twice.
 * ERR_ROLLBACK when `since` is older than what is still known, or newer than
 * the view (an older store was put back): rescan instead.
 */
MUST_CHECK enum err store_watch(struct store_view *v, uint64_t since, size_t limit,
                                store_row_fn fn, void *arg);

/* A write being composed; packed as it goes, so it travels between processes as it is. */
struct store_write {
    struct buf bytes;
    unsigned count; /* entries so far */
};

void store_write_init(struct store_write *w);
void store_write_release(struct store_write *w);
void store_write_clear(struct store_write *w);
/* Commit only if the row's revision is this; 0 = only if there is no such row. */
void store_write_expect(struct store_write *w, struct span key, uint64_t revision);
void store_write_put(struct store_write *w, struct span key, struct span value);
void store_write_delete(struct store_write *w, struct span key);
bool store_write_is_empty(const struct store_write *w);
/* Sticky failure of the composition: ERR_NOMEM, ERR_TOO_LARGE, ERR_ARG (empty or long key). */
enum err store_write_err(const struct store_write *w);

/* Visits the keys that packed bytes would put or delete; ERR_FORMAT if they are not ours. */
typedef enum err (*store_key_fn)(void *arg, struct span key);
MUST_CHECK enum err store_write_keys(struct span packed, store_key_fn fn, void *arg);

/* Visits the rows that packed bytes would put, each with revision 0. ERR_FORMAT as above. */
MUST_CHECK enum err store_write_rows(struct span packed, store_row_fn fn, void *arg);
/* Puts the entries of another write behind those of w. */
void store_write_append(struct store_write *w, const struct store_write *more);

struct store_item {
    struct span packed; /* in: a store_write's bytes, checked here; may be empty */
    enum err result;    /* out: ERR_OK, ERR_CONFLICT, ERR_FORMAT, ERR_TOO_LARGE */
    uint64_t revision;  /* out: of this write, when ERR_OK and not empty */
};

/*
 * Commits many writes with one sync. Each item is all or nothing by itself and
 * sees the effects of the items before it; a refused item does not disturb the
 * others. Every non-empty accepted item gets a revision of its own.
 *
 * ERR_OK    items[].result tell; everything accepted is durable
 * ERR_FULL  no space left (disk or map could not grow): nothing was written
 * ERR_NOMEM, ERR_DENIED (opened read-only): nothing was written
 * ERR_IO    nothing was written, unless the last step itself broke: then every
 *           later commit answers ERR_IO too, and only store_open, best in a new
 *           process, tells what the disk has. End the process on ERR_IO.
 * On an error every items[].result is that error. The caller must not hold a
 * view: a map that has to grow waits a second for views of its process to end,
 * then answers ERR_FULL.
 */
MUST_CHECK enum err store_commit(struct store *s, struct store_item *items, size_t nitems);

/* Names of the engines, NULL-terminated; for the configuration check and the suite. */
extern const char *const store_engine_names[];

/*
 * Test hook (fault injection): called before each step of a commit with its
 * name; a non-OK answer makes that step fail with it. NULL (default) is off.
 * Steps: begin, put (before each item), before-commit, grow, and after-commit,
 * which comes when all is durable (a place to kill; its answer is ignored).
 */
typedef enum err (*store_fault_fn)(const char *step);
extern store_fault_fn store_fault;

#endif /* STORE_STORE_H */
