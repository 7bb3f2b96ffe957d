/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unfiltered.c - libseccomp without an effect, to be preloaded where a program runs under
 * callgrind, which makes system calls of its own and cannot load filters. The program itself
 * has no way to run unfiltered.
 *
 * callgrind_control does not find processes that were forked and confined: they are told by
 * signals to begin counting, and to write down what they counted.
 */
#include <seccomp.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <valgrind/callgrind.h>

static int some;

static void
on_begin(int signo)
{
    (void)signo;
    CALLGRIND_ZERO_STATS;
}

static void
on_end(int signo)
{
    (void)signo;
    CALLGRIND_DUMP_STATS;
}

__attribute__((constructor)) static void
listen_for_signals(void)
{
    struct sigaction begin = { .sa_handler = on_begin, .sa_flags = SA_RESTART };
    struct sigaction end = { .sa_handler = on_end, .sa_flags = SA_RESTART };

    (void)sigaction(SIGRTMIN + 4, &begin, NULL);
    (void)sigaction(SIGRTMIN + 5, &end, NULL);
}

/* What was counted goes into a file. */
int
setrlimit(__rlimit_resource_t resource, const struct rlimit *r)
{
    if (resource == RLIMIT_FSIZE)
        return 0;
    return (int)syscall(SYS_prlimit64, 0, (int)resource, r, NULL);
}

scmp_filter_ctx
seccomp_init(uint32_t action)
{
    (void)action;
    return &some;
}

int
seccomp_attr_set(scmp_filter_ctx ctx, enum scmp_filter_attr attr, uint32_t value)
{
    (void)ctx;
    (void)attr;
    (void)value;
    return 0;
}

int
seccomp_rule_add(scmp_filter_ctx ctx, uint32_t action, int syscall, unsigned int n, ...)
{
    (void)ctx;
    (void)action;
    (void)syscall;
    (void)n;
    return 0;
}

int
seccomp_rule_add_array(scmp_filter_ctx ctx, uint32_t action, int syscall, unsigned int n,
                       const struct scmp_arg_cmp *args)
{
    (void)ctx;
    (void)action;
    (void)syscall;
    (void)n;
    (void)args;
    return 0;
}

int
seccomp_load(const scmp_filter_ctx ctx)
{
    (void)ctx;
    return 0;
}

void
seccomp_release(scmp_filter_ctx ctx)
{
    (void)ctx;
}
