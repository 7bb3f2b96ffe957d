/* SPDX-License-Identifier: Apache-2.0 */
/* crl.c - TBSCertList, version 2. */
#include "crypto/crl.h"

#include "crypto/cert_int.h"
#include "crypto/der_int.h"

#define OID_CRL_NUMBER "2.5.29.20"
#define OID_CRL_REASON "2.5.29.21"
#define OID_AUTHORITY  "2.5.29.35"

enum { VERSION_2 = 1, TAG_EXTENSIONS = 0xa0, TAG_KEY_ID = 0x80, DER_ENUMERATED = 0x0a };

static size_t
ext_open(struct buf *b, const char *oid, size_t *whole)
{
    *whole = der_open(b, DER_SEQUENCE);
    bug_on(!der_put_oid(b, span_str(oid)));
    return der_open(b, DER_OCTET_STRING);
}

enum err
crl_put_entry(const char *serial, int64_t at, unsigned reason, struct buf *entries)
{
    uint8_t number[DER_SERIAL_MAX], code = (uint8_t)reason;
    size_t n = der_serial(serial, number), entry, all, whole, value;

    if (n == 0 || reason > 10)
        return ERR_SYNTAX;
    entry = der_open(entries, DER_SEQUENCE);
    der_put_unsigned(entries, span_of(number, n));
    if (!der_put_time(entries, at))
        return ERR_SYNTAX;
    if (reason != 0) {
        all = der_open(entries, DER_SEQUENCE);
        value = ext_open(entries, OID_CRL_REASON, &whole);
        der_put(entries, DER_ENUMERATED, span_of(&code, 1));
        der_close(entries, value);
        der_close(entries, whole);
        der_close(entries, all);
    }
    der_close(entries, entry);
    return entries->err;
}

static void
put_number(struct buf *b, uint64_t n)
{
    uint8_t bytes[8];

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(n >> (56 - 8 * i));
    der_put_unsigned(b, span_of(bytes, sizeof(bytes)));
}

static enum err
put_extensions(const struct crl_spec *s, struct buf *b)
{
    uint8_t own[SHA1_LEN];
    struct span id = s->issuer->key_id;
    size_t outer, all, whole, value, at;

    if (id.len == 0) {
        enum err e = key_public_id(s->issuer->key, own);

        if (e != ERR_OK)
            return e;
        id = span_of(own, sizeof(own));
    }
    outer = der_open(b, TAG_EXTENSIONS);
    all = der_open(b, DER_SEQUENCE);
    value = ext_open(b, OID_AUTHORITY, &whole);
    at = der_open(b, DER_SEQUENCE);
    der_put(b, TAG_KEY_ID, id);
    der_close(b, at);
    der_close(b, value);
    der_close(b, whole);
    value = ext_open(b, OID_CRL_NUMBER, &whole);
    put_number(b, s->number);
    der_close(b, value);
    der_close(b, whole);
    der_close(b, all);
    der_close(b, outer);
    return b->err;
}

enum err
crl_tbs_put(const struct crl_spec *s, struct span entries, struct buf *tbs)
{
    enum key_alg alg = cert_alg_of(s->issuer->key->type, s->issuer->key->curve);
    const uint8_t version = VERSION_2;
    size_t at, list;
    enum err e;

    if (alg == ALG_NONE)
        return ERR_ARG;
    at = der_open(tbs, DER_SEQUENCE);
    der_put(tbs, DER_INTEGER, span_of(&version, 1));
    cert_put_alg(tbs, alg);
    buf_put(tbs, s->issuer->name);
    if (!der_put_time(tbs, s->this_update) || !der_put_time(tbs, s->next_update))
        return ERR_SYNTAX;
    if (entries.len > 0) { /* RFC 5280 5.1.2.6: absent if there are none */
        list = der_open(tbs, DER_SEQUENCE);
        buf_put(tbs, entries);
        der_close(tbs, list);
    }
    e = put_extensions(s, tbs);
    der_close(tbs, at);
    return e == ERR_OK ? tbs->err : e;
}
