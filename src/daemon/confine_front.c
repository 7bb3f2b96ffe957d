/* SPDX-License-Identifier: Apache-2.0 */
/*
 * confine_front.c - the front: accepts and talks on what it has; opens nothing,
 * dials nobody, writes no file. It reads the store through a read-only mapping;
 * LMDB's reader table wants a file lock and, when the map grows, mmap and fstat.
 */
#include <netinet/in.h>
#include <sys/socket.h>

#include "daemon/confine_int.h"

static const int allow[] = {
    SCMP_SYS(accept4),
    SCMP_SYS(accept),
    SCMP_SYS(getpeername),
    SCMP_SYS(getsockname),
    SCMP_SYS(pread64),
    SCMP_SYS(sched_setaffinity),
    -1,
};

static void
extra(struct rules *r)
{
    rules_allow_if(r, SCMP_SYS(setsockopt), 1, UINT32_MAX, SOL_SOCKET);
    rules_allow_if(r, SCMP_SYS(setsockopt), 1, UINT32_MAX, IPPROTO_TCP);
}

const struct profile confine_front = {
    .allow = allow,
    .threads = true,
    .open_files = 1024,
    .extra = extra,
};
