/* SPDX-License-Identifier: Apache-2.0 */
/* The cache finds what was put, forgets the least recently used, and stays in its bounds. */
#include "keeper/cache.h"
#include "keeper_fixture.h"

static struct cache *cache;

static void
tag_of(enum key_purpose purpose, const char *id, const char *bytes, uint8_t *tag)
{
    struct wrapped w = wrapped_of(purpose, id, span_str(bytes));

    assert_int_equal(cache_tag(&w, tag), ERR_OK);
}

static void
numbered(unsigned n, uint8_t tag[static CACHE_TAG_LEN])
{
    char id[16];

    (void)snprintf(id, sizeof(id), "%u", n);
    tag_of(PURPOSE_VAULT, id, "wrapped", tag);
}

static struct seal_row_key *
put_numbered(unsigned n)
{
    uint8_t tag[CACHE_TAG_LEN];
    struct seal_row_key *k = NULL;

    numbered(n, tag);
    assert_int_equal(seal_row_key_new(span_str("0123456789abcdef0123456789abcdef"), &k),
                     ERR_OK);
    assert_int_equal(cache_put_row(cache, tag, k), ERR_OK);
    return k;
}

static struct seal_row_key *
get_numbered(unsigned n)
{
    uint8_t tag[CACHE_TAG_LEN];

    numbered(n, tag);
    return cache_row(cache, tag);
}

static void
tags_differ_by_purpose_id_and_bytes(void **state)
{
    static const char long_bytes[] =
        "................................................................................"
        "................................................................................"
        "................................................................................"
        "................................................................................"
        "................................................................................"
        "................................................................................"
        "................................................................................";
    uint8_t tags[6][CACHE_TAG_LEN];

    (void)state;
    tag_of(PURPOSE_VAULT, "a", "bytes", tags[0]);
    tag_of(PURPOSE_BACKUP, "a", "bytes", tags[1]);
    tag_of(PURPOSE_VAULT, "b", "bytes", tags[2]);
    tag_of(PURPOSE_VAULT, "a", "bytez", tags[3]);
    tag_of(PURPOSE_VAULT, "ab", "ytes", tags[4]);
    tag_of(PURPOSE_VAULT, "a", long_bytes, tags[5]);
    for (size_t i = 0; i < 6; i++)
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(tags[i], tags[j], CACHE_TAG_LEN);
}

static void
what_was_put_is_found_and_nothing_else(void **state)
{
    struct seal_row_key *k = put_numbered(1);

    (void)state;
    assert_ptr_equal(get_numbered(1), k);
    assert_null(get_numbered(2));
}

static void
least_recently_used_goes_first(void **state)
{
    unsigned n = 0;

    (void)state;
    while (cache_bytes(cache) + 512 <= CACHE_BYTES_MIN)
        put_numbered(n++);
    assert_non_null(get_numbered(0)); /* used again: not the oldest any more */
    put_numbered(n);
    assert_non_null(get_numbered(0));
    assert_null(get_numbered(1));
    assert_non_null(get_numbered(n));
    assert_true(cache_bytes(cache) <= CACHE_BYTES_MIN);
}

static void
many_keys_stay_within_the_bound(void **state)
{
    size_t used, total;

    (void)state;
    for (unsigned n = 0; n < 5000; n++)
        put_numbered(n);
    assert_true(cache_bytes(cache) <= CACHE_BYTES_MIN);
    assert_int_equal(cache_count(cache), CACHE_BYTES_MIN / 512);
    secmem_usage(&used, &total);
    assert_true(used <= cache_count(cache) * 128);
}

static void
signing_keys_weigh_what_they_cost(void **state)
{
    uint8_t tag[CACHE_TAG_LEN];
    struct signkey *k = NULL;

    (void)state;
    tag_of(PURPOSE_TLS, "1", "wrapped", tag);
    assert_int_equal(signkey_new(SIGNKEY_EC, &k), ERR_OK);
    assert_int_equal(cache_put_sign(cache, tag, k), ERR_OK);
    assert_ptr_equal(cache_sign(cache, tag), k);
    assert_null(cache_row(cache, tag));
    assert_true(cache_bytes(cache) >= 2048);
}

static void
clearing_forgets_everything(void **state)
{
    (void)state;
    put_numbered(1);
    put_numbered(2);
    cache_clear(cache);
    assert_int_equal(cache_count(cache), 0);
    assert_int_equal(cache_bytes(cache), 0);
    assert_null(get_numbered(1));
}

static int
fresh(void **state)
{
    (void)state;
    return cache_new(0, &cache) == ERR_OK ? 0 : -1;
}

static int
drop(void **state)
{
    (void)state;
    cache_free(cache);
    return 0;
}

static struct span
numbered_sealed(unsigned n, char sealed[static 16])
{
    (void)snprintf(sealed, 16, "sealed %u", n);
    return span_str(sealed);
}

static void
tag_sealed(const char *id, const char *name, const char *version, struct span sealed,
           uint8_t *tag)
{
    struct wrapped w = wrapped_of(PURPOSE_VAULT, id, span_str("wrapped"));
    struct object_id object = object_of(GUID_A, name, version);

    assert_int_equal(cache_tag_sealed(cache, &w, &object, sealed, tag), ERR_OK);
}

static void
tags_of_sealed_keys_differ_by_all_that_names_them(void **state)
{
    uint8_t tags[7][CACHE_TAG_LEN];

    (void)state;
    tag_sealed("a", "N", "1", span_str("s"), tags[0]);
    tag_sealed("b", "N", "1", span_str("s"), tags[1]);
    tag_sealed("a", "NN", "1", span_str("s"), tags[2]);
    tag_sealed("a", "N", "2", span_str("s"), tags[3]);
    tag_sealed("a", "N", "1", span_str("ss"), tags[4]);
    tag_sealed("a", "N1", "", span_str("s"), tags[5]);
    tag_of(PURPOSE_VAULT, "a", "wrapped", tags[6]);
    for (size_t i = 0; i < 7; i++)
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(tags[i], tags[j], CACHE_TAG_LEN);
}

static void
users_keys_are_bounded_by_what_they_weigh(void **state)
{
    struct key_spec spec = { .type = KEY_EC, .curve = CURVE_P256 };
    uint8_t tag[CACHE_TAG_LEN];
    char sealed[16];
    unsigned i, n = 4 * CACHE_BYTES_MIN / 4096;
    struct key *k = NULL;

    (void)state;
    for (i = 0; i < n; i++) {
        assert_int_equal(key_new(&spec, &k), ERR_OK);
        tag_sealed("a", "N", "1", numbered_sealed(i, sealed), tag);
        assert_int_equal(cache_put_key(cache, tag, k), ERR_OK);
        assert_ptr_equal(cache_key(cache, tag), k);
        assert_true(cache_bytes(cache) <= CACHE_BYTES_MIN);
    }
    assert_true(cache_count(cache) > 1 && cache_count(cache) < n);
    tag_sealed("a", "N", "1", numbered_sealed(0, sealed), tag);
    assert_null(cache_key(cache, tag));
    tag_sealed("a", "N", "1", numbered_sealed(n - 1, sealed), tag);
    assert_ptr_equal(cache_key(cache, tag), k);
    assert_null(cache_row(cache, tag)); /* of another kind */
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tags_differ_by_purpose_id_and_bytes),
        cmocka_unit_test_setup_teardown(what_was_put_is_found_and_nothing_else, fresh, drop),
        cmocka_unit_test_setup_teardown(least_recently_used_goes_first, fresh, drop),
        cmocka_unit_test_setup_teardown(many_keys_stay_within_the_bound, fresh, drop),
        cmocka_unit_test_setup_teardown(signing_keys_weigh_what_they_cost, fresh, drop),
        cmocka_unit_test_setup_teardown(tags_of_sealed_keys_differ_by_all_that_names_them,
                                        fresh, drop),
        cmocka_unit_test_setup_teardown(users_keys_are_bounded_by_what_they_weigh, fresh, drop),
        cmocka_unit_test_setup_teardown(clearing_forgets_everything, fresh, drop),
    };

    return cmocka_run_group_tests_name("keeper/cache", tests, secmem_setup, secmem_teardown);
}
