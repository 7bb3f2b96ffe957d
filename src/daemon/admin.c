/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admin.c - both ends of the admin socket. The path of a unix socket is limited
 * to 107 bytes, a data directory is not: so the name is reached through an open
 * descriptor of its directory.
 */
#include "daemon/admin.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

enum { MAX_FDS = 4 };

union fd_space {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(int) * MAX_FDS)];
};

/* Opens the directory (the caller closes it) and names the socket through it. */
static int
socket_name(const char *data_dir, struct sockaddr_un *a)
{
    int dir = open(data_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

    *a = (struct sockaddr_un){ .sun_family = AF_UNIX };
    if (dir >= 0)
        (void)snprintf(a->sun_path, sizeof(a->sun_path), "/proc/self/fd/%d/admin.sock", dir);
    return dir;
}

enum err
admin_listen(const char *data_dir, int *fd)
{
    struct sockaddr_un a;
    int dir = socket_name(data_dir, &a);
    mode_t old;
    bool ok;

    *fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (dir >= 0)
        (void)unlinkat(dir, "admin.sock", 0);
    old = umask(0177);
    ok = dir >= 0 && *fd >= 0 && bind(*fd, (struct sockaddr *)&a, sizeof(a)) == 0 &&
         listen(*fd, 4) == 0;
    (void)umask(old);
    if (!ok)
        log_error("cannot make %s/admin.sock: %s", data_dir, strerror(errno));
    if (dir >= 0)
        (void)close(dir);
    if (ok)
        return ERR_OK;
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
    return ERR_IO;
}

void
admin_unlink(const char *data_dir)
{
    int dir = open(data_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (dir < 0)
        return;
    (void)unlinkat(dir, "admin.sock", 0);
    (void)close(dir);
}

int
admin_accept(int listen_fd)
{
    int client = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    struct ucred who;
    socklen_t len = sizeof(who);

    if (client < 0)
        return -1;
    if (getsockopt(client, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 && len == sizeof(who) &&
        (who.uid == 0 || who.uid == geteuid()))
        return client;
    log_warn("admin: an order of another user was refused");
    (void)close(client);
    return -1;
}

/* The first descriptor of m; any other is closed. */
static int
first_fd(struct msghdr *m)
{
    int first = -1, fd;

    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
        size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        for (size_t i = 0; i < n; i++) {
            memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
            if (first < 0)
                first = fd;
            else
                (void)close(fd);
        }
    }
    return first;
}

enum err
admin_read(int client, struct admin_request *r, int *fd)
{
    union fd_space space = { 0 };
    struct iovec iov = { r, sizeof(*r) };
    struct msghdr m = { .msg_iov = &iov,
                        .msg_iovlen = 1,
                        .msg_control = space.bytes,
                        .msg_controllen = sizeof(space.bytes) };
    ssize_t n = recvmsg(client, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

    *fd = -1;
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? ERR_AGAIN : ERR_CLOSED;
    *fd = first_fd(&m);
    if (n == (ssize_t)sizeof(*r) && (m.msg_flags & MSG_TRUNC) == 0 && r->magic == ADMIN_MAGIC &&
        r->op > 0 && r->op < ADMIN_OP__MAX && r->zero == 0 &&
        (*fd >= 0) == (r->op == ADMIN_SEAL_ROTATE))
        return ERR_OK;
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
    return n == 0 ? ERR_CLOSED : ERR_PROTOCOL;
}

static enum err
dial(const char *data_dir, int sock)
{
    struct sockaddr_un a;
    int dir = socket_name(data_dir, &a);
    int rc, saved;

    if (dir < 0)
        return errno == EACCES ? ERR_DENIED : ERR_UNAVAILABLE;
    rc = connect(sock, (struct sockaddr *)&a, sizeof(a));
    saved = errno;
    (void)close(dir);
    if (rc == 0)
        return ERR_OK;
    if (saved == EACCES || saved == EPERM)
        return ERR_DENIED;
    return saved == ENOENT || saved == ECONNREFUSED || saved == EAGAIN ? ERR_UNAVAILABLE
                                                                       : ERR_IO;
}

static enum err
send_request(int sock, enum admin_op op, int fd)
{
    const struct admin_request r = { .magic = ADMIN_MAGIC, .op = (uint16_t)op };
    union fd_space space = { 0 };
    struct iovec iov = { (void *)(uintptr_t)&r, sizeof(r) };
    struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };

    if (fd >= 0) {
        m.msg_control = space.bytes;
        m.msg_controllen = CMSG_SPACE(sizeof(int));
        *CMSG_FIRSTHDR(&m) = (struct cmsghdr){ .cmsg_level = SOL_SOCKET,
                                               .cmsg_type = SCM_RIGHTS,
                                               .cmsg_len = CMSG_LEN(sizeof(int)) };
        memcpy(CMSG_DATA(CMSG_FIRSTHDR(&m)), &fd, sizeof(int));
    }
    return sendmsg(sock, &m, MSG_NOSIGNAL) == (ssize_t)sizeof(r) ? ERR_OK : ERR_CLOSED;
}

static enum err
await_answer(int sock, enum admin_op op, unsigned timeout_ms, struct admin_answer *out)
{
    uint64_t deadline = clock_mono_ms() + timeout_ms;
    struct pollfd pfd = { .fd = sock, .events = POLLIN };
    struct admin_answer a;
    ssize_t n;

    for (;;) {
        uint64_t now = clock_mono_ms();

        if (now >= deadline)
            return ERR_TIMEOUT;
        if (poll(&pfd, 1, (int)(deadline - now > INT32_MAX ? INT32_MAX : deadline - now)) > 0)
            break;
    }
    n = recv(sock, &a, sizeof(a), MSG_DONTWAIT | MSG_TRUNC);
    if (n <= 0)
        return ERR_CLOSED;
    if (n != (ssize_t)sizeof(a) || a.magic != ADMIN_MAGIC || a.op != op || a.status < 0 ||
        a.status >= ERR__MAX)
        return ERR_PROTOCOL;
    *out = a;
    return (enum err)a.status;
}

enum err
admin_call(const char *data_dir, enum admin_op op, int fd, unsigned timeout_ms,
           struct admin_answer *out)
{
    int sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    enum err e;

    *out = (struct admin_answer){ 0 };
    if (sock < 0)
        return ERR_IO;
    e = dial(data_dir, sock);
    if (e == ERR_OK)
        e = send_request(sock, op, fd);
    if (e == ERR_OK)
        e = await_answer(sock, op, timeout_ms, out);
    (void)close(sock);
    return e;
}
