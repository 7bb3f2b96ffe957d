/* SPDX-License-Identifier: Apache-2.0 */
/* test_base_span.c - comparing, cutting and copying borrowed bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/span.h"

static const struct span none;

static void
equality_is_about_bytes_and_length(void **state)
{
    (void)state;
    assert_true(span_is_equal(span_str("abc"), span_of("abc", 3)));
    assert_true(span_is_equal(none, span_str("")));
    assert_true(span_is_equal(none, none));
    assert_false(span_is_equal(span_str("abc"), span_str("abd")));
    assert_false(span_is_equal(span_str("abc"), span_str("ab")));
    assert_false(span_is_equal(span_of("a\0b", 3), span_of("a\0c", 3)));
    assert_true(span_is_str(span_str("abc"), "abc"));
    assert_false(span_is_str(span_of("abc\0", 4), "abc"));
}

/* Each pair at one place of a text of two words and some more, and alone. */
static void
every_pair_of_bytes_is_compared_as_its_letters_are(void **state)
{
    uint8_t a[19], b[19];

    (void)state;
    for (unsigned pair = 0; pair < 256 * 256; pair++) {
        uint8_t x = (uint8_t)(pair >> 8), y = (uint8_t)pair;
        uint8_t lx = x >= 'A' && x <= 'Z' ? (uint8_t)(x + 32) : x;
        uint8_t ly = y >= 'A' && y <= 'Z' ? (uint8_t)(y + 32) : y;
        size_t at = pair % sizeof(a);

        memset(a, 'Q', sizeof(a));
        memset(b, 'q', sizeof(b));
        a[at] = x;
        b[at] = y;
        assert_int_equal(span_is_equal_nocase(span_of(a, sizeof(a)), span_of(b, sizeof(b))),
                         lx == ly);
        assert_int_equal(span_is_equal_nocase(span_of(a + at, 1), span_of(b + at, 1)),
                         lx == ly);
    }
}

static void
case_is_ignored_for_ascii_letters_only(void **state)
{
    (void)state;
    assert_true(span_is_equal_nocase(span_str("AbZ-9"), span_str("aBz-9")));
    assert_true(span_is_str_nocase(span_str("BEARER"), "bearer"));
    assert_false(span_is_equal_nocase(span_str("@"), span_str("`")));
    assert_false(span_is_equal_nocase(span_str("["), span_str("{")));
    assert_false(span_is_equal_nocase(span_str("\xc3\x84"), span_str("\xc3\xa4")));
    assert_false(span_is_str_nocase(span_str("bearers"), "bearer"));
}

static void
prefixes_heads_and_tails_stay_inside(void **state)
{
    struct span s = span_str("keyhold");

    (void)state;
    assert_true(span_has_prefix(s, span_str("key")));
    assert_true(span_has_prefix(s, s));
    assert_true(span_has_prefix(s, none));
    assert_true(span_has_prefix(none, none));
    assert_false(span_has_prefix(s, span_str("keyholds")));
    assert_false(span_has_prefix(s, span_str("hold")));
    assert_true(span_is_str(span_head(s, 3), "key"));
    assert_true(span_is_str(span_head(s, 99), "keyhold"));
    assert_true(span_is_str(span_tail(s, 3), "hold"));
    assert_true(span_is_empty(span_tail(s, 7)));
    assert_true(span_is_empty(span_tail(s, SIZE_MAX)));
    assert_true(span_is_empty(span_tail(none, 1)));
}

static void
finding_gives_the_first_place_or_the_length(void **state)
{
    (void)state;
    assert_int_equal(span_find(span_str("a/b/c"), '/'), 1);
    assert_int_equal(span_find(span_str("abc"), '/'), 3);
    assert_int_equal(span_find(none, '/'), 0);
    assert_int_equal(span_find(span_of("a\0b", 3), 0), 1);
}

static void
order_is_by_unsigned_bytes_then_length(void **state)
{
    (void)state;
    assert_true(span_compare(span_str("a"), span_str("b")) < 0);
    assert_true(span_compare(span_str("b"), span_str("a")) > 0);
    assert_true(span_compare(span_str("a"), span_str("ab")) < 0);
    assert_true(span_compare(span_str("ab"), span_str("a")) > 0);
    assert_true(span_compare(span_str("\xff"), span_str("a")) > 0);
    assert_int_equal(span_compare(span_str("a"), span_str("a")), 0);
    assert_int_equal(span_compare(none, none), 0);
    assert_true(span_compare(none, span_str("a")) < 0);
}

static void
copies_are_terminated_or_refused(void **state)
{
    char dst[4] = "xyz";

    (void)state;
    assert_true(span_copy_str(span_str("abc"), dst, sizeof(dst)));
    assert_string_equal(dst, "abc");
    assert_false(span_copy_str(span_str("abcd"), dst, sizeof(dst)));
    assert_string_equal(dst, "");
    assert_false(span_copy_str(span_of("a\0c", 3), dst, sizeof(dst)));
    assert_string_equal(dst, "");
    assert_true(span_copy_str(none, dst, 1));
    assert_string_equal(dst, "");
    assert_false(span_copy_str(none, dst, 0));
}

static void
numbers_are_digits_without_overflow(void **state)
{
    static const char *const bad[] = { "",
                                       " 1",
                                       "1 ",
                                       "+1",
                                       "-1",
                                       "0x",
                                       "1a",
                                       "1.0",
                                       "18446744073709551616",
                                       "99999999999999999999",
                                       "000000000000000000001" };
    uint64_t v;

    (void)state;
    assert_true(span_get_u64(span_str("0"), &v) && v == 0);
    assert_true(span_get_u64(span_str("007"), &v) && v == 7);
    assert_true(span_get_u64(span_str("18446744073709551615"), &v) && v == UINT64_MAX);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        v = 1;
        assert_false(span_get_u64(span_str(bad[i]), &v));
        assert_true(v == 0);
    }
}

static void
numbers_are_written_as_they_are_read(void **state)
{
    static const struct {
        int64_t v;
        const char *text;
    } rows[] = { { 0, "0" },
                 { 7, "7" },
                 { -1, "-1" },
                 { 1234567890, "1234567890" },
                 { INT64_MAX, "9223372036854775807" },
                 { INT64_MIN, "-9223372036854775808" } };
    char room[I64_TEXT_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_true(span_is_str(span_of_i64(rows[i].v, room), rows[i].text));
}

static void
parts_are_joined_whole_or_not_at_all(void **state)
{
    struct span parts[] = { span_str("ab"), { 0 }, span_str("cde") };
    char out[6] = "xxxxx";

    (void)state;
    assert_int_equal(span_join(parts, 3, out, 6), 5);
    assert_string_equal(out, "abcde");
    assert_int_equal(span_join(parts, 3, out, 5), 0);
    assert_string_equal(out, "");
    assert_int_equal(span_join(parts, 1, out, 3), 2);
    assert_int_equal(span_join(NULL, 0, out, 1), 0);
    assert_string_equal(out, "");
}

static void
blanks_at_the_ends_are_off(void **state)
{
    (void)state;
    assert_true(span_is_str(span_trim(span_str(" \t a b\t ")), "a b"));
    assert_true(span_is_str(span_trim(span_str("a\n ")), "a\n"));
    assert_int_equal(span_trim(span_str(" \t ")).len, 0);
    assert_int_equal(span_trim((struct span){ 0 }).len, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equality_is_about_bytes_and_length),
        cmocka_unit_test(case_is_ignored_for_ascii_letters_only),
        cmocka_unit_test(every_pair_of_bytes_is_compared_as_its_letters_are),
        cmocka_unit_test(prefixes_heads_and_tails_stay_inside),
        cmocka_unit_test(finding_gives_the_first_place_or_the_length),
        cmocka_unit_test(order_is_by_unsigned_bytes_then_length),
        cmocka_unit_test(copies_are_terminated_or_refused),
        cmocka_unit_test(numbers_are_digits_without_overflow),
        cmocka_unit_test(numbers_are_written_as_they_are_read),
        cmocka_unit_test(blanks_at_the_ends_are_off),
        cmocka_unit_test(parts_are_joined_whole_or_not_at_all),
    };

    return cmocka_run_group_tests_name("base/span", tests, NULL, NULL);
}
