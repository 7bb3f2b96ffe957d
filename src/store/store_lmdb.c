/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_lmdb.c - opening and closing, the format, and the size of the map.
 * The library's rules stand in store_lmdb_int.h, the layout in docs/formats/store.md.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "store/store_lmdb_int.h"

size_t lmdb_reserve = LMDB_MAP_MAX;

void
lmdb_put_u64(uint8_t *out, uint64_t v)
{
    for (int i = 0; i < 8; i++)
        out[i] = (uint8_t)(v >> (56 - 8 * i));
}

uint64_t
lmdb_get_u64(const uint8_t *p)
{
    uint64_t v = 0;

    for (int i = 0; i < 8; i++)
        v = v << 8 | p[i];
    return v;
}

enum err
lmdb_err(const struct lmdb *l, int rc, const char *what)
{
    switch (rc) {
    case MDB_SUCCESS:
        return ERR_OK;
    case MDB_NOTFOUND:
        return ERR_NOT_FOUND;
    case MDB_READERS_FULL:
        return ERR_BUSY;
    case MDB_MAP_FULL: /* the caller makes room, or logs that there is none */
        return ERR_FULL;
    case ENOMEM:
        return ERR_NOMEM;
    default:
        break;
    }
    log_error("store %s: %s: %s", l->path, what, mdb_strerror(rc));
    switch (rc) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case MDB_TXN_FULL:
        return ERR_FULL;
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
    case MDB_INCOMPATIBLE:
        return ERR_FORMAT;
    default:
        return ERR_IO;
    }
}

enum err
lmdb_meta_get(const struct lmdb *l, MDB_txn *txn, const char *name, uint64_t *out)
{
    MDB_val key = lmdb_val(span_str(name)), value;
    int rc = mdb_get(txn, l->meta, &key, &value);

    *out = 0;
    if (rc != MDB_SUCCESS && rc != MDB_NOTFOUND)
        return lmdb_err(l, rc, "reading its head");
    if (rc == MDB_NOTFOUND || value.mv_size != 8) {
        log_error("store %s: no valid \"%s\" in its head; this is no store of ours, or damaged",
                  l->path, name);
        return ERR_FORMAT;
    }
    *out = lmdb_get_u64(value.mv_data);
    return ERR_OK;
}

int
lmdb_meta_put(const struct lmdb *l, MDB_txn *txn, const char *name, uint64_t v)
{
    uint8_t bytes[8];
    MDB_val key = lmdb_val(span_str(name)), value = { sizeof(bytes), bytes };

    lmdb_put_u64(bytes, v);
    return mdb_put(txn, l->meta, &key, &value, 0);
}

size_t
lmdb_map_size(const struct lmdb *l)
{
    MDB_envinfo now;

    if (mdb_env_info(l->env, &now) != MDB_SUCCESS)
        return 0;
    return now.me_mapsize;
}

static struct timespec
in_ms(unsigned ms)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_nsec += (long)(ms % 1000) * 1000000;
    t.tv_sec += ms / 1000 + t.tv_nsec / 1000000000;
    t.tv_nsec %= 1000000000;
    return t;
}

/* Waits for the next change, with the mutex held; false when the time has come. */
static bool
wait_change(struct lmdb *l, const struct timespec *until)
{
    return pthread_cond_clockwait(&l->changed, &l->mutex, CLOCK_MONOTONIC, until) != ETIMEDOUT;
}

enum err
lmdb_wait_resized(struct lmdb *l, unsigned ms)
{
    struct timespec until;
    bool in_time = true;

    if (!l->is_resizing)
        return ERR_OK;
    until = in_ms(ms);
    while (l->is_resizing && in_time)
        in_time = wait_change(l, &until);
    return l->is_resizing ? ERR_BUSY : ERR_OK;
}

/* Whether the address space has room for another map of that size. */
static bool
has_room(size_t size)
{
    void *p = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (p == MAP_FAILED)
        return false;
    munmap(p, size);
    return true;
}

static enum err
set_map_size(struct lmdb *l, size_t size)
{
    int rc;

    /* For 0 the size is not known before; twice ours is what a writer makes of it. */
    if (!has_room(size != 0 ? size : lmdb_map_size(l) * 2)) {
        log_error("store %s: no address space for a larger map", l->path);
        return ERR_NOMEM;
    }
    rc = mdb_env_set_mapsize(l->env, size);
    if (rc != MDB_SUCCESS) {
        atomic_store(&l->failed, true); /* rule 5: there may be no map any more */
        (void)lmdb_err(l, rc, "changing the size of its map");
        return ERR_IO;
    }
    return ERR_OK;
}

enum err
lmdb_resize(struct lmdb *l, size_t size, unsigned ms)
{
    struct timespec until = in_ms(ms);
    bool in_time = true;
    enum err e;

    pthread_mutex_lock(&l->mutex);
    e = lmdb_wait_resized(l, ms);
    if (e == ERR_OK) {
        /* New views wait from now on; those that are open drain. */
        l->is_resizing = true;
        while (l->views > 0 && in_time)
            in_time = wait_change(l, &until);
        e = l->views > 0 ? ERR_BUSY : set_map_size(l, size);
        l->is_resizing = false;
        pthread_cond_broadcast(&l->changed);
    }
    pthread_mutex_unlock(&l->mutex);
    return e;
}

/* Makes the name of a new file or directory in `path` durable. */
static enum err
sync_dir(const struct lmdb *l, const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;

    if (fd < 0)
        return lmdb_err(l, errno, "opening its directory");
    rc = fsync(fd) == 0 ? 0 : errno;
    close(fd);
    return lmdb_err(l, rc, "syncing its directory");
}

/* Path of a file beside the data; freed by the caller. */
static char *
path_of(const struct lmdb *l, const char *name)
{
    char *out = NULL;

    return asprintf(&out, "%s/%s", l->path, name) < 0 ? NULL : out;
}

/* The directory, and the proof that no other process writes here. */
static enum err
claim(struct lmdb *l)
{
    char *name = path_of(l, "writer.lock");
    enum err e = ERR_OK;

    if (name == NULL)
        return ERR_NOMEM;
    if (mkdir(l->path, 0700) != 0 && errno != EEXIST)
        e = lmdb_err(l, errno, "making its directory");
    if (e == ERR_OK) {
        l->lock_fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (l->lock_fd < 0)
            e = lmdb_err(l, errno, "opening writer.lock");
        else if (flock(l->lock_fd, LOCK_EX | LOCK_NB) != 0) {
            log_error("store %s: another process is writing it", l->path);
            e = ERR_BUSY;
        }
    }
    free(name);
    return e;
}

static enum err
check_format(const struct lmdb *l, MDB_txn *txn)
{
    uint64_t format;
    enum err e = lmdb_meta_get(l, txn, "format", &format);

    if (e == ERR_OK && format != STORE_FORMAT) {
        log_error("store %s: its format is %llu, this program knows %d: %s", l->path,
                  (unsigned long long)format, STORE_FORMAT,
                  format > STORE_FORMAT ? "it was written by a newer release"
                                        : "it was written before the first release");
        e = ERR_FORMAT;
    }
    return e;
}

/* LMDB's code; MDB_NOTFOUND when a database is missing. */
static int
open_databases(struct lmdb *l, MDB_txn *txn, unsigned flags)
{
    int rc = mdb_dbi_open(txn, "meta", flags, &l->meta);

    if (rc == MDB_SUCCESS)
        rc = mdb_dbi_open(txn, "rows", flags, &l->rows);
    if (rc == MDB_SUCCESS)
        rc = mdb_dbi_open(txn, "changes", flags, &l->changes);
    return rc;
}

/* What to make of a file without our databases: empty is new, anything else is foreign. */
static enum err
create_databases(struct lmdb *l, MDB_txn *txn)
{
    MDB_stat stat;
    MDB_dbi all;
    int rc = mdb_dbi_open(txn, NULL, 0, &all);

    if (rc == MDB_SUCCESS)
        rc = mdb_stat(txn, all, &stat);
    if (rc != MDB_SUCCESS)
        return lmdb_err(l, rc, "looking into it");
    if (stat.ms_entries != 0) {
        log_error("store %s: this LMDB file is not ours", l->path);
        return ERR_FORMAT;
    }
    if (l->read_only)
        return ERR_NOT_FOUND;
    rc = open_databases(l, txn, MDB_CREATE);
    if (rc == MDB_SUCCESS)
        rc = lmdb_meta_put(l, txn, "format", STORE_FORMAT);
    if (rc == MDB_SUCCESS)
        rc = lmdb_meta_put(l, txn, "revision", 0);
    if (rc == MDB_SUCCESS)
        rc = lmdb_meta_put(l, txn, "trimmed", 0);
    return lmdb_err(l, rc, "making it");
}

static enum err
open_format(struct lmdb *l)
{
    MDB_txn *txn = NULL;
    enum err e;
    int rc;

    rc = mdb_txn_begin(l->env, NULL, l->read_only ? MDB_RDONLY : 0, &txn);
    if (rc != MDB_SUCCESS)
        return lmdb_err(l, rc, "reading it");
    rc = open_databases(l, txn, 0);
    if (rc == MDB_NOTFOUND)
        e = create_databases(l, txn);
    else
        e = lmdb_err(l, rc, "opening its databases");
    if (e == ERR_OK)
        e = check_format(l, txn);
    if (e == ERR_OK)
        e = lmdb_meta_get(l, txn, "revision", &l->revision);
    if (e != ERR_OK) {
        mdb_txn_abort(txn);
        return e;
    }
    rc = mdb_txn_commit(txn);
    return lmdb_err(l, rc, "opening it");
}

static int
open_env(struct lmdb *l, const struct store_config *cfg, size_t reserve)
{
    unsigned flags =
        MDB_NOTLS | (l->read_only ? MDB_RDONLY : 0u) | (cfg->no_sync ? MDB_NOSYNC : 0u);
    int rc = mdb_env_create(&l->env);

    if (rc == MDB_SUCCESS)
        rc = mdb_env_set_maxdbs(l->env, 3);
    if (rc == MDB_SUCCESS)
        rc = mdb_env_set_maxreaders(l->env, LMDB_READERS);
    if (rc == MDB_SUCCESS && reserve > 0)
        rc = mdb_env_set_mapsize(l->env, reserve);
    if (rc == MDB_SUCCESS)
        rc = mdb_env_open(l->env, l->path, flags, 0600);
    if (rc != MDB_SUCCESS) {
        mdb_env_close(l->env);
        l->env = NULL;
    }
    return rc;
}

static enum err
open_reader(struct lmdb *l, const struct store_config *cfg)
{
    int rc = open_env(l, cfg, lmdb_reserve);

    /* No address space for that (EINVAL: valgrind's): follow the file as it grows. */
    if (rc == ENOMEM || rc == EINVAL)
        rc = open_env(l, cfg, 0);
    if (rc == ENOENT)
        return ERR_NOT_FOUND;
    return lmdb_err(l, rc, "opening it read-only");
}

static enum err
open_writer(struct lmdb *l, const struct store_config *cfg)
{
    size_t size = cfg->map_size == 0 ? LMDB_MAP_DEFAULT : cfg->map_size;
    enum err e = claim(l);
    int rc, dead;

    if (e != ERR_OK)
        return e;
    rc = open_env(l, cfg, 0);
    if (rc == MDB_SUCCESS && lmdb_map_size(l) < size)
        rc = mdb_env_set_mapsize(l->env, size < LMDB_MAP_MAX ? size : LMDB_MAP_MAX);
    if (rc == MDB_SUCCESS)
        rc = mdb_reader_check(l->env, &dead);
    /* What a killed writer left visible must be durable before anything builds on it. */
    if (rc == MDB_SUCCESS && !cfg->no_sync)
        rc = mdb_env_sync(l->env, 1);
    return lmdb_err(l, rc, "opening it");
}

static void
lmdb_close(struct store *s)
{
    struct lmdb *l = (struct lmdb *)s;

    bug_on(l->views != 0);
    lmdb_drain(l);
    if (l->env != NULL)
        mdb_env_close(l->env);
    if (l->lock_fd >= 0)
        close(l->lock_fd);
    pthread_cond_destroy(&l->changed);
    pthread_mutex_destroy(&l->mutex);
    free(l->path);
    free(l);
}

static enum err
sync_names(const struct lmdb *l)
{
    char *parent = path_of(l, "..");
    enum err e = parent == NULL ? ERR_NOMEM : sync_dir(l, l->path);

    if (e == ERR_OK)
        e = sync_dir(l, parent);
    free(parent);
    return e;
}

static enum err
lmdb_open(const struct store_config *cfg, struct store **out)
{
    struct lmdb *l;
    enum err e;

    if (cfg->path == NULL)
        return ERR_ARG;
    l = calloc(1, sizeof(*l));
    if (l == NULL)
        return ERR_NOMEM;
    l->base.ops = &store_lmdb;
    l->read_only = cfg->read_only;
    l->lock_fd = -1;
    l->path = strdup(cfg->path);
    pthread_mutex_init(&l->mutex, NULL);
    pthread_cond_init(&l->changed, NULL);

    e = l->path == NULL ? ERR_NOMEM : l->read_only ? open_reader(l, cfg) : open_writer(l, cfg);
    if (e == ERR_OK)
        e = open_format(l);
    if (e == ERR_OK && !l->read_only && l->revision == 0 && !cfg->no_sync)
        e = sync_names(l);
    if (e != ERR_OK) {
        lmdb_close(&l->base);
        return e;
    }
    *out = &l->base;
    return ERR_OK;
}

const struct store_ops store_lmdb = {
    .name = "lmdb",
    .open = lmdb_open,
    .close = lmdb_close,
    .begin = lmdb_begin,
    .end = lmdb_end,
    .get = lmdb_get,
    .scan = lmdb_scan,
    .watch = lmdb_watch,
    .commit = lmdb_commit,
};
