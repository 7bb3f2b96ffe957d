/* SPDX-License-Identifier: Apache-2.0 */
/* Keys brought along: JWKs, transported keys, release policies (data-plane.md C4, C12). */
#include "codec/b64.h"
#include "crypto/key.h"
#include "key_drive.h"

#define BAD_BODY "Property  has invalid value\\r\\n"
#define BAD_DATA "The parameter is incorrect.\\r\\n"
#define EC_KEY   "\"kty\":\"EC\"," EC_PUBLIC "," EC_D

static unsigned
import(const char *body)
{
    return drive_request(HTTP_PUT, "/keys/k", body);
}

static void
parts_that_are_missing_or_wrong(void **state)
{
    static const struct {
        const char *name, *key;
    } rows[] = {
        { "no kty", "{" EC_PUBLIC "," EC_D "}" },
        { "no d", "{\"kty\":\"EC\"," EC_PUBLIC "}" },
        { "no curve", "{\"kty\":\"EC\",\"x\":\"AA\",\"y\":\"AA\"," EC_D "}" },
        { "d is no text", "{\"kty\":\"EC\"," EC_PUBLIC ",\"d\":1}" },
        { "d is no base64url", "{\"kty\":\"EC\"," EC_PUBLIC ",\"d\":\"+\"}" },
        { "d of another key", "{\"kty\":\"EC\"," EC_PUBLIC
                              ",\"d\":\"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAI\"}" },
        { "d is zero", "{\"kty\":\"EC\"," EC_PUBLIC ",\"d\":\"AA\"}" },
        { "a point off the curve",
          "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":"
          "\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\","
          "\"y\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\"," EC_D "}" },
        { "a point of another curve",
          "{\"kty\":\"EC\",\"crv\":\"P-256K\",\"x\":"
          "\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\",\"y\":"
          "\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\"," EC_D "}" },
        { "no p", "{\"kty\":\"RSA\"," RSA_PUBLIC "," RSA_D "," RSA_Q "," RSA_CRT "}" },
        { "no dp", "{\"kty\":\"RSA\"," RSA_PUBLIC "," RSA_D "," RSA_P "," RSA_Q "}" },
        { "no private half", "{\"kty\":\"RSA\"," RSA_PUBLIC "}" },
        { "p twice",
          "{\"kty\":\"RSA\"," RSA_PUBLIC "," RSA_D "," RSA_P ",\"q\":\"AQAB\"," RSA_CRT "}" },
        { "key_hsm in software", "{\"kty\":\"RSA\",\"key_hsm\":\"AA\"}" },
        { "key_hsm is no text", "{\"kty\":\"RSA\",\"key_hsm\":1}" },
        { "no key at all", "7" },
    };
    char body[8192];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unsigned status;

        (void)snprintf(body, sizeof(body), "{\"key\":%s}", rows[i].key);
        status = import(body);
        if (status != 400)
            fail_msg("%s: %u %s", rows[i].name, status, drive_body());
        assert_refused(status, 400, NULL, BAD_BODY);
    }
    assert_refused(import("{}"), 400, NULL, BAD_BODY);
    assert_refused(import("{\"Hsm\":1,\"key\":{" EC_KEY "}}"), 400, NULL, BAD_BODY);
    assert_int_equal(world_rows("k"), 0);
}

/* The keeper would call such a question malformed, and close the link. */
static void
parts_longer_than_any_key_has_are_not_asked_for(void **state)
{
    static const char *const names[] = { "n",  "e",  "d", "p", "q", "dp",
                                         "dq", "qi", "x", "y", "k" };
    struct buf body;

    (void)state;
    buf_init(&body, 16 * 1024);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        buf_clear(&body);
        buf_put_fmt(&body, "{\"key\":{\"kty\":\"EC\",\"crv\":\"P-256\",");
        for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
            buf_put_fmt(&body, "%s\"%s\":\"", k > 0 ? "," : "", names[k]);
            for (int n = 0; n < (k == i ? 177 : 1); n++) /* 531 bytes */
                buf_put_str(&body, "AAAA");
            buf_put_byte(&body, '"');
        }
        buf_put_str(&body, "}}");
        assert_refused(drive_request_span(HTTP_PUT, "/keys/k", buf_span(&body)), 400, NULL,
                       BAD_BODY);
        assert_int_equal(drive.asks, 0);
    }
    buf_release(&body);
}

static void
sizes_and_types_are_those_of_create(void **state)
{
    (void)state;
    assert_refused(
        import("{\"key\":{\"kty\":\"RSA\",\"n\":\"qrs\",\"e\":\"AQAB\",\"d\":\"AQ\","
               "\"p\":\"AQ\",\"q\":\"AQ\",\"dp\":\"AQ\",\"dq\":\"AQ\",\"qi\":\"AQ\"}}"),
        400, "KeySizeNotSupported",
        "Unsupported key size (16). Supported sizes are [2048, 3072, 4096]");
    assert_refused(import("{\"key\":{\"kty\":\"oct\"," OCT_K "}}"), 400, "KeyTypeNotSupported",
                   "Invalid kty value: oct");
    assert_refused(import("{\"key\":{\"kty\":\"EC\",\"crv\":\"P-999\",\"x\":\"AA\"}}"), 400,
                   NULL, "Unsupported curve: P-999");
    assert_refused(import("{\"Hsm\":true,\"key\":{" EC_KEY "}}"), 400, NULL,
                   "Hardware key operation not allowed on standard vault");
    assert_refused(
        import("{\"key\":{\"kty\":\"EC\",\"key_ops\":[\"encrypt\"]," EC_PUBLIC "," EC_D "}}"),
        400, NULL,
        "Unsupported key operation(s): \\\"encrypt\\\". Supported values are "
        "\\\"sign\\\", \\\"verify\\\".");
    world.vault->allow_oct = true;
    assert_refused(import("{\"key\":{\"kty\":\"oct\",\"k\":\"AAAA\"}}"), 400,
                   "KeySizeNotSupported",
                   "Unsupported key size (24). Supported sizes are [128, 192, 256]");
}

static void
hsm_flag_makes_the_type(void **state)
{
    (void)state;
    world.vault->premium = true;
    assert_int_equal(import("{\"Hsm\":true,\"key\":{" EC_KEY ",\"kid\":\"ignored\"}}"), 200);
    assert_string_equal(drive_member("kty"), "EC-HSM");
    assert_int_equal(
        import("{\"Hsm\":false,\"key\":{\"kty\":\"EC-HSM\"," EC_PUBLIC "," EC_D "}}"), 200);
    assert_string_equal(drive_member("kty"), "EC-HSM");
    assert_int_equal(import("{\"Hsm\":false,\"key\":{" EC_KEY "},\"tags\":{\"a\":\"b\"},"
                            "\"attributes\":{\"enabled\":false}}"),
                     200);
    assert_string_equal(drive_member("kty"), "EC");
    assert_non_null(strstr(drive_body(), "\"tags\":{\"a\":\"b\"}"));
    assert_non_null(strstr(drive_body(), "\"enabled\":false"));
}

static void
deleted_name_is_taken(void **state)
{
    (void)state;
    import_ec("k");
    assert_int_equal(drive_request(HTTP_DELETE, "/keys/k", NULL), 200);
    assert_int_equal(import("{\"key\":{" EC_KEY "}}"), 409);
    assert_int_equal(drive.asks, 0);
}

/* ---------------------------------------------------------------- transported keys */

static char kek_kid[512];
static struct buf kek_n;

/* A key-exchange key, and its modulus. */
static void
make_kek(const char *key_ops)
{
    char body[256];

    world.vault->premium = true;
    (void)snprintf(body, sizeof(body), "{\"kty\":\"RSA-HSM\",\"key_ops\":%s}", key_ops);
    make_key("kek", body);
    (void)snprintf(kek_kid, sizeof(kek_kid), "%s", drive_member("kid"));
    buf_clear(&kek_n);
    assert_int_equal(b64url_get(span_str(drive_member("n")), sink_buf(&kek_n)), ERR_OK);
}

/* The EC key of the RFC as a .byok file, in base64url, in a body. */
static const char *
byok_body(const char *kid, const char *alg, const char *enc, const char *schema)
{
    static char text[16 * 1024];
    static const uint8_t e[] = { 1, 0, 1 };
    struct key_public kek = {
        .type = KEY_RSA, .bits = 2048, .n = buf_span(&kek_n), .e = span_of(e, sizeof(e))
    };
    struct key_spec spec = { .type = KEY_EC, .curve = CURVE_P256 };
    struct buf ciphertext, blob;
    struct secbuf plain;
    struct key *k;

    secbuf_init(&plain, 4096);
    buf_init(&ciphertext, 4096);
    buf_init(&blob, 16 * 1024);
    assert_int_equal(key_new(&spec, &k), ERR_OK);
    assert_int_equal(key_put_plain(k, &plain), ERR_OK);
    assert_int_equal(
        key_transport_wrap(TRANSPORT_CKM_RSA_AES, &kek, secbuf_span(&plain), &ciphertext),
        ERR_OK);
    buf_put_fmt(&blob,
                "{\"schema_version\":\"%s\",\"header\":{\"kid\":\"%s\",\"alg\":\"%s\",\"enc\":"
                "\"%s\"},\"ciphertext\":\"",
                schema, kid, alg, enc);
    b64url_put(sink_buf(&blob), buf_span(&ciphertext));
    buf_put_str(&blob, "\",\"generator\":\"a test\"}");
    key_free(k);
    secbuf_release(&plain);
    buf_release(&ciphertext);
    buf_init(&ciphertext, 16 * 1024);
    b64url_put(sink_buf(&ciphertext), buf_span(&blob));
    (void)snprintf(text, sizeof(text),
                   "{\"key\":{\"kty\":\"EC-HSM\",\"crv\":\"P-256\",\"key_hsm\":\"%s\"}}",
                   buf_str(&ciphertext));
    buf_release(&ciphertext);
    buf_release(&blob);
    return text;
}

static const char *
good_body(void)
{
    return byok_body(kek_kid, "dir", "CKM_RSA_AES_KEY_WRAP", "1.0.0");
}

static void
transported_key_arrives(void **state)
{
    (void)state;
    make_kek("[\"import\"]");
    assert_int_equal(import(good_body()), 200);
    assert_string_equal(drive_member("kty"), "EC-HSM");
    assert_string_equal(drive_member("crv"), "P-256");
    assert_int_equal(drive_request(HTTP_POST, "/keys/k/sign",
                                   "{\"alg\":\"ES256\",\"value\":"
                                   "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}"),
                     200);
}

static void
key_exchange_key_must_be_one_of_this_vault(void **state)
{
    char kid[512];

    (void)state;
    make_kek("[\"import\"]");
    assert_refused(import(byok_body("nonsense", "dir", "CKM_RSA_AES_KEY_WRAP", "1.0.0")), 400,
                   NULL, "The BYOK blob names no key of this vault.");
    (void)snprintf(kid, sizeof(kid), "https://other.vault.keyhold.localhost:8443%s",
                   strstr(kek_kid, "/keys/"));
    assert_refused(import(byok_body(kid, "dir", "CKM_RSA_AES_KEY_WRAP", "1.0.0")), 400, NULL,
                   "The BYOK blob names no key of this vault.");
    (void)snprintf(kid, sizeof(kid), HOST "/keys/kek/0123456789abcdef0123456789abcdef");
    assert_refused(import(byok_body(kid, "dir", "CKM_RSA_AES_KEY_WRAP", "1.0.0")), 400, NULL,
                   "The BYOK blob names a key that was not found in this vault.");
    assert_int_equal(
        drive_request(HTTP_PATCH, "/keys/kek/", "{\"attributes\":{\"enabled\":false}}"), 200);
    assert_refused(import(good_body()), 403, "KeyDisabled",
                   "Operation import is not allowed on a disabled key.");
    make_kek("[\"unwrapKey\"]");
    assert_refused(import(good_body()), 400, NULL,
                   "The BYOK blob names a key that is not for import alone.");
}

static void
blob_must_be_what_azure_describes(void **state)
{
    (void)state;
    make_kek("[\"import\"]");
    assert_refused(import(byok_body(kek_kid, "RSA-OAEP", "CKM_RSA_AES_KEY_WRAP", "1.0.0")), 400,
                   NULL, "The BYOK blob has a missing or invalid 'header.alg'.");
    assert_refused(import(byok_body(kek_kid, "dir", "A256GCM", "1.0.0")), 400, NULL,
                   "The BYOK blob has a missing or invalid 'header.enc'.");
    assert_refused(import(byok_body(kek_kid, "dir", "CKM_RSA_AES_KEY_WRAP", "2.0")), 400, NULL,
                   "The BYOK blob has a missing or invalid 'schema_version'.");
    assert_refused(import("{\"key\":{\"kty\":\"EC-HSM\",\"key_hsm\":\"AAAA\"}}"), 400, NULL,
                   "The BYOK blob has a missing or invalid 'JSON'.");
    assert_refused(import("{\"key\":{\"kty\":\"EC-HSM\",\"key_hsm\":\"e30\"}}"), 400, NULL,
                   "The BYOK blob has a missing or invalid 'schema_version'.");
    assert_refused(import("{\"key\":{\"kty\":\"EC-HSM\",\"key_hsm\":\"\"}}"), 400, NULL,
                   BAD_BODY);
    assert_int_equal(drive.asks, 0);
}

static void
what_another_key_wrapped_is_one_answer(void **state)
{
    const char *body;

    (void)state;
    make_kek("[\"import\"]");
    body = good_body();
    make_kek("[\"import\"]");
    /* The kid of the old version, and its key: fine. */
    assert_int_equal(import(body), 200);
    /* The kid of another key than the one that wrapped it. */
    buf_clear(&kek_n);
    assert_int_equal(
        b64url_get(
            span_str("0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1R"
                     "K7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9"
                     "yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZg"
                     "nYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6We"
                     "Zu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDK"
                     "gw"),
            sink_buf(&kek_n)),
        ERR_OK);
    assert_refused(import(good_body()), 400, NULL, BAD_DATA);
}

static void
key_exchange_key_does_nothing_else(void **state)
{
    (void)state;
    make_kek("[\"import\"]");
    assert_refused(drive_request(HTTP_POST, "/keys/kek/unwrapkey",
                                 "{\"alg\":\"RSA-OAEP\",\"value\":\"AA\"}"),
                   403, "KeyOperationForbidden",
                   "Operation unwrapKey is not permitted on this key.");
    assert_int_equal(drive_request(HTTP_POST, "/keys/x/create",
                                   "{\"kty\":\"RSA-HSM\",\"key_ops\":[\"import\",\"sign\"]}"),
                     400);
}

static void
key_exchange_key_is_one_from_the_beginning(void **state)
{
    static const char text[] = "Key operation \\\"import\\\" cannot be given to a key or taken "
                               "from it later.";

    (void)state;
    make_kek("[\"import\"]");
    assert_refused(drive_request(HTTP_PATCH, "/keys/kek/", "{\"key_ops\":[\"decrypt\"]}"), 400,
                   NULL, text);
    assert_int_equal(drive_request(HTTP_PATCH, "/keys/kek/",
                                   "{\"key_ops\":[\"import\"],\"tags\":{\"a\":\"b\"}}"),
                     200);
    make_key("reads", "{\"kty\":\"RSA-HSM\",\"key_ops\":[\"decrypt\"]}");
    assert_refused(drive_request(HTTP_PATCH, "/keys/reads/", "{\"key_ops\":[\"import\"]}"), 400,
                   NULL, text);
}

/* ---------------------------------------------------------------- release policies */

/* {"anyOf":[{"allOf":[{"claim":"a","equals":1}],"authority":"https://a/"}],"version":"1.0.0"}
 */
#define POLICY_SENT                                                                            \
    "eyJhbnlPZiI6W3siYWxsT2YiOlt7ImNsYWltIjoiYSIsImVxdWFscyI6MX1dLCJhdXRob3JpdHkiOiJodHRwczov" \
    "L2EvIn1dLCJ2ZXJzaW9uIjoiMS4wLjAifQ"
/* {"version":"1.0.0","anyOf":[{"authority":"https://a/","allOf":[{"claim":"a","equals":1}]}]}
 */
#define POLICY_KEPT                                                                            \
    "eyJ2ZXJzaW9uIjoiMS4wLjAiLCJhbnlPZiI6W3siYXV0aG9yaXR5IjoiaHR0cHM6Ly9hLyIsImFsbE9mIjpbeyJj" \
    "bGFpbSI6ImEiLCJlcXVhbHMiOjF9XX1dfQ"

static void
release_policy_is_kept_in_canonical_form(void **state)
{
    (void)state;
    world.vault->premium = true;
    make_key("k", "{\"kty\":\"EC-HSM\",\"key_ops\":[\"sign\",\"export\"],\"attributes\":{"
                  "\"exportable\":true},\"release_policy\":{\"data\":\"" POLICY_SENT "\"}}");
    assert_non_null(strstr(drive_body(), "\"exportable\":true"));
    assert_non_null(strstr(
        drive_body(), "\"release_policy\":{\"contentType\":\"application/json; charset=utf-8\","
                      "\"data\":\"" POLICY_KEPT "\",\"immutable\":false}}"));
    assert_int_equal(drive_request(HTTP_GET, "/keys/k", NULL), 200);
    assert_non_null(strstr(drive_body(), POLICY_KEPT));
    assert_int_equal(drive_request(HTTP_GET, "/keys/k?api-version=7.2", NULL), 200);
    assert_null(strstr(drive_body(), "release_policy"));
}

static void
immutable_policy_stays(void **state)
{
    (void)state;
    world.vault->premium = true;
    make_key("k",
             "{\"kty\":\"EC-HSM\",\"attributes\":{\"exportable\":true},\"release_policy\":{"
             "\"data\":\"" POLICY_SENT "\"}}");
    assert_int_equal(drive_request(HTTP_PATCH, "/keys/k/",
                                   "{\"release_policy\":{\"contentType\":\"a/b\",\"immutable\":"
                                   "true,\"data\":\"" POLICY_SENT "\"}}"),
                     200);
    assert_non_null(strstr(drive_body(), "\"contentType\":\"a/b\""));
    assert_non_null(strstr(drive_body(), "\"immutable\":true"));
    assert_refused(drive_request(HTTP_PATCH, "/keys/k/",
                                 "{\"release_policy\":{\"data\":\"" POLICY_SENT "\"}}"),
                   400, NULL, "AKV.SKR.1020: Immutable Key Release Policy cannot be modified.");
    import_ec("e");
    assert_refused(drive_request(HTTP_PATCH, "/keys/e/",
                                 "{\"release_policy\":{\"data\":\"" POLICY_SENT "\"}}"),
                   400, NULL,
                   "AKV.SKR.1005: Non-exportable keys must not have release policy.");
}

static int
open_all(void **state)
{
    buf_init(&kek_n, 1024);
    return drive_open(state);
}

static int
close_all(void **state)
{
    buf_release(&kek_n);
    return drive_close(state);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        D(parts_that_are_missing_or_wrong),
        D(parts_longer_than_any_key_has_are_not_asked_for),
        D(sizes_and_types_are_those_of_create),
        D(hsm_flag_makes_the_type),
        D(deleted_name_is_taken),
        D(transported_key_arrives),
        D(key_exchange_key_must_be_one_of_this_vault),
        D(blob_must_be_what_azure_describes),
        D(what_another_key_wrapped_is_one_answer),
        D(key_exchange_key_does_nothing_else),
        D(key_exchange_key_is_one_from_the_beginning),
        D(release_policy_is_kept_in_canonical_form),
        D(immutable_policy_stays),
    };

    return cmocka_run_group_tests_name("api/key_import", tests, open_all, close_all);
}
