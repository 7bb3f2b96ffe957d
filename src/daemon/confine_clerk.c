/* SPDX-License-Identifier: Apache-2.0 */
/*
 * confine_clerk.c - the clerk: the only one that dials out. It may read what
 * name resolution and TLS need and the store (not the data directory: the root
 * key may lie there), opens no file for writing, executes nothing. One thread. Resolver
 * libraries must be loaded before: no mapping becomes executable afterwards.
 */
#include <netinet/in.h>
#include <sys/socket.h>

#include "daemon/confine_int.h"

static const int allow[] = { SCMP_SYS(pread64), SCMP_SYS(getdents64), SCMP_SYS(stat),
                             SCMP_SYS(lstat), SCMP_SYS(newfstatat), SCMP_SYS(statx),
                             SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2),
                             SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(statfs),
                             SCMP_SYS(fstatfs),
                             /* Dialling. */
                             SCMP_SYS(socket), SCMP_SYS(connect), SCMP_SYS(getpeername),
                             SCMP_SYS(getsockname), SCMP_SYS(sendmmsg), SCMP_SYS(recvmmsg),
                             -1 };

static void
extra(struct rules *r)
{
    rules_allow_if(r, SCMP_SYS(setsockopt), 1, UINT32_MAX, SOL_SOCKET);
    rules_allow_if(r, SCMP_SYS(setsockopt), 1, UINT32_MAX, IPPROTO_TCP);
    rules_allow_if(r, SCMP_SYS(setsockopt), 1, UINT32_MAX, IPPROTO_IP);
    rules_allow_if(r, SCMP_SYS(setsockopt), 1, UINT32_MAX, IPPROTO_IPV6);
}

static size_t
paths(const struct config *cfg, struct path_grant *out)
{
    out[0] = (struct path_grant){ cfg->store_dir, PATH_READ };
    out[1] = (struct path_grant){ "/etc", PATH_READ };
    out[2] = (struct path_grant){ "/usr/share/ca-certificates", PATH_READ };
    out[3] = (struct path_grant){ "/run/systemd/resolve", PATH_READ };
    return 4;
}

const struct profile confine_clerk = {
    .allow = allow,
    .one_process = true,
    .reads_files = true,
    .dials = true,
    .open_files = 256,
    .extra = extra,
    .paths = paths,
};
