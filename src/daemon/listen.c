/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listen.c - binding. SO_REUSEPORT would let a second instance of the same user
 * steal half of our connections without a word, so each address is first bound
 * without it: that fails if anybody is there.
 */
#include "daemon/listen.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BACKLOG = 1024, PORT_TRIES = 16, LOOPS_MAX = 64 };

static void
set_port(struct config_address *a, uint16_t port)
{
    a->port = port;
    if (a->at.any.sa_family == AF_INET6)
        a->at.v6.sin6_port = htons(port);
    else
        a->at.v4.sin_port = htons(port);
}

static enum err
why(int code)
{
    if (code == EADDRINUSE)
        return ERR_EXISTS;
    if (code == EACCES || code == EPERM)
        return ERR_DENIED;
    if (code == EADDRNOTAVAIL || code == EAFNOSUPPORT)
        return ERR_UNSUPPORTED;
    return ERR_IO;
}

/* Binds; errno tells why not. */
static int
bind_socket(const struct config_address *a, bool shared)
{
    const int on = 1;
    int fd = socket(a->at.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int saved;

    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (a->at.any.sa_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    if ((!shared || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == 0) &&
        bind(fd, &a->at.any, a->len) == 0)
        return fd;
    saved = errno;
    (void)close(fd);
    errno = saved;
    return -1;
}

/* The port that fd got. */
static uint16_t
bound_port(int fd)
{
    struct config_address a = { .len = sizeof(a.at) };

    if (getsockname(fd, &a.at.any, &a.len) != 0)
        return 0;
    return ntohs(a.at.any.sa_family == AF_INET6 ? a.at.v6.sin6_port : a.at.v4.sin_port);
}

/* Is the address free? Resolves port 0 to a free one on the way. */
static enum err
probe(struct config_address *a)
{
    int fd = bind_socket(a, false);
    enum err e = ERR_OK;

    if (fd < 0)
        return why(errno);
    /* With SO_REUSEADDR, bind passes over a socket that listens not yet; listen does not. */
    if (listen(fd, 1) != 0)
        e = why(errno);
    if (a->port == 0)
        set_port(a, bound_port(fd));
    (void)close(fd);
    return e;
}

static enum err
open_loops(struct listeners *l, size_t i)
{
    for (unsigned loop = 0; loop < l->loops; loop++) {
        int fd = bind_socket(&l->at[i], true);

        if (fd < 0)
            return why(errno);
        l->fds[loop * l->naddresses + i] = fd;
        if (listen(fd, BACKLOG) != 0)
            return why(errno);
    }
    return ERR_OK;
}

static void
log_failure(const struct config_address *a, enum err e)
{
    const char *text = e == ERR_EXISTS        ? "the address is in use by another process"
                       : e == ERR_DENIED      ? "not permitted (ports below 1024 need "
                                                "CAP_NET_BIND_SERVICE)"
                       : e == ERR_UNSUPPORTED ? "this machine has no such address"
                                              : strerror(errno);

    log_error("cannot listen on %s (port %u): %s", a->text, a->port, text);
}

/* All addresses that ask for port 0 share one; false if it is taken on one of them. */
static enum err
probe_all(const struct config *cfg, struct listeners *l)
{
    uint16_t shared = 0;

    l->naddresses = 0;
    for (size_t i = 0; i < cfg->nlisten; i++) {
        struct config_address a = cfg->listen[i];
        enum err e;

        if (a.port == 0 && shared != 0)
            set_port(&a, shared);
        e = probe(&a);
        if (e == ERR_UNSUPPORTED && cfg->listen_is_default && i > 0) {
            log_info("not listening on %s: this machine has no such address", a.text);
            continue;
        }
        if (e == ERR_EXISTS && cfg->listen[i].port == 0)
            return ERR_AGAIN;
        if (e != ERR_OK) {
            log_failure(&a, e);
            return e;
        }
        if (cfg->listen[i].port == 0)
            shared = a.port;
        l->at[l->naddresses++] = a;
    }
    return ERR_OK;
}

/* One socket for plain HTTP; *at gets the port really bound. */
static enum err
open_plain(struct config_address *at, int *fd)
{
    *fd = bind_socket(at, false);
    if (*fd < 0 || listen(*fd, BACKLOG) != 0) {
        enum err e = why(errno);

        log_failure(at, e);
        return e;
    }
    set_port(at, bound_port(*fd));
    return ERR_OK;
}

static enum err
open_plains(const struct config *cfg, struct listeners *l)
{
    enum err e = ERR_OK;

    l->local = cfg->local_listen;
    l->pki = cfg->pki_listen;
    if (cfg->local_listen_on)
        e = open_plain(&l->local, &l->local_fd);
    if (e == ERR_OK && cfg->pki_listen_on)
        e = open_plain(&l->pki, &l->pki_fd);
    return e;
}

static void
close_shared(struct listeners *l)
{
    for (size_t i = 0; l->fds != NULL && i < l->naddresses * l->loops; i++)
        if (l->fds[i] >= 0)
            (void)close(l->fds[i]);
    free(l->fds);
    l->fds = NULL;
}

/* Is its port one that the kernel chose for us? */
static bool
is_free_choice(const struct config *cfg, const struct config_address *at)
{
    for (size_t i = 0; i < cfg->nlisten; i++)
        if (span_is_equal(span_str(cfg->listen[i].text), span_str(at->text)))
            return cfg->listen[i].port == 0;
    return false;
}

/* ERR_AGAIN: somebody took a port between the probe and this, and another will do. */
static enum err
open_shared(const struct config *cfg, struct listeners *l)
{
    size_t n = l->naddresses * l->loops;

    l->fds = malloc(n * sizeof(*l->fds));
    if (l->fds == NULL)
        return ERR_NOMEM;
    for (size_t i = 0; i < n; i++)
        l->fds[i] = -1;
    for (size_t i = 0; i < l->naddresses; i++) {
        enum err e = open_loops(l, i);

        if (e == ERR_EXISTS && is_free_choice(cfg, &l->at[i])) {
            close_shared(l);
            return ERR_AGAIN;
        }
        if (e != ERR_OK) {
            log_failure(&l->at[i], e);
            return e;
        }
    }
    return ERR_OK;
}

enum err
listeners_open(const struct config *cfg, struct listeners *out)
{
    enum err e = ERR_AGAIN;

    *out = (struct listeners){ .loops = cfg->loops, .local_fd = -1, .pki_fd = -1 };
    bug_on(cfg->nlisten == 0 || cfg->loops == 0 || cfg->loops > LOOPS_MAX);
    for (int i = 0; i < PORT_TRIES && e == ERR_AGAIN; i++) {
        e = probe_all(cfg, out);
        if (e == ERR_OK)
            e = open_shared(cfg, out);
    }
    if (e == ERR_AGAIN)
        e = ERR_EXISTS;
    if (e == ERR_OK)
        e = open_plains(cfg, out);
    if (e != ERR_OK) {
        listeners_close(out);
        return e;
    }
    out->public_port = cfg->public_port != 0 ? cfg->public_port : out->at[0].port;
    return ERR_OK;
}

void
listeners_close(struct listeners *l)
{
    close_shared(l);
    if (l->local_fd >= 0)
        (void)close(l->local_fd);
    if (l->pki_fd >= 0)
        (void)close(l->pki_fd);
    l->local_fd = l->pki_fd = -1;
}
