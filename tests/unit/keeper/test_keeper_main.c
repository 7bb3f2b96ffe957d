/* SPDX-License-Identifier: Apache-2.0 */
/* The keeper as a process: set up, confined, told its links over the control socket, ended. */
#include "keeper/main.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>

#include "crypto/setup.h"
#include "ipc/control.h"
#include "served.h"

static struct child {
    pid_t pid;
    int control;
} child;

static enum err
confine_ok(void *arg)
{
    (void)arg;
    return ERR_OK;
}

static enum err
confine_fails(void *arg)
{
    (void)arg;
    return ERR_DENIED;
}

/* secret memory of the parent is emptied by fork; the child brings its own. */
static void
spawn(const char *key_file, enum err (*confine)(void *))
{
    struct keeper_config cfg = { .seal = SEAL_KEYFILE,
                                 .root_fd = open_key_file(key_file),
                                 .root_next_fd = -1,
                                 .root_path = served_path,
                                 .loops = 1,
                                 .slow_threads = 1,
                                 .confine = confine };
    int fds[2];

    assert_int_equal(ipc_pair(fds), ERR_OK);
    child.pid = fork();
    assert_true(child.pid >= 0);
    if (child.pid == 0) {
        close(fds[0]);
        secmem_release();
        _exit(keeper_main(fds[1], &cfg));
    }
    close(fds[1]);
    close(cfg.root_fd);
    child.control = fds[0];
}

static enum err
next_record(struct control *c)
{
    struct pollfd p = { .fd = child.control, .events = POLLIN };
    int fd = -1;
    enum err e;

    assert_int_equal(poll(&p, 1, (int)ASK_MS), 1);
    e = control_recv(child.control, c, &fd);
    assert_int_equal(fd, -1);
    return e;
}

static void
order(enum control_op op, enum ipc_role role, int fd)
{
    struct control c = { .op = (uint16_t)op, .role = (uint16_t)role };

    assert_int_equal(control_send(child.control, &c, fd), ERR_OK);
}

static int
exit_code(void)
{
    int status = 0;

    assert_int_equal(waitpid(child.pid, &status, 0), child.pid);
    close(child.control);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static struct peer *
hand_link(enum ipc_role role)
{
    struct peer *p = NULL;
    int fds[2];

    assert_int_equal(ipc_pair(fds), ERR_OK);
    order(CONTROL_PEER, role, fds[1]);
    close(fds[1]);
    assert_int_equal(peer_new(fds[0], ROLE_KEEPER, QUESTION_ROOM, &p), ERR_OK);
    return p;
}

static void
keeper_serves_until_it_is_drained(void **state)
{
    struct control c;
    struct peer *p;
    struct buf key;

    (void)state;
    spawn(served_path, confine_ok);
    assert_int_equal(next_record(&c), ERR_OK);
    assert_int_equal(c.op, CONTROL_READY);
    p = hand_link(ROLE_FRONT);
    key = new_key(p, PURPOSE_VAULT, GUID_A);
    order(CONTROL_DRAIN, ROLE_KEEPER, -1);
    assert_int_equal(exit_code(), EX_OK);
    peer_free(p);
    buf_release(&key);
}

static void
keeper_ends_with_its_supervisor(void **state)
{
    struct control c;

    (void)state;
    spawn(served_path, NULL);
    assert_int_equal(next_record(&c), ERR_OK);
    assert_int_equal(c.op, CONTROL_READY);
    assert_int_equal(shutdown(child.control, SHUT_RDWR), 0);
    assert_int_equal(exit_code(), EX_OK);
}

static void
rotation_is_ordered_over_the_control_socket(void **state)
{
    struct control c;
    int fd;

    (void)state;
    assert_int_equal(make_key_file(served_next), 0);
    spawn(served_path, confine_ok);
    assert_int_equal(next_record(&c), ERR_OK);
    order(CONTROL_ROOT_FINISH, ROLE_KEEPER, -1);
    assert_int_equal(next_record(&c), ERR_OK);
    assert_int_equal(c.op, CONTROL_DONE);
    assert_int_equal(c.status, ERR_NOT_FOUND);
    order(CONTROL_ROOT_NEXT, ROLE_KEEPER, -1);
    assert_int_equal(next_record(&c), ERR_OK);
    assert_int_equal(c.status, ERR_ARG);
    fd = open_key_file(served_next);
    order(CONTROL_ROOT_NEXT, ROLE_KEEPER, fd);
    close(fd);
    assert_int_equal(next_record(&c), ERR_OK);
    assert_int_equal(c.status, ERR_OK);
    order(CONTROL_ROOT_FINISH, ROLE_KEEPER, -1);
    assert_int_equal(next_record(&c), ERR_OK);
    assert_int_equal(c.op, CONTROL_DONE);
    assert_int_equal(c.status, ERR_OK);
    order(CONTROL_DRAIN, ROLE_KEEPER, -1);
    assert_int_equal(exit_code(), EX_OK);
    (void)unlink(served_next);
}

static void
unusable_key_file_ends_it_before_it_serves(void **state)
{
    FILE *f = fopen(served_next, "wx");
    struct control c;

    (void)state;
    assert_non_null(f);
    fputs("not a key\n", f);
    fclose(f);
    assert_int_equal(chmod(served_next, 0600), 0);
    spawn(served_next, confine_ok);
    assert_int_equal(next_record(&c), ERR_CLOSED);
    assert_int_equal(exit_code(), EX_CONFIG);
    (void)unlink(served_next);
}

static void
keeper_that_cannot_confine_itself_does_not_serve(void **state)
{
    struct control c;

    (void)state;
    spawn(served_path, confine_fails);
    assert_int_equal(next_record(&c), ERR_CLOSED);
    assert_int_equal(exit_code(), EX_SOFTWARE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeper_serves_until_it_is_drained),
        cmocka_unit_test(keeper_ends_with_its_supervisor),
        cmocka_unit_test(rotation_is_ordered_over_the_control_socket),
        cmocka_unit_test(unusable_key_file_ends_it_before_it_serves),
        cmocka_unit_test(keeper_that_cannot_confine_itself_does_not_serve),
    };

    if (!crypto_wipe_freed())
        return 1;
    return cmocka_run_group_tests_name("keeper/main", tests, served_group_setup,
                                       served_group_teardown);
}
