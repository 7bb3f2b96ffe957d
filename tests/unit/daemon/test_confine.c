/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_confine.c - from inside each process' confinement, what must fail fails.
 * Each case runs in a forked child that confines itself as the real one does and
 * reports over a pipe.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/capability.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/rand.h"
#include "base/secbuf.h"
#include "daemon/confine.h"

enum { NOBODY = 65534, FINE = 0, BROKEN = 99 };

struct scene {
    struct config *config;
    char dir[64];
    int map_fd; /* a file opened read-only, as front has the store */
};

typedef int (*inside_fn)(const struct scene *sc, const char *what);

static int
setup(void **state)
{
    struct scene *sc = calloc(1, sizeof(*sc));
    struct config_override over[] = { { "data_dir", NULL } };
    struct config_report r;
    char path[CONFIG_PATH_MAX + 16];
    int fd;

    assert_non_null(sc);
    (void)snprintf(sc->dir, sizeof(sc->dir), "/tmp/keyhold-confine-XXXXXX");
    assert_non_null(mkdtemp(sc->dir));
    over[0].value = sc->dir;
    config_report_init(&r);
    assert_int_equal(config_parse(span_str(""), "t", over, 1, &sc->config, &r), ERR_OK);
    config_report_release(&r);
    assert_int_equal(mkdir(sc->config->store_dir, 0777), 0);
    assert_int_equal(mkdir(sc->config->audit_dir, 0777), 0);
    assert_int_equal(chmod(sc->dir, 0755), 0);
    assert_int_equal(chmod(sc->config->store_dir, 0777), 0);
    assert_int_equal(chmod(sc->config->audit_dir, 0777), 0);
    (void)snprintf(path, sizeof(path), "%s/data.mdb", sc->config->store_dir);
    fd = open(path, O_RDWR | O_CREAT, 0666);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, 8192), 0);
    close(fd);
    sc->map_fd = open(path, O_RDONLY);
    assert_true(sc->map_fd >= 0);
    *state = sc;
    return 0;
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    (void)st;
    (void)kind;
    (void)where;
    return remove(path);
}

static int
teardown(void **state)
{
    struct scene *sc = *state;

    close(sc->map_fd);
    assert_int_equal(nftw(sc->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
    config_free(sc->config);
    free(sc);
    return 0;
}

/* Confines a forked child and returns the wait status of what it does inside. */
static int
status_inside(const struct scene *sc, enum ipc_role role, inside_fn fn, const char *what)
{
    struct child_env env = { .role = role,
                             .config = sc->config,
                             .control_fd = -1,
                             .loops = 1,
                             .parent = getpid(),
                             .drop = geteuid() == 0,
                             .uid = NOBODY,
                             .gid = NOBODY };
    pid_t pid = fork();
    int status = 0;

    assert_true(pid >= 0);
    if (pid == 0) {
        if (confine_identity(&env) != ERR_OK || confine_process(&env) != ERR_OK)
            _exit(BROKEN);
        _exit(fn(sc, what));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static int
inside(const struct scene *sc, enum ipc_role role, inside_fn fn, const char *what)
{
    int status = status_inside(sc, role, fn, what);

    if (WIFSIGNALED(status))
        fail_msg("%s: %s: signal %d", ipc_role_name(role), what, WTERMSIG(status));
    return WEXITSTATUS(status);
}

static int
probe(const struct scene *sc, const char *what)
{
    (void)sc;
    return confine_probe(what);
}

static const enum ipc_role roles[] = { ROLE_FRONT, ROLE_KEEPER, ROLE_SCRIBE, ROLE_CLERK,
                                       ROLE_TOKEN };
enum { NROLES = 5 };

/* What each profile refuses; a role's letter in `but` may do it. */
static const struct row {
    const char *what;
    const char *but; /* s: scribe, c: clerk, d: clerk that dials, t: token */
    int with;
} rows[] = {
    { "ptrace", "", EPERM },   { "exec", "", EPERM },      { "fork", "", EPERM },
    { "kill", "", EPERM },     { "map-exec", "t", EPERM }, { "root", "", EPERM },
    { "socket", "dt", EPERM }, { "connect", "dt", EPERM }, { "open", "scdt", EPERM },
    { "create", "st", EPERM },
};

static bool
is_excepted(const struct row *r, enum ipc_role role, bool dials)
{
    return (role == ROLE_SCRIBE && strchr(r->but, 's') != NULL) ||
           (role == ROLE_TOKEN && strchr(r->but, 't') != NULL) ||
           (role == ROLE_CLERK && strchr(r->but, dials ? 'd' : 'c') != NULL);
}

static void
what_must_fail_fails_in_every_profile(void **state)
{
    const struct scene *sc = *state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (size_t k = 0; k < NROLES; k++) {
            int got;

            if (is_excepted(&rows[i], roles[k], sc->config->dial))
                continue;
            got = inside(*state, roles[k], probe, rows[i].what);
            if (got != rows[i].with)
                fail_msg("%s: %s gives %d, not %d", ipc_role_name(roles[k]), rows[i].what, got,
                         rows[i].with);
        }
}

static int
write_to_map(const struct scene *sc, const char *what)
{
    void *map = mmap(NULL, 8192, PROT_READ, MAP_SHARED, sc->map_fd, 0);
    int rc;

    (void)what;
    if (map == MAP_FAILED)
        return BROKEN;
    rc = confine_probe_map(map, 8192);
    if (rc == 0)
        return 0;
    /* Nor by a second mapping, nor through the descriptor. */
    if (mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, sc->map_fd, 0) != MAP_FAILED)
        return 0;
    if (pwrite(sc->map_fd, "x", 1, 0) == 1 || write(sc->map_fd, "x", 1) == 1)
        return 0;
    return rc;
}

static void
front_cannot_write_the_store_it_reads(void **state)
{
    assert_int_equal(inside(*state, ROLE_FRONT, write_to_map, ""), EACCES);
}

/* 0, or the errno of opening a path under the scene's directory for writing. */
static int
open_there(const struct scene *sc, const char *what)
{
    char path[256];
    int fd;

    (void)snprintf(path, sizeof(path), "%s/%s", sc->dir, what);
    fd = open(path, O_RDWR | O_CREAT, 0600);
    return fd < 0 ? errno : FINE;
}

static void
the_scribe_writes_below_store_and_audit(void **state)
{
    assert_int_equal(inside(*state, ROLE_SCRIBE, open_there, "audit/audit.jsonl"), FINE);
    assert_int_equal(inside(*state, ROLE_SCRIBE, open_there, "store/x"), FINE);
}

static void
landlock_keeps_the_scribe_from_all_other_paths(void **state)
{
    if (confine_landlock_abi() == 0)
        skip();
    assert_int_equal(inside(*state, ROLE_SCRIBE, probe, "open"), EACCES);
    assert_int_equal(inside(*state, ROLE_SCRIBE, probe, "create"), EACCES);
}

/* 0, or the errno of opening a path under the scene's directory for reading. */
static int
read_there(const struct scene *sc, const char *what)
{
    char path[256];
    int fd;

    (void)snprintf(path, sizeof(path), "%s/%s", sc->dir, what);
    fd = open(path, O_RDONLY);
    return fd < 0 ? errno : FINE;
}

static int
open_for_writing(const struct scene *sc, const char *what)
{
    static const int flags[] = { O_WRONLY, O_RDWR, O_RDWR | O_TRUNC, O_RDONLY | O_CREAT,
                                 O_ACCMODE };
    char path[256];

    (void)snprintf(path, sizeof(path), "%s/%s", sc->dir, what);
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
        if (open(path, flags[i], 0600) >= 0 || errno != EPERM ||
            syscall(SYS_openat, AT_FDCWD, path, flags[i], 0600) >= 0 || errno != EPERM)
            return (int)i + 1;
    return FINE;
}

static void
the_clerk_opens_nothing_for_writing(void **state)
{
    assert_int_equal(inside(*state, ROLE_CLERK, open_for_writing, "store/data.mdb"), FINE);
    assert_int_equal(inside(*state, ROLE_CLERK, read_there, "store/data.mdb"), FINE);
}

/* By its mode the key file can be read here: a server that does not run as root shares it. */
static void
landlock_keeps_the_clerk_from_the_root_key(void **state)
{
    const struct scene *sc = *state;
    int fd;

    if (confine_landlock_abi() == 0)
        skip();
    fd = open(sc->config->seal_file, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0);
    assert_int_equal(fchmod(fd, 0644), 0);
    close(fd);
    assert_int_equal(inside(sc, ROLE_CLERK, read_there, "root.key"), EACCES);
    assert_int_equal(inside(sc, ROLE_SCRIBE, read_there, "root.key"), EACCES);
}

/* The same with a clerk that dials: it may no more than that. */
static void
what_must_fail_fails_where_the_clerk_dials(void **state)
{
    const struct scene *sc = *state;

    sc->config->dial = true;
    what_must_fail_fails_in_every_profile(state);
}

static int
bind_there(const struct scene *sc, const char *what)
{
    struct sockaddr_in a = { .sin_family = AF_INET };
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    (void)sc;
    (void)what;
    if (fd < 0)
        return BROKEN;
    return bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0 ? FINE : errno;
}

static void *
end_at_once(void *arg)
{
    return arg;
}

static int
start_thread(const struct scene *sc, const char *what)
{
    pthread_t t;

    (void)sc;
    (void)what;
    return pthread_create(&t, NULL, end_at_once, NULL) == 0 ? FINE : EPERM;
}

/* What libcurl does for a name, by the numbers of this machine's own files. */
static int
resolve(const struct scene *sc, const char *what)
{
    struct addrinfo *found = NULL;
    int rc = getaddrinfo(what, NULL, NULL, &found);

    (void)sc;
    if (rc == 0)
        freeaddrinfo(found);
    return rc == 0 ? FINE : BROKEN;
}

static void
the_clerk_dials_where_it_is_configured(void **state)
{
    const struct scene *sc = *state;

    assert_int_equal(inside(sc, ROLE_CLERK, start_thread, ""), EPERM);
    if (confine_landlock_abi() != 0)
        assert_int_equal(inside(sc, ROLE_CLERK, probe, "open"), EACCES);
    sc->config->dial = true;
    assert_int_equal(inside(sc, ROLE_CLERK, start_thread, ""), FINE);
    /* What can be resolved outside, that is: a bare machine may not even know itself. */
    if (resolve(sc, "localhost") == FINE)
        assert_int_equal(inside(sc, ROLE_CLERK, resolve, "localhost"), FINE);
    assert_int_equal(inside(sc, ROLE_CLERK, bind_there, ""), EPERM);
    assert_int_equal(inside(*state, ROLE_CLERK, probe, "socket"), 0);
    /* Reaches the kernel: what it was tried on is no socket. */
    assert_int_equal(inside(*state, ROLE_CLERK, probe, "connect"), ENOTSOCK);
}

/* Its own paths and the system's libraries; nothing of ours, though by mode it could. */
static void
the_token_process_reaches_the_token_only(void **state)
{
    const struct scene *sc = *state;
    char own[128];
    int fd;

    (void)snprintf(own, sizeof(own), "%s/own", sc->dir);
    (void)snprintf(sc->config->hsm_paths, sizeof(sc->config->hsm_paths), "%s", own);
    (void)snprintf(sc->config->hsm_module, sizeof(sc->config->hsm_module), "/usr/lib/x.so");
    assert_int_equal(mkdir(own, 0777), 0);
    assert_int_equal(chmod(own, 0777), 0);
    fd = open(sc->config->seal_file, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0);
    assert_int_equal(fchmod(fd, 0666), 0);
    close(fd);
    assert_int_equal(inside(sc, ROLE_TOKEN, open_there, "own/object"), FINE);
    assert_int_equal(inside(sc, ROLE_TOKEN, read_there, "own/object"), FINE);
    assert_int_equal(inside(sc, ROLE_TOKEN, probe, "map-exec"), 0);
    assert_int_equal(inside(sc, ROLE_TOKEN, probe, "socket"), 0);
    if (confine_landlock_abi() == 0)
        skip();
    assert_int_equal(inside(sc, ROLE_TOKEN, read_there, "root.key"), EACCES);
    assert_int_equal(inside(sc, ROLE_TOKEN, open_there, "root.key"), EACCES);
    assert_int_equal(inside(sc, ROLE_TOKEN, read_there, "store/data.mdb"), EACCES);
    assert_int_equal(inside(sc, ROLE_TOKEN, open_there, "store/data.mdb"), EACCES);
    assert_int_equal(inside(sc, ROLE_TOKEN, open_there, "audit/audit.jsonl"), EACCES);
    assert_int_equal(inside(sc, ROLE_TOKEN, probe, "open"), EACCES);
    assert_int_equal(inside(sc, ROLE_TOKEN, probe, "create"), EACCES);
}

static int
odd_call(const struct scene *sc, const char *what)
{
    (void)sc;
    (void)what;
    return (int)syscall(SYS_swapoff, "/none");
}

static void
a_call_outside_the_profile_ends_the_process(void **state)
{
    for (size_t k = 0; k < NROLES; k++) {
        int status = status_inside(*state, roles[k], odd_call, "");

        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), SIGSYS);
    }
}

static void
log_mode_lets_it_pass(void **state)
{
    struct scene *sc = *state;

    sc->config->confine = CONFINE_LOG;
    assert_int_equal(inside(sc, ROLE_FRONT, probe, "open"), 0);
    assert_int_equal(inside(sc, ROLE_KEEPER, odd_call, ""), 255);
}

static int
identity(const struct scene *sc, const char *what)
{
    struct rlimit r;

    (void)sc;
    (void)what;
    if (geteuid() == 0 || getuid() == 0 || getgid() == 0)
        return 1;
    if (getrlimit(RLIMIT_CORE, &r) != 0 || r.rlim_max != 0)
        return 2;
    return FINE;
}

/* Before the filter: what the kernel says of us. */
static int
check_status_before(const struct scene *sc, enum ipc_role role)
{
    struct child_env env = { .role = role,
                             .config = sc->config,
                             .loops = 1,
                             .parent = getpid(),
                             .drop = geteuid() == 0,
                             .uid = NOBODY,
                             .gid = NOBODY };
    pid_t pid = fork();
    int status, sig = 0;

    assert_true(pid >= 0);
    if (pid == 0) {
        /* A container may have kept this from us. */
        bool may_drop = prctl(PR_CAPBSET_DROP, CAP_WAKE_ALARM, 0, 0, 0) == 0;

        if (confine_identity(&env) != ERR_OK)
            _exit(BROKEN);
        if (prctl(PR_GET_DUMPABLE) != 0 || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
            _exit(1);
        if (prctl(PR_GET_PDEATHSIG, &sig) != 0 || sig != SIGKILL)
            _exit(2);
        if (may_drop && prctl(PR_CAPBSET_READ, CAP_CHOWN) != 0)
            _exit(4);
        if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, 0, 0, 0) == 1)
            _exit(3);
        _exit(FINE);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : BROKEN;
}

static void
the_user_is_given_up(void **state)
{
    if (geteuid() != 0)
        skip();
    for (size_t k = 0; k < NROLES; k++) {
        assert_int_equal(inside(*state, roles[k], identity, ""), FINE);
        assert_int_equal(check_status_before(*state, roles[k]), FINE);
    }
}

static void *
thread_body(void *arg)
{
    *(int *)arg = confine_probe("open");
    return NULL;
}

static int
thread_inherits(const struct scene *sc, const char *what)
{
    pthread_t t;
    int got = 0;

    (void)sc;
    (void)what;
    if (pthread_create(&t, NULL, thread_body, &got) != 0)
        return BROKEN;
    pthread_join(t, NULL);
    return got;
}

static void
threads_started_later_are_confined_too(void **state)
{
    assert_int_equal(inside(*state, ROLE_FRONT, thread_inherits, ""), EPERM);
    assert_int_equal(inside(*state, ROLE_KEEPER, thread_inherits, ""), EPERM);
}

static void *
idle_thread(void *arg)
{
    pause();
    return arg;
}

static void
confining_with_threads_around_is_refused(void **state)
{
    const struct scene *sc = *state;
    struct child_env env = { .role = ROLE_KEEPER, .config = sc->config, .parent = getpid() };
    pid_t pid = fork();
    pthread_t t;
    int status;

    assert_true(pid >= 0);
    if (pid == 0) {
        if (pthread_create(&t, NULL, idle_thread, NULL) != 0)
            _exit(BROKEN);
        _exit(confine_process(&env) == ERR_INTERNAL ? FINE : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), FINE);
}

/* What every process does all day must still work. */
static int
daily_work(const struct scene *sc, const char *what)
{
    struct epoll_event ev = { .events = EPOLLIN };
    struct stat st;
    uint8_t bytes[16];
    int fds[2], ep = epoll_create1(EPOLL_CLOEXEC);
    void *p = malloc(4 << 20);

    (void)what;
    rand_fill(bytes, sizeof(bytes));
    if (p == NULL || ep < 0 || clock_mono_ms() == 0 || pipe2(fds, O_NONBLOCK | O_CLOEXEC) != 0)
        return 1;
    free(p);
    if (epoll_ctl(ep, EPOLL_CTL_ADD, fds[0], &ev) != 0 || write(fds[1], "x", 1) != 1 ||
        epoll_wait(ep, &ev, 1, 1000) != 1)
        return 2;
    if (fstat(sc->map_fd, &st) != 0 || st.st_size != 8192 ||
        pread(sc->map_fd, bytes, 4, 0) != 4)
        return 3;
    if (fcntl(fds[0], F_SETFL, O_NONBLOCK) != 0 || isatty(fds[0]))
        return 4;
    return FINE;
}

static void
daily_work_goes_on(void **state)
{
    for (size_t k = 0; k < NROLES; k++)
        assert_int_equal(inside(*state, roles[k], daily_work, ""), FINE);
}

static int
secret_memory(const struct scene *sc, const char *what)
{
    struct child_env env = { .role = ROLE_KEEPER, .config = sc->config };

    (void)what;
    return secmem_init(confine_locked_memory(&env)) == ERR_OK ? FINE : 1;
}

static void
locked_memory_is_still_to_be_had(void **state)
{
    assert_int_equal(inside(*state, ROLE_KEEPER, secret_memory, ""), FINE);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(what_must_fail_fails_in_every_profile),
        T(front_cannot_write_the_store_it_reads),
        T(the_scribe_writes_below_store_and_audit),
        T(landlock_keeps_the_scribe_from_all_other_paths),
        T(the_clerk_opens_nothing_for_writing),
        T(landlock_keeps_the_clerk_from_the_root_key),
        T(what_must_fail_fails_where_the_clerk_dials),
        T(the_clerk_dials_where_it_is_configured),
        T(the_token_process_reaches_the_token_only),
        T(a_call_outside_the_profile_ends_the_process),
        T(log_mode_lets_it_pass),
        T(the_user_is_given_up),
        T(threads_started_later_are_confined_too),
        T(confining_with_threads_around_is_refused),
        T(daily_work_goes_on),
        T(locked_memory_is_still_to_be_had),
    };

    return cmocka_run_group_tests_name("daemon/confine", tests, NULL, NULL);
}
