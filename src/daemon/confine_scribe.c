/* SPDX-License-Identifier: Apache-2.0 */
/*
 * confine_scribe.c - the scribe: writes store and audit log, nothing else on the
 * disk (Landlock), and has no network. One thread.
 */
#include "daemon/confine_int.h"

static const int allow[] = {
    /* LMDB's commits and the audit file. */
    SCMP_SYS(pread64), SCMP_SYS(pwrite64), SCMP_SYS(preadv), SCMP_SYS(pwritev), SCMP_SYS(fsync),
    SCMP_SYS(fdatasync), SCMP_SYS(sync_file_range), SCMP_SYS(msync), SCMP_SYS(ftruncate),
    SCMP_SYS(fallocate), SCMP_SYS(fadvise64), SCMP_SYS(statfs), SCMP_SYS(fstatfs),
    SCMP_SYS(flock), SCMP_SYS(mincore),
    /* A new audit file, and a look whether the old one is still there. */
    SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2),
    SCMP_SYS(link), SCMP_SYS(linkat), SCMP_SYS(unlink), SCMP_SYS(unlinkat),
    SCMP_SYS(getdents64), SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(newfstatat),
    SCMP_SYS(statx), SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2),
    SCMP_SYS(fchmod), -1
};

static size_t
paths(const struct config *cfg, struct path_grant *out)
{
    out[0] = (struct path_grant){ cfg->store_dir, PATH_WRITE };
    out[1] = (struct path_grant){ cfg->audit_dir, PATH_WRITE };
    return 2;
}

const struct profile confine_scribe = {
    .allow = allow,
    .one_process = true,
    .files = true,
    .open_files = 256,
    .paths = paths,
};
