/* SPDX-License-Identifier: Apache-2.0 */
/* secret_drive.c - see secret_drive.h. */
#include "secret_drive.h"

char version[HEX32_LEN + 1];
char now[24];

void
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

void
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

const char *
path(const char *format, const char *arg)
{
    static char text[1024];
    const char *mark = strchr(format, '%');

    (void)snprintf(text, sizeof(text), "%.*s%s%s", (int)(mark - format), format, arg, mark + 2);
    return text;
}
