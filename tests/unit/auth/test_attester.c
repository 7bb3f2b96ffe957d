/* SPDX-License-Identifier: Apache-2.0 */
/* The file of trusted issuers, and tokens of theirs: the algorithm is the key's, the issuer as
 * written, and a file that is replaced counts at once or not at all. */
#include "auth/attester.h"

#include "codec/b64.h"
#include "crypto/sign.h"
#include "crypto/verify.h"
#include "world.h"

#define ISSUER "https://ci.example"

static struct signkey *ours, *other;

static int
set_up(void **state)
{
    *state = NULL;
    if (secmem_init(1024 * 1024) != ERR_OK)
        return -1;
    jsn_setup();
    return signkey_new(SIGNKEY_EC, &ours) == ERR_OK && signkey_new(SIGNKEY_EC, &other) == ERR_OK
               ? 0
               : -1;
}

static int
tear_down(void **state)
{
    (void)state;
    signkey_free(ours);
    signkey_free(other);
    secmem_release();
    return 0;
}

/* {"ISSUER": {"keys": [{EC key of k, more}]}} */
static struct buf
file_of(const struct signkey *k, const char *issuer, const char *more)
{
    struct buf spki, x, y, b;

    buf_init(&spki, 256);
    buf_init(&x, 64);
    buf_init(&y, 64);
    buf_init(&b, 4096);
    assert_int_equal(signkey_put_spki(k, &spki), ERR_OK);
    b64url_put(sink_buf(&x), span_head(span_tail(buf_span(&spki), spki.len - 64), 32));
    b64url_put(sink_buf(&y), span_tail(buf_span(&spki), spki.len - 32));
    buf_put_fmt(&b,
                "{\"%s\":{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%.*s\","
                "\"y\":\"%.*s\"%s}]}}",
                issuer, (int)x.len, (const char *)x.ptr, (int)y.len, (const char *)y.ptr, more);
    buf_release(&spki);
    buf_release(&x);
    buf_release(&y);
    return b;
}

static struct attesters *
read_ok(const struct signkey *k, const char *more)
{
    struct buf b = file_of(k, ISSUER, more);
    struct attesters *a;

    assert_int_equal(attesters_read(buf_span(&b), &a), ERR_OK);
    buf_release(&b);
    return a;
}

static enum err
check(struct attesters *a, struct signkey *k, const char *header, const char *claims)
{
    struct buf input, text;
    uint8_t sig[SIG_MAX];
    struct jwt j;
    size_t len;
    enum err e;

    buf_init(&input, 4096);
    buf_init(&text, 8192);
    jwt_put_signing_input(&input, span_str(header), span_str(claims));
    assert_int_equal(
        signkey_sign(k, SIG_ES256, DIGEST_SHA256, buf_span(&input), sig, sizeof(sig), &len),
        ERR_OK);
    jwt_put(sink_buf(&text), buf_span(&input), span_of(sig, len));
    assert_int_equal(jwt_parse(buf_span(&text), &j), ERR_OK);
    e = attesters_check(a, &j);
    jwt_release(&j);
    buf_release(&text);
    buf_release(&input);
    return e;
}

#define HEAD   "{\"alg\":\"ES256\",\"kid\":\"1\"}"
#define CLAIMS "{\"iss\":\"" ISSUER "\"}"

static void
a_token_of_a_trusted_issuer_is_believed(void **state)
{
    struct attesters *a = read_ok(ours, ",\"kid\":\"1\",\"use\":\"sig\",\"alg\":\"ES256\"");

    (void)state;
    assert_int_equal(check(a, ours, HEAD, CLAIMS), ERR_OK);
    assert_int_equal(check(a, other, HEAD, CLAIMS), ERR_TOKEN_SIGNATURE);
    assert_int_equal(check(a, ours, "{\"alg\":\"ES256\",\"kid\":\"2\"}", CLAIMS),
                     ERR_TOKEN_KEY);
    assert_int_equal(check(a, ours, "{\"alg\":\"ES256\"}", CLAIMS), ERR_TOKEN_KEY);
    assert_int_equal(check(a, ours, HEAD, "{\"iss\":\"" ISSUER "/\"}"), ERR_TOKEN_ISSUER);
    assert_int_equal(check(a, ours, HEAD, "{}"), ERR_TOKEN_FORMAT);
    assert_int_equal(check(NULL, ours, HEAD, CLAIMS), ERR_TOKEN_ISSUER);
    attesters_free(a);
}

static void
the_algorithm_is_the_key_s(void **state)
{
    static const char *const others[] = { "none", "HS256", "RS256", "PS256", "ES384", "es256" };
    struct attesters *a = read_ok(ours, ",\"kid\":\"1\"");
    char header[64];

    (void)state;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        (void)snprintf(header, sizeof(header), "{\"alg\":\"%s\",\"kid\":\"1\"}", others[i]);
        assert_int_equal(check(a, ours, header, CLAIMS), ERR_TOKEN_FORMAT);
    }
    attesters_free(a);
}

static void
keys_for_other_things_are_left_out(void **state)
{
    static const char *const uses[] = { "\"use\":\"enc\"", "\"alg\":\"ES384\"",
                                        "\"alg\":\"RS256\"" };
    char more[64];

    (void)state;
    for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
        struct attesters *a;

        (void)snprintf(more, sizeof(more), ",\"kid\":\"1\",%s", uses[i]);
        a = read_ok(ours, more);
        assert_int_equal(check(a, ours, HEAD, CLAIMS), ERR_TOKEN_KEY);
        attesters_free(a);
    }
}

#define SET(key) "{\"https://ci.example\":{\"keys\":[" key "]}}"

static void
files_that_say_something_else_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "[]",
        "{\"http://ci.example\":{\"keys\":[]}}",
        "{\"https://ci.example\":[]}",
        "{\"https://ci.example\":{}}",
        "{\"https://ci.example\":{\"keys\":[1]}}",
        SET("{\"kty\":\"EC\",\"crv\":\"P-256\"}"),
        SET("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"\"}"),
        SET("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}"),
        SET("{\"kty\":\"RSA\",\"n\":\"AA\",\"e\":\"AQAB\"}"),
    };
    struct attesters *a;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_not_equal(attesters_read(span_str(bad[i]), &a), ERR_OK);
        assert_null(a);
    }
}

static void
a_point_beside_the_curve_is_no_key(void **state)
{
    uint8_t x[32] = { 1 }, y[32] = { 2 };
    struct verifykey *v;

    (void)state;
    assert_int_equal(verifykey_from_p256(span_of(x, 32), span_of(y, 32), &v), ERR_FORMAT);
    assert_int_equal(verifykey_from_p256(span_of(x, 31), span_of(y, 32), &v), ERR_FORMAT);
    assert_null(v);
}

static void
a_file_is_replaced_as_a_whole_or_not_at_all(void **state)
{
    struct attesters *a = read_ok(ours, ",\"kid\":\"1\"");
    struct buf b = file_of(other, ISSUER, ",\"kid\":\"1\"");

    (void)state;
    assert_int_not_equal(attesters_replace(a, span_str("{")), ERR_OK);
    assert_int_equal(check(a, ours, HEAD, CLAIMS), ERR_OK);
    assert_int_equal(attesters_replace(a, buf_span(&b)), ERR_OK);
    assert_int_equal(check(a, ours, HEAD, CLAIMS), ERR_TOKEN_SIGNATURE);
    assert_int_equal(check(a, other, HEAD, CLAIMS), ERR_OK);
    buf_release(&b);
    attesters_free(a);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_of_a_trusted_issuer_is_believed),
        cmocka_unit_test(the_algorithm_is_the_key_s),
        cmocka_unit_test(keys_for_other_things_are_left_out),
        cmocka_unit_test(files_that_say_something_else_are_refused),
        cmocka_unit_test(a_point_beside_the_curve_is_no_key),
        cmocka_unit_test(a_file_is_replaced_as_a_whole_or_not_at_all),
    };

    return cmocka_run_group_tests_name("auth/attester", tests, set_up, tear_down);
}
