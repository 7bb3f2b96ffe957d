/* SPDX-License-Identifier: Apache-2.0 */
/* Disabled, deleted and listed secrets, byte for byte as data-plane.md A13, B5, E have it. */
#include "base/clock.h"
#include "secret_drive.h"

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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        D(disabled_secret_is_not_read_but_can_be_enabled),
        D(deleted_bundle_has_the_recorded_members),
        D(deleted_secret_is_hidden_from_the_live_path),
        D(recover_and_purge_end_the_deletion),
        D(unknown_deleted_secret_has_its_own_text),
        D(purge_protection_is_told),
        D(lists_show_what_describes_the_current_version),
        D(next_links_lead_through_all_pages),
        D(bad_page_parameters_are_refused),
    };

    return cmocka_run_group_tests_name("api/secret_states", tests, drive_open, drive_close);
}
