/* SPDX-License-Identifier: Apache-2.0 */
/* Nonces of the ACME server: made here, once, and not too long ago. */
#include "api/acme/nonce.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>

#include <cmocka.h>

#include "base/secbuf.h"
#include "crypto/setup.h"

enum { THREADS = 8, EACH = 2000 };

static struct acme_nonces *nonces;

static int
set_up(void **state)
{
    (void)state;
    return secmem_init(1024 * 1024) == ERR_OK && crypto_setup() == ERR_OK ? 0 : -1;
}

static int
tear_down(void **state)
{
    (void)state;
    secmem_release();
    return 0;
}

static int
begin(void **state)
{
    (void)state;
    return acme_nonces_new(&nonces) == ERR_OK ? 0 : -1;
}

static int
end(void **state)
{
    (void)state;
    acme_nonces_free(nonces);
    return 0;
}

static void
make(char out[static NONCE_TEXT_LEN + 1])
{
    assert_int_equal(acme_nonce_make(nonces, out), ERR_OK);
    assert_int_equal(strlen(out), NONCE_TEXT_LEN);
}

static void
one_is_good_once(void **state)
{
    char a[NONCE_TEXT_LEN + 1], b[NONCE_TEXT_LEN + 1];

    (void)state;
    make(a);
    make(b);
    assert_string_not_equal(a, b);
    assert_true(acme_nonce_use(nonces, span_str(b)));
    assert_true(acme_nonce_use(nonces, span_str(a)));
    assert_false(acme_nonce_use(nonces, span_str(a)));
    assert_false(acme_nonce_use(nonces, span_str(b)));
}

static void
no_character_may_be_another(void **state)
{
    char a[NONCE_TEXT_LEN + 1];

    (void)state;
    make(a);
    for (size_t i = 0; i < NONCE_TEXT_LEN; i++) {
        char was = a[i];

        a[i] = was == 'A' ? 'B' : 'A';
        assert_false(acme_nonce_use(nonces, span_str(a)));
        a[i] = was;
    }
    assert_false(acme_nonce_use(nonces, span_of(a, NONCE_TEXT_LEN - 1)));
    assert_false(acme_nonce_use(nonces, span_of(a, 0)));
    assert_true(acme_nonce_use(nonces, span_str(a)));
}

static void
that_of_another_process_is_none(void **state)
{
    struct acme_nonces *other = NULL;
    char a[NONCE_TEXT_LEN + 1], b[NONCE_TEXT_LEN + 1];

    (void)state;
    assert_int_equal(acme_nonces_new(&other), ERR_OK);
    make(a);
    assert_int_equal(acme_nonce_make(other, b), ERR_OK);
    assert_false(acme_nonce_use(other, span_str(a)));
    assert_false(acme_nonce_use(nonces, span_str(b)));
    acme_nonces_free(other);
}

static void
an_old_one_is_none_and_stays_so(void **state)
{
    char used[NONCE_TEXT_LEN + 1], old[NONCE_TEXT_LEN + 1], last[NONCE_TEXT_LEN + 1],
        more[NONCE_TEXT_LEN + 1];

    (void)state;
    make(used);
    assert_true(acme_nonce_use(nonces, span_str(used)));
    make(old);
    make(last);
    for (int i = 0; i < NONCE_WINDOW - 1; i++)
        make(more);
    assert_false(acme_nonce_use(nonces, span_str(old)));
    assert_true(acme_nonce_use(nonces, span_str(last)));
    /* Once round the ring: the bit of the used one was cleared. */
    for (int i = 0; i < NONCE_WINDOW + 8; i++)
        make(more);
    assert_false(acme_nonce_use(nonces, span_str(used)));
    assert_false(acme_nonce_use(nonces, span_str(last)));
    assert_true(acme_nonce_use(nonces, span_str(more)));
}

static char shared[EACH][NONCE_TEXT_LEN + 1];
static atomic_uint accepted;

static void *
use_all(void *arg)
{
    (void)arg;
    for (int i = 0; i < EACH; i++)
        if (acme_nonce_use(nonces, span_str(shared[i])))
            atomic_fetch_add(&accepted, 1);
    return NULL;
}

static void
of_many_threads_one_may_use_it(void **state)
{
    pthread_t t[THREADS];

    (void)state;
    for (int i = 0; i < EACH; i++)
        make(shared[i]);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&t[i], NULL, use_all, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(t[i], NULL);
    assert_int_equal(atomic_load(&accepted), EACH);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_is_good_once, begin, end),
        cmocka_unit_test_setup_teardown(no_character_may_be_another, begin, end),
        cmocka_unit_test_setup_teardown(that_of_another_process_is_none, begin, end),
        cmocka_unit_test_setup_teardown(an_old_one_is_none_and_stays_so, begin, end),
        cmocka_unit_test_setup_teardown(of_many_threads_one_may_use_it, begin, end),
    };

    return cmocka_run_group_tests_name("api/nonce", tests, set_up, tear_down);
}
