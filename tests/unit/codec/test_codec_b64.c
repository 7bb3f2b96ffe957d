/* SPDX-License-Identifier: Apache-2.0 */
/* test_codec_b64.c - RFC 4648 10 vectors, refusals, and round trips. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rand.h"
#include "codec/b64.h"

enum coding { URL, STD, HEX };

static const struct vec {
    const char *name;
    enum coding coding;
    const char *bytes, *text;
} vecs[] = {
    /* clang-format off */
    { "url: empty gives empty", URL, "", "" },
    { "url: one byte drops both pads", URL, "f", "Zg" },
    { "url: two bytes drop one pad", URL, "fo", "Zm8" },
    { "url: three bytes fill a quantum", URL, "foo", "Zm9v" },
    { "url: four bytes", URL, "foob", "Zm9vYg" },
    { "url: five bytes", URL, "fooba", "Zm9vYmE" },
    { "url: six bytes", URL, "foobar", "Zm9vYmFy" },
    { "url: the last two digits are - and _", URL, "\xfb\xff\xbf", "-_-_" },
    { "std: empty gives empty", STD, "", "" },
    { "std: one byte has two pads", STD, "f", "Zg==" },
    { "std: two bytes have one pad", STD, "fo", "Zm8=" },
    { "std: three bytes fill a quantum", STD, "foo", "Zm9v" },
    { "std: four bytes", STD, "foob", "Zm9vYg==" },
    { "std: five bytes", STD, "fooba", "Zm9vYmE=" },
    { "std: six bytes", STD, "foobar", "Zm9vYmFy" },
    { "std: the last two digits are + and /", STD, "\xfb\xff\xbf", "+/+/" },
    { "hex: empty gives empty", HEX, "", "" },
    { "hex: digits are lower case", HEX, "\x01\x9a\xaf\xff", "019aafff" },
    { "hex: text", HEX, "foobar", "666f6f626172" },
    /* clang-format on */
};
#define NVECS (sizeof(vecs) / sizeof(vecs[0]))

static const struct refusal {
    const char *name;
    enum coding coding;
    const char *text;
} refusals[] = {
    /* clang-format off */
    { "url: a lone digit is refused", URL, "Z" },
    { "url: five digits are refused", URL, "Zm9vY" },
    { "url: + is refused", URL, "+_-_" },
    { "url: / is refused", URL, "-/-_" },
    { "url: unused bits of two digits are refused", URL, "Zh" },
    { "url: unused bits of three digits are refused", URL, "Zm9" },
    { "url: pad in the middle is refused", URL, "Zg==Zg==" },
    { "url: one pad where two belong is refused", URL, "Zg=" },
    { "url: three pads are refused", URL, "Z===" },
    { "url: pads alone are refused", URL, "==" },
    { "url: four pads are refused", URL, "====" },
    { "url: a pad after a full quantum is refused", URL, "Zm9v=" },
    { "url: white space is refused", URL, "Zm 9v" },
    { "url: a line end is refused", URL, "Zm9v\n" },
    { "url: a byte above ASCII is refused", URL, "Zm9\xc1" },
    { "std: missing pads are refused", STD, "Zg" },
    { "std: one pad missing is refused", STD, "Zg=" },
    { "std: - is refused", STD, "-/+/" },
    { "std: _ is refused", STD, "+_+/" },
    { "std: unused bits are refused", STD, "Zh==" },
    { "std: unused bits of three digits are refused", STD, "Zm9=" },
    { "std: a line end inside is refused", STD, "Zm9v\nZm9v" },
    { "std: NUL digits are refused", STD, "Zm9@" },
    { "hex: odd length is refused", HEX, "abc" },
    { "hex: g is refused", HEX, "0g" },
    { "hex: a slash (before 0) is refused", HEX, "/0" },
    { "hex: a colon (after 9) is refused", HEX, ":0" },
    { "hex: @ (before A) is refused", HEX, "@0" },
    { "hex: a backquote (before a) is refused", HEX, "`0" },
    { "hex: a 0x prefix is refused", HEX, "0x00" },
    /* clang-format on */
};
#define NREFUSALS (sizeof(refusals) / sizeof(refusals[0]))

static enum err
get(enum coding coding, struct span text, struct sink k)
{
    switch (coding) {
    case URL:
        return b64url_get(text, k);
    case STD:
        return b64_get(text, k);
    case HEX:
        return hex_get(text, k);
    }
    return ERR_INTERNAL;
}

static void
put(enum coding coding, struct sink k, struct span bytes)
{
    switch (coding) {
    case URL:
        b64url_put(k, bytes);
        break;
    case STD:
        b64_put(k, bytes);
        break;
    case HEX:
        hex_put(k, bytes);
        break;
    }
}

static void
run_vec(void **state)
{
    const struct vec *v = *state;
    struct buf text, bytes;

    buf_init(&text, 100);
    buf_init(&bytes, 100);
    put(v->coding, sink_buf(&text), span_str(v->bytes));
    assert_string_equal(buf_str(&text), v->text);
    assert_int_equal(get(v->coding, span_str(v->text), sink_buf(&bytes)), ERR_OK);
    assert_true(span_is_str(buf_span(&bytes), v->bytes));
    buf_release(&text);
    buf_release(&bytes);
}

static void
run_refusal(void **state)
{
    const struct refusal *r = *state;
    struct buf bytes;

    buf_init(&bytes, 100);
    assert_int_equal(get(r->coding, span_str(r->text), sink_buf(&bytes)), ERR_SYNTAX);
    buf_release(&bytes);
}

static void
url_accepts_padding(void **state)
{
    struct buf bytes;

    (void)state;
    buf_init(&bytes, 100);
    assert_int_equal(b64url_get(span_str("Zg=="), sink_buf(&bytes)), ERR_OK);
    assert_int_equal(b64url_get(span_str("Zm8="), sink_buf(&bytes)), ERR_OK);
    assert_true(span_is_str(buf_span(&bytes), "ffo"));
    buf_release(&bytes);
}

static void
hex_accepts_upper_case(void **state)
{
    struct buf bytes;

    (void)state;
    buf_init(&bytes, 100);
    assert_int_equal(hex_get(span_str("AFaf09"), sink_buf(&bytes)), ERR_OK);
    assert_true(span_is_equal(buf_span(&bytes), span_of("\xaf\xaf\x09", 3)));
    buf_release(&bytes);
}

static void
every_byte_is_a_digit_or_refused(void **state)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    struct buf bytes, back;

    (void)state;
    buf_init(&bytes, 1000);
    buf_init(&back, 1000);
    for (unsigned c = 0; c < 256; c++) {
        uint8_t quad[4] = { 'A', 'A', 'A', (uint8_t)c };
        const char *at = c == 0 ? NULL : strchr(alphabet, (int)c);
        enum err e = b64url_get(span_of(quad, 4), sink_buf(&bytes));

        if (at != NULL) {
            assert_int_equal(e, ERR_OK);
            assert_int_equal(bytes.ptr[bytes.len - 1], at - alphabet);
            b64url_put(sink_buf(&back), buf_span(&bytes));
            assert_true(span_is_equal(buf_span(&back), span_of(quad, 4)));
        } else if (c != '=') {
            assert_int_equal(e, ERR_SYNTAX);
        }
        buf_clear(&bytes);
        buf_clear(&back);
    }
    buf_release(&bytes);
    buf_release(&back);
}

static void
every_length_survives_a_round_trip(void **state)
{
    static const enum coding codings[] = { URL, STD, HEX };
    uint8_t in[70];
    struct buf text, bytes;

    (void)state;
    buf_init(&text, 1000);
    buf_init(&bytes, 1000);
    rand_fill(in, sizeof(in));
    for (size_t len = 0; len <= sizeof(in); len++)
        for (size_t i = 0; i < 3; i++) {
            buf_clear(&text);
            buf_clear(&bytes);
            put(codings[i], sink_buf(&text), span_of(in, len));
            assert_int_equal(get(codings[i], buf_span(&text), sink_buf(&bytes)), ERR_OK);
            assert_true(span_is_equal(buf_span(&bytes), span_of(in, len)));
        }
    buf_release(&text);
    buf_release(&bytes);
}

static void
a_full_sink_is_reported(void **state)
{
    struct buf bytes;

    (void)state;
    buf_init(&bytes, 2);
    assert_int_equal(b64url_get(span_str("Zm9v"), sink_buf(&bytes)), ERR_TOO_LARGE);
    buf_clear(&bytes);
    assert_int_equal(hex_get(span_str("000000"), sink_buf(&bytes)), ERR_TOO_LARGE);
    buf_clear(&bytes);
    b64_put(sink_buf(&bytes), span_str("f"));
    assert_int_equal(bytes.err, ERR_TOO_LARGE);
    buf_release(&bytes);
}

static void
secret_sinks_work_too(void **state)
{
    struct secbuf s;

    (void)state;
    assert_int_equal(secmem_init(64 * 1024), ERR_OK);
    secbuf_init(&s, 100);
    assert_int_equal(b64url_get(span_str("Zm9vYmFy"), sink_sec(&s)), ERR_OK);
    hex_put(sink_sec(&s), span_str("\x01"));
    assert_true(span_is_str(secbuf_span(&s), "foobar01"));
    secbuf_release(&s);
    secmem_release();
}

int
main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test(url_accepts_padding),
        cmocka_unit_test(hex_accepts_upper_case),
        cmocka_unit_test(every_byte_is_a_digit_or_refused),
        cmocka_unit_test(every_length_survives_a_round_trip),
        cmocka_unit_test(a_full_sink_is_reported),
        cmocka_unit_test(secret_sinks_work_too),
    };
    struct CMUnitTest tests[NVECS + NREFUSALS];

    for (size_t i = 0; i < NVECS; i++)
        tests[i] = (struct CMUnitTest){ .name = vecs[i].name,
                                        .test_func = run_vec,
                                        .initial_state = (void *)(uintptr_t)&vecs[i] };
    for (size_t i = 0; i < NREFUSALS; i++)
        tests[NVECS + i] =
            (struct CMUnitTest){ .name = refusals[i].name,
                                 .test_func = run_refusal,
                                 .initial_state = (void *)(uintptr_t)&refusals[i] };
    return cmocka_run_group_tests_name("codec/b64 vectors", tests, NULL, NULL) +
           cmocka_run_group_tests_name("codec/b64", others, NULL, NULL);
}
