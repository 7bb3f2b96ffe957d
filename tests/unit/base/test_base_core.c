/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_base_core.c - a core file, written on purpose, does not hold secret memory.
 *
 * Our processes write none (confine.c); this is the second fence, for the day
 * somebody turns that off to find a fault. The positive control: what lies in
 * ordinary memory IS found, by the same search in the same file.
 */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/secbuf.h"

#ifdef __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#endif

enum { CANARY = 64, NEEDLE = 16, ARENA = 256 * 1024, NO_CORE = 9 };

struct scene {
    char dir[64];
};

/* Never whole in a register, on the stack or in the program: a byte at a time. */
static void
put_canary(volatile uint8_t *at, uint8_t kind, size_t len)
{
    for (size_t i = 0; i < len; i++)
        at[i] = (uint8_t)((i * 37 + 11) ^ kind);
}

static _Noreturn void
dump_core(const struct scene *sc)
{
    const struct rlimit most = { RLIM_INFINITY, RLIM_INFINITY };
    struct rlimit r;
    uint8_t *plain = malloc(CANARY);
    struct secbuf secret;
    uint8_t *p;

    if (setrlimit(RLIMIT_CORE, &most) != 0 &&
        (getrlimit(RLIMIT_CORE, &r) != 0 || (r.rlim_cur = r.rlim_max) == 0 ||
         setrlimit(RLIMIT_CORE, &r) != 0))
        _exit(NO_CORE);
    if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) != 0 || chdir(sc->dir) != 0 || plain == NULL ||
        secmem_init(ARENA) != ERR_OK)
        _exit(NO_CORE);
    secbuf_init(&secret, CANARY);
    p = secbuf_grow(&secret, CANARY);
    if (p == NULL)
        _exit(NO_CORE);
    put_canary(p, 0xa5, CANARY);
    put_canary(plain, 0x5a, CANARY);
    (void)signal(SIGABRT, SIG_DFL);
    abort();
}

static bool
file_has(const char *path, uint8_t kind)
{
    uint8_t needle[NEEDLE];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    uint8_t *bytes;
    size_t got = 0;
    bool found;
    ssize_t n;

    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &st), 0);
    bytes = malloc((size_t)st.st_size + 1);
    assert_non_null(bytes);
    while ((n = read(fd, bytes + got, (size_t)st.st_size - got)) > 0)
        got += (size_t)n;
    close(fd);
    put_canary(needle, kind, NEEDLE);
    found = memmem(bytes, got, needle, NEEDLE) != NULL;
    free(bytes);
    return found;
}

/* The one file in the scene's directory; false if there is none. */
static bool
find_core(const struct scene *sc, char *path, size_t cap)
{
    const struct dirent *ent;
    DIR *d = opendir(sc->dir);
    bool found = false;

    assert_non_null(d);
    while (!found && (ent = readdir(d)) != NULL)
        if (ent->d_name[0] != '.') {
            (void)snprintf(path, cap, "%s/%s", sc->dir, ent->d_name);
            found = true;
        }
    (void)closedir(d);
    return found;
}

/* Where the kernel writes core files; NULL: into the working directory. */
static const char *
core_goes_elsewhere(void)
{
    static char pattern[256];
    int fd = open("/proc/sys/kernel/core_pattern", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, pattern, sizeof(pattern) - 1);

    if (fd >= 0)
        close(fd);
    if (n < 0)
        return "nobody knows where";
    pattern[n] = '\0';
    return strchr(pattern, '/') != NULL || pattern[0] == '|' ? pattern : NULL;
}

static void
a_core_file_holds_no_secret_memory(void **state)
{
    const struct scene *sc = *state;
    const char *elsewhere = core_goes_elsewhere();
    char path[512];
    int status = 0;
    pid_t pid;

#ifdef SANITIZED
    elsewhere = "nowhere (built with a sanitizer)";
#endif
    if (elsewhere != NULL) {
        print_message("core files go to %s: not looked at\n", elsewhere);
        skip();
    }
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        dump_core(sc);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (!WIFSIGNALED(status) || !WCOREDUMP(status) || !find_core(sc, path, sizeof(path))) {
        print_message("no core file is to be had here (limits?): not looked at\n");
        skip();
    }
    assert_int_equal(WTERMSIG(status), SIGABRT);
    assert_true(file_has(path, 0x5a));
    assert_false(file_has(path, 0xa5));
}

static int
setup(void **state)
{
    struct scene *sc = calloc(1, sizeof(*sc));

    assert_non_null(sc);
    (void)snprintf(sc->dir, sizeof(sc->dir), "/tmp/keyhold-core-XXXXXX");
    assert_non_null(mkdtemp(sc->dir));
    *state = sc;
    return 0;
}

static int
teardown(void **state)
{
    struct scene *sc = *state;
    char path[512];

    while (find_core(sc, path, sizeof(path)))
        assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(sc->dir), 0);
    free(sc);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_core_file_holds_no_secret_memory, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
