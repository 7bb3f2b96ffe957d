/* SPDX-License-Identifier: Apache-2.0 */
/* Turns of those whom we do not know, by a clock of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/fair_int.h"

enum { MANY = 64, RUN_US = 100, SECOND_US = 1000000 };

struct bench {
    struct fair f;
    uint64_t now_us;
    struct fair_item items[MANY];
};

static int
bench_open(void **state)
{
    static struct bench b;

    b = (struct bench){ .now_us = 3600ull * SECOND_US };
    assert_int_equal(fair_init(&b.f), ERR_OK);
    *state = &b;
    return 0;
}

static int
bench_close(void **state)
{
    struct bench *b = *state;

    fair_release(&b->f);
    return 0;
}

/* A source that none of the first n items has: two addresses may share a bucket. */
static struct fair_source *
another_source(struct bench *b, unsigned n)
{
    for (uint8_t at = 1;; at++) {
        const uint8_t key[8] = { 0, 0, 0, 0, 127, 0, 0, at };
        struct fair_source *s = fair_source_of(&b->f, key);
        unsigned i = 0;

        while (i < n && b->items[i].source != s)
            i++;
        if (i == n)
            return s;
    }
}

/* Items from..to are of one source, which no item before them is of. */
static void
of_one_source(struct bench *b, unsigned from, unsigned to)
{
    struct fair_source *s = another_source(b, from);

    for (unsigned i = from; i < to; i++)
        b->items[i].source = s;
}

static void
push(struct bench *b, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++)
        (void)fair_push(&b->f, &b->items[i]);
}

/* The next one's number; MANY: nobody's turn. */
static unsigned
next(struct bench *b)
{
    struct fair_item *i = fair_next(&b->f, b->now_us);

    return i == NULL ? MANY : (unsigned)(i - b->items);
}

/* What loops do: whoever is given a turn takes RUN_US and wants another. Counts by item. */
static void
run_for(struct bench *b, uint64_t us, uint64_t spent_us[static MANY])
{
    uint64_t until = b->now_us + us;

    while (b->now_us < until) {
        unsigned i = next(b);
        uint64_t wait = fair_wait_us(&b->f, b->now_us);

        if (i < MANY) {
            b->now_us += RUN_US;
            spent_us[i] += RUN_US;
            fair_spent(&b->f, &b->items[i], RUN_US);
            (void)fair_push(&b->f, &b->items[i]);
            continue;
        }
        assert_true(wait != UINT64_MAX);
        assert_true(wait > 0);
        b->now_us += wait;
    }
}

/* The same while item `known` is answered as somebody known in every epoch. */
static void
run_beside(struct bench *b, unsigned known, unsigned nknown, uint64_t us,
           uint64_t spent_us[static MANY])
{
    for (uint64_t done = 0; done < us; done += FAIR_EPOCH_MS * 1000) {
        for (unsigned i = known; i < known + nknown; i++)
            fair_known(&b->f, &b->items[i], b->now_us / 1000);
        run_for(b, FAIR_EPOCH_MS * 1000, spent_us);
    }
}

static uint64_t
sum(const uint64_t *v, unsigned from, unsigned to)
{
    uint64_t n = 0;

    for (unsigned i = from; i < to; i++)
        n += v[i];
    return n;
}

static void
assert_near(uint64_t got, uint64_t want, unsigned percent)
{
    assert_in_range(got, want - want * percent / 100, want + want * percent / 100);
}

static void
nobody_waits_at_first(void **state)
{
    struct bench *b = *state;

    assert_int_equal(next(b), MANY);
    assert_true(fair_wait_us(&b->f, b->now_us) == UINT64_MAX);
}

static void
of_one_source_the_first_to_come_is_the_first(void **state)
{
    struct bench *b = *state;

    of_one_source(b, 0, 3);
    assert_true(fair_push(&b->f, &b->items[1]));
    assert_false(fair_push(&b->f, &b->items[0]));
    assert_false(fair_push(&b->f, &b->items[2]));
    assert_int_equal(next(b), 1);
    assert_int_equal(next(b), 0);
    assert_int_equal(next(b), 2);
    assert_int_equal(next(b), MANY);
    assert_int_equal(b->f.nring, 0);
}

static void
who_has_gone_has_no_turn(void **state)
{
    struct bench *b = *state;

    of_one_source(b, 0, 2);
    of_one_source(b, 2, 3);
    push(b, 0, 3);
    fair_remove(&b->f, &b->items[0]);
    fair_remove(&b->f, &b->items[0]);
    fair_remove(&b->f, &b->items[2]);
    assert_int_equal(next(b), 1);
    assert_int_equal(next(b), MANY);
    assert_int_equal(b->f.nitems, 0);
}

static void
a_newcomer_waits_for_a_round_of_sources_not_of_connections(void **state)
{
    struct bench *b = *state;
    unsigned before = 0;

    of_one_source(b, 0, 60);
    of_one_source(b, 60, 61);
    push(b, 0, 61);
    for (unsigned i = next(b); i != 60; i = next(b)) {
        fair_spent(&b->f, &b->items[i], RUN_US);
        before++;
    }
    assert_int_equal(before, FAIR_QUANTUM_US / RUN_US);
}

static void
sources_share_evenly_however_many_connections_each_has(void **state)
{
    struct bench *b = *state;
    uint64_t spent[MANY] = { 0 };

    of_one_source(b, 0, 60);
    of_one_source(b, 60, 62);
    of_one_source(b, 62, 63);
    push(b, 0, 62);
    run_for(b, SECOND_US, spent);
    assert_near(sum(spent, 0, 60), SECOND_US / 2, 2);
    assert_near(sum(spent, 60, 62), SECOND_US / 2, 2);
    for (unsigned i = 0; i < 60; i++)
        assert_near(spent[i], SECOND_US / 120, 15);
}

static void
who_costs_more_at_a_time_has_fewer_turns(void **state)
{
    struct bench *b = *state;
    unsigned turns[2] = { 0, 0 };

    of_one_source(b, 0, 1);
    of_one_source(b, 1, 3);
    b->items[MANY - 1].source = b->items[0].source;
    push(b, 0, 3);
    (void)fair_push(&b->f, &b->items[MANY - 1]);
    for (unsigned n = 0; n < 3000; n++) {
        unsigned i = next(b);
        bool dear = b->items[i].source == b->items[0].source;

        turns[dear]++;
        fair_spent(&b->f, &b->items[i], dear ? 1000 : 100);
        (void)fair_push(&b->f, &b->items[i]);
    }
    assert_near(turns[0], 10ul * turns[1], 5);
}

static void
without_known_callers_the_unknown_have_all(void **state)
{
    struct bench *b = *state;
    uint64_t spent[MANY] = { 0 };

    of_one_source(b, 0, 32);
    push(b, 0, 32);
    run_for(b, SECOND_US, spent);
    assert_int_equal(sum(spent, 0, 32), SECOND_US);
    assert_int_equal(b->f.deferred, 0);
}

static void
beside_a_known_caller_a_flood_has_half_an_even_share(void **state)
{
    struct bench *b = *state;
    uint64_t spent[MANY] = { 0 };

    of_one_source(b, 0, 32);
    of_one_source(b, 32, 33);
    push(b, 0, 32);
    run_beside(b, 32, 1, 10 * SECOND_US, spent);
    assert_near(sum(spent, 0, 32), 10 * SECOND_US / 4, 5);
    assert_true(b->f.deferred > 0);
}

static void
the_more_known_sources_the_less_for_a_flood(void **state)
{
    struct bench *b = *state;
    uint64_t spent[MANY] = { 0 };

    of_one_source(b, 0, 32);
    for (unsigned i = 32; i < 36; i++)
        of_one_source(b, i, i + 1);
    push(b, 0, 32);
    run_beside(b, 32, 4, 10 * SECOND_US, spent);
    assert_near(sum(spent, 0, 32), 10 * SECOND_US / 10, 8);
}

static void
a_flood_of_many_sources_leaves_half(void **state)
{
    struct bench *b = *state;
    uint64_t spent[MANY] = { 0 };

    for (unsigned i = 0; i < 60; i++)
        of_one_source(b, i, i + 1);
    push(b, 0, 59);
    run_beside(b, 59, 1, 10 * SECOND_US, spent);
    assert_in_range(sum(spent, 0, 59), 10 * SECOND_US / 3, 10 * SECOND_US / 2 + FAIR_BURST_US);
}

static void
a_known_caller_at_the_flood_s_own_address_is_protected_from_it(void **state)
{
    struct bench *b = *state;
    uint64_t spent[MANY] = { 0 };

    of_one_source(b, 0, 33);
    push(b, 0, 32);
    run_beside(b, 32, 1, 10 * SECOND_US, spent);
    assert_near(sum(spent, 0, 32), 10 * SECOND_US / 4, 5);
}

static void
the_limit_ends_when_the_known_have_gone(void **state)
{
    struct bench *b = *state;
    uint64_t spent[MANY] = { 0 }, after[MANY] = { 0 };

    of_one_source(b, 0, 32);
    of_one_source(b, 32, 33);
    push(b, 0, 32);
    run_beside(b, 32, 1, SECOND_US, spent);
    b->now_us += 2000 * FAIR_EPOCH_MS;
    run_for(b, SECOND_US, after);
    assert_int_equal(sum(after, 0, 32), SECOND_US);
}

static void
what_led_to_a_good_request_is_given_back(void **state)
{
    struct bench *b = *state;
    uint64_t from = b->now_us;

    /* new connections of one client, a handshake and a request each, at full rate */
    of_one_source(b, 0, 1);
    for (unsigned n = 0; n < 5000; n++) {
        assert_int_equal(fair_wait_us(&b->f, b->now_us), UINT64_MAX);
        push(b, 0, 1);
        assert_int_equal(next(b), 0);
        b->now_us += 900;
        fair_spent(&b->f, &b->items[0], 900);
        b->now_us += 100;
        fair_known(&b->f, &b->items[0], b->now_us / 1000);
    }
    assert_int_equal(b->now_us - from, 5000 * 1000);
    assert_int_equal(b->f.deferred, 0);
}

static void
no_more_is_given_back_than_a_handshake_may_cost(void **state)
{
    struct bench *b = *state;
    int64_t before;

    of_one_source(b, 0, 2);
    before = b->f.budget_ns;
    for (unsigned n = 0; n < 30; n++)
        fair_spent(&b->f, &b->items[0], 1000);
    fair_known(&b->f, &b->items[0], b->now_us / 1000);
    assert_true(b->f.budget_ns == before - 1000000 * 20);
    fair_known(&b->f, &b->items[0], b->now_us / 1000);
    assert_true(b->f.budget_ns == before - 1000000 * 20);
}

static void
a_clock_that_stood_still_for_an_hour_harms_nobody(void **state)
{
    struct bench *b = *state;

    of_one_source(b, 0, 2);
    fair_known(&b->f, &b->items[1], b->now_us / 1000);
    push(b, 0, 1);
    assert_int_equal(next(b), 0);
    fair_spent(&b->f, &b->items[0], 3600ull * SECOND_US);
    b->now_us += 3600ull * SECOND_US;
    push(b, 0, 1);
    assert_int_equal(fair_wait_us(&b->f, b->now_us), 0);
    assert_int_equal(next(b), 0);
}

static void
nobody_waits_longer_than_the_next_look(void **state)
{
    struct bench *b = *state;

    of_one_source(b, 0, 2);
    fair_known(&b->f, &b->items[1], b->now_us / 1000);
    for (unsigned n = 0; n < 1000; n++)
        fair_spent(&b->f, &b->items[0], 1000);
    push(b, 0, 1);
    for (unsigned looks = 0; next(b) == MANY; looks++) {
        uint64_t wait = fair_wait_us(&b->f, b->now_us);

        assert_in_range(wait, 1, 1000 * FAIR_EPOCH_MS);
        assert_true(looks < 4);
        b->now_us += wait;
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, bench_open, bench_close)
        T(nobody_waits_at_first),
        T(of_one_source_the_first_to_come_is_the_first),
        T(who_has_gone_has_no_turn),
        T(a_newcomer_waits_for_a_round_of_sources_not_of_connections),
        T(sources_share_evenly_however_many_connections_each_has),
        T(who_costs_more_at_a_time_has_fewer_turns),
        T(without_known_callers_the_unknown_have_all),
        T(beside_a_known_caller_a_flood_has_half_an_even_share),
        T(the_more_known_sources_the_less_for_a_flood),
        T(a_flood_of_many_sources_leaves_half),
        T(a_known_caller_at_the_flood_s_own_address_is_protected_from_it),
        T(the_limit_ends_when_the_known_have_gone),
        T(what_led_to_a_good_request_is_given_back),
        T(no_more_is_given_back_than_a_handshake_may_cost),
        T(a_clock_that_stood_still_for_an_hour_harms_nobody),
        T(nobody_waits_longer_than_the_next_look),
#undef T
    };

    return cmocka_run_group_tests_name("http/fair", tests, NULL, NULL);
}
