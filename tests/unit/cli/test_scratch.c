/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_scratch.c - a throw-away folder lives as long as somebody holds its lock,
 * and takes nothing along that is not in it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/scratch.h"

enum { CAP = 64 };

static void
put_file(const char *dir, const char *name)
{
    char path[2 * CAP];
    int fd;

    (void)snprintf(path, sizeof(path), "%s/%s", dir, name);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    close(fd);
}

static void
put_dir(const char *dir, const char *name)
{
    char path[2 * CAP];

    (void)snprintf(path, sizeof(path), "%s/%s", dir, name);
    assert_int_equal(mkdir(path, 0700), 0);
}

static void
each_is_new_and_can_be_walked_by_others(void **state)
{
    char a[CAP], b[CAP];
    struct stat st;
    int la, lb;

    (void)state;
    assert_int_equal(scratch_make(a, sizeof(a), &la), ERR_OK);
    assert_int_equal(scratch_make(b, sizeof(b), &lb), ERR_OK);
    assert_string_not_equal(a, b);
    assert_int_equal(stat(a, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0755);
    assert_int_equal(st.st_uid, geteuid());
    scratch_remove(a);
    scratch_remove(b);
    close(la);
    close(lb);
}

static void
a_name_that_does_not_fit_is_an_error(void **state)
{
    char small[10];
    int lock;

    (void)state;
    assert_int_equal(scratch_make(small, sizeof(small), &lock), ERR_IO);
    assert_int_equal(lock, -1);
    assert_string_equal(small, "");
}

static void
a_held_folder_is_not_swept(void **state)
{
    char path[CAP];
    int lock;

    (void)state;
    assert_int_equal(scratch_make(path, sizeof(path), &lock), ERR_OK);
    put_file(path, "kept");
    scratch_sweep();
    assert_int_equal(access(path, F_OK), 0);
    scratch_remove(path);
    close(lock);
}

static void
a_folder_is_held_by_a_child_too(void **state)
{
    char path[CAP], byte;
    int lock, fds[2];
    pid_t pid;

    (void)state;
    assert_int_equal(scratch_make(path, sizeof(path), &lock), ERR_OK);
    assert_int_equal(pipe(fds), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(fds[1]);
        _exit(read(fds[0], &byte, 1) == 0 ? 0 : 1); /* until the parent lets go */
    }
    close(fds[0]);
    close(lock);
    scratch_sweep();
    assert_int_equal(access(path, F_OK), 0);
    close(fds[1]);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    scratch_sweep();
    assert_int_equal(access(path, F_OK), -1);
}

static void
an_abandoned_folder_is_swept_with_what_is_in_it(void **state)
{
    char path[CAP];
    int lock;

    (void)state;
    assert_int_equal(scratch_make(path, sizeof(path), &lock), ERR_OK);
    put_file(path, "file");
    put_dir(path, "store");
    put_dir(path, "store/below");
    put_file(path, "store/below/data.mdb");
    close(lock);
    scratch_sweep();
    assert_int_equal(access(path, F_OK), -1);
}

static void
what_a_link_points_to_stays(void **state)
{
    char path[CAP], link[2 * CAP], outside[] = "/tmp/keyhold-outside-XXXXXX";
    int lock;

    (void)state;
    assert_non_null(mkdtemp(outside));
    put_file(outside, "kept");
    assert_int_equal(scratch_make(path, sizeof(path), &lock), ERR_OK);
    (void)snprintf(link, sizeof(link), "%s/link", path);
    assert_int_equal(symlink(outside, link), 0);
    scratch_remove(path);
    close(lock);
    assert_int_equal(access(path, F_OK), -1);
    (void)snprintf(link, sizeof(link), "%s/kept", outside);
    assert_int_equal(unlink(link), 0);
    assert_int_equal(rmdir(outside), 0);
}

static void
other_names_and_links_in_tmp_stay(void **state)
{
    char other[] = "/tmp/keyhold-other-XXXXXX";
    char link[] = "/tmp/keyhold-dev-XXXXXX";

    (void)state;
    assert_non_null(mkdtemp(other));
    assert_non_null(mkdtemp(link));
    assert_int_equal(rmdir(link), 0);
    assert_int_equal(symlink(other, link), 0);
    scratch_sweep();
    assert_int_equal(access(other, F_OK), 0);
    assert_int_equal(unlink(link), 0);
    assert_int_equal(rmdir(other), 0);
    scratch_remove("/tmp/keyhold-dev-nobody-made-this");
}

static void
a_folder_of_another_user_stays(void **state)
{
    char made[] = "/tmp/keyhold-other-XXXXXX", path[CAP];

    (void)state;
    if (geteuid() != 0) {
        skip();
        return;
    }
    assert_non_null(mkdtemp(made));
    assert_int_equal(chown(made, 65534, 65534), 0);
    (void)snprintf(path, sizeof(path), "/tmp/keyhold-dev-%s", made + strlen(made) - 6);
    assert_int_equal(rename(made, path), 0);
    scratch_sweep();
    assert_int_equal(rmdir(path), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_new_and_can_be_walked_by_others),
        cmocka_unit_test(a_name_that_does_not_fit_is_an_error),
        cmocka_unit_test(a_held_folder_is_not_swept),
        cmocka_unit_test(a_folder_is_held_by_a_child_too),
        cmocka_unit_test(an_abandoned_folder_is_swept_with_what_is_in_it),
        cmocka_unit_test(what_a_link_points_to_stays),
        cmocka_unit_test(other_names_and_links_in_tmp_stay),
        cmocka_unit_test(a_folder_of_another_user_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
