/* SPDX-License-Identifier: Apache-2.0 */
/* Results of workers go back in groups; one that nothing stands behind goes at once. */
#include "keeper/lane.c" /* NOLINT(bugprone-suspicious-include): its statics are what is tested */

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { BACKLOG = 8 };

/* A lane without its thread: the test is the thread. */
static int
setup(void **state)
{
    struct lane *l = calloc(1, sizeof(*l));

    *state = l;
    if (l == NULL)
        return -1;
    l->shared.backlog = BACKLOG;
    l->epoll = -1;
    l->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    l->finished_end = &l->finished;
    secbuf_init(&l->answer, ANSWER_MAX);
    pthread_mutex_init(&l->lock, NULL);
    return l->wake < 0 ? -1 : 0;
}

static int
teardown(void **state)
{
    lane_free(*state);
    return 0;
}

static bool
is_awake(const struct lane *l)
{
    uint64_t count = 0;

    return read(l->wake, &count, sizeof(count)) == (ssize_t)sizeof(count);
}

static void
finish(struct lane *l, enum key_pace pace, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct job *j = job_new(KEEPER_KEY_USE, span_str("q"));

        assert_non_null(j);
        j->lane = l;
        j->pace = pace;
        lane_finish(j);
    }
}

/* What the lane does before it sleeps, with so many jobs at the workers. */
static void
sleep_with(struct lane *l, unsigned long_jobs)
{
    l->long_jobs = long_jobs + l->finished_long; /* what is done comes back now */
    assert_true(take_inbox(l));
    (void)is_awake(l);
}

static void
lone_result_goes_at_once(void **state)
{
    struct lane *l = *state;

    sleep_with(l, 1);
    finish(l, PACE_LONG, 1);
    assert_true(is_awake(l));
}

static void
below_the_backlog_each_goes_at_once(void **state)
{
    struct lane *l = *state;

    for (unsigned out = 1; out < BACKLOG; out++) {
        sleep_with(l, out);
        finish(l, PACE_LONG, 1);
        assert_true(is_awake(l));
    }
}

static void
half_of_many_go_together(void **state)
{
    struct lane *l = *state;

    for (unsigned out = BACKLOG; out < 4 * BACKLOG; out++) {
        sleep_with(l, out);
        finish(l, PACE_LONG, (out + 1) / 2 - 1);
        assert_false(is_awake(l));
        finish(l, PACE_LONG, 1);
        assert_true(is_awake(l));
    }
}

static void
one_wake_up_is_enough_for_a_group(void **state)
{
    struct lane *l = *state;

    sleep_with(l, BACKLOG);
    finish(l, PACE_LONG, BACKLOG / 2);
    assert_true(is_awake(l));
    finish(l, PACE_LONG, BACKLOG / 2);
    assert_false(is_awake(l));
}

static void
what_is_out_is_counted_without_what_came_back(void **state)
{
    struct lane *l = *state;

    sleep_with(l, 2 * BACKLOG);
    finish(l, PACE_LONG, BACKLOG + 1);
    assert_true(is_awake(l));
    assert_true(take_inbox(l)); /* BACKLOG - 1 are out */
    assert_int_equal(l->long_jobs, BACKLOG - 1);
    finish(l, PACE_LONG, 1);
    assert_true(is_awake(l));
}

static void
other_results_do_not_wait_for_a_group(void **state)
{
    struct lane *l = *state;

    for (enum key_pace p = 0; p < PACE__MAX; p++) {
        sleep_with(l, 4 * BACKLOG);
        finish(l, p, 1);
        assert_int_equal(is_awake(l), p != PACE_LONG);
    }
}

static void
lane_that_waits_for_a_group_looks_by_itself(void **state)
{
    struct lane *l = *state;

    sleep_with(l, BACKLOG - 1);
    assert_int_equal(patience_ms(l), -1);
    sleep_with(l, BACKLOG);
    assert_int_equal(patience_ms(l), TICK_MS);
}

static void
links_and_the_end_wake_a_lane_that_waits(void **state)
{
    struct lane *l = *state;

    sleep_with(l, 4 * BACKLOG);
    pthread_mutex_lock(&l->lock);
    l->stop = true;
    lane_wake(l);
    pthread_mutex_unlock(&l->lock);
    assert_true(is_awake(l));
    assert_false(take_inbox(l));
}

static void
without_workers_nothing_is_grouped(void **state)
{
    struct lane *l = *state;

    l->shared.backlog = 0;
    sleep_with(l, 4 * BACKLOG);
    finish(l, PACE_LONG, 1);
    assert_true(is_awake(l));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lone_result_goes_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(below_the_backlog_each_goes_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(half_of_many_go_together, setup, teardown),
        cmocka_unit_test_setup_teardown(one_wake_up_is_enough_for_a_group, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_out_is_counted_without_what_came_back, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(other_results_do_not_wait_for_a_group, setup, teardown),
        cmocka_unit_test_setup_teardown(lane_that_waits_for_a_group_looks_by_itself, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(links_and_the_end_wake_a_lane_that_waits, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(without_workers_nothing_is_grouped, setup, teardown),
    };

    return cmocka_run_group_tests_name("keeper/lane", tests, NULL, NULL);
}
