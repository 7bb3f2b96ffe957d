/* SPDX-License-Identifier: Apache-2.0 */
/* What the keeper says about itself: as bytes, and as a keeper that runs. */
#include "keeper/board.h"
#include "served.h"

static void
figures_come_out_as_they_went_in(void **state)
{
    struct keeper_stats in, out;
    struct buf b = question();

    (void)state;
    memset(&in, 0, sizeof(in));
    for (unsigned i = 0; i < KEEPER_OP__MAX; i++)
        in.asked[i] = UINT64_MAX - i;
    in.lanes = 5;
    in.lanes_busy_us = 6;
    in.crew[PACE_LONG] = (struct keeper_crew){ 1, 2, 3, 4 };
    in.stock[STOCK_4096] = (struct keeper_shelf){ 4096, 7, 8 };
    keeper_stats_pack(sink_buf(&b), &in);
    memset(&out, 0, sizeof(out));
    assert_int_equal(keeper_stats_unpack(buf_span(&b), &out), ERR_OK);
    assert_memory_equal(&in, &out, sizeof(in));
    buf_release(&b);
}

static void
figures_that_are_cut_or_too_long_are_none(void **state)
{
    struct keeper_stats s = { .lanes = 1 }, none, out;
    struct buf b = question();

    (void)state;
    memset(&none, 0, sizeof(none));
    keeper_stats_pack(sink_buf(&b), &s);
    for (size_t len = 0; len < b.len; len++) {
        memset(&out, 0xff, sizeof(out));
        assert_int_equal(keeper_stats_unpack(span_head(buf_span(&b), len), &out), ERR_PROTOCOL);
        assert_int_equal(out.lanes, 0);
        assert_int_equal(out.asked[KEEPER_OP__MAX - 1], 0);
    }
    buf_put_str(&b, "x");
    assert_int_equal(keeper_stats_unpack(buf_span(&b), &out), ERR_PROTOCOL);
    buf_release(&b);
}

static void
every_question_has_a_name_of_its_own(void **state)
{
    (void)state;
    assert_null(keeper_op_name(0));
    assert_null(keeper_op_name(KEEPER_OP__MAX));
    for (unsigned i = 1; i < KEEPER_OP__MAX; i++) {
        assert_non_null(keeper_op_name(i));
        for (unsigned j = 1; j < i; j++)
            assert_string_not_equal(keeper_op_name(i), keeper_op_name(j));
    }
}

static struct keeper_stats
stats_of(struct peer *p)
{
    struct secbuf *answer = secbuf_new(QUESTION_ROOM);
    struct buf none = question();
    struct keeper_stats s;

    assert_int_equal(ask(p, KEEPER_STATS, &none, answer), ERR_OK);
    assert_int_equal(keeper_stats_unpack(secbuf_span(answer), &s), ERR_OK);
    secbuf_free(answer);
    buf_release(&none);
    return s;
}

static void
questions_of_all_lanes_are_counted_by_kind(void **state)
{
    struct peer *a = link_as(ROLE_FRONT, 0), *b = link_as(ROLE_FRONT, 1);
    struct keeper_stats before = stats_of(a), after;
    struct buf w;

    (void)state;
    for (int i = 0; i < 3; i++) {
        w = new_key(i == 0 ? a : b, PURPOSE_VAULT, GUID_A);
        buf_release(&w);
    }
    after = stats_of(b);
    assert_int_equal(after.asked[KEEPER_KEY_NEW] - before.asked[KEEPER_KEY_NEW], 3);
    assert_int_equal(after.asked[KEEPER_STATS] - before.asked[KEEPER_STATS], 1);
    assert_int_equal(after.asked[KEEPER_SIGN], before.asked[KEEPER_SIGN]);
    assert_int_equal(after.lanes, 3); /* two loops of front, and everybody else */
    peer_free(a);
    peer_free(b);
}

static void
what_is_refused_is_no_question(void **state)
{
    struct peer *front = link_as(ROLE_FRONT, 0), *scribe = link_as(ROLE_SCRIBE, 0);
    struct peer *clerk = link_as(ROLE_CLERK, 0);
    struct buf q = question();
    struct keeper_stats s;

    (void)state;
    assert_int_equal(ask(scribe, KEEPER_STATS, &q, NULL), ERR_DENIED);
    assert_int_equal(ask(clerk, KEEPER_STATS, &q, NULL), ERR_DENIED);
    buf_put_str(&q, "x");
    assert_int_equal(ask(front, KEEPER_STATS, &q, NULL), ERR_TOO_LARGE);
    s = stats_of(front);
    assert_int_equal(s.asked[KEEPER_STATS], 1);
    peer_free(front);
    peer_free(scribe);
    peer_free(clerk);
    buf_release(&q);
}

static void
threads_are_told_and_rest_when_nothing_is_asked(void **state)
{
    struct peer *p = link_as(ROLE_FRONT, 0);
    struct keeper_stats s = stats_of(p);

    (void)state;
    assert_int_equal(s.crew[PACE_LONG].threads, 2);
    assert_int_equal(s.crew[PACE_MAKING].threads, 1);
    assert_int_equal(s.crew[PACE_PASSWORD].threads, 2);
    for (unsigned i = 0; i < PACE__MAX; i++) {
        assert_int_equal(s.crew[i].running, 0);
        assert_int_equal(s.crew[i].waiting, 0);
        assert_int_equal(s.crew[i].refused, 0);
    }
    for (unsigned i = 0; i < STOCK__MAX; i++)
        assert_int_equal(s.stock[i].want, 0);
    peer_free(p);
}

enum { MANY = 40 };

static unsigned answered, busy;

static void
count_answer(void *arg, struct peer *p, const struct ipc_msg *m)
{
    (void)arg;
    (void)p;
    answered++;
    busy += m->status == ERR_BUSY;
}

static void
busy_queues_count_whom_they_turned_away(void **state)
{
    struct peer *p = link_as(ROLE_FRONT, 0);
    struct buf q = question();
    struct keeper_stats s;

    (void)state;
    answered = busy = 0;
    keeper_pack_password_hash(sink_buf(&q), span_str("password"));
    for (uint64_t i = 1; i <= MANY; i++)
        assert_int_equal(peer_post(p, KEEPER_PASSWORD_HASH, i, ERR_OK, buf_span(&q)), ERR_OK);
    assert_int_equal(peer_flush(p), ERR_OK);
    while (answered < MANY) {
        wait_readable(p);
        assert_int_equal(peer_drain(p, count_answer, NULL), ERR_OK);
    }
    s = stats_of(p);
    assert_true(busy > 0);
    assert_int_equal(s.crew[PACE_PASSWORD].refused, busy);
    assert_int_equal(s.crew[PACE_LONG].refused, 0);
    assert_int_equal(s.asked[KEEPER_PASSWORD_HASH], MANY);
    assert_true(s.lanes_busy_us > 0);
    peer_free(p);
    buf_release(&q);
}

static int
start_with_stock(void **state)
{
    struct keeper_config cfg = { .slow_threads = 1, .queue = 2 };

    (void)state;
    cfg.stock[STOCK_3072] = 4;
    cfg.stock_after_ms = 3600 * 1000; /* it is empty for now */
    return served_start_with(cfg);
}

static void
stock_is_told_by_size(void **state)
{
    struct peer *p = link_as(ROLE_FRONT, 0);
    struct keeper_stats s = stats_of(p);

    (void)state;
    assert_int_equal(s.stock[STOCK_3072].bits, 3072);
    assert_int_equal(s.stock[STOCK_3072].want, 4);
    assert_int_equal(s.stock[STOCK_3072].count, 0);
    assert_int_equal(s.stock[STOCK_2048].bits, 2048);
    assert_int_equal(s.stock[STOCK_2048].want, 0);
    assert_int_equal(s.crew[PACE_LONG].threads, 0); /* done on the lane */
    peer_free(p);
}

#define S(f)    cmocka_unit_test_setup_teardown(f, served_start, served_stop)
#define FULL(f) cmocka_unit_test_setup_teardown(f, start_with_stock, served_stop)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_come_out_as_they_went_in),
        cmocka_unit_test(figures_that_are_cut_or_too_long_are_none),
        cmocka_unit_test(every_question_has_a_name_of_its_own),
        S(questions_of_all_lanes_are_counted_by_kind),
        S(what_is_refused_is_no_question),
        S(threads_are_told_and_rest_when_nothing_is_asked),
        FULL(busy_queues_count_whom_they_turned_away),
        FULL(stock_is_told_by_size),
    };

    return cmocka_run_group_tests_name("keeper/stats", tests, served_group_setup,
                                       served_group_teardown);
}
