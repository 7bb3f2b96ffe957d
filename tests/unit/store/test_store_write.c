/* SPDX-License-Identifier: Apache-2.0 */
/* test_store_write.c - the packed form of a write, from our composer and from anybody. */
#include "base/limits.h"
#include "fixture.h"

static enum err
note(void *arg, struct span key)
{
    buf_put(arg, key);
    buf_put_byte(arg, ' ');
    return span_is_str(key, "stop") ? ERR_DENIED : ERR_OK;
}

static bool
note_row(void *arg, const struct store_row *row)
{
    buf_put(arg, row->key);
    buf_put_byte(arg, '=');
    buf_put(arg, row->value);
    buf_put_byte(arg, ' ');
    return !span_is_str(row->key, "stop");
}

/* What is put, as rows; of a write that was made of two. */
static void
rows_to_put_are_visited_until_told(void **state)
{
    struct store_write w, more;
    struct buf b;

    (void)state;
    store_write_init(&w);
    store_write_init(&more);
    buf_init(&b, 1000);
    store_write_put(&w, span_str("a"), span_str("1"));
    store_write_delete(&w, span_str("d"));
    store_write_expect(&more, span_str("e"), 5);
    store_write_put(&more, span_str("stop"), span_str("2"));
    store_write_put(&more, span_str("never"), span_str("3"));
    store_write_append(&w, &more);
    assert_int_equal(w.count, 5);
    assert_int_equal(store_write_rows(buf_span(&w.bytes), note_row, &b), ERR_OK);
    assert_string_equal(buf_str(&b), "a=1 stop=2 ");
    store_write_release(&w);
    store_write_release(&more);
    buf_release(&b);
}

static void
a_write_that_failed_fails_what_it_goes_into(void **state)
{
    struct store_write w, more;

    (void)state;
    store_write_init(&w);
    store_write_init(&more);
    store_write_put(&w, span_str("a"), span_str("1"));
    store_write_put(&more, span_str(""), span_str("no key"));
    store_write_append(&w, &more);
    assert_int_equal(store_write_err(&w), ERR_ARG);
    store_write_clear(&w);
    store_write_clear(&more);
    for (unsigned i = 0; i < MAX_COMMIT_KEYS; i++)
        store_write_delete(&w, span_str("d"));
    store_write_delete(&more, span_str("d"));
    assert_int_equal(store_write_err(&w), ERR_OK);
    store_write_append(&w, &more);
    assert_int_equal(store_write_err(&w), ERR_TOO_LARGE);
    store_write_release(&w);
    store_write_release(&more);
}

static void
keys_to_put_or_delete_are_visited_in_order(void **state)
{
    struct store_write w;
    struct buf b;

    (void)state;
    store_write_init(&w);
    buf_init(&b, 1000);
    store_write_expect(&w, span_str("e"), 5);
    store_write_put(&w, span_str("p"), span_str("v"));
    store_write_delete(&w, span_str("d"));
    assert_int_equal(w.count, 3);
    assert_false(store_write_is_empty(&w));
    assert_int_equal(store_write_err(&w), ERR_OK);
    assert_int_equal(store_write_keys(buf_span(&w.bytes), note, &b), ERR_OK);
    assert_string_equal(buf_str(&b), "p d ");
    store_write_release(&w);
    buf_release(&b);
}

static void
a_visitor_may_refuse(void **state)
{
    struct store_write w;
    struct buf b;

    (void)state;
    store_write_init(&w);
    buf_init(&b, 1000);
    store_write_put(&w, span_str("stop"), span_str("v"));
    store_write_put(&w, span_str("never"), span_str("v"));
    assert_int_equal(store_write_keys(buf_span(&w.bytes), note, &b), ERR_DENIED);
    assert_string_equal(buf_str(&b), "stop ");
    store_write_release(&w);
    buf_release(&b);
}

static void
the_bytes_are_as_documented(void **state)
{
    static const uint8_t want[] = { 1, 0, 1,   'e', 0, 0, 0, 0, 0,   0, 1, 2, 2,
                                    0, 2, 'p', 'q', 0, 0, 0, 1, 'v', 3, 0, 1, 'd' };
    struct store_write w;

    (void)state;
    store_write_init(&w);
    store_write_expect(&w, span_str("e"), 0x102);
    store_write_put(&w, span_str("pq"), span_str("v"));
    store_write_delete(&w, span_str("d"));
    assert_true(span_is_equal(buf_span(&w.bytes), span_of(want, sizeof(want))));
    store_write_clear(&w);
    assert_true(store_write_is_empty(&w));
    assert_int_equal(w.bytes.len, 0);
    store_write_release(&w);
}

static void
bad_keys_and_values_fail_the_composition(void **state)
{
    static uint8_t bytes[MAX_STORE_VALUE + 1];
    struct store_write w;

    (void)state;
    store_write_init(&w);
    store_write_put(&w, span_str(""), span_str("v"));
    assert_int_equal(store_write_err(&w), ERR_ARG);
    store_write_put(&w, span_str("good"), span_str("v"));
    assert_int_equal(store_write_err(&w), ERR_ARG); /* sticky */
    store_write_clear(&w);
    store_write_delete(&w, span_of(bytes, MAX_STORE_KEY + 1));
    assert_int_equal(store_write_err(&w), ERR_ARG);
    store_write_clear(&w);
    store_write_expect(&w, span_of(bytes, MAX_STORE_KEY + 1), 0);
    assert_int_equal(store_write_err(&w), ERR_ARG);
    store_write_clear(&w);
    store_write_put(&w, span_str("k"), span_of(bytes, sizeof(bytes)));
    assert_int_equal(store_write_err(&w), ERR_TOO_LARGE);
    store_write_release(&w);
}

static void
too_many_entries_fail_the_composition(void **state)
{
    struct store_write w;

    (void)state;
    store_write_init(&w);
    for (int i = 0; i < MAX_COMMIT_KEYS; i++)
        store_write_delete(&w, span_str("k"));
    assert_int_equal(store_write_err(&w), ERR_OK);
    store_write_delete(&w, span_str("k"));
    assert_int_equal(store_write_err(&w), ERR_TOO_LARGE);
    store_write_release(&w);
}

static void
too_much_for_a_message_fails_the_composition(void **state)
{
    static uint8_t bytes[MAX_STORE_VALUE];
    struct store_write w;

    (void)state;
    store_write_init(&w);
    for (int i = 0; i < 7; i++)
        store_write_put(&w, span_str("k"), span_of(bytes, sizeof(bytes)));
    assert_int_equal(store_write_err(&w), ERR_OK);
    store_write_put(&w, span_str("k"), span_of(bytes, sizeof(bytes)));
    assert_int_equal(store_write_err(&w), ERR_TOO_LARGE);
    store_write_release(&w);
}

static const struct refusal {
    const char *name, *bytes;
    size_t len;
} refusals[] = {
    /* clang-format off */
    { "kind 0", "\0\0\1a", 4 },
    { "kind 4", "\4\0\1a", 4 },
    { "a kind alone", "\3", 1 },
    { "half a key length", "\3\0", 2 },
    { "an empty key", "\3\0\0", 3 },
    { "a key longer than what follows", "\3\0\2a", 4 },
    { "an expectation without revision", "\1\0\1a", 4 },
    { "an expectation with seven bytes", "\1\0\1a\0\0\0\0\0\0\1", 11 },
    { "a put without value length", "\2\0\1a", 4 },
    { "a put with half a value length", "\2\0\1a\0\0", 6 },
    { "a value longer than what follows", "\2\0\1a\0\0\0\2v", 9 },
    { "a value length beyond everything", "\2\0\1a\xff\xff\xff\xff", 8 },
    { "a good entry and a stray byte", "\3\0\1a\3", 5 },
    /* clang-format on */
};
#define NREFUSALS (sizeof(refusals) / sizeof(refusals[0]))

static void
run_refusal(void **state)
{
    const struct refusal *r = *state;
    struct buf b;

    buf_init(&b, 100);
    assert_int_equal(store_write_keys(span_of(r->bytes, r->len), note, &b), ERR_FORMAT);
    assert_int_equal(store_write_rows(span_of(r->bytes, r->len), note_row, &b), ERR_FORMAT);
    assert_int_equal(b.len, 0);
}

int
main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test(keys_to_put_or_delete_are_visited_in_order),
        cmocka_unit_test(a_visitor_may_refuse),
        cmocka_unit_test(rows_to_put_are_visited_until_told),
        cmocka_unit_test(a_write_that_failed_fails_what_it_goes_into),
        cmocka_unit_test(the_bytes_are_as_documented),
        cmocka_unit_test(bad_keys_and_values_fail_the_composition),
        cmocka_unit_test(too_many_entries_fail_the_composition),
        cmocka_unit_test(too_much_for_a_message_fails_the_composition),
    };
    struct CMUnitTest tests[NREFUSALS];

    for (size_t i = 0; i < NREFUSALS; i++)
        tests[i] = (struct CMUnitTest){ .name = refusals[i].name,
                                        .test_func = run_refusal,
                                        .initial_state = (void *)(uintptr_t)&refusals[i] };
    return cmocka_run_group_tests_name("store/write refuses", tests, NULL, NULL) +
           cmocka_run_group_tests_name("store/write", others, NULL, NULL);
}
