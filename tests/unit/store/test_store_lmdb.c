/* SPDX-License-Identifier: Apache-2.0 */
/* test_store_lmdb.c - what concerns the files: formats, growing, a library that gives up. */
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"
#include "store/store_lmdb_int.h"

enum { SMALL_MAP = 1024 * 1024 };

static struct fixture f;

static int
start(void **state)
{
    (void)state;
    fixture_start(&f, "lmdb", 0);
    return 0;
}

/* With the smallest map that the library makes. */
static int
start_small(void **state)
{
    (void)state;
    fixture_start(&f, "lmdb", SMALL_MAP);
    return 0;
}

static int
stop(void **state)
{
    (void)state;
    store_fault = NULL;
    fixture_stop(&f);
    return 0;
}

static enum err
open_reader(struct store **out)
{
    struct store_config cfg = fixture_config(&f);

    cfg.read_only = true;
    return store_open(&cfg, out);
}

static void
what_was_committed_is_there_after_reopening(void **state)
{
    struct store_view *v;

    (void)state;
    f.sync = true;
    fixture_reopen(&f);
    put(&f, "a", "1");
    put(&f, "b", "2");
    del(&f, "a");
    fixture_reopen(&f);
    v = view(&f);
    assert_int_equal(store_revision(v), 3);
    assert_scan(v, "", "", 100, "b ");
    assert_watch(v, 0, 100, "a=1 b=2 a=3 ");
    store_end(v);
    assert_int_equal(put(&f, "c", "3"), 4);
}

static void
the_directory_and_its_files_are_private(void **state)
{
    static const char *const names[] = { ".", "data.mdb", "lock.mdb", "writer.lock" };
    char name[96];
    struct stat st;

    (void)state;
    put(&f, "a", "1");
    for (size_t i = 0; i < 4; i++) {
        (void)snprintf(name, sizeof(name), "%s/%s", f.path, names[i]);
        assert_int_equal(stat(name, &st), 0);
        assert_int_equal(st.st_mode & 077, 0);
    }
}

static void
reading_only_what_is_not_there_is_not_found(void **state)
{
    struct store_config cfg = { .engine = "lmdb",
                                .path = "/tmp/keyhold-store-none",
                                .read_only = true };
    struct store *s;
    char name[96];

    (void)state;
    assert_int_equal(store_open(&cfg, &s), ERR_NOT_FOUND);
    assert_null(s);
    assert_int_equal(access(cfg.path, F_OK), -1); /* nor made */
    store_close(f.store);
    f.store = NULL;
    (void)snprintf(name, sizeof(name), "%s/data.mdb", f.path);
    assert_int_equal(unlink(name), 0);
    assert_int_equal(open_reader(&s), ERR_NOT_FOUND);
}

static void
opening_without_a_path_is_refused(void **state)
{
    struct store_config cfg = { .engine = "lmdb" };
    struct store *s;

    (void)state;
    assert_int_equal(store_open(&cfg, &s), ERR_ARG);
    cfg.path = "/proc/keyhold";
    assert_int_equal(store_open(&cfg, &s), ERR_IO);
}

static void
overwrite(const char *content, size_t len)
{
    char name[96];
    int fd;

    store_close(f.store);
    f.store = NULL;
    (void)snprintf(name, sizeof(name), "%s/data.mdb", f.path);
    fd = open(name, O_WRONLY | O_TRUNC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, len), len);
    close(fd);
}

static void
a_file_that_is_not_lmdb_is_refused(void **state)
{
    static char page[8192];
    struct store_config cfg = fixture_config(&f);
    struct store *s;

    (void)state;
    memset(page, 'x', sizeof(page));
    overwrite(page, sizeof(page));
    assert_int_equal(store_open(&cfg, &s), ERR_FORMAT);
    assert_int_equal(open_reader(&s), ERR_FORMAT);
    overwrite(page, 10);
    assert_int_equal(store_open(&cfg, &s), ERR_FORMAT);
}

/* Calls fn with a write transaction on the closed store's file. */
static void
with_raw_file(void (*fn)(MDB_txn *txn))
{
    MDB_env *env;
    MDB_txn *txn;

    store_close(f.store);
    f.store = NULL;
    assert_int_equal(mdb_env_create(&env), 0);
    assert_int_equal(mdb_env_set_maxdbs(env, 8), 0);
    assert_int_equal(mdb_env_open(env, f.path, 0, 0600), 0);
    assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
    fn(txn);
    assert_int_equal(mdb_txn_commit(txn), 0);
    mdb_env_close(env);
}

static void
raw_put(MDB_txn *txn, const char *db, const char *key, const void *bytes, size_t len)
{
    MDB_val k = lmdb_val(span_str(key)), v = lmdb_val(span_of(bytes, len));
    MDB_dbi dbi;

    assert_int_equal(mdb_dbi_open(txn, db, MDB_CREATE, &dbi), 0);
    assert_int_equal(mdb_put(txn, dbi, &k, &v, 0), 0);
}

static void
make_older(MDB_txn *txn)
{
    raw_put(txn, "meta", "format", "\0\0\0\0\0\0\0\1", 8);
}

static void
make_newer(MDB_txn *txn)
{
    raw_put(txn, "meta", "format", "\0\0\0\0\0\0\0\3", 8);
}

static void
other_formats_are_refused(void **state)
{
    struct store_config cfg = fixture_config(&f);
    struct store *s;

    (void)state;
    put(&f, "a", "1");
    with_raw_file(make_newer);
    assert_int_equal(store_open(&cfg, &s), ERR_FORMAT);
    assert_null(s);
    assert_int_equal(open_reader(&s), ERR_FORMAT);
    with_raw_file(make_older);
    assert_int_equal(store_open(&cfg, &s), ERR_FORMAT);
    assert_int_equal(open_reader(&s), ERR_FORMAT);
}

static void
make_odd(MDB_txn *txn)
{
    raw_put(txn, "meta", "format", "1", 1);
}

static void
a_damaged_head_is_refused(void **state)
{
    struct store *s;

    (void)state;
    with_raw_file(make_odd);
    assert_int_equal(open_reader(&s), ERR_FORMAT);
}

static void
empty_it(MDB_txn *txn)
{
    static const char *const names[] = { "meta", "rows", "changes" };
    MDB_dbi dbi;

    for (int i = 0; i < 3; i++) {
        assert_int_equal(mdb_dbi_open(txn, names[i], 0, &dbi), 0);
        assert_int_equal(mdb_drop(txn, dbi, 1), 0);
    }
}

static void
make_foreign(MDB_txn *txn)
{
    empty_it(txn);
    raw_put(txn, NULL, "somebody", "else", 4);
}

static void
an_lmdb_file_of_somebody_else_is_refused(void **state)
{
    struct store_config cfg = fixture_config(&f);
    struct store *s;

    (void)state;
    with_raw_file(make_foreign);
    assert_int_equal(store_open(&cfg, &s), ERR_FORMAT);
    assert_int_equal(open_reader(&s), ERR_FORMAT);
}

static void
a_store_whose_making_was_cut_short_is_made_by_the_next_writer(void **state)
{
    struct store *s;

    (void)state;
    with_raw_file(empty_it);
    assert_int_equal(open_reader(&s), ERR_NOT_FOUND);
    fixture_reopen(&f);
    assert_int_equal(put(&f, "a", "1"), 1);
}

static void
shorten_row(MDB_txn *txn)
{
    raw_put(txn, "rows", "short", "1234567", 7);
    raw_put(txn, "rows", "zero", "\0\0\0\0\0\0\0\0v", 9);
}

static void
a_row_without_revision_is_damage(void **state)
{
    struct store_view *v;
    struct store_row row;

    (void)state;
    with_raw_file(shorten_row);
    fixture_reopen(&f);
    v = view(&f);
    assert_int_equal(store_get(v, span_str("short"), &row), ERR_FORMAT);
    assert_int_equal(store_get(v, span_str("zero"), &row), ERR_FORMAT);
    store_end(v);
}

static void
one_commit_may_outgrow_the_map_several_times(void **state)
{
    (void)state;
    put(&f, "a", "kept");
    for (int i = 0; i < 6; i++) {
        static uint8_t bytes[2 * 1024 * 1024];
        char key[16];

        (void)snprintf(key, sizeof(key), "big%d", i);
        store_write_put(&f.write, span_str(key), span_of(bytes, sizeof(bytes)));
    }
    assert_int_equal(commit(&f, NULL), ERR_OK);
    assert_now(&f, "a", "kept");
    fixture_reopen(&f);
    assert_int_equal(put_big(&f, "more", 2 * 1024 * 1024), ERR_OK);
}

static void
a_map_that_must_grow_waits_for_views_of_its_process(void **state)
{
    struct store_view *v = view(&f);

    (void)state;
    assert_int_equal(put_big(&f, "big", 2 * 1024 * 1024), ERR_FULL);
    assert_value(v, "big", NULL);
    store_end(v);
    assert_now(&f, "big", NULL);
    assert_int_equal(put_big(&f, "big", 2 * 1024 * 1024), ERR_OK);
}

static enum err
refuse_grow(const char *step)
{
    return strcmp(step, "grow") == 0 ? ERR_FULL : ERR_OK;
}

static void
a_map_that_cannot_grow_is_full_and_goes_on(void **state)
{
    (void)state;
    put(&f, "a", "1");
    store_fault = refuse_grow;
    assert_int_equal(put_big(&f, "big", 2 * 1024 * 1024), ERR_FULL);
    assert_now(&f, "big", NULL);
    put(&f, "a", "2");
    store_fault = NULL;
    assert_int_equal(put_big(&f, "big", 2 * 1024 * 1024), ERR_OK);
    assert_now(&f, "a", "2");
}

static void
too_many_views_are_busy_and_not_an_end(void **state)
{
    static struct store_view *views[LMDB_READERS + 1];
    int n = 0;
    enum err e = ERR_OK;

    (void)state;
    while (n <= LMDB_READERS && e == ERR_OK) {
        e = store_begin(f.store, &views[n]);
        n += e == ERR_OK;
    }
    assert_int_equal(e, ERR_BUSY);
    assert_true(n > 500 && n <= LMDB_READERS);
    while (n > 0)
        store_end(views[--n]);
    assert_now(&f, "a", NULL);
}

static atomic_bool is_over;

static void *
read_all_the_time(void *arg)
{
    uint64_t last = 0;
    size_t bad = 0;

    (void)arg;
    while (!atomic_load(&is_over)) {
        struct store_row a, b;
        struct store_view *v;

        enum err e = store_begin(f.store, &v);

        if (e != ERR_OK) {
            bad += e != ERR_BUSY; /* the machine may be slow while the map grows */
            continue;
        }
        /* The two rows are always written together. */
        if (store_get(v, span_str("a"), &a) != ERR_OK ||
            store_get(v, span_str("b"), &b) != ERR_OK || !span_is_equal(a.value, b.value) ||
            a.revision != b.revision || store_revision(v) < last)
            bad++;
        last = store_revision(v);
        store_end(v);
    }
    return (void *)bad;
}

static void
threads_read_while_the_map_grows(void **state)
{
    pthread_t threads[3];
    void *bad;

    (void)state;
    for (unsigned i = 0; i < 400; i++) {
        char value[32], key[16];
        static uint8_t bytes[20000];

        (void)snprintf(value, sizeof(value), "%u", i);
        (void)snprintf(key, sizeof(key), "fill%u", i);
        store_write_put(&f.write, span_str("a"), span_str(value));
        store_write_put(&f.write, span_str("b"), span_str(value));
        store_write_put(&f.write, span_str(key), span_of(bytes, sizeof(bytes)));
        assert_int_equal(commit(&f, NULL), ERR_OK);
        for (int t = 0; i == 0 && t < 3; t++)
            assert_int_equal(pthread_create(&threads[t], NULL, read_all_the_time, NULL), 0);
    }
    atomic_store(&is_over, true);
    for (int t = 0; t < 3; t++) {
        assert_int_equal(pthread_join(threads[t], &bad), 0);
        assert_null(bad);
    }
}

static void
another_revision_than_ours_stops_the_writer(void **state)
{
    struct lmdb *l = (struct lmdb *)f.store;

    (void)state;
    put(&f, "a", "1");
    l->revision = 7; /* as if a commit of ours had been taken back */
    store_write_put(&f.write, span_str("a"), span_str("2"));
    assert_int_equal(commit(&f, NULL), ERR_IO);
    l->revision = 1;
    store_write_put(&f.write, span_str("a"), span_str("2"));
    assert_int_equal(commit(&f, NULL), ERR_IO); /* until it is reopened */
    fixture_reopen(&f);
    assert_now(&f, "a", "1");
    put(&f, "a", "2");
}

/* Puts another file in the place of the descriptor through which meta pages are written. */
static void
break_meta_descriptor(void)
{
    char link[32], target[128];
    int full = open("/dev/full", O_WRONLY), data, last = -1;

    assert_true(full >= 0);
    assert_int_equal(mdb_env_get_fd(((struct lmdb *)f.store)->env, &data), 0);
    for (int fd = 3; fd < 64; fd++) {
        ssize_t n;

        (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
        n = readlink(link, target, sizeof(target) - 1);
        target[n > 0 ? n : 0] = '\0';
        if (fd != data && strstr(target, f.path) != NULL && strstr(target, "data.mdb") != NULL)
            last = fd;
    }
    assert_true(last >= 0);
    assert_int_equal(dup2(full, last), last);
    close(full);
}

static void
a_broken_meta_page_stops_the_store_until_it_is_reopened(void **state)
{
    struct store_view *v;

    (void)state;
    f.sync = true;
    fixture_reopen(&f);
    put(&f, "a", "1");
    break_meta_descriptor();
    for (int i = 0; i < 2; i++) {
        store_write_put(&f.write, span_str("a"), span_str("2"));
        assert_int_equal(commit(&f, NULL), ERR_IO);
        assert_int_equal(store_begin(f.store, &v), ERR_IO);
        assert_null(v);
    }
    fixture_reopen(&f);
    assert_now(&f, "a", "1");
    assert_int_equal(put(&f, "a", "2"), 2);
}

int
main(void)
{
#define ORDINARY(fn) cmocka_unit_test_setup_teardown(fn, start, stop)
#define GROWING(fn)  cmocka_unit_test_setup_teardown(fn, start_small, stop)
    const struct CMUnitTest tests[] = {
        ORDINARY(what_was_committed_is_there_after_reopening),
        ORDINARY(the_directory_and_its_files_are_private),
        ORDINARY(reading_only_what_is_not_there_is_not_found),
        ORDINARY(opening_without_a_path_is_refused),
        ORDINARY(a_file_that_is_not_lmdb_is_refused),
        ORDINARY(other_formats_are_refused),
        ORDINARY(a_damaged_head_is_refused),
        ORDINARY(an_lmdb_file_of_somebody_else_is_refused),
        ORDINARY(a_store_whose_making_was_cut_short_is_made_by_the_next_writer),
        ORDINARY(a_row_without_revision_is_damage),
        GROWING(one_commit_may_outgrow_the_map_several_times),
        GROWING(a_map_that_must_grow_waits_for_views_of_its_process),
        GROWING(a_map_that_cannot_grow_is_full_and_goes_on),
        ORDINARY(too_many_views_are_busy_and_not_an_end),
        GROWING(threads_read_while_the_map_grows),
        ORDINARY(another_revision_than_ours_stops_the_writer),
        ORDINARY(a_broken_meta_page_stops_the_store_until_it_is_reopened),
    };

    return cmocka_run_group_tests_name("store/lmdb", tests, NULL, NULL);
}
