/* SPDX-License-Identifier: Apache-2.0 */
/* Records are checked at a fair price, and refused at another. */
#include "keeper/password.h"

#include "crypto/scrypt.h"
#include "keeper_fixture.h"

static void
our_own_records_are_checked(void **state)
{
    struct buf record;

    (void)state;
    buf_init(&record, SCRYPT_RECORD_MAX);
    assert_int_equal(password_hash(span_str("correct horse"), sink_buf(&record)), ERR_OK);
    assert_int_equal(password_check(buf_span(&record), span_str("correct horse")), ERR_OK);
    assert_int_equal(password_check(buf_span(&record), span_str("correct house")),
                     ERR_BAD_SECRET);
    buf_release(&record);
}

static enum err
check_with_cost(const char *cost)
{
    struct buf record;
    enum err e;

    buf_init(&record, 256);
    buf_put_fmt(&record, "$scrypt$%s$AAAAAAAAAAAAAAAAAAAAAA$%s", cost,
                "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    e = password_check(buf_span(&record), span_str("x"));
    buf_release(&record);
    return e;
}

static void
cheaper_and_somewhat_dearer_records_are_checked(void **state)
{
    (void)state;
    assert_int_equal(check_with_cost("ln=4,r=8,p=1"), ERR_BAD_SECRET);
    assert_int_equal(check_with_cost("ln=16,r=8,p=1"), ERR_BAD_SECRET);
    assert_int_equal(check_with_cost("ln=12,r=8,p=16"), ERR_BAD_SECRET);
}

static void
records_that_cost_too_much_are_none(void **state)
{
    static const char *const bad[] = {
        "ln=17,r=8,p=1", "ln=18,r=8,p=16", "ln=16,r=8,p=2", "ln=15,r=8,p=16", "ln=99,r=1,p=1",
        "ln=31,r=1,p=1", "ln=014,r=8,p=1", "ln=,r=8,p=1",   "r=8,ln=4,p=1",   "ln=4,r=8,p=100",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(check_with_cost(bad[i]), ERR_FORMAT);
    assert_int_equal(password_check(span_str("$scrypt$nonsense"), span_str("x")), ERR_FORMAT);
    assert_int_equal(password_check(span_of(NULL, 0), span_str("x")), ERR_FORMAT);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(our_own_records_are_checked),
        cmocka_unit_test(cheaper_and_somewhat_dearer_records_are_checked),
        cmocka_unit_test(records_that_cost_too_much_are_none),
    };

    return cmocka_run_group_tests_name("keeper/password", tests, secmem_setup, secmem_teardown);
}
