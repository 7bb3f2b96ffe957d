/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rows.c - somebody with a disk editor: rows of a stopped server's store, as they
 * lie there, moved about without a key. For tests (py/test_damage.py).
 *
 * Usage: blackbox_rows STORE_DIR list PREFIX      the keys, one a line
 *                                swap KEY KEY     each gets the other's value
 *                                copy FROM TO     TO gets FROM's value, new or not
 *                                get KEY          its value as hex
 *                                put KEY HEX
 *                                drop KEY
 */
#include <errno.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/span.h"

enum { HEX_MAX = 1 << 20 };

struct editor {
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi rows;
};

static MDB_val
key_of(const char *text)
{
    return (MDB_val){ strlen(text), (void *)(uintptr_t)text };
}

/* A copy: what LMDB hands out moves when something is written. */
static int
get(struct editor *ed, const char *key, MDB_val *copy)
{
    MDB_val k = key_of(key), v;
    int rc = mdb_get(ed->txn, ed->rows, &k, &v);

    *copy = (MDB_val){ 0, NULL };
    if (rc != 0)
        return rc;
    copy->mv_data = malloc(v.mv_size);
    if (copy->mv_data == NULL)
        return ENOMEM;
    copy->mv_size = v.mv_size;
    memcpy(copy->mv_data, v.mv_data, v.mv_size);
    return 0;
}

static int
put(struct editor *ed, const char *key, MDB_val v)
{
    MDB_val k = key_of(key);

    return mdb_put(ed->txn, ed->rows, &k, &v, 0);
}

static int
swap(struct editor *ed, const char *a, const char *b)
{
    MDB_val va, vb = { 0, NULL };
    int rc = get(ed, a, &va);

    if (rc == 0)
        rc = get(ed, b, &vb);
    if (rc == 0)
        rc = put(ed, a, vb);
    if (rc == 0)
        rc = put(ed, b, va);
    free(va.mv_data);
    free(vb.mv_data);
    return rc;
}

static int
copy(struct editor *ed, const char *from, const char *to)
{
    MDB_val v;
    int rc = get(ed, from, &v);

    if (rc == 0)
        rc = put(ed, to, v);
    free(v.mv_data);
    return rc;
}

static int
list(struct editor *ed, const char *prefix)
{
    struct span want = span_str(prefix);
    MDB_cursor *cursor;
    MDB_val k, v;
    int rc = mdb_cursor_open(ed->txn, ed->rows, &cursor);

    if (rc != 0)
        return rc;
    rc = mdb_cursor_get(cursor, &k, &v, MDB_FIRST);
    for (; rc == 0; rc = mdb_cursor_get(cursor, &k, &v, MDB_NEXT))
        if (span_has_prefix(span_of(k.mv_data, k.mv_size), want))
            printf("%.*s\n", (int)k.mv_size, (const char *)k.mv_data);
    mdb_cursor_close(cursor);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

static int
print(struct editor *ed, const char *key)
{
    MDB_val v;
    int rc = get(ed, key, &v);

    for (size_t i = 0; rc == 0 && i < v.mv_size; i++)
        printf("%02x", ((const uint8_t *)v.mv_data)[i]);
    free(v.mv_data);
    return rc;
}

static unsigned
digit(char c)
{
    return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static int
put_hex(struct editor *ed, const char *key, const char *hex)
{
    size_t n = strlen(hex) / 2;
    uint8_t *bytes;
    int rc;

    if (n == 0 || n > HEX_MAX || (bytes = malloc(n)) == NULL)
        return EINVAL;
    for (size_t i = 0; i < n; i++)
        bytes[i] = (uint8_t)(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
    rc = put(ed, key, (MDB_val){ n, bytes });
    free(bytes);
    return rc;
}

static int
drop(struct editor *ed, const char *key)
{
    MDB_val k = key_of(key);

    return mdb_del(ed->txn, ed->rows, &k, NULL);
}

static int
act(struct editor *ed, int argc, char **argv)
{
    struct span what = span_str(argv[2]);

    if (argc == 4 && span_is_str(what, "list"))
        return list(ed, argv[3]);
    if (argc == 4 && span_is_str(what, "get"))
        return print(ed, argv[3]);
    if (argc == 4 && span_is_str(what, "drop"))
        return drop(ed, argv[3]);
    if (argc == 5 && span_is_str(what, "swap"))
        return swap(ed, argv[3], argv[4]);
    if (argc == 5 && span_is_str(what, "copy"))
        return copy(ed, argv[3], argv[4]);
    if (argc == 5 && span_is_str(what, "put"))
        return put_hex(ed, argv[3], argv[4]);
    return EINVAL;
}

int
main(int argc, char **argv)
{
    struct editor ed = { .env = NULL };
    int rc;

    if (argc < 4)
        return 64;
    rc = mdb_env_create(&ed.env);
    if (rc == 0)
        rc = mdb_env_set_maxdbs(ed.env, 3);
    if (rc == 0)
        rc = mdb_env_open(ed.env, argv[1], 0, 0600);
    if (rc == 0)
        rc = mdb_txn_begin(ed.env, NULL, 0, &ed.txn);
    if (rc == 0)
        rc = mdb_dbi_open(ed.txn, "rows", 0, &ed.rows);
    if (rc == 0)
        rc = act(&ed, argc, argv);
    if (rc == 0) {
        rc = mdb_txn_commit(ed.txn);
        ed.txn = NULL;
    }
    if (ed.txn != NULL)
        mdb_txn_abort(ed.txn);
    mdb_env_close(ed.env);
    if (rc != 0)
        fprintf(stderr, "blackbox_rows: %s\n", mdb_strerror(rc));
    return rc == 0 ? 0 : 1;
}
