/* SPDX-License-Identifier: Apache-2.0 */
/* When a batch waits for more, and for how long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scribe/gather.h"

static void
nothing_is_known_at_first(void **state)
{
    struct gather g = { 0 };

    (void)state;
    assert_false(gather_waits(&g, 0, 0, 100));
    assert_false(gather_waits(&g, 1, 1, 100));
    assert_int_equal(gather_wait_ms(&g, 100), UINT64_MAX);
}

static void
batch_waits_until_it_is_as_large_as_the_last(void **state)
{
    struct gather g = { 0 };

    (void)state;
    gather_ran(&g, 3, 8);
    assert_false(gather_waits(&g, 0, 0, 100));
    assert_true(gather_waits(&g, 1, 1, 100));
    assert_int_equal(gather_wait_ms(&g, 101), 7);
    assert_true(gather_waits(&g, 2, 2, 105));
    assert_false(gather_waits(&g, 3, 3, 106));
    assert_int_equal(gather_wait_ms(&g, 106), UINT64_MAX);
}

static void
batch_waits_no_longer_than_a_commit_takes(void **state)
{
    struct gather g = { 0 };

    (void)state;
    gather_ran(&g, 64, 8);
    assert_true(gather_waits(&g, 1, 1, 100));
    assert_true(gather_waits(&g, 2, 2, 107)); /* from the first on */
    assert_false(gather_waits(&g, 2, 2, 108));
    assert_int_equal(gather_wait_ms(&g, 109), 0);
    gather_ran(&g, 64, 3600 * 1000);
    assert_true(gather_waits(&g, 1, 1, 200));
    assert_int_equal(gather_wait_ms(&g, 200), GATHER_MAX_MS);
}

static void
three_quarters_or_sixteen_are_enough(void **state)
{
    struct gather g = { 0 };

    (void)state;
    gather_ran(&g, 8, 8);
    assert_true(gather_waits(&g, 5, 5, 100));
    assert_false(gather_waits(&g, 6, 6, 100));
    gather_ran(&g, 1000, 8);
    assert_true(gather_waits(&g, GATHER_ENOUGH - 1, GATHER_ENOUGH - 1, 100));
    assert_false(gather_waits(&g, GATHER_ENOUGH, GATHER_ENOUGH, 100));
}

static void
nobody_waits_behind_a_lone_writer(void **state)
{
    struct gather g = { 0 };

    (void)state;
    gather_ran(&g, 64, 8);
    assert_true(gather_waits(&g, 1, 1, 100));
    assert_false(gather_waits(&g, 1, 1, 108));
    gather_ran(&g, 1, 8);
    assert_false(gather_waits(&g, 1, 1, 110));
}

static void
reads_and_fast_disks_do_not_wait(void **state)
{
    struct gather g = { 0 };

    (void)state;
    gather_ran(&g, 64, GATHER_MIN_MS - 1);
    assert_false(gather_waits(&g, 1, 1, 100));
    gather_ran(&g, 64, 8);
    assert_false(gather_waits(&g, 1, 0, 100));
    assert_true(gather_waits(&g, 1, 1, 100));
    assert_false(gather_waits(&g, 2, 1, 101)); /* a read has joined it */
    assert_int_equal(gather_wait_ms(&g, 101), UINT64_MAX);
}

static void
batch_of_reads_says_nothing_of_commits(void **state)
{
    struct gather g = { 0 };

    (void)state;
    gather_ran(&g, 64, 8);
    gather_ran(&g, 0, 0);
    assert_true(gather_waits(&g, 1, 1, 100));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_known_at_first),
        cmocka_unit_test(batch_waits_until_it_is_as_large_as_the_last),
        cmocka_unit_test(batch_waits_no_longer_than_a_commit_takes),
        cmocka_unit_test(three_quarters_or_sixteen_are_enough),
        cmocka_unit_test(nobody_waits_behind_a_lone_writer),
        cmocka_unit_test(reads_and_fast_disks_do_not_wait),
        cmocka_unit_test(batch_of_reads_says_nothing_of_commits),
    };

    return cmocka_run_group_tests_name("scribe/gather", tests, NULL, NULL);
}
