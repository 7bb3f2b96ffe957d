/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_run.c - the ground of an installation: the root key is made once and
 * never overwritten, and a store is one only when it was founded.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "cli/run.h"
#include "store/store.h"

static char dir[] = "/tmp/keyhold-test-run-XXXXXX";
static struct config *config;

static size_t
slurp(const char *path, char *out, size_t cap)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n;

    assert_true(fd >= 0);
    n = read(fd, out, cap);
    assert_true(n >= 0);
    close(fd);
    return (size_t)n;
}

static void
a_root_key_is_made_once(void **state)
{
    char before[256], after[256];
    struct stat st;
    size_t n;

    (void)state;
    assert_int_equal(run_prepare(config), EX_OK);
    assert_int_equal(stat(config->seal_file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    n = slurp(config->seal_file, before, sizeof(before));
    assert_true(n > 40);
    assert_int_equal(run_prepare(config), EX_OK);
    assert_int_equal(slurp(config->seal_file, after, sizeof(after)), n);
    before[n - 1] = after[n - 1] = '\0';
    assert_string_equal(before, after);
}

static void
a_file_that_is_no_key_is_not_touched(void **state)
{
    char text[256];
    int fd;

    (void)state;
    assert_int_equal(unlink(config->seal_file), 0);
    fd = open(config->seal_file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "precious", 8), 8);
    close(fd);
    assert_int_equal(run_prepare(config), EX_OK); /* the keeper will judge it */
    assert_int_equal(slurp(config->seal_file, text, sizeof(text)), 8);
    assert_int_equal(unlink(config->seal_file), 0);
}

static void
an_empty_file_is_what_an_interrupted_making_left(void **state)
{
    char text[256];
    int fd;

    (void)state;
    fd = open(config->seal_file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(run_prepare(config), EX_OK);
    assert_true(slurp(config->seal_file, text, sizeof(text)) > 40);
    assert_int_equal(unlink(config->seal_file), 0);
}

static void
put_row(const char *key)
{
    struct store_config sc = { .engine = "lmdb",
                               .path = config->store_dir,
                               .map_size = 16 * 1024 * 1024,
                               .no_sync = true };
    struct store_item item;
    struct store_write w;
    struct store *s;

    assert_int_equal(store_open(&sc, &s), ERR_OK);
    store_write_init(&w);
    store_write_put(&w, span_str(key), span_str("x"));
    item = (struct store_item){ .packed = buf_span(&w.bytes) };
    assert_int_equal(store_commit(s, &item, 1), ERR_OK);
    assert_int_equal(item.result, ERR_OK);
    store_write_release(&w);
    store_close(s);
}

static void
a_store_counts_only_when_it_was_founded(void **state)
{
    (void)state;
    assert_int_equal(run_founded(config), EX_NOINPUT);
    assert_int_equal(mkdir(config->store_dir, 0700), 0);
    assert_int_equal(run_founded(config), EX_NOINPUT); /* a directory is no installation */
    put_row("a/head");
    assert_int_equal(run_founded(config), EX_NOINPUT); /* the scribe's first row neither */
    put_row("f/format");
    assert_int_equal(run_founded(config), EX_OK);
}

static void
a_store_that_cannot_be_read_is_not_taken_for_none(void **state)
{
    char path[CONFIG_PATH_MAX + 16];
    int fd, code;

    (void)state;
    (void)snprintf(path, sizeof(path), "%s/data.mdb", config->store_dir);
    fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "this is no store of anybody's, it is a text", 43), 43);
    close(fd);
    code = run_founded(config);
    assert_int_not_equal(code, EX_OK);
    assert_int_not_equal(code, EX_NOINPUT);
}

static void
names_of_vaults_are_judged_before_anything_is_made(void **state)
{
    (void)state;
    assert_int_equal(run_check_vault(NULL), EX_OK);
    assert_int_equal(run_check_vault("kv-1"), EX_OK);
    assert_int_equal(run_check_vault(""), EX_USAGE);
    assert_int_equal(run_check_vault("a b"), EX_USAGE);
    assert_int_equal(run_check_vault("a-name-that-is-far-too-long-for-one"), EX_USAGE);
}

static void
directories_are_made_with_what_leads_to_them(void **state)
{
    char path[256];
    struct stat st;

    (void)state;
    (void)snprintf(path, sizeof(path), "%s/a/b", dir);
    assert_int_equal(run_make_dir(path, 0700), EX_OK);
    assert_int_equal(run_make_dir(path, 0700), EX_OK);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(rmdir(path), 0);
    (void)snprintf(path, sizeof(path), "%s/a", dir);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(run_make_dir("", 0700), EX_USAGE);
    assert_int_equal(run_make_dir("/dev/null/x", 0700), EX_CANTCREAT);
}

static int
begin(void **state)
{
    struct config_override set[] = { { "data_dir", dir }, { "log.level", "error" } };
    struct config_report report;
    enum err e;

    (void)state;
    if (mkdtemp(dir) == NULL)
        return -1;
    config_report_init(&report);
    e = config_load(NULL, set, 2, &config, &report);
    config_report_release(&report);
    return e == ERR_OK ? 0 : -1;
}

static int
end(void **state)
{
    char path[CONFIG_PATH_MAX + 16];

    (void)state;
    (void)snprintf(path, sizeof(path), "%s/data.mdb", config->store_dir);
    (void)unlink(path);
    (void)snprintf(path, sizeof(path), "%s/lock.mdb", config->store_dir);
    (void)unlink(path);
    (void)snprintf(path, sizeof(path), "%s/writer.lock", config->store_dir);
    (void)unlink(path);
    (void)rmdir(config->store_dir);
    config_free(config);
    return rmdir(dir);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_root_key_is_made_once),
        cmocka_unit_test(a_file_that_is_no_key_is_not_touched),
        cmocka_unit_test(an_empty_file_is_what_an_interrupted_making_left),
        cmocka_unit_test(a_store_counts_only_when_it_was_founded),
        cmocka_unit_test(a_store_that_cannot_be_read_is_not_taken_for_none),
        cmocka_unit_test(names_of_vaults_are_judged_before_anything_is_made),
        cmocka_unit_test(directories_are_made_with_what_leads_to_them),
    };

    return cmocka_run_group_tests_name("cli/run", tests, begin, end);
}
