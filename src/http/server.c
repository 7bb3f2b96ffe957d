/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server.c - listeners, deadlines and shutdown of one loop.
 *
 * Deadlines cost one timer, not one per connection: a state's time-out is
 * constant, so the queue of a state is sorted by itself, and the timer is set
 * to the earliest head. It may fire early and find nothing; that is cheap.
 *
 * After http_server_listen a confined process needs for this room: accept4,
 * recvfrom, sendmsg, read, write, close, shutdown, eventfd2 (the spare
 * descriptor), epoll_ctl, epoll_wait (epoll_pwait), getrandom, getpid, futex, and
 * what malloc takes (brk, mmap, munmap, mremap, madvise).
 */
#include "http/server_int.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

enum { ACCEPT_BATCH = 32, LINGER_MS = 2000, STARVED_MS = 100 };

struct listener {
    struct listener *next;
    struct http_server *server;
    struct http_tls *tls;
    unsigned mark;
    int fd;
    struct event ready;
};

void
http_limits_default(struct http_limits *l)
{
    *l = (struct http_limits){
        .handshake_ms = HTTP_HANDSHAKE_S * 1000,
        .header_ms = HTTP_HEADER_S * 1000,
        .body_ms = HTTP_BODY_S * 1000,
        .idle_ms = HTTP_IDLE_M * 60 * 1000,
        .write_ms = HTTP_WRITE_S * 1000,
        .answer_ms = HTTP_ANSWER_S * 1000,
        .max_conns = HTTP_CONNS,
        .max_conns_per_address = HTTP_CONNS_PER_ADDRESS,
    };
}

void
server_arm(struct http_server *s, uint64_t at_ms, uint64_t now_ms)
{
    uint64_t wait = at_ms > now_ms ? at_ms - now_ms : 1;
    struct timeval tv = { (time_t)(wait / 1000), (suseconds_t)(wait % 1000 * 1000) };

    if (s->armed_ms != 0 && s->armed_ms <= at_ms)
        return;
    s->armed_ms = at_ms;
    (void)event_add(&s->deadline, &tv);
}

static void
on_deadline(evutil_socket_t fd, short what, void *arg)
{
    struct http_server *s = arg;
    uint64_t now = clock_mono_ms(), next = UINT64_MAX;

    (void)fd;
    (void)what;
    s->armed_ms = 0;
    for (int i = 0; i < CONN_STATE__MAX; i++) {
        struct http_conn *c;

        while ((c = TAILQ_FIRST(&s->queues[i])) != NULL && c->deadline_ms <= now)
            conn_expire(c);
        if (c != NULL && c->deadline_ms < next)
            next = c->deadline_ms;
    }
    if (next != UINT64_MAX)
        server_arm(s, next, now);
}

static void
on_resume(evutil_socket_t fd, short what, void *arg)
{
    struct http_server *s = arg;
    struct http_conn *c;

    (void)fd;
    (void)what;
    /* Those that ask again while we are at it wait for the next round. */
    s->round++;
    while ((c = TAILQ_FIRST(&s->resuming)) != NULL && c->resume_round != s->round) {
        TAILQ_REMOVE(&s->resuming, c, resume);
        c->is_resuming = false;
        conn_run(c);
    }
    if (!TAILQ_EMPTY(&s->resuming)) {
        static const struct timeval at_once = { 0, 0 };

        (void)event_add(&s->resume, &at_once);
    }
}

struct span
server_date_line(struct http_server *s)
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    int64_t now = clock_now();
    time_t t = (time_t)now;
    struct tm tm;

    if (now != s->date_at && gmtime_r(&t, &tm) != NULL) {
        (void)snprintf(s->date_line, sizeof(s->date_line),
                       "Date: %.3s, %02d %.3s %04d %02d:%02d:%02d GMT\r\n",
                       days + 3 * tm.tm_wday, tm.tm_mday, months + 3 * tm.tm_mon,
                       tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
        s->date_at = now;
    }
    return span_str(s->date_line);
}

static void
listeners_pause(struct http_server *s)
{
    static const struct timeval tv = { 0, STARVED_MS * 1000 };

    for (struct listener *l = s->listeners; l != NULL; l = l->next)
        (void)event_del(&l->ready);
    (void)event_add(&s->relisten, &tv);
}

static void
on_relisten(evutil_socket_t fd, short what, void *arg)
{
    struct http_server *s = arg;

    (void)fd;
    (void)what;
    if (s->spare_fd < 0)
        s->spare_fd = eventfd(0, EFD_CLOEXEC);
    for (struct listener *l = s->listeners; l != NULL; l = l->next)
        (void)event_add(&l->ready, NULL);
}

/*
 * No descriptor is left. The client in front of the queue is told so (by a close) with the
 * one kept for that; if even that is gone, we stop listening for a moment instead of spinning.
 */
static void
accept_starved(struct listener *l)
{
    struct http_server *s = l->server;
    int fd;

    s->figures.refused++;
    if (s->spare_fd < 0) {
        listeners_pause(s);
        return;
    }
    close(s->spare_fd);
    fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0)
        close(fd);
    s->spare_fd = eventfd(0, EFD_CLOEXEC);
}

static void
admit(struct listener *l, int fd, const struct sockaddr_storage *ss)
{
    struct http_server *s = l->server;
    struct address_entry *entry = NULL;
    struct http_conn *c;
    struct address a;

    address_from(ss, &a);
    if (address_enter(&s->addresses, &a, s->limits.max_conns_per_address, &entry) != ERR_OK ||
        (s->figures.conns >= s->limits.max_conns && !server_evict(s))) {
        s->figures.refused++;
        address_leave(&s->addresses, entry);
        close(fd);
        return;
    }
    c = conn_new(s, fd, l->tls, &a);
    if (c == NULL) {
        s->figures.refused++;
        address_leave(&s->addresses, entry);
        return;
    }
    c->counted = entry;
    c->mark = l->mark;
    if (l->tls != NULL || l->mark != 0) /* else it comes from this machine: probes, figures */
        turns_enter(c);
    s->figures.accepted++;
}

static bool
errno_is_starvation(int e)
{
    return e == EMFILE || e == ENFILE || e == ENOBUFS || e == ENOMEM;
}

static void
on_connection(evutil_socket_t fd, short what, void *arg)
{
    struct listener *l = arg;

    (void)what;
    for (int i = 0; i < ACCEPT_BATCH; i++) {
        struct sockaddr_storage ss = { 0 };
        socklen_t len = sizeof(ss);
        int client = accept4(fd, (struct sockaddr *)&ss, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (client >= 0) {
            admit(l, client, &ss);
        } else if (errno == EAGAIN) {
            return;
        } else if (errno_is_starvation(errno)) {
            accept_starved(l);
            return;
        }
        /* Others (ECONNABORTED, EPROTO) concern one client only: on with the next. */
    }
}

static void
ignore_sigpipe(void)
{
    struct sigaction now;

    /* OpenSSL writes with write(2); a client that is gone must not end the process. */
    if (sigaction(SIGPIPE, NULL, &now) == 0 && now.sa_handler == SIG_DFL) {
        now.sa_handler = SIG_IGN;
        (void)sigaction(SIGPIPE, &now, NULL);
    }
}

static void
set_timeouts(struct http_server *s)
{
    s->timeout_ms[CONN_HANDSHAKE] = s->limits.handshake_ms;
    s->timeout_ms[CONN_IDLE] = WARM_MS;
    if (s->limits.idle_ms > WARM_MS)
        s->timeout_ms[CONN_COLD] = s->limits.idle_ms - WARM_MS;
    else if (s->limits.idle_ms > 0)
        s->timeout_ms[CONN_IDLE] = s->limits.idle_ms;
    s->timeout_ms[CONN_HEADER] = s->limits.header_ms;
    s->timeout_ms[CONN_BODY] = s->limits.body_ms;
    s->timeout_ms[CONN_WAITING] = s->limits.answer_ms;
    s->timeout_ms[CONN_WRITING] = s->limits.write_ms;
    s->timeout_ms[CONN_LINGER] = LINGER_MS;
}

static enum err
server_acquire(struct http_server *s)
{
    enum err e = address_table_init(&s->addresses);

    if (e == ERR_OK)
        e = fair_init(&s->fair);
    if (e != ERR_OK)
        return e;
    if (secbuf_grow(&s->record, TLS_RECORD) == NULL)
        return ERR_NOMEM;
    s->record.len = 0;
    s->spare_fd = eventfd(0, EFD_CLOEXEC);
    return s->spare_fd < 0 ? ERR_IO : ERR_OK;
}

enum err
http_server_new(struct event_base *base, const struct http_limits *limits,
                const struct http_events *events, struct http_server **out)
{
    struct http_server *s;
    enum err e;

    *out = NULL;
    if (events->on_request == NULL)
        return ERR_ARG;
    s = calloc(1, sizeof(*s));
    if (s == NULL)
        return ERR_NOMEM;
    s->base = base;
    s->limits = *limits;
    s->events = *events;
    s->spare_fd = -1;
    s->date_at = INT64_MIN;
    set_timeouts(s);
    for (int i = 0; i < CONN_STATE__MAX; i++)
        TAILQ_INIT(&s->queues[i]);
    TAILQ_INIT(&s->resuming);
    secbuf_init(&s->record, TLS_RECORD);
    http_response_init(&s->own);
    (void)event_assign(&s->deadline, base, -1, 0, on_deadline, s);
    (void)event_assign(&s->resume, base, -1, 0, on_resume, s);
    (void)event_assign(&s->turns, base, -1, 0, turns_event, s);
    (void)event_assign(&s->relisten, base, -1, 0, on_relisten, s);
    ignore_sigpipe();
    e = server_acquire(s);
    if (e != ERR_OK) {
        http_server_free(s);
        return e;
    }
    *out = s;
    return ERR_OK;
}

static enum err
add_listener(struct http_server *s, int fd, struct http_tls *tls, unsigned mark)
{
    struct listener *l = calloc(1, sizeof(*l));
    int on = 1;

    if (l == NULL)
        return ERR_NOMEM;
    l->server = s;
    l->tls = tls;
    l->mark = mark;
    l->fd = fd;
    /* Accepted sockets inherit it; fails harmlessly on a Unix socket. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (event_assign(&l->ready, s->base, fd, EV_READ | EV_PERSIST, on_connection, l) != 0 ||
        event_add(&l->ready, NULL) != 0) {
        free(l);
        return ERR_IO;
    }
    l->next = s->listeners;
    s->listeners = l;
    return ERR_OK;
}

enum err
http_server_listen(struct http_server *s, int fd, struct http_tls *tls)
{
    return add_listener(s, fd, tls, 0);
}

enum err
http_server_listen_marked(struct http_server *s, int fd, unsigned mark)
{
    return add_listener(s, fd, NULL, mark);
}

static void
listeners_close(struct http_server *s)
{
    (void)event_del(&s->relisten);
    while (s->listeners != NULL) {
        struct listener *l = s->listeners;

        s->listeners = l->next;
        (void)event_del(&l->ready);
        close(l->fd);
        free(l);
    }
}

void
http_server_drain(struct http_server *s)
{
    static const enum conn_state at_rest[] = { CONN_IDLE, CONN_COLD, CONN_HANDSHAKE };

    s->draining = true;
    listeners_close(s);
    for (size_t i = 0; i < sizeof(at_rest) / sizeof(at_rest[0]); i++) {
        struct http_conn *c, *next;

        for (c = TAILQ_FIRST(&s->queues[at_rest[i]]); c != NULL; c = next) {
            next = TAILQ_NEXT(c, link);
            conn_close(c);
        }
    }
}

unsigned
http_server_conns(const struct http_server *s)
{
    return s->figures.conns;
}

void
http_server_figures(const struct http_server *s, struct http_figures *out)
{
    *out = s->figures;
    out->deferred = s->fair.deferred;
    out->waiting = s->fair.nitems;
}

void
http_server_free(struct http_server *s)
{
    if (s == NULL)
        return;
    listeners_close(s);
    for (int i = 0; i < CONN_STATE__MAX; i++)
        while (!TAILQ_EMPTY(&s->queues[i]))
            conn_destroy(TAILQ_FIRST(&s->queues[i]));
    (void)event_del(&s->deadline);
    (void)event_del(&s->resume);
    (void)event_del(&s->turns);
    exchange_pool_release(&s->pool);
    http_response_release(&s->own);
    secbuf_release(&s->record);
    address_table_release(&s->addresses);
    fair_release(&s->fair);
    if (s->spare_fd >= 0)
        close(s->spare_fd);
    free(s);
}
