/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_lmdb_commit.c - the one writer: a group of writes, one transaction.
 *
 * States of the writer:
 *
 *   ready --begin--> open --apply, trim--> open --commit--> ready
 *     ^                |                                      |
 *     +---- grow <-----+ map full                  panic -> failed (rule 8)
 *     +--------------- any other failure: abort, nothing was written
 *
 * A failed fdatasync is harmless afterwards: it concerns only pages of the
 * aborted transaction, which no meta page names and which are written anew
 * before one does. A failed meta page is not: the library puts the old one
 * back and refuses everything; we cannot know what the disk has, so neither
 * do we guess. The process must end, and the next one opens what is there.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/log.h"
#include "store/store_lmdb_int.h"

enum { CHECK_READERS_EVERY = 256, GROW_WAIT_MS = 1000, TRIM_EXTRA = 64, PROBE = 64 * 1024 };

struct txn {
    struct lmdb *l;
    MDB_txn *txn;
    int rc;         /* last answer of the library */
    uint32_t index; /* of the next change within its revision */
    uint64_t at;    /* revision that index belongs to */
    size_t changes; /* noted in this transaction */
};

/* Whether an EIO was a disk (or quota, or file size limit) that is full: LMDB reports a
 * short write as EIO. What could be written has been taken, so nothing more will fit. */
static bool
is_full(const struct lmdb *l)
{
    struct rlimit limit;
    struct stat st;
    int fd;

    if (mdb_env_get_fd(l->env, &fd) != MDB_SUCCESS || fstat(fd, &st) != 0)
        return false;
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
        (rlim_t)st.st_size + PROBE > limit.rlim_cur)
        return true;
    if (fallocate(fd, FALLOC_FL_KEEP_SIZE, st.st_size, PROBE) == 0)
        return false;
    return errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
}

static enum err
txn_err(struct txn *t, const char *what)
{
    if (t->rc == MDB_PANIC) {
        atomic_store(&t->l->failed, true);
        log_error("store %s: a failed write left its state unknown; it must be reopened",
                  t->l->path);
        return ERR_IO;
    }
    if (t->rc == EIO && is_full(t->l))
        t->rc = ENOSPC;
    return lmdb_err(t->l, t->rc, what);
}

static enum err
row_revision(void *arg, struct span key, uint64_t *out)
{
    struct txn *t = arg;
    MDB_val k = lmdb_val(key), value;

    *out = 0;
    t->rc = mdb_get(t->txn, t->l->rows, &k, &value);
    if (t->rc == MDB_NOTFOUND)
        return ERR_OK;
    if (t->rc != MDB_SUCCESS)
        return txn_err(t, "reading a row");
    if (value.mv_size < LMDB_REVISION_LEN)
        return ERR_FORMAT;
    *out = lmdb_get_u64(value.mv_data);
    return ERR_OK;
}

static enum err
note_change(struct txn *t, struct span key, uint64_t revision)
{
    uint8_t change[LMDB_CHANGE_LEN];
    MDB_val k = { sizeof(change), change }, value = lmdb_val(key);

    t->index = t->at == revision ? t->index + 1 : 0;
    t->at = revision;
    lmdb_put_u64(change, revision);
    for (int i = 0; i < 4; i++)
        change[LMDB_REVISION_LEN + i] = (uint8_t)(t->index >> (24 - 8 * i));
    t->rc = mdb_put(t->txn, t->l->changes, &k, &value, MDB_APPEND);
    t->changes++;
    return txn_err(t, "noting a change");
}

static enum err
row_put(void *arg, struct span key, struct span value, uint64_t revision)
{
    struct txn *t = arg;
    MDB_val k = lmdb_val(key), stored = { .mv_size = LMDB_REVISION_LEN + value.len };

    t->rc = mdb_put(t->txn, t->l->rows, &k, &stored, MDB_RESERVE);
    if (t->rc != MDB_SUCCESS)
        return txn_err(t, "writing a row");
    lmdb_put_u64(stored.mv_data, revision);
    if (value.len > 0)
        memcpy((uint8_t *)stored.mv_data + LMDB_REVISION_LEN, value.ptr, value.len);
    return note_change(t, key, revision);
}

static enum err
row_del(void *arg, struct span key, uint64_t revision)
{
    struct txn *t = arg;
    MDB_val k = lmdb_val(key);

    t->rc = mdb_del(t->txn, t->l->rows, &k, NULL);
    if (t->rc == MDB_NOTFOUND)
        return ERR_OK;
    if (t->rc != MDB_SUCCESS)
        return txn_err(t, "deleting a row");
    return note_change(t, key, revision);
}

/* Deletes the oldest changes: as many as were noted now, and a few more. */
static enum err
trim(struct txn *t)
{
    size_t todo = t->changes + TRIM_EXTRA;
    uint64_t trimmed = 0;
    MDB_cursor *cursor;
    MDB_stat stat;
    MDB_val k, value;

    t->rc = mdb_stat(t->txn, t->l->changes, &stat);
    if (t->rc != MDB_SUCCESS)
        return txn_err(t, "measuring its change log");
    if (stat.ms_entries <= STORE_LOG_MAX)
        return ERR_OK;
    if (todo > stat.ms_entries - STORE_LOG_MAX)
        todo = stat.ms_entries - STORE_LOG_MAX;
    t->rc = mdb_cursor_open(t->txn, t->l->changes, &cursor);
    if (t->rc != MDB_SUCCESS)
        return txn_err(t, "trimming its change log");
    for (; todo > 0 && t->rc == MDB_SUCCESS; todo--) {
        t->rc = mdb_cursor_get(cursor, &k, &value, MDB_FIRST);
        if (t->rc != MDB_SUCCESS)
            break;
        trimmed = k.mv_size == LMDB_CHANGE_LEN ? lmdb_get_u64(k.mv_data) : trimmed;
        t->rc = mdb_cursor_del(cursor, 0);
    }
    mdb_cursor_close(cursor);
    if (t->rc == MDB_SUCCESS)
        t->rc = lmdb_meta_put(t->l, t->txn, "trimmed", trimmed);
    return txn_err(t, "trimming its change log");
}

/* Begins, and makes sure that the state is the one we left. */
static enum err
txn_start(struct txn *t, uint64_t *revision)
{
    enum err e = store_step("begin");

    if (e != ERR_OK)
        return e;
    t->rc = mdb_txn_begin(t->l->env, NULL, 0, &t->txn);
    if (t->rc != MDB_SUCCESS)
        return txn_err(t, "beginning a commit");
    e = lmdb_meta_get(t->l, t->txn, "revision", revision);
    if (e == ERR_OK && *revision != t->l->revision) {
        /* Only a second writer or a manipulated lock file can do that. */
        log_error("store %s: revision %llu was expected, %llu is there; not writing any more",
                  t->l->path, (unsigned long long)t->l->revision,
                  (unsigned long long)*revision);
        atomic_store(&t->l->failed, true);
        e = ERR_IO;
    }
    return e;
}

/* Whether the library has given the environment up (rule 8). */
static bool
is_panic(const struct lmdb *l)
{
    MDB_txn *txn = NULL;
    int rc = mdb_txn_begin(l->env, NULL, MDB_RDONLY, &txn);

    if (rc == MDB_SUCCESS)
        mdb_txn_abort(txn);
    return rc == MDB_PANIC;
}

static enum err
txn_finish(struct txn *t, uint64_t revision)
{
    enum err e = trim(t);

    if (e != ERR_OK)
        return e;
    t->rc = lmdb_meta_put(t->l, t->txn, "revision", revision);
    if (t->rc != MDB_SUCCESS)
        return txn_err(t, "writing its revision");
    e = store_step("before-commit");
    if (e != ERR_OK)
        return e;
    t->rc = mdb_txn_commit(t->txn);
    t->txn = NULL; /* rule 3 */
    if (t->rc != MDB_SUCCESS && is_panic(t->l))
        t->rc = MDB_PANIC;
    if (t->rc != MDB_SUCCESS)
        return txn_err(t, "committing");
    t->l->revision = revision;
    /* It is done; a failure injected here can only be a kill. */
    (void)!store_step("after-commit");
    return ERR_OK;
}

static enum err
attempt(struct lmdb *l, struct store_item *items, size_t nitems, bool *is_map_full)
{
    static const struct store_row_ops ops = { row_revision, row_put, row_del };
    struct txn t = { .l = l };
    uint64_t revision = 0;
    enum err e = txn_start(&t, &revision);

    if (e == ERR_OK)
        e = store_apply(&ops, &t, &revision, items, nitems);
    if (e == ERR_OK && revision != l->revision)
        e = txn_finish(&t, revision);
    if (t.txn != NULL)
        mdb_txn_abort(t.txn);
    *is_map_full = e == ERR_FULL && t.rc == MDB_MAP_FULL;
    return e;
}

static enum err
grow(struct lmdb *l)
{
    size_t size = lmdb_map_size(l);
    enum err e = store_step("grow");
    int dead = 0;

    if (e != ERR_OK)
        return e;
    (void)mdb_reader_check(l->env, &dead);
    if (size >= LMDB_MAP_MAX) {
        log_error("store %s: full at %zu bytes", l->path, size);
        return ERR_FULL;
    }
    size = size > LMDB_MAP_MAX / 2 ? LMDB_MAP_MAX : size * 2;
    e = lmdb_resize(l, size, GROW_WAIT_MS);
    if (e != ERR_OK) {
        log_error("store %s: its map cannot grow to %zu bytes: %s", l->path, size, err_text(e));
        return e == ERR_IO ? ERR_IO : ERR_FULL;
    }
    log_info("store %s: map grown to %zu bytes", l->path, size);
    return ERR_OK;
}

enum err
lmdb_commit(struct store *s, struct store_item *items, size_t nitems)
{
    struct lmdb *l = (struct lmdb *)s;
    bool is_map_full = true;
    enum err e = ERR_OK;
    int dead;

    if (l->read_only)
        return ERR_DENIED;
    if (atomic_load(&l->failed))
        return ERR_IO;
    if (++l->commits >= CHECK_READERS_EVERY) {
        l->commits = 0;
        (void)mdb_reader_check(l->env, &dead);
    }
    while (e == ERR_OK && is_map_full) {
        e = attempt(l, items, nitems, &is_map_full);
        if (is_map_full)
            e = grow(l);
    }
    return e;
}
