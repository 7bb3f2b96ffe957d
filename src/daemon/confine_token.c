/* SPDX-License-Identifier: Apache-2.0 */
/*
 * confine_token.c - the token process: whatever a PKCS#11 module does with the
 * files and devices it was given, with sockets and with threads of its own. It
 * is foreign code, loaded after confinement, so executable mappings are
 * allowed; executing, tracing, mounting and signalling others are not. The
 * store, the log and the root key are out of Landlock's reach, and belong to
 * other users where `hsm.user` is set.
 */
#include <string.h>

#include "daemon/confine_int.h"

static const int allow[] = {
    /* files below the granted paths */
    SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(openat2), SCMP_SYS(creat), SCMP_SYS(stat),
    SCMP_SYS(lstat), SCMP_SYS(newfstatat), SCMP_SYS(statx), SCMP_SYS(access),
    SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat),
    SCMP_SYS(getcwd), SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(rename),
    SCMP_SYS(renameat), SCMP_SYS(renameat2), SCMP_SYS(link), SCMP_SYS(linkat), SCMP_SYS(mkdir),
    SCMP_SYS(mkdirat), SCMP_SYS(rmdir), SCMP_SYS(chmod), SCMP_SYS(fchmod), SCMP_SYS(fchmodat),
    SCMP_SYS(truncate), SCMP_SYS(ftruncate), SCMP_SYS(fallocate), SCMP_SYS(umask),
    SCMP_SYS(utimensat), SCMP_SYS(getdents64), SCMP_SYS(statfs), SCMP_SYS(fstatfs),
    SCMP_SYS(memfd_create),
    /* descriptors */
    SCMP_SYS(pread64), SCMP_SYS(pwrite64), SCMP_SYS(preadv), SCMP_SYS(pwritev), SCMP_SYS(fsync),
    SCMP_SYS(fdatasync), SCMP_SYS(msync), SCMP_SYS(flock), SCMP_SYS(dup), SCMP_SYS(dup2),
    SCMP_SYS(dup3), SCMP_SYS(pipe), SCMP_SYS(select), SCMP_SYS(pselect6),
    SCMP_SYS(epoll_create), SCMP_SYS(eventfd), SCMP_SYS(inotify_init), SCMP_SYS(inotify_init1),
    SCMP_SYS(inotify_add_watch), SCMP_SYS(inotify_rm_watch), SCMP_SYS(fadvise64),
    SCMP_SYS(sendfile),
    /* the module's server: a socket, a daemon, the network */
    SCMP_SYS(socket), SCMP_SYS(socketpair), SCMP_SYS(connect), SCMP_SYS(bind),
    SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(setsockopt), SCMP_SYS(sendmmsg),
    SCMP_SYS(recvmmsg),
    /* shared memory and semaphores with a maker's daemon */
    SCMP_SYS(shmget), SCMP_SYS(shmat), SCMP_SYS(shmdt), SCMP_SYS(shmctl), SCMP_SYS(semget),
    SCMP_SYS(semop), SCMP_SYS(semtimedop), SCMP_SYS(semctl),
    /* what libraries ask about themselves */
    SCMP_SYS(getgroups), SCMP_SYS(getresuid), SCMP_SYS(getresgid), SCMP_SYS(getpgrp),
    SCMP_SYS(getsid), SCMP_SYS(getpgid), SCMP_SYS(wait4), SCMP_SYS(arch_prctl),
    SCMP_SYS(mincore), SCMP_SYS(rt_sigsuspend), SCMP_SYS(rt_sigpending),
    SCMP_SYS(sched_getparam), SCMP_SYS(sched_getscheduler), SCMP_SYS(sched_setaffinity),
    SCMP_SYS(timer_create), SCMP_SYS(timer_settime), SCMP_SYS(timer_delete),
    SCMP_SYS(setitimer), SCMP_SYS(getitimer), -1
};

/* What loading a library and finding a server takes. Of /etc not all: keys may lie there. */
static const char *const readable[] = {
    "/usr/lib",       "/usr/lib64",          "/usr/local/lib",       "/lib",
    "/lib64",         "/usr/share/p11-kit",  "/etc/ld.so.cache",     "/etc/ssl",
    "/etc/pkcs11",    "/etc/softhsm",        "/etc/nsswitch.conf",   "/etc/hosts",
    "/etc/host.conf", "/etc/resolv.conf",    "/etc/gai.conf",        "/etc/services",
    "/etc/localtime", "/usr/share/zoneinfo", "/run/systemd/resolve", "/dev/urandom",
    "/dev/random",    "/dev/null",           "/proc/cpuinfo",        "/sys/devices/system/cpu",
};
enum { NREADABLE = sizeof(readable) / sizeof(readable[0]) };
_Static_assert(NREADABLE + 8 <= MAX_PATH_GRANTS, "room for hsm.paths and the module");

/* The module's own directory, and `hsm.paths` to write to. */
static size_t
paths(const struct config *cfg, struct path_grant *out)
{
    static char dir[CONFIG_PATH_MAX], list[CONFIG_PATH_MAX];
    char *slash, *rest = list, *one;
    size_t n = 0;

    for (size_t i = 0; i < NREADABLE; i++)
        out[n++] = (struct path_grant){ readable[i], PATH_READ };
    (void)snprintf(dir, sizeof(dir), "%s", cfg->hsm_module);
    slash = strrchr(dir, '/');
    if (slash != NULL && slash != dir) {
        *slash = '\0';
        out[n++] = (struct path_grant){ dir, PATH_READ };
    }
    (void)snprintf(list, sizeof(list), "%s", cfg->hsm_paths);
    while ((one = strsep(&rest, ",")) != NULL && n < MAX_PATH_GRANTS)
        if (*one != '\0')
            out[n++] = (struct path_grant){ one, PATH_OWN };
    return n;
}

const struct profile confine_token = {
    .allow = allow,
    .threads = true,
    .files = true,
    .dials = true,
    .foreign = true,
    .open_files = 1024,
    .paths = paths,
};
