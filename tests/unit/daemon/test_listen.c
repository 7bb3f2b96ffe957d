/* SPDX-License-Identifier: Apache-2.0 */
/* test_listen.c - every loop gets every address, and nobody else's. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/listen.h"

static struct config *
make_config(const char *text)
{
    const struct config_override two[] = { { "loops", "2" } };
    struct config_report r;
    struct config *c = NULL;

    config_report_init(&r);
    assert_int_equal(config_parse(span_str(text), "t", two, 1, &c, &r), ERR_OK);
    config_report_release(&r);
    return c;
}

static int
dial(const struct config_address *a)
{
    int fd = socket(a->at.any.sa_family, SOCK_STREAM, 0);

    assert_true(fd >= 0);
    if (connect(fd, &a->at.any, a->len) == 0)
        return fd;
    close(fd);
    return -1;
}

static void
port_0_becomes_one_port_for_all(void **state)
{
    struct config *c = make_config("listen = 127.0.0.1:0\nlisten = 127.0.0.2:0\n");
    struct listeners l;
    int fd;

    (void)state;
    assert_int_equal(listeners_open(c, &l), ERR_OK);
    assert_int_equal(l.naddresses, 2);
    assert_int_not_equal(l.at[0].port, 0);
    assert_int_equal(l.at[0].port, l.at[1].port);
    assert_int_equal(l.public_port, l.at[0].port);
    for (size_t i = 0; i < 2; i++) {
        fd = dial(&l.at[i]);
        assert_true(fd >= 0);
        close(fd);
    }
    listeners_close(&l);
    config_free(c);
}

static void
each_loop_has_a_non_blocking_socket_of_its_own(void **state)
{
    struct config *c = make_config("listen = 127.0.0.1:0\n");
    struct listeners l;

    (void)state;
    assert_int_equal(listeners_open(c, &l), ERR_OK);
    assert_int_equal(l.loops, 2);
    assert_int_not_equal(l.fds[0], l.fds[1]);
    for (size_t i = 0; i < 2; i++) {
        assert_true((fcntl(l.fds[i], F_GETFL) & O_NONBLOCK) != 0);
        assert_true((fcntl(l.fds[i], F_GETFD) & FD_CLOEXEC) != 0);
        assert_int_equal(accept(l.fds[i], NULL, NULL), -1);
    }
    listeners_close(&l);
    config_free(c);
}

static void
the_configured_public_port_wins(void **state)
{
    struct config *c = make_config("listen = 127.0.0.1:0\npublic_port = 443\n");
    struct listeners l;

    (void)state;
    assert_int_equal(listeners_open(c, &l), ERR_OK);
    assert_int_equal(l.public_port, 443);
    listeners_close(&l);
    config_free(c);
}

static void
a_second_instance_is_refused(void **state)
{
    struct config *c = make_config("listen = 127.0.0.1:0\n");
    struct listeners first, second;

    (void)state;
    assert_int_equal(listeners_open(c, &first), ERR_OK);
    c->listen[0] = first.at[0];
    assert_int_equal(listeners_open(c, &second), ERR_EXISTS);
    assert_null(second.fds);
    listeners_close(&first);
    assert_int_equal(listeners_open(c, &second), ERR_OK);
    listeners_close(&second);
    config_free(c);
}

static void
an_address_that_is_not_ours_is_refused(void **state)
{
    struct config *c = make_config("listen = 192.0.2.1:0\n");
    struct listeners l;

    (void)state;
    assert_int_equal(listeners_open(c, &l), ERR_UNSUPPORTED);
    config_free(c);
}

static void
of_the_default_addresses_one_may_be_missing(void **state)
{
    struct config *c = make_config("listen = 127.0.0.1:0\nlisten = 192.0.2.1:0\n");
    struct listeners l;

    (void)state;
    c->listen_is_default = true;
    assert_int_equal(listeners_open(c, &l), ERR_OK);
    assert_int_equal(l.naddresses, 1);
    listeners_close(&l);
    config_free(c);
}

static void
the_local_listener_is_one_socket(void **state)
{
    struct config *c = make_config("listen = 127.0.0.1:0\nlocal.listen = 127.0.0.1:0\n");
    struct listeners l;
    int fd;

    (void)state;
    assert_int_equal(listeners_open(c, &l), ERR_OK);
    assert_int_not_equal(l.local.port, 0);
    fd = dial(&l.local);
    assert_true(fd >= 0);
    close(fd);
    listeners_close(&l);
    assert_int_equal(dial(&l.local), -1);
    config_free(c);
}

static void
the_plain_listener_of_pki_is_one_socket(void **state)
{
    struct config *c = make_config("listen = 127.0.0.1:0\npki.http_listen = 127.0.0.1:0\n");
    struct listeners l, other;
    int fd;

    (void)state;
    assert_int_equal(listeners_open(c, &l), ERR_OK);
    assert_int_equal(l.local_fd, -1);
    assert_int_not_equal(l.pki.port, 0);
    fd = dial(&l.pki);
    assert_true(fd >= 0);
    close(fd);
    c->pki_listen = l.pki;
    assert_int_equal(listeners_open(c, &other), ERR_EXISTS);
    listeners_close(&l);
    assert_int_equal(dial(&l.pki), -1);
    config_free(c);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(port_0_becomes_one_port_for_all),
        cmocka_unit_test(each_loop_has_a_non_blocking_socket_of_its_own),
        cmocka_unit_test(the_configured_public_port_wins),
        cmocka_unit_test(a_second_instance_is_refused),
        cmocka_unit_test(an_address_that_is_not_ours_is_refused),
        cmocka_unit_test(of_the_default_addresses_one_may_be_missing),
        cmocka_unit_test(the_local_listener_is_one_socket),
        cmocka_unit_test(the_plain_listener_of_pki_is_one_socket),
    };

    return cmocka_run_group_tests_name("daemon/listen", tests, NULL, NULL);
}
