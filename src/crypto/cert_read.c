/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cert_read.c - what a policy is made of: names, usages, constraints, the key.
 *
 * Texts from certificates end up in JSON and in the next certificate: a name
 * with control characters or broken UTF-8 in it is not shown at all.
 */
#include <arpa/inet.h>

#include "crypto/cert_int.h"
#include "crypto/cert_read_int.h"
#include "crypto/der_int.h"
#include "crypto/dn.h"
#include "crypto/utf8_int.h"

static struct slice
keep(struct cert *c, struct span s)
{
    struct slice at = { c->more.len, s.len };

    buf_put(&c->more, s);
    return at;
}

static struct span
slice_span(const struct cert *c, struct slice s)
{
    return s.len == 0 ? span_of("", 0) : span_of(c->more.ptr + s.begin, s.len);
}

static struct span
string_span(const ASN1_STRING *s)
{
    return span_of(ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
}

static bool
keep_name(struct cert *c, const X509_NAME *name, struct slice *out)
{
    unsigned char *der = NULL;
    int len = i2d_X509_NAME(name, &der);

    if (len > 0)
        *out = keep(c, span_of(der, (size_t)len));
    OPENSSL_free(der);
    return len > 0;
}

/* With attributes that we have no text for, RFC 2253's text does. */
static void
keep_subject_dn(struct cert *c)
{
    struct buf text;

    buf_init(&text, DN_TEXT_MAX);
    if (dn_to_text(slice_span(c, c->subject_der), &text) != ERR_OK) {
        buf_clear(&text);
        buf_put_str(&text, c->subject);
    }
    buf_put_byte(&text, '\0');
    c->subject_dn = keep(c, buf_span(&text));
    buf_release(&text);
}

/* An extension, decoded; *ok becomes false if it is there but damaged, or there twice. */
static void *
ext_get(const X509 *x, int nid, bool *ok)
{
    int critical = 0;
    void *v = X509_get_ext_d2i(x, nid, &critical, NULL);

    if (v == NULL && critical != -1)
        *ok = false;
    return v;
}

static void
keep_alt(struct cert *c, enum alt_kind kind, struct span text)
{
    if (c->alt_count == CERT_ALTS_MAX || text.len == 0 || text.len > CERT_ALT_MAX ||
        !utf8_is_plain(text))
        return;
    c->alts[c->alt_count].kind = kind;
    c->alts[c->alt_count].text = keep(c, text);
    c->alt_count++;
}

static void
keep_address(struct cert *c, struct span bytes)
{
    char text[INET6_ADDRSTRLEN] = "";

    if (bytes.len == 4 || bytes.len == 16)
        keep_alt(c, ALT_IP,
                 span_str(inet_ntop(bytes.len == 4 ? AF_INET : AF_INET6, bytes.ptr, text,
                                    sizeof(text))));
}

static void
keep_other(struct cert *c, const OTHERNAME *other)
{
    struct buf oid;

    if (other->value->type != V_ASN1_UTF8STRING)
        return;
    buf_init(&oid, 2 * CERT_OID_MAX);
    if (der_oid_text(span_of(OBJ_get0_data(other->type_id), OBJ_length(other->type_id)),
                     &oid) &&
        span_is_str(buf_span(&oid), CERT_UPN_OID))
        keep_alt(c, ALT_UPN, string_span(other->value->value.utf8string));
    buf_release(&oid);
}

static void
keep_general_name(struct cert *c, const GENERAL_NAME *g)
{
    switch (g->type) {
    case GEN_EMAIL:
        keep_alt(c, ALT_EMAIL, string_span(g->d.rfc822Name));
        break;
    case GEN_DNS:
        keep_alt(c, ALT_DNS, string_span(g->d.dNSName));
        break;
    case GEN_URI:
        keep_alt(c, ALT_URI, string_span(g->d.uniformResourceIdentifier));
        break;
    case GEN_IPADD:
        keep_address(c, string_span(g->d.iPAddress));
        break;
    case GEN_OTHERNAME:
        keep_other(c, g->d.otherName);
        break;
    default:
        break;
    }
}

static bool
read_alts(struct cert *c, const X509 *x)
{
    bool ok = true;
    GENERAL_NAMES *all = ext_get(x, NID_subject_alt_name, &ok);

    for (int i = 0; all != NULL && i < sk_GENERAL_NAME_num(all); i++)
        keep_general_name(c, sk_GENERAL_NAME_value(all, i));
    GENERAL_NAMES_free(all);
    return ok;
}

static bool
read_ekus(struct cert *c, const X509 *x)
{
    bool ok = true;
    EXTENDED_KEY_USAGE *all = ext_get(x, NID_ext_key_usage, &ok);
    struct buf oid;

    buf_init(&oid, 4 * CERT_OID_MAX);
    for (int i = 0; all != NULL && i < sk_ASN1_OBJECT_num(all); i++) {
        const ASN1_OBJECT *o = sk_ASN1_OBJECT_value(all, i);

        buf_clear(&oid);
        if (c->eku_count < CERT_EKUS_MAX &&
            der_oid_text(span_of(OBJ_get0_data(o), OBJ_length(o)), &oid))
            c->ekus[c->eku_count++] = keep(c, buf_span(&oid));
    }
    buf_release(&oid);
    EXTENDED_KEY_USAGE_free(all);
    return ok;
}

static bool
read_key_usage(struct cert *c, const X509 *x)
{
    bool ok = true;
    ASN1_BIT_STRING *bits = ext_get(x, NID_key_usage, &ok);

    for (int i = 0; bits != NULL && i < CERT_USAGES; i++)
        c->key_usage |= ASN1_BIT_STRING_get_bit(bits, i) == 1 ? 1u << i : 0;
    ASN1_BIT_STRING_free(bits);
    return ok;
}

static bool
read_constraints(struct cert *c, const X509 *x)
{
    bool ok = true;
    BASIC_CONSTRAINTS *b = ext_get(x, NID_basic_constraints, &ok);

    c->path_length = -1;
    if (b != NULL && b->ca != 0) {
        c->ca = true;
        if (b->pathlen != NULL) {
            int64_t n = -1;

            ok = ASN1_INTEGER_get_int64(&n, b->pathlen) == 1 && n >= 0;
            c->path_length = n > 255 ? 255 : (int)n;
        }
    }
    BASIC_CONSTRAINTS_free(b);
    return ok;
}

static bool
read_key_ids(struct cert *c, const X509 *x)
{
    bool ok = true;
    ASN1_OCTET_STRING *own = ext_get(x, NID_subject_key_identifier, &ok);
    AUTHORITY_KEYID *issuer = ext_get(x, NID_authority_key_identifier, &ok);

    if (own != NULL)
        c->key_id = keep(c, string_span(own));
    if (issuer != NULL && issuer->keyid != NULL)
        c->issuer_key_id = keep(c, string_span(issuer->keyid));
    ASN1_OCTET_STRING_free(own);
    AUTHORITY_KEYID_free(issuer);
    return ok;
}

static enum err
read_key(struct cert *c, const X509 *x)
{
    EVP_PKEY *pkey = X509_get_pubkey((X509 *)(uintptr_t)x);
    enum err e;

    crypto_hush();
    if (pkey == NULL)
        return ERR_OK;
    e = key_adopt(pkey, &c->key);
    return e == ERR_UNSUPPORTED ? ERR_OK : e;
}

static bool
read_names(struct cert *c, const X509 *x)
{
    const X509_NAME *subject = X509_get_subject_name(x), *issuer = X509_get_issuer_name(x);
    int ok = 0, also = 0;

    c->subject_hash = X509_NAME_hash_ex(subject, NULL, NULL, &ok);
    c->issuer_hash = X509_NAME_hash_ex(issuer, NULL, NULL, &also);
    return ok == 1 && also == 1 && keep_name(c, subject, &c->subject_der) &&
           keep_name(c, issuer, &c->issuer_der);
}

enum err
cert_read_more(struct cert *c, X509 *x)
{
    if (!read_names(c, x) || !read_alts(c, x) || !read_ekus(c, x) || !read_key_usage(c, x) ||
        !read_constraints(c, x) || !read_key_ids(c, x)) {
        crypto_hush();
        return ERR_FORMAT;
    }
    keep_subject_dn(c);
    if (c->more.err != ERR_OK)
        return c->more.err == ERR_TOO_LARGE ? ERR_FORMAT : c->more.err;
    return read_key(c, x);
}

struct span
cert_subject_der(const struct cert *c)
{
    return slice_span(c, c->subject_der);
}

struct span
cert_issuer_der(const struct cert *c)
{
    return slice_span(c, c->issuer_der);
}

const char *
cert_subject_dn(const struct cert *c)
{
    return (const char *)slice_span(c, c->subject_dn).ptr;
}

size_t
cert_alt_count(const struct cert *c)
{
    return c->alt_count;
}

struct alt_name
cert_alt(const struct cert *c, size_t i)
{
    bug_on(i >= c->alt_count);
    return (struct alt_name){ c->alts[i].kind, slice_span(c, c->alts[i].text) };
}

size_t
cert_eku_count(const struct cert *c)
{
    return c->eku_count;
}

struct span
cert_eku(const struct cert *c, size_t i)
{
    bug_on(i >= c->eku_count);
    return slice_span(c, c->ekus[i]);
}

unsigned
cert_key_usage(const struct cert *c)
{
    return c->key_usage;
}

bool
cert_is_ca(const struct cert *c)
{
    return c->ca;
}

int
cert_path_length(const struct cert *c)
{
    return c->path_length;
}

const struct key_public *
cert_key(const struct cert *c)
{
    static const struct key_public none = { .type = KEY_NONE };

    return c->key == NULL ? &none : key_public(c->key);
}

bool
cert_is_of_key(const struct cert *c, const struct key_public *key)
{
    const struct key_public *own = cert_key(c);

    return own->type != KEY_NONE && own->type == key->type && own->curve == key->curve &&
           span_is_equal(own->n, key->n) && span_is_equal(own->e, key->e) &&
           span_is_equal(own->x, key->x) && span_is_equal(own->y, key->y);
}

bool
cert_is_self_issued(const struct cert *c)
{
    return span_is_equal(cert_subject_der(c), cert_issuer_der(c));
}

struct span
cert_key_id(const struct cert *c)
{
    return slice_span(c, c->key_id);
}

struct span
cert_issuer_key_id(const struct cert *c)
{
    return slice_span(c, c->issuer_key_id);
}

static bool
is_signed_by(X509 *x, X509 *issuer)
{
    EVP_PKEY *key = X509_get0_pubkey(issuer);

    return X509_NAME_cmp(X509_get_issuer_name(x), X509_get_subject_name(issuer)) == 0 &&
           key != NULL && X509_verify(x, key) == 1;
}

bool
cert_is_issued_by(const struct cert *c, const struct cert *issuer)
{
    struct span want = cert_issuer_key_id(c), have = cert_key_id(issuer);
    X509 *x, *i;
    bool is;

    if (c->issuer_hash != issuer->subject_hash)
        return false;
    if (want.len > 0 && have.len > 0 && !span_is_equal(want, have))
        return false;
    x = x509_parse(cert_der(c));
    i = x509_parse(cert_der(issuer));
    is = x != NULL && i != NULL && is_signed_by(x, i);
    X509_free(x);
    X509_free(i);
    crypto_hush();
    return is;
}
