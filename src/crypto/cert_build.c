/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cert_build.c - TBSCertificate (RFC 5280) and CertificationRequestInfo (RFC
 * 2986). The order of the extensions is Azure's.
 */
#include "crypto/cert_int.h"
#include "crypto/cert_spec.h"
#include "crypto/der_int.h"
#include "crypto/dn.h"

#define OID_KEY_USAGE         "2.5.29.15"
#define OID_BASIC_CONSTRAINTS "2.5.29.19"
#define OID_EXT_KEY_USAGE     "2.5.29.37"
#define OID_SUBJECT_ALT_NAME  "2.5.29.17"
#define OID_SUBJECT_KEY_ID    "2.5.29.14"
#define OID_AUTHORITY_KEY_ID  "2.5.29.35"
#define OID_EXTENSION_REQUEST "1.2.840.113549.1.9.14"

enum {
    VERSION_3 = 2,
    CONTEXT_CONSTRUCTED = DER_CONTEXT | DER_CONSTRUCTED,
    TAG_VERSION = CONTEXT_CONSTRUCTED | 0,
    TAG_EXTENSIONS = CONTEXT_CONSTRUCTED | 3,
    TAG_ATTRIBUTES = CONTEXT_CONSTRUCTED | 0,
    /* GeneralName, RFC 5280 4.2.1.6 */
    TAG_OTHER_NAME = CONTEXT_CONSTRUCTED | 0,
    TAG_EMAIL = DER_CONTEXT | 1,
    TAG_DNS = DER_CONTEXT | 2,
    TAG_URI = DER_CONTEXT | 6,
    TAG_IP = DER_CONTEXT | 7,
    TAG_KEY_ID = DER_CONTEXT | 0,
};

/* An extension as far as its value; closed by ext_close(). */
struct ext {
    size_t whole, value;
};

static void
put_oid(struct buf *b, const char *dotted)
{
    bug_on(!der_put_oid(b, span_str(dotted)));
}

static struct ext
ext_open(struct buf *b, const char *oid, bool critical)
{
    struct ext x = { .whole = der_open(b, DER_SEQUENCE) };

    put_oid(b, oid);
    if (critical)
        der_put_bool(b, true);
    x.value = der_open(b, DER_OCTET_STRING);
    return x;
}

static void
ext_close(struct buf *b, struct ext x)
{
    der_close(b, x.value);
    der_close(b, x.whole);
}

static void
put_small(struct buf *b, unsigned n)
{
    uint8_t bytes[2] = { (uint8_t)(n >> 8), (uint8_t)n };

    der_put_unsigned(b, span_of(bytes, sizeof(bytes)));
}

/* A named bit list: bit 0 is the first one's highest, trailing zero bits are not written. */
static void
put_key_usage(struct buf *b, unsigned usage)
{
    struct ext x = ext_open(b, OID_KEY_USAGE, true);
    uint8_t bytes[3] = { 0 };
    unsigned last = 0;

    for (unsigned i = 0; i < CERT_USAGES; i++)
        if ((usage >> i & 1) != 0) {
            bytes[1 + i / 8] |= (uint8_t)(0x80 >> i % 8);
            last = i;
        }
    bytes[0] = (uint8_t)(7 - last % 8);
    der_put(b, DER_BIT_STRING, span_of(bytes, 2 + last / 8));
    ext_close(b, x);
}

/* RFC 5280 4.2.1.9 wants it critical in a CA's certificate; Azure's leaves say it,
 * uncritically.
 */
static void
put_basic_constraints(struct buf *b, const struct cert_spec *s)
{
    struct ext x = ext_open(b, OID_BASIC_CONSTRAINTS, s->ca);
    size_t at = der_open(b, DER_SEQUENCE);

    if (s->ca)
        der_put_bool(b, true);
    if (s->ca && s->path_length >= 0)
        put_small(b, (unsigned)s->path_length);
    der_close(b, at);
    ext_close(b, x);
}

static void
put_ekus(struct buf *b, const struct cert_spec *s)
{
    struct ext x = ext_open(b, OID_EXT_KEY_USAGE, false);
    size_t at = der_open(b, DER_SEQUENCE);

    for (size_t i = 0; i < s->eku_count; i++)
        (void)der_put_oid(b, s->ekus[i]);
    der_close(b, at);
    ext_close(b, x);
}

static void
put_upn(struct buf *b, struct span text)
{
    size_t other = der_open(b, TAG_OTHER_NAME), value;

    put_oid(b, CERT_UPN_OID);
    value = der_open(b, TAG_OTHER_NAME); /* [0] EXPLICIT, the same tag */
    der_put(b, DER_UTF8_STRING, text);
    der_close(b, value);
    der_close(b, other);
}

static void
put_alt(struct buf *b, const struct alt_name *a)
{
    static const uint8_t tags[ALT_KIND__MAX] = {
        [ALT_EMAIL] = TAG_EMAIL, [ALT_DNS] = TAG_DNS, [ALT_URI] = TAG_URI, [ALT_IP] = TAG_IP
    };
    uint8_t address[CERT_ADDRESS_MAX];

    if (a->kind == ALT_UPN)
        put_upn(b, a->text);
    else if (a->kind == ALT_IP)
        der_put(b, TAG_IP, span_of(address, cert_address(a->text, address)));
    else
        der_put(b, tags[a->kind], a->text);
}

static void
put_alts(struct buf *b, const struct cert_spec *s, bool critical)
{
    struct ext x = ext_open(b, OID_SUBJECT_ALT_NAME, critical);
    size_t at = der_open(b, DER_SEQUENCE);

    for (enum alt_kind kind = 0; kind < ALT_KIND__MAX; kind++)
        for (size_t i = 0; i < s->alt_count; i++)
            if (s->alts[i].kind == kind)
                put_alt(b, &s->alts[i]);
    der_close(b, at);
    ext_close(b, x);
}

static void
put_key_ids(struct buf *b, struct span subject, struct span issuer)
{
    struct ext x = ext_open(b, OID_AUTHORITY_KEY_ID, false);
    size_t at = der_open(b, DER_SEQUENCE);

    der_put(b, TAG_KEY_ID, issuer);
    der_close(b, at);
    ext_close(b, x);
    x = ext_open(b, OID_SUBJECT_KEY_ID, false);
    der_put(b, DER_OCTET_STRING, subject);
    ext_close(b, x);
}

static bool
has_subject(const struct cert_spec *s)
{
    for (size_t i = 0; i < s->subject.len; i++)
        if (s->subject.ptr[i] != ' ')
            return true;
    return false;
}

static enum err
check_spec(const struct cert_spec *s, const struct key_public *key)
{
    if (!key_public_is_ok(key) || cert_alg_of(key->type, key->curve) == ALG_NONE)
        return ERR_ARG;
    if (s->alt_count > CERT_ALTS_MAX || s->eku_count > CERT_EKUS_MAX)
        return ERR_TOO_LARGE;
    if ((!has_subject(s) && s->alt_count == 0) || (s->key_usage & ~(unsigned)USAGE_ALL) != 0 ||
        s->path_length > 255)
        return ERR_SYNTAX;
    for (size_t i = 0; i < s->alt_count; i++)
        if (!alt_name_is_ok(&s->alts[i]))
            return ERR_SYNTAX;
    for (size_t i = 0; i < s->eku_count; i++)
        if (!cert_oid_is_ok(s->ekus[i]))
            return ERR_SYNTAX;
    return ERR_OK;
}

static enum err
put_times(struct buf *b, const struct cert_spec *s)
{
    size_t at = der_open(b, DER_SEQUENCE);

    if (s->not_after < s->not_before || !der_put_time(b, s->not_before) ||
        !der_put_time(b, s->not_after))
        return ERR_SYNTAX;
    der_close(b, at);
    return ERR_OK;
}

/* Its own key's, or what the issuer's certificate says. */
static enum err
issuer_key_id(const struct cert_spec *s, const uint8_t own[static SHA1_LEN],
              uint8_t store[static SHA1_LEN], struct span *out)
{
    *out = span_of(own, SHA1_LEN);
    if (s->issuer == NULL)
        return ERR_OK;
    *out = s->issuer->key_id;
    if (out->len > 0)
        return ERR_OK;
    *out = span_of(store, SHA1_LEN);
    return key_public_id(s->issuer->key, store);
}

static enum err
put_cert_extensions(struct buf *b, const struct cert_spec *s, const struct key_public *key)
{
    uint8_t own[SHA1_LEN], issuers[SHA1_LEN];
    struct span issuer;
    size_t outer = der_open(b, TAG_EXTENSIONS), at = der_open(b, DER_SEQUENCE);
    enum err e = key_public_id(key, own);

    if (e == ERR_OK)
        e = issuer_key_id(s, own, issuers, &issuer);
    if (e != ERR_OK)
        return e;
    if (s->key_usage != 0)
        put_key_usage(b, s->key_usage);
    put_basic_constraints(b, s);
    if (s->eku_count > 0)
        put_ekus(b, s);
    if (s->alt_count > 0)
        put_alts(b, s, !has_subject(s));
    put_key_ids(b, span_of(own, SHA1_LEN), issuer);
    buf_put(b, s->extra);
    der_close(b, at);
    der_close(b, outer);
    return ERR_OK;
}

static void
put_version_and_serial(struct buf *b, const struct cert_spec *s)
{
    size_t at = der_open(b, TAG_VERSION);

    put_small(b, VERSION_3);
    der_close(b, at);
    der_put_unsigned(b, span_of(s->serial, CERT_SERIAL_LEN));
}

/* Issuer, validity, subject: the names of a self-signed certificate are one. */
static enum err
put_names(struct buf *b, const struct cert_spec *s)
{
    enum err e = ERR_OK;

    if (s->issuer == NULL)
        e = dn_from_text(s->subject, b);
    else
        buf_put(b, s->issuer->name);
    if (e == ERR_OK)
        e = put_times(b, s);
    return e == ERR_OK ? dn_from_text(s->subject, b) : e;
}

/* What was begun in the caller's buffer is taken back after a failure. */
static enum err
finish(struct buf *out, struct buf *b, enum err e)
{
    if (e == ERR_OK)
        e = b->err;
    if (e == ERR_OK) {
        buf_put(out, buf_span(b));
        e = out->err;
    }
    buf_release(b);
    return e;
}

enum err
cert_tbs_put(const struct cert_spec *s, const struct key_public *key, struct buf *tbs)
{
    const struct key_public *signer = s->issuer == NULL ? key : s->issuer->key;
    enum key_alg alg = cert_alg_of(signer->type, signer->curve);
    enum err e = check_spec(s, key);
    struct buf b;
    size_t at;

    if (e == ERR_OK && alg == ALG_NONE)
        e = ERR_ARG;
    if (e == ERR_OK && (s->serial[0] == 0 || s->serial[0] >= 0x80))
        e = ERR_SYNTAX;
    if (e != ERR_OK)
        return e;
    buf_init(&b, CERT_TBS_MAX);
    at = der_open(&b, DER_SEQUENCE);
    put_version_and_serial(&b, s);
    cert_put_alg(&b, alg);
    e = put_names(&b, s);
    if (e == ERR_OK)
        e = key_public_put_spki(key, &b);
    if (e == ERR_OK)
        e = put_cert_extensions(&b, s, key);
    der_close(&b, at);
    return finish(tbs, &b, e);
}

static void
put_extension_request(struct buf *b, const struct cert_spec *s)
{
    size_t attribute = der_open(b, DER_SEQUENCE), set, at;

    put_oid(b, OID_EXTENSION_REQUEST);
    set = der_open(b, DER_SET);
    at = der_open(b, DER_SEQUENCE);
    if (s->key_usage != 0)
        put_key_usage(b, s->key_usage);
    if (s->eku_count > 0)
        put_ekus(b, s);
    put_basic_constraints(b, s);
    if (s->alt_count > 0)
        put_alts(b, s, !has_subject(s));
    buf_put(b, s->extra);
    der_close(b, at);
    der_close(b, set);
    der_close(b, attribute);
}

enum err
csr_info_put(const struct cert_spec *s, const struct key_public *key, struct buf *info)
{
    enum err e = check_spec(s, key);
    struct buf b;
    size_t at, attributes;

    if (e != ERR_OK)
        return e;
    buf_init(&b, CERT_TBS_MAX);
    at = der_open(&b, DER_SEQUENCE);
    put_small(&b, 0);
    e = dn_from_text(s->subject, &b);
    if (e == ERR_OK)
        e = key_public_put_spki(key, &b);
    attributes = der_open(&b, TAG_ATTRIBUTES);
    put_extension_request(&b, s);
    der_close(&b, attributes);
    der_close(&b, at);
    return finish(info, &b, e);
}
