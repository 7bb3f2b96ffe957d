/* SPDX-License-Identifier: Apache-2.0 */
/* test_base_buf.c - growing bytes with a maximum, and a first failure that stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/sink.h"

static struct buf b;

static int
start(void **state)
{
    (void)state;
    buf_init(&b, 1000);
    return 0;
}

static int
stop(void **state)
{
    (void)state;
    buf_release(&b);
    return 0;
}

static void
puts_append(void **state)
{
    (void)state;
    buf_put_str(&b, "ab");
    buf_put_byte(&b, 'c');
    buf_put(&b, (struct span){ 0 });
    buf_put_fmt(&b, "-%d-%s", 7, "x");
    assert_int_equal(b.len, 7);
    assert_string_equal(buf_str(&b), "abc-7-x");
    assert_int_equal(b.len, 7); /* the NUL is not counted */
}

static void
it_holds_its_maximum_and_no_more(void **state)
{
    (void)state;
    assert_non_null(buf_grow(&b, 1000));
    assert_int_equal(b.err, ERR_OK);
    buf_put_byte(&b, 'x');
    assert_int_equal(b.err, ERR_TOO_LARGE);
    assert_int_equal(b.len, 1000);
}

static void
the_first_failure_stays_until_cleared(void **state)
{
    (void)state;
    buf_put_str(&b, "kept");
    assert_null(buf_grow(&b, SIZE_MAX));
    assert_int_equal(b.err, ERR_TOO_LARGE);
    buf_put_str(&b, "lost");
    assert_null(buf_grow(&b, 1));
    assert_int_equal(b.len, 4);
    assert_string_equal(buf_str(&b), "");
    buf_clear(&b);
    assert_int_equal(b.err, ERR_OK);
    buf_put_str(&b, "new");
    assert_string_equal(buf_str(&b), "new");
}

static void
formatting_fits_or_fails(void **state)
{
    (void)state;
    buf_put_fmt(&b, "%998s", "x");
    assert_int_equal(b.len, 998);
    buf_put_fmt(&b, "%s", "yz");
    assert_int_equal(b.err, ERR_TOO_LARGE); /* the NUL needs room for a moment */
    assert_int_equal(b.len, 998);
}

static void
dropping_the_head_moves_the_rest(void **state)
{
    (void)state;
    buf_put_str(&b, "abcdef");
    buf_drop_head(&b, 2);
    assert_string_equal(buf_str(&b), "cdef");
    buf_drop_head(&b, 99);
    assert_int_equal(b.len, 0);
    buf_drop_head(&b, 1);
    assert_int_equal(b.len, 0);
}

static void
a_sink_of_a_buffer_writes_there(void **state)
{
    struct sink k = sink_buf(&b);

    (void)state;
    sink_put_str(k, "....");
    sink_put_byte(k, '!');
    sink_put(k, span_str("?"));
    sink_patch_u32(k, 0, 0x41424344);
    assert_int_equal(sink_len(k), 6);
    assert_int_equal(sink_err(k), ERR_OK);
    assert_string_equal(buf_str(&b), "ABCD!?");
}

static void
patching_after_a_failure_does_nothing(void **state)
{
    (void)state;
    assert_null(buf_grow(&b, 1001));
    sink_patch_u32(sink_buf(&b), 0, 1);
    assert_int_equal(b.err, ERR_TOO_LARGE);
}

static void
room_ahead_holds_nothing_yet(void **state)
{
    (void)state;
    buf_room(&b, 600);
    assert_int_equal(b.len, 0);
    assert_true(b.cap >= 600);
    buf_put_str(&b, "x");
    assert_string_equal(buf_str(&b), "x");
    buf_room(&b, 1000);
    assert_int_equal(b.err, ERR_TOO_LARGE);
    buf_put_str(&b, "y");
    assert_int_equal(b.len, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(puts_append, start, stop),
        cmocka_unit_test_setup_teardown(it_holds_its_maximum_and_no_more, start, stop),
        cmocka_unit_test_setup_teardown(the_first_failure_stays_until_cleared, start, stop),
        cmocka_unit_test_setup_teardown(formatting_fits_or_fails, start, stop),
        cmocka_unit_test_setup_teardown(dropping_the_head_moves_the_rest, start, stop),
        cmocka_unit_test_setup_teardown(a_sink_of_a_buffer_writes_there, start, stop),
        cmocka_unit_test_setup_teardown(room_ahead_holds_nothing_yet, start, stop),
        cmocka_unit_test_setup_teardown(patching_after_a_failure_does_nothing, start, stop),
    };

    return cmocka_run_group_tests_name("base/buf", tests, NULL, NULL);
}
