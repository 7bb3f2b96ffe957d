/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peer.c - receiving, and the life of one end.
 *
 * Each packet is received into one fixed buffer and judged there: the kernel's
 * copy is what protects against a peer that changes its mind while we look.
 * Once dead a peer stays dead; the first reason is logged, later calls answer
 * ERR_CLOSED.
 */
#include "ipc/peer.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/secbuf.h"
#include "base/wipe.h"
#include "ipc/outq.h"

/* Packets per peer_drain: a flood from one peer may not starve the others of the loop. */
enum { FAIR_SHARE = 256 };

struct peer {
    int fd;
    enum ipc_role role;
    size_t max_message;
    bool dead;
    bool draining, paused;
    struct outq out;
    uint8_t *packet; /* MAX_IPC_PACKET bytes of secret memory */
    struct {
        struct frame f; /* of its first piece; f.op == 0: no message is open */
        uint8_t
            *bytes; /* msgmem of f.total bytes; NULL: there was none, the pieces are dropped */
        size_t got;
    } in;
    uint64_t last_call;
};

static bool
in_is_secret(const struct peer *p)
{
    return p->in.f.total <= OUTQ_SECRET_MAX;
}

static void
in_clear(struct peer *p)
{
    msgmem_free(p->in.bytes, p->in.f.total, in_is_secret(p));
    p->in.bytes = NULL;
    p->in.f = (struct frame){ 0 };
    p->in.got = 0;
}

enum err
peer_new(int fd, enum ipc_role role, size_t max_message, struct peer **out)
{
    struct peer *p = calloc(1, sizeof(*p));

    *out = NULL;
    bug_on(max_message > MAX_IPC_MESSAGE);
    if (p == NULL) {
        (void)close(fd);
        return ERR_NOMEM;
    }
    p->fd = fd;
    p->role = role;
    p->max_message = max_message;
    p->packet = secmem_alloc(MAX_IPC_PACKET);
    if (outq_init(&p->out, fd) != ERR_OK || p->packet == NULL) {
        peer_free(p);
        return ERR_NOMEM;
    }
    *out = p;
    return ERR_OK;
}

void
peer_free(struct peer *p)
{
    if (p == NULL)
        return;
    bug_on(p->draining);
    in_clear(p);
    outq_release(&p->out);
    secmem_free(p->packet);
    (void)close(p->fd);
    free(p);
}

int
peer_fd(const struct peer *p)
{
    return p->fd;
}

enum ipc_role
peer_role(const struct peer *p)
{
    return p->role;
}

bool
peer_is_dead(const struct peer *p)
{
    return p->dead;
}

bool
peer_has_backlog(const struct peer *p)
{
    return !p->dead && outq_is_waiting(&p->out);
}

bool
peer_is_stuck(const struct peer *p)
{
    return !p->dead && p->out.head != NULL;
}

void
peer_pause(struct peer *p)
{
    p->paused = true;
}

/* Marks p dead; the other end sees the shutdown at once, whoever still holds our end. */
static enum err
die(struct peer *p, enum err why)
{
    if (!p->dead && why != ERR_CLOSED)
        log_warn("ipc: link to %s given up: %s", ipc_role_name(p->role), err_text(why));
    p->dead = true;
    (void)shutdown(p->fd, SHUT_RDWR);
    return why;
}

enum err
peer_post(struct peer *p, uint16_t op, uint64_t id, enum err status, struct span payload)
{
    const struct frame f = { .op = op, .status = (uint16_t)status, .id = id };
    enum err e;

    bug_on(op == 0 || (unsigned)status >= ERR__MAX);
    if (p->dead)
        return ERR_CLOSED;
    if (payload.len > MAX_IPC_MESSAGE)
        return ERR_TOO_LARGE;
    e = outq_put(&p->out, f, payload);
    return e == ERR_CLOSED ? die(p, e) : e;
}

enum err
peer_flush(struct peer *p)
{
    enum err e;

    if (p->dead)
        return ERR_CLOSED;
    e = outq_flush(&p->out);
    return e == ERR_OK ? ERR_OK : die(p, e);
}

static void
deliver(struct peer *p, const struct frame *f, struct span payload, peer_msg_fn fn, void *arg)
{
    const struct ipc_msg m = {
        .op = f->op, .status = (enum err)f->status, .id = f->id, .payload = payload
    };

    fn(arg, p, &m);
}

/* The first piece of a message: memory for all of it, within our own bound. */
static enum err
in_begin(struct peer *p, const struct frame *f)
{
    if (p->in.f.op != 0)
        return ERR_PROTOCOL;
    p->in.bytes = msgmem_alloc(f->total, f->total <= OUTQ_SECRET_MAX);
    p->in.f = *f;
    return ERR_OK;
}

static bool
in_continues(const struct peer *p, const struct frame *f)
{
    const struct frame *o = &p->in.f;

    return o->op == f->op && o->id == f->id && o->status == f->status && o->total == f->total;
}

/* A piece of a large message. */
static enum err
take_piece(struct peer *p, const struct frame *f, struct span payload, peer_msg_fn fn,
           void *arg)
{
    bool more = (f->flags & FRAME_MORE) != 0;
    enum err e = ERR_OK;

    if ((f->flags & FRAME_FIRST) != 0)
        e = in_begin(p, f);
    else if (!in_continues(p, f))
        e = ERR_PROTOCOL;
    if (e != ERR_OK)
        return e;
    /* More must follow exactly as long as the total is not there. */
    if (payload.len > f->total - p->in.got || more != (payload.len < f->total - p->in.got))
        return ERR_PROTOCOL;
    if (p->in.bytes != NULL)
        memcpy(p->in.bytes + p->in.got, payload.ptr, payload.len);
    p->in.got += payload.len;
    if (more)
        return ERR_OK;
    if (p->in.bytes != NULL) {
        deliver(p, f, span_of(p->in.bytes, p->in.got), fn, arg);
    } else {
        log_warn("ipc: no memory for %u bytes from %s", (unsigned)f->total,
                 ipc_role_name(p->role));
        deliver(p, &(struct frame){ .op = f->op, .id = f->id, .status = ERR_NOMEM },
                (struct span){ 0 }, fn, arg);
    }
    in_clear(p);
    return ERR_OK;
}

static enum err
take_packet(struct peer *p, struct span rest, peer_msg_fn fn, void *arg)
{
    struct span payload;
    struct frame f;
    enum err e;

    while (rest.len > 0) {
        e = frame_read(&rest, p->max_message, &f, &payload);
        if (e != ERR_OK)
            return e;
        if (f.flags != FRAME_FIRST)
            e = take_piece(p, &f, payload, fn, arg);
        else if (p->in.f.op != 0)
            e = ERR_PROTOCOL;
        else
            deliver(p, &f, payload, fn, arg);
        if (e != ERR_OK)
            return e;
        /* fn found the link broken (a failed post): what is left has no one to go to. */
        if (p->dead)
            return ERR_CLOSED;
    }
    return ERR_OK;
}

/* ERR_AGAIN when the socket is empty. */
static enum err
receive(struct peer *p, size_t *len)
{
    ssize_t n;

    do
        n = recv(p->fd, p->packet, MAX_IPC_PACKET, MSG_DONTWAIT | MSG_TRUNC);
    while (n < 0 && errno == EINTR);
    *len = 0;
    if (n < 0 && errno == EAGAIN)
        return ERR_AGAIN;
    if (n <= 0)
        return ERR_CLOSED;
    *len = (size_t)n > MAX_IPC_PACKET ? MAX_IPC_PACKET : (size_t)n;
    return (size_t)n > MAX_IPC_PACKET ? ERR_PROTOCOL : ERR_OK;
}

enum err
peer_drain(struct peer *p, peer_msg_fn fn, void *arg)
{
    enum err e = ERR_OK;
    size_t len;

    if (p->dead)
        return ERR_CLOSED;
    bug_on(p->draining);
    p->draining = true;
    p->paused = false;
    for (int i = 0; i < FAIR_SHARE && e == ERR_OK && !p->paused; i++) {
        e = receive(p, &len);
        if (e == ERR_OK)
            e = take_packet(p, span_of(p->packet, len), fn, arg);
        wipe(p->packet, len);
    }
    p->draining = false;
    if (e == ERR_OK || e == ERR_AGAIN)
        return ERR_OK;
    return die(p, e);
}

struct call {
    uint16_t op;
    uint64_t id;
    struct secbuf *out;
    bool answered, strange;
    enum err status;
};

static void
on_answer(void *arg, struct peer *p, const struct ipc_msg *m)
{
    struct call *c = arg;

    (void)p;
    if (c->answered || m->id != c->id || m->op != c->op) {
        c->strange = true;
        return;
    }
    c->answered = true;
    c->status = m->status;
    if (c->out == NULL)
        return;
    secbuf_put(c->out, m->payload);
    if (c->out->err != ERR_OK)
        c->status = c->out->err;
}

/* Waits until p can go on, or the deadline. */
static enum err
wait_for(const struct peer *p, uint64_t deadline)
{
    struct pollfd pfd = { .fd = p->fd, .events = POLLIN };
    uint64_t now = clock_mono_ms();

    if (now >= deadline)
        return ERR_TIMEOUT;
    if (peer_has_backlog(p))
        pfd.events |= POLLOUT;
    if (poll(&pfd, 1, (int)(deadline - now)) < 0 && errno != EINTR)
        return ERR_IO;
    return ERR_OK;
}

enum err
peer_call(struct peer *p, uint16_t op, struct span payload, struct secbuf *out,
          unsigned timeout_ms)
{
    uint64_t deadline = clock_mono_ms() + (timeout_ms > INT32_MAX ? INT32_MAX : timeout_ms);
    struct call c = { .op = op, .id = ++p->last_call, .out = out };
    enum err e = peer_post(p, op, c.id, ERR_OK, payload);

    if (e != ERR_OK)
        return e;
    while (!c.answered) {
        e = peer_flush(p);
        if (e == ERR_OK)
            e = peer_drain(p, on_answer, &c);
        if (e == ERR_OK && c.strange)
            e = ERR_PROTOCOL;
        if (e == ERR_OK && !c.answered)
            e = wait_for(p, deadline);
        if (e != ERR_OK)
            /* An answer that came before the end still counts. */
            return c.answered && !c.strange ? c.status : die(p, e);
    }
    return c.status;
}
