/* SPDX-License-Identifier: Apache-2.0 */
/* test_peer.c - messages arrive whole, in order, both ways; liars are cut off. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/limits.h"
#include "ipc/frame.h"
#include "ipc/peer.h"

enum { MEM = 2 * 1024 * 1024, MEBI = 1024 * 1024 };

struct link {
    struct peer *a, *b;
    int raw; /* the other end's descriptor, for tests that speak raw bytes to b */
};

/* What arrived: counts and a running check of order and content. */
struct inbox {
    size_t messages, bytes, last_len;
    uint64_t last_id;
    uint16_t last_op;
    enum err last_status;
    bool out_of_order, damaged;
};

static uint8_t
pattern(uint64_t id, size_t i)
{
    return (uint8_t)(id * 31 + i * 7 + (i >> 8));
}

static void
fill(uint8_t *p, size_t len, uint64_t id)
{
    for (size_t i = 0; i < len; i++)
        p[i] = pattern(id, i);
}

static void
take(void *arg, struct peer *p, const struct ipc_msg *m)
{
    struct inbox *in = arg;

    (void)p;
    in->out_of_order |= m->id != in->last_id + 1;
    for (size_t i = 0; i < m->payload.len; i++)
        in->damaged |= m->payload.ptr[i] != pattern(m->id, i);
    in->messages++;
    in->bytes += m->payload.len;
    in->last_len = m->payload.len;
    in->last_id = m->id;
    in->last_op = m->op;
    in->last_status = m->status;
}

static int
link_open_max(void **state, size_t max_message)
{
    struct link *l = calloc(1, sizeof(*l));
    int fds[2];

    assert_non_null(l);
    assert_int_equal(secmem_init(MEM), ERR_OK);
    assert_int_equal(ipc_pair(fds), ERR_OK);
    l->raw = fds[0];
    assert_int_equal(peer_new(fds[0], ROLE_KEEPER, max_message, &l->a), ERR_OK);
    assert_int_equal(peer_new(fds[1], ROLE_FRONT, max_message, &l->b), ERR_OK);
    *state = l;
    return 0;
}

static int
link_open(void **state)
{
    return link_open_max(state, MAX_IPC_MESSAGE);
}

static int
link_open_small(void **state)
{
    return link_open_max(state, 200 * 1000);
}

static int
link_close(void **state)
{
    struct link *l = *state;
    size_t used, total;

    peer_free(l->a);
    peer_free(l->b);
    free(l);
    secmem_usage(&used, &total);
    assert_int_equal(used, 0);
    secmem_release();
    return 0;
}

static enum err
post(struct peer *p, uint64_t id, size_t len)
{
    uint8_t *bytes = malloc(len + 1);
    enum err e;

    assert_non_null(bytes);
    fill(bytes, len, id);
    e = peer_post(p, 7, id, ERR_OK, span_of(bytes, len));
    free(bytes);
    return e;
}

/* Flushes a and drains b until nothing is left. */
static void
pump(struct peer *a, struct peer *b, struct inbox *in)
{
    do {
        assert_int_equal(peer_flush(a), ERR_OK);
        assert_int_equal(peer_drain(b, take, in), ERR_OK);
    } while (peer_has_backlog(a));
    assert_int_equal(peer_drain(b, take, in), ERR_OK);
    assert_false(in->out_of_order);
    assert_false(in->damaged);
}

static void
a_message_arrives_with_all_its_parts(void **state)
{
    struct link *l = *state;
    struct inbox in = { .last_id = 41 };
    uint8_t bytes[300];

    fill(bytes, sizeof(bytes), 42);
    assert_int_equal(peer_post(l->b, 9, 42, ERR_CONFLICT, span_of(bytes, sizeof(bytes))),
                     ERR_OK);
    pump(l->b, l->a, &in);
    assert_int_equal(in.messages, 1);
    assert_int_equal(in.last_op, 9);
    assert_int_equal(in.last_status, ERR_CONFLICT);
    assert_int_equal(in.last_len, sizeof(bytes));
}

static void
nothing_arrives_before_flush(void **state)
{
    struct link *l = *state;
    struct inbox in = { 0 };

    assert_int_equal(post(l->a, 1, 10), ERR_OK);
    assert_true(peer_has_backlog(l->a));
    assert_int_equal(peer_drain(l->b, take, &in), ERR_OK);
    assert_int_equal(in.messages, 0);
    pump(l->a, l->b, &in);
    assert_int_equal(in.messages, 1);
    assert_false(peer_has_backlog(l->a));
}

static void
a_batch_is_one_packet(void **state)
{
    struct link *l = *state;
    uint8_t packet[MAX_IPC_PACKET];

    for (uint64_t id = 1; id <= 32; id++)
        assert_int_equal(post(l->a, id, 100), ERR_OK);
    assert_int_equal(peer_flush(l->a), ERR_OK);
    assert_int_equal(recv(peer_fd(l->b), packet, sizeof(packet), 0), 32 * (FRAME_SIZE + 100));
    assert_int_equal(recv(peer_fd(l->b), packet, sizeof(packet), MSG_DONTWAIT), -1);
}

static void
a_batch_spills_into_more_packets(void **state)
{
    struct link *l = *state;
    struct inbox in = { 0 };

    for (uint64_t id = 1; id <= 5000; id++)
        assert_int_equal(post(l->a, id, 50 + id % 100), ERR_OK);
    pump(l->a, l->b, &in);
    assert_int_equal(in.messages, 5000);
}

static void
every_size_around_a_packet_arrives(void **state)
{
    struct link *l = *state;
    struct inbox in = { 0 };
    uint64_t id = 0;

    for (size_t packets = 1; packets <= 5; packets++)
        for (size_t d = 0; d <= 2 * FRAME_SIZE + 2; d++) {
            assert_int_equal(post(l->a, ++id, packets * FRAME_MAX_PAYLOAD - FRAME_SIZE - 1 + d),
                             ERR_OK);
            assert_int_equal(post(l->a, ++id, 3), ERR_OK);
            pump(l->a, l->b, &in);
        }
    assert_int_equal(in.messages, id);
}

static void
the_largest_message_arrives(void **state)
{
    struct link *l = *state;
    struct inbox in = { 0 };

    assert_int_equal(post(l->a, 1, MAX_IPC_MESSAGE), ERR_OK);
    assert_int_equal(post(l->a, 2, 5), ERR_OK);
    pump(l->a, l->b, &in);
    assert_int_equal(in.messages, 2);
    assert_int_equal(in.bytes, MAX_IPC_MESSAGE + 5);
}

static void
a_larger_message_is_refused_to_the_sender(void **state)
{
    struct link *l = *state;

    assert_int_equal(peer_post(l->a, 1, 1, ERR_OK, span_of("", MAX_IPC_MESSAGE + 1)),
                     ERR_TOO_LARGE);
    assert_false(peer_is_dead(l->a));
}

static void
both_directions_work_at_once(void **state)
{
    struct link *l = *state;
    struct inbox ina = { 0 }, inb = { 0 };

    for (uint64_t id = 1; id <= 200; id++) {
        assert_int_equal(post(l->a, id, id * 97 % 9000), ERR_OK);
        assert_int_equal(post(l->b, id, id * 61 % 90000), ERR_OK);
        assert_int_equal(peer_flush(l->a), ERR_OK);
        assert_int_equal(peer_flush(l->b), ERR_OK);
        assert_int_equal(peer_drain(l->a, take, &ina), ERR_OK);
        assert_int_equal(peer_drain(l->b, take, &inb), ERR_OK);
    }
    pump(l->b, l->a, &ina);
    pump(l->a, l->b, &inb);
    assert_int_equal(ina.messages, 200);
    assert_int_equal(inb.messages, 200);
}

static void
a_slow_reader_bounds_the_secret_queue(void **state)
{
    struct link *l = *state;
    struct inbox in = { 0 };
    size_t used, total;
    uint64_t id = 0;
    enum err e = ERR_OK;

    while (e == ERR_OK && id < 100000)
        e = post(l->a, ++id, 1000);
    assert_int_equal(e, ERR_BUSY);
    secmem_usage(&used, &total);
    assert_true(used <= total / 2);
    assert_true(peer_has_backlog(l->a));
    pump(l->a, l->b, &in);
    assert_int_equal(in.messages, id - 1);
    assert_int_equal(post(l->a, id, 1000), ERR_OK);
}

static void
a_slow_reader_bounds_the_plain_queue(void **state)
{
    struct link *l = *state;
    struct inbox in = { 0 };
    uint64_t id = 0;
    enum err e = ERR_OK;

    while (e == ERR_OK && id < 100)
        e = post(l->a, ++id, 8 * MEBI);
    assert_int_equal(e, ERR_BUSY);
    assert_true((id - 1) * 8 * MEBI <= MAX_IPC_QUEUE + 16 * MEBI);
    pump(l->a, l->b, &in);
    assert_int_equal(in.messages, id - 1);
}

static void
what_a_slow_reader_left_is_wiped_at_the_end(void **state)
{
    struct link *l = *state;

    /* link_close checks that no secret memory is left in use. */
    while (post(l->a, 1, 60000) == ERR_OK)
        ;
    assert_true(peer_has_backlog(l->a));
}

/* All of the arena but so many bytes or less; freed with give_back(). */
static void
take_all_but(size_t rest, void *blocks[static 64])
{
    size_t used, total, n = 0;

    for (size_t len = MEBI; len >= 4096 && n < 64;) {
        secmem_usage(&used, &total);
        blocks[n] = used + len + rest > total ? NULL : secmem_alloc(len);
        if (blocks[n] == NULL)
            len /= 2;
        else
            n++;
    }
}

static void
give_back(void *blocks[static 64])
{
    for (size_t i = 0; i < 64; i++)
        secmem_free(blocks[i]);
}

static void
message_without_memory_is_told_and_the_link_goes_on(void **state)
{
    struct link *l = *state;
    struct inbox in = { .last_id = 4 };
    void *blocks[64] = { NULL };

    assert_int_equal(post(l->a, 5, 200 * 1000), ERR_OK);
    take_all_but(100 * 1000, blocks);
    pump(l->a, l->b, &in);
    assert_int_equal(in.messages, 1);
    assert_int_equal(in.last_status, ERR_NOMEM);
    assert_int_equal(in.last_op, 7);
    assert_int_equal(in.last_len, 0);
    assert_int_equal(post(l->a, 6, 1000), ERR_OK);
    pump(l->a, l->b, &in);
    assert_int_equal(in.last_len, 1000);
    give_back(blocks);
    assert_int_equal(post(l->a, 7, 200 * 1000), ERR_OK);
    pump(l->a, l->b, &in);
    assert_int_equal(in.last_status, ERR_OK);
    assert_int_equal(in.last_len, 200 * 1000);
}

static void
take_one(void *arg, struct peer *p, const struct ipc_msg *m)
{
    take(arg, p, m);
    peer_pause(p);
}

static void
paused_reader_leaves_the_other_packets(void **state)
{
    struct link *l = *state;
    struct inbox in = { 0 };

    for (uint64_t id = 1; id <= 3; id++) {
        assert_int_equal(post(l->a, id, 60000), ERR_OK);
        assert_int_equal(peer_flush(l->a), ERR_OK);
    }
    for (unsigned i = 1; i <= 3; i++) {
        assert_int_equal(peer_drain(l->b, take_one, &in), ERR_OK);
        assert_int_equal(in.messages, i);
    }
    assert_false(peer_is_stuck(l->b));
}

static void
closing_is_seen_by_reader_and_writer(void **state)
{
    struct link *l = *state;
    struct inbox in = { 0 };

    peer_free(l->a);
    l->a = NULL;
    assert_int_equal(peer_drain(l->b, take, &in), ERR_CLOSED);
    assert_true(peer_is_dead(l->b));
    assert_int_equal(post(l->b, 1, 1), ERR_CLOSED);
    assert_int_equal(peer_flush(l->b), ERR_CLOSED);
    assert_false(peer_has_backlog(l->b));
}

static void
what_was_sent_before_closing_still_arrives(void **state)
{
    struct link *l = *state;
    struct inbox in = { 0 };

    assert_int_equal(post(l->a, 1, 100), ERR_OK);
    assert_int_equal(peer_flush(l->a), ERR_OK);
    peer_free(l->a);
    l->a = NULL;
    assert_int_equal(peer_drain(l->b, take, &in), ERR_CLOSED);
    assert_int_equal(in.messages, 1);
}

static void
closing_in_mid_message_delivers_nothing(void **state)
{
    struct link *l = *state;
    struct inbox in = { 0 };

    assert_int_equal(post(l->a, 1, 20 * MEBI), ERR_OK);
    assert_int_equal(peer_flush(l->a), ERR_OK);
    peer_free(l->a);
    l->a = NULL;
    assert_int_equal(peer_drain(l->b, take, &in), ERR_CLOSED);
    assert_int_equal(in.messages, 0);
}

static void
a_message_above_the_readers_bound_kills_the_link(void **state)
{
    struct link *l = *state;
    struct inbox in = { 0 };

    assert_int_equal(post(l->a, 1, 200 * 1000), ERR_OK);
    pump(l->a, l->b, &in);
    assert_int_equal(post(l->a, 2, 200 * 1000 + 1), ERR_OK);
    assert_int_equal(peer_flush(l->a), ERR_OK);
    assert_int_equal(peer_drain(l->b, take, &in), ERR_PROTOCOL);
    assert_int_equal(in.messages, 1);
    assert_true(peer_is_dead(l->b));
    assert_int_equal(peer_drain(l->b, take, &in), ERR_CLOSED);
}

/* Raw frames that a liar could send; the link must die, and deliver `good` messages first. */
static const struct lie {
    const char *name;
    size_t good, nframes;
    struct frame f[3];
} lies[] = {
    /* clang-format off */
    { "a whole message inside an open one", 0, 2,
      { { .op = 1, .id = 1, .flags = FRAME_FIRST | FRAME_MORE, .len = 5, .total = 10 },
        { .op = 1, .id = 1, .flags = FRAME_FIRST, .len = 5, .total = 5 } } },
    { "a second beginning", 0, 2,
      { { .op = 1, .id = 1, .flags = FRAME_FIRST | FRAME_MORE, .len = 5, .total = 10 },
        { .op = 1, .id = 1, .flags = FRAME_FIRST | FRAME_MORE, .len = 5, .total = 10 } } },
    { "a piece of nothing", 0, 1,
      { { .op = 1, .id = 1, .flags = 0, .len = 5, .total = 10 } } },
    { "a middle of nothing", 1, 2,
      { { .op = 1, .id = 1, .flags = FRAME_FIRST },
        { .op = 1, .id = 1, .flags = FRAME_MORE, .len = 5, .total = 10 } } },
    { "a piece of another message", 0, 2,
      { { .op = 1, .id = 1, .flags = FRAME_FIRST | FRAME_MORE, .len = 5, .total = 10 },
        { .op = 1, .id = 2, .flags = 0, .len = 5, .total = 10 } } },
    { "a piece of another operation", 0, 2,
      { { .op = 1, .id = 1, .flags = FRAME_FIRST | FRAME_MORE, .len = 5, .total = 10 },
        { .op = 2, .id = 1, .flags = 0, .len = 5, .total = 10 } } },
    { "another status", 0, 2,
      { { .op = 1, .id = 1, .flags = FRAME_FIRST | FRAME_MORE, .len = 5, .total = 10 },
        { .op = 1, .id = 1, .status = 1, .flags = 0, .len = 5, .total = 10 } } },
    { "a total that changes", 0, 2,
      { { .op = 1, .id = 1, .flags = FRAME_FIRST | FRAME_MORE, .len = 5, .total = 10 },
        { .op = 1, .id = 1, .flags = 0, .len = 5, .total = 11 } } },
    { "a last piece too short", 0, 2,
      { { .op = 1, .id = 1, .flags = FRAME_FIRST | FRAME_MORE, .len = 5, .total = 10 },
        { .op = 1, .id = 1, .flags = 0, .len = 4, .total = 10 } } },
    { "a last piece too long", 0, 2,
      { { .op = 1, .id = 1, .flags = FRAME_FIRST | FRAME_MORE, .len = 5, .total = 10 },
        { .op = 1, .id = 1, .flags = 0, .len = 6, .total = 10 } } },
    { "more after the total", 0, 2,
      { { .op = 1, .id = 1, .flags = FRAME_FIRST | FRAME_MORE, .len = 5, .total = 10 },
        { .op = 1, .id = 1, .flags = FRAME_MORE, .len = 5, .total = 10 } } },
    { "a bad frame behind good ones", 2, 3,
      { { .op = 1, .id = 1, .flags = FRAME_FIRST },
        { .op = 1, .id = 2, .flags = FRAME_FIRST, .len = 5, .total = 5 },
        { .op = 0, .id = 3, .flags = FRAME_FIRST } } },
    /* clang-format on */
};
#define NLIES (sizeof(lies) / sizeof(lies[0]))

static size_t lie_now;

static void
count(void *arg, struct peer *p, const struct ipc_msg *m)
{
    size_t *n = arg;

    (void)p;
    (void)m;
    (*n)++;
}

static void
tell_lie(void **state)
{
    const struct lie *lie = &lies[lie_now++ % NLIES];
    struct link *l = *state;
    uint8_t packet[3 * (FRAME_SIZE + 16)] = { 0 };
    size_t len = 0, good = 0;

    for (size_t i = 0; i < lie->nframes; i++) {
        frame_write(packet + len, &lie->f[i]);
        len += FRAME_SIZE + lie->f[i].len;
    }
    assert_int_equal(send(l->raw, packet, len, 0), len);
    assert_int_equal(peer_drain(l->b, count, &good), ERR_PROTOCOL);
    assert_int_equal(good, lie->good);
    assert_true(peer_is_dead(l->b));
}

static void
bytes_behind_the_last_frame_kill_the_link(void **state)
{
    struct link *l = *state;
    const struct frame f = { .op = 1, .id = 1, .flags = FRAME_FIRST };
    uint8_t packet[FRAME_SIZE + 1] = { 0 };
    size_t good = 0;

    frame_write(packet, &f);
    assert_int_equal(send(l->raw, packet, sizeof(packet), 0), sizeof(packet));
    assert_int_equal(peer_drain(l->b, count, &good), ERR_PROTOCOL);
}

static void
a_packet_above_the_maximum_kills_the_link(void **state)
{
    struct link *l = *state;
    static uint8_t packet[MAX_IPC_PACKET + 1];
    size_t good = 0;

    assert_int_equal(send(l->raw, packet, sizeof(packet), 0), sizeof(packet));
    assert_int_equal(peer_drain(l->b, count, &good), ERR_PROTOCOL);
    assert_int_equal(good, 0);
}

static void
a_descriptor_sent_along_is_not_kept(void **state)
{
    struct link *l = *state;
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int))];
    } space = { 0 };
    const struct frame f = { .op = 1, .id = 1, .flags = FRAME_FIRST };
    uint8_t packet[FRAME_SIZE];
    struct iovec iov = { packet, sizeof(packet) };
    struct msghdr m = { .msg_iov = &iov,
                        .msg_iovlen = 1,
                        .msg_control = space.bytes,
                        .msg_controllen = sizeof(space.bytes) };
    int fds[2], probe;
    size_t good = 0;
    char c;

    frame_write(packet, &f);
    assert_int_equal(pipe(fds), 0);
    *CMSG_FIRSTHDR(&m) = (struct cmsghdr){ .cmsg_level = SOL_SOCKET,
                                           .cmsg_type = SCM_RIGHTS,
                                           .cmsg_len = CMSG_LEN(sizeof(int)) };
    memcpy(CMSG_DATA(CMSG_FIRSTHDR(&m)), &fds[1], sizeof(int));
    assert_int_equal(sendmsg(l->raw, &m, 0), sizeof(packet));
    probe = fds[0];
    close(fds[1]);
    assert_int_equal(peer_drain(l->b, count, &good), ERR_OK);
    assert_int_equal(good, 1);
    /* Nobody holds the writing end any more: end of file. */
    assert_int_equal(read(probe, &c, 1), 0);
    close(probe);
}

static void
reply(void *arg, struct peer *p, const struct ipc_msg *m)
{
    (void)arg;
    assert_int_equal(peer_post(p, m->op, m->id, ERR_OK, m->payload), ERR_OK);
}

static void
answers_may_be_posted_while_draining(void **state)
{
    struct link *l = *state;
    struct inbox in = { 0 };

    for (uint64_t id = 1; id <= 64; id++)
        assert_int_equal(post(l->a, id, 200 * id), ERR_OK);
    assert_int_equal(peer_flush(l->a), ERR_OK);
    assert_int_equal(peer_drain(l->b, reply, NULL), ERR_OK);
    pump(l->b, l->a, &in);
    assert_int_equal(in.messages, 64);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, link_open, link_close)

int
main(void)
{
    const struct CMUnitTest plain[] = {
        T(a_message_arrives_with_all_its_parts),
        T(nothing_arrives_before_flush),
        T(a_batch_is_one_packet),
        T(a_batch_spills_into_more_packets),
        T(every_size_around_a_packet_arrives),
        T(the_largest_message_arrives),
        T(a_larger_message_is_refused_to_the_sender),
        T(both_directions_work_at_once),
        T(a_slow_reader_bounds_the_secret_queue),
        T(a_slow_reader_bounds_the_plain_queue),
        T(message_without_memory_is_told_and_the_link_goes_on),
        T(paused_reader_leaves_the_other_packets),
        T(what_a_slow_reader_left_is_wiped_at_the_end),
        T(closing_is_seen_by_reader_and_writer),
        T(what_was_sent_before_closing_still_arrives),
        T(closing_in_mid_message_delivers_nothing),
        cmocka_unit_test_setup_teardown(a_message_above_the_readers_bound_kills_the_link,
                                        link_open_small, link_close),
        T(bytes_behind_the_last_frame_kill_the_link),
        T(a_packet_above_the_maximum_kills_the_link),
        T(a_descriptor_sent_along_is_not_kept),
        T(answers_may_be_posted_while_draining),
    };
    struct CMUnitTest told[NLIES];

    for (size_t i = 0; i < NLIES; i++)
        told[i] = (struct CMUnitTest){ .name = lies[i].name,
                                       .test_func = tell_lie,
                                       .setup_func = link_open,
                                       .teardown_func = link_close };
    return cmocka_run_group_tests_name("ipc/peer", plain, NULL, NULL) +
           cmocka_run_group_tests_name("ipc/peer: lies", told, NULL, NULL);
}
