/* SPDX-License-Identifier: Apache-2.0 */
/* test_codec_jsn.c - what is accepted as JSON, what is refused, and where it lives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/secbuf.h"
#include "codec/jsn.h"

static int
start(void **state)
{
    (void)state;
    if (secmem_init(1024 * 1024) != ERR_OK)
        return -1;
    jsn_setup();
    return 0;
}

static int
stop(void **state)
{
    size_t used, total;

    (void)state;
    secmem_usage(&used, &total);
    secmem_release();
    return used == 0 ? 0 : -1; /* a tree was not freed */
}

static struct jsn *
parse(const char *text)
{
    struct jsn *j;

    assert_int_equal(jsn_parse(span_str(text), &j), ERR_OK);
    assert_non_null(j);
    return j;
}

static const struct refusal {
    const char *name, *text;
    size_t len; /* 0: strlen */
} refusals[] = {
    /* clang-format off */
    { "nothing", "", 0 },
    { "white space only", " \t\r\n", 0 },
    { "a byte order mark", "\xef\xbb\xbf{}", 0 },
    { "UTF-16", "{\0}\0", 4 },
    { "a NUL after the value", "{}\0", 3 },
    { "a NUL inside a string", "\"a\0b\"", 5 },
    { "an escaped NUL in a name", "{\"a\\u0000\":1}", 0 },
    { "a raw line end in a string", "\"a\nb\"", 0 },
    { "a raw tab in a string", "\"a\tb\"", 0 },
    { "a raw 0x1f in a string", "\"\x1f\"", 0 },
    { "a raw control in a name", "{\"a\x01\":1}", 0 },
    { "overlong UTF-8, two bytes", "\"\xc0\xaf\"", 0 },
    { "overlong UTF-8, three bytes", "\"\xe0\x80\xaf\"", 0 },
    { "overlong UTF-8, four bytes", "\"\xf0\x80\x80\xaf\"", 0 },
    { "a surrogate in UTF-8", "\"\xed\xa0\x80\"", 0 },
    { "UTF-8 above U+10FFFF", "\"\xf4\x90\x80\x80\"", 0 },
    { "a stray continuation byte", "\"\x80\"", 0 },
    { "a cut sequence", "\"\xe2\x82\"", 0 },
    { "bad UTF-8 in a name", "{\"\xff\":1}", 0 },
    { "a lone high surrogate escape", "\"\\ud800\"", 0 },
    { "a lone low surrogate escape", "\"\\udc00\"", 0 },
    { "a high surrogate followed by text", "\"\\ud800abc\"", 0 },
    { "a duplicate member", "{\"a\":1,\"a\":2}", 0 },
    { "a duplicate member, spelled with an escape", "{\"a\":1,\"\\u0061\":2}", 0 },
    { "a duplicate member further down", "{\"o\":[{\"a\":1,\"a\":1}]}", 0 },
    { "bytes after the value", "{} x", 0 },
    { "a second value", "{}{}", 0 },
    { "a trailing comma in an object", "{\"a\":1,}", 0 },
    { "a trailing comma in an array", "[1,]", 0 },
    { "a missing colon", "{\"a\" 1}", 0 },
    { "a missing comma", "[1 2]", 0 },
    { "an unquoted name", "{a:1}", 0 },
    { "single quotes", "{'a':1}", 0 },
    { "a comment", "{/**/}", 0 },
    { "NaN", "NaN", 0 },
    { "Infinity", "[Infinity]", 0 },
    { "a leading plus", "[+1]", 0 },
    { "a leading zero", "[01]", 0 },
    { "a bare point", "[.5]", 0 },
    { "a number ending with a point", "[1.]", 0 },
    { "an empty exponent", "[1e]", 0 },
    { "hex", "[0x10]", 0 },
    { "an integer beyond 64 bits", "[9223372036854775808]", 0 },
    { "a real beyond a double", "[1e999]", 0 },
    { "a capital literal", "[True]", 0 },
    { "an unknown escape", "\"\\x41\"", 0 },
    { "a short escape", "\"\\u12\"", 0 },
    { "an open string", "\"abc", 0 },
    { "an open object", "{\"a\":1", 0 },
    { "an open array", "[[1]", 0 },
    { "a mismatched bracket", "[1}", 0 },
    { "only a closing bracket", "}", 0 },
    /* clang-format on */
};
#define NREFUSALS (sizeof(refusals) / sizeof(refusals[0]))

static void
run_refusal(void **state)
{
    const struct refusal *r = *state;
    struct jsn *j = (struct jsn *)1;
    size_t used, total;

    assert_int_equal(jsn_parse(span_of(r->text, r->len != 0 ? r->len : strlen(r->text)), &j),
                     ERR_SYNTAX);
    assert_null(j);
    secmem_usage(&used, &total);
    assert_int_equal(used, 0);
}

static void
members_are_found_by_type(void **state)
{
    struct jsn *j = parse("{\"s\":\"x\",\"i\":-7,\"r\":1.5,\"t\":true,\"f\":false,\"n\":null,"
                          "\"o\":{\"k\":1},\"a\":[1,\"two\"]}");
    const struct jsn *o, *a;
    struct span s;
    int64_t i;
    double d;
    bool b;

    (void)state;
    assert_true(jsn_is_object(j));
    assert_int_equal(jsn_len(j), 8);
    assert_int_equal(jsn_get_str(j, "s", &s), JSN_OK);
    assert_true(span_is_str(s, "x"));
    assert_int_equal(jsn_get_i64(j, "i", &i), JSN_OK);
    assert_true(i == -7);
    assert_int_equal(jsn_get_num(j, "r", &d), JSN_OK);
    assert_true(d > 1.4 && d < 1.6);
    assert_int_equal(jsn_get_num(j, "i", &d), JSN_OK);
    assert_int_equal(jsn_get_bool(j, "t", &b), JSN_OK);
    assert_true(b);
    assert_int_equal(jsn_get_bool(j, "f", &b), JSN_OK);
    assert_false(b);
    assert_int_equal(jsn_get_object(j, "o", &o), JSN_OK);
    assert_int_equal(jsn_get_i64(o, "k", &i), JSN_OK);
    assert_int_equal(jsn_get_array(j, "a", &a), JSN_OK);
    assert_true(jsn_is_array(a));
    assert_int_equal(jsn_len(a), 2);
    assert_false(jsn_is_str(jsn_at(a, 0)));
    assert_true(span_is_empty(jsn_str(jsn_at(a, 0))));
    assert_true(span_is_str(jsn_str(jsn_at(a, 1)), "two"));
    jsn_free(j);
}

static void
absent_and_null_are_absent(void **state)
{
    struct jsn *j = parse("{\"n\":null}");
    const struct jsn *o = j;
    struct span s = span_str("left");
    int64_t i = 9;
    double d = 9;
    bool b = true;

    (void)state;
    assert_int_equal(jsn_get_str(j, "n", &s), JSN_ABSENT);
    assert_true(span_is_empty(s));
    assert_int_equal(jsn_get_i64(j, "n", &i), JSN_ABSENT);
    assert_true(i == 0);
    assert_int_equal(jsn_get_num(j, "x", &d), JSN_ABSENT);
    assert_int_equal(jsn_get_bool(j, "x", &b), JSN_ABSENT);
    assert_false(b);
    assert_int_equal(jsn_get_object(j, "n", &o), JSN_ABSENT);
    assert_null(o);
    assert_int_equal(jsn_get_array(j, "x", &o), JSN_ABSENT);
    assert_int_equal(jsn_get_str(j, "N", &s), JSN_ABSENT);
    jsn_free(j);
}

static void
a_member_of_another_type_is_told(void **state)
{
    struct jsn *j = parse("{\"s\":\"1\",\"i\":1,\"r\":1.0,\"b\":true,\"o\":{},\"a\":[]}");
    const struct jsn *o;
    struct span s;
    int64_t i;
    double d;
    bool b;

    (void)state;
    assert_int_equal(jsn_get_str(j, "i", &s), JSN_WRONG_TYPE);
    assert_int_equal(jsn_get_i64(j, "s", &i), JSN_WRONG_TYPE);
    assert_int_equal(jsn_get_i64(j, "r", &i), JSN_WRONG_TYPE);
    assert_int_equal(jsn_get_num(j, "s", &d), JSN_WRONG_TYPE);
    assert_int_equal(jsn_get_bool(j, "i", &b), JSN_WRONG_TYPE);
    assert_int_equal(jsn_get_object(j, "a", &o), JSN_WRONG_TYPE);
    assert_int_equal(jsn_get_array(j, "o", &o), JSN_WRONG_TYPE);
    jsn_free(j);
}

static void
asking_a_node_that_is_no_object_finds_nothing(void **state)
{
    struct jsn *j = parse("[\"a\"]");
    struct span s;

    (void)state;
    assert_int_equal(jsn_get_str(j, "a", &s), JSN_ABSENT);
    assert_false(jsn_is_object(j));
    assert_false(jsn_is_str(j));
    jsn_free(j);
    j = parse("\"alone\"");
    assert_true(jsn_is_str(j));
    assert_true(span_is_str(jsn_str(j), "alone"));
    assert_int_equal(jsn_len(j), 0);
    jsn_free(j);
}

static void
escapes_are_decoded(void **state)
{
    struct jsn *j = parse("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\udd11\"");

    (void)state;
    assert_true(span_is_str(jsn_str(j), "\"\\/\b\f\n\r\t\xc3\xa9\xf0\x9f\x94\x91"));
    jsn_free(j);
}

static void
an_escaped_nul_in_a_value_stays(void **state)
{
    struct jsn *j = parse("{\"v\":\"a\\u0000b\"}");
    struct span s;

    (void)state;
    assert_int_equal(jsn_get_str(j, "v", &s), JSN_OK);
    assert_true(span_is_equal(s, span_of("a\0b", 3)));
    jsn_free(j);
}

static void
integers_reach_both_ends(void **state)
{
    struct jsn *j = parse("{\"lo\":-9223372036854775808,\"hi\":9223372036854775807}");
    int64_t i;

    (void)state;
    assert_int_equal(jsn_get_i64(j, "lo", &i), JSN_OK);
    assert_true(i == INT64_MIN);
    assert_int_equal(jsn_get_i64(j, "hi", &i), JSN_OK);
    assert_true(i == INT64_MAX);
    jsn_free(j);
}

static bool
note_member(void *arg, struct span name, const struct jsn *value)
{
    struct buf *b = arg;

    buf_put(b, name);
    buf_put(b, jsn_str(value));
    buf_put_byte(b, ' ');
    return !span_is_str(name, "stop");
}

static void
each_visits_in_document_order_until_told_to_stop(void **state)
{
    struct jsn *j = parse("{\"z\":\"1\",\"a\":\"2\",\"m\":3,\"stop\":\"4\",\"never\":\"5\"}");
    struct buf b;

    (void)state;
    buf_init(&b, 100);
    jsn_each(j, note_member, &b);
    assert_string_equal(buf_str(&b), "z1 a2 m stop4 ");
    buf_release(&b);
    jsn_free(j);
}

static void
put_repeat(struct buf *b, const char *s, int n)
{
    for (int i = 0; i < n; i++)
        buf_put_str(b, s);
}

static void
depth_is_bounded(void **state)
{
    struct jsn *j;
    struct buf b;

    (void)state;
    buf_init(&b, 1024 * 1024);
    put_repeat(&b, "[", MAX_JSON_DEPTH);
    put_repeat(&b, "]", MAX_JSON_DEPTH);
    assert_int_equal(jsn_parse(buf_span(&b), &j), ERR_OK);
    jsn_free(j);

    buf_clear(&b);
    put_repeat(&b, "[", MAX_JSON_DEPTH + 1);
    put_repeat(&b, "]", MAX_JSON_DEPTH + 1);
    assert_int_equal(jsn_parse(buf_span(&b), &j), ERR_TOO_LARGE);
    assert_null(j);

    buf_clear(&b);
    put_repeat(&b, "{\"a\":", 100000);
    assert_int_equal(jsn_parse(buf_span(&b), &j), ERR_TOO_LARGE);
    buf_release(&b);
}

static void
brackets_in_strings_are_not_depth(void **state)
{
    struct jsn *j = parse("[\"\\\"[[[[[[[[[[[[[[[[[[[[\",\"{{{{{{{{{{{{{{{{{{{{{{\"]");

    (void)state;
    assert_int_equal(jsn_len(j), 2);
    jsn_free(j);
}

/* The list of n pieces with a comma between them, in brackets. */
static void
put_list(struct buf *b, const char *piece, int n)
{
    buf_put_byte(b, '[');
    for (int i = 0; i < n; i++) {
        buf_put_str(b, i == 0 ? "" : ",");
        buf_put_str(b, piece);
    }
    buf_put_byte(b, ']');
}

static void
memory_that_runs_out_anywhere_is_reported(void **state)
{
    static const char *const pieces[] = { "[]", "{\"a\":{\"b\":\"c\"}}", "12.5",
                                          "\"\\n\\u00e9\"" };
    size_t used, total;
    struct jsn *j;
    struct buf b;

    (void)state;
    buf_init(&b, 4 * 1024 * 1024);
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        buf_clear(&b);
        put_list(&b, pieces[i], 100 * 1024);
        assert_int_equal(jsn_parse(buf_span(&b), &j), ERR_NOMEM);
        assert_null(j);
    }
    secmem_usage(&used, &total);
    assert_int_equal(used, 0);
    buf_release(&b);
}

/* Blocks of the arena until what is left is about `left` bytes. */
static size_t
fill_arena(void **blocks, size_t max, size_t left)
{
    size_t n = 0, used, total;

    for (;;) {
        secmem_usage(&used, &total);
        if (total - used <= left || n == max)
            return n;
        blocks[n] = secmem_alloc(1024);
        assert_non_null(blocks[n]);
        n++;
    }
}

static void
a_long_string_parses_or_runs_out_of_memory(void **state)
{
    void *blocks[1024];
    struct jsn *j;
    struct buf b;

    (void)state;
    buf_init(&b, 4 * 1024 * 1024);
    buf_put_byte(&b, '"');
    put_repeat(&b, "aaaaaaaaaaaaaaaa", 4 * 1024);
    buf_put_byte(&b, '"');
    for (size_t left = 0; left < 1024 * 1024; left += 16 * 1024) {
        size_t n = fill_arena(blocks, 1024, left);
        enum err e = jsn_parse(buf_span(&b), &j);

        if (e == ERR_OK)
            assert_int_equal(jsn_str(j).len, 64 * 1024);
        else
            assert_int_equal(e, ERR_NOMEM);
        jsn_free(j);
        while (n > 0)
            secmem_free(blocks[--n]);
    }
    buf_release(&b);
}

static void
a_tree_beyond_the_bound_is_too_large(void **state)
{
    struct jsn *j;
    struct buf b;

    (void)state;
    /* An ordinary user may lock 8 MiB. */
    if (secmem_init(64 * 1024 * 1024) != ERR_OK)
        skip();
    buf_init(&b, 4 * 1024 * 1024);
    put_list(&b, "{}", 300 * 1024);
    assert_int_equal(jsn_parse(buf_span(&b), &j), ERR_TOO_LARGE);
    assert_null(j);
    buf_release(&b);
    secmem_release();
}

static void
a_freed_tree_leaves_nothing_in_memory(void **state)
{
    struct jsn *j;
    struct span s;
    uint8_t *all;
    bool found = false;
    size_t used, total;

    (void)state;
    secmem_usage(&used, &total);
    assert_int_equal(used, 0);
    j = parse("{\"value\":\"correct horse battery staple\"}");
    assert_int_equal(jsn_get_str(j, "value", &s), JSN_OK);
    jsn_free(j);
    all = secmem_alloc(total);
    assert_non_null(all);
    for (size_t i = 0; i < total && !found; i++)
        found = all[i] != 0;
    assert_false(found);
    secmem_free(all);
}

static void
literal_roots_are_values_too(void **state)
{
    static const char *const texts[] = {
        "true", "false", "null", "1", "1.5", "\"\"", "[]", "{}"
    };
    size_t used, total;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        jsn_free(parse(texts[i]));
    secmem_usage(&used, &total);
    assert_int_equal(used, 0);
}

static void
freeing_nothing_is_allowed(void **state)
{
    (void)state;
    jsn_free(NULL);
}

int
main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test(members_are_found_by_type),
        cmocka_unit_test(absent_and_null_are_absent),
        cmocka_unit_test(a_member_of_another_type_is_told),
        cmocka_unit_test(asking_a_node_that_is_no_object_finds_nothing),
        cmocka_unit_test(escapes_are_decoded),
        cmocka_unit_test(an_escaped_nul_in_a_value_stays),
        cmocka_unit_test(integers_reach_both_ends),
        cmocka_unit_test(each_visits_in_document_order_until_told_to_stop),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(brackets_in_strings_are_not_depth),
        cmocka_unit_test(memory_that_runs_out_anywhere_is_reported),
        cmocka_unit_test(a_long_string_parses_or_runs_out_of_memory),
        cmocka_unit_test(a_freed_tree_leaves_nothing_in_memory),
        cmocka_unit_test(literal_roots_are_values_too),
        cmocka_unit_test(freeing_nothing_is_allowed),
    };
    const struct CMUnitTest large[] = {
        cmocka_unit_test(a_tree_beyond_the_bound_is_too_large),
    };
    struct CMUnitTest tests[NREFUSALS];

    for (size_t i = 0; i < NREFUSALS; i++)
        tests[i] = (struct CMUnitTest){ .name = refusals[i].name,
                                        .test_func = run_refusal,
                                        .initial_state = (void *)(uintptr_t)&refusals[i] };
    return cmocka_run_group_tests_name("codec/jsn refuses", tests, start, stop) +
           cmocka_run_group_tests_name("codec/jsn", others, start, stop) +
           cmocka_run_group_tests_name("codec/jsn bound", large, NULL, NULL);
}
