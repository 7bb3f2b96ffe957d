/* SPDX-License-Identifier: Apache-2.0 */
/* cert_alt.c - single values of a specification: alternative names, usages, serials. */
#include <arpa/inet.h>

#include "base/rand.h"
#include "crypto/cert_int.h"
#include "crypto/cert_spec.h"
#include "crypto/utf8_int.h"

enum { HOST_MAX = 253, LABEL_MAX = 63 };

static const char *const usages[CERT_USAGES] = {
    "digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement",
    "keyCertSign",      "cRLSign",        "encipherOnly",    "decipherOnly",
};

const char *
cert_usage_name(unsigned i)
{
    bug_on(i >= CERT_USAGES);
    return usages[i];
}

unsigned
cert_usage_find(struct span name)
{
    unsigned i = 0;

    while (i < CERT_USAGES && !span_is_str(name, usages[i]))
        i++;
    return i;
}

static bool
is_alnum(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool
is_label(struct span s)
{
    if (s.len == 0 || s.len > LABEL_MAX || s.ptr[0] == '-' || s.ptr[s.len - 1] == '-')
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (!is_alnum(s.ptr[i]) && s.ptr[i] != '-' && s.ptr[i] != '_')
            return false;
    return true;
}

static bool
is_host(struct span s)
{
    if (s.len > HOST_MAX)
        return false;
    for (;;) {
        size_t len = span_find(s, '.');

        if (!is_label(span_head(s, len)))
            return false;
        if (len == s.len)
            return true;
        s = span_tail(s, len + 1);
    }
}

/* Visible ASCII without spaces. */
static bool
is_visible(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] <= ' ' || s.ptr[i] >= 0x7f)
            return false;
    return true;
}

static bool
is_email(struct span s)
{
    size_t at = span_find(s, '@');

    return is_visible(s) && at > 0 && at < s.len && is_host(span_tail(s, at + 1));
}

/* scheme ":" anything (RFC 3986 3.1). */
static bool
is_uri(struct span s)
{
    size_t colon = span_find(s, ':');

    if (!is_visible(s) || colon == 0 || colon + 1 >= s.len)
        return false;
    for (size_t i = 0; i < colon; i++)
        if (!is_alnum(s.ptr[i]) && strchr("+-.", s.ptr[i]) == NULL)
            return false;
    return s.ptr[0] > '9';
}

size_t
cert_address(struct span text, uint8_t out[static CERT_ADDRESS_MAX])
{
    char copy[INET6_ADDRSTRLEN];

    if (!span_copy_str(text, copy, sizeof(copy)))
        return 0;
    if (inet_pton(AF_INET, copy, out) == 1)
        return 4;
    return inet_pton(AF_INET6, copy, out) == 1 ? 16 : 0;
}

bool
alt_name_is_ok(const struct alt_name *a)
{
    uint8_t address[CERT_ADDRESS_MAX];
    struct span s = a->text;

    if (s.len == 0 || s.len > CERT_ALT_MAX)
        return false;
    switch (a->kind) {
    case ALT_EMAIL:
        return is_email(s);
    case ALT_DNS:
        return is_host(span_has_prefix(s, span_str("*.")) ? span_tail(s, 2) : s);
    case ALT_UPN:
        return utf8_is_plain(s);
    case ALT_URI:
        return is_uri(s);
    case ALT_IP:
        return cert_address(s, address) > 0;
    case ALT_KIND__MAX:
        break;
    }
    return false;
}

void
cert_serial_fill(uint8_t serial[static CERT_SERIAL_LEN])
{
    rand_fill(serial, CERT_SERIAL_LEN);
    serial[0] = (uint8_t)((serial[0] & 0x3f) | 0x40); /* positive, always 16 octets */
}
