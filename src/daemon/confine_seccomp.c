/* SPDX-License-Identifier: Apache-2.0 */
/*
 * confine_seccomp.c - the filter that all roles share, and the loading of it.
 *
 * Three answers: allowed; refused with EPERM (what an intruder would try first,
 * and what libraries try and can live without); the end of the process for all
 * the rest. The polite refusals let tests and libraries see the fence.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/confine_int.h"

static const int common[] = {
    /* memory */
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(brk),
    SCMP_SYS(madvise),
    SCMP_SYS(mlock),
    SCMP_SYS(mlock2),
    SCMP_SYS(munlock),
    SCMP_SYS(membarrier),
    /* threads and signals of our own */
    SCMP_SYS(futex),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(set_tid_address),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigtimedwait),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(getcpu),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(restart_syscall),
    /* who and when */
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getppid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(getrandom),
    SCMP_SYS(getrusage),
    SCMP_SYS(times),
    SCMP_SYS(sysinfo),
    SCMP_SYS(uname),
    SCMP_SYS(getrlimit),
    /* descriptors we have */
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(close),
    SCMP_SYS(fstat),
    SCMP_SYS(lseek),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(epoll_create1),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(epoll_pwait2),
    SCMP_SYS(eventfd2),
    SCMP_SYS(timerfd_create),
    SCMP_SYS(timerfd_settime),
    SCMP_SYS(timerfd_gettime),
    SCMP_SYS(pipe2),
    SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg),
    SCMP_SYS(sendto),
    SCMP_SYS(sendmsg),
    SCMP_SYS(shutdown),
    SCMP_SYS(getsockopt),
};

static const int refused[] = {
    SCMP_SYS(open),
    SCMP_SYS(openat),
    SCMP_SYS(openat2),
    SCMP_SYS(creat),
    SCMP_SYS(stat),
    SCMP_SYS(lstat),
    SCMP_SYS(statx),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(getcwd),
    SCMP_SYS(chdir),
    SCMP_SYS(unlink),
    SCMP_SYS(unlinkat),
    SCMP_SYS(rename),
    SCMP_SYS(renameat),
    SCMP_SYS(renameat2),
    SCMP_SYS(link),
    SCMP_SYS(linkat),
    SCMP_SYS(symlink),
    SCMP_SYS(symlinkat),
    SCMP_SYS(mkdir),
    SCMP_SYS(mkdirat),
    SCMP_SYS(chmod),
    SCMP_SYS(fchmodat),
    SCMP_SYS(chown),
    SCMP_SYS(fchownat),
    SCMP_SYS(truncate),
    SCMP_SYS(ftruncate),
    SCMP_SYS(pwrite64),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(memfd_create),
    SCMP_SYS(socket),
    SCMP_SYS(socketpair),
    SCMP_SYS(connect),
    SCMP_SYS(bind),
    SCMP_SYS(listen),
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(pidfd_open),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(kill),
    SCMP_SYS(tkill),
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(fork),
    SCMP_SYS(vfork),
    SCMP_SYS(setuid),
    SCMP_SYS(setgid),
    SCMP_SYS(setresuid),
    SCMP_SYS(setresgid),
    SCMP_SYS(setgroups),
    SCMP_SYS(capset),
    SCMP_SYS(setrlimit),
    SCMP_SYS(unshare),
    SCMP_SYS(setns),
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(chroot),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(keyctl),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
};

static void
keep(struct rules *r, int rc)
{
    /* A call that this architecture lacks needs no rule. */
    if (rc != 0 && rc != -EDOM && r->rc == 0)
        r->rc = rc;
}

void
rules_allow(struct rules *r, int call)
{
    keep(r, seccomp_rule_add(r->ctx, SCMP_ACT_ALLOW, call, 0));
}

void
rules_allow_if(struct rules *r, int call, unsigned arg, uint64_t mask, uint64_t value)
{
    const struct scmp_arg_cmp cmp = { arg, SCMP_CMP_MASKED_EQ, mask, value };

    keep(r, seccomp_rule_add_array(r->ctx, SCMP_ACT_ALLOW, call, 1, &cmp));
}

void
rules_refuse_if(struct rules *r, int call, unsigned arg, uint64_t mask, uint64_t value)
{
    const struct scmp_arg_cmp cmp = { arg, SCMP_CMP_MASKED_EQ, mask, value };

    if (r->refuses)
        keep(r, seccomp_rule_add_array(r->ctx, SCMP_ACT_ERRNO(EPERM), call, 1, &cmp));
}

/* Without the rule the default action applies: in log mode, a line in the kernel's log. */
static void
rules_refuse(struct rules *r, int call, int with)
{
    if (r->refuses)
        keep(r, seccomp_rule_add(r->ctx, SCMP_ACT_ERRNO((uint32_t)with), call, 0));
}

static bool
is_allowed(const struct profile *p, int call)
{
    for (const int *a = p->allow; *a != -1; a++)
        if (*a == call)
            return true;
    return false;
}

static void
add_memory_rules(struct rules *r)
{
    const int calls[] = { SCMP_SYS(mmap), SCMP_SYS(mprotect) };

    for (size_t i = 0; i < 2; i++) {
        rules_allow_if(r, calls[i], 2, PROT_EXEC, 0);
        rules_refuse_if(r, calls[i], 2, PROT_EXEC, PROT_EXEC);
    }
}

static void
add_thread_rules(struct rules *r, const struct profile *p)
{
    /* The filter cannot look behind clone3's pointer; libc falls back to clone. */
    rules_refuse(r, SCMP_SYS(clone3), ENOSYS);
    if (!p->threads) {
        rules_refuse(r, SCMP_SYS(clone), EPERM);
    } else {
        rules_allow_if(r, SCMP_SYS(clone), 0, CLONE_THREAD, CLONE_THREAD);
        rules_refuse_if(r, SCMP_SYS(clone), 0, CLONE_THREAD, 0);
    }
    /* abort() signals its own process, and only that. */
    rules_allow_if(r, SCMP_SYS(tgkill), 0, UINT32_MAX, (uint64_t)getpid());
}

static void
add_descriptor_rules(struct rules *r, const struct profile *p)
{
    const uint64_t fcntls[] = {
        F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GETLK, F_SETLK, F_SETLKW
    };

    for (size_t i = 0; i < sizeof(fcntls) / sizeof(fcntls[0]); i++)
        rules_allow_if(r, SCMP_SYS(fcntl), 1, UINT32_MAX, fcntls[i]);
    rules_allow_if(r, SCMP_SYS(ioctl), 1, UINT32_MAX, FIONREAD);
    rules_allow_if(r, SCMP_SYS(ioctl), 1, UINT32_MAX, FIONBIO);
    rules_refuse_if(r, SCMP_SYS(ioctl), 1, UINT32_MAX, TCGETS);
    rules_allow_if(r, SCMP_SYS(prctl), 0, UINT32_MAX, PR_SET_NAME);
    /* Reading a limit, not setting one. */
    rules_allow_if(r, SCMP_SYS(prlimit64), 2, UINT64_MAX, 0);
    /* fstat() of newer C libraries; not a look at paths. */
    if (!is_allowed(p, SCMP_SYS(newfstatat))) {
        rules_allow_if(r, SCMP_SYS(newfstatat), 3, AT_EMPTY_PATH, AT_EMPTY_PATH);
        rules_refuse_if(r, SCMP_SYS(newfstatat), 3, AT_EMPTY_PATH, 0);
    }
}

/* A module maps its libraries and sets its descriptors as it likes. */
static void
add_foreign_rules(struct rules *r)
{
    const int calls[] = { SCMP_SYS(mmap), SCMP_SYS(mprotect), SCMP_SYS(fcntl),
                          SCMP_SYS(ioctl) };

    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
        rules_allow(r, calls[i]);
    rules_allow_if(r, SCMP_SYS(prctl), 0, UINT32_MAX, PR_SET_NAME);
    rules_allow_if(r, SCMP_SYS(prctl), 0, UINT32_MAX, PR_GET_NAME);
    rules_allow_if(r, SCMP_SYS(prctl), 0, UINT32_MAX, PR_GET_DUMPABLE);
    rules_allow_if(r, SCMP_SYS(prctl), 0, UINT32_MAX, PR_CAPBSET_READ);
    /* Reading a limit, not setting one. */
    rules_allow_if(r, SCMP_SYS(prlimit64), 2, UINT64_MAX, 0);
}

/* Opening for reading is allowed; Landlock says what. */
static void
add_open_rules(struct rules *r)
{
    static const struct {
        int call;
        unsigned flags; /* which argument */
    } calls[] = { { SCMP_SYS(open), 1 }, { SCMP_SYS(openat), 2 } };

    for (size_t i = 0; i < 2; i++) {
        rules_allow_if(r, calls[i].call, calls[i].flags, O_ACCMODE | O_CREAT, O_RDONLY);
        rules_refuse_if(r, calls[i].call, calls[i].flags, O_CREAT, O_CREAT);
        rules_refuse_if(r, calls[i].call, calls[i].flags, O_ACCMODE, O_WRONLY);
        rules_refuse_if(r, calls[i].call, calls[i].flags, O_ACCMODE, O_RDWR);
        rules_refuse_if(r, calls[i].call, calls[i].flags, O_ACCMODE, O_ACCMODE);
    }
}

static bool
is_conditional(const struct profile *p, int call)
{
    return p->reads_files && (call == SCMP_SYS(open) || call == SCMP_SYS(openat));
}

static void
add_all(struct rules *r, const struct profile *p)
{
    for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++)
        rules_allow(r, common[i]);
    for (const int *a = p->allow; *a != -1; a++)
        rules_allow(r, *a);
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        if (!is_allowed(p, refused[i]) && !is_conditional(p, refused[i]))
            rules_refuse(r, refused[i], EPERM);
    if (p->reads_files)
        add_open_rules(r);
    add_thread_rules(r, p);
    if (p->foreign) {
        add_foreign_rules(r);
    } else {
        add_memory_rules(r);
        add_descriptor_rules(r, p);
    }
    if (p->extra != NULL)
        p->extra(r);
}

enum err
confine_seccomp(const struct profile *p, enum confine_mode mode)
{
    bool log = mode == CONFINE_LOG;
    struct rules r = { .refuses = !log };

    r.ctx = seccomp_init(log ? SCMP_ACT_LOG : SCMP_ACT_KILL_PROCESS);
    if (r.ctx == NULL) {
        log_error("confine: cannot make a system call filter");
        return ERR_INTERNAL;
    }
    keep(&r, seccomp_attr_set(r.ctx, SCMP_FLTATR_CTL_TSYNC, 1));
    /* A binary tree instead of a list: a dozen comparisons per call, not a hundred. */
    (void)seccomp_attr_set(r.ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    add_all(&r, p);
    if (r.rc == 0)
        r.rc = seccomp_load(r.ctx);
    seccomp_release(r.ctx);
    if (r.rc == 0)
        return ERR_OK;
    log_error("confine: cannot load the system call filter: %s", strerror(-r.rc));
    return ERR_INTERNAL;
}
