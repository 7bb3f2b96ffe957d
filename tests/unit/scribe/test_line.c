/* SPDX-License-Identifier: Apache-2.0 */
/* Records that may be chained, and the link at the end of a line. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "scribe/chain.h"
#include "scribe/line.h"
#include "scribe/place.h"
#include "scribe/record.h"

static const struct vec {
    const char *name, *record;
    enum err want;
} vecs[] = {
    /* clang-format off */
    { "a plain record",                     "{\"category\":\"AuditEvent\"}",          ERR_OK },
    { "one member of each kind",
      "{\"a\":1,\"b\":-0.5e+3,\"c\":[],\"d\":[{},null,true,false],\"e\":{\"f\":\"\"}}", ERR_OK },
    { "spaces between tokens",              "{ \"a\" : [ 1 , 2 ] }",                  ERR_OK },
    { "every escape",                       "{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"}", ERR_OK },
    { "UTF-8 of two to four bytes",         "{\"a\":\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x94\x91\"}", ERR_OK },
    { "seq below the top",                  "{\"p\":{\"seq\":1,\"prev\":\"x\"}}",     ERR_OK },
    { "Checkpoint below the top",           "{\"p\":{\"category\":\"Checkpoint\"}}",  ERR_OK },
    { "nothing",                            "",                                       ERR_SYNTAX },
    { "an object without members",          "{}",                                     ERR_SYNTAX },
    { "an array",                           "[1]",                                    ERR_SYNTAX },
    { "a string",                           "\"a\"",                                  ERR_SYNTAX },
    { "an open object",                     "{\"a\":1",                               ERR_SYNTAX },
    { "an open string",                     "{\"a\":\"",                              ERR_SYNTAX },
    { "a brace too many",                   "{\"a\":1}}",                             ERR_SYNTAX },
    { "two objects",                        "{\"a\":1}{\"b\":1}",                     ERR_SYNTAX },
    { "two lines",                          "{\"a\":1}\n{\"b\":1}",                   ERR_SYNTAX },
    { "a line end inside",                  "{\"a\":1,\n\"b\":1}",                    ERR_SYNTAX },
    { "a line end at the end",              "{\"a\":1}\n",                            ERR_SYNTAX },
    { "a space at the end",                 "{\"a\":1} ",                             ERR_SYNTAX },
    { "a tab",                              "{\"a\":\t1}",                            ERR_SYNTAX },
    { "a control character in a string",    "{\"a\":\"\x01\"}",                       ERR_SYNTAX },
    { "an unknown escape",                  "{\"a\":\"\\x\"}",                        ERR_SYNTAX },
    { "a short \\u",                        "{\"a\":\"\\u12\"}",                      ERR_SYNTAX },
    { "an overlong UTF-8 slash",            "{\"a\":\"\xc0\xaf\"}",                   ERR_SYNTAX },
    { "a UTF-8 surrogate",                  "{\"a\":\"\xed\xa0\x80\"}",               ERR_SYNTAX },
    { "UTF-8 beyond U+10FFFF",              "{\"a\":\"\xf4\x90\x80\x80\"}",           ERR_SYNTAX },
    { "a truncated UTF-8 sequence",         "{\"a\":\"\xe2\x82\"}",                   ERR_SYNTAX },
    { "a leading zero",                     "{\"a\":01}",                             ERR_SYNTAX },
    { "a plus sign",                        "{\"a\":+1}",                             ERR_SYNTAX },
    { "a bare minus",                       "{\"a\":-}",                              ERR_SYNTAX },
    { "a bare point",                       "{\"a\":1.}",                             ERR_SYNTAX },
    { "a bare exponent",                    "{\"a\":1e}",                             ERR_SYNTAX },
    { "an unknown word",                    "{\"a\":nul}",                            ERR_SYNTAX },
    { "a comma too many",                   "{\"a\":1,}",                             ERR_SYNTAX },
    { "a missing comma",                    "{\"a\":1 \"b\":2}",                      ERR_SYNTAX },
    { "a missing colon",                    "{\"a\" 1}",                              ERR_SYNTAX },
    { "an escape in a name at the top",     "{\"s\\u0065q\":1}",                      ERR_SYNTAX },
    { "an escape in the category",          "{\"category\":\"Ch\\u0065ckpoint\"}",    ERR_SYNTAX },
    { "a category that is no string",       "{\"category\":1}",                       ERR_SYNTAX },
    { "its own seq",                        "{\"a\":1,\"seq\":7}",                    ERR_DENIED },
    { "its own rev",                        "{\"rev\":7}",                            ERR_DENIED },
    { "its own prev",                       "{\"prev\":\"A\"}",                       ERR_DENIED },
    { "a forged checkpoint",                "{\"category\":\"Checkpoint\"}",          ERR_DENIED },
    { "a forged notice",                    "{\"category\":\"Notice\"}",              ERR_DENIED },
    { "a forged checkpoint before another category",
      "{\"category\":\"Checkpoint\",\"category\":\"AuditEvent\"}",                    ERR_DENIED },
    /* clang-format on */
};
enum { NVECS = sizeof(vecs) / sizeof(vecs[0]) };

static void
run_vec(void **state)
{
    const struct vec *v = *state;

    assert_int_equal(record_check(span_str(v->record)), v->want);
}

static void
depth_is_bounded(void **state)
{
    char text[128] = "{\"a\":";

    (void)state;
    memset(text + 5, '[', 15);
    memset(text + 20, ']', 15);
    text[35] = '}';
    assert_int_equal(record_check(span_of(text, 36)), ERR_OK);
    memset(text + 5, '[', 16);
    memset(text + 21, ']', 16);
    text[37] = '}';
    assert_int_equal(record_check(span_of(text, 38)), ERR_SYNTAX);
}

static void
length_is_bounded(void **state)
{
    static char text[AUDIT_RECORD_MAX + 2] = "{\"a\":\"";

    (void)state;
    memset(text + 6, 'x', sizeof(text) - 6);
    memcpy(text + AUDIT_RECORD_MAX - 2, "\"}", 2);
    assert_int_equal(record_check(span_of(text, AUDIT_RECORD_MAX)), ERR_OK);
    text[AUDIT_RECORD_MAX - 2] = 'x';
    memcpy(text + AUDIT_RECORD_MAX - 1, "\"}", 2);
    assert_int_equal(record_check(span_of(text, AUDIT_RECORD_MAX + 1)), ERR_TOO_LARGE);
}

/* Strings are read eight bytes at a time; where a byte stands in its eight may not matter. */
static void
every_byte_is_judged_alike_at_every_place(void **state)
{
    char text[] = "{\"a\":\"xxxxxxxxxxxxxxxxxxx\"}";
    const size_t from = 6, to = sizeof(text) - 3;

    (void)state;
    for (size_t at = from; at < to; at++) {
        for (unsigned c = 0; c < 256; c++) {
            bool plain = c >= 0x20 && c < 0x80 && c != '"' && c != '\\';

            text[at] = (char)c;
            assert_int_equal(record_check(span_of(text, sizeof(text) - 1)),
                             plain ? ERR_OK : ERR_SYNTAX);
        }
        text[at] = 'x';
    }
}

static void
numbers_of_a_link_are_written_whole(void **state)
{
    static const uint64_t numbers[] = { 0, 9, 10, 4294967296, UINT64_MAX };
    struct line_link link = { 0 };
    struct buf out, want;

    (void)state;
    buf_init(&out, 1024);
    buf_init(&want, 1024);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        link.seq = numbers[i];
        link.rev = numbers[sizeof(numbers) / sizeof(numbers[0]) - 1 - i];
        line_put(&out, span_str("{\"a\":1}"), &link);
        buf_put_fmt(&want, "{\"a\":1,\"seq\":%" PRIu64 ",\"rev\":%" PRIu64, link.seq, link.rev);
        buf_put_str(&want, ",\"prev\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}\n");
    }
    assert_string_equal(buf_str(&out), buf_str(&want));
    buf_release(&out);
    buf_release(&want);
}

static void
first_line_has_the_documented_bytes(void **state)
{
    struct buf out;
    struct chain c = { 0 };

    (void)state;
    buf_init(&out, 1024);
    assert_int_equal(chain_add(&c, span_str("{\"a\":1}"), 5, &out), ERR_OK);
    assert_string_equal(buf_str(&out),
                        "{\"a\":1,\"seq\":1,\"rev\":5,"
                        "\"prev\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}\n");
    assert_int_equal(c.seq, 1);
    assert_int_equal(c.rev, 5);
    buf_release(&out);
}

static void
link_is_read_back(void **state)
{
    struct line_link in = { .seq = UINT64_MAX, .rev = 0 }, got;
    struct buf out;

    (void)state;
    for (unsigned i = 0; i < sizeof(in.prev); i++)
        in.prev[i] = (uint8_t)(i * 37);
    buf_init(&out, 1024);
    line_put(&out, span_str("{\"seq\":{\"prev\":\"x\"}}"), &in);
    assert_int_equal(line_parse(span_of(out.ptr, out.len - 1), &got), ERR_OK);
    assert_int_equal(got.seq, in.seq);
    assert_int_equal(got.rev, 0);
    assert_memory_equal(got.prev, in.prev, sizeof(in.prev));
    buf_release(&out);
}

static void
other_spellings_of_a_link_are_refused(void **state)
{
#define P43 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    static const char *const bad[] = {
        "",
        "}",
        "{\"a\":1}",
        "{\"a\":1,\"seq\":0,\"rev\":0,\"prev\":\"" P43 "\"}",
        "{\"a\":1,\"seq\":01,\"rev\":0,\"prev\":\"" P43 "\"}",
        "{\"a\":1,\"seq\":1,\"rev\":00,\"prev\":\"" P43 "\"}",
        "{\"a\":1,\"seq\":1,\"rev\":,\"prev\":\"" P43 "\"}",
        "{\"a\":1,\"seq\":-1,\"rev\":0,\"prev\":\"" P43 "\"}",
        "{\"a\":1,\"seq\":1, \"rev\":0,\"prev\":\"" P43 "\"}",
        "{\"a\":1,\"rev\":0,\"seq\":1,\"prev\":\"" P43 "\"}",
        "{\"a\":1,\"seq\":18446744073709551616,\"rev\":0,\"prev\":\"" P43 "\"}",
        "{\"a\":1,\"seq\":1,\"rev\":0,\"prev\":\"A" P43 "\"}",
        "{\"a\":1,\"seq\":1,\"rev\":0,\"prev\":"
        "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB\"}",
        "{\"a\":1,\"seq\":1,\"rev\":0,\"prev\":\"" P43 "\"}x",
        ",\"seq\":1,\"rev\":0,\"prev\":\"" P43 "\"}",
    };
    struct line_link got;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(line_parse(span_str(bad[i]), &got), ERR_FORMAT);
}

static void
chain_follows_only_its_successor(void **state)
{
    struct chain writer = { 0 }, reader = { 0 };
    struct buf one, two;

    (void)state;
    buf_init(&one, 1024);
    buf_init(&two, 1024);
    assert_int_equal(chain_add(&writer, span_str("{\"a\":1}"), 3, &one), ERR_OK);
    assert_int_equal(chain_add(&writer, span_str("{\"a\":2}"), 2, &two), ERR_OK);
    assert_int_equal(writer.rev, 3); /* never backwards */
    assert_int_equal(chain_follow(&reader, span_of(two.ptr, two.len - 1)), ERR_INTEGRITY);
    assert_int_equal(chain_follow(&reader, span_of(one.ptr, one.len - 1)), ERR_OK);
    assert_int_equal(chain_follow(&reader, span_of(one.ptr, one.len - 1)), ERR_INTEGRITY);
    two.ptr[5] = '3';
    assert_int_equal(chain_follow(&reader, span_of(two.ptr, two.len - 1)), ERR_OK);
    assert_memory_not_equal(reader.hash, writer.hash, sizeof(reader.hash));
    buf_release(&one);
    buf_release(&two);
}

static void
rows_of_the_chain_are_read_back(void **state)
{
    struct chain in = { .seq = 7, .rev = 9, .signed_seq = 3, .hash = { 1, 2, 3 } }, got;
    const struct place there = { .first_seq = 5, .end = 1234, .dev = 6, .ino = 7 };
    struct place place;
    struct span lines;
    struct buf row;

    (void)state;
    buf_init(&row, 1024);
    chain_pack(&in, &row);
    assert_int_equal(chain_unpack(buf_span(&row), &got), ERR_OK);
    assert_memory_equal(&got, &in, sizeof(in));
    assert_int_equal(chain_unpack(span_head(buf_span(&row), row.len - 1), &got), ERR_FORMAT);
    row.ptr[0] = 2;
    assert_int_equal(chain_unpack(buf_span(&row), &got), ERR_FORMAT);
    buf_clear(&row);
    place_pack_head(&in, &there, &row);
    assert_int_equal(chain_unpack(buf_span(&row), &got), ERR_OK);
    assert_memory_equal(&got, &in, sizeof(in));
    assert_int_equal(place_unpack(buf_span(&row), &place), ERR_OK);
    assert_memory_equal(&place, &there, sizeof(there));
    assert_int_equal(place_unpack(span_head(buf_span(&row), CHAIN_ROW_LEN), &place),
                     ERR_FORMAT);
    assert_int_equal(place_unpack(span_head(buf_span(&row), row.len - 1), &place), ERR_FORMAT);
    assert_int_equal(place.first_seq, 0);
    buf_clear(&row);
    chain_pack_pending(span_str("{}\n"), &row);
    assert_int_equal(chain_unpack_pending(buf_span(&row), &lines), ERR_OK);
    assert_true(span_is_str(lines, "{}\n"));
    buf_clear(&row);
    chain_pack_pending(span_str("{}"), &row);
    assert_int_equal(chain_unpack_pending(buf_span(&row), &lines), ERR_FORMAT);
    buf_release(&row);
}

int
main(void)
{
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(length_is_bounded),
        cmocka_unit_test(every_byte_is_judged_alike_at_every_place),
        cmocka_unit_test(numbers_of_a_link_are_written_whole),
        cmocka_unit_test(first_line_has_the_documented_bytes),
        cmocka_unit_test(link_is_read_back),
        cmocka_unit_test(other_spellings_of_a_link_are_refused),
        cmocka_unit_test(chain_follows_only_its_successor),
        cmocka_unit_test(rows_of_the_chain_are_read_back),
    };
    struct CMUnitTest tests[NVECS];
    int failed;

    for (size_t i = 0; i < NVECS; i++)
        tests[i] = (struct CMUnitTest){ .name = vecs[i].name,
                                        .test_func = run_vec,
                                        .initial_state = (void *)(uintptr_t)&vecs[i] };
    failed = cmocka_run_group_tests_name("scribe/record", tests, NULL, NULL);
    return failed + cmocka_run_group_tests_name("scribe/line", others, NULL, NULL);
}
