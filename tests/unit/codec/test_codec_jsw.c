/* SPDX-License-Identifier: Apache-2.0 */
/* test_codec_jsw.c - exact bytes of what is written, whatever comes in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/jsw.h"

static struct buf out;

static int
start(void **state)
{
    (void)state;
    buf_init(&out, 4096);
    return 0;
}

static int
stop(void **state)
{
    (void)state;
    buf_release(&out);
    return 0;
}

static void
an_object_has_its_members_in_order(void **state)
{
    struct jsw w = jsw_of(sink_buf(&out));

    (void)state;
    jsw_object(&w, NULL);
    jsw_str(&w, "id", "x");
    jsw_i64(&w, "nbf", INT64_MIN);
    jsw_bool(&w, "enabled", true);
    jsw_bool(&w, "managed", false);
    jsw_null(&w, "nextLink");
    jsw_b64url(&w, "n", span_of("\xff\xef", 2));
    jsw_raw(&w, "raw", span_str("{\"a\":1}"));
    jsw_member(&w, span_str("tag"), span_str("v"));
    jsw_end(&w);
    assert_string_equal(buf_str(&out),
                        "{\"id\":\"x\",\"nbf\":-9223372036854775808,\"enabled\":true,"
                        "\"managed\":false,\"nextLink\":null,\"n\":\"_-8\",\"raw\":{\"a\":1},"
                        "\"tag\":\"v\"}");
}

static void
arrays_and_objects_nest(void **state)
{
    struct jsw w = jsw_of(sink_buf(&out));

    (void)state;
    jsw_object(&w, NULL);
    jsw_array(&w, "value");
    jsw_object(&w, NULL);
    jsw_end(&w);
    jsw_object(&w, NULL);
    jsw_str(&w, "a", "b");
    jsw_end(&w);
    jsw_str(&w, NULL, "c");
    jsw_array(&w, NULL);
    jsw_end(&w);
    jsw_end(&w);
    jsw_object(&w, "o");
    jsw_end(&w);
    jsw_end(&w);
    assert_string_equal(buf_str(&out), "{\"value\":[{},{\"a\":\"b\"},\"c\",[]],\"o\":{}}");
}

static void
a_root_may_be_any_value(void **state)
{
    struct jsw w = jsw_of(sink_buf(&out));

    (void)state;
    jsw_str(&w, NULL, "x");
    assert_string_equal(buf_str(&out), "\"x\"");
}

static const struct escape {
    const char *name, *in, *want;
    size_t len;
} escapes[] = {
    /* clang-format off */
    { "quote and backslash are escaped", "a\"b\\c", "\"a\\\"b\\\\c\"", 5 },
    { "controls with short forms", "\b\t\n\f\r", "\"\\b\\t\\n\\f\\r\"", 5 },
    { "other controls as four digits", "\x01\x0b\x1f", "\"\\u0001\\u000b\\u001f\"", 3 },
    { "NUL is a control too", "a\0b", "\"a\\u0000b\"", 3 },
    { "slash and DEL stay", "/\x7f", "\"/\x7f\"", 2 },
    { "UTF-8 stays", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x94\x91", "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x94\x91\"", 9 },
    { "the empty string", "", "\"\"", 0 },
    { "a stray continuation becomes U+FFFD", "a\x80z", "\"a\xef\xbf\xbdz\"", 3 },
    { "a cut sequence becomes U+FFFD", "a\xc3", "\"a\xef\xbf\xbd\"", 2 },
    { "overlong slash becomes U+FFFD twice", "\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\"", 2 },
    { "overlong three bytes", "\xe0\x80\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"", 3 },
    { "a surrogate becomes U+FFFD", "\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"", 3 },
    { "above U+10FFFF", "\xf4\x90\x80\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"", 4 },
    { "a quote after a cut sequence is escaped", "\xe2\x82\"", "\"\xef\xbf\xbd\xef\xbf\xbd\\\"\"", 3 },
    /* clang-format on */
};
#define NESCAPES (sizeof(escapes) / sizeof(escapes[0]))

static void
run_escape(void **state)
{
    const struct escape *e = *state;
    struct jsw w;

    buf_init(&out, 4096);
    w = jsw_of(sink_buf(&out));
    jsw_span(&w, NULL, span_of(e->in, e->len));
    assert_string_equal(buf_str(&out), e->want);
    buf_release(&out);
}

/* text as a string of JSON without its quotes, into want */
static void
put_inner(struct buf *want, struct span text)
{
    struct buf one;
    struct jsw w;

    buf_init(&one, 4096);
    w = jsw_of(sink_buf(&one));
    jsw_span(&w, NULL, text);
    buf_put(want, span_of(buf_span(&one).ptr + 1, buf_span(&one).len - 2));
    buf_release(&one);
}

/* `byte` at one place of a run of `len` */
static void
run_is_what_its_bytes_are(uint8_t byte, size_t at, size_t len)
{
    uint8_t text[24], before[24];
    struct buf want, got;

    memset(text, 'a', sizeof(text));
    memset(before, 'a', sizeof(before));
    text[at] = byte;
    buf_init(&want, 4096);
    buf_init(&got, 4096);
    buf_put(&want, span_of(before, at));
    put_inner(&want, span_of(&byte, 1));
    buf_put(&want, span_of(before, len - 1 - at));
    put_inner(&got, span_of(text, len));
    assert_string_equal(buf_str(&got), buf_str(&want));
    buf_release(&want);
    buf_release(&got);
}

/* Runs are looked at eight bytes at a time: any byte anywhere in one is what it is alone. */
static void
a_byte_in_a_run_is_written_as_it_is_alone(void **state)
{
    (void)state;
    for (unsigned c = 0; c < 256; c++)
        for (size_t len = 1; len <= 24; len++)
            for (size_t at = 0; at < len; at++)
                run_is_what_its_bytes_are((uint8_t)c, at, len);
}

static void
names_are_escaped_too(void **state)
{
    struct jsw w = jsw_of(sink_buf(&out));

    (void)state;
    jsw_object(&w, NULL);
    jsw_member(&w, span_str("a\"b"), span_str("c\n"));
    jsw_member(&w, span_str(""), span_str(""));
    jsw_end(&w);
    assert_string_equal(buf_str(&out), "{\"a\\\"b\":\"c\\n\",\"\":\"\"}");
}

static void
a_full_sink_keeps_its_failure(void **state)
{
    struct buf small;
    struct jsw w;

    (void)state;
    buf_init(&small, 4);
    w = jsw_of(sink_buf(&small));
    jsw_object(&w, NULL);
    jsw_str(&w, "name", "value");
    jsw_end(&w);
    assert_int_equal(small.err, ERR_TOO_LARGE);
    buf_release(&small);
}

static void
secret_sinks_work_too(void **state)
{
    struct secbuf s;
    struct jsw w;

    (void)state;
    assert_int_equal(secmem_init(64 * 1024), ERR_OK);
    secbuf_init(&s, 4096);
    w = jsw_of(sink_sec(&s));
    jsw_object(&w, NULL);
    jsw_str(&w, "value", "hunter2");
    jsw_end(&w);
    assert_true(span_is_str(secbuf_span(&s), "{\"value\":\"hunter2\"}"));
    secbuf_release(&s);
    secmem_release();
}

int
main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test_setup_teardown(an_object_has_its_members_in_order, start, stop),
        cmocka_unit_test_setup_teardown(arrays_and_objects_nest, start, stop),
        cmocka_unit_test_setup_teardown(a_root_may_be_any_value, start, stop),
        cmocka_unit_test_setup_teardown(names_are_escaped_too, start, stop),
        cmocka_unit_test(a_byte_in_a_run_is_written_as_it_is_alone),
        cmocka_unit_test(a_full_sink_keeps_its_failure),
        cmocka_unit_test(secret_sinks_work_too),
    };
    struct CMUnitTest tests[NESCAPES];

    for (size_t i = 0; i < NESCAPES; i++)
        tests[i] = (struct CMUnitTest){ .name = escapes[i].name,
                                        .test_func = run_escape,
                                        .initial_state = (void *)(uintptr_t)&escapes[i] };
    return cmocka_run_group_tests_name("codec/jsw escapes", tests, NULL, NULL) +
           cmocka_run_group_tests_name("codec/jsw", others, NULL, NULL);
}
