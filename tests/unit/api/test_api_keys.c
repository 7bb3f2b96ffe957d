/* SPDX-License-Identifier: Apache-2.0 */
/* Keys made, read, changed, listed and deleted, byte for byte as data-plane.md C has them. */
#include "base/clock.h"
#include "key_drive.h"

static void
key_bundle_has_the_recorded_members(void **state)
{
    (void)state;
    import_rsa("K");
    assert_body("{\"key\":{\"kid\":\"" HOST "/keys/K/%V\",\"kty\":\"RSA\",\"key_ops\":" RSA_OPS
                "," RSA_PUBLIC "},\"attributes\":{\"enabled\":true," KEY_ATTRS "}");
    assert_string_equal(drive_header("Content-Type"), "application/json; charset=utf-8");
    assert_int_equal(drive_request(HTTP_GET, "/keys/k", NULL), 200);
    assert_body("{\"key\":{\"kid\":\"" HOST "/keys/K/%V\",\"kty\":\"RSA\",\"key_ops\":" RSA_OPS
                "," RSA_PUBLIC "},\"attributes\":{\"enabled\":true," KEY_ATTRS "}");
    import_ec("E");
    assert_body("{\"key\":{\"kid\":\"" HOST
                "/keys/E/%V\",\"kty\":\"EC\",\"key_ops\":[\"sign\",\"verify\"]," EC_PUBLIC
                "},\"attributes\":{\"enabled\":true," KEY_ATTRS "}");
    world.vault->allow_oct = true;
    import_key("o", "{\"kty\":\"oct\"," OCT_K "}");
    assert_body("{\"key\":{\"kid\":\"" HOST
                "/keys/o/%V\",\"kty\":\"oct\",\"key_ops\":[\"encrypt\",\"decrypt\",\"wrapKey\","
                "\"unwrapKey\"]},\"attributes\":{\"enabled\":true," KEY_ATTRS "}");
}

/* What an api-version did not know is not in its answers (data-plane.md A2.1). */
static void
members_come_with_their_api_versions(void **state)
{
    static const struct {
        const char *version;
        bool days, exportable, platform;
    } rows[] = { { "7.0", false, false, false }, { "7.1", true, false, false },
                 { "7.3", true, true, false },   { "7.4", true, true, false },
                 { "7.5", true, true, true },    { "2026-04-01", true, true, true } };

    (void)state;
    import_ec("k");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(
            drive_request(HTTP_GET, path("/keys/k?api-version=%s", rows[i].version), NULL),
            200);
        assert_int_equal(strstr(drive_body(), "recoverableDays") != NULL, rows[i].days);
        assert_int_equal(strstr(drive_body(), "exportable") != NULL, rows[i].exportable);
        assert_int_equal(strstr(drive_body(), "hsmPlatform") != NULL, rows[i].platform);
    }
}

static void
every_type_can_be_made(void **state)
{
    static const struct {
        const char *body, *want;
    } rows[] = {
        { "{\"kty\":\"RSA\",\"key_ops\":[\"sign\"]}",
          "\"kty\":\"RSA\",\"key_ops\":[\"sign\"],\"n\":\"" },
        { "{\"kty\":\"EC\"}", "\"crv\":\"P-256\"" },
        { "{\"kty\":\"EC\",\"crv\":\"P-384\"}", "\"crv\":\"P-384\"" },
        { "{\"kty\":\"EC\",\"crv\":\"P-521\"}", "\"crv\":\"P-521\"" },
        { "{\"kty\":\"EC\",\"crv\":\"P-256K\"}", "\"crv\":\"P-256K\"" },
        { "{\"kty\":\"EC\",\"key_size\":521}", "\"crv\":\"P-521\"" },
        { "{\"kty\":\"EC-HSM\"}", "\"kty\":\"EC-HSM\"" },
        { "{\"kty\":\"oct\",\"key_size\":192}", "\"kty\":\"oct\"" },
        { "{\"kty\":\"oct-HSM\"}", "\"kty\":\"oct-HSM\"" },
        { "{\"kty\":\"OKP\",\"crv\":\"Ed25519\"}", "\"crv\":\"Ed25519\",\"x\":\"" },
        { "{\"kty\":\"OKP\"}", "\"kty\":\"OKP\",\"key_ops\":[\"sign\",\"verify\"]" },
    };

    (void)state;
    world.vault->premium = world.vault->allow_oct = world.vault->allow_okp = true;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        make_key("k", rows[i].body);
        assert_non_null(strstr(drive_body(), rows[i].want));
        assert_null(strstr(drive_body(), "\"d\":"));
        assert_null(strstr(drive_body(), "\"k\":"));
    }
    make_key("e", "{\"kty\":\"RSA\",\"public_exponent\":3}");
    assert_string_equal(drive_member("e"), "Aw");
}

static void
attributes_and_tags_are_kept(void **state)
{
    (void)state;
    make_key("k", "{\"kty\":\"EC\",\"attributes\":{\"enabled\":false,\"nbf\":1,\"exp\":"
                  "32503680000},\"tags\":{\"a\":\"b\"},\"unknown\":[1],\"key_size\":null}");
    assert_non_null(strstr(drive_body(),
                           "\"attributes\":{\"enabled\":false,\"nbf\":1,\"exp\":32503680000"));
    assert_non_null(strstr(drive_body(), "\"hsmPlatform\":\"0\"},\"tags\":{\"a\":\"b\"}}"));
    assert_non_null(strstr(drive.x.note.extra,
                           "\"keyProperties\":{\"type\":\"EC\",\"size\":256,"
                           "\"curve\":\"P-256\",\"operations\":[\"sign\","
                           "\"verify\"],\"attributes\":{\"enabled\":false"));
    /* M4: a disabled key is shown. */
    assert_int_equal(drive_request(HTTP_GET, "/keys/k", NULL), 200);
    assert_string_equal(drive.x.note.object_url, HOST "/keys/k");
    assert_int_equal(drive_request(HTTP_GET, path("/keys/k/%s", version), NULL), 200);
    assert_non_null(strstr(drive.x.note.object_url, version));
}

static void
second_create_is_a_new_version_of_any_type(void **state)
{
    char first[HEX32_LEN + 1];

    (void)state;
    make_key("k", "{\"kty\":\"EC\"}");
    memcpy(first, version, sizeof(first));
    make_key("K", "{\"kty\":\"EC\",\"crv\":\"P-384\"}");
    assert_non_null(strstr(drive_member("kid"), "/keys/k/"));
    assert_string_not_equal(first, version);
    assert_int_equal(drive_request(HTTP_GET, "/keys/k", NULL), 200);
    assert_string_equal(drive_member("crv"), "P-384");
    assert_int_equal(drive_request(HTTP_GET, path("/keys/k/%s", first), NULL), 200);
    assert_string_equal(drive_member("crv"), "P-256");
}

static void
update_changes_what_it_names(void **state)
{
    (void)state;
    import_rsa("k");
    assert_int_equal(
        drive_request(HTTP_PATCH, "/keys/k/",
                      "{\"key_ops\":[\"sign\",\"decrypt\"],\"attributes\":{\"exp\":"
                      "4000000000},\"tags\":{\"a\":\"b\"}}"),
        200);
    assert_body("{\"key\":{\"kid\":\"" HOST
                "/keys/k/%V\",\"kty\":\"RSA\",\"key_ops\":[\"sign\",\"decrypt\"]," RSA_PUBLIC
                "},\"attributes\":{\"enabled\":true,\"exp\":4000000000," KEY_ATTRS
                ",\"tags\":{\"a\":\"b\"}}");
    assert_int_equal(drive_request(HTTP_PATCH, path("/keys/k/%s", version),
                                   "{\"attributes\":{\"enabled\":false,\"exp\":null}}"),
                     200);
    assert_non_null(strstr(drive_body(), "\"key_ops\":[\"sign\",\"decrypt\"]"));
    assert_non_null(strstr(drive_body(), "\"enabled\":false,\"exp\":4000000000"));
    assert_non_null(strstr(drive_body(), "\"tags\":{\"a\":\"b\"}"));
    assert_int_equal(drive.asks, 0);
    assert_refused(drive_request(HTTP_PATCH, "/keys/k", "{\"key_ops\":[\"frob\"]}"), 400, NULL,
                   "Unsupported key operation(s): \\\"frob\\\".");
    assert_refused(drive_request(HTTP_PATCH, "/keys/none", "{}"), 404, NULL,
                   "A key with (name/id) none was not found in this key vault. If you recently "
                   "deleted this key you may be able to recover it using the correct recovery "
                   "command. For help resolving this issue, please see "
                   "https://go.microsoft.com/fwlink/?linkid=2125182");
}

static void
lists_carry_no_jwk(void **state)
{
    (void)state;
    assert_int_equal(drive_request(HTTP_GET, "/keys", NULL), 200);
    assert_body("{\"value\":[],\"nextLink\":null}");
    make_key("Db", "{\"kty\":\"EC\",\"tags\":{\"a\":\"b\"}}");
    assert_int_equal(drive_request(HTTP_GET, "/keys", NULL), 200);
    assert_body("{\"value\":[{\"kid\":\"" HOST
                "/keys/Db\",\"attributes\":{\"enabled\":true," KEY_ATTRS
                ",\"tags\":{\"a\":\"b\"}}],\"nextLink\":null}");
    assert_int_equal(drive_request(HTTP_GET, "/keys/db/versions", NULL), 200);
    assert_body("{\"value\":[{\"kid\":\"" HOST
                "/keys/Db/%V\",\"attributes\":{\"enabled\":true," KEY_ATTRS
                ",\"tags\":{\"a\":\"b\"}}],\"nextLink\":null}");
    make_key("e", "{\"kty\":\"EC\"}");
    assert_int_equal(drive_request(HTTP_GET, "/keys?maxresults=1", NULL), 200);
    assert_non_null(strstr(drive_member("nextLink"),
                           "https://contoso.vault.keyhold.localhost:8443/keys?api-version=7.6&"
                           "$skiptoken="));
    /* Secrets are another collection. */
    assert_int_equal(drive_request(HTTP_GET, "/secrets", NULL), 200);
    assert_body("{\"value\":[],\"nextLink\":null}");
    assert_int_equal(drive_request(HTTP_GET, "/keys/none/versions", NULL), 200);
}

static void
deleted_key_shows_its_public_half_and_comes_back(void **state)
{
    (void)state;
    import_ec("Db");
    assert_int_equal(drive_request(HTTP_DELETE, "/keys/db", NULL), 200);
    assert_memory_equal(drive_body(), "{\"recoveryId\":\"" HOST "/deletedkeys/Db\",", 40);
    assert_non_null(strstr(drive_body(), ",\"key\":{\"kid\":\"" HOST "/keys/Db/"));
    assert_non_null(strstr(drive_body(), EC_PUBLIC));
    assert_refused(
        drive_request(HTTP_POST, "/keys/DB/create", "{\"kty\":\"EC\"}"), 409,
        "ObjectIsDeletedButRecoverable",
        "Key DB is currently in a deleted but recoverable state, and its name cannot "
        "be reused; in this state, the key can only be recovered or purged.");
    assert_int_equal(drive_request(HTTP_GET, "/keys/db", NULL), 404);
    assert_int_equal(drive_request(HTTP_GET, "/deletedkeys/db", NULL), 200);
    assert_int_equal(drive_request(HTTP_GET, "/deletedkeys", NULL), 200);
    assert_memory_equal(drive_body(), "{\"value\":[{\"recoveryId\":\"", 25);
    assert_int_equal(drive_request(HTTP_POST, "/deletedkeys/db/recover", NULL), 200);
    assert_memory_equal(drive_body(), "{\"key\":", 7);
    assert_refused(drive_request(HTTP_DELETE, "/deletedkeys/db", NULL), 404, NULL,
                   "Deleted Key not found: db");
    assert_int_equal(drive_request(HTTP_DELETE, "/keys/db", NULL), 200);
    assert_int_equal(drive_request(HTTP_DELETE, "/deletedkeys/db", NULL), 204);
    assert_string_equal(drive_body(), "");
    assert_int_equal(drive_request(HTTP_GET, "/deletedkeys/db", NULL), 404);
}

/* Unlike secrets: a key's bundle gives nothing away (M4). */
static void
deleted_and_disabled_key_is_shown(void **state)
{
    (void)state;
    make_key("k", "{\"kty\":\"EC\",\"attributes\":{\"enabled\":false}}");
    assert_int_equal(drive_request(HTTP_DELETE, "/keys/k", NULL), 200);
    assert_int_equal(drive_request(HTTP_GET, "/deletedkeys/k", NULL), 200);
}

static void
backup_travels_and_works_after(void **state)
{
    static char body[64 * 1024];

    (void)state;
    import_ec("k");
    assert_int_equal(drive_request(HTTP_POST, "/keys/k/backup", NULL), 200);
    (void)snprintf(body, sizeof(body), "%s", drive_body());
    assert_int_equal(drive_request(HTTP_POST, "/keys/restore", body), 409);
    assert_non_null(
        strstr(drive_body(), "There was a conflict restoring the key '" HOST "/keys/k/"));
    assert_int_equal(drive_request(HTTP_POST, "/secrets/restore", body), 400);
    assert_int_equal(drive_request(HTTP_DELETE, "/keys/k", NULL), 200);
    assert_int_equal(drive_request(HTTP_DELETE, "/deletedkeys/k", NULL), 204);
    assert_int_equal(drive_request(HTTP_POST, "/keys/restore", body), 200);
    assert_non_null(strstr(drive_body(), version));
    assert_non_null(strstr(drive_body(), EC_PUBLIC));
    assert_int_equal(drive_request(HTTP_POST, "/keys/k/sign",
                                   "{\"alg\":\"ES256\",\"value\":"
                                   "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}"),
                     200);
}

static void
rotation_makes_a_version_like_the_current_one(void **state)
{
    char first[HEX32_LEN + 1];

    (void)state;
    make_key("k", "{\"kty\":\"EC\",\"crv\":\"P-384\",\"key_ops\":[\"verify\"],\"attributes\":"
                  "{\"enabled\":false,\"exp\":4000000000,\"nbf\":5},\"tags\":{\"a\":\"b\"}}");
    memcpy(first, version, sizeof(first));
    assert_int_equal(drive_request(HTTP_POST, "/keys/k/rotate", NULL), 200);
    assert_null(strstr(drive_body(), first));
    assert_non_null(
        strstr(drive_body(), "\"kty\":\"EC\",\"key_ops\":[\"verify\"],\"crv\":\"P-384\""));
    assert_non_null(strstr(drive_body(), "\"attributes\":{\"enabled\":true,\"created\":"));
    assert_non_null(strstr(drive_body(), "\"tags\":{\"a\":\"b\"}"));
    assert_int_equal(drive_request(HTTP_POST, "/keys/k/rotate", "{}"), 200);
    assert_int_equal(drive_request(HTTP_POST, "/keys/none/rotate", NULL), 404);
    assert_int_equal(drive_request(HTTP_POST, "/keys/k/rotate?api-version=7.2", NULL), 400);
}

static void
two_creates_at_once_are_two_versions(void **state)
{
    (void)state;
    make_key("k", "{\"kty\":\"EC\"}");
    assert_int_equal(drive.attempts, 1);
}

static void
hsm_keys_go_where_the_operator_says(void **state)
{
    (void)state;
    world.vault->premium = true;
    make_key("k", "{\"kty\":\"EC-HSM\"}");
    assert_int_equal(drive.home, HOME_SOFTWARE);
    assert_non_null(strstr(drive_body(), "\"hsmPlatform\":\"0\""));
    drive_site.has_token = true;
    make_key("s", "{\"kty\":\"EC\"}");
    assert_int_equal(drive.home, HOME_SOFTWARE);
    make_key("t", "{\"kty\":\"EC-HSM\"}");
    assert_int_equal(drive.home, HOME_TOKEN);
    assert_null(strstr(drive_body(), "hsmPlatform"));
    drive_site.has_token = false;
    /* Each version is asked for where it is. */
    assert_int_equal(drive_request(HTTP_POST, "/keys/t/sign",
                                   "{\"alg\":\"ES256\",\"value\":"
                                   "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}"),
                     200);
    assert_int_equal(drive.home, HOME_TOKEN);
    assert_int_equal(drive_request(HTTP_POST, "/keys/t/rotate", NULL), 200);
    assert_int_equal(drive.home, HOME_TOKEN);
    /* What is in a token cannot be had out of it. */
    assert_refused(drive_request(HTTP_POST, "/keys/t/backup", NULL), 400, NULL,
                   "Method POST does not allow operation 'backup'");
    drive.keeper_fails = ERR_UNAVAILABLE;
    assert_int_equal(drive_request(HTTP_POST, "/keys/t/rotate", NULL), 503);
    drive.keeper_fails = ERR_NOT_FOUND;
    assert_int_equal(drive_request(HTTP_POST, "/keys/t/sign",
                                   "{\"alg\":\"ES256\",\"value\":"
                                   "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}"),
                     503);
}

static void
attestation_is_not_claimed(void **state)
{
    (void)state;
    make_key("k", "{\"kty\":\"EC\"}");
    assert_refused(drive_request(HTTP_GET, "/keys/k//attestation", NULL), 400, NULL,
                   "Method GET does not allow operation 'attestation'");
    assert_refused(drive_request(HTTP_GET, path("/keys/k/%s/attestation", version), NULL), 400,
                   NULL, "Method GET does not allow operation 'attestation'");
    assert_int_equal(drive_request(HTTP_GET, "/keys/none/attestation", NULL), 404);
}

static void
random_bytes_are_as_many_as_asked_for(void **state)
{
    static const struct {
        const char *body;
        unsigned status;
        size_t len;
    } rows[] = { { "{\"count\":1}", 200, 2 },     { "{\"count\":128}", 200, 171 },
                 { "{\"count\":0}", 400, 0 },     { "{\"count\":129}", 400, 0 },
                 { "{\"count\":-1}", 400, 0 },    { "{}", 400, 0 },
                 { "{\"count\":\"1\"}", 400, 0 }, { "", 400, 0 } };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(drive_request(HTTP_POST, "/rng", rows[i].body), rows[i].status);
        assert_int_equal(strlen(drive_member("value")), rows[i].len);
    }
    assert_int_equal(drive_request(HTTP_POST, "/rng", "{\"count\":200}"), 400);
    assert_non_null(strstr(drive_body(),
                           "GetRandomBytesRequest: count cannot be greater than 128 "
                           "or less than 1 (Activity ID: "));
    assert_int_equal(drive_request(HTTP_POST, "/rng?api-version=7.2", "{\"count\":1}"), 400);
}

static int
teardown(void **state)
{
    drive_site.has_token = false;
    return drive_teardown(state);
}

#define K(f) cmocka_unit_test_setup_teardown(f, drive_setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        K(key_bundle_has_the_recorded_members),
        K(members_come_with_their_api_versions),
        K(every_type_can_be_made),
        K(attributes_and_tags_are_kept),
        K(second_create_is_a_new_version_of_any_type),
        K(update_changes_what_it_names),
        K(lists_carry_no_jwk),
        K(deleted_key_shows_its_public_half_and_comes_back),
        K(deleted_and_disabled_key_is_shown),
        K(backup_travels_and_works_after),
        K(rotation_makes_a_version_like_the_current_one),
        K(two_creates_at_once_are_two_versions),
        K(hsm_keys_go_where_the_operator_says),
        K(attestation_is_not_claimed),
        K(random_bytes_are_as_many_as_asked_for),
    };

    return cmocka_run_group_tests_name("api/keys", tests, drive_open, drive_close);
}
