/* SPDX-License-Identifier: Apache-2.0 */
/* cert_ext.c - extensions of an authority, written front to back. */
#include "crypto/cert_ext.h"

#include "crypto/cert_int.h"
#include "crypto/der_int.h"

#define OID_NAME_CONSTRAINTS "2.5.29.30"
#define OID_CRL_POINTS       "2.5.29.31"
#define OID_ACCESS           "1.3.6.1.5.5.7.1.1"
#define OID_ACCESS_OCSP      "1.3.6.1.5.5.7.48.1"
#define OID_ACCESS_ISSUER    "1.3.6.1.5.5.7.48.2"

enum {
    TAG_PERMITTED = DER_CONTEXT | DER_CONSTRUCTED | 0,
    TAG_EXCLUDED = DER_CONTEXT | DER_CONSTRUCTED | 1,
    TAG_POINT_NAME = DER_CONTEXT | DER_CONSTRUCTED | 0, /* also fullName */
    TAG_EMAIL = DER_CONTEXT | 1,
    TAG_DNS = DER_CONTEXT | 2,
    TAG_URI = DER_CONTEXT | 6,
    TAG_IP = DER_CONTEXT | 7,
};

static size_t
ext_open(struct buf *b, const char *oid, bool critical, size_t *whole)
{
    *whole = der_open(b, DER_SEQUENCE);
    bug_on(!der_put_oid(b, span_str(oid)));
    if (critical)
        der_put_bool(b, true);
    return der_open(b, DER_OCTET_STRING);
}

/* ---------------------------------------------------------------- name constraints */

/* "10.0.0.0/8" as address and mask; their bytes together, 0: it is none. */
static size_t
subnet(struct span text, uint8_t out[static 2 * CERT_ADDRESS_MAX])
{
    size_t slash = span_find(text, '/'), len = cert_address(span_head(text, slash), out);
    uint64_t bits;

    if (len == 0 || !span_get_u64(span_tail(text, slash + 1), &bits) || bits > 8 * len)
        return 0;
    for (size_t i = 0; i < len; i++) {
        size_t before = 8 * i;
        unsigned here = bits <= before ? 0 : bits - before >= 8 ? 8 : (unsigned)(bits - before);

        out[len + i] = (uint8_t)(0xff00u >> here);
        if ((out[i] & ~out[len + i]) != 0)
            return 0;
    }
    return 2 * len;
}

bool
name_constraint_is_ok(const struct alt_name *a)
{
    struct alt_name host = { ALT_DNS, a->text };
    uint8_t net[2 * CERT_ADDRESS_MAX];

    if (a->text.len == 0 || a->text.len > CERT_ALT_MAX)
        return false;
    if (a->text.ptr[0] == '.')
        host.text = span_tail(a->text, 1);
    switch (a->kind) {
    case ALT_DNS:
    case ALT_URI:
        return host.text.len > 0 && host.text.ptr[0] != '*' && alt_name_is_ok(&host);
    case ALT_EMAIL:
        if (span_find(a->text, '@') < a->text.len)
            return alt_name_is_ok(a);
        return host.text.len > 0 && host.text.ptr[0] != '*' && alt_name_is_ok(&host);
    case ALT_IP:
        return subnet(a->text, net) > 0;
    case ALT_UPN:
    case ALT_KIND__MAX:
        break;
    }
    return false;
}

static void
put_subtree(struct buf *b, const struct alt_name *a)
{
    static const uint8_t tags[ALT_KIND__MAX] = {
        [ALT_EMAIL] = TAG_EMAIL, [ALT_DNS] = TAG_DNS, [ALT_URI] = TAG_URI
    };
    size_t at = der_open(b, DER_SEQUENCE);
    uint8_t net[2 * CERT_ADDRESS_MAX];

    if (a->kind == ALT_IP)
        der_put(b, TAG_IP, span_of(net, subnet(a->text, net)));
    else
        der_put(b, tags[a->kind], a->text);
    der_close(b, at);
}

static enum err
put_subtrees(struct buf *b, uint8_t tag, const struct alt_name *list, size_t n)
{
    size_t at;

    if (n > CONSTRAINTS_MAX)
        return ERR_TOO_LARGE;
    for (size_t i = 0; i < n; i++)
        if (!name_constraint_is_ok(&list[i]))
            return ERR_SYNTAX;
    if (n == 0)
        return ERR_OK;
    at = der_open(b, tag);
    for (size_t i = 0; i < n; i++)
        put_subtree(b, &list[i]);
    der_close(b, at);
    return ERR_OK;
}

enum err
ext_put_name_constraints(const struct name_constraints *c, struct buf *b)
{
    size_t whole, value, at;
    enum err e;

    if (c->permitted_count + c->excluded_count == 0)
        return ERR_OK;
    value = ext_open(b, OID_NAME_CONSTRAINTS, true, &whole);
    at = der_open(b, DER_SEQUENCE);
    e = put_subtrees(b, TAG_PERMITTED, c->permitted, c->permitted_count);
    if (e == ERR_OK)
        e = put_subtrees(b, TAG_EXCLUDED, c->excluded, c->excluded_count);
    der_close(b, at);
    der_close(b, value);
    der_close(b, whole);
    return e == ERR_OK ? b->err : e;
}

/* --------------------------------------------------------------------------- URLs */

static bool
is_url(struct span s)
{
    struct alt_name a = { ALT_URI, s };

    return s.len <= CERT_URL_MAX && alt_name_is_ok(&a);
}

enum err
ext_put_crl_point(struct span url, struct buf *b)
{
    size_t whole, value, points, point, name, full;

    if (!is_url(url))
        return ERR_SYNTAX;
    value = ext_open(b, OID_CRL_POINTS, false, &whole);
    points = der_open(b, DER_SEQUENCE);
    point = der_open(b, DER_SEQUENCE);
    name = der_open(b, TAG_POINT_NAME);
    full = der_open(b, TAG_POINT_NAME);
    der_put(b, TAG_URI, url);
    der_close(b, full);
    der_close(b, name);
    der_close(b, point);
    der_close(b, points);
    der_close(b, value);
    der_close(b, whole);
    return b->err;
}

static void
put_access(struct buf *b, const char *method, struct span url)
{
    size_t at = der_open(b, DER_SEQUENCE);

    bug_on(!der_put_oid(b, span_str(method)));
    der_put(b, TAG_URI, url);
    der_close(b, at);
}

enum err
ext_put_access(struct span ocsp_url, struct span ca_url, struct buf *b)
{
    size_t whole, value, at;

    if (!is_url(ocsp_url) || !is_url(ca_url))
        return ERR_SYNTAX;
    value = ext_open(b, OID_ACCESS, false, &whole);
    at = der_open(b, DER_SEQUENCE);
    put_access(b, OID_ACCESS_OCSP, ocsp_url);
    put_access(b, OID_ACCESS_ISSUER, ca_url);
    der_close(b, at);
    der_close(b, value);
    der_close(b, whole);
    return b->err;
}
