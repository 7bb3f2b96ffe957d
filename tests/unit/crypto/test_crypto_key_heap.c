/* SPDX-License-Identifier: Apache-2.0 */
/* The locked heap of private numbers is full: one answer, no crash, and room again later. */
#include "crypto/setup.h"
#include "key_samples.h"
#include "key_vectors.h"

enum { HEAP = 16 * 1024, MANY = 64 };

static void
a_full_heap_is_memory_short_and_no_damage(void **state)
{
    struct buf der = hex_of(rsa_pkcs8);
    struct key *keys[MANY] = { NULL }, *k = NULL;
    struct secbuf stored;
    enum err e = ERR_OK;
    size_t n = 0;

    (void)state;
    assert_int_equal(crypto_setup_private(HEAP), ERR_OK);
    secbuf_init(&stored, KEY_PRIVATE_MAX);
    k = key_of_pkcs8(KEY_RSA, CURVE_NONE, buf_span(&der));
    assert_int_equal(key_put_private(k, &stored), ERR_OK);
    key_free(k);
    while (n < MANY && e == ERR_OK) {
        e = key_load(secbuf_span(&stored), &keys[n]);
        if (e == ERR_OK)
            n++;
    }
    assert_true(n > 4 && n < MANY);
    assert_int_equal(e, ERR_NOMEM);
    assert_int_equal(key_import_plain(KEY_RSA, buf_span(&der), &k), ERR_NOMEM);
    assert_null(k);
    for (size_t i = 0; i < n; i++)
        key_free(keys[i]);
    assert_int_equal(key_load(secbuf_span(&stored), &k), ERR_OK);
    key_free(k);
    secbuf_release(&stored);
    buf_release(&der);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_heap_is_memory_short_and_no_damage),
    };

    return cmocka_run_group_tests_name("crypto/key_heap", tests, secmem_setup, secmem_teardown);
}
