/* SPDX-License-Identifier: Apache-2.0 */
/* ocsp.c - OCSPRequest taken apart front to back, OCSPResponse written so. */
#include "crypto/ocsp.h"

#include <stdio.h>
#include <string.h>

#include "crypto/cert_int.h"
#include "crypto/der_int.h"

enum {
    TAG_VERSION = 0xa0,
    TAG_REQUESTOR = 0xa1,
    TAG_EXTENSIONS = 0xa2,
    TAG_SINGLE_EXTENSIONS = 0xa0,
    TAG_SIGNATURE = 0xa0,
    TAG_BY_KEY = 0xa2,
    TAG_NEXT_UPDATE = 0xa0,
    TAG_REASON = 0xa0,
    TAG_GOOD = 0x80,
    TAG_REVOKED = 0xa1,
    TAG_UNKNOWN = 0x82,
    TAG_RESPONSE_EXTENSIONS = 0xa1,
    TAG_RESPONSE_BYTES = 0xa0,
    DER_ENUMERATED = 0x0a,
};

#define OID_BASIC "1.3.6.1.5.5.7.48.1.1"
#define OID_NONCE "1.3.6.1.5.5.7.48.1.2"

static const uint8_t oid_sha1[] = { 0x2b, 0x0e, 0x03, 0x02, 0x1a };
static const uint8_t oid_sha256[] = { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01 };
static const uint8_t oid_nonce[] = { 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x02 };

/* -------------------------------------------------------------------------- reading */

static void
read_serial(struct span number, char out[static OCSP_SERIAL_TEXT + 1])
{
    out[0] = '\0';
    while (number.len > 1 && number.ptr[0] == 0)
        number = span_tail(number, 1);
    if (number.len == 0 || 2 * number.len > OCSP_SERIAL_TEXT)
        return;
    for (size_t i = 0; i < number.len; i++)
        (void)snprintf(out + 2 * i, 3, "%02X", number.ptr[i]);
}

static bool
read_id(struct span content, struct span whole, struct ocsp_id *out)
{
    struct span alg, oid, serial;

    out->whole = whole;
    if (!der_take_tag(&content, DER_SEQUENCE, &alg) || !der_take_tag(&alg, DER_OID, &oid) ||
        !der_take_tag(&content, DER_OCTET_STRING, &out->name_hash) ||
        !der_take_tag(&content, DER_OCTET_STRING, &out->key_hash) ||
        !der_take_tag(&content, DER_INTEGER, &serial) || content.len > 0 || serial.len == 0)
        return false;
    out->hash = span_is_equal(oid, span_of(oid_sha1, sizeof(oid_sha1)))       ? OCSP_SHA1
                : span_is_equal(oid, span_of(oid_sha256, sizeof(oid_sha256))) ? OCSP_SHA256
                                                                              : OCSP_OTHER;
    read_serial(serial, out->serial);
    return true;
}

/* Extension: OID, critical or not, value. */
static enum err
read_extension(struct span content, struct ocsp_question *q)
{
    struct span oid, value, critical = { 0 }, inner;
    struct der_value v;

    if (!der_take_tag(&content, DER_OID, &oid) || !der_take(&content, &v))
        return ERR_SYNTAX;
    if (v.tag == DER_BOOLEAN) {
        critical = v.content;
        if (critical.len != 1 || !der_take(&content, &v))
            return ERR_SYNTAX;
    }
    value = v.content;
    if (v.tag != DER_OCTET_STRING || content.len > 0)
        return ERR_SYNTAX;
    if (!span_is_equal(oid, span_of(oid_nonce, sizeof(oid_nonce))))
        return critical.len == 1 && critical.ptr[0] != 0 ? ERR_UNSUPPORTED : ERR_OK;
    inner = value;
    if (q == NULL || q->nonce.len > 0 || !der_take_tag(&inner, DER_OCTET_STRING, &oid) ||
        inner.len > 0 || oid.len == 0 || oid.len > OCSP_NONCE_MAX)
        return ERR_SYNTAX;
    q->nonce = value;
    return ERR_OK;
}

/* q: NULL for extensions of a single request, where no nonce stands. */
static enum err
read_extensions(struct span content, struct ocsp_question *q)
{
    struct span list, one;
    enum err e = ERR_OK;

    if (!der_take_tag(&content, DER_SEQUENCE, &list) || content.len > 0 || list.len == 0)
        return ERR_SYNTAX;
    while (list.len > 0 && e == ERR_OK)
        e = der_take_tag(&list, DER_SEQUENCE, &one) ? read_extension(one, q) : ERR_SYNTAX;
    return e;
}

static enum err
read_one(struct span content, struct ocsp_question *q)
{
    struct der_value id;
    struct span extensions;

    if (!der_take(&content, &id) || id.tag != DER_SEQUENCE)
        return ERR_SYNTAX;
    if (q->n == OCSP_IDS_MAX)
        return ERR_TOO_LARGE;
    if (!read_id(id.content, id.whole, &q->id[q->n++]))
        return ERR_SYNTAX;
    if (content.len == 0)
        return ERR_OK;
    if (!der_take_tag(&content, TAG_SINGLE_EXTENSIONS, &extensions) || content.len > 0)
        return ERR_SYNTAX;
    return read_extensions(extensions, NULL);
}

/* Takes what is optional in front of the list: version 1, and a name that nobody reads. */
static bool
skip_head(struct span *tbs)
{
    struct span version, number, name;

    if (tbs->len > 0 && tbs->ptr[0] == TAG_VERSION)
        if (!der_take_tag(tbs, TAG_VERSION, &version) ||
            !der_take_tag(&version, DER_INTEGER, &number) || version.len > 0 ||
            number.len != 1 || number.ptr[0] != 0)
            return false;
    return tbs->len == 0 || tbs->ptr[0] != TAG_REQUESTOR ||
           der_take_tag(tbs, TAG_REQUESTOR, &name);
}

enum err
ocsp_request_read(struct span der, struct ocsp_question *out)
{
    struct span whole, tbs, list, one, more;
    enum err e = ERR_OK;

    *out = (struct ocsp_question){ .n = 0 };
    if (der.len > OCSP_REQUEST_MAX)
        return ERR_TOO_LARGE;
    if (!der_take_tag(&der, DER_SEQUENCE, &whole) || der.len > 0 ||
        !der_take_tag(&whole, DER_SEQUENCE, &tbs) || !skip_head(&tbs) ||
        !der_take_tag(&tbs, DER_SEQUENCE, &list))
        return ERR_SYNTAX;
    if (whole.len > 0 && (!der_take_tag(&whole, TAG_SIGNATURE, &more) || whole.len > 0))
        return ERR_SYNTAX;
    while (list.len > 0 && e == ERR_OK)
        e = der_take_tag(&list, DER_SEQUENCE, &one) ? read_one(one, out) : ERR_SYNTAX;
    if (e == ERR_OK && tbs.len > 0)
        e = der_take_tag(&tbs, TAG_EXTENSIONS, &more) && tbs.len == 0
                ? read_extensions(more, out)
                : ERR_SYNTAX;
    return e == ERR_OK && out->n == 0 ? ERR_SYNTAX : e;
}

/* The bits of the key, without how it is used. */
static bool
key_bits(const struct cert *c, struct span *out)
{
    struct span spki = cert_spki(c), content, alg;

    if (!der_take_tag(&spki, DER_SEQUENCE, &content) ||
        !der_take_tag(&content, DER_SEQUENCE, &alg) ||
        !der_take_tag(&content, DER_BIT_STRING, out) || out->len < 1)
        return false;
    *out = span_tail(*out, 1);
    return true;
}

bool
ocsp_id_is_of(const struct ocsp_id *id, const struct cert *issuer)
{
    uint8_t name[SHA256_LEN], key[SHA256_LEN];
    size_t len = id->hash == OCSP_SHA1 ? SHA1_LEN : SHA256_LEN;
    struct span bits;
    enum err e;

    if (id->hash == OCSP_OTHER || !key_bits(issuer, &bits))
        return false;
    if (id->hash == OCSP_SHA1) {
        e = digest_sha1(cert_subject_der(issuer), name);
        if (e == ERR_OK)
            e = digest_sha1(bits, key);
    } else {
        e = digest_sha256(cert_subject_der(issuer), name);
        if (e == ERR_OK)
            e = digest_sha256(bits, key);
    }
    return e == ERR_OK && span_is_equal(id->name_hash, span_of(name, len)) &&
           span_is_equal(id->key_hash, span_of(key, len));
}

/* -------------------------------------------------------------------------- writing */

static bool
put_status(const struct ocsp_fact *f, struct buf *b)
{
    size_t at, reason;
    uint8_t code = (uint8_t)f->reason;

    if (f->status != OCSP_REVOKED) {
        der_put(b, f->status == OCSP_GOOD ? TAG_GOOD : TAG_UNKNOWN, (struct span){ 0 });
        return true;
    }
    at = der_open(b, TAG_REVOKED);
    if (!der_put_long_time(b, f->revoked))
        return false;
    if (code != 0) {
        reason = der_open(b, TAG_REASON);
        der_put(b, DER_ENUMERATED, span_of(&code, 1));
        der_close(b, reason);
    }
    der_close(b, at);
    return true;
}

static bool
put_single(const struct ocsp_id *id, const struct ocsp_fact *f, int64_t now, int64_t next,
           struct buf *b)
{
    size_t at = der_open(b, DER_SEQUENCE), until;

    buf_put(b, id->whole);
    if (!put_status(f, b) || !der_put_long_time(b, now))
        return false;
    until = der_open(b, TAG_NEXT_UPDATE);
    if (!der_put_long_time(b, next))
        return false;
    der_close(b, until);
    der_close(b, at);
    return true;
}

static void
put_nonce(struct span nonce, struct buf *b)
{
    size_t outer = der_open(b, TAG_RESPONSE_EXTENSIONS), all = der_open(b, DER_SEQUENCE),
           at = der_open(b, DER_SEQUENCE);

    bug_on(!der_put_oid(b, span_str(OID_NONCE)));
    der_put(b, DER_OCTET_STRING, nonce);
    der_close(b, at);
    der_close(b, all);
    der_close(b, outer);
}

enum err
ocsp_tbs_put(const struct ocsp_question *q, const struct ocsp_fact *facts,
             const struct key_public *responder, int64_t now, int64_t next_update,
             struct buf *tbs)
{
    uint8_t key[SHA1_LEN];
    size_t at, by, list;
    bool ok = true;
    enum err e = key_public_id(responder, key);

    if (e != ERR_OK)
        return e;
    at = der_open(tbs, DER_SEQUENCE);
    by = der_open(tbs, TAG_BY_KEY);
    der_put(tbs, DER_OCTET_STRING, span_of(key, sizeof(key)));
    der_close(tbs, by);
    ok = der_put_long_time(tbs, now);
    list = der_open(tbs, DER_SEQUENCE);
    for (unsigned i = 0; i < q->n && ok; i++)
        ok = put_single(&q->id[i], &facts[i], now, next_update, tbs);
    der_close(tbs, list);
    if (q->nonce.len > 0)
        put_nonce(q->nonce, tbs);
    der_close(tbs, at);
    return ok ? tbs->err : ERR_SYNTAX;
}

enum err
ocsp_response_put(struct span basic, struct buf *out)
{
    static const uint8_t successful = 0;
    size_t at = der_open(out, DER_SEQUENCE), bytes, body, value;

    der_put(out, DER_ENUMERATED, span_of(&successful, 1));
    bytes = der_open(out, TAG_RESPONSE_BYTES);
    body = der_open(out, DER_SEQUENCE);
    bug_on(!der_put_oid(out, span_str(OID_BASIC)));
    value = der_open(out, DER_OCTET_STRING);
    buf_put(out, basic);
    der_close(out, value);
    der_close(out, body);
    der_close(out, bytes);
    der_close(out, at);
    return out->err;
}

enum err
ocsp_failure_put(enum ocsp_failure f, struct buf *out)
{
    uint8_t status = (uint8_t)f;
    size_t at = der_open(out, DER_SEQUENCE);

    der_put(out, DER_ENUMERATED, span_of(&status, 1));
    der_close(out, at);
    return out->err;
}
