/* SPDX-License-Identifier: Apache-2.0 */
/*
 * confine_keeper.c - the keeper: no files, no network. It reads its key files
 * (already open), answers on its links, and computes on its threads.
 */
#include "daemon/confine_int.h"

static const int allow[] = {
    /* The next root key arrives as a descriptor. */
    SCMP_SYS(pread64), SCMP_SYS(sched_setaffinity), -1
};

const struct profile confine_keeper = {
    .allow = allow,
    .threads = true,
    .open_files = 256,
};
