/* SPDX-License-Identifier: Apache-2.0 */
/* test_deploy_slot.c - what a row that says "running" means, while the run goes on and behind
 * it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "api/arm/deploy_row.h"

static struct deployment
row_of(unsigned n)
{
    struct deployment d = { .state = DEPLOY_RUNNING };

    (void)snprintf(d.run.text, sizeof(d.run.text), "%08x-0000-4000-8000-000000000000", n);
    return d;
}

static void
a_run_that_nobody_carries_out_has_failed(void **state)
{
    struct deployment d = row_of(1);

    (void)state;
    assert_int_equal(deploy_state_of(&d), DEPLOY_FAILED);
    assert_true(deploy_slot_take(&d.run, true));
    assert_int_equal(deploy_state_of(&d), DEPLOY_RUNNING);
    deploy_slot_give(&d.run, false); /* its end could not be stored */
    assert_int_equal(deploy_state_of(&d), DEPLOY_FAILED);
    d.state = DEPLOY_CANCELED;
    assert_int_equal(deploy_state_of(&d), DEPLOY_CANCELED);
}

static void
who_read_the_row_before_its_end_sees_no_failure(void **state)
{
    struct deployment d = row_of(2), other;

    (void)state;
    assert_true(deploy_slot_take(&d.run, true));
    deploy_slot_give(&d.run, true);
    assert_int_equal(deploy_state_of(&d), DEPLOY_RUNNING);
    for (unsigned n = 0; n < 32; n++) {
        other = row_of(100 + n);
        assert_true(deploy_slot_take(&other.run, true));
        deploy_slot_give(&other.run, true);
    }
    assert_int_equal(deploy_state_of(&d), DEPLOY_RUNNING);
    for (unsigned n = 0; n < 64; n++) {
        other = row_of(200 + n);
        assert_true(deploy_slot_take(&other.run, true));
        deploy_slot_give(&other.run, true);
    }
    assert_int_equal(deploy_state_of(&d), DEPLOY_FAILED);
}

static void
there_are_as_many_slots_as_it_says(void **state)
{
    struct deployment d;

    (void)state;
    for (unsigned n = 0; n < DEPLOY_RUNNING_MAX; n++) {
        d = row_of(300 + n);
        assert_int_equal(deploy_slot_take(&d.run, true), n < DEPLOY_OUTER_MAX);
        if (n >= DEPLOY_OUTER_MAX)
            assert_true(deploy_slot_take(&d.run, false));
    }
    d = row_of(400);
    assert_false(deploy_slot_take(&d.run, false));
    for (unsigned n = 0; n < DEPLOY_RUNNING_MAX; n++) {
        d = row_of(300 + n);
        deploy_slot_give(&d.run, false);
    }
    d = row_of(400);
    assert_true(deploy_slot_take(&d.run, false));
    deploy_slot_give(&d.run, false);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_that_nobody_carries_out_has_failed),
        cmocka_unit_test(who_read_the_row_before_its_end_sees_no_failure),
        cmocka_unit_test(there_are_as_many_slots_as_it_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
