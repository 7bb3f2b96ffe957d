/* SPDX-License-Identifier: Apache-2.0 */
/* Operations of keys in every state: disabled, early, late, not for this (data-plane.md C1,
 * C9). */
#include "base/clock.h"
#include "key_drive.h"

#define D32 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" /* 32 bytes */
#define D48 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

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

static const struct {
    const char *op, *word, *body;
    bool makes_new; /* refused outside of nbf and exp */
} ops[] = {
    { "encrypt", "encrypt", "{\"alg\":\"RSA-OAEP\",\"value\":\"AA\"}", true },
    { "decrypt", "decrypt", "{\"alg\":\"RSA-OAEP\",\"value\":\"AA\"}", false },
    { "wrapkey", "wrapKey", "{\"alg\":\"RSA-OAEP\",\"value\":\"AA\"}", true },
    { "unwrapkey", "unwrapKey", "{\"alg\":\"RSA-OAEP\",\"value\":\"AA\"}", false },
    { "sign", "sign", "{\"alg\":\"RS256\",\"value\":\"" D32 "\"}", true },
    { "verify", "verify", "{\"alg\":\"RS256\",\"digest\":\"" D32 "\",\"value\":\"AA\"}",
      false },
};
enum { NOPS = sizeof(ops) / sizeof(ops[0]) };

static void
patch(const char *body)
{
    assert_int_equal(drive_request(HTTP_PATCH, "/keys/k/", body), 200);
}

static void
disabled_key_does_nothing(void **state)
{
    char want[256];

    (void)state;
    import_rsa("k");
    patch("{\"attributes\":{\"enabled\":false}}");
    for (int i = 0; i < NOPS; i++) {
        (void)snprintf(want, sizeof(want), "Operation %s is not allowed on a disabled key.",
                       ops[i].word);
        assert_refused(ask(ops[i].op, ops[i].body), 403, "KeyDisabled", want);
        assert_int_equal(drive.asks, 0);
    }
}

static void
operation_must_be_in_key_ops(void **state)
{
    char want[256], body[128];

    (void)state;
    import_rsa("k");
    for (int i = 0; i < NOPS; i++) {
        (void)snprintf(body, sizeof(body), "{\"key_ops\":[\"%s\"]}", ops[i].word);
        patch(body);
        for (int k = 0; k < NOPS; k++) {
            unsigned status = ask(ops[k].op, ops[k].body);

            (void)snprintf(want, sizeof(want), "Operation %s is not permitted on this key.",
                           ops[k].word);
            if (i == k)
                assert_int_not_equal(status, 403);
            else
                assert_refused(status, 403, "KeyOperationForbidden", want);
        }
    }
}

static void
outside_its_days_a_key_makes_nothing_new(void **state)
{
    char want[256], body[128];

    (void)state;
    import_rsa("k");
    for (int late = 0; late < 2; late++) {
        (void)snprintf(body, sizeof(body), "{\"attributes\":{\"%s\":%lld}}",
                       late ? "exp" : "nbf", (long long)clock_now() + (late ? 0 : 60));
        patch(body);
        for (int i = 0; i < NOPS; i++) {
            unsigned status = ask(ops[i].op, ops[i].body);

            (void)snprintf(want, sizeof(want),
                           late ? "Operation %s is not allowed on an expired key."
                                : "Operation %s is not allowed on a key that is not yet valid.",
                           ops[i].word);
            if (ops[i].makes_new)
                assert_refused(status, 403, late ? "KeyExpired" : "KeyNotYetValid", want);
            else
                assert_int_not_equal(status, 403);
        }
        patch("{\"attributes\":{\"nbf\":0}}");
    }
    clock_set_offset(0);
}

static void
versions_are_used_apart(void **state)
{
    char first[HEX32_LEN + 1], target[128];

    (void)state;
    make_key("k", "{\"kty\":\"EC\"}");
    memcpy(first, version, sizeof(first));
    make_key("k", "{\"kty\":\"EC\",\"crv\":\"P-384\"}");
    (void)snprintf(target, sizeof(target), "/keys/k/%s/sign", first);
    assert_int_equal(
        drive_request(HTTP_POST, target, "{\"alg\":\"ES256\",\"value\":\"" D32 "\"}"), 200);
    assert_non_null(strstr(drive_member("kid"), first));
    assert_int_equal(
        drive_request(HTTP_POST, "/keys/k//sign", "{\"alg\":\"ES384\",\"value\":\"" D48 "\"}"),
        200);
    assert_non_null(strstr(drive_member("kid"), version));
    assert_int_equal(drive_request(HTTP_POST, "/keys/k/latest/sign",
                                   "{\"alg\":\"ES384\",\"value\":\"" D48 "\"}"),
                     400);
    (void)snprintf(target, sizeof(target), "/keys/k/%s/sign",
                   "0123456789abcdef0123456789abcdef");
    assert_int_equal(
        drive_request(HTTP_POST, target, "{\"alg\":\"ES256\",\"value\":\"" D32 "\"}"), 404);
    assert_int_equal(drive_request(HTTP_POST, "/keys/none/sign",
                                   "{\"alg\":\"ES256\",\"value\":\"" D32 "\"}"),
                     404);
}

/* data-plane.md C1: who may read a key may do what its public half does. */
static void
reader_uses_the_public_half_where_there_is_one(void **state)
{
    (void)state;
    import_rsa("k");
    import_oct("o");
    drive.public_only = true;
    must("encrypt", "{\"alg\":\"RSA-OAEP\",\"value\":\"AA\"}");
    must("verify", "{\"alg\":\"RS256\",\"digest\":\"" D32 "\",\"value\":\"AA\"}");
    assert_int_equal(
        drive_request(HTTP_POST, "/keys/o/encrypt", "{\"alg\":\"A128GCM\",\"value\":\"AA\"}"),
        403);
    assert_non_null(strstr(drive_body(), "ForbiddenByRbac"));
    assert_non_null(strstr(drive_body(), "Microsoft.KeyVault/vaults/keys/encrypt/action"));
    assert_false(drive.x.access.allowed);
    assert_int_equal(drive_request(HTTP_POST, "/keys/o/verify",
                                   "{\"alg\":\"HS256\",\"digest\":\"AA\",\"value\":\"AA\"}"),
                     403);
    assert_int_equal(drive.asks, 0);
    drive.public_only = false;
}

static void
keeper_that_is_away_is_503(void **state)
{
    (void)state;
    import_rsa("k");
    drive.keeper_fails = ERR_UNAVAILABLE;
    assert_int_equal(ask("sign", ops[4].body), 503);
    assert_int_equal(ask("verify", ops[5].body), 503);
    drive.keeper_fails = ERR_INTEGRITY;
    assert_int_equal(ask("sign", ops[4].body), 500);
    assert_int_equal(ask("verify", ops[5].body), 500);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        D(disabled_key_does_nothing),
        D(operation_must_be_in_key_ops),
        D(outside_its_days_a_key_makes_nothing_new),
        D(versions_are_used_apart),
        D(reader_uses_the_public_half_where_there_is_one),
        D(keeper_that_is_away_is_503),
    };

    return cmocka_run_group_tests_name("api/key_states", tests, drive_open, drive_close);
}
