/* SPDX-License-Identifier: Apache-2.0 */
/* Flattened JWS and the keys in them: the RFCs' own examples, and what must not pass. */
#include "auth/jws.h"

#include "auth/jwk.h"
#include "codec/b64.h"
#include "world.h"

#define PAYLOAD                                                                                \
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0" \
    "cnVlfQ"
/* RFC 7515 A.3 */
#define ES256_HEADER "eyJhbGciOiJFUzI1NiJ9"
/* {"alg":"ES256","crit":[]} */
#define CRIT_HEADER "eyJhbGciOiJFUzI1NiIsImNyaXQiOltdfQ"
#define ES256_SIG                                                                              \
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
#define ES256_KEY                                                                              \
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\"," \
    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}"
/* RFC 7515 A.1 */
#define HS256_HEADER "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
#define HS256_SIG    "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define HS256_KEY                                                                              \
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
/* RFC 7638 3.1 */
#define RSA_N                                                                                  \
    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_"  \
    "BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_" \
    "FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-"        \
    "bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"

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

static enum err
parse(const char *text, struct jws *out)
{
    struct jsn *root = NULL;
    enum err e;

    assert_int_equal(jsn_parse(span_str(text), &root), ERR_OK);
    e = jws_parse(root, out);
    jsn_free(root);
    return e;
}

static void
flat(const char *header, const char *payload, const char *sig, struct jws *out)
{
    char text[4096];

    (void)snprintf(text, sizeof(text),
                   "{\"protected\":\"%s\",\"payload\":\"%s\",\"signature\":\"%s\"}", header,
                   payload, sig);
    assert_int_equal(parse(text, out), ERR_OK);
}

static enum err
key(const char *text, struct jwk *out)
{
    struct jsn *root = NULL;
    enum err e;

    assert_int_equal(jsn_parse(span_str(text), &root), ERR_OK);
    e = jwk_read(root, out);
    jsn_free(root);
    return e;
}

static void
the_example_of_ecdsa_verifies(void **state)
{
    struct jws j;
    struct jwk k;

    (void)state;
    assert_int_equal(key(ES256_KEY, &k), ERR_OK);
    flat(ES256_HEADER, PAYLOAD, ES256_SIG, &j);
    assert_int_equal(jws_check(&j, &k.public), ERR_OK);
    assert_true(span_has_prefix(secbuf_span(&j.payload), span_str("{\"iss\":\"joe\"")));
    jws_release(&j);
}

static void
another_payload_or_signature_does_not(void **state)
{
    struct jws j;
    struct jwk k;

    (void)state;
    assert_int_equal(key(ES256_KEY, &k), ERR_OK);
    flat(ES256_HEADER, "e30", ES256_SIG, &j);
    assert_int_equal(jws_check(&j, &k.public), ERR_INTEGRITY);
    jws_release(&j);
    flat(ES256_HEADER, PAYLOAD, "AAAA", &j);
    assert_int_equal(jws_check(&j, &k.public), ERR_INTEGRITY);
    jws_release(&j);
    flat(ES256_HEADER, PAYLOAD, "", &j);
    assert_int_equal(jws_check(&j, &k.public), ERR_INTEGRITY);
    jws_release(&j);
}

static void
the_example_of_a_mac_verifies_with_the_secret_alone(void **state)
{
    struct buf secret;
    struct jws j;
    struct jwk k;

    (void)state;
    buf_init(&secret, 100);
    assert_int_equal(b64url_get(span_str(HS256_KEY), sink_buf(&secret)), ERR_OK);
    flat(HS256_HEADER, PAYLOAD, HS256_SIG, &j);
    assert_int_equal(jws_check_mac(&j, buf_span(&secret)), ERR_OK);
    secret.ptr[0] ^= 1;
    assert_int_equal(jws_check_mac(&j, buf_span(&secret)), ERR_INTEGRITY);
    assert_int_equal(jws_check_mac(&j, span_head(buf_span(&secret), 15)), ERR_UNSUPPORTED);
    assert_int_equal(key(ES256_KEY, &k), ERR_OK);
    assert_int_equal(jws_check(&j, &k.public), ERR_UNSUPPORTED);
    jws_release(&j);
    buf_release(&secret);
}

static void
the_header_cannot_choose_what_is_not_the_keys(void **state)
{
    /* {"alg":...}: none, RS256, ES384, PS256, HS256 */
    static const char *const headers[] = { "eyJhbGciOiJub25lIn0", "eyJhbGciOiJSUzI1NiJ9",
                                           "eyJhbGciOiJFUzM4NCJ9", "eyJhbGciOiJQUzI1NiJ9",
                                           "eyJhbGciOiJIUzI1NiJ9" };
    struct jws j;
    struct jwk k;

    (void)state;
    assert_int_equal(key(ES256_KEY, &k), ERR_OK);
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        flat(headers[i], PAYLOAD, ES256_SIG, &j);
        assert_int_equal(jws_check(&j, &k.public), ERR_UNSUPPORTED);
        jws_release(&j);
    }
    assert_false(jws_alg_is_ok(span_str("none")));
    assert_false(jws_alg_is_ok(span_str("HS256")));
    assert_true(jws_alg_is_ok(span_str("ES384")));
}

static void
anything_but_the_three_members_is_refused(void **state)
{
    static const char *const bad[] = {
        "[]",
        "{}",
        "{\"protected\":\"" ES256_HEADER "\",\"payload\":\"\"}",
        "{\"protected\":\"" ES256_HEADER "\",\"payload\":\"\",\"signature\":1}",
        "{\"protected\":\"" ES256_HEADER
        "\",\"payload\":\"\",\"signature\":\"AA\",\"header\":{}}",
        "{\"protected\":\"" ES256_HEADER "\",\"payload\":\"\",\"signatures\":[]}",
        "{\"protected\":\"" ES256_HEADER "\",\"payload\":\"\",\"signature\":\"AA==\"}",
        "{\"protected\":\"" ES256_HEADER "\",\"payload\":\"e30=\",\"signature\":\"AA\"}",
        "{\"protected\":\"e30\",\"payload\":\"\",\"signature\":\"AA\"}", /* no alg */
        "{\"protected\":\"W10\",\"payload\":\"\",\"signature\":\"AA\"}", /* an array */
        "{\"protected\":\"*\",\"payload\":\"\",\"signature\":\"AA\"}",
        "{\"protected\":\"" CRIT_HEADER "\",\"payload\":\"\",\"signature\":\"AA\"}",
    };
    struct jws j;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(parse(bad[i], &j), ERR_SYNTAX);
        jws_release(&j);
    }
}

static void
a_payload_may_be_empty_but_not_long(void **state)
{
    static char text[JWS_PAYLOAD_MAX * 2];
    int len =
        snprintf(text, sizeof(text), "{\"protected\":\"%s\",\"payload\":\"", ES256_HEADER);
    struct jws j;

    (void)state;
    flat(ES256_HEADER, "", ES256_SIG, &j);
    assert_int_equal(j.payload.len, 0);
    jws_release(&j);
    memset(text + len, 'A', JWS_PAYLOAD_MAX / 3 * 4 + 8);
    (void)snprintf(text + len + JWS_PAYLOAD_MAX / 3 * 4 + 8, 100, "\",\"signature\":\"AA\"}");
    assert_int_equal(parse(text, &j), ERR_TOO_LARGE);
    jws_release(&j);
}

static void
thumbprint_is(const char *jwk, const char *want)
{
    uint8_t digest[SHA256_LEN];
    struct buf text;
    struct jwk k;

    assert_int_equal(key(jwk, &k), ERR_OK);
    assert_int_equal(jwk_thumbprint(&k.public, digest), ERR_OK);
    buf_init(&text, 100);
    b64url_put(sink_buf(&text), span_of(digest, sizeof(digest)));
    assert_string_equal(buf_str(&text), want);
    buf_release(&text);
}

static void
thumbprints_are_the_rfcs(void **state)
{
    (void)state;
    thumbprint_is("{\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"AQAB\",\"alg\":\"RS256\","
                  "\"kid\":\"2011-04-29\"}",
                  "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    /* RFC 8037 A.3 */
    thumbprint_is("{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":"
                  "\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}",
                  "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    thumbprint_is(ES256_KEY, "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U");
}

static const struct bad_key {
    const char *name, *text;
    enum err err;
} bad_keys[] = {
    /* clang-format off */
    { "a key without a type", "{\"n\":\"AQ\"}", ERR_SYNTAX },
    { "a secret is no public key", "{\"kty\":\"oct\",\"k\":\"AQ\"}", ERR_SYNTAX },
    { "an unknown type", "{\"kty\":\"AKP\"}", ERR_KEY_TYPE },
    { "an unknown curve", "{\"kty\":\"EC\",\"crv\":\"secp256k1\",\"x\":\"AQ\",\"y\":\"AQ\"}",
      ERR_KEY_TYPE },
    { "a curve of the other type", "{\"kty\":\"OKP\",\"crv\":\"P-256\",\"x\":\"AQ\"}",
      ERR_KEY_TYPE },
    { "a coordinate too short", "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AQ\",\"y\":\"AQ\"}",
      ERR_KEY_TYPE },
    { "a coordinate missing", "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AQ\"}", ERR_SYNTAX },
    { "RSA of a byte", "{\"kty\":\"RSA\",\"n\":\"AQ\",\"e\":\"AQAB\"}", ERR_KEY_TYPE },
    { "a private half",
      "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\""
      ",\"d\":\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\"}", ERR_SYNTAX },
    { "an even exponent", "{\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"Ag\"}", ERR_KEY_TYPE },
    { "a padded number", "{\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"AQ==\"}", ERR_SYNTAX },
    /* clang-format on */
};

static void
run_bad_key(void **state)
{
    const struct bad_key *b = *state;
    struct jwk k;

    assert_int_equal(key(b->text, &k), b->err);
    assert_int_equal(k.public.type, KEY_NONE);
}

static void
a_point_off_its_curve_verifies_nothing(void **state)
{
    struct jws j;
    struct jwk k;

    (void)state;
    assert_int_equal(key(ES256_KEY, &k), ERR_OK);
    k.numbers[40] ^= 1;
    flat(ES256_HEADER, PAYLOAD, ES256_SIG, &j);
    assert_int_equal(jws_check(&j, &k.public), ERR_SYNTAX);
    jws_release(&j);
}

/* Every algorithm, with keys of ours. */
static void
what_a_key_signs_verifies(void **state)
{
    static const struct {
        struct key_spec spec;
        enum key_alg alg;
        const char *header;
    } rows[] = {
        { { KEY_RSA, CURVE_NONE, 2048, 0 }, ALG_RS256, "{\"alg\":\"RS256\"}" },
        { { KEY_EC, CURVE_P384, 0, 0 }, ALG_ES384, "{\"alg\":\"ES384\"}" },
        { { KEY_EC, CURVE_P521, 0, 0 }, ALG_ES512, "{\"alg\":\"ES512\"}" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct key_use u = { .op = KEY_SIGN, .alg = rows[i].alg };
        uint8_t digest[DIGEST_MAX_LEN];
        struct jws j = { .alg = span_str(key_alg_info(rows[i].alg)->name) };
        struct key_result result;
        struct key *k = NULL;
        struct secbuf sig;

        secbuf_init(&sig, 1024);
        buf_init(&j.signing_input, 1024);
        secbuf_init(&j.payload, 16);
        jwt_put_signing_input(&j.signing_input, span_str(rows[i].header), span_str("{}"));
        assert_int_equal(
            digest_make(key_alg_info(u.alg)->digest, buf_span(&j.signing_input), digest),
            ERR_OK);
        u.bytes = span_of(digest, key_alg_info(u.alg)->digest_len);
        assert_int_equal(key_new(&rows[i].spec, &k), ERR_OK);
        assert_int_equal(key_use(k, &u, &sig, &result), ERR_OK);
        memcpy(j.sig, sig.ptr, sig.len);
        j.sig_len = sig.len;
        assert_int_equal(jws_check(&j, key_public(k)), ERR_OK);
        j.sig[5] ^= 1;
        assert_int_equal(jws_check(&j, key_public(k)), ERR_INTEGRITY);
        key_free(k);
        secbuf_release(&sig);
        jws_release(&j);
    }
}

int
main(void)
{
    static const struct CMUnitTest plain[] = {
        cmocka_unit_test(the_example_of_ecdsa_verifies),
        cmocka_unit_test(another_payload_or_signature_does_not),
        cmocka_unit_test(the_example_of_a_mac_verifies_with_the_secret_alone),
        cmocka_unit_test(the_header_cannot_choose_what_is_not_the_keys),
        cmocka_unit_test(anything_but_the_three_members_is_refused),
        cmocka_unit_test(a_payload_may_be_empty_but_not_long),
        cmocka_unit_test(thumbprints_are_the_rfcs),
        cmocka_unit_test(a_point_off_its_curve_verifies_nothing),
        cmocka_unit_test(what_a_key_signs_verifies),
    };
    enum {
        PLAIN = sizeof(plain) / sizeof(plain[0]),
        BAD = sizeof(bad_keys) / sizeof(bad_keys[0])
    };
    struct CMUnitTest tests[PLAIN + BAD];

    memcpy(tests, plain, sizeof(plain));
    for (size_t i = 0; i < BAD; i++)
        tests[PLAIN + i] =
            (struct CMUnitTest){ .name = bad_keys[i].name,
                                 .test_func = run_bad_key,
                                 .initial_state = (void *)(uintptr_t)&bad_keys[i] };
    return cmocka_run_group_tests_name("auth/jws", tests, set_up, tear_down);
}
