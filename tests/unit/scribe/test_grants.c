/* SPDX-License-Identifier: Apache-2.0 */
/* Who may write which rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scribe/grants.h"
#include "store/store.h"

static const struct vec {
    const char *key;
    bool front, clerk, clerk_at_init;
} vecs[] = {
    /* clang-format off */
    { "sn/v/NAME",      true,  true,  true },
    { "sd/v/NAME",      true,  true,  true },
    { "sv/v/NAME/1",    true,  true,  true },
    { "kn/v/NAME",      true,  true,  true },
    { "kd/v/NAME",      true,  true,  true },
    { "kv/v/NAME/1",    true,  true,  true },
    { "kp/v/NAME",      true,  true,  true },
    { "kr/00/r/v/NAME", true,  true,  true },
    { "cr/00/r/v/NAME", true,  true,  true },
    { "ch/v/NAME",      false, true,  true },
    { "cq/00/h/v/NAME", false, true,  true },
    { "kq/v/NAME/1",    true,  true,  true },
    { "cn/v/NAME",      true,  true,  true },
    { "cd/v/NAME",      true,  true,  true },
    { "cm/v/NAME",      false, true,  true },
    { "cf/mail",        false, true,  true },
    { "cv/v/NAME/1",    true,  true,  true },
    { "cp/v/NAME",      true,  true,  true },
    { "pq/00/s/v/NAME", true,  true,  true },
    { "v/name",         true,  true,  true },
    { "vd/name",        true,  true,  true },
    { "vx/sub/name",    true,  true,  true },
    { "t/x",            true,  true,  true },
    { "sub/x",          true,  true,  true },
    { "rg/x/y",         true,  true,  true },
    { "ap/x",           true,  true,  true },
    { "sp/x/y",         true,  true,  true },
    { "spa/x/y",        true,  true,  true },
    { "g/x/y",          true,  true,  true },
    { "gm/x/y/z",       true,  true,  true },
    { "ra/x/y",         true,  true,  true },
    { "rs/x/y",         true,  true,  true },
    { "rd/x",           true,  true,  true },
    { "mi/x",           true,  true,  true },
    { "k/backup/x",     true,  true,  true },
    { "k/backup",       false, true,  true },
    { "k/audit",        false, true,  true },
    { "k/integrity",    false, true,  true },
    { "k/ca",           false, true,  true },
    { "k/token/x",      false, true,  true },
    { "f/format",       false, false, true },
    { "f/seal",         false, false, true },
    { "a/head",         false, false, false },
    { "a/pending",      false, false, false },
    { "a/anything",     false, false, false },
    { "x/unknown",      false, false, false },
    { "sn",             false, false, false },
    { "snx/v",          false, false, false },
    { "SN/v/NAME",      false, false, false },
    { "",               false, false, false },
    /* clang-format on */
};

static void
table_grants_what_is_written_here(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(vecs) / sizeof(vecs[0]); i++) {
        struct span key = span_str(vecs[i].key);

        assert_int_equal(grants_may_write(ROLE_FRONT, true, key), vecs[i].front);
        assert_int_equal(grants_may_write(ROLE_FRONT, false, key), vecs[i].front);
        assert_int_equal(grants_may_write(ROLE_CLERK, true, key), vecs[i].clerk);
        assert_int_equal(grants_may_write(ROLE_CLERK, false, key), vecs[i].clerk_at_init);
        assert_false(grants_may_write(ROLE_KEEPER, false, key));
        assert_false(grants_may_write(ROLE_SUPERVISOR, false, key));
        assert_false(grants_may_write(ROLE_SCRIBE, false, key));
    }
}

static void
one_forbidden_key_forbids_the_write(void **state)
{
    struct store_write w;

    (void)state;
    store_write_init(&w);
    assert_int_equal(grants_check(ROLE_FRONT, true, buf_span(&w.bytes)), ERR_OK);
    store_write_put(&w, span_str("sn/v/A"), span_str("x"));
    assert_int_equal(grants_check(ROLE_FRONT, true, buf_span(&w.bytes)), ERR_OK);
    store_write_delete(&w, span_str("k/audit"));
    assert_int_equal(grants_check(ROLE_FRONT, true, buf_span(&w.bytes)), ERR_DENIED);
    assert_int_equal(grants_check(ROLE_CLERK, true, buf_span(&w.bytes)), ERR_OK);
    store_write_release(&w);
}

static void
a_precondition_is_no_write(void **state)
{
    struct store_write w;

    (void)state;
    store_write_init(&w);
    store_write_expect(&w, span_str("k/audit"), 3);
    store_write_put(&w, span_str("sn/v/A"), span_str("x"));
    assert_int_equal(grants_check(ROLE_FRONT, true, buf_span(&w.bytes)), ERR_OK);
    store_write_release(&w);
}

static void
bytes_that_are_no_write_are_refused(void **state)
{
    (void)state;
    assert_int_equal(grants_check(ROLE_CLERK, true, span_str("garbage")), ERR_FORMAT);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_grants_what_is_written_here),
        cmocka_unit_test(one_forbidden_key_forbids_the_write),
        cmocka_unit_test(a_precondition_is_no_write),
        cmocka_unit_test(bytes_that_are_no_write_are_refused),
    };

    return cmocka_run_group_tests_name("scribe/grants", tests, NULL, NULL);
}
