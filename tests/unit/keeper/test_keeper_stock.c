/* SPDX-License-Identifier: Apache-2.0 */
/* Keys made ahead of time are given away once each, and made anew; the software provider uses
 * them, and says when it has none. */
#include "keeper/stock.h"

#include "keeper/cache.h"
#include "keeper/software.h"
#include "keeper_fixture.h"

enum { WAIT_MS = 60000 };

static const atomic_bool never;
static const struct key_spec rsa_2048 = { .type = KEY_RSA, .bits = 2048 };
static struct stock *stock;

static int
start_with(unsigned n2048, unsigned n3072)
{
    const unsigned want[STOCK__MAX] = { n2048, n3072, 0 };

    if (stock_new(want, &stock) != ERR_OK)
        return -1;
    return stock_start(stock, 0) == ERR_OK ? 0 : -1;
}

static int
teardown(void **state)
{
    (void)state;
    stock_free(stock);
    stock = NULL;
    return 0;
}

static void
keys_are_given_once_and_made_anew(void **state)
{
    struct key *a, *b;

    (void)state;
    assert_int_equal(start_with(2, 0), 0);
    assert_true(stock_wait(stock, STOCK_2048, 2, WAIT_MS));
    a = stock_take(stock, &rsa_2048);
    b = stock_take(stock, &rsa_2048);
    assert_non_null(a);
    assert_non_null(b);
    assert_int_equal(key_public(a)->bits, 2048);
    assert_true(span_is_equal(key_public(a)->e, span_of("\1\0\1", 3)));
    assert_false(span_is_equal(key_public(a)->n, key_public(b)->n));
    assert_true(stock_wait(stock, STOCK_2048, 2, WAIT_MS));
    key_free(a);
    key_free(b);
}

static void
only_what_is_the_same_is_given(void **state)
{
    struct key_spec spec = rsa_2048;

    (void)state;
    assert_int_equal(start_with(1, 0), 0);
    assert_true(stock_wait(stock, STOCK_2048, 1, WAIT_MS));
    spec.exponent = 3;
    assert_false(stock_fits(stock, &spec));
    assert_null(stock_take(stock, &spec));
    spec.exponent = 65537;
    assert_true(stock_fits(stock, &spec));
    spec.bits = 3072; /* a size of which none is wanted */
    assert_false(stock_fits(stock, &spec));
    assert_null(stock_take(stock, &spec));
    spec.bits = 1024;
    assert_null(stock_take(stock, &spec));
    spec = (struct key_spec){ .type = KEY_OCT, .bits = 2048 };
    assert_null(stock_take(stock, &spec));
    assert_int_equal(stock_count(stock, STOCK_2048), 1);
}

static void
nothing_wanted_needs_no_thread(void **state)
{
    (void)state;
    assert_int_equal(start_with(0, 0), 0);
    assert_false(stock_fits(stock, &rsa_2048));
    assert_null(stock_take(stock, &rsa_2048));
    assert_false(stock_wait(stock, STOCK_2048, 1, 0));
}

static void
end_comes_in_the_midst_of_it(void **state)
{
    struct key_spec spec = { .type = KEY_RSA, .bits = 4096 };
    atomic_bool stop = true;
    struct key *k = NULL;

    (void)state;
    assert_int_equal(key_new_until(&spec, &stop, &k), ERR_AGAIN);
    assert_null(k);
    assert_int_equal(start_with(STOCK_DEPTH_MAX + 5, STOCK_DEPTH_MAX), 0);
    stock_stop(stock);
    assert_true(stock_count(stock, STOCK_2048) < STOCK_DEPTH_MAX);
}

/* The vault's key, wrapped; the caller releases it. */
static struct buf
vault_key(struct roots *roots)
{
    static const uint8_t key[32];
    struct buf w;

    buf_init(&w, WRAPPED_MAX);
    assert_int_equal(roots_wrap(roots, PURPOSE_VAULT, span_str(GUID_A),
                                span_of(key, sizeof(key)), sink_buf(&w)),
                     ERR_OK);
    return w;
}

static void
provider_on_a_lane_takes_from_the_stock_or_passes_on(void **state)
{
    struct software soft = { .cache_bytes = CACHE_BYTES_MIN, .ending = &never };
    struct key_question q = { .spec = rsa_2048 };
    struct secbuf *answer = secbuf_new(64 * 1024);
    const struct key_provider *p = &software_provider;
    struct root_key *root = NULL;
    struct keypair_answer a;
    void *lane = NULL;
    struct buf w;

    (void)state;
    assert_int_equal(start_with(1, 0), 0);
    assert_int_equal(roots_new(&soft.roots), ERR_OK);
    assert_int_equal(root_key_new(&root), ERR_OK);
    assert_int_equal(roots_set(soft.roots, root), ERR_OK);
    soft.stock = stock;
    w = vault_key(soft.roots);
    q.place.vault = wrapped_of(PURPOSE_VAULT, GUID_A, buf_span(&w));
    q.place.id = object_of(GUID_A, "KEY", VERSION_1);
    assert_int_equal(p->state_new(&soft, PACE_SHORT, &lane), ERR_OK);
    assert_int_equal(p->pace(&soft, KEEPER_KEYPAIR_NEW, &q), PACE_SHORT);
    assert_true(stock_wait(stock, STOCK_2048, 1, WAIT_MS));
    assert_int_equal(p->new (lane, &q, answer), ERR_OK);
    assert_int_equal(keypair_answer_read(secbuf_span(answer), &a), ERR_OK);
    assert_int_equal(a.public.bits, 2048);
    stock_stop(stock); /* what is there stays there */
    while (stock_count(stock, STOCK_2048) > 0)
        key_free(stock_take(stock, &rsa_2048));
    assert_int_equal(p->new (lane, &q, answer), ERR_AGAIN);
    q.spec.exponent = 3;
    assert_int_equal(p->pace(&soft, KEEPER_KEYPAIR_NEW, &q), PACE_MAKING);
    p->state_free(lane);
    roots_free(soft.roots);
    buf_release(&w);
    secbuf_free(answer);
}

#define STOCKED(f) cmocka_unit_test_teardown(f, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        STOCKED(keys_are_given_once_and_made_anew),
        STOCKED(only_what_is_the_same_is_given),
        STOCKED(nothing_wanted_needs_no_thread),
        STOCKED(end_comes_in_the_midst_of_it),
        STOCKED(provider_on_a_lane_takes_from_the_stock_or_passes_on),
    };

    return cmocka_run_group_tests_name("keeper/stock", tests, secmem_setup, secmem_teardown);
}
