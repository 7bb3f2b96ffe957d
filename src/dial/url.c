/* SPDX-License-Identifier: Apache-2.0 */
/* url.c - see url.h. A backslash, which some parsers take for a slash, is refused. */
#include "dial/url.h"

#include "dial/dial.h"

static const struct {
    const char *name;
    uint16_t port;
} schemes[] = { { "http", 80 }, { "https", 443 }, { "smtp", 25 }, { "smtps", 465 } };
enum { SCHEMES = sizeof(schemes) / sizeof(schemes[0]), HOST_MAX = 253 };

static bool
is_clean(struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];

        if (c <= ' ' || c >= 0x7f || c == '\\' || c == '#' || c == '"' || c == '<' || c == '>')
            return false;
    }
    return true;
}

static bool
take_scheme(struct span *rest, struct dial_url *out)
{
    size_t end = span_find(*rest, ':');

    out->scheme = span_head(*rest, end);
    *rest = span_tail(*rest, end);
    if (!span_has_prefix(*rest, span_str("://")))
        return false;
    *rest = span_tail(*rest, 3);
    for (size_t i = 0; i < SCHEMES; i++)
        if (span_is_str_nocase(out->scheme, schemes[i].name)) {
            out->port = schemes[i].port;
            return true;
        }
    return false;
}

static bool
is_host_byte(uint8_t c, bool v6)
{
    bool digit = c >= '0' && c <= '9';
    bool hex = digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

    return v6 ? hex || c == ':' || c == '.'
              : digit || letter || c == '-' || c == '.' || c == '_';
}

static bool
take_host(struct span *authority, struct dial_url *out)
{
    bool v6 = authority->len > 0 && authority->ptr[0] == '[';
    size_t end = span_find(*authority, v6 ? ']' : ':');

    out->host = span_tail(span_head(*authority, end), v6 ? 1 : 0);
    if (v6 && end == authority->len)
        return false;
    *authority = span_tail(*authority, v6 ? end + 1 : end);
    for (size_t i = 0; i < out->host.len; i++)
        if (!is_host_byte(out->host.ptr[i], v6))
            return false;
    return out->host.len > 0 && out->host.len <= HOST_MAX;
}

enum err
dial_url_read(struct span text, struct dial_url *out)
{
    struct span rest = text, authority;
    size_t end = 0;
    uint64_t port;

    *out = (struct dial_url){ .port = 0 };
    if (text.len > DIAL_URL_MAX)
        return ERR_TOO_LARGE;
    if (!is_clean(text) || !take_scheme(&rest, out))
        return ERR_ARG;
    while (end < rest.len && rest.ptr[end] != '/' && rest.ptr[end] != '?')
        end++;
    authority = span_head(rest, end);
    out->path = span_tail(rest, end);
    if (!take_host(&authority, out))
        return ERR_ARG;
    if (authority.len == 0)
        return ERR_OK;
    if (authority.ptr[0] != ':' || !span_get_u64(span_tail(authority, 1), &port) || port == 0 ||
        port > UINT16_MAX)
        return ERR_ARG;
    out->port = (uint16_t)port;
    return ERR_OK;
}

bool
dial_url_is_web(const struct dial_url *u)
{
    return span_is_str_nocase(u->scheme, "http") || span_is_str_nocase(u->scheme, "https");
}

bool
dial_url_same_origin(const struct dial_url *a, const struct dial_url *b)
{
    return span_is_equal_nocase(a->scheme, b->scheme) &&
           span_is_equal_nocase(a->host, b->host) && a->port == b->port;
}
