/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_supervise.c - starting, linking, restarting, draining and ordering about
 * toy children, with real forks. The supervisor runs in a forked process; its
 * children write what happens to them, one line an event, into a pipe.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "daemon/admin.h"
#include "daemon/supervise.h"
#include "ipc/control.h"
#include "supervise_toys.h"

enum { PATIENCE_MS = 20000 };

struct scene {
    char dir[64];
    struct config *config;
    int events;      /* reading end */
    char text[8192]; /* all that was read */
    size_t len;
    pid_t supervisor;
};

static void
on_ready(void *arg, const struct listeners *l)
{
    (void)arg;
    say("supervisor ready %d\n", l->public_port != 0);
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    (void)st;
    (void)kind;
    (void)where;
    return remove(path);
}

static void
write_file(const char *dir, const char *name, const char *text)
{
    char path[CONFIG_PATH_MAX];
    int fd;

    (void)snprintf(path, sizeof(path), "%s/%s", dir, name);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static int
setup(void **state)
{
    struct scene *sc = calloc(1, sizeof(*sc));
    struct config_override over[] = { { "data_dir", NULL },
                                      { "listen", "127.0.0.1:0" },
                                      { "loops", "2" },
                                      { "limits.drain_time", "1s" },
                                      { "log.level", "error" } };
    struct config_report r;
    int fds[2];

    assert_non_null(sc);
    (void)snprintf(sc->dir, sizeof(sc->dir), "/tmp/keyhold-supervise-XXXXXX");
    assert_non_null(mkdtemp(sc->dir));
    over[0].value = sc->dir;
    config_report_init(&r);
    assert_int_equal(config_parse(span_str(""), "t", over, 5, &sc->config, &r), ERR_OK);
    config_report_release(&r);
    write_file(sc->dir, "root.key", "a key\n");
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    sc->events = fds[0];
    report_fd = fds[1];
    mischief.role = ROLE__MAX;
    *state = sc;
    return 0;
}

static int
teardown(void **state)
{
    struct scene *sc = *state;

    if (sc->supervisor != 0) {
        (void)kill(sc->supervisor, SIGKILL);
        (void)waitpid(sc->supervisor, NULL, 0);
    }
    close(sc->events);
    if (report_fd >= 0)
        close(report_fd);
    assert_int_equal(nftw(sc->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
    config_free(sc->config);
    free(sc);
    return 0;
}

/* Forks a supervisor over toys; from here on only it holds the writing end. */
static void
begin(struct scene *sc)
{
    sc->supervisor = fork();
    assert_true(sc->supervisor >= 0);
    if (sc->supervisor == 0) {
        struct supervise_options o = {
            .dev = true, .seed_fd = -1, .keep_fds = &report_fd, .nkeep = 1, .on_ready = on_ready
        };

        for (int r = ROLE_FRONT; r < ROLE__MAX; r++)
            o.mains[r].run = toy_main;
        _exit(supervise(sc->config, &o));
    }
    close(report_fd);
    report_fd = -1;
}

/* Reads events until the text from `from` on holds want; fails when patience ends. */
static const char *
await(struct scene *sc, size_t from, const char *want)
{
    uint64_t deadline = clock_mono_ms() + PATIENCE_MS;

    for (;;) {
        struct pollfd p = { .fd = sc->events, .events = POLLIN };
        const char *at = from > sc->len ? NULL : strstr(sc->text + from, want);
        ssize_t n;

        if (at != NULL)
            return at;
        if (clock_mono_ms() >= deadline || poll(&p, 1, 1000) < 0)
            fail_msg("no \"%s\" in:\n%s", want, sc->text);
        if (p.revents == 0)
            continue;
        n = read(sc->events, sc->text + sc->len, sizeof(sc->text) - 1 - sc->len);
        if (n <= 0)
            fail_msg("no \"%s\" before the end of:\n%s", want, sc->text);
        sc->len += (size_t)n;
        sc->text[sc->len] = '\0';
    }
}

/* Waits for the supervisor's end; then nobody may hold the pipe any more. */
static int
finish(struct scene *sc)
{
    int status = 0;
    ssize_t n = 1;

    while (n > 0) {
        n = read(sc->events, sc->text + sc->len, sizeof(sc->text) - 1 - sc->len);
        if (n > 0)
            sc->len += (size_t)n;
        sc->text[sc->len] = '\0';
    }
    assert_int_equal(n, 0);
    assert_int_equal(waitpid(sc->supervisor, &status, 0), sc->supervisor);
    sc->supervisor = 0;
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int
stop(struct scene *sc)
{
    assert_int_equal(kill(sc->supervisor, SIGTERM), 0);
    return finish(sc);
}

/* Pid in the nth "ROLE start PID" line (0 = first). */
static pid_t
pid_of(struct scene *sc, enum ipc_role role, unsigned index)
{
    char want[64];
    size_t from = 0;

    (void)snprintf(want, sizeof(want), "%s start ", ipc_role_name(role));
    for (;;) {
        const char *at = await(sc, from, want);
        unsigned got;
        int pid;

        (void)await(sc, (size_t)(at - sc->text), "\n");
        if (sscanf(at + strlen(want), "%d %u", &pid, &got) == 2 && got == index)
            return pid;
        from = (size_t)(at - sc->text) + strlen(want);
    }
}

static size_t
place(struct scene *sc, const char *what)
{
    return (size_t)(await(sc, 0, what) - sc->text);
}

static void
children_start_and_are_linked_in_order(void **state)
{
    static const char *const links[] = {
        "front link keeper 0\n",  "front link keeper 1\n", "front link keeper 2\n",
        "front link keeper 3\n",  "keeper link front 0\n", "keeper link front 3\n",
        "front link scribe 0\n",  "front link scribe 1\n", "scribe link front 0\n",
        "scribe link front 1\n",  "clerk link keeper 0\n", "clerk link scribe 0\n",
        "keeper link clerk 0\n",  "scribe link clerk 0\n", "scribe link keeper 0\n",
        "keeper link scribe 0\n",
    };
    struct scene *sc = *state;

    begin(sc);
    (void)await(sc, 0, "supervisor ready 1\n");
    assert_true(place(sc, "scribe start") < place(sc, "clerk start"));
    assert_true(place(sc, "scribe start") < place(sc, "front start"));
    assert_true(place(sc, "keeper start") < place(sc, "scribe link keeper"));
    assert_true(place(sc, "scribe start") < place(sc, "keeper link clerk"));
    assert_true(place(sc, "clerk start") < place(sc, "front link"));
    for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
        (void)await(sc, 0, links[i]);
    assert_int_equal(stop(sc), 0);
}

static void
the_drain_goes_from_front_to_keeper(void **state)
{
    struct scene *sc = *state;

    begin(sc);
    (void)await(sc, 0, "supervisor ready 1\n");
    assert_int_equal(stop(sc), 0);
    assert_true(place(sc, "front end") < place(sc, "clerk drain"));
    assert_true(place(sc, "clerk end") < place(sc, "scribe drain"));
    assert_true(place(sc, "scribe end") < place(sc, "keeper drain"));
    (void)place(sc, "keeper end");
}

static void
a_lost_link_is_replaced(void **state)
{
    static const char *const links[] = { "front link keeper 3\n", "keeper link front 3\n",
                                         "front link scribe 1\n", "scribe link front 1\n" };
    struct scene *sc = *state;

    mischief.role = ROLE_FRONT;
    mischief.how = LOSE_OWN;
    begin(sc);
    (void)await(sc, 0, "supervisor ready 1\n");
    for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
        size_t first = place(sc, links[i]);

        (void)await(sc, first + 1, links[i]);
    }
    assert_int_equal(stop(sc), 0);
}

static void
a_link_that_never_was_is_a_lie(void **state)
{
    struct scene *sc = *state;

    mischief.role = ROLE_FRONT;
    mischief.how = LOSE_OTHERS;
    begin(sc);
    (void)pid_of(sc, ROLE_FRONT, 1); /* killed and started again */
    assert_int_equal(stop(sc), 0);
}

static void
a_killed_child_is_started_again_and_linked(void **state)
{
    struct scene *sc = *state;
    size_t from;

    begin(sc);
    (void)await(sc, 0, "supervisor ready 1\n");
    /* All links of the first round are told before the blow. */
    (void)await(sc, 0, "scribe link front 1\n");
    (void)await(sc, 0, "clerk link scribe 0\n");
    (void)await(sc, 0, "front link scribe 1\n");
    from = sc->len;
    assert_int_equal(kill(pid_of(sc, ROLE_SCRIBE, 0), SIGKILL), 0);
    (void)pid_of(sc, ROLE_SCRIBE, 1);
    (void)await(sc, from, "scribe link keeper 0\n");
    (void)await(sc, from, "keeper link scribe 0\n");
    (void)await(sc, from, "front link scribe 0\n");
    (void)await(sc, from, "front link scribe 1\n");
    (void)await(sc, from, "scribe link front 1\n");
    (void)await(sc, from, "clerk link scribe 0\n");
    assert_int_equal(stop(sc), 0);
}

static void
each_role_survives_being_killed(void **state)
{
    static const enum ipc_role roles[] = { ROLE_KEEPER, ROLE_SCRIBE, ROLE_CLERK, ROLE_FRONT };
    struct scene *sc = *state;

    begin(sc);
    (void)await(sc, 0, "supervisor ready 1\n");
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(kill(pid_of(sc, roles[i], 0), SIGKILL), 0);
        (void)pid_of(sc, roles[i], 1);
    }
    assert_int_equal(stop(sc), 0);
}

static void
a_restart_waits_longer_each_time(void **state)
{
    struct scene *sc = *state;
    uint64_t t0;

    begin(sc);
    (void)await(sc, 0, "supervisor ready 1\n");
    t0 = clock_mono_ms();
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(kill(pid_of(sc, ROLE_FRONT, i), SIGKILL), 0);
    (void)pid_of(sc, ROLE_FRONT, 4);
    assert_true(clock_mono_ms() - t0 >= 100 + 200 + 400 + 800);
    assert_int_equal(stop(sc), 0);
}

static void
a_lasting_failure_at_the_start_ends_all_with_its_code(void **state)
{
    struct scene *sc = *state;

    mischief.role = ROLE_SCRIBE;
    mischief.how = EXIT_CONFIG;
    begin(sc);
    assert_int_equal(finish(sc), EX_CONFIG);
    assert_null(strstr(sc->text, "front start"));
    assert_non_null(strstr(sc->text, "keeper end"));
}

static void
a_passing_failure_at_the_start_is_tried_again(void **state)
{
    struct scene *sc = *state;

    mischief.role = ROLE_SCRIBE;
    mischief.how = EXIT_TEMP;
    begin(sc);
    (void)await(sc, 0, "supervisor ready 1\n");
    (void)pid_of(sc, ROLE_SCRIBE, 1);
    assert_int_equal(stop(sc), 0);
}

/* Front is there, but whoever serves without a clerk that was ready once serves too early. */
static void
front_gets_no_link_before_its_clerk_was_ready(void **state)
{
    struct scene *sc = *state;
    size_t from;

    mischief.role = ROLE_CLERK;
    mischief.how = EXIT_TEMP;
    begin(sc);
    (void)pid_of(sc, ROLE_FRONT, 0);
    (void)pid_of(sc, ROLE_CLERK, 1);
    from = place(sc, "front link");
    assert_null(strstr(sc->text + from, "clerk start"));
    (void)await(sc, 0, "supervisor ready 1\n");
    assert_int_equal(stop(sc), 0);
}

/* The others get ready meanwhile, and are linked when it is back. */
static void
a_keeper_that_fails_first_keeps_nobody_from_starting(void **state)
{
    struct scene *sc = *state;

    mischief.role = ROLE_KEEPER;
    mischief.how = EXIT_TEMP;
    begin(sc);
    (void)await(sc, 0, "supervisor ready 1\n");
    (void)pid_of(sc, ROLE_KEEPER, 1);
    (void)await(sc, place(sc, "scribe start"), "scribe link keeper 0\n");
    (void)await(sc, place(sc, "front start"), "front link keeper 3\n");
    assert_int_equal(stop(sc), 0);
}

static void
without_a_root_key_nothing_starts(void **state)
{
    struct scene *sc = *state;

    assert_int_equal(unlink(sc->config->seal_file), 0);
    begin(sc);
    assert_int_equal(finish(sc), EX_NOINPUT);
    assert_int_equal(sc->len, 0);
}

static void
a_child_that_does_not_drain_is_killed(void **state)
{
    struct scene *sc = *state;

    mischief.role = ROLE_FRONT;
    mischief.how = IGNORE_DRAIN;
    begin(sc);
    (void)await(sc, 0, "supervisor ready 1\n");
    assert_int_equal(stop(sc), EX_SOFTWARE);
    (void)place(sc, "front drain");
    (void)place(sc, "scribe end");
}

static void
a_child_that_lies_is_killed_and_replaced(void **state)
{
    struct scene *sc = *state;

    mischief.role = ROLE_CLERK;
    mischief.how = LIE;
    begin(sc);
    (void)await(sc, 0, "supervisor ready 1\n");
    (void)pid_of(sc, ROLE_CLERK, 1);
    assert_int_equal(stop(sc), 0);
}

static void
a_child_that_does_not_stop_talking_stops_nobody(void **state)
{
    struct scene *sc = *state;

    mischief.role = ROLE_FRONT;
    mischief.how = FLOOD;
    begin(sc);
    (void)place(sc, "supervisor ready 1");
    (void)kill(pid_of(sc, ROLE_KEEPER, 0), SIGKILL);
    (void)pid_of(sc, ROLE_KEEPER, 1); /* it still starts what died */
    (void)kill(sc->supervisor, SIGTERM);
    (void)await(sc, 0, "keeper drain"); /* and obeys */
}

static void
children_die_with_the_supervisor(void **state)
{
    struct scene *sc = *state;

    begin(sc);
    (void)await(sc, 0, "supervisor ready 1\n");
    assert_int_equal(kill(sc->supervisor, SIGKILL), 0);
    /* End of file: the last holder of the pipe is gone. */
    while (read(sc->events, sc->text, sizeof(sc->text) - 1) > 0)
        ;
    (void)waitpid(sc->supervisor, NULL, 0);
    sc->supervisor = 0;
}

static void
a_second_instance_on_the_same_directory_is_refused(void **state)
{
    struct scene *sc = *state;
    struct supervise_options o = { .dev = true, .seed_fd = -1 };

    begin(sc);
    (void)await(sc, 0, "supervisor ready 1\n");
    assert_int_equal(supervise(sc->config, &o), EX_TEMPFAIL);
    assert_int_equal(stop(sc), 0);
}

static void
status_tells_of_every_child(void **state)
{
    struct scene *sc = *state;
    struct admin_answer a;

    begin(sc);
    (void)await(sc, 0, "supervisor ready 1\n");
    assert_int_equal(admin_call(sc->dir, ADMIN_STATUS, -1, PATIENCE_MS, &a), ERR_OK);
    assert_int_equal(a.child[ROLE_SUPERVISOR].pid, sc->supervisor);
    assert_int_equal(a.child[ROLE_TOKEN].pid, 0); /* no module is named */
    for (int r = ROLE_FRONT; r <= ROLE_CLERK; r++) {
        assert_int_equal(a.child[r].pid, pid_of(sc, (enum ipc_role)r, 0));
        assert_int_equal(a.child[r].ready, 1);
        assert_int_equal(a.child[r].starts, 1);
    }
    assert_int_not_equal(a.public_port, 0);
    assert_int_equal(stop(sc), 0);
    assert_int_equal(admin_call(sc->dir, ADMIN_STATUS, -1, PATIENCE_MS, &a), ERR_UNAVAILABLE);
}

static void
a_token_process_runs_where_a_module_is_named(void **state)
{
    struct scene *sc = *state;
    struct config *c = sc->config;

    (void)snprintf(c->hsm_module, sizeof(c->hsm_module), "/usr/lib/module.so");
    (void)snprintf(c->hsm_pin_file, sizeof(c->hsm_pin_file), "%s/pin", sc->dir);
    write_file(sc->dir, "pin", "1234\n");
    begin(sc);
    (void)await(sc, 0, "supervisor ready 1\n");
    assert_int_equal(kill(pid_of(sc, ROLE_TOKEN, 0), SIGKILL), 0);
    (void)pid_of(sc, ROLE_TOKEN, 1);
    assert_int_equal(stop(sc), 0);
}

static void
no_pin_file_ends_the_start(void **state)
{
    struct scene *sc = *state;
    struct config *c = sc->config;

    (void)snprintf(c->hsm_module, sizeof(c->hsm_module), "/usr/lib/module.so");
    (void)snprintf(c->hsm_pin_file, sizeof(c->hsm_pin_file), "%s/pin", sc->dir);
    begin(sc);
    assert_int_equal(finish(sc), EX_NOINPUT);
}

static void
the_admin_socket_is_closed_to_others(void **state)
{
    struct scene *sc = *state;
    char path[128];
    struct stat st;

    begin(sc);
    (void)await(sc, 0, "supervisor ready 1\n");
    (void)snprintf(path, sizeof(path), "%s/admin.sock", sc->dir);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    if (geteuid() == 0) {
        pid_t pid = fork();
        struct admin_answer a;
        int status;

        assert_int_equal(chmod(path, 0666), 0);
        assert_int_equal(chmod(sc->dir, 0755), 0);
        if (pid == 0)
            _exit(setresuid(65534, 65534, 65534) == 0 &&
                          admin_call(sc->dir, ADMIN_STATUS, -1, 2000, &a) == ERR_CLOSED
                      ? 0
                      : 1);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
    }
    assert_int_equal(stop(sc), 0);
}

static void
a_seal_rotation_goes_through_keeper_clerk_keeper(void **state)
{
    struct scene *sc = *state;
    struct admin_answer a;
    char path[128];
    int fd;

    write_file(sc->dir, "root.key.next", "N");
    (void)snprintf(path, sizeof(path), "%s/root.key.next", sc->dir);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    begin(sc);
    (void)await(sc, 0, "supervisor ready 1\n");
    assert_int_equal(admin_call(sc->dir, ADMIN_SEAL_ROTATE, fd, PATIENCE_MS, &a), ERR_OK);
    close(fd);
    assert_int_equal(stop(sc), 0);
    assert_true(place(sc, "keeper next-root N\n") < place(sc, "clerk order 6\n"));
    assert_true(place(sc, "clerk order 6\n") < place(sc, "keeper order 5\n"));
}

static void
an_order_to_rotate_the_audit_reaches_the_scribe(void **state)
{
    struct scene *sc = *state;
    struct admin_answer a;

    begin(sc);
    (void)await(sc, 0, "supervisor ready 1\n");
    assert_int_equal(admin_call(sc->dir, ADMIN_AUDIT_ROTATE, -1, PATIENCE_MS, &a), ERR_OK);
    (void)await(sc, 0, "scribe order 7\n");
    assert_int_equal(stop(sc), 0);
}

static void
a_rotation_without_its_file_is_refused(void **state)
{
    struct scene *sc = *state;
    struct admin_answer a;

    begin(sc);
    (void)await(sc, 0, "supervisor ready 1\n");
    assert_int_equal(admin_call(sc->dir, ADMIN_SEAL_ROTATE, -1, PATIENCE_MS, &a), ERR_CLOSED);
    assert_int_equal(admin_call(sc->dir, ADMIN_STATUS, sc->events, PATIENCE_MS, &a),
                     ERR_CLOSED);
    assert_int_equal(stop(sc), 0);
    assert_null(strstr(sc->text, "next-root"));
}

static void
a_reload_reaches_all_and_brings_the_clerk_the_certificate(void **state)
{
    struct scene *sc = *state;
    struct admin_answer a;

    write_file(sc->dir, "chain.pem", "c");
    write_file(sc->dir, "key.pem", "k");
    (void)snprintf(sc->config->tls_chain, CONFIG_PATH_MAX, "%s/chain.pem", sc->dir);
    (void)snprintf(sc->config->tls_key, CONFIG_PATH_MAX, "%s/key.pem", sc->dir);
    begin(sc);
    (void)await(sc, 0, "supervisor ready 1\n");
    assert_int_equal(admin_call(sc->dir, ADMIN_RELOAD, -1, PATIENCE_MS, &a), ERR_OK);
    (void)await(sc, 0, "front reload 0\n");
    (void)await(sc, 0, "keeper reload 0\n");
    (void)await(sc, 0, "clerk reload 0\n");
    assert_true(place(sc, "clerk reload 1 file\n") < place(sc, "clerk reload 2 file\n"));
    assert_true(place(sc, "clerk reload 2 file\n") < place(sc, "clerk reload 0\n"));
    assert_int_equal(stop(sc), 0);
}

static void
a_long_data_directory_has_an_admin_socket_too(void **state)
{
    struct scene *sc = *state;
    char deep[CONFIG_PATH_MAX];
    struct admin_answer a;

    (void)snprintf(deep, sizeof(deep), "%s/%0100d", sc->dir, 0);
    assert_int_equal(mkdir(deep, 0700), 0);
    (void)snprintf(sc->config->data_dir, CONFIG_PATH_MAX, "%s", deep);
    (void)snprintf(sc->config->store_dir, CONFIG_PATH_MAX, "%.900s/store", deep);
    (void)snprintf(sc->config->audit_dir, CONFIG_PATH_MAX, "%.900s/audit", deep);
    begin(sc);
    (void)await(sc, 0, "supervisor ready 1\n");
    assert_int_equal(admin_call(deep, ADMIN_STATUS, -1, PATIENCE_MS, &a), ERR_OK);
    assert_int_equal(stop(sc), 0);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(children_start_and_are_linked_in_order),
        T(the_drain_goes_from_front_to_keeper),
        T(a_lost_link_is_replaced),
        T(a_link_that_never_was_is_a_lie),
        T(a_killed_child_is_started_again_and_linked),
        T(each_role_survives_being_killed),
        T(a_restart_waits_longer_each_time),
        T(a_lasting_failure_at_the_start_ends_all_with_its_code),
        T(a_passing_failure_at_the_start_is_tried_again),
        T(front_gets_no_link_before_its_clerk_was_ready),
        T(a_keeper_that_fails_first_keeps_nobody_from_starting),
        T(without_a_root_key_nothing_starts),
        T(a_child_that_does_not_drain_is_killed),
        T(a_child_that_lies_is_killed_and_replaced),
        T(a_child_that_does_not_stop_talking_stops_nobody),
        T(children_die_with_the_supervisor),
        T(a_second_instance_on_the_same_directory_is_refused),
        T(status_tells_of_every_child),
        T(a_token_process_runs_where_a_module_is_named),
        T(no_pin_file_ends_the_start),
        T(the_admin_socket_is_closed_to_others),
        T(a_seal_rotation_goes_through_keeper_clerk_keeper),
        T(an_order_to_rotate_the_audit_reaches_the_scribe),
        T(a_rotation_without_its_file_is_refused),
        T(a_reload_reaches_all_and_brings_the_clerk_the_certificate),
        T(a_long_data_directory_has_an_admin_socket_too),
    };

    return cmocka_run_group_tests_name("daemon/supervise", tests, NULL, NULL);
}
