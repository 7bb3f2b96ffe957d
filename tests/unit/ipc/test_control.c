/* SPDX-License-Identifier: Apache-2.0 */
/* test_control.c - records and descriptors pass; anything odd is refused and closed. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "ipc/control.h"

static int
open_pair(void **state)
{
    int *fds = calloc(2, sizeof(int));

    assert_non_null(fds);
    assert_int_equal(ipc_pair(fds), ERR_OK);
    *state = fds;
    return 0;
}

static int
close_pair(void **state)
{
    int *fds = *state;

    close(fds[0]);
    if (fds[1] >= 0)
        close(fds[1]);
    free(fds);
    return 0;
}

static const struct control ready = { .op = CONTROL_READY, .role = ROLE_FRONT };

static void
a_record_passes(void **state)
{
    int *fds = *state, fd;
    const struct control c = {
        .op = CONTROL_PEER, .role = ROLE_KEEPER, .index = 3, .status = ERR_IO
    };
    struct control got;

    assert_int_equal(control_send(fds[0], &c, -1), ERR_OK);
    assert_int_equal(control_recv(fds[1], &got, &fd), ERR_OK);
    assert_int_equal(fd, -1);
    assert_memory_equal(&got, &c, sizeof(c));
    assert_int_equal(control_recv(fds[1], &got, &fd), ERR_AGAIN);
}

static void
a_descriptor_passes_and_is_closed_on_exec(void **state)
{
    int *fds = *state, fd, p[2];
    struct control got;
    char c = 0;

    assert_int_equal(pipe(p), 0);
    assert_int_equal(control_send(fds[0], &ready, p[1]), ERR_OK);
    close(p[1]);
    assert_int_equal(control_recv(fds[1], &got, &fd), ERR_OK);
    assert_true(fd >= 0);
    assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    assert_int_equal(write(fd, "x", 1), 1);
    assert_int_equal(read(p[0], &c, 1), 1);
    close(fd);
    close(p[0]);
}

static void
a_closed_end_is_seen_both_ways(void **state)
{
    int *fds = *state, fd;
    struct control got;

    close(fds[1]);
    fds[1] = -1;
    assert_int_equal(control_send(fds[0], &ready, -1), ERR_CLOSED);
    assert_int_equal(control_recv(fds[0], &got, &fd), ERR_CLOSED);
}

static void
a_reader_that_does_not_read_costs_at_most_a_second(void **state)
{
    int *fds = *state;
    enum err e = ERR_OK;

    for (int i = 0; i < 1000000 && e == ERR_OK; i++)
        e = control_send(fds[0], &ready, -1);
    assert_int_equal(e, ERR_TIMEOUT);
}

/* Sends raw bytes with n copies of the writing end of a pipe; all must be closed. */
static void
expect_refusal(int *fds, const void *bytes, size_t len, size_t n)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int) * 16)];
    } space = { 0 };
    struct iovec iov = { (void *)(uintptr_t)bytes, len };
    struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
    int p[2], fd;
    struct control got;
    char c;

    assert_int_equal(pipe(p), 0);
    if (n > 0) {
        m.msg_control = space.bytes;
        m.msg_controllen = CMSG_SPACE(sizeof(int) * n);
        *CMSG_FIRSTHDR(&m) = (struct cmsghdr){ .cmsg_level = SOL_SOCKET,
                                               .cmsg_type = SCM_RIGHTS,
                                               .cmsg_len = CMSG_LEN(sizeof(int) * n) };
        for (size_t i = 0; i < n; i++)
            memcpy(CMSG_DATA(CMSG_FIRSTHDR(&m)) + i * sizeof(int), &p[1], sizeof(int));
    }
    assert_int_equal(sendmsg(fds[0], &m, 0), (ssize_t)len);
    close(p[1]);
    assert_int_equal(control_recv(fds[1], &got, &fd), ERR_PROTOCOL);
    assert_int_equal(fd, -1);
    assert_int_equal(read(p[0], &c, 1), 0);
    close(p[0]);
}

static void
odd_records_are_refused(void **state)
{
    const struct control odd[] = {
        { .op = 0 },
        { .op = CONTROL__MAX },
        { .op = CONTROL_READY, .role = ROLE__MAX },
        { .op = CONTROL_READY, .status = -1 },
        { .op = CONTROL_READY, .status = ERR__MAX },
        { .op = CONTROL_READY, .zero = 1 },
    };

    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
        expect_refusal(*state, &odd[i], sizeof(odd[i]), i % 2);
}

static void
wrong_lengths_are_refused(void **state)
{
    const struct control two[2] = { ready, ready };

    expect_refusal(*state, two, sizeof(two), 1);
    expect_refusal(*state, two, sizeof(two[0]) + 1, 0);
    expect_refusal(*state, two, sizeof(two[0]) - 1, 1);
}

static void
more_than_one_descriptor_is_refused(void **state)
{
    for (size_t n = 2; n <= 16; n++)
        expect_refusal(*state, &ready, sizeof(ready), n);
}

static void
every_role_has_a_name(void **state)
{
    (void)state;
    for (int r = 0; r < ROLE__MAX; r++)
        assert_string_not_equal(ipc_role_name((enum ipc_role)r), "unknown");
    assert_string_equal(ipc_role_name(ROLE__MAX), "unknown");
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, open_pair, close_pair)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_record_passes),
        T(a_descriptor_passes_and_is_closed_on_exec),
        T(a_closed_end_is_seen_both_ways),
        T(a_reader_that_does_not_read_costs_at_most_a_second),
        T(odd_records_are_refused),
        T(wrong_lengths_are_refused),
        T(more_than_one_descriptor_is_refused),
        cmocka_unit_test(every_role_has_a_name),
    };

    return cmocka_run_group_tests_name("ipc/control", tests, NULL, NULL);
}
