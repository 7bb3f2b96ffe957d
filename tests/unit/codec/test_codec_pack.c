/* SPDX-License-Identifier: Apache-2.0 */
/* test_codec_pack.c - the binary encoding: exact bytes, and readers that fail for good. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/pack.h"

static void
numbers_are_big_endian(void **state)
{
    static const uint8_t want[] = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08,
                                    0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0xff,
                                    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe };
    struct buf b;
    struct unpack u;

    (void)state;
    buf_init(&b, 100);
    pack_u8(sink_buf(&b), 1);
    pack_u16(sink_buf(&b), 0x0203);
    pack_u32(sink_buf(&b), 0x04050607);
    pack_u64(sink_buf(&b), 0x08090a0b0c0d0e0f);
    pack_i64(sink_buf(&b), -2);
    assert_true(span_is_equal(buf_span(&b), span_of(want, sizeof(want))));
    u = unpack_of(buf_span(&b));
    assert_int_equal(unpack_u8(&u), 1);
    assert_int_equal(unpack_u16(&u), 0x0203);
    assert_int_equal(unpack_u32(&u), 0x04050607);
    assert_true(unpack_u64(&u) == 0x08090a0b0c0d0e0f);
    assert_true(unpack_i64(&u) == -2);
    assert_int_equal(unpack_end(&u), ERR_OK);
    buf_release(&b);
}

static void
bytes_and_text_come_back(void **state)
{
    struct buf b;
    struct unpack u;
    char text[6];

    (void)state;
    buf_init(&b, 100);
    pack_bytes(sink_buf(&b), span_of("a\0b", 3));
    pack_bytes(sink_buf(&b), (struct span){ 0 });
    pack_str(sink_buf(&b), "hello");
    assert_int_equal(b.len, 4 + 3 + 4 + 4 + 5);
    u = unpack_of(buf_span(&b));
    assert_true(span_is_equal(unpack_bytes(&u, 3), span_of("a\0b", 3)));
    assert_int_equal(unpack_bytes(&u, 0).len, 0);
    unpack_str(&u, text, sizeof(text));
    assert_string_equal(text, "hello");
    assert_int_equal(unpack_end(&u), ERR_OK);
    buf_release(&b);
}

static void
bytes_over_the_maximum_fail(void **state)
{
    struct unpack u = unpack_of(span_of("\0\0\0\3abc", 7));

    (void)state;
    assert_int_equal(unpack_bytes(&u, 2).len, 0);
    assert_int_equal(unpack_end(&u), ERR_FORMAT);
}

static void
a_length_beyond_the_end_fails(void **state)
{
    struct unpack u = unpack_of(span_of("\0\0\0\4abc", 7));

    (void)state;
    assert_int_equal(unpack_bytes(&u, SIZE_MAX).len, 0);
    assert_int_equal(u.err, ERR_FORMAT);
    u = unpack_of(span_of("\xff\xff\xff\xff", 4));
    assert_int_equal(unpack_bytes(&u, SIZE_MAX).len, 0);
    assert_int_equal(u.err, ERR_FORMAT);
}

static void
text_that_does_not_fit_or_holds_nul_fails(void **state)
{
    struct unpack u = unpack_of(span_of("\0\0\0\3abc", 7));
    char text[4] = "xyz";

    (void)state;
    unpack_str(&u, text, 3);
    assert_string_equal(text, "");
    assert_int_equal(u.err, ERR_FORMAT);
    u = unpack_of(span_of("\0\0\0\3a\0c", 7));
    unpack_str(&u, text, sizeof(text));
    assert_string_equal(text, "");
    assert_int_equal(u.err, ERR_FORMAT);
    u = unpack_of(span_of("\0\0\0\3abc", 7));
    unpack_str(&u, text, sizeof(text));
    assert_string_equal(text, "abc");
}

static void
a_reader_that_failed_stays_failed(void **state)
{
    struct unpack u = unpack_of(span_of("\1\2\3", 3));

    (void)state;
    assert_int_equal(unpack_u32(&u), 0);
    assert_int_equal(unpack_u8(&u), 0);
    assert_true(unpack_u64(&u) == 0);
    assert_int_equal(unpack_end(&u), ERR_FORMAT);
}

static void
bytes_left_over_are_a_failure(void **state)
{
    struct unpack u = unpack_of(span_of("\1\2", 2));

    (void)state;
    assert_int_equal(unpack_u8(&u), 1);
    assert_int_equal(unpack_end(&u), ERR_FORMAT);
}

static void
reading_nothing_from_nothing_is_fine(void **state)
{
    struct unpack u = unpack_of((struct span){ 0 });

    (void)state;
    assert_int_equal(unpack_end(&u), ERR_OK);
    assert_int_equal(unpack_u8(&u), 0);
    assert_int_equal(unpack_end(&u), ERR_FORMAT);
}

static void
a_full_sink_keeps_its_failure(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 5);
    pack_str(sink_buf(&b), "ab");
    assert_int_equal(b.err, ERR_TOO_LARGE);
    pack_u8(sink_buf(&b), 1);
    assert_int_equal(b.err, ERR_TOO_LARGE);
    buf_release(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_big_endian),
        cmocka_unit_test(bytes_and_text_come_back),
        cmocka_unit_test(bytes_over_the_maximum_fail),
        cmocka_unit_test(a_length_beyond_the_end_fails),
        cmocka_unit_test(text_that_does_not_fit_or_holds_nul_fails),
        cmocka_unit_test(a_reader_that_failed_stays_failed),
        cmocka_unit_test(bytes_left_over_are_a_failure),
        cmocka_unit_test(reading_nothing_from_nothing_is_fine),
        cmocka_unit_test(a_full_sink_keeps_its_failure),
    };

    return cmocka_run_group_tests_name("codec/pack", tests, NULL, NULL);
}
