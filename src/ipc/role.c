/* SPDX-License-Identifier: Apache-2.0 */
/* role.c - names of our processes, and the pair of sockets between two of them. */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "ipc/peer.h"

/* Room for many full packets: a batch of answers must not stop at a reader that is
 * merely busy. The kernel doubles it for its own bookkeeping. */
enum { SOCKET_ROOM = 1024 * 1024 };

const char *
ipc_role_name(enum ipc_role r)
{
    switch (r) {
    case ROLE_SUPERVISOR:
        return "supervisor";
    case ROLE_FRONT:
        return "front";
    case ROLE_KEEPER:
        return "keeper";
    case ROLE_SCRIBE:
        return "scribe";
    case ROLE_CLERK:
        return "clerk";
    case ROLE_TOKEN:
        return "token";
    case ROLE__MAX:
        break;
    }
    return "unknown";
}

static void
widen(int fd)
{
    const int room = SOCKET_ROOM;

    /* The forced form passes the system's maximum and needs root; the plain form is
     * cut to the maximum. Less room costs only waiting. */
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)) != 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) != 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
}

enum err
ipc_pair(int fds[static 2])
{
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) != 0) {
        log_error("ipc: cannot make a socket pair: %s", strerror(errno));
        fds[0] = fds[1] = -1;
        return ERR_IO;
    }
    widen(fds[0]);
    widen(fds[1]);
    return ERR_OK;
}
