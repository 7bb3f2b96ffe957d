/* SPDX-License-Identifier: Apache-2.0 */
/* test_vault_cert_due.c - which day a policy means, and how long a failure waits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "vault/cert_due.h"

enum { DAY = 86400, BORN = 1800000000 };

static struct cert_policy p;
static struct attrs a;

static int
setup(void **state)
{
    (void)state;
    cert_policy_defaults(&p);
    p.issuer = span_str("Self");
    p.enabled = true;
    a = (struct attrs){
        .enabled = true, .has_nbf = true, .has_exp = true, .nbf = BORN, .exp = BORN + 100 * DAY
    };
    return 0;
}

static void
wants(enum cert_deed deed, bool by_days, unsigned value)
{
    p.action[p.nactions++] = (struct policy_action){ deed, by_days, value };
}

static void
percent_and_days_are_counted_from_the_version(void **state)
{
    int64_t when;

    (void)state;
    wants(DEED_RENEW, false, 80);
    wants(DEED_EMAIL, true, 30);
    assert_true(cert_due_time(&p, CERT_RENEW, &a, &when));
    assert_int_equal(when, BORN + 80 * DAY);
    assert_true(cert_due_time(&p, CERT_TELL, &a, &when));
    assert_int_equal(when, BORN + 70 * DAY);
}

static void
of_two_actions_the_first_day_counts(void **state)
{
    int64_t when;

    (void)state;
    wants(DEED_RENEW, false, 80);
    wants(DEED_RENEW, true, 40);
    assert_true(cert_due_time(&p, CERT_RENEW, &a, &when));
    assert_int_equal(when, BORN + 60 * DAY);
}

static void
day_before_the_first_one_is_four_fifths(void **state)
{
    int64_t when;

    (void)state;
    wants(DEED_RENEW, true, 200);
    assert_true(cert_due_time(&p, CERT_RENEW, &a, &when));
    assert_int_equal(when, BORN + 80 * DAY);
}

static void
nothing_is_due_of_what_is_disabled_undated_or_unknown(void **state)
{
    int64_t when;

    (void)state;
    assert_false(cert_due_time(&p, CERT_RENEW, &a, &when)); /* no action */
    wants(DEED_RENEW, false, 80);
    assert_false(cert_due_time(&p, CERT_TELL, &a, &when));
    a.enabled = false;
    assert_false(cert_due_time(&p, CERT_RENEW, &a, &when));
    a.enabled = true;
    p.enabled = false;
    assert_false(cert_due_time(&p, CERT_RENEW, &a, &when));
    p.enabled = true;
    a.has_exp = false;
    assert_false(cert_due_time(&p, CERT_RENEW, &a, &when));
    a.has_exp = true;
    a.exp = a.nbf;
    assert_false(cert_due_time(&p, CERT_RENEW, &a, &when));
    a.exp = a.nbf + DAY;
    p.issuer = span_str("unknown");
    assert_false(cert_due_time(&p, CERT_RENEW, &a, &when));
}

static void
failures_wait_longer_each_time_up_to_a_day(void **state)
{
    static const unsigned hours[] = { 1, 1, 2, 4, 8, 16, 24, 24 };

    (void)state;
    for (unsigned n = 0; n < sizeof(hours) / sizeof(hours[0]); n++) {
        int64_t wait = cert_retry_after(n, span_str("WEB"));

        assert_true(wait >= (int64_t)hours[n] * 3600);
        assert_true(wait < (int64_t)hours[n] * 5400);
    }
    assert_true(cert_retry_after(OPERATION_FAILURES_MAX, span_str("")) <= 36 * 3600);
    assert_true(cert_retry_after(3, span_str("A")) != cert_retry_after(3, span_str("B")));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(percent_and_days_are_counted_from_the_version, setup),
        cmocka_unit_test_setup(of_two_actions_the_first_day_counts, setup),
        cmocka_unit_test_setup(day_before_the_first_one_is_four_fifths, setup),
        cmocka_unit_test_setup(nothing_is_due_of_what_is_disabled_undated_or_unknown, setup),
        cmocka_unit_test_setup(failures_wait_longer_each_time_up_to_a_day, setup),
    };

    return cmocka_run_group_tests_name("vault/cert_due", tests, NULL, NULL);
}
