/* SPDX-License-Identifier: Apache-2.0 */
/* test_base_clock.c - the wall clock can be moved, the monotonic one cannot. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <time.h>

#include "base/clock.h"

static void
the_offset_moves_wall_clock_time(void **state)
{
    int64_t real = (int64_t)time(NULL), moved;

    (void)state;
    assert_int_equal(clock_offset(), 0);
    clock_set_offset(86400);
    moved = clock_now();
    assert_true(moved >= real + 86400 && moved <= real + 86400 + 60);
    assert_true(clock_now_100ns() / 10000000 >= moved);
    assert_int_equal(clock_offset(), 86400);
    clock_set_offset(-86400);
    assert_true(clock_now() < real);
    clock_set_offset(0);
}

static void
monotonic_time_only_goes_forward_and_ignores_the_offset(void **state)
{
    uint64_t us = clock_mono_us(), ms;

    (void)state;
    clock_set_offset(1000000);
    ms = clock_mono_ms();
    clock_set_offset(0);
    assert_true(clock_mono_us() >= us);
    assert_true(ms >= us / 1000 && ms < us / 1000 + 60000);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_offset_moves_wall_clock_time),
        cmocka_unit_test(monotonic_time_only_goes_forward_and_ignores_the_offset),
    };

    return cmocka_run_group_tests_name("base/clock", tests, NULL, NULL);
}
