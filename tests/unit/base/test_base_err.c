/* SPDX-License-Identifier: Apache-2.0 */
/* test_base_err.c - names, texts and classes of the result codes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"

static void
every_code_has_a_name_a_text_and_a_class(void **state)
{
    (void)state;
    for (int i = 0; i < ERR__MAX; i++) {
        enum err e = (enum err)i;
        const char *text = err_text(e);

        assert_int_equal(strncmp(err_name(e), "ERR_", 4), 0);
        assert_true(strlen(text) > 0);
        assert_true(text[strlen(text) - 1] != '.');
        assert_true((err_class_of(e) == ERR_CLASS_NONE) == (e == ERR_OK));
    }
    assert_int_equal(ERR_OK, 0);
    assert_string_equal(err_name(ERR_CONFLICT), "ERR_CONFLICT");
    assert_int_equal(err_class_of(ERR_CONFLICT), ERR_CLASS_RETRY);
    assert_int_equal(err_class_of(ERR_INTEGRITY), ERR_CLASS_INTEGRITY);
}

static void
no_two_codes_share_a_name(void **state)
{
    (void)state;
    for (int i = 0; i < ERR__MAX; i++)
        for (int j = i + 1; j < ERR__MAX; j++)
            assert_string_not_equal(err_name((enum err)i), err_name((enum err)j));
}

static void
what_is_no_code_is_internal(void **state)
{
    (void)state;
    assert_string_equal(err_name(ERR__MAX), "ERR_?");
    assert_string_equal(err_text((enum err)9999), "unknown error");
    assert_int_equal(err_class_of(ERR__MAX), ERR_CLASS_INTERNAL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_a_name_a_text_and_a_class),
        cmocka_unit_test(no_two_codes_share_a_name),
        cmocka_unit_test(what_is_no_code_is_internal),
    };

    return cmocka_run_group_tests_name("base/err", tests, NULL, NULL);
}
