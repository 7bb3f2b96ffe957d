/* SPDX-License-Identifier: Apache-2.0 */
/* test_codec_isotime.c - known instants, refusals, and agreement with the C library. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/isotime.h"

static const struct known {
    int64_t seconds;
    const char *iso, *http;
} knowns[] = {
    /* clang-format off */
    { 0, "1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 GMT" },
    { 784111777, "1994-11-06T08:49:37Z", "Sun, 06 Nov 1994 08:49:37 GMT" }, /* RFC 9110 5.6.7 */
    { 951827696, "2000-02-29T12:34:56Z", "Tue, 29 Feb 2000 12:34:56 GMT" },
    { 1772600767, "2026-03-04T05:06:07Z", "Wed, 04 Mar 2026 05:06:07 GMT" },
    { 2147483648, "2038-01-19T03:14:08Z", "Tue, 19 Jan 2038 03:14:08 GMT" },
    { -1, "1969-12-31T23:59:59Z", "Wed, 31 Dec 1969 23:59:59 GMT" },
    { 4107542400, "2100-03-01T00:00:00Z", "Mon, 01 Mar 2100 00:00:00 GMT" },
    { -62135596800, "0001-01-01T00:00:00Z", "Mon, 01 Jan 0001 00:00:00 GMT" },
    { 253402300799, "9999-12-31T23:59:59Z", "Fri, 31 Dec 9999 23:59:59 GMT" },
    /* clang-format on */
};

static void
known_instants_are_written_and_read(void **state)
{
    char text[ISOTIME_MAX];
    int64_t t;

    (void)state;
    for (size_t i = 0; i < sizeof(knowns) / sizeof(knowns[0]); i++) {
        isotime_put(knowns[i].seconds, text);
        assert_string_equal(text, knowns[i].iso);
        isotime_put_http(knowns[i].seconds, text);
        assert_string_equal(text, knowns[i].http);
        assert_int_equal(isotime_get(span_str(knowns[i].iso), &t), ERR_OK);
        assert_true(t == knowns[i].seconds);
    }
}

static void
the_token_service_form_has_a_space(void **state)
{
    char text[ISOTIME_MAX];

    (void)state;
    isotime_put_space(1772600767, text);
    assert_string_equal(text, "2026-03-04 05:06:07Z");
}

static void
hundred_nanoseconds_have_seven_digits(void **state)
{
    char text[ISOTIME_MAX];

    (void)state;
    isotime_put_100ns(17726007671234567, text);
    assert_string_equal(text, "2026-03-04T05:06:07.1234567Z");
    isotime_put_100ns(17726007670000001, text);
    assert_string_equal(text, "2026-03-04T05:06:07.0000001Z");
    isotime_put_100ns(-1, text);
    assert_string_equal(text, "1969-12-31T23:59:59.9999999Z");
}

static void
instants_out_of_range_become_the_nearest(void **state)
{
    char text[ISOTIME_MAX];

    (void)state;
    isotime_put(INT64_MAX, text);
    assert_string_equal(text, "9999-12-31T23:59:59Z");
    isotime_put(INT64_MIN, text);
    assert_string_equal(text, "0001-01-01T00:00:00Z");
    isotime_put_100ns(INT64_MIN, text);
    assert_int_equal(text[4], '-');
    isotime_put_http(INT64_MAX, text);
    assert_string_equal(text, "Fri, 31 Dec 9999 23:59:59 GMT");
}

static void
days_agree_with_the_c_library(void **state)
{
    char text[ISOTIME_MAX], want[ISOTIME_MAX];
    struct tm tm;
    int64_t back;

    (void)state;
    for (time_t t = -70000000000; t < 250000000000; t += 86400 * 11 + 3607) {
        if (gmtime_r(&t, &tm) == NULL || tm.tm_year + 1900 < 1000)
            continue;
        assert_true(strftime(want, sizeof(want), "%a, %d %b %Y %H:%M:%S GMT", &tm) > 0);
        isotime_put_http(t, text);
        assert_string_equal(text, want);
        isotime_put(t, text);
        assert_int_equal(isotime_get(span_str(text), &back), ERR_OK);
        assert_true(back == t);
    }
}

static void
offsets_fractions_and_small_letters_are_read(void **state)
{
    static const struct {
        const char *text;
        int64_t want;
    } rows[] = {
        { "2026-03-04T05:06:07.1234567Z", 1772600767 },
        { "2026-03-04T05:06:07.9Z", 1772600767 },
        { "2026-03-04T07:06:07+02:00", 1772600767 },
        { "2026-03-03T23:36:07-05:30", 1772600767 },
        { "2026-03-04t05:06:07z", 1772600767 },
        { "2026-03-04T05:06:07-00:00", 1772600767 },
        { "1990-12-31T23:59:60Z", 662688000 }, /* RFC 3339 5.8 */
        { "1985-04-12T23:20:50.52Z", 482196050 },
        { "1996-12-19T16:39:57-08:00", 851042397 },
    };
    int64_t t;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(isotime_get(span_str(rows[i].text), &t), ERR_OK);
        assert_true(t == rows[i].want);
    }
}

static void
malformed_texts_are_refused(void **state)
{
    static const char *const rows[] = {
        "",
        "2026",
        "2026-03-04",
        "2026-03-04T05:06:07",
        "2026-03-04 05:06:07Z",
        "2026-03-04T05:06Z",
        "2026-13-04T05:06:07Z",
        "2026-00-04T05:06:07Z",
        "2026-02-29T05:06:07Z",
        "2100-02-29T05:06:07Z",
        "2026-04-31T05:06:07Z",
        "2026-03-00T05:06:07Z",
        "2026-03-04T24:06:07Z",
        "2026-03-04T05:60:07Z",
        "2026-03-04T05:06:61Z",
        "2026-03-04T05:06:07.Z",
        "2026-03-04T05:06:07.1",
        "2026-03-04T05:06:07ZZ",
        "2026-03-04T05:06:07Z ",
        " 2026-03-04T05:06:07Z",
        "2026-03-04T05:06:07+0200",
        "2026-03-04T05:06:07+24:00",
        "2026-03-04T05:06:07+02:60",
        "2026-03-04T05:06:07+2:00",
        "0000-01-01T00:00:00Z",
        "-001-01-01T00:00:00Z",
        "+026-03-04T05:06:07Z",
        "2026-3-4T05:06:07Z",
        "20260304T050607Z",
        "2026/03/04T05:06:07Z",
    };
    int64_t t;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(isotime_get(span_str(rows[i]), &t), ERR_SYNTAX);
        assert_true(t == 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_instants_are_written_and_read),
        cmocka_unit_test(the_token_service_form_has_a_space),
        cmocka_unit_test(hundred_nanoseconds_have_seven_digits),
        cmocka_unit_test(instants_out_of_range_become_the_nearest),
        cmocka_unit_test(days_agree_with_the_c_library),
        cmocka_unit_test(offsets_fractions_and_small_letters_are_read),
        cmocka_unit_test(malformed_texts_are_refused),
    };

    return cmocka_run_group_tests_name("codec/isotime", tests, NULL, NULL);
}
