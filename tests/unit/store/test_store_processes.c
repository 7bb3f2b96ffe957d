/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_store_processes.c - several processes at one LMDB store: a map that
 * grows under readers, a kill at every step of a commit, and full disks.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
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

/* A child and its parent take turns over a pair of pipes; a dead side ends the waiting. */
static int my_turn, other_turn;

static void
signal_turn(void)
{
    assert_int_equal(write(other_turn, "x", 1), 1);
}

static void
await_turn(void)
{
    char c;

    assert_int_equal(read(my_turn, &c, 1), 1);
}

/* Closes our store (it must not cross a fork), starts fn in a child and awaits its first turn.
 */
static pid_t
start_child(int (*fn)(void))
{
    int to_child[2], to_parent[2];
    pid_t pid;

    store_close(f.store);
    f.store = NULL;
    assert_int_equal(pipe(to_child), 0);
    assert_int_equal(pipe(to_parent), 0);
    pid = fork();
    assert_true(pid >= 0);
    my_turn = pid == 0 ? to_child[0] : to_parent[0];
    other_turn = pid == 0 ? to_parent[1] : to_child[1];
    close(pid == 0 ? to_child[1] : to_parent[1]);
    close(pid == 0 ? to_parent[0] : to_child[0]);
    if (pid == 0)
        _exit(fn());
    await_turn();
    return pid;
}

static void
end_child(pid_t pid)
{
    int status;

    signal_turn();
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    close(my_turn);
    close(other_turn);
}

/* A child that has a view open during its parent's turn. */
static int
hold_a_view(void)
{
    struct store_view *v;
    struct store *s;

    if (open_reader(&s) != ERR_OK || store_begin(s, &v) != ERR_OK)
        return 1;
    signal_turn();
    await_turn();
    store_end(v);
    store_close(s);
    return 0;
}

static int
try_writing(struct fixture *fx)
{
    struct store_config cfg = fixture_config(fx);
    struct store *s;
    enum err e = store_open(&cfg, &s);

    store_close(s);
    return (int)e;
}

static void
a_second_writer_is_refused(void **state)
{
    (void)state;
    assert_int_equal(in_child(try_writing, &f), ERR_BUSY);
    store_close(f.store);
    f.store = NULL;
    assert_int_equal(in_child(try_writing, &f), ERR_OK);
}

static int
try_committing_read_only(struct fixture *fx)
{
    struct store_item item = { .packed = span_of("\2\0\1a\0\0\0\1x", 9) };
    struct store *s;
    enum err e;

    (void)fx;
    if (open_reader(&s) != ERR_OK)
        return -1;
    e = store_commit(s, &item, 1);
    store_close(s);
    return e == item.result ? (int)e : -1;
}

static void
a_reader_may_not_commit(void **state)
{
    (void)state;
    assert_int_equal(in_child(try_committing_read_only, &f), ERR_DENIED);
}

static size_t child_reserve;

/* A reader that holds one view while the writer grows the map, then takes another. */
static int
reader_of_growing_map(void)
{
    struct store_view *v, *after;
    struct store_row row;
    struct store *s;
    bool follows;
    int rc = 0;

    lmdb_reserve = child_reserve;
    if (open_reader(&s) != ERR_OK || store_begin(s, &v) != ERR_OK)
        return 1;
    /* Valgrind does not give the address space. */
    follows = lmdb_map_size((struct lmdb *)s) < LMDB_MAP_MAX;
    signal_turn();
    await_turn();
    rc |= store_get(v, span_str("a"), &row) != ERR_OK || !span_is_str(row.value, "old") ? 2 : 0;
    rc |= store_get(v, span_str("big49"), &row) != ERR_NOT_FOUND ? 4 : 0;
    /* Without a reserve the map cannot change while a view is open. */
    if (follows) {
        rc |= store_begin(s, &after) != ERR_BUSY ? 8 : 0;
        store_end(v);
        v = NULL;
    }
    if (store_begin(s, &after) != ERR_OK)
        return rc | 16;
    rc |= store_get(after, span_str("a"), &row) != ERR_OK || !span_is_str(row.value, "new") ? 32
                                                                                            : 0;
    rc |=
        store_get(after, span_str("big49"), &row) != ERR_OK || row.value.len != 100000 ? 64 : 0;
    store_end(after);
    store_end(v);
    store_close(s);
    return rc;
}

static void
grow_under_reader(size_t reserve)
{
    char key[16];
    pid_t pid;

    put(&f, "a", "old");
    child_reserve = reserve;
    pid = start_child(reader_of_growing_map);
    fixture_reopen(&f);
    for (int i = 0; i < 50; i++) {
        (void)snprintf(key, sizeof(key), "big%d", i);
        assert_int_equal(put_big(&f, key, 100000), ERR_OK);
    }
    put(&f, "a", "new");
    end_child(pid);
}

static void
a_map_grows_under_a_reader_with_a_reserve(void **state)
{
    (void)state;
    grow_under_reader(LMDB_MAP_MAX);
}

static void
a_map_grows_under_a_reader_that_follows_it(void **state)
{
    (void)state;
    grow_under_reader(0);
}

static const char *kill_at;

static enum err
kill_self(const char *step)
{
    if (strcmp(step, kill_at) == 0)
        (void)raise(SIGKILL);
    return ERR_OK;
}

/* Two items of several rows each; the second makes the map grow. */
static int
commit_and_die(struct fixture *fx)
{
    static uint8_t bytes[2 * 1024 * 1024];
    struct store_config cfg = fixture_config(fx);
    struct store_item items[2] = { 0 };
    struct store_write w[2];

    cfg.no_sync = false;
    if (store_open(&cfg, &fx->store) != ERR_OK)
        return 1;
    for (int i = 0; i < 2; i++)
        store_write_init(&w[i]);
    store_write_put(&w[0], span_str("a"), span_str("new"));
    store_write_delete(&w[0], span_str("b"));
    store_write_put(&w[1], span_str("c"), span_str("new"));
    store_write_put(&w[1], span_str("d"), span_of(bytes, sizeof(bytes)));
    for (int i = 0; i < 2; i++)
        items[i].packed = buf_span(&w[i].bytes);
    store_fault = kill_self;
    return store_commit(fx->store, items, 2) == ERR_OK ? 0 : 2;
}

static void
a_kill_at_any_step_leaves_all_or_nothing(void **state)
{
    static const char *const steps[] = { "begin", "put", "grow", "before-commit",
                                         "after-commit" };

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        bool is_done = strcmp(steps[i], "after-commit") == 0;
        struct store_view *v;

        put(&f, "a", "old");
        put(&f, "b", "old");
        store_close(f.store);
        f.store = NULL;
        kill_at = steps[i];
        assert_int_equal(in_child(commit_and_die, &f), -SIGKILL);
        fixture_reopen(&f);
        v = view(&f);
        assert_value(v, "a", is_done ? "new" : "old");
        assert_value(v, "b", is_done ? NULL : "old");
        assert_value(v, "c", is_done ? "new" : NULL);
        assert_int_equal(store_revision(v), 2 * (i + 1) + (is_done ? 2 : 0));
        store_end(v);
    }
}

/* The same while a reader keeps the lock file alive: the dead writer's mutex is recovered. */
static void
a_killed_writer_does_not_block_the_next(void **state)
{
    pid_t pid;

    (void)state;
    put(&f, "a", "old");
    pid = start_child(hold_a_view);
    kill_at = "before-commit";
    assert_int_equal(in_child(commit_and_die, &f), -SIGKILL);
    fixture_reopen(&f);
    assert_now(&f, "a", "old");
    put(&f, "a", "new");
    assert_now(&f, "a", "new");
    end_child(pid);
}

static int
hold_views_and_die(struct fixture *fx)
{
    struct store_view *v;
    struct store *s;

    (void)fx;
    if (open_reader(&s) != ERR_OK)
        return 1;
    while (store_begin(s, &v) == ERR_OK)
        ;
    (void)raise(SIGKILL);
    return 2;
}

static int
count_free_slots(struct fixture *fx)
{
    struct store_view *views[200];
    struct store *s;
    int n = 0;

    (void)fx;
    if (open_reader(&s) != ERR_OK)
        return 0;
    while (n < 200 && store_begin(s, &views[n]) == ERR_OK)
        n++;
    for (int i = 0; i < n; i++)
        store_end(views[i]);
    store_close(s);
    return n;
}

static void
slots_of_dead_readers_are_cleared(void **state)
{
    pid_t pid;

    (void)state;
    put(&f, "a", "1");
    pid = start_child(hold_a_view); /* so that the lock file keeps the slots of the dead */
    assert_int_equal(in_child(hold_views_and_die, &f), -SIGKILL);
    assert_int_equal(in_child(count_free_slots, &f), 0);
    fixture_reopen(&f); /* the writer clears them */
    assert_now(&f, "a", "1");
    store_close(f.store);
    f.store = NULL;
    assert_int_equal(in_child(count_free_slots, &f), 200);
    end_child(pid);
}

/* Fills the store until it answers something else than success. */
static enum err
fill(struct fixture *fx, unsigned *rows)
{
    static uint8_t bytes[50000];
    enum err e = ERR_OK;

    for (*rows = 0; e == ERR_OK && *rows < 1000; (*rows)++) {
        char key[16];

        (void)snprintf(key, sizeof(key), "row%u", *rows);
        store_write_put(&fx->write, span_str(key), span_of(bytes, sizeof(bytes)));
        e = commit(fx, NULL);
    }
    (*rows)--;
    return e;
}

/* 0 when a full disk is ERR_FULL, harms nothing, and ends with room; else the failed step. */
static int
check_full(struct fixture *fx, int (*make_room)(void))
{
    struct store_config cfg = fixture_config(fx);
    struct store_row row;
    struct store_view *v;
    unsigned rows, again;
    char key[16];

    cfg.no_sync = false;
    if (store_open(&cfg, &fx->store) != ERR_OK)
        return 1;
    if (fill(fx, &rows) != ERR_FULL || rows == 0)
        return 2;
    if (store_begin(fx->store, &v) != ERR_OK || store_revision(v) != rows)
        return 3;
    (void)snprintf(key, sizeof(key), "row%u", rows);
    if (store_get(v, span_str(key), &row) != ERR_NOT_FOUND)
        return 4;
    store_end(v);
    /* Still full, and still sane. */
    if (fill(fx, &again) == ERR_OK)
        return 5;
    if (make_room() != 0)
        return 6;
    store_write_put(&fx->write, span_str("after"), span_str("v"));
    if (commit(fx, NULL) != ERR_OK)
        return 7;
    store_close(fx->store);
    if (store_open(&cfg, &fx->store) != ERR_OK || store_begin(fx->store, &v) != ERR_OK)
        return 8;
    if (store_get(v, span_str("after"), &row) != ERR_OK ||
        store_get(v, span_str("row0"), &row) != ERR_OK || row.value.len != 50000)
        return 9;
    store_end(v);
    store_close(fx->store);
    return 0;
}

static int
lift_limit(void)
{
    struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };

    return setrlimit(RLIMIT_FSIZE, &limit);
}

static int
run_with_limit(struct fixture *fx)
{
    /* Not a multiple of a page, so that a write falls short. */
    struct rlimit limit = { 1000 * 1000 + 1, RLIM_INFINITY };

    (void)signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
        return 99;
    return check_full(fx, lift_limit);
}

static void
a_file_size_limit_is_a_full_disk(void **state)
{
    (void)state;
    store_close(f.store);
    f.store = NULL;
    assert_int_equal(in_child(run_with_limit, &f), 0);
}

static char filler[96];

static int
remove_filler(void)
{
    return unlink(filler);
}

static int
run_on_tmpfs(struct fixture *fx)
{
    int fd;

    if (unshare(CLONE_NEWNS) != 0 ||
        mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", fx->path, "tmpfs", 0, "size=2m,mode=0700") != 0)
        return 77; /* not allowed here */
    (void)snprintf(filler, sizeof(filler), "%s/filler", fx->path);
    fd = open(filler, O_WRONLY | O_CREAT, 0600);
    if (fd < 0 || fallocate(fd, 0, 0, 512 * 1024) != 0)
        return 78;
    close(fd);
    return check_full(fx, remove_filler);
}

static void
a_full_file_system_is_full(void **state)
{
    int rc;

    (void)state;
    store_close(f.store);
    f.store = NULL;
    rc = in_child(run_on_tmpfs, &f);
    if (rc == 77)
        skip();
    assert_int_equal(rc, 0);
}

int
main(void)
{
#define ORDINARY(fn) cmocka_unit_test_setup_teardown(fn, start, stop)
#define GROWING(fn)  cmocka_unit_test_setup_teardown(fn, start_small, stop)
    const struct CMUnitTest tests[] = {
        ORDINARY(a_second_writer_is_refused),
        ORDINARY(a_reader_may_not_commit),
        GROWING(a_map_grows_under_a_reader_with_a_reserve),
        GROWING(a_map_grows_under_a_reader_that_follows_it),
        GROWING(a_kill_at_any_step_leaves_all_or_nothing),
        ORDINARY(a_killed_writer_does_not_block_the_next),
        ORDINARY(slots_of_dead_readers_are_cleared),
        GROWING(a_file_size_limit_is_a_full_disk),
        GROWING(a_full_file_system_is_full),
    };

    return cmocka_run_group_tests_name("store/processes", tests, NULL, NULL);
}
