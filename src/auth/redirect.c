/* SPDX-License-Identifier: Apache-2.0 */
/*
 * redirect.c - where a browser may be sent with a code (application.h).
 *
 * A code goes to whoever is at the end of this URI, so what is registered is
 * compared byte by byte: no prefixes, no wildcards, no normal forms. The port
 * of a loopback address is the exception, since a program on somebody's
 * machine takes what is free.
 */
#include "auth/application.h"

static bool
cut(struct span *s, const char *prefix)
{
    size_t len = strlen(prefix);

    if (s->len < len || !span_is_equal(span_head(*s, len), span_str(prefix)))
        return false;
    *s = span_tail(*s, len);
    return true;
}

/* "http://localhost[:port]" off; false if it does not begin so. */
static bool
cut_loopback(struct span *s, struct span *host)
{
    static const char *const hosts[] = { "localhost", "127.0.0.1", "[::1]" };
    struct span rest = *s;

    if (!cut(&rest, "http://"))
        return false;
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        struct span tail = rest;
        uint64_t port;
        size_t digits = 0;

        if (!cut(&tail, hosts[i]))
            continue;
        if (tail.len > 0 && tail.ptr[0] == ':') {
            while (digits + 1 < tail.len && tail.ptr[digits + 1] >= '0' &&
                   tail.ptr[digits + 1] <= '9')
                digits++;
            if (!span_get_u64(span_head(span_tail(tail, 1), digits), &port) || port == 0 ||
                port > UINT16_MAX)
                return false;
            tail = span_tail(tail, digits + 1);
        }
        if (tail.len > 0 && tail.ptr[0] != '/' && tail.ptr[0] != '?')
            return false;
        *host = span_str(hosts[i]);
        *s = tail;
        return true;
    }
    return false;
}

bool
redirect_is_same(struct span registered, struct span uri)
{
    struct span host_a, host_b;

    if (span_is_equal(registered, uri))
        return true;
    if (!cut_loopback(&registered, &host_a) || !cut_loopback(&uri, &host_b))
        return false;
    /* "http://localhost" and "http://localhost/" are one place (RFC 3986 6.2.3). */
    if (registered.len == 0)
        registered = span_str("/");
    if (uri.len == 0)
        uri = span_str("/");
    return span_is_equal(host_a, host_b) && span_is_equal(registered, uri);
}

/* Scheme of a program's own: with a dot or a "msal" in front, so none that a browser or a
 * desktop knows (javascript, data, file, ...). */
static bool
is_private_scheme(struct span uri)
{
    size_t colon = span_find(uri, ':');
    struct span scheme = span_head(uri, colon);

    if (colon == uri.len || scheme.len < 3)
        return false;
    for (size_t i = 0; i < scheme.len; i++) {
        uint8_t c = scheme.ptr[i];

        if (!((c >= 'a' && c <= 'z') ||
              (i > 0 && ((c >= '0' && c <= '9') || c == '.' || c == '-' || c == '+'))))
            return false;
    }
    return span_find(scheme, '.') < scheme.len || span_has_prefix(scheme, span_str("msal"));
}

static bool
is_https(struct span uri)
{
    struct span host;

    if (!cut(&uri, "https://"))
        return false;
    host = span_head(uri, span_find(uri, '/'));
    host = span_head(host, span_find(host, '?'));
    return host.len > 0 && span_find(host, '@') == host.len;
}

enum err
application_add_redirect(struct application *a, enum redirect_kind kind, struct span uri)
{
    struct app_redirect *r = &a->redirects[a->nredirects];
    struct span rest = uri, host;

    for (size_t i = 0; i < uri.len; i++)
        if (uri.ptr[i] <= ' ' || uri.ptr[i] > '~' || uri.ptr[i] == '#' || uri.ptr[i] == '*' ||
            uri.ptr[i] == '\\' || uri.ptr[i] == '"' || uri.ptr[i] == '<' || uri.ptr[i] == '>' ||
            uri.ptr[i] == ';' || uri.ptr[i] == ',' || uri.ptr[i] == '\'')
            return ERR_ARG;
    if (!is_https(uri) && !cut_loopback(&rest, &host) &&
        !(kind == REDIRECT_PUBLIC && is_private_scheme(uri)))
        return ERR_ARG;
    if (a->nredirects == MAX_APP_REDIRECTS || uri.len > MAX_REDIRECT_URI)
        return ERR_TOO_LARGE;
    for (unsigned i = 0; i < a->nredirects; i++)
        if (span_is_str(uri, a->redirects[i].uri))
            return ERR_EXISTS;
    r->kind = kind;
    (void)span_copy_str(uri, r->uri, sizeof(r->uri));
    a->nredirects++;
    return ERR_OK;
}

const struct app_redirect *
application_find_redirect(const struct application *a, struct span uri)
{
    for (unsigned i = 0; i < a->nredirects; i++)
        if (redirect_is_same(span_str(a->redirects[i].uri), uri))
            return &a->redirects[i];
    return NULL;
}
