/* SPDX-License-Identifier: Apache-2.0 */
/* The operations on secrets, byte for byte as data-plane.md B and E have them. */
#include "base/clock.h"
#include "drive.h"

#define HOST "https://contoso.vault.keyhold.localhost:8443"

/* Compares the answer with a text in which %V stands for the last version, %T for the time. */
static char version[HEX32_LEN + 1];
static char now[24];

static void
assert_body(const char *want)
{
    char text[8192];
    size_t n = 0;

    for (const char *p = want; *p != '\0'; p++) {
        const char *put = p[0] == '%' && p[1] == 'V'   ? version
                          : p[0] == '%' && p[1] == 'T' ? now
                                                       : NULL;

        assert_true(n + 64 < sizeof(text));
        if (put == NULL) {
            text[n++] = *p;
            continue;
        }
        memcpy(text + n, put, strlen(put));
        n += strlen(put);
        p++;
    }
    text[n] = '\0';
    assert_string_equal(drive_body(), text);
}

/* Sets a secret and remembers its version and time. */
static void
set(const char *name, const char *body)
{
    char target[512];
    const char *id, *created;

    (void)snprintf(target, sizeof(target), "/secrets/%s", name);
    assert_int_equal(drive_request(HTTP_PUT, target, body), 200);
    id = drive_member("id");
    assert_true(strlen(id) > HEX32_LEN);
    memcpy(version, id + strlen(id) - HEX32_LEN, sizeof(version));
    created = strstr(drive_body(), "\"created\":");
    assert_non_null(created);
    (void)snprintf(now, sizeof(now), "%.10s", created + 10);
}

static const char *
path(const char *format, const char *arg)
{
    static char text[1024];
    const char *mark = strchr(format, '%');

    (void)snprintf(text, sizeof(text), "%.*s%s%s", (int)(mark - format), format, arg, mark + 2);
    return text;
}

#define ATTRS                                                                                  \
    "\"created\":%T,\"updated\":%T,\"recoveryLevel\":\"Recoverable+Purgeable\","               \
    "\"recoverableDays\":90}"

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
disabled_secret_is_not_read_but_can_be_enabled(void **state)
{
    (void)state;
    set("db", "{\"value\":\"x\",\"attributes\":{\"enabled\":false}}");
    assert_int_equal(drive_request(HTTP_GET, "/secrets/db", NULL), 403);
    assert_body(
        "{\"error\":{\"code\":\"Forbidden\",\"message\":\"Operation get is not allowed on a "
        "disabled secret.\",\"innererror\":{\"code\":\"SecretDisabled\"}}}");
    assert_int_equal(drive.asks, 0);
    assert_int_equal(drive_request(HTTP_GET, "/secrets", NULL), 200);
    assert_non_null(strstr(drive_body(), "\"enabled\":false"));
    assert_int_equal(
        drive_request(HTTP_PATCH, "/secrets/db/", "{\"attributes\":{\"enabled\":true}}"), 200);
    assert_null(strstr(drive_body(), "value"));
    assert_int_equal(drive_request(HTTP_GET, "/secrets/db", NULL), 200);
    set("db", "{\"value\":\"x\",\"attributes\":{\"enabled\":false}}");
    assert_int_equal(drive_request(HTTP_DELETE, "/secrets/db", NULL), 200);
    assert_int_equal(drive_request(HTTP_GET, "/deletedsecrets/db", NULL), 403);
    assert_int_equal(drive_request(HTTP_POST, "/deletedsecrets/db/recover", NULL), 200);
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
deleted_bundle_has_the_recorded_members(void **state)
{
    char want[4096], purge_date[24];

    (void)state;
    set("Db", "{\"value\":\"x\",\"contentType\":\"t\",\"tags\":{\"a\":\"b\"}}");
    clock_set_offset(clock_offset() + 100);
    assert_int_equal(drive_request(HTTP_DELETE, "/secrets/db", NULL), 200);
    (void)snprintf(purge_date, sizeof(purge_date), "%lld",
                   strtoll(strstr(drive_body(), "deletedDate") + 13, NULL, 10) + 90 * 86400);
    (void)snprintf(want, sizeof(want),
                   "{\"recoveryId\":\"" HOST "/deletedsecrets/Db\",\"deletedDate\":%.10s,"
                   "\"scheduledPurgeDate\":%s,\"id\":\"" HOST
                   "/secrets/Db/%%V\",\"attributes\":{\"enabled\":true,\"created\":%%T,"
                   "\"updated\":%%T,\"recoveryLevel\":\"Recoverable+Purgeable\","
                   "\"recoverableDays\":90},\"contentType\":\"t\",\"tags\":{\"a\":\"b\"}}",
                   strstr(drive_body(), "deletedDate") + 13, purge_date);
    assert_body(want);
    assert_int_equal(drive_request(HTTP_GET, "/deletedsecrets/DB", NULL), 200);
    assert_body(want);
    clock_set_offset(0);
}

static void
deleted_secret_is_hidden_from_the_live_path(void **state)
{
    (void)state;
    set("db", "{\"value\":\"x\"}");
    assert_int_equal(drive_request(HTTP_DELETE, "/secrets/db", NULL), 200);
    assert_int_equal(drive_request(HTTP_GET, "/secrets/db", NULL), 404);
    assert_int_equal(drive_request(HTTP_PATCH, "/secrets/db", "{}"), 404);
    assert_int_equal(drive_request(HTTP_DELETE, "/secrets/db", NULL), 404);
    assert_int_equal(drive_request(HTTP_POST, "/secrets/db/backup", NULL), 404);
    assert_int_equal(drive_request(HTTP_GET, "/secrets/db/versions", NULL), 200);
    assert_body("{\"value\":[],\"nextLink\":null}");
    assert_int_equal(drive_request(HTTP_PUT, "/secrets/DB", "{\"value\":\"x\"}"), 409);
    assert_body(
        "{\"error\":{\"code\":\"Conflict\",\"message\":\"Secret DB is currently in a "
        "deleted but recoverable state, and its name cannot be reused; in this state, the "
        "secret can only be recovered or purged.\",\"innererror\":{\"code\":"
        "\"ObjectIsDeletedButRecoverable\"}}}");
    assert_int_equal(drive.asks, 0);
}

static void
recover_and_purge_end_the_deletion(void **state)
{
    (void)state;
    set("db", "{\"value\":\"x\"}");
    assert_int_equal(drive_request(HTTP_DELETE, "/secrets/db", NULL), 200);
    assert_int_equal(drive_request(HTTP_POST, "/deletedsecrets/db/recover", NULL), 200);
    assert_body("{\"id\":\"" HOST "/secrets/db/%V\",\"attributes\":{\"enabled\":true," ATTRS
                "}");
    assert_int_equal(drive_request(HTTP_GET, "/secrets/db", NULL), 200);
    assert_int_equal(drive_request(HTTP_DELETE, "/secrets/db", NULL), 200);
    assert_int_equal(drive_request(HTTP_DELETE, "/deletedsecrets/db", NULL), 204);
    assert_string_equal(drive_body(), "");
    assert_string_equal(drive_header("Content-Type"), "");
    assert_string_equal(drive.x.note.object_url, HOST "/deletedsecrets/db");
    assert_int_equal(world_rows("s"), 0);
}

static void
unknown_deleted_secret_has_its_own_text(void **state)
{
    static const enum http_method methods[] = { HTTP_GET, HTTP_DELETE };

    (void)state;
    set("db", "{\"value\":\"x\"}");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(drive_request(methods[i], "/deletedsecrets/db", NULL), 404);
        assert_body("{\"error\":{\"code\":\"SecretNotFound\",\"message\":\"Deleted Secret not "
                    "found: db\"}}");
    }
    assert_int_equal(drive_request(HTTP_POST, "/deletedsecrets/db/recover", NULL), 404);
    assert_body(
        "{\"error\":{\"code\":\"SecretNotFound\",\"message\":\"Deleted Secret not found: "
        "db\"}}");
}

static void
purge_protection_is_told(void **state)
{
    (void)state;
    world_add_vault("safe", WORLD_SUBSCRIPTION, 7, true);
    set("db", "{\"value\":\"x\"}");
    assert_string_equal(drive_member("recoveryLevel"), "CustomizedRecoverable");
    assert_int_equal(drive_request(HTTP_DELETE, "/secrets/db", NULL), 200);
    assert_int_equal(drive_request(HTTP_DELETE, "/deletedsecrets/db", NULL), 403);
    assert_body(
        "{\"error\":{\"code\":\"Forbidden\",\"message\":\"Operation \\\"purge\\\" is not "
        "allowed because purge protection is enabled for this vault. Key Vault service "
        "will automatically purge it after the retention period has passed.\\r\\nVault: "
        "safe;location=local\"}}");
}

static void
lists_show_what_describes_the_current_version(void **state)
{
    (void)state;
    assert_int_equal(drive_request(HTTP_GET, "/secrets", NULL), 200);
    assert_body("{\"value\":[],\"nextLink\":null}");
    set("Db", "{\"value\":\"x\",\"contentType\":\"t\",\"tags\":{\"a\":\"b\"}}");
    assert_int_equal(drive_request(HTTP_GET, "/secrets", NULL), 200);
    assert_body("{\"value\":[{\"contentType\":\"t\",\"id\":\"" HOST
                "/secrets/Db\",\"attributes\":{\"enabled\":true," ATTRS
                ",\"tags\":{\"a\":\"b\"}}],\"nextLink\":null}");
    assert_int_equal(drive_request(HTTP_GET, "/secrets/db/versions", NULL), 200);
    assert_body("{\"value\":[{\"contentType\":\"t\",\"id\":\"" HOST
                "/secrets/Db/%V\",\"attributes\":{\"enabled\":true," ATTRS
                ",\"tags\":{\"a\":\"b\"}}],\"nextLink\":null}");
    assert_int_equal(drive_request(HTTP_DELETE, "/secrets/db", NULL), 200);
    assert_int_equal(drive_request(HTTP_GET, "/deletedsecrets", NULL), 200);
    assert_true(
        span_has_prefix(span_str(drive_body()),
                        span_str("{\"value\":[{\"contentType\":\"t\",\"recoveryId\":\"" HOST
                                 "/deletedsecrets/Db\",\"deletedDate\":")));
    assert_int_equal(drive_request(HTTP_GET, "/secrets/nope/versions", NULL), 200);
    assert_body("{\"value\":[],\"nextLink\":null}");
}

/* Follows nextLink from target to the end; how many items came, and pages. */
static unsigned
follow(const char *target, unsigned *pages)
{
    char next[4096];
    unsigned items = 0;

    (void)snprintf(next, sizeof(next), "%s", target);
    for (*pages = 0; next[0] != '\0'; ++*pages) {
        const char *link, *at;

        assert_int_equal(drive_request(HTTP_GET, next, NULL), 200);
        for (at = strstr(drive_body(), "\"id\":"); at != NULL; at = strstr(at + 1, "\"id\":"))
            items++;
        link = drive_member("nextLink");
        if (link[0] != '\0')
            assert_true(span_has_prefix(span_str(link), span_str(HOST "/")));
        (void)snprintf(next, sizeof(next), "%s", link[0] == '\0' ? "" : link + strlen(HOST));
    }
    return items;
}

static void
next_links_lead_through_all_pages(void **state)
{
    char name[16];
    unsigned pages;

    (void)state;
    for (int i = 0; i < 30; i++) {
        (void)snprintf(name, sizeof(name), "s%d", i);
        set(name, "{\"value\":\"x\"}");
        set("many", "{\"value\":\"x\"}");
    }
    assert_int_equal(follow("/secrets", &pages), 31);
    assert_int_equal(pages, 2);
    assert_int_equal(follow("/secrets?maxresults=7&api-version=7.3", &pages), 31);
    assert_int_equal(pages, 5);
    assert_int_equal(follow("/secrets/Many/versions?maxresults=10", &pages), 30);
    assert_int_equal(pages, 3);
    assert_int_equal(drive_request(HTTP_GET, "/secrets?maxresults=7&api-version=7.3", NULL),
                     200);
    assert_non_null(strstr(drive_member("nextLink"), "/secrets?api-version=7.3&$skiptoken="));
    assert_non_null(strstr(drive_member("nextLink"), "&maxresults=7"));
}

static void
bad_page_parameters_are_refused(void **state)
{
    static const char *const bad[] = { "maxresults=0",
                                       "maxresults=26",
                                       "maxresults=-1",
                                       "maxresults=",
                                       "maxresults=x",
                                       "maxresults=1.5",
                                       "maxresults=99999999999999999999",
                                       "$skiptoken=x",
                                       "$skiptoken=AAAA",
                                       "$skiptoken=AUFBQUFBQUFBQUFBQUFBQUFBQUFBQQ" };
    char target[512];

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        (void)snprintf(target, sizeof(target), "/secrets?%s", bad[i]);
        assert_int_equal(drive_request(HTTP_GET, target, NULL), 400);
        assert_string_equal(drive_member("code"), "BadParameter");
    }
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
backup_and_restore_go_round(void **state)
{
    char body[8192];
    unsigned asks;

    (void)state;
    set("Db", "{\"value\":\"1\",\"tags\":{\"a\":\"b\"}}");
    set("db", "{\"value\":\"2\"}");
    assert_int_equal(drive_request(HTTP_POST, "/secrets/db/backup", NULL), 200);
    assert_int_equal(drive.asks, 3); /* the key, two versions */
    assert_string_equal(drive.x.note.object_url, HOST "/secrets/db");
    assert_int_equal(drive_request(HTTP_POST, "/secrets/db/backup", "{}"), 200);
    asks = drive.asks;
    assert_int_equal(asks, 2);
    (void)snprintf(body, sizeof(body), "%s", drive_body());
    assert_int_equal(drive_request(HTTP_POST, "/secrets/restore", body), 409);
    assert_body(
        "{\"error\":{\"code\":\"Conflict\",\"message\":\"There was a conflict restoring the "
        "secret '" HOST "/secrets/Db/%V'. This can happen if either: a second secret with "
        "the same name was created after the first secret was deleted; thus trying to "
        "restore a secret whose name is already in use. To fix this, rename the second "
        "secret to something else so that the restore works. The second probable cause of "
        "this exception is when multiple operations are performed in parallel against the "
        "secret. To avoid this error, perform operations against a secret in a sequential "
        "manner.\"}}");
    assert_int_equal(drive_request(HTTP_DELETE, "/secrets/db", NULL), 200);
    assert_int_equal(drive_request(HTTP_POST, "/secrets/restore", body), 409);
    assert_string_equal(drive_member("code"), "Conflict");
    assert_non_null(strstr(drive_body(), "ObjectIsDeletedButRecoverable"));
    assert_non_null(strstr(drive_body(), "Secret Db is currently"));
    assert_int_equal(drive_request(HTTP_DELETE, "/deletedsecrets/db", NULL), 204);
    assert_int_equal(drive_request(HTTP_POST, "/secrets/restore", body), 200);
    assert_body("{\"id\":\"" HOST "/secrets/Db/%V\",\"attributes\":{\"enabled\":true," ATTRS
                "}");
    assert_int_equal(drive_request(HTTP_GET, "/secrets/db", NULL), 200);
    assert_string_equal(drive_member("value"), "2");
}

static void
restore_refuses_what_is_not_ours(void **state)
{
    static const char *const unbound[] = {
        "",           "{}", "{\"value\":5}", "{\"value\":\"!!!\"}", "{\"value\":\"AAA=AAA\"}",
        "[\"value\"]"
    };
    static const char *const foreign[] = { "{\"value\":\"\"}", "{\"value\":\"AAAA\"}",
                                           " { \"value\" : \"JktleWhvbGQ\" } ",
                                           "{\"a\":1,\"value\":\"A\\u0041AA\"}" };

    (void)state;
    for (size_t i = 0; i < sizeof(unbound) / sizeof(unbound[0]); i++) {
        assert_int_equal(drive_request(HTTP_POST, "/secrets/restore", unbound[i]), 400);
        assert_non_null(strstr(drive_body(), "Property  has invalid value\\r\\n"));
    }
    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
        assert_int_equal(drive_request(HTTP_POST, "/secrets/restore", foreign[i]), 400);
        assert_non_null(strstr(drive_body(), "The backup blob is damaged"));
        assert_int_equal(drive.asks, 0);
    }
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
damage_and_rollback_serve_nothing(void **state)
{
    struct row_key k;
    struct span old;
    struct buf raw;

    (void)state;
    set("db", "{\"value\":\"canary\"}");
    raw = world_raw(row_key_make(&k, "sv", world.vault->id.text, "DB", version, NULL));
    assert_int_equal(drive_request(HTTP_PATCH, "/secrets/db", "{}"), 200);
    old = buf_span(&raw);
    world_tamper(span_of(k.text, k.len), &old);
    assert_int_equal(drive_request(HTTP_GET, "/secrets/db", NULL), 500);
    assert_body("{\"error\":{\"code\":\"InternalServerError\",\"message\":\"An error occurred "
                "while processing the request.\"}}");
    raw.ptr[3] ^= 1;
    world_tamper(span_of(k.text, k.len), &old);
    assert_int_equal(drive_request(HTTP_GET, "/secrets", NULL), 500);
    assert_null(strstr(drive_body(), "canary"));
    buf_release(&raw);
}

static void
keeper_failures_are_ours_not_the_clients(void **state)
{
    static const struct {
        enum err e;
        unsigned status;
    } rows[] = { { ERR_UNAVAILABLE, 503 }, { ERR_SEALED, 503 }, { ERR_NOMEM, 503 },
                 { ERR_INTEGRITY, 500 },   { ERR_DENIED, 500 }, { ERR_ARG, 500 },
                 { ERR_PROTOCOL, 500 },    { ERR_CRYPTO, 500 }, { ERR_WRONG_KEY, 500 } };

    (void)state;
    set("db", "{\"value\":\"x\"}");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        drive.keeper_fails = rows[i].e;
        assert_int_equal(drive_request(HTTP_GET, "/secrets/db", NULL), rows[i].status);
        assert_string_equal(drive_header("Retry-After"), rows[i].status == 503 ? "1" : "");
        assert_int_equal(drive_request(HTTP_PUT, "/secrets/x", "{\"value\":\"\"}"),
                         rows[i].status);
        assert_int_equal(drive_request(HTTP_POST, "/secrets/db/backup", NULL), rows[i].status);
    }
    assert_int_equal(world_rows("sn/"), 1);
    assert_int_equal(world_rows("k/"), 0);
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
        D(disabled_secret_is_not_read_but_can_be_enabled),
        D(update_merges_and_needs_a_body),
        D(deleted_bundle_has_the_recorded_members),
        D(deleted_secret_is_hidden_from_the_live_path),
        D(recover_and_purge_end_the_deletion),
        D(unknown_deleted_secret_has_its_own_text),
        D(purge_protection_is_told),
        D(lists_show_what_describes_the_current_version),
        D(next_links_lead_through_all_pages),
        D(bad_page_parameters_are_refused),
        D(conflict_is_retried_on_what_is_there_then),
        D(backup_and_restore_go_round),
        D(restore_refuses_what_is_not_ours),
        D(out_content_type_has_two_values_from_2025_on),
        D(damage_and_rollback_serve_nothing),
        D(keeper_failures_are_ours_not_the_clients),
        D(audit_note_names_the_version_and_no_value),
        D(health_probe_needs_nothing),
    };

    return cmocka_run_group_tests_name("api/secrets", tests, drive_open, drive_close);
}
