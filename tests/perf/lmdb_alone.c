/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lmdb_alone.c - the store's engine without the store: rows of the size that
 * a new version of a secret has, in one commit with the head of the audit log
 * and its lines; and point reads in a snapshot each.
 *
 *   lmdb_alone write DIR SECONDS WRITERS     as many secrets a commit; durable
 *   lmdb_alone read DIR SECONDS SECRETS      fills as many, then reads at random
 */
#include <inttypes.h>
#include <lmdb.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { HEAD_ROW = 110, VERSION_ROW = 420, LINE = 900, WRITERS_MAX = 1024, FILL = 10000 };

struct alone {
    MDB_env *env;
    MDB_dbi rows;
    char bytes[LINE * WRITERS_MAX];
    uint64_t secrets; /* written so far */
};

static double
now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int
put(struct alone *a, MDB_txn *txn, const char *key, size_t len)
{
    MDB_val k = { strlen(key), (void *)(uintptr_t)key }, v = { len, a->bytes };

    return mdb_put(txn, a->rows, &k, &v, 0);
}

#define VAULT "5f2c9c1e-0000-4000-8000-000000000001"

/* The places are spread as names of users are: not in order. */
static uint32_t
name_of(uint64_t n)
{
    return (uint32_t)n * 2654435761u;
}

static void
head_key(char key[static 128], uint64_t n)
{
    (void)snprintf(key, 128, "sn/" VAULT "/S-%08X", name_of(n));
}

/* Versions lie in the order of time (docs/formats/rows.md). */
static void
version_key(char key[static 128], uint64_t n)
{
    (void)snprintf(key, 128, "sv/" VAULT "/%012" PRIx64 "7abc89abcdef01234567/S-%08X", n,
                   name_of(n));
}

static int
put_secret(struct alone *a, MDB_txn *txn)
{
    char key[128];
    int rc;

    head_key(key, a->secrets);
    rc = put(a, txn, key, HEAD_ROW);
    version_key(key, a->secrets++);
    return rc == 0 ? put(a, txn, key, VERSION_ROW) : rc;
}

static int
commit(struct alone *a, unsigned writers)
{
    MDB_txn *txn;
    int rc = mdb_txn_begin(a->env, NULL, 0, &txn);

    if (rc != 0)
        return rc;
    for (unsigned i = 0; rc == 0 && i < writers; i++)
        rc = put_secret(a, txn);
    if (rc == 0)
        rc = put(a, txn, "a/head", 64);
    if (rc == 0)
        rc = put(a, txn, "a/pending", (size_t)LINE * (writers < WRITERS_MAX ? writers : 1));
    if (rc == 0)
        return mdb_txn_commit(txn);
    mdb_txn_abort(txn);
    return rc;
}

static int
read_one(struct alone *a, uint64_t n)
{
    char key[128];
    MDB_val k = { 0, key }, v;
    MDB_txn *txn;
    int rc = mdb_txn_begin(a->env, NULL, MDB_RDONLY, &txn);

    if (rc != 0)
        return rc;
    head_key(key, n);
    k.mv_size = strlen(key);
    rc = mdb_get(txn, a->rows, &k, &v);
    version_key(key, n);
    k.mv_size = strlen(key);
    if (rc == 0)
        rc = mdb_get(txn, a->rows, &k, &v);
    mdb_txn_abort(txn);
    return rc;
}

static int
run_write(struct alone *a, double seconds, unsigned writers, uint64_t *done)
{
    double end = now() + seconds;
    int rc = 0;

    for (; rc == 0 && now() < end; *done += writers)
        rc = commit(a, writers);
    return rc;
}

static int
run_read(struct alone *a, double seconds, unsigned secrets, uint64_t *done)
{
    uint64_t state = 88172645463325252u;
    double end = now() + seconds;
    int rc = 0;

    for (; rc == 0 && now() < end; (*done)++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        rc = read_one(a, state % secrets);
    }
    return rc;
}

static int
open_env(struct alone *a, const char *dir, unsigned flags)
{
    MDB_txn *txn;
    int rc = mdb_env_create(&a->env);

    if (rc == 0)
        rc = mdb_env_set_mapsize(a->env, (size_t)64 << 30);
    if (rc == 0)
        rc = mdb_env_open(a->env, dir, flags, 0600);
    if (rc == 0)
        rc = mdb_txn_begin(a->env, NULL, 0, &txn);
    if (rc != 0)
        return rc;
    rc = mdb_dbi_open(txn, NULL, 0, &a->rows);
    return rc == 0 ? mdb_txn_commit(txn) : rc;
}

static void
tidy(const char *dir)
{
    char path[4096];

    (void)snprintf(path, sizeof(path), "%s/data.mdb", dir);
    (void)unlink(path);
    (void)snprintf(path, sizeof(path), "%s/lock.mdb", dir);
    (void)unlink(path);
}

int
main(int argc, char **argv)
{
    struct alone *a = calloc(1, sizeof(*a));
    unsigned n = argc == 5 ? (unsigned)strtoul(argv[4], NULL, 10) : 0;
    bool reads = argc == 5 && strncmp(argv[1], "read", 5) == 0;
    uint64_t done = 0;
    double begun;
    int rc;

    if (a == NULL || n == 0 || (!reads && n > WRITERS_MAX)) {
        fputs("usage: lmdb_alone write|read DIR SECONDS WRITERS|SECRETS\n", stderr);
        free(a);
        return 64;
    }
    rc = open_env(a, argv[2], reads ? MDB_NOSYNC : 0);
    while (rc == 0 && reads && a->secrets < n)
        rc = commit(a, n - a->secrets < FILL ? (unsigned)(n - a->secrets) : FILL);
    begun = now();
    if (rc == 0)
        rc = reads ? run_read(a, strtod(argv[3], NULL), n, &done)
                   : run_write(a, strtod(argv[3], NULL), n, &done);
    if (rc == 0)
        printf("{\"requests\":%llu,\"seconds\":%.6f,\"rate\":%.2f}\n", (unsigned long long)done,
               now() - begun, (double)done / (now() - begun));
    else
        fprintf(stderr, "lmdb_alone: %s\n", mdb_strerror(rc));
    mdb_env_close(a->env);
    tidy(argv[2]);
    free(a);
    return rc == 0 ? 0 : 1;
}
