/* SPDX-License-Identifier: Apache-2.0 */
/* Compact JWS in: three parts of strict base64url, two of them objects, nothing critical. */
#include "auth/jwt.h"

#include "codec/b64.h"
#include "world.h"

#define HEADER "{\"alg\":\"RS256\"}"

static int
set_up(void **state)
{
    *state = NULL;
    if (secmem_init(1024 * 1024) != ERR_OK)
        return -1;
    jsn_setup();
    return 0;
}

static int
tear_down(void **state)
{
    size_t used, total;

    (void)state;
    secmem_usage(&used, &total);
    secmem_release();
    return used == 0 ? 0 : -1;
}

/* "b64(header).b64(claims).sig"; sig as given. */
static struct buf
text_of(const char *header, const char *claims, const char *sig)
{
    struct buf b;

    buf_init(&b, MAX_TOKEN * 4);
    jwt_put_signing_input(&b, span_str(header), span_str(claims));
    buf_put_fmt(&b, ".%s", sig);
    return b;
}

static void
token_is_taken_apart(void **state)
{
    struct buf b = text_of(HEADER, "{\"exp\":1700000000,\"sub\":\"x\"}", "AQID");
    struct span sub;
    int64_t exp;
    struct jwt j;

    (void)state;
    assert_int_equal(jwt_parse(buf_span(&b), &j), ERR_OK);
    assert_true(span_is_str(j.alg, "RS256"));
    assert_int_equal(j.sig_len, 3);
    assert_int_equal(j.sig[2], 3);
    assert_int_equal(j.signing_input.len + 5, b.len);
    assert_int_equal(jsn_get_str(j.claims, "sub", &sub), JSN_OK);
    assert_int_equal(jwt_get_time(&j, "exp", &exp), JSN_OK);
    assert_int_equal(exp, 1700000000);
    jwt_release(&j);
    buf_release(&b);
}

/* RFC 7515 A.1: line breaks inside the JSON are part of it. */
static void
example_of_the_standard_is_read(void **state)
{
    struct span text = span_str("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
                                ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9"
                                "leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
                                ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    struct jwt j;
    int64_t exp;

    (void)state;
    assert_int_equal(jwt_parse(text, &j), ERR_OK);
    assert_true(span_is_str(j.alg, "HS256"));
    assert_int_equal(jwt_get_time(&j, "exp", &exp), JSN_OK);
    assert_int_equal(exp, 1300819380);
    assert_int_equal(j.sig_len, 32);
    jwt_release(&j);
}

static void
numbers_may_be_real(void **state)
{
    struct buf b = text_of(
        HEADER, "{\"exp\":1795305196.1713905,\"neg\":-1,\"text\":\"1\",\"huge\":1e300}", "AQ");
    int64_t t;
    struct jwt j;

    (void)state;
    assert_int_equal(jwt_parse(buf_span(&b), &j), ERR_OK);
    assert_int_equal(jwt_get_time(&j, "exp", &t), JSN_OK);
    assert_int_equal(t, 1795305196);
    assert_int_equal(jwt_get_time(&j, "neg", &t), JSN_WRONG_TYPE);
    assert_int_equal(jwt_get_time(&j, "text", &t), JSN_WRONG_TYPE);
    assert_int_equal(jwt_get_time(&j, "huge", &t), JSN_WRONG_TYPE);
    assert_int_equal(jwt_get_time(&j, "none", &t), JSN_ABSENT);
    jwt_release(&j);
    buf_release(&b);
}

static const struct {
    const char *name, *header, *claims, *sig;
} bad[] = {
    { "crit is refused", "{\"alg\":\"RS256\",\"crit\":[\"exp\"]}", "{}", "AQ" },
    { "empty crit is refused", "{\"alg\":\"RS256\",\"crit\":[]}", "{}", "AQ" },
    { "crit of null is refused", "{\"alg\":\"RS256\",\"crit\":null}", "{}", "AQ" },
    { "header without alg is refused", "{\"typ\":\"JWT\"}", "{}", "AQ" },
    { "alg that is no text is refused", "{\"alg\":1}", "{}", "AQ" },
    { "member twice is refused", "{\"alg\":\"none\",\"alg\":\"RS256\"}", "{}", "AQ" },
    { "claim twice is refused", HEADER, "{\"aud\":\"a\",\"aud\":\"b\"}", "AQ" },
    { "header that is an array is refused", "[\"alg\"]", "{}", "AQ" },
    { "claims that are no object are refused", HEADER, "\"text\"", "AQ" },
    { "broken JSON is refused", HEADER, "{\"a\":", "AQ" },
    { "text behind the claims is refused", HEADER, "{} {}", "AQ" },
    { "UTF-8 must be well-formed", HEADER, "{\"a\":\"\xff\"}", "AQ" },
    { "padded signature is refused", HEADER, "{}", "AQ==" },
    { "signature of a foreign alphabet is refused", HEADER, "{}", "A+/B" },
    { "stray bits in the signature are refused", HEADER, "{}", "AR" },
    { "signature of one digit is refused", HEADER, "{}", "A" },
    { "fourth part is refused", HEADER, "{}", "AQ.AQ" },
};
enum { NBAD = sizeof(bad) / sizeof(bad[0]) };

static void
is_refused(void **state)
{
    size_t i = (size_t)(uintptr_t)*state;
    struct buf b = text_of(bad[i].header, bad[i].claims, bad[i].sig);
    struct jwt j;

    assert_int_equal(jwt_parse(buf_span(&b), &j), ERR_TOKEN_FORMAT);
    jwt_release(&j);
    buf_release(&b);
}

static void
texts_without_three_parts_are_refused(void **state)
{
    static const char *const texts[] = { "",        ".",       "..",      "...",     "e30",
                                         "e30.e30", "e30..AQ", ".e30.AQ", "e30.e30." };
    struct jwt j;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_int_equal(jwt_parse(span_str(texts[i]), &j), ERR_TOKEN_FORMAT);
        jwt_release(&j);
    }
}

/* An unsigned token has three parts, too: it parses, and whoever reads it must mind alg. */
static void
empty_signature_is_read_as_empty(void **state)
{
    struct buf b = text_of("{\"alg\":\"none\"}", "{}", "");
    struct jwt j;

    (void)state;
    assert_int_equal(jwt_parse(buf_span(&b), &j), ERR_OK);
    assert_int_equal(j.sig_len, 0);
    jwt_release(&j);
    buf_release(&b);
}

static void
oversized_tokens_are_refused(void **state)
{
    struct buf claims, b;
    struct jwt j;

    (void)state;
    buf_init(&claims, MAX_TOKEN * 2);
    buf_put_str(&claims, "{\"a\":\"");
    for (int i = 0; i < MAX_TOKEN; i++)
        buf_put_byte(&claims, 'a');
    buf_put_str(&claims, "\"}");
    b = text_of(HEADER, buf_str(&claims), "AQ");
    assert_int_equal(jwt_parse(buf_span(&b), &j), ERR_TOKEN_FORMAT);
    jwt_release(&j);
    buf_release(&b);
    buf_release(&claims);
}

static void
what_is_composed_is_read_again(void **state)
{
    struct buf text, whole;
    struct jwt j;

    (void)state;
    buf_init(&text, 1024);
    buf_init(&whole, 1024);
    jwt_put_signing_input(&text, span_str(HEADER), span_str("{\"a\":1}"));
    jwt_put(sink_buf(&whole), buf_span(&text), span_str("signature"));
    assert_int_equal(jwt_parse(buf_span(&whole), &j), ERR_OK);
    assert_true(span_is_equal(j.signing_input, buf_span(&text)));
    assert_true(span_is_str(span_of(j.sig, j.sig_len), "signature"));
    jwt_release(&j);
    buf_release(&whole);
    buf_release(&text);
}

int
main(void)
{
    static const struct CMUnitTest fixed[] = {
        cmocka_unit_test(token_is_taken_apart),
        cmocka_unit_test(example_of_the_standard_is_read),
        cmocka_unit_test(numbers_may_be_real),
        cmocka_unit_test(texts_without_three_parts_are_refused),
        cmocka_unit_test(empty_signature_is_read_as_empty),
        cmocka_unit_test(oversized_tokens_are_refused),
        cmocka_unit_test(what_is_composed_is_read_again),
    };
    struct CMUnitTest rows[NBAD];

    for (size_t i = 0; i < NBAD; i++)
        rows[i] = (struct CMUnitTest){ .name = bad[i].name,
                                       .test_func = is_refused,
                                       .initial_state = (void *)(uintptr_t)i };
    return cmocka_run_group_tests_name("auth/jwt", fixed, set_up, tear_down) +
           cmocka_run_group_tests_name("auth/jwt refusals", rows, set_up, tear_down);
}
