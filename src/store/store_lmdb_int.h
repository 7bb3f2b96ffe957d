/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_lmdb_int.h - the LMDB engine in three files, and LMDB's rules.
 *
 *   store_lmdb.c         opening, the format, the size of the map
 *   store_lmdb_view.c    views and reading
 *   store_lmdb_commit.c  the one writer
 *
 * Rules of the library that this engine keeps:
 * 1. One environment per process and directory, never carried across fork.
 * 2. MDB_NOTLS: a read transaction belongs to its view, not to a thread.
 * 3. A transaction is gone after commit, whatever commit answers.
 * 4. Memory that the library returned dies with the transaction.
 * 5. The map changes its size only while no transaction of this process is
 *    open (lmdb_calm); a failed mmap there would leave the library without a
 *    map, so room is probed for first.
 * 6. MDB_NOMEMINIT stays off: no stray memory reaches the disk.
 * 7. Readers that died are cleared by the writer (mdb_reader_check).
 * 8. After a failed write of a meta page the environment answers MDB_PANIC for
 *    ever: `failed` is set, and only reopening, by a new process, goes on.
 */
#ifndef STORE_STORE_LMDB_INT_H
#define STORE_STORE_LMDB_INT_H

#include <lmdb.h>
#include <pthread.h>
#include <stdatomic.h>

#include "store/store_int.h"

enum { LMDB_READERS = 512, LMDB_POOL = 64, LMDB_REVISION_LEN = 8, LMDB_CHANGE_LEN = 12 };

#define LMDB_MAP_DEFAULT ((size_t)16 << 30)
#define LMDB_MAP_MAX     ((size_t)256 << 30)

struct lmdb_view {
    struct store_view base;
    struct lmdb_view *next; /* in the pool */
    MDB_txn *txn;
    MDB_cursor *cursor; /* over the rows; kept for the next view */
    bool is_scanning;   /* the cursor is in use */
    size_t txn_id;      /* base.revision is the one of this transaction; 0 = none yet */
};

struct lmdb {
    struct store base;
    char *path;
    bool read_only;
    int lock_fd; /* the writer's flock; -1 in readers */
    MDB_env *env;
    MDB_dbi rows, meta, changes;

    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t changed;
    unsigned views; /* open read transactions, the pool not counted */
    bool is_resizing;
    struct lmdb_view *pool;
    unsigned pooled;

    atomic_bool failed;
    uint64_t revision; /* newest; writer only */
    unsigned commits;  /* since readers were checked; writer only */
};

/* For tests: address space that a reader asks for, so that growth finds it prepared. */
extern size_t lmdb_reserve;

/* Our code for LMDB's; logs what an operator must know. MDB_MAP_FULL gives ERR_FULL. */
enum err lmdb_err(const struct lmdb *l, int rc, const char *what);

static inline MDB_val
lmdb_val(struct span s)
{
    return (MDB_val){ s.len, (void *)(uintptr_t)s.ptr };
}

static inline struct span
lmdb_span(MDB_val v)
{
    return span_of(v.mv_data, v.mv_size);
}

void lmdb_put_u64(uint8_t *out, uint64_t v);
uint64_t lmdb_get_u64(const uint8_t *p);
/* A number of the meta database; ERR_FORMAT when it is not there. */
MUST_CHECK enum err lmdb_meta_get(const struct lmdb *l, MDB_txn *txn, const char *name,
                                  uint64_t *out);
/* LMDB's code. */
int lmdb_meta_put(const struct lmdb *l, MDB_txn *txn, const char *name, uint64_t v);

/*
 * Waits at most ms until no view is open, then changes the map: to size, or
 * (0) to what another process has made it. ERR_BUSY when views stay open,
 * ERR_NOMEM when the address space has no room, ERR_IO.
 */
MUST_CHECK enum err lmdb_resize(struct lmdb *l, size_t size, unsigned ms);
/* With the mutex held: waits at most ms while a resize is going on. */
MUST_CHECK enum err lmdb_wait_resized(struct lmdb *l, unsigned ms);
size_t lmdb_map_size(const struct lmdb *l);

enum err lmdb_begin(struct store *s, struct store_view **out);
void lmdb_end(struct store_view *v);
enum err lmdb_get(struct store_view *v, struct span key, struct store_row *out);
enum err lmdb_scan(struct store_view *v, struct span prefix, struct span after, size_t limit,
                   store_row_fn fn, void *arg);
enum err lmdb_watch(struct store_view *v, uint64_t since, size_t limit, store_row_fn fn,
                    void *arg);
/* Ends the transactions of the pool. */
void lmdb_drain(struct lmdb *l);
enum err lmdb_commit(struct store *s, struct store_item *items, size_t nitems);

#endif /* STORE_STORE_LMDB_INT_H */
