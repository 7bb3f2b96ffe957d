/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outq.c - filling packets and waiting for a slow reader.
 *
 * Order is kept: queue first, then the packet being filled. A queue item is
 * either a finished packet (sent as it is) or the unsent rest of a large
 * message (cut into frames as it is sent). Nothing is copied that the socket
 * takes at once.
 */
#include "ipc/outq.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/secbuf.h"
#include "base/wipe.h"

struct outq_item {
    struct outq_item *next;
    bool is_packet;
    bool is_secret;
    struct frame f;  /* of a large message; f.flags tells whether it has begun */
    uint8_t *bytes;  /* msgmem */
    size_t len, off; /* off: sent already */
};

void *
msgmem_alloc(size_t len, bool secret)
{
    return secret ? secmem_alloc(len) : malloc(len > 0 ? len : 1);
}

void
msgmem_free(void *p, size_t len, bool secret)
{
    if (p == NULL)
        return;
    if (secret) {
        secmem_free(p);
        return;
    }
    wipe(p, len);
    free(p);
}

enum err
outq_init(struct outq *q, int fd)
{
    *q = (struct outq){ .fd = fd };
    q->packet = secmem_alloc(MAX_IPC_PACKET);
    return q->packet == NULL ? ERR_NOMEM : ERR_OK;
}

static void
item_drop_head(struct outq *q)
{
    struct outq_item *it = q->head;

    q->head = it->next;
    if (q->head == NULL)
        q->tail = NULL;
    *(it->is_secret ? &q->secret : &q->plain) -= it->len;
    msgmem_free(it->bytes, it->len, it->is_secret);
    free(it);
}

void
outq_release(struct outq *q)
{
    while (q->head != NULL)
        item_drop_head(q);
    secmem_free(q->packet);
    *q = (struct outq){ .fd = -1 };
}

bool
outq_is_waiting(const struct outq *q)
{
    return q->head != NULL || q->filled > 0;
}

/* One packet from up to two pieces. ERR_AGAIN when the socket is full. */
static enum err
send_packet(int fd, const struct iovec *iov, size_t n)
{
    struct msghdr m = { .msg_iov = (struct iovec *)iov, .msg_iovlen = n };
    ssize_t sent;

    do
        sent = sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (sent < 0 && errno == EINTR);
    if (sent >= 0)
        return ERR_OK; /* SOCK_SEQPACKET: whole or not at all */
    if (errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM)
        return ERR_AGAIN;
    return ERR_CLOSED;
}

static enum err
send_packed(struct outq *q, const uint8_t *bytes, size_t len)
{
    const struct iovec iov = { (void *)(uintptr_t)bytes, len };

    return send_packet(q->fd, &iov, 1);
}

/* Sends frames of a large message from *off on; ERR_OK when all of it has gone. */
static enum err
send_large(struct outq *q, struct frame *f, struct span payload, size_t *off)
{
    uint8_t head[FRAME_SIZE];
    struct iovec iov[2];
    enum err e;

    while (*off < payload.len) {
        size_t left = payload.len - *off;

        f->len = (uint32_t)(left > FRAME_MAX_PAYLOAD ? FRAME_MAX_PAYLOAD : left);
        f->flags = (f->flags & FRAME_FIRST) | (f->len < left ? FRAME_MORE : 0);
        frame_write(head, f);
        iov[0] = (struct iovec){ head, sizeof(head) };
        iov[1] = (struct iovec){ (void *)(uintptr_t)(payload.ptr + *off), f->len };
        e = send_packet(q->fd, iov, 2);
        if (e != ERR_OK)
            return e;
        *off += f->len;
        f->flags &= ~(uint32_t)FRAME_FIRST;
    }
    return ERR_OK;
}

/* One slow reader may not take all the secret memory of the process. */
static bool
has_room(const struct outq *q, size_t len, bool secret)
{
    size_t used, total;

    if (!secret)
        return q->plain + len <= MAX_IPC_QUEUE;
    secmem_usage(&used, &total);
    return q->secret + len <= (total / 4 > OUTQ_SECRET_MAX ? total / 4 : OUTQ_SECRET_MAX);
}

/* Copies bytes behind the queue; f is NULL for a finished packet. */
static enum err
item_push(struct outq *q, const struct frame *f, struct span bytes)
{
    bool secret = f == NULL || f->total <= OUTQ_SECRET_MAX;
    struct outq_item *it;

    if (!has_room(q, bytes.len, secret))
        return ERR_BUSY;
    it = calloc(1, sizeof(*it));
    if (it == NULL)
        return ERR_NOMEM;
    it->bytes = msgmem_alloc(bytes.len, secret);
    if (it->bytes == NULL) {
        free(it);
        return ERR_NOMEM;
    }
    memcpy(it->bytes, bytes.ptr, bytes.len);
    it->len = bytes.len;
    it->is_secret = secret;
    it->is_packet = f == NULL;
    if (f != NULL)
        it->f = *f;
    *(secret ? &q->secret : &q->plain) += it->len;
    if (q->tail != NULL)
        q->tail->next = it;
    else
        q->head = it;
    q->tail = it;
    return ERR_OK;
}

static enum err
flush_queue(struct outq *q)
{
    enum err e;

    while (q->head != NULL) {
        struct outq_item *it = q->head;

        if (it->is_packet)
            e = send_packed(q, it->bytes, it->len);
        else
            e = send_large(q, &it->f, span_of(it->bytes, it->len), &it->off);
        if (e != ERR_OK)
            return e;
        item_drop_head(q);
    }
    return ERR_OK;
}

static void
packet_clear(struct outq *q)
{
    wipe(q->packet, q->filled);
    q->filled = 0;
}

enum err
outq_flush(struct outq *q)
{
    enum err e = flush_queue(q);

    if (e == ERR_OK && q->filled > 0) {
        e = send_packed(q, q->packet, q->filled);
        if (e == ERR_OK)
            packet_clear(q);
    }
    return e == ERR_AGAIN ? ERR_OK : e;
}

/* Empties the packet being filled: onto the wire, or else into the queue. */
static enum err
packet_finish(struct outq *q)
{
    enum err e = outq_flush(q);

    if (e != ERR_OK || q->filled == 0)
        return e;
    e = item_push(q, NULL, span_of(q->packet, q->filled));
    if (e == ERR_OK)
        packet_clear(q);
    return e;
}

static enum err
put_large(struct outq *q, struct frame f, struct span payload)
{
    size_t off = 0;
    enum err e;

    e = packet_finish(q);
    if (e != ERR_OK)
        return e;
    f.flags = FRAME_FIRST;
    /* Once a part of it has gone the rest must follow: room is judged before. */
    if (!has_room(q, payload.len, payload.len <= OUTQ_SECRET_MAX))
        return ERR_BUSY;
    if (q->head == NULL) {
        e = send_large(q, &f, payload, &off);
        if (e != ERR_AGAIN)
            return e;
    }
    e = item_push(q, &f, span_tail(payload, off));
    /* A message cut off in the middle is the end of this peer. */
    return e != ERR_OK && off > 0 ? ERR_CLOSED : e;
}

enum err
outq_put(struct outq *q, struct frame f, struct span payload)
{
    enum err e;

    f.total = (uint32_t)payload.len;
    if (payload.len > FRAME_MAX_PAYLOAD)
        return put_large(q, f, payload);
    if (q->filled + FRAME_SIZE + payload.len > MAX_IPC_PACKET) {
        e = packet_finish(q);
        if (e != ERR_OK)
            return e;
    }
    f.len = (uint32_t)payload.len;
    f.flags = FRAME_FIRST;
    frame_write(q->packet + q->filled, &f);
    if (payload.len > 0)
        memcpy(q->packet + q->filled + FRAME_SIZE, payload.ptr, payload.len);
    q->filled += FRAME_SIZE + payload.len;
    return ERR_OK;
}
