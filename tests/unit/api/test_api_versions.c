/* SPDX-License-Identifier: Apache-2.0 */
/* api-versions: which are known, what they gate as, and the lenient policy. */
#include "api/versions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static enum api_version got;

static enum err
check(bool strict, const char *text, enum api_version since)
{
    struct site site = { .strict_versions = strict };

    return versions_check(&site, span_str(text), since, &got);
}

static void
known_versions_pass_in_order(void **state)
{
    static const char *const texts[] = { "2015-06-01", "2016-10-01", "7.0",       "7.1",
                                         "7.2",        "7.3",        "7.4",       "7.5",
                                         "7.6",        "2025-07-01", "2026-04-01" };

    (void)state;
    for (int i = 0; i < 11; i++) {
        assert_int_equal(check(true, texts[i], V2015_06_01), ERR_OK);
        assert_int_equal(got, V2015_06_01 + i);
    }
    assert_int_equal(check(true, versions_newest(), V2015_06_01), ERR_OK);
    assert_int_equal(got, V__MAX - 1);
}

static void
previews_gate_as_what_they_became(void **state)
{
    (void)state;
    assert_int_equal(check(true, "7.4-preview.1", V_NONE), ERR_OK);
    assert_int_equal(got, V7_4);
    assert_int_equal(check(true, "7.6-preview.2", V_NONE), ERR_OK);
    assert_int_equal(got, V7_6);
    assert_int_equal(check(true, "2025-06-01-preview", V_NONE), ERR_OK);
    assert_int_equal(got, V2025_07_01);
}

static void
unknown_and_absent_are_refused_when_strict(void **state)
{
    static const char *const bad[] = { "",     "7",    "7.7",        "8.0",         "v7.6",
                                       "7.6 ", "7.60", "2026-04-02", "2026-04-01x", "9.9" };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(check(true, bad[i], V2015_06_01), ERR_UNSUPPORTED_VERSION);
        assert_int_equal(got, V_NONE);
    }
}

static void
lenient_site_takes_unknown_versions_for_the_newest(void **state)
{
    static const char *const good[] = { "7.7",           "7.12",       "7.9-preview",
                                        "7.9-preview.3", "2031-02-03", "2031-02-03-preview" };
    static const char *const bad[] = { "",       "7.",        "7.x",          "8.0",
                                       "latest", "2031/1/01", "7.9-preview.", "7.9-previewx",
                                       "7.123",  "2031-2-03", "7.6\r\n",      "2031-02-0x" };

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_int_equal(check(false, good[i], V2015_06_01), ERR_OK);
        assert_int_equal(got, V2026_04_01);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(check(false, bad[i], V2015_06_01), ERR_UNSUPPORTED_VERSION);
    assert_int_equal(check(false, "7.1", V2015_06_01), ERR_OK);
    assert_int_equal(got, V7_1);
}

static void
operation_newer_than_the_version_is_refused(void **state)
{
    (void)state;
    assert_int_equal(check(true, "2015-06-01", V2016_10_01), ERR_UNSUPPORTED_VERSION);
    assert_int_equal(check(true, "2016-10-01", V2016_10_01), ERR_OK);
    assert_int_equal(check(false, "2015-06-01", V2016_10_01), ERR_UNSUPPORTED_VERSION);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_versions_pass_in_order),
        cmocka_unit_test(previews_gate_as_what_they_became),
        cmocka_unit_test(unknown_and_absent_are_refused_when_strict),
        cmocka_unit_test(lenient_site_takes_unknown_versions_for_the_newest),
        cmocka_unit_test(operation_newer_than_the_version_is_refused),
    };

    return cmocka_run_group_tests_name("api/versions", tests, NULL, NULL);
}
