/* SPDX-License-Identifier: Apache-2.0 */
/* Backup and restore over the wire, and what damage and a failing keeper answer. */
#include "secret_drive.h"

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
damage_and_rollback_serve_nothing(void **state)
{
    struct row_key k;
    struct span old;
    struct buf raw;

    (void)state;
    set("db", "{\"value\":\"canary\"}");
    raw = world_raw(row_key_make(&k, "sv", world.vault->id.text, version, "DB", NULL));
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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        D(backup_and_restore_go_round),
        D(restore_refuses_what_is_not_ours),
        D(damage_and_rollback_serve_nothing),
        D(keeper_failures_are_ours_not_the_clients),
    };

    return cmocka_run_group_tests_name("api/secret_backup", tests, drive_open, drive_close);
}
