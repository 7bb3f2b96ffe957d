/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_int.h - what engines share; inside store/ (and its own tests) only.
 *
 * An engine is a row of store_ops. Its struct begins with a struct store, its
 * view with a struct store_view. The rules of a commit (preconditions, order,
 * revisions) are written once, in store_apply(); an engine gives it the three
 * things that it does to rows.
 */
#ifndef STORE_STORE_INT_H
#define STORE_STORE_INT_H

#include "store/store.h"

enum { STORE_LOG_MAX = 100000 }; /* changes that store_watch remembers */

struct store_ops {
    const char *name; /* as written in the configuration file */
    enum err (*open)(const struct store_config *cfg, struct store **out);
    void (*close)(struct store *s);
    enum err (*begin)(struct store *s, struct store_view **out);
    void (*end)(struct store_view *v);
    enum err (*get)(struct store_view *v, struct span key, struct store_row *out);
    enum err (*scan)(struct store_view *v, struct span prefix, struct span after, size_t limit,
                     store_row_fn fn, void *arg);
    enum err (*watch)(struct store_view *v, uint64_t since, size_t limit, store_row_fn fn,
                      void *arg);
    /* Items whose result is not ERR_OK (or ERR_CONFLICT, of an earlier attempt) are skipped. */
    enum err (*commit)(struct store *s, struct store_item *items, size_t nitems);
};

extern const struct store_ops store_lmdb;
extern const struct store_ops store_mem;

struct store {
    const struct store_ops *ops;
};

struct store_view {
    struct store *store;
    uint64_t revision;
};

enum store_entry_kind { STORE_EXPECT = 1, STORE_PUT = 2, STORE_DELETE = 3 };

struct store_entry {
    enum store_entry_kind kind;
    struct span key;
    struct span value;
    uint64_t revision;
};

/* The next entry of packed bytes, cut off their head; they must have passed store_packed_check.
 */
struct store_entry store_entry_take(struct span *packed);
/* ERR_OK, ERR_FORMAT, ERR_TOO_LARGE. */
MUST_CHECK enum err store_packed_check(struct span packed);

/* What store_apply does to the rows of a transaction that an engine has open. */
struct store_row_ops {
    /* Revision of the row; 0 when there is none. */
    enum err (*revision)(void *txn, struct span key, uint64_t *out);
    /* Writes the row and notes the change. */
    enum err (*put)(void *txn, struct span key, struct span value, uint64_t revision);
    /* Deletes the row and notes the change, if there is one. */
    enum err (*del)(void *txn, struct span key, uint64_t revision);
};

/*
 * Applies the items; *revision goes from the last given out to the new last.
 * Sets results and revisions. A failure of ops or of an injected step ends it.
 */
MUST_CHECK enum err store_apply(const struct store_row_ops *ops, void *txn, uint64_t *revision,
                                struct store_item *items, size_t nitems);

/* The injected answer before a step of a commit (store_fault). */
MUST_CHECK enum err store_step(const char *step);

#endif /* STORE_STORE_INT_H */
