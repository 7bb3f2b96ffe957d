/* SPDX-License-Identifier: Apache-2.0 */
/* What is done with keys: answers, bodies, texts (data-plane.md C7, C8, A6). */
#include "key_drive.h"

#define D32      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" /* 32 bytes */
#define D48      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define D64      D32 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" /* 64 bytes */
#define D16      "AAAAAAAAAAAAAAAAAAAAAA"

#define BAD_BODY "Property  has invalid value\\r\\n"
#define BAD_DATA "The parameter is incorrect.\\r\\n"

static unsigned
ask(const char *op, const char *body)
{
    return drive_request(HTTP_POST, path("/keys/k/%s", op), body);
}

static void
must(const char *op, const char *body)
{
    unsigned status = ask(op, body);

    if (status != 200)
        fail_msg("%s %s: %u %s", op, body, status, drive_body());
}

/* The value that came, put into a body in place of its one %s; good until the next call. */
static const char *
with_value(const char *format)
{
    static char text[8192];
    char value[4096];
    const char *mark = strstr(format, "%s");

    (void)snprintf(value, sizeof(value), "%s", drive_member("value"));
    (void)snprintf(text, sizeof(text), "%.*s%s%s", (int)(mark - format), format, value,
                   mark + 2);
    return text;
}

static void
a_signature_is_verified_by_the_same_key(void **state)
{
    static const struct {
        const char *alg, *digest;
        size_t chars; /* of the signature */
    } rows[] = { { "RS256", D32, 342 },  { "RS384", D48, 342 },  { "RS512", D64, 342 },
                 { "PS256", D32, 342 },  { "PS384", D48, 342 },  { "PS512", D64, 342 },
                 { "RSNULL", D16, 342 }, { "RSNULL", "AA", 342 } };
    char body[2048];

    (void)state;
    import_rsa("k");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        (void)snprintf(body, sizeof(body), "{\"alg\":\"%s\",\"value\":\"%s\"}", rows[i].alg,
                       rows[i].digest);
        must("sign", body);
        assert_memory_equal(drive_body(), "{\"kid\":\"" HOST "/keys/k/", 50);
        assert_non_null(strstr(drive_member("kid"), version));
        assert_int_equal(strlen(drive_member("value")), rows[i].chars);
        (void)snprintf(body, sizeof(body),
                       "{\"alg\":\"%s\",\"digest\":\"%s\",\"value\":\"%%s\"}", rows[i].alg,
                       rows[i].digest);
        must("verify", with_value(body));
        assert_string_equal(drive_body(), "{\"value\":true}");
    }
    assert_non_null(strstr(drive.x.note.extra, "\"algorithm\":\"RSNULL\",\"keyProperties\":{"
                                               "\"type\":\"RSA\",\"size\":2048"));
    assert_non_null(strstr(drive.x.note.object_url, version));
}

static void
ec_signatures_are_r_and_s(void **state)
{
    static const struct {
        const char *crv, *alg, *digest;
        size_t chars;
    } rows[] = { { "P-256", "ES256", D32, 86 },
                 { "P-384", "ES384", D48, 128 },
                 { "P-521", "ES512", D64, 176 },
                 { "P-256K", "ES256K", D32, 86 } };
    char body[512];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        (void)snprintf(body, sizeof(body), "{\"kty\":\"EC\",\"crv\":\"%s\"}", rows[i].crv);
        make_key("k", body);
        (void)snprintf(body, sizeof(body), "{\"alg\":\"%s\",\"value\":\"%s\"}", rows[i].alg,
                       rows[i].digest);
        must("sign", body);
        assert_int_equal(strlen(drive_member("value")), rows[i].chars);
        (void)snprintf(body, sizeof(body),
                       "{\"alg\":\"%s\",\"digest\":\"%s\",\"value\":\"%%s\"}", rows[i].alg,
                       rows[i].digest);
        must("verify", with_value(body));
        assert_string_equal(drive_body(), "{\"value\":true}");
    }
}

static void
a_wrong_signature_is_false_and_no_error(void **state)
{
    static const char *const bodies[] = {
        "{\"alg\":\"ES256\",\"digest\":\"" D32 "\",\"value\":\"" D64 "\"}",
        "{\"alg\":\"ES256\",\"digest\":\"" D32 "\",\"value\":\"" D32 "\"}",
        "{\"alg\":\"ES256\",\"digest\":\"" D32 "\",\"value\":\"\"}",
    };

    (void)state;
    import_ec("k");
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        must("verify", bodies[i]);
        assert_string_equal(drive_body(), "{\"value\":false}");
    }
}

static void
what_was_encrypted_comes_back(void **state)
{
    static const char *const algs[] = { "RSA1_5", "RSA-OAEP", "RSA-OAEP-256" };
    static const char *const pairs[][2] = { { "encrypt", "decrypt" },
                                            { "wrapkey", "unwrapkey" },
                                            { "wrapKey", "unwrapKey" } };
    char body[2048];

    (void)state;
    import_rsa("k");
    for (int p = 0; p < 3; p++)
        for (int i = 0; i < 3; i++) {
            (void)snprintf(body, sizeof(body), "{\"alg\":\"%s\",\"value\":\"aGVsbG8\"}",
                           algs[i]);
            must(pairs[p][0], body);
            assert_int_equal(strlen(drive_member("value")), 342);
            (void)snprintf(body, sizeof(body), "{\"alg\":\"%s\",\"value\":\"%%s\"}", algs[i]);
            must(pairs[p][1], with_value(body));
            assert_string_equal(drive_member("value"), "aGVsbG8");
        }
    /* Nothing is something too. */
    must("encrypt", "{\"alg\":\"RSA-OAEP\",\"value\":\"\"}");
    must("decrypt", with_value("{\"alg\":\"RSA-OAEP\",\"value\":\"%s\"}"));
    assert_non_null(strstr(drive_body(), "\"value\":\"\"}"));
}

static void
gcm_tells_iv_and_tag(void **state)
{
    char body[2048], iv[32], tag[32], value[64];

    (void)state;
    import_oct("k");
    /* An iv that was sent is not used: the keeper makes its own. */
    must("encrypt", "{\"alg\":\"A128GCM\",\"value\":\"aGVsbG8\",\"aad\":\"YWFk\",\"iv\":"
                    "\"AAAAAAAAAAAAAAAA\"}");
    assert_non_null(strstr(drive_body(), "\",\"aad\":\"YWFk\"}"));
    (void)snprintf(iv, sizeof(iv), "%s", drive_member("iv"));
    (void)snprintf(tag, sizeof(tag), "%s", drive_member("tag"));
    (void)snprintf(value, sizeof(value), "%s", drive_member("value"));
    assert_int_equal(strlen(iv), 16);
    assert_int_equal(strlen(tag), 22);
    assert_string_not_equal(iv, "AAAAAAAAAAAAAAAA");
    (void)snprintf(body, sizeof(body),
                   "{\"alg\":\"A128GCM\",\"value\":\"%s\",\"iv\":\"%s\",\"tag\":\"%s\",\"aad\":"
                   "\"YWFk\"}",
                   value, iv, tag);
    must("decrypt", body);
    assert_string_equal(drive_member("value"), "aGVsbG8");
    assert_null(strstr(drive_body(), "\"iv\""));
}

static void
cbc_wants_its_iv_and_gives_it_back(void **state)
{
    static const char *const algs[] = { "A128CBC", "A128CBCPAD" };
    char body[2048];

    (void)state;
    import_oct("k");
    for (int i = 0; i < 2; i++) {
        (void)snprintf(body, sizeof(body),
                       "{\"alg\":\"%s\",\"value\":\"" D16 "\",\"iv\":\"" D16 "\"}", algs[i]);
        must("encrypt", body);
        assert_string_equal(drive_member("iv"), D16);
        assert_string_equal(drive_member("tag"), "");
        (void)snprintf(body, sizeof(body),
                       "{\"alg\":\"%s\",\"value\":\"%%s\",\"iv\":\"" D16 "\"}", algs[i]);
        must("decrypt", with_value(body));
        assert_string_equal(drive_member("value"), D16);
    }
    assert_refused(ask("encrypt", "{\"alg\":\"A128CBC\",\"value\":\"" D16 "\"}"), 400, NULL,
                   BAD_BODY);
    assert_refused(
        ask("encrypt", "{\"alg\":\"A128CBC\",\"value\":\"" D16 "\",\"iv\":\"AAAA\"}"), 400,
        NULL,
        "Invalid length of 'iv': 3 bytes. A128CBC requires 16 bytes, encoded with base64url.");
    assert_refused(
        ask("encrypt", "{\"alg\":\"A128CBC\",\"value\":\"AAAA\",\"iv\":\"" D16 "\"}"), 400,
        NULL, BAD_DATA);
}

static void
key_wrap_and_macs_work_with_oct(void **state)
{
    static const char *const algs[] = { "A128KW", "CKM_AES_KEY_WRAP", "CKM_AES_KEY_WRAP_PAD" };
    char body[2048];

    (void)state;
    import_oct("k");
    for (int i = 0; i < 3; i++) {
        (void)snprintf(body, sizeof(body), "{\"alg\":\"%s\",\"value\":\"" D16 "\"}", algs[i]);
        must("wrapkey", body);
        (void)snprintf(body, sizeof(body), "{\"alg\":\"%s\",\"value\":\"%%s\"}", algs[i]);
        must("unwrapkey", with_value(body));
        assert_string_equal(drive_member("value"), D16);
    }
    must("sign", "{\"alg\":\"HS256\",\"value\":\"aGVsbG8\"}");
    assert_int_equal(strlen(drive_member("value")), 43);
    must("verify", with_value("{\"alg\":\"HS256\",\"digest\":\"aGVsbG8\",\"value\":\"%s\"}"));
    assert_string_equal(drive_body(), "{\"value\":true}");
    must("verify", "{\"alg\":\"HS256\",\"digest\":\"aGVsbG8\",\"value\":\"" D32 "\"}");
    assert_string_equal(drive_body(), "{\"value\":false}");
}

/* One answer for everything about a ciphertext that is wrong. */
static void
what_does_not_open_is_one_answer(void **state)
{
    static const struct {
        const char *op, *body;
    } rows[] = {
        { "decrypt",
          "{\"alg\":\"A128GCM\",\"value\":\"AAAA\",\"iv\":\"AAAAAAAAAAAAAAAA\",\"tag\":\"" D16
          "\"}" },
        { "decrypt",
          "{\"alg\":\"A128GCM\",\"value\":\"AAAA\",\"iv\":\"AAAA\",\"tag\":\"" D16 "\"}" },
        { "decrypt", "{\"alg\":\"A128GCM\",\"value\":\"AAAA\",\"iv\":\"AAAAAAAAAAAAAAAA\","
                     "\"tag\":\"AAAA\"}" },
        { "decrypt", "{\"alg\":\"A128CBCPAD\",\"value\":\"" D16 "\",\"iv\":\"" D16 "\"}" },
        { "decrypt", "{\"alg\":\"A128CBCPAD\",\"value\":\"AAAA\",\"iv\":\"" D16 "\"}" },
        { "decrypt", "{\"alg\":\"A128CBC\",\"value\":\"" D16 "\",\"iv\":\"AAAA\"}" },
        { "unwrapkey", "{\"alg\":\"A128KW\",\"value\":\"" D32 "\"}" },
        { "unwrapkey", "{\"alg\":\"A128KW\",\"value\":\"AAAA\"}" },
        { "unwrapkey", "{\"alg\":\"CKM_AES_KEY_WRAP_PAD\",\"value\":\"" D32 "\"}" },
    };
    static const char *const rsa[] = {
        "{\"alg\":\"RSA1_5\",\"value\":\"AAAA\"}",
        "{\"alg\":\"RSA-OAEP\",\"value\":\"AAAA\"}",
        "{\"alg\":\"RSA1_5\",\"value\":\"\"}",
        "{\"alg\":\"RSA-OAEP-256\",\"value\":\"" D64 "\"}",
    };

    (void)state;
    import_oct("k");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_refused(ask(rows[i].op, rows[i].body), 400, NULL, BAD_DATA);
        assert_int_equal(drive.asks, 1);
    }
    import_rsa("k");
    for (size_t i = 0; i < sizeof(rsa) / sizeof(rsa[0]); i++) {
        assert_refused(ask("decrypt", rsa[i]), 400, NULL, BAD_DATA);
        assert_refused(ask("unwrapkey", rsa[i]), 400, NULL, BAD_DATA);
    }
}

static void
texts_of_lengths_are_the_recorded_ones(void **state)
{
    (void)state;
    import_rsa("k");
    assert_refused(ask("sign", "{\"alg\":\"RS256\",\"value\":\"AAAAAAAAAAAAAA\"}"), 400, NULL,
                   "Invalid length of 'value': 10 bytes. RS256 requires 32 bytes, encoded with "
                   "base64url.");
    assert_refused(ask("sign", "{\"alg\":\"PS512\",\"value\":\"" D32 "\"}"), 400, NULL,
                   "Invalid length of 'value': 32 bytes. PS512 requires 64 bytes, encoded with "
                   "base64url.");
    assert_refused(ask("verify", "{\"alg\":\"RS256\",\"digest\":\"\",\"value\":\"AA\"}"), 400,
                   NULL,
                   "Invalid length of 'digest': 0 bytes. RS256 requires 32 bytes, encoded with "
                   "base64url.");
    assert_int_equal(drive.asks, 0);
}

static void
texts_of_what_does_not_fit_are_the_recorded_ones(void **state)
{
    char want[1024];

    (void)state;
    import_rsa("k");
    (void)snprintf(want, sizeof(want),
                   "Key and signing algorithm are incompatible. Key " HOST
                   "/keys/k/%s is of type "
                   "'RSA', and algorithm 'ES256' can only be used with a key of type 'EC' or "
                   "'EC-HSM'.",
                   version);
    assert_refused(ask("sign", "{\"alg\":\"ES256\",\"value\":\"" D32 "\"}"), 400, NULL, want);
    make_key("k", "{\"kty\":\"EC\",\"crv\":\"P-256K\"}");
    (void)snprintf(want, sizeof(want),
                   "Key and signing algorithm are incompatible. Key " HOST
                   "/keys/k/%s uses curve "
                   "'P-256K', and algorithm 'ES256' can only be used with curve 'P-256'.",
                   version);
    assert_refused(ask("sign", "{\"alg\":\"ES256\",\"value\":\"" D32 "\"}"), 400, NULL, want);
    import_oct("k");
    (void)snprintf(want, sizeof(want),
                   "Key and encryption algorithm are incompatible. Key " HOST
                   "/keys/k/%s has 128 "
                   "bits, and algorithm 'A256GCM' can only be used with a key of 256 bits.",
                   version);
    assert_refused(ask("encrypt", "{\"alg\":\"A256GCM\",\"value\":\"AA\"}"), 400, NULL, want);
    assert_int_equal(drive.asks, 0);
}

static void
bodies_that_do_not_bind(void **state)
{
    static const struct {
        const char *op, *body;
    } rows[] = {
        { "sign", "" },
        { "sign", "7" },
        { "sign", "{\"alg\":\"RS256\"}" },
        { "sign", "{\"value\":\"" D32 "\"}" },
        { "sign", "{\"alg\":\"RS257\",\"value\":\"" D32 "\"}" },
        { "sign", "{\"alg\":\"rs256\",\"value\":\"" D32 "\"}" },
        { "sign", "{\"alg\":\"RSA-OAEP\",\"value\":\"" D32 "\"}" },
        { "sign", "{\"alg\":7,\"value\":\"" D32 "\"}" },
        { "sign", "{\"alg\":\"RS256\",\"value\":7}" },
        { "sign", "{\"alg\":\"RS256\",\"value\":null}" },
        { "sign", "{\"alg\":\"RS256\",\"value\":\"+/+/\"}" },
        { "sign", "{\"alg\":\"RS256\",\"value\":\"A\"}" },
        { "sign", "{\"alg\":\"RS256\",\"value\":\"AB\"}" }, /* bits that no byte takes */
        { "verify", "{\"alg\":\"RS256\",\"value\":\"" D32 "\"}" },
        { "verify", "{\"alg\":\"RS256\",\"digest\":\"" D32 "\"}" },
        { "encrypt", "{\"alg\":\"RS256\",\"value\":\"AA\"}" },
        { "encrypt", "{\"alg\":\"A128KW\",\"value\":\"AA\"}" },
        { "wrapkey", "{\"alg\":\"A128GCM\",\"value\":\"AA\"}" },
        { "encrypt", "{\"alg\":\"RSA-OAEP\",\"value\":\"AA\",\"iv\":7}" },
    };

    (void)state;
    import_rsa("k");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unsigned status = ask(rows[i].op, rows[i].body);

        if (status != 400)
            fail_msg("%s %s: %u", rows[i].op, rows[i].body, status);
        assert_refused(status, 400, NULL, BAD_BODY);
    }
    /* Padding is accepted: some tools send it. */
    must("sign", "{\"alg\":\"RS256\",\"value\":\"" D32 "=\"}");
}

static void
too_much_is_refused(void **state)
{
    /* More than all members together may have; more than the keeper takes of one. */
    static const int quads[] = { 60000, 23000 };
    struct buf body;

    (void)state;
    import_rsa("k");
    buf_init(&body, 1024 * 1024);
    for (size_t i = 0; i < sizeof(quads) / sizeof(quads[0]); i++) {
        buf_clear(&body);
        buf_put_str(&body, "{\"alg\":\"RSA-OAEP\",\"value\":\"");
        for (int k = 0; k < quads[i]; k++)
            buf_put_str(&body, "AAAA");
        buf_put_str(&body, "\"}");
        assert_refused(drive_request_span(HTTP_POST, "/keys/k/encrypt", buf_span(&body)), 400,
                       NULL, BAD_BODY);
        assert_int_equal(drive.asks, 0);
    }
    buf_release(&body);
    assert_refused(ask("encrypt", "{\"alg\":\"RSA-OAEP-256\",\"value\":\"" D64 D64 D64 "\"}"),
                   400, NULL, BAD_DATA);
}

static void
algorithms_come_with_their_api_versions(void **state)
{
    (void)state;
    import_oct("k");
    assert_refused(drive_request(HTTP_POST, "/keys/k/encrypt?api-version=7.1",
                                 "{\"alg\":\"A128GCM\",\"value\":\"AA\"}"),
                   400, NULL, BAD_BODY);
    assert_int_equal(drive_request(HTTP_POST, "/keys/k/encrypt?api-version=7.2",
                                   "{\"alg\":\"A128GCM\",\"value\":\"AA\"}"),
                     200);
    assert_refused(drive_request(HTTP_POST, "/keys/k/sign?api-version=7.5",
                                 "{\"alg\":\"HS256\",\"value\":\"AA\"}"),
                   400, NULL, BAD_BODY);
    assert_refused(drive_request(HTTP_POST, "/keys/k/wrapkey?api-version=7.5",
                                 "{\"alg\":\"CKM_AES_KEY_WRAP\",\"value\":\"" D16 "\"}"),
                   400, NULL, BAD_BODY);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        D(a_signature_is_verified_by_the_same_key),
        D(ec_signatures_are_r_and_s),
        D(a_wrong_signature_is_false_and_no_error),
        D(what_was_encrypted_comes_back),
        D(gcm_tells_iv_and_tag),
        D(cbc_wants_its_iv_and_gives_it_back),
        D(key_wrap_and_macs_work_with_oct),
        D(what_does_not_open_is_one_answer),
        D(texts_of_lengths_are_the_recorded_ones),
        D(texts_of_what_does_not_fit_are_the_recorded_ones),
        D(bodies_that_do_not_bind),
        D(too_much_is_refused),
        D(algorithms_come_with_their_api_versions),
    };

    return cmocka_run_group_tests_name("api/key_use", tests, drive_open, drive_close);
}
