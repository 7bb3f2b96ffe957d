/* SPDX-License-Identifier: Apache-2.0 */
/* key_drive.c - see key_drive.h. */
#include "key_drive.h"

static void
remember(void)
{
    const char *kid = drive_member("kid"), *created;

    assert_true(strlen(kid) > HEX32_LEN);
    memcpy(version, kid + strlen(kid) - HEX32_LEN, sizeof(version));
    created = strstr(drive_body(), "\"created\":");
    assert_non_null(created);
    (void)snprintf(now, sizeof(now), "%.10s", created + 10);
}

void
make_key(const char *name, const char *body)
{
    unsigned status = drive_request(HTTP_POST, path("/keys/%s/create", name), body);

    if (status != 200)
        fail_msg("create %s: %u %s", body, status, drive_body());
    remember();
}

void
import_key(const char *name, const char *key)
{
    char body[8192];
    unsigned status;

    (void)snprintf(body, sizeof(body), "{\"key\":%s}", key);
    status = drive_request(HTTP_PUT, path("/keys/%s", name), body);
    if (status != 200)
        fail_msg("import: %u %s", status, drive_body());
    remember();
}

void
import_rsa(const char *name)
{
    import_key(name, "{\"kty\":\"RSA\"," RSA_ALL "}");
}

void
import_ec(const char *name)
{
    import_key(name, "{\"kty\":\"EC\"," EC_PUBLIC "," EC_D "}");
}

void
import_oct(const char *name)
{
    world.vault->allow_oct = true;
    import_key(name, "{\"kty\":\"oct\",\"key_ops\":[\"encrypt\",\"decrypt\",\"wrapKey\","
                     "\"unwrapKey\",\"sign\",\"verify\"]," OCT_K "}");
}

void
assert_refused(unsigned got, unsigned status, const char *inner, const char *text)
{
    char want[1024], code[128] = "";

    if (inner != NULL)
        (void)snprintf(code, sizeof(code), ",\"innererror\":{\"code\":\"%s\"}", inner);
    (void)snprintf(want, sizeof(want), "{\"error\":{\"code\":\"%s\",\"message\":\"%s\"%s}}",
                   status == 400   ? "BadParameter"
                   : status == 403 ? "Forbidden"
                   : status == 404 ? "KeyNotFound"
                                   : "Conflict",
                   text, code);
    assert_string_equal(drive_body(), want);
    assert_int_equal(got, status);
}
