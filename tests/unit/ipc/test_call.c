/* SPDX-License-Identifier: Apache-2.0 */
/* test_call.c - one question, one answer, or a clear failure before the deadline. */
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/limits.h"
#include "ipc/peer.h"

enum manner { ECHO, REFUSE, MUTE, WRONG_ID, WRONG_OP, TWICE, LEAVE };

struct server {
    struct peer *p;
    enum manner manner;
    pthread_t thread;
    bool over;
};

static void
answer(void *arg, struct peer *p, const struct ipc_msg *m)
{
    struct server *s = arg;
    enum err status = s->manner == REFUSE ? ERR_DENIED : ERR_OK;
    uint64_t id = m->id + (s->manner == WRONG_ID);
    uint16_t op = (uint16_t)(m->op + (s->manner == WRONG_OP));

    s->over = s->manner == LEAVE;
    if (s->manner == MUTE || s->manner == LEAVE)
        return;
    assert_int_equal(peer_post(p, op, id, status, m->payload), ERR_OK);
    if (s->manner == TWICE)
        assert_int_equal(peer_post(p, op, id, status, m->payload), ERR_OK);
}

static void *
serve(void *arg)
{
    struct server *s = arg;
    enum err e = ERR_OK;

    while (e == ERR_OK && !s->over) {
        struct pollfd pfd = { .fd = peer_fd(s->p), .events = POLLIN };

        if (peer_has_backlog(s->p))
            pfd.events |= POLLOUT;
        (void)poll(&pfd, 1, -1);
        e = peer_drain(s->p, answer, s);
        if (e == ERR_OK)
            e = peer_flush(s->p);
    }
    peer_free(s->p);
    return NULL;
}

static struct peer *
start(struct server *s, enum manner manner)
{
    struct peer *p = NULL;
    int fds[2];

    *s = (struct server){ .manner = manner };
    assert_int_equal(ipc_pair(fds), ERR_OK);
    assert_int_equal(peer_new(fds[0], ROLE_SCRIBE, MAX_IPC_MESSAGE, &p), ERR_OK);
    assert_int_equal(peer_new(fds[1], ROLE_CLERK, MAX_IPC_MESSAGE, &s->p), ERR_OK);
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
    return p;
}

static void
stop(struct server *s, struct peer *p)
{
    peer_free(p);
    pthread_join(s->thread, NULL);
}

static void
answers_come_back(void **state)
{
    struct server s;
    struct peer *p = start(&s, ECHO);
    struct secbuf *out = secbuf_new(1000);

    (void)state;
    for (int i = 0; i < 100; i++) {
        secbuf_clear(out);
        assert_int_equal(peer_call(p, 3, span_str("hello"), out, 5000), ERR_OK);
        assert_true(span_is_str(secbuf_span(out), "hello"));
    }
    assert_int_equal(peer_call(p, 3, span_str("hello"), NULL, 5000), ERR_OK);
    secbuf_free(out);
    stop(&s, p);
}

static void
large_questions_and_answers_pass(void **state)
{
    static uint8_t bytes[20 * 1024 * 1024];
    struct server s;
    struct peer *p = start(&s, ECHO);

    (void)state;
    assert_int_equal(peer_call(p, 3, span_of(bytes, sizeof(bytes)), NULL, 30000), ERR_OK);
    stop(&s, p);
}

static void
the_status_of_the_answer_is_returned(void **state)
{
    struct server s;
    struct peer *p = start(&s, REFUSE);

    (void)state;
    assert_int_equal(peer_call(p, 3, span_str("x"), NULL, 5000), ERR_DENIED);
    assert_false(peer_is_dead(p));
    stop(&s, p);
}

static void
an_answer_too_large_for_the_asker_is_an_error(void **state)
{
    struct server s;
    struct peer *p = start(&s, ECHO);
    struct secbuf *out = secbuf_new(3);

    (void)state;
    assert_int_equal(peer_call(p, 3, span_str("hello"), out, 5000), ERR_TOO_LARGE);
    secbuf_free(out);
    stop(&s, p);
}

static void
silence_ends_at_the_deadline(void **state)
{
    struct server s;
    struct peer *p = start(&s, MUTE);
    uint64_t t0 = clock_mono_ms();

    (void)state;
    assert_int_equal(peer_call(p, 3, span_str("x"), NULL, 50), ERR_TIMEOUT);
    assert_true(clock_mono_ms() - t0 >= 50);
    assert_true(peer_is_dead(p));
    assert_int_equal(peer_call(p, 3, span_str("x"), NULL, 50), ERR_CLOSED);
    stop(&s, p);
}

static void
expect_death(enum manner manner, enum err want)
{
    struct server s;
    struct peer *p = start(&s, manner);

    assert_int_equal(peer_call(p, 3, span_str("x"), NULL, 5000), want);
    assert_true(peer_is_dead(p));
    stop(&s, p);
}

static void
an_answer_to_another_question_is_a_lie(void **state)
{
    (void)state;
    expect_death(WRONG_ID, ERR_PROTOCOL);
}

static void
an_answer_to_another_operation_is_a_lie(void **state)
{
    (void)state;
    expect_death(WRONG_OP, ERR_PROTOCOL);
}

static void
a_second_answer_is_a_lie(void **state)
{
    (void)state;
    expect_death(TWICE, ERR_PROTOCOL);
}

static void
a_server_that_leaves_is_seen(void **state)
{
    (void)state;
    expect_death(LEAVE, ERR_CLOSED);
}

static int
memory(void **state)
{
    (void)state;
    assert_int_equal(secmem_init(2 * 1024 * 1024), ERR_OK);
    return 0;
}

static int
no_memory_lost(void **state)
{
    size_t used, total;

    (void)state;
    secmem_usage(&used, &total);
    assert_int_equal(used, 0);
    secmem_release();
    return 0;
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, memory, no_memory_lost)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(answers_come_back),
        T(large_questions_and_answers_pass),
        T(the_status_of_the_answer_is_returned),
        T(an_answer_too_large_for_the_asker_is_an_error),
        T(silence_ends_at_the_deadline),
        T(an_answer_to_another_question_is_a_lie),
        T(an_answer_to_another_operation_is_a_lie),
        T(a_second_answer_is_a_lie),
        T(a_server_that_leaves_is_seen),
    };

    return cmocka_run_group_tests_name("ipc/call", tests, NULL, NULL);
}
