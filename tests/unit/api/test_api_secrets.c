/* SPDX-License-Identifier: Apache-2.0 */
/* Setting and reading secrets, byte for byte as data-plane.md B has it. */
#include "secret_drive.h"

static void
set_and_get_answer_the_recorded_members(void **state)
{
    (void)state;
    set("Db", "{\"value\":\"hunter2\"}");
    assert_body("{\"value\":\"hunter2\",\"id\":\"" HOST
                "/secrets/Db/%V\",\"attributes\":{\"enabled\":true," ATTRS "}");
    assert_string_equal(drive_header("Content-Type"), "application/json; charset=utf-8");
    assert_int_equal(drive_request(HTTP_GET, "/secrets/dB/", NULL), 200);
    assert_body("{\"value\":\"hunter2\",\"id\":\"" HOST
                "/secrets/Db/%V\",\"attributes\":{\"enabled\":true," ATTRS "}");
    assert_int_equal(drive.asks, 1);
}

static void
all_members_stand_in_order(void **state)
{
    (void)state;
    set("db",
        "{\"value\":\"x\",\"contentType\":\"text/plain\",\"tags\":{\"a\":\"b\"},"
        "\"attributes\":{\"exp\":32503680000,\"nbf\":5,\"enabled\":true},\"unknown\":[1]}");
    assert_int_equal(drive_request(HTTP_GET, path("/secrets/db/%s", version), NULL), 200);
    assert_body("{\"value\":\"x\",\"contentType\":\"text/plain\",\"id\":\"" HOST
                "/secrets/db/%V\",\"attributes\":{\"enabled\":true,\"nbf\":5,"
                "\"exp\":32503680000," ATTRS ",\"tags\":{\"a\":\"b\"}}");
}

static void
older_api_versions_leave_newer_members_out(void **state)
{
    char first[HEX32_LEN + 1];

    (void)state;
    set("db", "{\"value\":\"1\"}");
    memcpy(first, version, sizeof(first));
    set("db", "{\"value\":\"2\"}");
    assert_int_equal(drive_request(HTTP_GET, "/secrets/db?api-version=7.0", NULL), 200);
    assert_string_equal(drive_member("recoveryLevel"), "Recoverable+Purgeable");
    assert_null(strstr(drive_body(), "recoverableDays"));
    assert_null(strstr(drive_body(), "previousVersion"));
    assert_int_equal(drive_request(HTTP_GET, "/secrets/db?api-version=2015-06-01", NULL), 200);
    assert_null(strstr(drive_body(), "recovery"));
    assert_int_equal(drive_request(HTTP_GET, "/secrets/db?api-version=7.6", NULL), 200);
    assert_null(strstr(drive_body(), "previousVersion"));
    assert_int_equal(drive_request(HTTP_GET, "/secrets/db?api-version=2025-07-01", NULL), 200);
    assert_string_equal(drive_member("previousVersion"), first);
    assert_int_equal(
        drive_request(HTTP_GET, path("/secrets/db/%s?api-version=2026-04-01", first), NULL),
        200);
    assert_null(strstr(drive_body(), "previousVersion"));
}

static void
ids_have_no_port_443_and_next_links_do(void **state)
{
    (void)state;
    drive.req.port = 443;
    set("a", "{\"value\":\"1\"}");
    assert_string_equal(drive_member("id"),
                        path("https://contoso.vault.keyhold.localhost/secrets/a/%s", version));
    set("b", "{\"value\":\"1\"}");
    assert_int_equal(drive_request(HTTP_GET, "/secrets?maxresults=1", NULL), 200);
    assert_true(span_has_prefix(span_str(drive_member("nextLink")),
                                span_str("https://contoso.vault.keyhold.localhost:443/"
                                         "secrets?api-version=7.6&$skiptoken=")));
}

static void
not_found_names_what_was_asked(void **state)
{
    (void)state;
    assert_int_equal(drive_request(HTTP_GET, "/secrets/No-Pe", NULL), 404);
    assert_body(
        "{\"error\":{\"code\":\"SecretNotFound\",\"message\":\"A secret with (name/id) "
        "No-Pe was not found in this key vault. If you recently deleted this secret you "
        "may be able to recover it using the correct recovery command. For help resolving "
        "this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182\"}}");
    assert_int_equal(
        drive_request(HTTP_GET, "/secrets/db/0123456789abcdef0123456789abcdef", NULL), 404);
    assert_non_null(
        strstr(drive_body(), "(name/id) db/0123456789abcdef0123456789abcdef was not found"));
    assert_int_equal(drive_request(HTTP_DELETE, "/secrets/db", NULL), 404);
    assert_int_equal(drive_request(HTTP_PATCH, "/secrets/db", "{}"), 404);
    assert_int_equal(drive_request(HTTP_POST, "/secrets/db/backup", NULL), 404);
}

static void
bad_names_and_operations_have_their_texts(void **state)
{
    (void)state;
    assert_int_equal(drive_request(HTTP_GET, "/secrets/bad_name", NULL), 400);
    assert_body(
        "{\"error\":{\"code\":\"BadParameter\",\"message\":\"The request URI contains an "
        "invalid name: bad_name\"}}");
    assert_int_equal(drive_request(HTTP_PUT, "/secrets/bad_name", "{\"value\":\"\"}"), 400);
    assert_int_equal(drive_request(HTTP_GET, "/secrets/db/latest", NULL), 400);
    assert_body("{\"error\":{\"code\":\"BadParameter\",\"message\":\"Method GET does not allow "
                "operation 'latest'\"}}");
    assert_int_equal(drive_request(HTTP_DELETE, "/secrets/db/purge", NULL), 400);
    assert_body(
        "{\"error\":{\"code\":\"BadParameter\",\"message\":\"Method DELETE does not allow "
        "operation 'purge'\"}}");
    assert_int_equal(drive_request(HTTP_GET, "/nothing/here", NULL), 404);
    assert_string_equal(drive_member("code"), "NotFound");
}

static void
bodies_that_do_not_bind_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "null",
        "[]",
        "\"x\"",
        "{}",
        "{\"value\":null}",
        "{\"value\":5}",
        "{\"value\":\"x\"",
        "{\"value\":\"x\"} y",
        "{\"value\":\"x\",\"value\":\"y\"}",
        "{\"value\":\"x\",\"contentType\":5}",
        "{\"value\":\"x\",\"tags\":[]}",
        "{\"value\":\"x\",\"tags\":{\"a\":5}}",
        "{\"value\":\"x\",\"tags\":{\"a\":null}}",
        "{\"value\":\"x\",\"attributes\":[]}",
        "{\"value\":\"x\",\"attributes\":{\"enabled\":1}}",
        "{\"value\":\"x\",\"attributes\":{\"exp\":\"5\"}}",
        "{\"value\":\"x\",\"attributes\":{\"exp\":1.5}}",
        "{\"value\":\"x\",\"attributes\":{\"nbf\":-1}}",
        "{\"value\":\"x\",\"tags\":{\"1\":\"\",\"2\":\"\",\"3\":\"\",\"4\":\"\",\"5\":\"\","
        "\"6\":\"\",\"7\":\"\",\"8\":\"\",\"9\":\"\",\"10\":\"\",\"11\":\"\",\"12\":\"\","
        "\"13\":\"\",\"14\":\"\",\"15\":\"\",\"16\":\"\"}}",
        "{\"value\":\"x\",\"d\":[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(drive_request(HTTP_PUT, "/secrets/db", bad[i]), 400);
        assert_body("{\"error\":{\"code\":\"BadParameter\",\"message\":\"Property  has invalid "
                    "value\\r\\n\"}}");
        assert_int_equal(drive.asks, 0);
    }
    assert_int_equal(world_rows("s"), 0);
    set("db", "{\"value\":\"x\",\"contentType\":null,\"tags\":null,\"attributes\":null}");
}

/* {"value":"<n times unit>"} */

static struct buf
long_value(size_t n, const char *unit)
{
    struct buf b;

    buf_init(&b, 1024 * 1024);
    buf_put_str(&b, "{\"value\":\"");
    for (size_t i = 0; i < n; i++)
        buf_put_str(&b, unit);
    buf_put_str(&b, "\"}");
    return b;
}

static void
value_of_25600_characters_is_the_longest(void **state)
{
    static const struct {
        size_t n;
        const char *unit;
        unsigned status;
    } rows[] = { { 25600, "x", 200 },
                 { 25601, "x", 400 },
                 { 25600, "\xe2\x82\xac", 200 },
                 { 12800, "\xf0\x9f\x98\x80", 200 },
                 { 12801, "\xf0\x9f\x98\x80", 400 } };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct buf b = long_value(rows[i].n, rows[i].unit);

        assert_int_equal(drive_request_span(HTTP_PUT, "/secrets/db", buf_span(&b)),
                         rows[i].status);
        if (rows[i].status == 400)
            assert_body(
                "{\"error\":{\"code\":\"BadParameter\",\"message\":\"Secret is beyond the "
                "maximum permitted length of 25600 characters.\",\"innererror\":{\"code\":"
                "\"SecretTooLarge\"}}}");
        buf_release(&b);
    }
}

static void
value_comes_back_whatever_it_holds(void **state)
{
    (void)state;
    set("db", "{\"value\":\"a\\u0000\\\"\\\\\\u001f\\ud83d\\ude00\\/\"}");
    assert_int_equal(drive_request(HTTP_GET, "/secrets/db", NULL), 200);
    assert_non_null(
        strstr(drive_body(), "{\"value\":\"a\\u0000\\\"\\\\\\u001f\xf0\x9f\x98\x80/\",\"id\""));
    set("db", "{\"value\":\"\"}");
    assert_int_equal(drive_request(HTTP_GET, "/secrets/db", NULL), 200);
    assert_non_null(strstr(drive_body(), "{\"value\":\"\",\"id\""));
}

static void
update_merges_and_needs_a_body(void **state)
{
    (void)state;
    set("db", "{\"value\":\"x\",\"tags\":{\"a\":\"b\"},\"attributes\":{\"nbf\":5}}");
    assert_int_equal(drive_request(HTTP_PATCH, path("/secrets/db/%s", version),
                                   "{\"contentType\":\"t\",\"attributes\":{\"exp\":9}}"),
                     200);
    assert_non_null(strstr(drive_body(), "\"nbf\":5,\"exp\":9,"));
    assert_string_equal(drive_member("contentType"), "t");
    assert_string_equal(drive_member("a"), "b");
    assert_int_equal(drive_request(HTTP_PATCH, "/secrets/db", "{\"tags\":{}}"), 200);
    assert_null(strstr(drive_body(), "tags"));
    assert_int_equal(drive_request(HTTP_PATCH, "/secrets/db", ""), 400);
    assert_int_equal(drive_request(HTTP_PATCH, "/secrets/db", "{\"tags\":5}"), 400);
    assert_int_equal(drive_request(HTTP_PATCH, "/secrets/db/nope", "{}"), 400);
    assert_body(
        "{\"error\":{\"code\":\"BadParameter\",\"message\":\"Method PATCH does not allow "
        "operation 'nope'\"}}");
}

static void
other_set(void)
{
    assert_int_equal(world_set("db", "other", NULL, WORLD_NOW, NULL), ERR_OK);
}

static void
conflict_is_retried_on_what_is_there_then(void **state)
{
    (void)state;
    drive.before_commit = other_set;
    assert_int_equal(
        drive_request(HTTP_PUT, "/secrets/DB?api-version=2025-07-01", "{\"value\":\"mine\"}"),
        200);
    assert_int_equal(drive.attempts, 2);
    assert_true(strlen(drive_member("previousVersion")) == HEX32_LEN);
    assert_non_null(strstr(drive_member("id"), "/secrets/db/")); /* the first spelling */
    assert_int_equal(world_rows("sv/"), 2);
    assert_int_equal(drive_request(HTTP_GET, "/secrets/db", NULL), 200);
    assert_string_equal(drive_member("value"), "mine");
}

static void
out_content_type_has_two_values_from_2025_on(void **state)
{
    (void)state;
    set("db", "{\"value\":\"x\",\"contentType\":\"t\"}");
    assert_int_equal(drive_request(HTTP_GET,
                                   "/secrets/db?api-version=2025-07-01&outContentType="
                                   "application/x-pem-file",
                                   NULL),
                     200);
    assert_string_equal(drive_member("contentType"), "t");
    assert_int_equal(
        drive_request(HTTP_GET, "/secrets/db?api-version=2025-07-01&outContentType=x", NULL),
        400);
    assert_string_equal(drive_member("code"), "BadParameter");
    assert_int_equal(
        drive_request(HTTP_GET, "/secrets/db?api-version=7.6&outContentType=x", NULL), 200);
}

static void
audit_note_names_the_version_and_no_value(void **state)
{
    (void)state;
    set("Db", "{\"value\":\"canary\",\"contentType\":\"a\\\"b\",\"attributes\":{\"exp\":9}}");
    assert_string_equal(drive.x.note.object_url, path(HOST "/secrets/Db/%s", version));
    assert_string_equal(drive.x.note.extra, "\"secretProperties\":{\"type\":\"a\\\"b\","
                                            "\"attributes\":{\"enabled\":true,\"exp\":9}}");
    assert_int_equal(drive_request(HTTP_GET, "/secrets/db", NULL), 200);
    assert_string_equal(drive.x.note.object_url, path(HOST "/secrets/Db/%s", version));
    assert_null(strstr(drive.x.note.extra, "canary"));
    assert_int_equal(drive_request(HTTP_GET, "/secrets/nope", NULL), 404);
    assert_string_equal(drive.x.note.object_url, HOST "/secrets/nope");
    assert_non_null(strstr(drive.message, "nope was not found"));
    assert_int_equal(drive_request(HTTP_GET, "/secrets", NULL), 200);
    assert_string_equal(drive.x.note.object_url, "");
}

static void
health_probe_needs_nothing(void **state)
{
    (void)state;
    assert_int_equal(drive_request(HTTP_GET, "/healthstatus", NULL), 200);
    assert_int_equal(drive.text.len, 4);
    assert_true(drive.x.note.skip);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        D(set_and_get_answer_the_recorded_members),
        D(all_members_stand_in_order),
        D(older_api_versions_leave_newer_members_out),
        D(ids_have_no_port_443_and_next_links_do),
        D(not_found_names_what_was_asked),
        D(bad_names_and_operations_have_their_texts),
        D(bodies_that_do_not_bind_are_refused),
        D(value_of_25600_characters_is_the_longest),
        D(value_comes_back_whatever_it_holds),
        D(update_merges_and_needs_a_body),
        D(conflict_is_retried_on_what_is_there_then),
        D(out_content_type_has_two_values_from_2025_on),
        D(audit_note_names_the_version_and_no_value),
        D(health_probe_needs_nothing),
    };

    return cmocka_run_group_tests_name("api/secrets", tests, drive_open, drive_close);
}
