/* SPDX-License-Identifier: Apache-2.0 */
/* Rotation policies as JSON, in and out (data-plane.md C10). */
#include "base/clock.h"
#include "key_drive.h"

static void
key_without_a_policy_has_azures_default(void **state)
{
    (void)state;
    make_key("K", "{\"kty\":\"EC\"}");
    assert_int_equal(drive_request(HTTP_GET, "/keys/k/rotationpolicy", NULL), 200);
    assert_body("{\"id\":\"" HOST "/keys/K/rotationpolicy\",\"lifetimeActions\":[{\"trigger\":{"
                "\"timeBeforeExpiry\":\"P30D\"},\"action\":{\"type\":\"Notify\"}}],"
                "\"attributes\":{}}");
    assert_int_equal(drive_request(HTTP_GET, "/keys/none/rotationpolicy", NULL), 404);
    assert_int_equal(drive_request(HTTP_PUT, "/keys/none/rotationpolicy", "{}"), 404);
    assert_int_equal(drive_request(HTTP_GET, "/keys/k/rotationpolicy?api-version=7.2", NULL),
                     400);
}

static void
put_replaces_and_adds_notify(void **state)
{
    const char *rotate =
        "{\"lifetimeActions\":[{\"trigger\":{\"timeBeforeExpiry\":\"P30D\",\"timeAfterCreate\":"
        "null},\"action\":{\"type\":\"rotate\"}}],\"attributes\":{\"expiryTime\":\"P90D\"}}";

    (void)state;
    make_key("k", "{\"kty\":\"EC\"}");
    assert_int_equal(drive_request(HTTP_PUT, "/keys/k/rotationpolicy", rotate), 200);
    assert_body(
        "{\"id\":\"" HOST "/keys/k/rotationpolicy\",\"lifetimeActions\":[{\"trigger\":{"
        "\"timeBeforeExpiry\":\"P30D\"},\"action\":{\"type\":\"Rotate\"}},{\"trigger\":{"
        "\"timeBeforeExpiry\":\"P30D\"},\"action\":{\"type\":\"Notify\"}}],"
        "\"attributes\":{\"expiryTime\":\"P90D\",\"created\":%T,\"updated\":%T}}");
    clock_set_offset(100);
    assert_int_equal(
        drive_request(HTTP_PUT, "/keys/k/rotationpolicy",
                      "{\"lifetimeActions\":[{\"trigger\":{\"timeBeforeExpiry\":"
                      "\"P30D\"},\"action\":{\"type\":\"Notify\"}}],\"attributes\":"
                      "{}}"),
        200);
    assert_null(strstr(drive_body(), "Rotate"));
    assert_null(strstr(drive_body(), "expiryTime"));
    assert_non_null(strstr(drive_body(), path("\"created\":%s,\"updated\":", now)));
    assert_null(strstr(drive_body(), path("\"updated\":%s", now)));
    assert_int_equal(drive_request(HTTP_GET, "/keys/k/rotationpolicy", NULL), 200);
    assert_null(strstr(drive_body(), "Rotate"));
    clock_set_offset(0);
}

static void
rotation_follows_the_policy(void **state)
{
    (void)state;
    make_key("k", "{\"kty\":\"EC\"}");
    assert_int_equal(drive_request(HTTP_PUT, "/keys/k/rotationpolicy",
                                   "{\"attributes\":{\"expiryTime\":\"P28D\"}}"),
                     200);
    assert_int_equal(drive_request(HTTP_POST, "/keys/k/rotate", NULL), 200);
    assert_non_null(strstr(drive_body(), "\"enabled\":true,\"exp\":"));
    assert_int_equal(strtoll(strstr(drive_body(), "\"exp\":") + 6, NULL, 10) -
                         strtoll(strstr(drive_body(), "\"created\":") + 10, NULL, 10),
                     28 * 86400);
}

static void
policies_that_azure_refuses(void **state)
{
#define ACTION(kind, trigger) "{\"trigger\":{" trigger "},\"action\":{\"type\":\"" kind "\"}}"
#define LIST(actions, more)   "{\"lifetimeActions\":[" actions "]" more "}"
#define YEAR                  ",\"attributes\":{\"expiryTime\":\"P1Y\"}"
    static const char *const bodies[] = {
        "",
        "[]",
        "{\"lifetimeActions\":7}",
        "{\"attributes\":[]}",
        "{\"attributes\":{\"expiryTime\":\"P27D\"}}",
        "{\"attributes\":{\"expiryTime\":\"P1DT1H\"}}",
        "{\"attributes\":{\"expiryTime\":30}}",
        "{\"attributes\":{\"expiryTime\":\"30 days\"}}",
        LIST("7", ""),
        LIST("{}", ""),
        LIST(ACTION("Explode", "\"timeBeforeExpiry\":\"P30D\""), YEAR),
        LIST(ACTION("Rotate", ""), YEAR),
        LIST(ACTION("Rotate", "\"timeAfterCreate\":\"P6D\""), YEAR),
        LIST(ACTION("Rotate", "\"timeBeforeExpiry\":\"P6D\""), YEAR),
        LIST(ACTION("Rotate", "\"timeBeforeExpiry\":\"P30D\""), ""),
        LIST(ACTION("Rotate", "\"timeAfterCreate\":\"P2Y\""), YEAR),
        LIST(ACTION("Rotate", "\"timeAfterCreate\":\"P90D\",\"timeBeforeExpiry\":\"P30D\""),
             YEAR),
        LIST(ACTION("Notify", "\"timeAfterCreate\":\"P30D\""), YEAR),
        LIST(ACTION("Rotate", "\"timeAfterCreate\":\"P90D\"") "," ACTION(
                 "Rotate", "\"timeAfterCreate\":\"P90D\""),
             YEAR),
    };

    (void)state;
    make_key("k", "{\"kty\":\"EC\"}");
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        unsigned status = drive_request(HTTP_PUT, "/keys/k/rotationpolicy", bodies[i]);

        if (status != 400)
            fail_msg("%s: %u", bodies[i], status);
        assert_non_null(strstr(drive_body(), "\"code\":\"BadParameter\""));
    }
    assert_int_equal(drive_request(HTTP_GET, "/keys/k/rotationpolicy", NULL), 200);
    assert_non_null(strstr(drive_body(), "\"attributes\":{}"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        D(key_without_a_policy_has_azures_default),
        D(put_replaces_and_adds_notify),
        D(rotation_follows_the_policy),
        D(policies_that_azure_refuses),
    };

    return cmocka_run_group_tests_name("api/key_policy", tests, drive_open, drive_close);
}
