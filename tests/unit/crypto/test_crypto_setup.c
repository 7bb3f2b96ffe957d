/* SPDX-License-Identifier: Apache-2.0 */
/* A process for private keys: set up first, self-tested, its heap used. */
#include "crypto/setup.h"
#include "crypto/sign.h"
#include "vectors.h"

static void
private_setup_passes_its_self_test(void **state)
{
    struct signkey *k = NULL;

    (void)state;
    assert_true(crypto_wipe_freed());
    assert_true(crypto_wipe_freed());
    assert_int_equal(crypto_setup_private(256 * 1024), ERR_OK);
    assert_int_equal(crypto_selftest(), ERR_OK);
    assert_int_equal(signkey_new(SIGNKEY_EC, &k), ERR_OK);
    signkey_free(k);
}

static void
second_private_setup_is_refused(void **state)
{
    (void)state;
    assert_int_equal(crypto_setup_private(256 * 1024), ERR_NOMEM);
    assert_int_equal(crypto_setup(), ERR_OK);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(private_setup_passes_its_self_test),
        cmocka_unit_test(second_private_setup_is_refused),
    };

    return cmocka_run_group_tests_name("crypto/setup", tests, secmem_setup, secmem_teardown);
}
