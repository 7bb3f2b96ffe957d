/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that are not made, in the words that Azure has for it (data-plane.md A6, C2, C3). */
#include "key_drive.h"

#define BAD_BODY "Property  has invalid value\\r\\n"

static const struct {
    const char *name, *body;
    unsigned status;
    const char *inner, *text;
} refusals[] = {
    { "no body", "", 400, NULL, BAD_BODY },
    { "no object", "[]", 400, NULL, BAD_BODY },
    { "no kty", "{}", 400, NULL, BAD_BODY },
    { "kty is no text", "{\"kty\":1}", 400, NULL, BAD_BODY },
    { "unknown kty", "{\"kty\":\"DSA\"}", 400, "KeyTypeNotSupported",
      "Invalid kty value: DSA" },
    { "kty in another case", "{\"kty\":\"rsa\"}", 400, "KeyTypeNotSupported",
      "Invalid kty value: rsa" },
    { "nothing but a suffix", "{\"kty\":\"-HSM\"}", 400, "KeyTypeNotSupported",
      "Invalid kty value: -HSM" },
    { "oct, as Azure's vaults", "{\"kty\":\"oct\"}", 400, "KeyTypeNotSupported",
      "Invalid kty value: oct" },
    { "OKP, withdrawn", "{\"kty\":\"OKP\"}", 400, "KeyTypeNotSupported",
      "Invalid kty value: OKP" },
    { "hardware in a standard vault", "{\"kty\":\"RSA-HSM\"}", 400, NULL,
      "Hardware key operation not allowed on standard vault" },
    { "a small RSA key", "{\"kty\":\"RSA\",\"key_size\":1024}", 400, "KeySizeNotSupported",
      "Unsupported key size (1024). Supported sizes are [2048, 3072, 4096]" },
    { "an odd EC size", "{\"kty\":\"EC\",\"key_size\":4096}", 400, "KeySizeNotSupported",
      "Unsupported key size (4096). Supported sizes are [256, 384, 521]" },
    { "size is no number", "{\"kty\":\"RSA\",\"key_size\":\"2048\"}", 400, NULL, BAD_BODY },
    { "size with a fraction", "{\"kty\":\"RSA\",\"key_size\":2048.5}", 400, NULL, BAD_BODY },
    { "unknown curve", "{\"kty\":\"EC\",\"crv\":\"P-999\"}", 400, NULL,
      "Unsupported curve: P-999" },
    { "a curve of the other kind", "{\"kty\":\"EC\",\"crv\":\"Ed25519\"}", 400, NULL,
      "Unsupported curve: Ed25519" },
    { "curve is no text", "{\"kty\":\"EC\",\"crv\":256}", 400, NULL, BAD_BODY },
    { "even exponent", "{\"kty\":\"RSA\",\"public_exponent\":4}", 400, NULL,
      "Unsupported public exponent (4)." },
    { "exponent one", "{\"kty\":\"RSA\",\"public_exponent\":1}", 400, NULL,
      "Unsupported public exponent (1)." },
    { "huge exponent", "{\"kty\":\"RSA\",\"public_exponent\":4294967297}", 400, NULL,
      "Unsupported public exponent (4294967297)." },
    { "operations of another type", "{\"kty\":\"EC\",\"key_ops\":[\"wrapKey\",\"unwrapKey\"]}",
      400, NULL,
      "Unsupported key operation(s): \\\"wrapKey\\\", \\\"unwrapKey\\\". Supported values are "
      "\\\"sign\\\", \\\"verify\\\"." },
    { "a repeated operation", "{\"kty\":\"EC\",\"key_ops\":[\"sign\",\"sign\"]}", 400, NULL,
      "Key operations must not repeat, and \\\"import\\\" stands alone." },
    { "an operation in another case", "{\"kty\":\"RSA\",\"key_ops\":[\"wrapkey\"]}", 400, NULL,
      "Unsupported key operation(s): \\\"wrapkey\\\"." },
    { "operations are no list", "{\"kty\":\"RSA\",\"key_ops\":\"sign\"}", 400, NULL, BAD_BODY },
    { "an operation is no text", "{\"kty\":\"RSA\",\"key_ops\":[1]}", 400, NULL, BAD_BODY },
    { "import in software", "{\"kty\":\"RSA\",\"key_ops\":[\"import\"]}", 400, NULL,
      "Unsupported key operation(s): \\\"import\\\". Supported values are \\\"encrypt\\\", "
      "\\\"decrypt\\\", \\\"sign\\\", \\\"verify\\\", \\\"wrapKey\\\", \\\"unwrapKey\\\"." },
    { "export of what stays", "{\"kty\":\"EC\",\"key_ops\":[\"export\"]}", 400, NULL,
      "Unsupported key operation(s): \\\"export\\\". Supported values are \\\"sign\\\", "
      "\\\"verify\\\"." },
    { "exportable without policy", "{\"kty\":\"EC\",\"attributes\":{\"exportable\":true}}", 400,
      NULL, "AKV.SKR.1004: Exportable keys must have release policy." },
    { "policy without exportable",
      "{\"kty\":\"EC\",\"release_policy\":{\"data\":"
      "\"eyJ2ZXJzaW9uIjoiMS4wLjAiLCJhbnlPZiI6W3siYXV0aG9yaXR5IjoiaHR0cHM6Ly9hIiwiYWxsT2YiOlt7Im"
      "N"
      "sYWltIjoiYSIsImVxdWFscyI6MX1dfV19\"}}",
      400, NULL, "AKV.SKR.1005: Non-exportable keys must not have release policy." },
    { "a policy that is none", "{\"kty\":\"EC\",\"release_policy\":{\"data\":\"e30\"}}", 400,
      NULL, BAD_BODY },
    { "a policy without data", "{\"kty\":\"EC\",\"release_policy\":{}}", 400, NULL, BAD_BODY },
    { "a time that is no number", "{\"kty\":\"EC\",\"attributes\":{\"exp\":\"1\"}}", 400, NULL,
      BAD_BODY },
    { "a tag that is no text", "{\"kty\":\"EC\",\"tags\":{\"a\":1}}", 400, NULL, BAD_BODY },
};

static void
what_azure_refuses_is_refused_in_its_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        unsigned status = drive_request(HTTP_POST, "/keys/k/create", refusals[i].body);

        if (status != refusals[i].status)
            fail_msg("%s: %u %s", refusals[i].name, status, drive_body());
        assert_refused(status, refusals[i].status, refusals[i].inner, refusals[i].text);
        assert_int_equal(drive.asks, 0);
    }
    assert_int_equal(world_rows("k"), 0);
}

static void
tags_of_keys_are_shorter_than_those_of_secrets(void **state)
{
    char body[1024], value[258];

    (void)state;
    memset(value, 'v', 257);
    value[257] = '\0';
    (void)snprintf(body, sizeof(body), "{\"kty\":\"EC\",\"tags\":{\"a\":\"%s\"}}", value);
    assert_refused(drive_request(HTTP_POST, "/keys/k/create", body), 400, NULL, BAD_BODY);
    value[256] = '\0';
    (void)snprintf(body, sizeof(body), "{\"kty\":\"EC\",\"tags\":{\"a\":\"%s\"}}", value);
    assert_int_equal(drive_request(HTTP_POST, "/keys/k/create", body), 200);
}

static void
old_api_versions_do_not_know_the_new(void **state)
{
    (void)state;
    world.vault->premium = world.vault->allow_okp = true;
    assert_refused(
        drive_request(HTTP_POST, "/keys/k/create?api-version=7.1", "{\"kty\":\"oct-HSM\"}"),
        400, "KeyTypeNotSupported", "Invalid kty value: oct-HSM");
    assert_refused(
        drive_request(HTTP_POST, "/keys/k/create?api-version=7.3", "{\"kty\":\"OKP\"}"), 400,
        "KeyTypeNotSupported", "Invalid kty value: OKP");
    assert_refused(drive_request(HTTP_POST, "/keys/k/create?api-version=7.0",
                                 "{\"kty\":\"RSA-HSM\",\"key_ops\":[\"import\"]}"),
                   400, NULL, "Unsupported key operation(s): \\\"import\\\".");
    /* What came later is not looked at. */
    assert_int_equal(drive_request(HTTP_POST, "/keys/k/create?api-version=7.2",
                                   "{\"kty\":\"EC\",\"release_policy\":7,\"attributes\":"
                                   "{\"exportable\":\"x\"}}"),
                     200);
    assert_int_equal(drive_request(HTTP_POST, "/keys/k/create?api-version=7.4",
                                   "{\"kty\":\"OKP\",\"crv\":\"Ed25519\"}"),
                     200);
}

static void
names_and_versions_are_checked_first(void **state)
{
    (void)state;
    assert_refused(drive_request(HTTP_POST, "/keys/bad_name/create", "{\"kty\":\"EC\"}"), 400,
                   NULL, "The request URI contains an invalid name: bad_name");
    make_key("k", "{\"kty\":\"EC\"}");
    assert_refused(drive_request(HTTP_GET, "/keys/k/latest", NULL), 400, NULL,
                   "Method GET does not allow operation 'latest'");
    assert_refused(drive_request(HTTP_GET, "/keys/k/sign", NULL), 400, NULL,
                   "Method GET does not allow operation 'sign'");
    assert_refused(
        drive_request(HTTP_GET, "/keys/k/00000000000000000000000000000000", NULL), 404, NULL,
        "A key with (name/id) k/00000000000000000000000000000000 was not found in "
        "this key vault. If you recently deleted this key you may be able to recover "
        "it using the correct recovery command. For help resolving this issue, please "
        "see https://go.microsoft.com/fwlink/?linkid=2125182");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        D(what_azure_refuses_is_refused_in_its_words),
        D(tags_of_keys_are_shorter_than_those_of_secrets),
        D(old_api_versions_do_not_know_the_new),
        D(names_and_versions_are_checked_first),
    };

    return cmocka_run_group_tests_name("api/key_refusals", tests, drive_open, drive_close);
}
