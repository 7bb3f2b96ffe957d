/* SPDX-License-Identifier: Apache-2.0 */
/* What has a row is published; which of them signs is a matter of time. */
#include "auth/signing_key.h"

#include "codec/pack.h"
#include "world.h"

static int
set_up(void **state)
{
    *state = world_open();
    return 0;
}

static int
tear_down(void **state)
{
    world_close(*state);
    return 0;
}

/* A row as KEEPER_SIGNKEY_NEW would have it; what is in it does not matter here. */
static void
add(struct world *w, const char *kid, int64_t signs_from)
{
    struct store_write sw;
    struct buf answer;

    buf_init(&answer, 1024);
    pack_str(sink_buf(&answer), "wrapped");
    pack_str(sink_buf(&answer), "spki");
    pack_str(sink_buf(&answer), "certificate");
    store_write_init(&sw);
    assert_int_equal(signing_key_add(w->rows, &sw, kid, buf_span(&answer), signs_from), ERR_OK);
    world_commit(w, &sw);
    buf_release(&answer);
}

static void
without_keys_there_is_none(void **state)
{
    struct world *w = *state;
    struct signing_keys keys;
    struct signing_key k;

    assert_int_equal(signing_keys_load(w->rows, w->view, &keys), ERR_OK);
    assert_int_equal(keys.n, 0);
    assert_null(signing_keys_current(&keys, 1000));
    assert_null(signing_keys_next(&keys, 1000));
    assert_int_equal(signing_key_load(w->rows, w->view, span_str("a"), &k), ERR_NOT_FOUND);
}

static void
load(struct world *w, struct signing_keys *keys)
{
    assert_int_equal(signing_keys_load(w->rows, w->view, keys), ERR_OK);
}

static void
next_takes_over_when_its_time_comes(void **state)
{
    struct world *w = *state;
    struct signing_keys keys;

    add(w, "one", 100);
    add(w, "two", 200);
    load(w, &keys);
    assert_int_equal(keys.n, 2);
    assert_string_equal(signing_keys_current(&keys, 199)->kid, "one");
    assert_string_equal(signing_keys_next(&keys, 199)->kid, "two");
    assert_string_equal(signing_keys_current(&keys, 200)->kid, "two");
    assert_null(signing_keys_next(&keys, 200));
    assert_true(span_is_str(keys.key[0].wrapped, "wrapped"));
    assert_true(span_is_str(keys.key[0].der, "certificate"));
}

/* As in a store of before: both times have passed. */
static void
of_two_whose_time_has_come_the_later_signs(void **state)
{
    struct world *w = *state;
    struct signing_keys keys;

    add(w, "one", 200);
    add(w, "two", 100);
    add(w, "three", 200);
    load(w, &keys);
    assert_string_equal(signing_keys_current(&keys, 1000)->kid, "three");
    assert_null(signing_keys_next(&keys, 1000));
}

static void
clock_that_was_set_back_leaves_the_first_key_to_sign(void **state)
{
    struct world *w = *state;
    struct signing_keys keys;

    add(w, "two", 200);
    add(w, "one", 100);
    load(w, &keys);
    assert_string_equal(signing_keys_current(&keys, 50)->kid, "one");
    assert_string_equal(signing_keys_next(&keys, 50)->kid, "two");
}

static void
retimed_key_keeps_everything_else(void **state)
{
    struct world *w = *state;
    struct signing_keys keys;
    struct store_write sw;
    struct signing_key k;

    add(w, "one", 100);
    load(w, &keys);
    store_write_init(&sw);
    signing_key_retime(w->rows, &sw, &keys.key[0], 150, 900);
    world_commit(w, &sw);
    assert_int_equal(signing_key_load(w->rows, w->view, span_str("one"), &k), ERR_OK);
    assert_int_equal(k.signs_from, 150);
    assert_int_equal(k.drop_at, 900);
    assert_true(span_is_str(k.wrapped, "wrapped"));
    assert_true(span_is_str(k.der, "certificate"));
}

static void
dropped_key_is_not_found(void **state)
{
    struct world *w = *state;
    struct signing_keys keys;
    struct store_write sw;
    struct signing_key k;

    add(w, "one", 100);
    add(w, "Two", 200);
    load(w, &keys);
    store_write_init(&sw);
    signing_key_drop(&sw, &keys.key[1]);
    world_commit(w, &sw);
    assert_int_equal(signing_key_load(w->rows, w->view, span_str("one"), &k), ERR_NOT_FOUND);
    assert_int_equal(signing_key_load(w->rows, w->view, span_str("Two"), &k), ERR_OK);
    assert_int_equal(signing_key_load(w->rows, w->view, span_str("two"), &k), ERR_NOT_FOUND);
}

static void
wrapped_key_is_bound_to_its_kid(void **state)
{
    struct world *w = *state;
    struct signing_key k;
    struct wrapped q;

    add(w, "one", 100);
    assert_int_equal(signing_key_load(w->rows, w->view, span_str("one"), &k), ERR_OK);
    q = signing_key_wrapped(&k);
    assert_int_equal(q.purpose, PURPOSE_TOKEN);
    assert_true(span_is_str(q.id, "one"));
}

static void
odd_kids_are_not_looked_up(void **state)
{
    struct world *w = *state;
    struct signing_key k;
    char longest[KID_MAX + 1];

    add(w, "one", 100);
    memset(longest, 'a', sizeof(longest));
    assert_int_equal(signing_key_load(w->rows, w->view, span_str(""), &k), ERR_NOT_FOUND);
    assert_int_equal(signing_key_load(w->rows, w->view, span_str("../one"), &k), ERR_NOT_FOUND);
    assert_int_equal(signing_key_load(w->rows, w->view, span_str("one\n"), &k), ERR_NOT_FOUND);
    assert_int_equal(signing_key_load(w->rows, w->view, span_of("one", 4), &k), ERR_NOT_FOUND);
    assert_int_equal(signing_key_load(w->rows, w->view, span_of(longest, sizeof(longest)), &k),
                     ERR_NOT_FOUND);
}

static void
row_under_another_kid_is_refused(void **state)
{
    struct world *w = *state;
    struct store_row row;
    struct signing_keys keys;
    struct signing_key k;
    struct store_write sw;

    add(w, "one", 100);
    assert_int_equal(store_get(w->view, span_str("k/token/one"), &row), ERR_OK);
    store_write_init(&sw);
    store_write_put(&sw, span_str("k/token/two"), row.value);
    world_commit(w, &sw);
    assert_int_equal(signing_key_load(w->rows, w->view, span_str("two"), &k), ERR_INTEGRITY);
    assert_int_equal(signing_keys_load(w->rows, w->view, &keys), ERR_INTEGRITY);
}

static void
answer_that_is_none_is_refused(void **state)
{
    struct world *w = *state;
    struct store_write sw;

    store_write_init(&sw);
    assert_int_equal(signing_key_add(w->rows, &sw, "one", span_str("?"), 1), ERR_FORMAT);
    assert_int_equal(signing_key_add(w->rows, &sw, "", span_str(""), 1), ERR_FORMAT);
    assert_true(store_write_is_empty(&sw));
    store_write_release(&sw);
}

static void
kids_are_fresh_and_plain(void **state)
{
    char a[KID_LEN + 1], b[KID_LEN + 1];

    (void)state;
    signing_key_new_kid(a);
    signing_key_new_kid(b);
    assert_int_equal(strlen(a), KID_LEN);
    assert_string_not_equal(a, b);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(without_keys_there_is_none),
        TEST(next_takes_over_when_its_time_comes),
        TEST(of_two_whose_time_has_come_the_later_signs),
        TEST(clock_that_was_set_back_leaves_the_first_key_to_sign),
        TEST(retimed_key_keeps_everything_else),
        TEST(dropped_key_is_not_found),
        TEST(wrapped_key_is_bound_to_its_kid),
        TEST(odd_kids_are_not_looked_up),
        TEST(row_under_another_kid_is_refused),
        TEST(answer_that_is_none_is_refused),
        TEST(kids_are_fresh_and_plain),
    };

    return cmocka_run_group_tests_name("auth/signing_key", tests, NULL, NULL);
}
