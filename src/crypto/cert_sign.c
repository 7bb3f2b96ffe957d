/* SPDX-License-Identifier: Apache-2.0 */
/* cert_sign.c - public keys and signatures in the forms that certificates have them. */
#include "crypto/cert_int.h"
#include "crypto/cert_spec.h"
#include "crypto/der_int.h"

#define OID_RSA          "1.2.840.113549.1.1.1"
#define OID_EC           "1.2.840.10045.2.1"
#define OID_RSA_SHA256   "1.2.840.113549.1.1.11"
#define OID_ECDSA_SHA256 "1.2.840.10045.4.3.2"
#define OID_ECDSA_SHA384 "1.2.840.10045.4.3.3"
#define OID_ECDSA_SHA512 "1.2.840.10045.4.3.4"

enum { SPKI_MAX = 1024, POINT_UNCOMPRESSED = 4, SIGNATURE_DER_MAX = 1024 };

static const struct curve {
    const char *oid;
    enum key_alg alg;
    const char *alg_oid;
} curves[CURVE__MAX] = {
    [CURVE_P256] = { "1.2.840.10045.3.1.7", ALG_ES256, OID_ECDSA_SHA256 },
    [CURVE_P384] = { "1.3.132.0.34", ALG_ES384, OID_ECDSA_SHA384 },
    [CURVE_P521] = { "1.3.132.0.35", ALG_ES512, OID_ECDSA_SHA512 },
    [CURVE_P256K] = { "1.3.132.0.10", ALG_ES256K, OID_ECDSA_SHA256 },
};

enum key_alg
cert_alg_of(enum key_type type, enum key_curve curve)
{
    if (type == KEY_RSA)
        return ALG_RS256;
    return type == KEY_EC && (unsigned)curve < CURVE__MAX ? curves[curve].alg : ALG_NONE;
}

static void
put_oid(struct buf *b, const char *dotted)
{
    bug_on(!der_put_oid(b, span_str(dotted)));
}

void
cert_put_alg(struct buf *b, enum key_alg alg)
{
    size_t at = der_open(b, DER_SEQUENCE);

    if (alg == ALG_RS256) {
        put_oid(b, OID_RSA_SHA256);
        der_put(b, DER_NULL, span_of(NULL, 0)); /* RFC 4055 5: must be there */
    } else {
        for (size_t i = 0; i < CURVE__MAX; i++)
            if (curves[i].oid != NULL && curves[i].alg == alg)
                put_oid(b, curves[i].alg_oid);
    }
    der_close(b, at);
}

/* What stands in the BIT STRING. */
static void
put_key(struct buf *b, const struct key_public *key)
{
    size_t at;

    if (key->type == KEY_EC) {
        buf_put_byte(b, POINT_UNCOMPRESSED);
        buf_put(b, key->x);
        buf_put(b, key->y);
        return;
    }
    at = der_open(b, DER_SEQUENCE);
    der_put_unsigned(b, key->n);
    der_put_unsigned(b, key->e);
    der_close(b, at);
}

static bool
can_certify(const struct key_public *key)
{
    return key_public_is_ok(key) && cert_alg_of(key->type, key->curve) != ALG_NONE;
}

enum err
key_public_put_spki(const struct key_public *key, struct buf *der)
{
    size_t at, alg, bits;

    if (!can_certify(key))
        return ERR_ARG;
    at = der_open(der, DER_SEQUENCE);
    alg = der_open(der, DER_SEQUENCE);
    if (key->type == KEY_RSA) {
        put_oid(der, OID_RSA);
        der_put(der, DER_NULL, span_of(NULL, 0));
    } else {
        put_oid(der, OID_EC);
        put_oid(der, curves[key->curve].oid);
    }
    der_close(der, alg);
    bits = der_open(der, DER_BIT_STRING);
    buf_put_byte(der, 0);
    put_key(der, key);
    der_close(der, bits);
    der_close(der, at);
    return der->err;
}

enum err
key_public_id(const struct key_public *key, uint8_t id[static SHA1_LEN])
{
    struct buf b;
    enum err e;

    if (!can_certify(key))
        return ERR_ARG;
    buf_init(&b, SPKI_MAX);
    put_key(&b, key);
    e = b.err == ERR_OK ? digest_sha1(buf_span(&b), id) : b.err;
    buf_release(&b);
    return e;
}

enum err
cert_digest(const struct key_public *signer, struct span tbs, struct cert_digest *out)
{
    *out = (struct cert_digest){ .alg = ALG_NONE };
    if (!can_certify(signer))
        return ERR_ARG;
    out->alg = cert_alg_of(signer->type, signer->curve);
    out->len = key_alg_info(out->alg)->digest_len;
    return digest_make(key_alg_info(out->alg)->digest, tbs, out->bytes);
}

static enum err
check_signature(const struct key_public *signer, struct span tbs, struct span signature)
{
    struct key_result result;
    struct cert_digest d;
    struct secbuf nothing;
    struct key *k = NULL;
    enum err e = cert_digest(signer, tbs, &d);

    secbuf_init(&nothing, SIGNATURE_DER_MAX);
    if (e == ERR_OK)
        e = key_from_public(signer, &k);
    if (e == ERR_OK)
        e = key_use(k,
                    &(struct key_use){ .op = KEY_VERIFY,
                                       .alg = d.alg,
                                       .bytes = span_of(d.bytes, d.len),
                                       .signature = signature },
                    &nothing, &result);
    key_free(k);
    secbuf_release(&nothing);
    return e == ERR_DENIED || e == ERR_SYNTAX ? ERR_INTEGRITY : e;
}

/* r || s as the SEQUENCE that X.509 wants; RSA as it is. */
static void
put_signature(struct buf *b, const struct key_public *signer, struct span signature)
{
    size_t bits = der_open(b, DER_BIT_STRING), at;

    buf_put_byte(b, 0);
    if (signer->type == KEY_RSA) {
        buf_put(b, signature);
    } else {
        at = der_open(b, DER_SEQUENCE);
        der_put_unsigned(b, span_head(signature, signature.len / 2));
        der_put_unsigned(b, span_tail(signature, signature.len / 2));
        der_close(b, at);
    }
    der_close(b, bits);
}

enum err
cert_assemble(const struct key_public *signer, struct span tbs, struct span signature,
              struct buf *der)
{
    size_t at;
    enum err e;

    if (!can_certify(signer))
        return ERR_ARG;
    if (signature.len != (signer->type == KEY_RSA ? signer->n.len : 2 * signer->x.len))
        return ERR_ARG;
    e = check_signature(signer, tbs, signature);
    if (e != ERR_OK)
        return e;
    at = der_open(der, DER_SEQUENCE);
    buf_put(der, tbs);
    cert_put_alg(der, cert_alg_of(signer->type, signer->curve));
    put_signature(der, signer, signature);
    der_close(der, at);
    return der->err;
}
