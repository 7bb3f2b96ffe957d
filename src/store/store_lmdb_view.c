/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_lmdb_view.c - views: pooled read transactions, reset and renewed.
 *
 * A pooled transaction keeps its reader slot, so beginning a view takes no
 * lock of the library and no memory. After opening, reading needs no system
 * call but futex (and mmap, munmap where the map has to follow the file).
 */
#include "base/limits.h"
#include "base/log.h"
#include "store/store_lmdb_int.h"

enum { WAIT_MS = 250 };

static void
view_free(struct lmdb_view *v)
{
    if (v == NULL)
        return;
    if (v->cursor != NULL)
        mdb_cursor_close(v->cursor);
    if (v->txn != NULL)
        mdb_txn_abort(v->txn);
    free(v);
}

void
lmdb_drain(struct lmdb *l)
{
    while (l->pool != NULL) {
        struct lmdb_view *v = l->pool;

        l->pool = v->next;
        view_free(v);
    }
    l->pooled = 0;
}

/* Counts a view in and takes one from the pool, if there is one. */
static enum err
check_in(struct lmdb *l, struct lmdb_view **out)
{
    enum err e;

    pthread_mutex_lock(&l->mutex);
    e = lmdb_wait_resized(l, WAIT_MS);
    if (e == ERR_OK) {
        l->views++;
        *out = l->pool;
        if (l->pool != NULL) {
            l->pool = l->pool->next;
            l->pooled--;
        }
    }
    pthread_mutex_unlock(&l->mutex);
    return e;
}

/* Counts it out and keeps it for the next; its transaction is reset. */
static void
check_out(struct lmdb *l, struct lmdb_view *v)
{
    pthread_mutex_lock(&l->mutex);
    l->views--;
    if (v->txn != NULL && l->pooled < LMDB_POOL) {
        v->next = l->pool;
        l->pool = v;
        l->pooled++;
        v = NULL;
    }
    if (l->is_resizing)
        pthread_cond_broadcast(&l->changed);
    pthread_mutex_unlock(&l->mutex);
    view_free(v);
}

/* LMDB's code. */
static int
txn_start(struct lmdb *l, struct lmdb_view *v)
{
    if (v->txn != NULL)
        return mdb_txn_renew(v->txn);
    return mdb_txn_begin(l->env, NULL, MDB_RDONLY, &v->txn);
}

/* The same state has the same revision: an unchanged store costs no look-up. */
static enum err
view_revision(struct lmdb *l, struct lmdb_view *v)
{
    size_t id = mdb_txn_id(v->txn);
    enum err e;

    if (id == v->txn_id)
        return ERR_OK;
    e = lmdb_meta_get(l, v->txn, "revision", &v->base.revision);
    v->txn_id = e == ERR_OK ? id : 0;
    return e;
}

static enum err
try_begin(struct lmdb *l, struct lmdb_view **out, bool *is_resized)
{
    struct lmdb_view *v;
    enum err e = check_in(l, &v);
    int rc;

    *is_resized = false;
    if (e != ERR_OK)
        return e;
    if (v == NULL)
        v = calloc(1, sizeof(*v));
    if (v == NULL) {
        pthread_mutex_lock(&l->mutex);
        l->views--;
        pthread_mutex_unlock(&l->mutex);
        return ERR_NOMEM;
    }
    v->base.store = &l->base;
    rc = atomic_load_explicit(&l->failed, memory_order_relaxed) ? MDB_PANIC : txn_start(l, v);
    if (rc != MDB_SUCCESS) {
        *is_resized = rc == MDB_MAP_RESIZED;
        check_out(l, v);
        return *is_resized ? ERR_BUSY : lmdb_err(l, rc, "beginning a view");
    }
    e = view_revision(l, v);
    if (e != ERR_OK) {
        lmdb_end(&v->base);
        return e;
    }
    *out = v;
    return ERR_OK;
}

enum err
lmdb_begin(struct store *s, struct store_view **out)
{
    struct lmdb *l = (struct lmdb *)s;
    struct lmdb_view *v = NULL;
    bool is_resized;
    enum err e = try_begin(l, &v, &is_resized);

    /* A writer may be growing the map as fast as we follow. */
    for (int i = 0; is_resized && i < 8; i++) {
        e = lmdb_resize(l, 0, WAIT_MS);
        if (e != ERR_OK)
            return e;
        e = try_begin(l, &v, &is_resized);
    }
    if (e == ERR_OK)
        *out = &v->base;
    return e;
}

void
lmdb_end(struct store_view *base)
{
    struct lmdb_view *v = (struct lmdb_view *)base;

    bug_on(v->is_scanning);
    mdb_txn_reset(v->txn);
    check_out((struct lmdb *)base->store, v);
}

static enum err
row_of(const struct lmdb *l, struct span key, MDB_val stored, struct store_row *out)
{
    struct span bytes = lmdb_span(stored);

    if (bytes.len >= LMDB_REVISION_LEN)
        *out = (struct store_row){ .key = key,
                                   .value = span_tail(bytes, LMDB_REVISION_LEN),
                                   .revision = lmdb_get_u64(bytes.ptr) };
    if (out->revision == 0) {
        log_error("store %s: a row has no revision", l->path);
        return ERR_FORMAT;
    }
    return ERR_OK;
}

enum err
lmdb_get(struct store_view *base, struct span key, struct store_row *out)
{
    const struct lmdb *l = (const struct lmdb *)base->store;
    MDB_val k = lmdb_val(key), value;
    int rc = mdb_get(((struct lmdb_view *)base)->txn, l->rows, &k, &value);

    if (rc != MDB_SUCCESS)
        return lmdb_err(l, rc, "reading a row");
    return row_of(l, key, value, out);
}

/* LMDB's code. The view's own cursor, or a new one for a scan inside a scan. */
static int
cursor_take(const struct lmdb *l, struct lmdb_view *v, MDB_cursor **out)
{
    int rc;

    if (v->is_scanning)
        return mdb_cursor_open(v->txn, l->rows, out);
    if (v->cursor != NULL)
        rc = mdb_cursor_renew(v->txn, v->cursor);
    else
        rc = mdb_cursor_open(v->txn, l->rows, &v->cursor);
    v->is_scanning = rc == MDB_SUCCESS;
    *out = v->cursor;
    return rc;
}

static void
cursor_give(struct lmdb_view *v, MDB_cursor *cursor)
{
    if (cursor == v->cursor)
        v->is_scanning = false;
    else
        mdb_cursor_close(cursor);
}

/* LMDB's code. Moves to the first key that is not below `key`. */
static int
seek(MDB_cursor *cursor, struct span key, MDB_val *k, MDB_val *value)
{
    if (span_is_empty(key))
        return mdb_cursor_get(cursor, k, value, MDB_FIRST);
    *k = lmdb_val(key);
    return mdb_cursor_get(cursor, k, value, MDB_SET_RANGE);
}

static enum err
scan_from(const struct lmdb *l, MDB_cursor *cursor, struct span prefix, struct span after,
          size_t limit, store_row_fn fn, void *arg)
{
    /* No key is longer than the limit, nor does the library look for one. */
    struct span start =
        span_head(span_compare(after, prefix) > 0 ? after : prefix, MAX_STORE_KEY);
    MDB_val k, value;
    int rc = seek(cursor, start, &k, &value);

    for (; rc == MDB_SUCCESS && limit > 0; rc = mdb_cursor_get(cursor, &k, &value, MDB_NEXT)) {
        struct store_row row = { 0 };
        enum err e;

        if (!span_is_empty(after) && span_compare(lmdb_span(k), after) <= 0)
            continue;
        if (!span_has_prefix(lmdb_span(k), prefix))
            return ERR_OK;
        e = row_of(l, lmdb_span(k), value, &row);
        if (e != ERR_OK)
            return e;
        if (!fn(arg, &row))
            return ERR_OK;
        limit--;
    }
    return rc == MDB_NOTFOUND ? ERR_OK : lmdb_err(l, rc, "scanning");
}

enum err
lmdb_scan(struct store_view *base, struct span prefix, struct span after, size_t limit,
          store_row_fn fn, void *arg)
{
    const struct lmdb *l = (const struct lmdb *)base->store;
    struct lmdb_view *v = (struct lmdb_view *)base;
    MDB_cursor *cursor;
    int rc = cursor_take(l, v, &cursor);
    enum err e;

    if (rc != MDB_SUCCESS)
        return lmdb_err(l, rc, "scanning");
    e = scan_from(l, cursor, prefix, after, limit, fn, arg);
    cursor_give(v, cursor);
    return e;
}

static enum err
watch_from(const struct lmdb *l, MDB_cursor *cursor, uint64_t since, size_t limit,
           store_row_fn fn, void *arg)
{
    uint8_t start[LMDB_REVISION_LEN];
    MDB_val k, value;
    int rc;

    lmdb_put_u64(start, since + 1);
    rc = seek(cursor, span_of(start, sizeof(start)), &k, &value);
    for (; rc == MDB_SUCCESS && limit > 0; limit--) {
        struct store_row row = { .key = lmdb_span(value) };

        if (k.mv_size != LMDB_CHANGE_LEN) {
            log_error("store %s: its change log is damaged", l->path);
            return ERR_FORMAT;
        }
        row.revision = lmdb_get_u64(k.mv_data);
        if (!fn(arg, &row))
            return ERR_OK;
        rc = mdb_cursor_get(cursor, &k, &value, MDB_NEXT);
    }
    return rc == MDB_NOTFOUND ? ERR_OK : lmdb_err(l, rc, "reading its change log");
}

enum err
lmdb_watch(struct store_view *base, uint64_t since, size_t limit, store_row_fn fn, void *arg)
{
    const struct lmdb *l = (const struct lmdb *)base->store;
    MDB_txn *txn = ((struct lmdb_view *)base)->txn;
    MDB_cursor *cursor;
    uint64_t trimmed;
    enum err e = lmdb_meta_get(l, txn, "trimmed", &trimmed);
    int rc;

    if (e != ERR_OK)
        return e;
    if (since < trimmed)
        return ERR_ROLLBACK;
    rc = mdb_cursor_open(txn, l->changes, &cursor);
    if (rc != MDB_SUCCESS)
        return lmdb_err(l, rc, "reading its change log");
    e = watch_from(l, cursor, since, limit, fn, arg);
    mdb_cursor_close(cursor);
    return e;
}
