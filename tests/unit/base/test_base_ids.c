/* SPDX-License-Identifier: Apache-2.0 */
/* test_base_ids.c - GUIDs and version ids. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/ids.h"
#include "base/rand.h"

static void
new_ids_have_their_form_and_differ(void **state)
{
    struct guid g = guid_new(), other = guid_new(), again;
    struct hex32 h = hex32_new(), back;

    (void)state;
    assert_int_equal(strlen(g.text), GUID_LEN);
    assert_true(guid_parse(span_str(g.text), &again));
    assert_true(guid_is_equal(&g, &again));
    assert_false(guid_is_equal(&g, &other));
    assert_int_equal(g.text[14], '4');
    assert_non_null(strchr("89ab", g.text[19]));
    assert_int_equal(strlen(h.text), HEX32_LEN);
    assert_true(hex32_parse(span_str(h.text), &back));
    assert_string_equal(h.text, back.text);
    assert_string_not_equal(h.text, hex32_new().text);
}

static void
timed_ids_sort_by_the_clock(void **state)
{
    struct hex32 last = hex32_new_timed(), back;

    (void)state;
    for (int64_t s = 1; s < 100000; s *= 7) { /* the clock runs on meanwhile, if at all */
        struct hex32 h;

        clock_set_offset(s);
        h = hex32_new_timed();
        assert_true(hex32_parse(span_str(h.text), &back));
        assert_true(strcmp(last.text, h.text) < 0);
        assert_int_equal(h.text[12], '7');
        assert_non_null(strchr("89ab", h.text[16]));
        last = h;
    }
    clock_set_offset(0);
}

static void
timed_ids_begin_with_the_milliseconds(void **state)
{
    char first[13];
    int64_t before, after, ms;

    (void)state;
    before = clock_now_100ns() / 10000;
    (void)span_copy_str(span_head(span_str(hex32_new_timed().text), 12), first, sizeof(first));
    after = clock_now_100ns() / 10000;
    ms = strtoll(first, NULL, 16);
    assert_true(before <= ms && ms <= after);
}

static void
timed_ids_of_one_moment_differ(void **state)
{
    struct hex32 h[64];

    (void)state;
    for (int i = 0; i < 64; i++)
        h[i] = hex32_new_timed();
    for (int i = 0; i < 64; i++)
        for (int j = 0; j < i; j++)
            assert_string_not_equal(h[i].text + 13, h[j].text + 13);
}

static void
guids_are_read_in_any_case_and_kept_in_lower(void **state)
{
    struct guid g;

    (void)state;
    assert_true(guid_parse(span_str("CFA8B339-82a2-471A-a3c9-0FC0BE7A4093"), &g));
    assert_string_equal(g.text, "cfa8b339-82a2-471a-a3c9-0fc0be7a4093");
}

static void
what_is_no_guid_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "cfa8b339-82a2-471a-a3c9-0fc0be7a409",
        "cfa8b339-82a2-471a-a3c9-0fc0be7a40933",
        "cfa8b33982a2471aa3c90fc0be7a4093",
        "{cfa8b339-82a2-471a-a3c9-0fc0be7a4093}",
        "cfa8b339082a2-471a-a3c9-0fc0be7a4093",
        "cfa8b339-82a2-471a-a3c9-0fc0be7a409g",
        "cfa8b33-982a2-471a-a3c9-0fc0be7a4093",
        " fa8b339-82a2-471a-a3c9-0fc0be7a4093",
    };
    struct guid g;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        g.text[0] = 'x';
        assert_false(guid_parse(span_str(bad[i]), &g));
        assert_string_equal(g.text, "");
    }
}

static void
versions_are_lower_case_only(void **state)
{
    struct hex32 h;

    (void)state;
    assert_true(hex32_parse(span_str("0123456789abcdef0123456789abcdef"), &h));
    assert_string_equal(h.text, "0123456789abcdef0123456789abcdef");
    assert_false(hex32_parse(span_str("0123456789ABCDEF0123456789abcdef"), &h));
    assert_string_equal(h.text, "");
    assert_false(hex32_parse(span_str("0123456789abcdef0123456789abcde"), &h));
    assert_false(hex32_parse(span_str("0123456789abcdef0123456789abcdef0"), &h));
    assert_false(hex32_parse(span_str("0123456789abcdef0123456789abcdeg"), &h));
    assert_false(hex32_parse((struct span){ 0 }, &h));
}

/* One in 64 would: in base64url the first six bits are the first character, and 62 is '-'. */
static void
a_shown_secret_is_no_option_of_a_command(void **state)
{
    uint8_t secret[32];
    bool high = false, low = false;

    (void)state;
    for (int i = 0; i < 10000; i++) {
        rand_fill_shown(secret, sizeof(secret));
        assert_int_not_equal(secret[0] >> 2, 62);
        high = high || secret[0] >> 2 == 63;
        low = low || secret[0] >> 2 == 0;
    }
    assert_true(high && low);
}

static void
random_numbers_stay_below_their_bound(void **state)
{
    bool seen[5] = { false };

    (void)state;
    for (int i = 0; i < 1000; i++) {
        uint64_t v = rand_below(5);

        assert_true(v < 5);
        seen[v] = true;
    }
    for (int i = 0; i < 5; i++)
        assert_true(seen[i]);
    assert_int_equal(rand_below(1), 0);
}

static void
names_differ_on_both_sides_of_a_fork(void **state)
{
    struct guid first = guid_new(), ours, theirs = { "" };
    int ends[2], status;
    pid_t child;

    (void)state;
    assert_int_equal(first.text[14], '4');
    assert_int_equal(pipe(ends), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        ours = guid_new();
        _exit(write(ends[1], &ours, sizeof(ours)) == sizeof(ours) ? 0 : 1);
    }
    ours = guid_new();
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(read(ends[0], &theirs, sizeof(theirs)), sizeof(theirs));
    assert_string_not_equal(ours.text, theirs.text);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void
a_thousand_names_differ(void **state)
{
    static struct hex32 seen[1000];

    (void)state;
    for (int i = 0; i < 1000; i++) {
        seen[i] = hex32_new();
        for (int k = 0; k < i; k++)
            assert_string_not_equal(seen[i].text, seen[k].text);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_ids_have_their_form_and_differ),
        cmocka_unit_test(timed_ids_sort_by_the_clock),
        cmocka_unit_test(timed_ids_begin_with_the_milliseconds),
        cmocka_unit_test(timed_ids_of_one_moment_differ),
        cmocka_unit_test(guids_are_read_in_any_case_and_kept_in_lower),
        cmocka_unit_test(what_is_no_guid_is_refused),
        cmocka_unit_test(versions_are_lower_case_only),
        cmocka_unit_test(names_differ_on_both_sides_of_a_fork),
        cmocka_unit_test(a_thousand_names_differ),
        cmocka_unit_test(a_shown_secret_is_no_option_of_a_command),
        cmocka_unit_test(random_numbers_stay_below_their_bound),
    };

    return cmocka_run_group_tests_name("base/ids", tests, NULL, NULL);
}
