/* SPDX-License-Identifier: Apache-2.0 */
/* test_api_throttle.c - the bucket of an address, the reports, the table's bounds. */
#include "api/throttle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
/* cmocka wants those before it */
#include <cmocka.h>

enum { RATE = 10, BURST = 5 };
static const uint64_t start = 1000000;

static struct throttle *
make(unsigned rate, unsigned burst)
{
    struct throttle_limits l = { rate, burst };
    struct throttle *t;

    assert_int_equal(throttle_new(&l, &t), ERR_OK);
    return t;
}

/* How many of n are within the limit. */
static unsigned
take(struct throttle *t, const char *client, unsigned n, uint64_t now)
{
    unsigned ok = 0;

    for (unsigned i = 0; i < n; i++)
        ok += throttle_take(t, span_str(client), now);
    return ok;
}

static void
limits_that_are_off_let_all_pass(void **state)
{
    struct throttle_report r;

    (void)state;
    assert_null(make(0, 5));
    assert_null(make(5, 0));
    assert_int_equal(take(NULL, "192.0.2.1", 1000, start), 1000);
    assert_false(throttle_due(NULL, start, &r));
}

static void
burst_passes_then_the_rate(void **state)
{
    struct throttle *t = make(RATE, BURST);

    (void)state;
    assert_int_equal(take(t, "192.0.2.1", 20, start), BURST);
    assert_int_equal(take(t, "192.0.2.1", 20, start + 99), 0);
    assert_int_equal(take(t, "192.0.2.1", 20, start + 100), 1);
    assert_int_equal(take(t, "192.0.2.1", 20, start + 350), 2);
    assert_int_equal(take(t, "192.0.2.1", 20, start + 400), 1); /* half a token was kept */
    assert_int_equal(take(t, "192.0.2.1", 20, start + 1000000), BURST);
    throttle_free(t);
}

static void
clock_that_stands_or_goes_back_gives_nothing(void **state)
{
    struct throttle *t = make(RATE, BURST);

    (void)state;
    assert_int_equal(take(t, "192.0.2.1", 20, start), BURST);
    assert_int_equal(take(t, "192.0.2.1", 20, start - 5000), 0);
    assert_int_equal(take(t, "192.0.2.1", 20, start), 0);
    throttle_free(t);
}

static void
each_address_has_a_bucket_and_a_network_of_ipv6_is_one(void **state)
{
    struct throttle *t = make(RATE, BURST);

    (void)state;
    assert_int_equal(take(t, "192.0.2.1", 20, start), BURST);
    assert_int_equal(take(t, "192.0.2.2", 20, start), BURST);
    assert_int_equal(take(t, "2001:db8:1:2::1", 3, start), 3);
    assert_int_equal(take(t, "2001:db8:1:2:ffff::9", 20, start), BURST - 3);
    assert_int_equal(take(t, "2001:db8:1:3::1", 20, start), BURST);
    /* The same bytes in the other family. */
    assert_int_equal(take(t, "c000:201::", 20, start), BURST);
    throttle_free(t);
}

static void
what_is_no_address_is_not_limited(void **state)
{
    struct throttle *t = make(1, 1);
    struct throttle_report r;

    (void)state;
    assert_int_equal(take(t, "", 100, start), 100);
    assert_int_equal(take(t, "no address", 100, start), 100);
    assert_int_equal(
        take(t, "0123456789012345678901234567890123456789012345678901234567890", 9, start), 9);
    assert_false(throttle_due(t, start, &r));
    throttle_free(t);
}

static void
report_comes_at_once_and_then_every_interval(void **state)
{
    struct throttle *t = make(RATE, BURST);
    struct throttle_report r;
    const uint64_t later = start + THROTTLE_REPORT_MS;

    (void)state;
    (void)take(t, "192.0.2.1", BURST, start);
    assert_false(throttle_due(t, start, &r));
    (void)take(t, "192.0.2.1", 3, start);
    assert_true(throttle_due(t, start + 50, &r));
    assert_string_equal(r.address, "192.0.2.1");
    assert_int_equal(r.count, 3);
    assert_int_equal(r.for_ms, 50);
    /* Not told: it comes again. */
    assert_true(throttle_due(t, start + 50, &r));
    throttle_told(t, start);
    throttle_told(t, start);
    assert_false(throttle_due(t, start + 50, &r));
    (void)take(t, "192.0.2.1", 7, start + 60);
    assert_false(throttle_due(t, later - 1, &r));
    assert_true(throttle_due(t, later, &r));
    assert_int_equal(r.count, 7);
    throttle_told(t, later);
    /* Silence ends it; the next time is told at once. */
    assert_false(throttle_due(t, later * 2, &r));
    (void)take(t, "192.0.2.1", BURST + 1, later * 3);
    assert_true(throttle_due(t, later * 3, &r));
    assert_int_equal(r.count, 1);
    throttle_free(t);
}

static void
two_addresses_are_told_one_after_the_other(void **state)
{
    struct throttle *t = make(1, 1);
    struct throttle_report r;
    unsigned seen = 0;

    (void)state;
    (void)take(t, "192.0.2.1", 2, start);
    (void)take(t, "2001:db8:a:b:c::d", 3, start);
    for (unsigned i = 0; i < 2; i++) {
        assert_true(throttle_due(t, start, &r));
        if (span_is_str(span_str("2001:db8:a:b::/64"), r.address))
            assert_int_equal(r.count, 2);
        else
            assert_string_equal(r.address, "192.0.2.1");
        seen += (unsigned)r.count;
        throttle_told(t, start);
    }
    assert_int_equal(seen, 3);
    assert_false(throttle_due(t, start, &r));
    throttle_free(t);
}

/* More addresses than there is room for: nothing that was left out goes untold. */
static void
full_table_forgets_buckets_and_not_counts(void **state)
{
    enum { MANY = 4 * THROTTLE_ADDRESSES };
    struct throttle *t = make(1, 1);
    struct throttle_report r;
    uint64_t told = 0, reports = 0, several = 0;
    char text[32];

    (void)state;
    for (unsigned i = 0; i < MANY; i++) {
        (void)snprintf(text, sizeof(text), "10.%u.%u.%u", i >> 16, i >> 8 & 255, i & 255);
        assert_int_equal(take(t, text, 3, start + i), 1);
    }
    while (throttle_due(t, start + MANY, &r)) {
        told += r.count;
        reports++;
        several += r.address[0] == '\0';
        throttle_told(t, start + MANY);
    }
    assert_int_equal(told, 2 * MANY);
    assert_int_equal(several, 1);
    assert_true(reports <= THROTTLE_ADDRESSES + 1);
    throttle_free(t);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_that_are_off_let_all_pass),
        cmocka_unit_test(burst_passes_then_the_rate),
        cmocka_unit_test(clock_that_stands_or_goes_back_gives_nothing),
        cmocka_unit_test(each_address_has_a_bucket_and_a_network_of_ipv6_is_one),
        cmocka_unit_test(what_is_no_address_is_not_limited),
        cmocka_unit_test(report_comes_at_once_and_then_every_interval),
        cmocka_unit_test(two_addresses_are_told_one_after_the_other),
        cmocka_unit_test(full_table_forgets_buckets_and_not_counts),
    };

    return cmocka_run_group_tests_name("api/throttle", tests, NULL, NULL);
}
