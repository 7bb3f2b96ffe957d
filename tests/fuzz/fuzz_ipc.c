/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_ipc.c - a hostile peer, in every direction it has.
 *
 * The input is a list of packets (u16 length, bytes). They are sent raw to one
 * who serves (peer_drain), to one who waits for an answer (peer_call), and as
 * control records. Then the same bytes are read as messages to post, which must
 * arrive as they were posted.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "ipc/control.h"
#include "ipc/frame.h"
#include "ipc/peer.h"

enum { BOUND = 512 * 1024, MAX_PACKETS = 64, MAX_POSTS = 32 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct seen {
    size_t messages, bytes;
};

/* The next packet of the input; false at its end. */
static bool
next_packet(struct span *rest, struct span *packet)
{
    size_t want;

    if (rest->len < 2)
        return false;
    want = (size_t)(rest->ptr[0] | rest->ptr[1] << 8);
    *packet = span_head(span_tail(*rest, 2), want);
    *rest = span_tail(*rest, 2 + want);
    return true;
}

static size_t
send_packets(int fd, struct span input)
{
    struct span packet;
    size_t total = 0;

    for (int i = 0; i < MAX_PACKETS && next_packet(&input, &packet); i++)
        if (send(fd, packet.ptr, packet.len, MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
            total += packet.len;
    (void)shutdown(fd, SHUT_WR);
    return total;
}

static void
look(void *arg, struct peer *p, const struct ipc_msg *m)
{
    struct seen *s = arg;
    uint8_t sum = 0;

    if (m->op == 0 || (unsigned)m->status >= ERR__MAX || m->payload.len > BOUND)
        abort();
    for (size_t i = 0; i < m->payload.len; i++)
        sum = (uint8_t)(sum + m->payload.ptr[i]);
    s->messages++;
    s->bytes += m->payload.len;
    /* Answering a liar must be harmless too. */
    if (peer_post(p, m->op, m->id, ERR_OK, span_of(&sum, 1)) == ERR_PROTOCOL)
        abort();
}

static void
serve(struct span input)
{
    struct seen s = { 0 };
    struct peer *p = NULL;
    size_t sent;
    int fds[2];

    if (ipc_pair(fds) != ERR_OK)
        return;
    sent = send_packets(fds[0], input);
    if (peer_new(fds[1], ROLE_FRONT, BOUND, &p) == ERR_OK) {
        /* Never more out than came in; and it ends, one way or the other. */
        if (peer_drain(p, look, &s) == ERR_OK || !peer_is_dead(p))
            abort();
        if (s.bytes + s.messages * FRAME_SIZE > sent)
            abort();
        peer_free(p);
    }
    close(fds[0]);
}

static void
ask(struct span input)
{
    struct secbuf *out = secbuf_new(BOUND);
    struct peer *p = NULL;
    int fds[2];

    if (out != NULL && ipc_pair(fds) == ERR_OK) {
        (void)send_packets(fds[0], input);
        if (peer_new(fds[1], ROLE_KEEPER, BOUND, &p) == ERR_OK) {
            if (peer_call(p, 1, span_str("question"), out, 1000) == ERR_TIMEOUT &&
                peer_is_dead(p))
                abort(); /* the other end is closed: there is nothing to wait for */
            peer_free(p);
        }
        close(fds[0]);
    }
    secbuf_free(out);
}

static void
control(struct span input)
{
    struct control c;
    enum err e = ERR_OK;
    int fds[2], fd;

    if (ipc_pair(fds) != ERR_OK)
        return;
    (void)send_packets(fds[0], input);
    for (int i = 0; i <= MAX_PACKETS && e != ERR_CLOSED && e != ERR_AGAIN; i++) {
        e = control_recv(fds[1], &c, &fd);
        if (fd != -1 || (e == ERR_OK && (c.op == 0 || c.op >= CONTROL__MAX)))
            abort();
    }
    close(fds[0]);
    close(fds[1]);
}

struct echo {
    struct span input;
    size_t n;
};

/* The nth message that the input describes: size from a packet's first bytes. */
static bool
next_message(struct echo *e, struct ipc_msg *m)
{
    struct span packet;

    if (e->n++ >= MAX_POSTS || !next_packet(&e->input, &packet))
        return false;
    *m = (struct ipc_msg){ .op = (uint16_t)e->n, .id = e->n * 7, .payload = packet };
    if (packet.len > 0)
        m->status = (enum err)(packet.ptr[0] % ERR__MAX);
    return true;
}

static void
compare(void *arg, struct peer *p, const struct ipc_msg *m)
{
    struct ipc_msg want;

    (void)p;
    if (!next_message(arg, &want) || m->op != want.op || m->id != want.id ||
        m->status != want.status || !span_is_equal(m->payload, want.payload))
        abort();
}

static void
round_trip(struct span input)
{
    struct echo posted = { .input = input }, got = { .input = input };
    struct peer *a = NULL, *b = NULL;
    struct ipc_msg m;
    int fds[2];

    if (ipc_pair(fds) != ERR_OK)
        return;
    if (peer_new(fds[0], ROLE_FRONT, BOUND, &a) == ERR_OK &&
        peer_new(fds[1], ROLE_KEEPER, BOUND, &b) == ERR_OK) {
        while (next_message(&posted, &m))
            if (peer_post(a, m.op, m.id, m.status, m.payload) != ERR_OK ||
                peer_flush(a) != ERR_OK || peer_drain(b, compare, &got) != ERR_OK)
                abort();
        if (got.n + 1 != posted.n)
            abort();
    }
    peer_free(a);
    peer_free(b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static bool ready;
    struct span input = span_of(data, len);

    if (!ready && secmem_init(2 * 1024 * 1024) != ERR_OK)
        abort();
    ready = true;
    log_set_level(LOG_ERROR);
    serve(input);
    ask(input);
    control(input);
    round_trip(input);
    return 0;
}
