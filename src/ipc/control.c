/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control.c - one record a packet, at most one descriptor with it. Whatever a
 * stranger packs in besides is closed, never kept.
 */
#include "ipc/control.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SEND_MS = 1000, MAX_STRAY_FDS = 8 };

union fd_space {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(int) * MAX_STRAY_FDS)];
};

static void
put_fd(struct msghdr *m, union fd_space *space, int fd)
{
    struct cmsghdr *c;

    m->msg_control = space->bytes;
    m->msg_controllen = CMSG_SPACE(sizeof(int));
    c = CMSG_FIRSTHDR(m);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(c), &fd, sizeof(int));
}

enum err
control_send(int sock, const struct control *c, int fd)
{
    union fd_space space = { 0 };
    struct iovec iov = { (void *)(uintptr_t)c, sizeof(*c) };
    struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
    struct pollfd pfd = { .fd = sock, .events = POLLOUT };

    if (fd >= 0)
        put_fd(&m, &space, fd);
    for (;;) {
        if (sendmsg(sock, &m, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)sizeof(*c))
            return ERR_OK;
        if (errno == EINTR)
            continue;
        if (errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN)
            return ERR_CLOSED;
        if (errno != EAGAIN)
            return ERR_IO;
        /* A child that does not read for a second has other troubles. */
        if (poll(&pfd, 1, SEND_MS) == 0)
            return ERR_TIMEOUT;
    }
}

/* Keeps the only descriptor of m; closes them all if there are more. */
static enum err
take_fd(struct msghdr *m, int *fd)
{
    size_t count = 0;
    int got[MAX_STRAY_FDS];

    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
        size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        for (size_t i = 0; i < n && count < MAX_STRAY_FDS; i++)
            memcpy(&got[count++], CMSG_DATA(c) + i * sizeof(int), sizeof(int));
    }
    if (count == 1 && (m->msg_flags & MSG_CTRUNC) == 0) {
        *fd = got[0];
        return ERR_OK;
    }
    for (size_t i = 0; i < count; i++)
        (void)close(got[i]);
    return count == 0 && (m->msg_flags & MSG_CTRUNC) == 0 ? ERR_OK : ERR_PROTOCOL;
}

static bool
control_is_sane(const struct control *c)
{
    return c->op > 0 && c->op < CONTROL__MAX && c->role < ROLE__MAX && c->status >= 0 &&
           c->status < ERR__MAX && c->zero == 0;
}

enum err
control_recv(int sock, struct control *c, int *fd)
{
    union fd_space space = { 0 };
    struct iovec iov = { c, sizeof(*c) };
    struct msghdr m = { .msg_iov = &iov,
                        .msg_iovlen = 1,
                        .msg_control = space.bytes,
                        .msg_controllen = sizeof(space.bytes) };
    ssize_t n;
    enum err e;

    *fd = -1;
    do
        n = recvmsg(sock, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return errno == EAGAIN ? ERR_AGAIN : ERR_CLOSED;
    e = take_fd(&m, fd);
    if (n == 0 && *fd < 0)
        return ERR_CLOSED;
    if (e == ERR_OK && n == (ssize_t)sizeof(*c) && (m.msg_flags & MSG_TRUNC) == 0 &&
        control_is_sane(c))
        return ERR_OK;
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
    return ERR_PROTOCOL;
}
