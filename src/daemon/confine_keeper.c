/* SPDX-License-Identifier: Apache-2.0 */
/*
 * confine_keeper.c - the keeper: no files, no network. It reads its key files
 * (already open), answers on its links, and computes on its threads.
 */
#include <sys/resource.h>

#include "daemon/confine_int.h"

static const int allow[] = {
    /* The next root key arrives as a descriptor. */
    SCMP_SYS(pread64), SCMP_SYS(sched_setaffinity), -1
};

/* The thread that makes RSA keys ahead of time steps back for all others. */
static void
extra(struct rules *r)
{
    rules_allow_if(r, SCMP_SYS(setpriority), 0, UINT32_MAX, PRIO_PROCESS);
}

const struct profile confine_keeper = {
    .allow = allow,
    .extra = extra,
    .threads = true,
    .open_files = 256,
};
