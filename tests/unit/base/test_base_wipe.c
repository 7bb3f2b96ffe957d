/* SPDX-License-Identifier: Apache-2.0 */
/* test_base_wipe.c - forgetting and comparing secrets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/wipe.h"

static void
equal_bytes_are_equal_and_others_are_not(void **state)
{
    uint8_t a[32], b[32];

    (void)state;
    memset(a, 7, sizeof(a));
    for (size_t i = 0; i < sizeof(a) * 8; i++) {
        memcpy(b, a, sizeof(b));
        assert_true(ct_equal(span_of(a, 32), span_of(b, 32)));
        b[i / 8] ^= (uint8_t)(1u << (i % 8));
        assert_false(ct_equal(span_of(a, 32), span_of(b, 32)));
    }
}

static void
lengths_must_agree(void **state)
{
    (void)state;
    assert_false(ct_equal(span_str("abc"), span_str("ab")));
    assert_false(ct_equal(span_str("abc"), (struct span){ 0 }));
    assert_true(ct_equal((struct span){ 0 }, span_str("")));
}

static void
wiping_leaves_zeros(void **state)
{
    uint8_t a[8] = { 1, 2, 3, 4, 5, 6, 7, 8 }, key[32];

    (void)state;
    wipe(a, 7);
    for (int i = 0; i < 7; i++)
        assert_int_equal(a[i], 0);
    assert_int_equal(a[7], 8);
    wipe(NULL, 0);
    memset(key, 1, sizeof(key));
    wipe32(&key);
    for (int i = 0; i < 32; i++)
        assert_int_equal(key[i], 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_bytes_are_equal_and_others_are_not),
        cmocka_unit_test(lengths_must_agree),
        cmocka_unit_test(wiping_leaves_zeros),
    };

    return cmocka_run_group_tests_name("base/wipe", tests, NULL, NULL);
}
