/* SPDX-License-Identifier: Apache-2.0 */
/* test_api_activity.c - keys in order of time, and rows that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after those */
#include <cmocka.h>

#include "api/activity.h"
#include "codec/pack.h"

static void
newest_first(void **state)
{
    static const int64_t times[] = { 0, 1, 17000000000000000, 17000000000000001, INT64_MAX };
    char older[17], newer[17];

    (void)state;
    for (size_t i = 1; i < sizeof(times) / sizeof(times[0]); i++) {
        activity_inverted(times[i - 1], older);
        activity_inverted(times[i], newer);
        assert_int_equal(strlen(newer), 16);
        assert_true(strcmp(newer, older) < 0);
    }
}

static void
pack_event(struct buf *b, uint8_t format, unsigned fields)
{
    buf_init(b, 4096);
    pack_u8(sink_buf(b), format);
    pack_i64(sink_buf(b), 90);
    pack_i64(sink_buf(b), 7);
    for (unsigned i = 0; i < fields; i++)
        pack_str(sink_buf(b), i == ACTIVITY_GROUP ? "rg" : "");
    pack_str(sink_buf(b), "{}");
}

static void
what_is_packed_is_read(void **state)
{
    struct activity a;
    struct buf b;

    (void)state;
    pack_event(&b, 1, ACTIVITY_FIELD__MAX);
    assert_int_equal(activity_read(buf_span(&b), &a), ERR_OK);
    assert_int_equal(a.time, 7);
    assert_true(span_is_str(a.field[ACTIVITY_GROUP], "rg"));
    assert_true(span_is_str(a.event, "{}"));
    for (size_t n = 0; n < b.len; n++)
        assert_int_not_equal(activity_read(span_head(buf_span(&b), n), &a), ERR_OK);
    buf_release(&b);
}

static void
other_forms_are_refused(void **state)
{
    struct activity a;
    struct buf b;

    (void)state;
    pack_event(&b, 2, ACTIVITY_FIELD__MAX);
    assert_int_equal(activity_read(buf_span(&b), &a), ERR_FORMAT);
    buf_release(&b);
    pack_event(&b, 1, ACTIVITY_FIELD__MAX - 1);
    assert_int_not_equal(activity_read(buf_span(&b), &a), ERR_OK);
    buf_release(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(newest_first),
                                        cmocka_unit_test(what_is_packed_is_read),
                                        cmocka_unit_test(other_forms_are_refused) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
