/* SPDX-License-Identifier: Apache-2.0 */
/*
 * confine_clerk.c - the clerk: the only one that may dial out, and only where the
 * configuration has something that dials (decision 0019). Without it: one thread, the
 * store to read, nothing else.
 *
 * Who dials needs besides: sockets; one thread beside its own while a name is
 * resolved; and what resolving reads. That is all of /etc and not the three files by
 * name, since they are replaced rather than rewritten, and a rule for a file holds for
 * the file that was there. Not the data directory: the root key may lie there. CA
 * certificates, libcurl and the resolver's modules are read before (dial/curl_lib.h):
 * no mapping becomes executable afterwards.
 */
#include <netinet/in.h>
#include <sys/socket.h>

#include "daemon/confine_int.h"

/* The store's files were opened before; looking at them again is harmless. */
#define READING                                                                                \
    SCMP_SYS(pread64), SCMP_SYS(getdents64), SCMP_SYS(stat), SCMP_SYS(lstat),                  \
        SCMP_SYS(newfstatat), SCMP_SYS(statx), SCMP_SYS(access), SCMP_SYS(faccessat),          \
        SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(statfs),      \
        SCMP_SYS(fstatfs)

static const int allow[] = { READING, -1 };

/* socketpair: libcurl's thread that resolves wakes its loop by one. */
static const int allow_dialling[] = { READING,
                                      SCMP_SYS(socket),
                                      SCMP_SYS(socketpair),
                                      SCMP_SYS(connect),
                                      SCMP_SYS(getpeername),
                                      SCMP_SYS(getsockname),
                                      SCMP_SYS(sendmmsg),
                                      SCMP_SYS(recvmmsg),
                                      -1 };

static void
extra_dialling(struct rules *r)
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
    return 1;
}

/* The directories behind /etc/resolv.conf where it is a link. */
static size_t
paths_dialling(const struct config *cfg, struct path_grant *out)
{
    size_t n = paths(cfg, out);

    out[n++] = (struct path_grant){ "/etc", PATH_READ };
    out[n++] = (struct path_grant){ "/run/systemd/resolve", PATH_READ };
    out[n++] = (struct path_grant){ "/run/resolvconf", PATH_READ };
    out[n++] = (struct path_grant){ "/run/NetworkManager", PATH_READ };
    return n;
}

const struct profile confine_clerk = {
    .allow = allow,
    .one_process = true,
    .reads_files = true,
    .open_files = 256,
    .paths = paths,
};

const struct profile confine_clerk_dialling = {
    .allow = allow_dialling,
    .threads = true,
    .reads_files = true,
    .dials = true,
    .open_files = 256,
    .extra = extra_dialling,
    .paths = paths_dialling,
};
