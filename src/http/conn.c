/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conn.c - one connection from accept to close.
 *
 * conn_run steps through the states as far as bytes allow. Only it and a few
 * callers outside of it free a connection, and only when nothing below them on
 * the stack still holds it (`running`) and no handler does (`owed`).
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "http/server_int.h"

enum { LINGER_BYTES = 1024 * 1024 };

static bool
state_reads(enum conn_state state)
{
    return state != CONN_WAITING && state != CONN_WRITING && state != CONN_DEAD;
}

void
conn_unpause(struct http_conn *c)
{
    if (!c->paused)
        return;
    c->paused = false;
    (void)event_add(&c->readable, NULL);
}

void
conn_set_state(struct http_conn *c, enum conn_state state, uint64_t now_ms)
{
    struct http_server *s = c->server;
    unsigned timeout = s->timeout_ms[state];

    TAILQ_REMOVE(&s->queues[c->state], c, link);
    c->state = state;
    c->since_ms = now_ms;
    TAILQ_INSERT_TAIL(&s->queues[state], c, link);
    c->deadline_ms = timeout == 0 ? UINT64_MAX : now_ms + timeout;
    if (timeout != 0)
        server_arm(s, c->deadline_ms, now_ms);
    if (state_reads(state))
        conn_unpause(c);
}

void
conn_resume(struct http_conn *c)
{
    static const struct timeval at_once = { 0, 0 };
    struct http_server *s = c->server;

    if (c->is_resuming)
        return;
    if (TAILQ_EMPTY(&s->resuming))
        (void)event_add(&s->resume, &at_once);
    c->is_resuming = true;
    c->resume_round = s->round;
    TAILQ_INSERT_TAIL(&s->resuming, c, resume);
}

void
conn_wait_writable(struct http_conn *c)
{
    (void)event_add(&c->writable, NULL);
}

static void
conn_free(struct http_conn *c)
{
    exchange_give(&c->server->pool, c->x);
    TAILQ_REMOVE(&c->server->queues[c->state], c, link);
    free(c);
}

void
conn_drop(struct http_conn *c)
{
    struct http_server *s = c->server;

    if (c->state == CONN_DEAD)
        return;
    (void)event_del(&c->readable);
    (void)event_del(&c->writable);
    tls_link_free(c->tls);
    c->tls = NULL;
    close(c->fd);
    c->fd = -1;
    address_leave(&s->addresses, c->counted);
    c->counted = NULL;
    if (c->is_resuming)
        TAILQ_REMOVE(&s->resuming, c, resume);
    c->is_resuming = false;
    fair_remove(&s->fair, &c->fair);
    s->figures.conns--;
    conn_set_state(c, CONN_DEAD, 0);
}

/* The end of each function through which the loop or a handler comes to a connection. */
void
conn_leave(struct http_conn *c)
{
    c->running = false;
    if (c->state == CONN_DEAD && !c->owed)
        conn_free(c);
}

void
conn_close(struct http_conn *c)
{
    if (c->tls != NULL && c->state != CONN_HANDSHAKE)
        tls_link_shutdown(c->tls);
    conn_drop(c);
    if (!c->running && !c->owed)
        conn_free(c);
}

void
conn_evict(struct http_conn *c)
{
    c->running = true;
    if (c->state == CONN_HEADER || c->state == CONN_BODY)
        answer_no_memory(c);
    else
        conn_drop(c);
    exchange_give(&c->server->pool, c->x);
    c->x = NULL;
    conn_leave(c);
}

void
conn_destroy(struct http_conn *c)
{
    conn_drop(c);
    conn_free(c);
}

void
conn_finish(struct http_conn *c)
{
    if (!c->owed) {
        exchange_give(&c->server->pool, c->x);
        c->x = NULL;
    }
    if (c->tls != NULL)
        tls_link_shutdown(c->tls);
    if (shutdown(c->fd, SHUT_WR) != 0) {
        conn_drop(c);
        return;
    }
    conn_set_state(c, CONN_LINGER, clock_mono_ms());
}

bool
conn_read_failed(struct http_conn *c, enum io r)
{
    if (r == IO_WRITE) {
        conn_wait_writable(c);
    } else if (r != IO_READ) {
        if (r == IO_EOF && c->tls != NULL && c->state != CONN_HANDSHAKE)
            tls_link_shutdown(c->tls);
        conn_drop(c);
    }
    return false;
}

static bool
step_handshake(struct http_conn *c)
{
    struct http_figures *f = &c->server->figures;
    enum io r = tls_link_accept(c->tls);

    if (r == IO_READ || r == IO_WRITE)
        return conn_read_failed(c, r);
    if (r != IO_OK) {
        f->handshake_failures++;
        conn_drop(c);
        return false;
    }
    f->handshakes++;
    if (tls_link_is_resumed(c->tls))
        f->resumed++;
    c->tls_version = tls_link_version(c->tls);
    conn_set_state(c, CONN_IDLE, clock_mono_ms());
    return true;
}

/*
 * Closing with unread input makes the kernel send a reset, which may overtake the answer:
 * so read and forget until the client closes, within bounds.
 */
static bool
step_linger(struct http_conn *c)
{
    struct secbuf *record = &c->server->record;
    ssize_t n = recv(c->fd, record->ptr, record->cap, 0);

    if (n > 0) {
        record->len = (size_t)n;
        secbuf_clear(record);
        c->lingered += (size_t)n;
        if (c->lingered <= LINGER_BYTES)
            return true;
    }
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    conn_drop(c);
    return false;
}

/* May there be a request in what was read already? */
static bool
has_input(const struct http_conn *c)
{
    return c->x != NULL || (c->tls != NULL && tls_link_has_pending(c->tls));
}

static bool
step(struct http_conn *c)
{
    switch (c->state) {
    case CONN_HANDSHAKE:
        return step_handshake(c);
    case CONN_IDLE:
    case CONN_COLD:
        /* Behind an answer the socket is empty as a rule: wait rather than try. */
        return (c->turn == 0 || has_input(c)) && conn_step_head(c);
    case CONN_HEADER:
        return conn_step_head(c);
    case CONN_BODY:
        return conn_step_body(c);
    case CONN_WRITING:
        return answer_step(c);
    case CONN_LINGER:
        return step_linger(c);
    case CONN_WAITING:
    case CONN_DEAD:
    case CONN_STATE__MAX:
        break;
    }
    return false;
}

void
conn_work(struct http_conn *c)
{
    c->running = true;
    c->turn = 0;
    while (step(c)) {
        c->turn++;
        if (c->turn >= TURN_STEPS) {
            if (!conn_is_idle(c) || has_input(c))
                conn_resume(c);
            break;
        }
    }
}

void
conn_run(struct http_conn *c)
{
    if (c->yields && turns_wait(c))
        return;
    conn_work(c);
    conn_leave(c);
}

/*
 * A busy connection keeps OpenSSL's two buffers of 17 KiB: getting and wiping them for each
 * request costs a third of what else a request does. One that rests gives them back.
 */
static void
rest(struct http_conn *c)
{
    unsigned idle_ms = c->server->limits.idle_ms;

    if (idle_ms != 0 && idle_ms <= WARM_MS) {
        conn_close(c);
        return;
    }
    if (c->tls != NULL)
        tls_link_rest(c->tls);
    conn_set_state(c, CONN_COLD, clock_mono_ms());
}

void
conn_expire(struct http_conn *c)
{
    c->running = true;
    switch (c->state) {
    case CONN_HANDSHAKE:
        c->server->figures.handshake_failures++;
        conn_drop(c);
        break;
    case CONN_IDLE:
        rest(c);
        break;
    case CONN_COLD:
        conn_close(c);
        break;
    case CONN_HEADER:
    case CONN_BODY:
        answer_bad(c, 408);
        break;
    case CONN_WAITING:
        answer_overdue(c);
        break;
    case CONN_WRITING:
    case CONN_LINGER:
    case CONN_DEAD:
    case CONN_STATE__MAX:
        conn_drop(c);
        break;
    }
    conn_leave(c);
}

void
http_reply(struct http_conn *c, struct http_response *r)
{
    bool nested = c->running, yields = r->yields;
    uint64_t began_us = yields && !nested ? clock_mono_us() : 0;

    bug_on(!c->owed);
    c->owed = false;
    if (c->overdue || c->state == CONN_DEAD) {
        http_response_clear(r);
        if (c->state == CONN_LINGER) {
            exchange_give(&c->server->pool, c->x);
            c->x = NULL;
        }
        if (!nested)
            conn_leave(c);
        return;
    }
    c->running = true;
    answer_send(c, r);
    turns_answered(c, yields, began_us);
    if (nested)
        return;
    if (has_input(c) && state_reads(c->state) && c->state != CONN_LINGER)
        conn_resume(c);
    conn_leave(c);
}

void
http_conn_set_user(struct http_conn *c, void *user)
{
    c->user = user;
}

void *
http_conn_user(const struct http_conn *c)
{
    return c->user;
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct http_conn *c = arg;

    (void)fd;
    (void)what;
    if (state_reads(c->state) && !c->fair.waits) {
        conn_run(c);
        return;
    }
    /* One request at a time, and each in its turn: what comes meanwhile waits in the socket.
     */
    (void)event_del(&c->readable);
    c->paused = true;
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    conn_run(arg);
}

struct http_conn *
conn_new(struct http_server *s, int fd, struct http_tls *tls, const struct address *a)
{
    struct http_conn *c = calloc(1, sizeof(*c));

    if (c != NULL && tls != NULL)
        c->tls = tls_link_new(tls, fd);
    if (c == NULL || (tls != NULL && c->tls == NULL)) {
        free(c);
        close(fd);
        return NULL;
    }
    c->server = s;
    c->fd = fd;
    c->address = *a;
    c->tls_version = "";
    c->state = CONN_DEAD;
    TAILQ_INSERT_TAIL(&s->queues[CONN_DEAD], c, link);
    (void)event_assign(&c->readable, s->base, fd, EV_READ | EV_PERSIST, on_readable, c);
    (void)event_assign(&c->writable, s->base, fd, EV_WRITE, on_writable, c);
    if (event_add(&c->readable, NULL) != 0) {
        TAILQ_REMOVE(&s->queues[CONN_DEAD], c, link);
        tls_link_free(c->tls);
        free(c);
        close(fd);
        return NULL;
    }
    s->figures.conns++;
    conn_set_state(c, tls != NULL ? CONN_HANDSHAKE : CONN_IDLE, clock_mono_ms());
    return c;
}
