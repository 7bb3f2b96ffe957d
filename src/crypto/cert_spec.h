/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cert_spec.h - what shall stand in a certificate or in a request for one, and
 * the bytes of it.
 *
 * Nothing here is secret and nothing signs. In front:
 *
 *   cert_tbs_put(&spec, public, &tbs)          or csr_info_put(&spec, public, &tbs)
 *   cert_digest(signer, tbs, &d)               d.alg, d.bytes: to KEEPER_KEY_USE, KEY_SIGN
 *   cert_assemble(signer, tbs, signature, &der)
 *
 * with signer = public for a self-signed certificate and for a request, or the
 * issuer's key. The key's home does not matter: software and token both sign.
 *
 * Pure functions; any thread.
 */
#ifndef CRYPTO_CERT_SPEC_H
#define CRYPTO_CERT_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "crypto/digest.h"
#include "crypto/key.h"

enum {
    CERT_ALTS_MAX = 100, /* subject alternative names of one certificate */
    CERT_ALT_MAX = 512,  /* bytes of one */
    CERT_EKUS_MAX = 32,  /* extended key usages */
    CERT_OID_MAX = 64,   /* characters of a dotted OID */
    CERT_SERIAL_LEN = 16,
    CERT_TBS_MAX = 64 * 1024, /* what cert_tbs_put() and csr_info_put() write at most */
};

/* In the order in which they are written. */
enum alt_kind { ALT_EMAIL, ALT_DNS, ALT_UPN, ALT_URI, ALT_IP, ALT_KIND__MAX };
/* One subject alternative name as text: IP as an address, UPN as the UTF-8 of its otherName. */
struct alt_name {
    enum alt_kind kind;
    struct span text;
};
/* DNS: ASCII host name, '_' and one "*." in front allowed; email: ASCII, one '@' inside; UPN:
 * UTF-8, no control characters; URI: ASCII with a scheme; IP: IPv4 or IPv6. */
bool alt_name_is_ok(const struct alt_name *a);

/* "1.3.6.1.5.5.7.3.1": at least two arcs, first 0..2, no leading zeros, arcs below 2^32. */
bool cert_oid_is_ok(struct span oid);

/* Bits of KeyUsage, in RFC 5280's order; names as on the wire. */
enum cert_usage {
    USAGE_DIGITAL_SIGNATURE = 1 << 0,
    USAGE_NON_REPUDIATION = 1 << 1,
    USAGE_KEY_ENCIPHERMENT = 1 << 2,
    USAGE_DATA_ENCIPHERMENT = 1 << 3,
    USAGE_KEY_AGREEMENT = 1 << 4,
    USAGE_KEY_CERT_SIGN = 1 << 5,
    USAGE_CRL_SIGN = 1 << 6,
    USAGE_ENCIPHER_ONLY = 1 << 7,
    USAGE_DECIPHER_ONLY = 1 << 8,
};
enum { CERT_USAGES = 9, USAGE_ALL = (1 << CERT_USAGES) - 1 };
/* "digitalSignature", ... of bit number i < CERT_USAGES; exact spelling; CERT_USAGES if
 * unknown.
 */
const char *cert_usage_name(unsigned i);
unsigned cert_usage_find(struct span name);

/* Who signs, when it is not the subject itself. */
struct cert_issuer {
    struct span name;   /* its subject, DER, as it stands in its certificate */
    struct span key_id; /* its SubjectKeyIdentifier; empty: SHA-1 of its key */
    const struct key_public *key;
};

struct cert_spec {
    struct span subject; /* text (crypto/dn.h); may be empty if there are alts */
    const struct alt_name *alts;
    size_t alt_count;
    const struct span *ekus; /* dotted */
    size_t eku_count;
    unsigned key_usage; /* cert_usage bits; 0: no extension */
    bool ca;
    int path_length;   /* of a CA; -1: unlimited */
    struct span extra; /* further Extensions, DER, one after the other; or empty */
    /* Of a certificate only: */
    uint8_t serial[CERT_SERIAL_LEN];  /* positive: cert_serial_fill() */
    int64_t not_before, not_after;    /* seconds since 1970; years 1950 to 9999 */
    const struct cert_issuer *issuer; /* NULL: self-signed */
};

void cert_serial_fill(uint8_t serial[static CERT_SERIAL_LEN]);

/*
 * Append DER. Extensions of a certificate stand in this order (data-plane.md D3.1): KeyUsage
 * (critical), BasicConstraints (critical only for a CA), EKU, SAN (critical if the subject is
 * empty), AuthorityKeyIdentifier, SubjectKeyIdentifier, extra. Of a request, in an
 * extensionRequest: KeyUsage, EKU, BasicConstraints, SAN, extra.
 * ERR_SYNTAX  a name, OID or serial that is not ok; neither subject nor alts; not_after before
 *             not_before
 * ERR_ARG     a key that cannot have a certificate (RSA and EC can)
 * ERR_TOO_LARGE, ERR_NOMEM, ERR_CRYPTO
 */
MUST_CHECK enum err cert_tbs_put(const struct cert_spec *s, const struct key_public *key,
                                 struct buf *tbs);
MUST_CHECK enum err csr_info_put(const struct cert_spec *s, const struct key_public *key,
                                 struct buf *info);

/* What is to be signed, and how: RSA with RS256, EC with its curve's hash. */
struct cert_digest {
    enum key_alg alg;
    uint8_t bytes[SHA512_LEN];
    size_t len;
};
/* ERR_ARG (key), ERR_CRYPTO. */
MUST_CHECK enum err cert_digest(const struct key_public *signer, struct span tbs,
                                struct cert_digest *out);
/* signature: as key_use() gives it (EC: r || s). Appends the certificate or the request. The
 * signature is verified: nothing leaves that its key did not sign. ERR_ARG (key, or length of
 * the signature), ERR_INTEGRITY (it does not verify), ERR_TOO_LARGE, ERR_NOMEM, ERR_CRYPTO. */
MUST_CHECK enum err cert_assemble(const struct key_public *signer, struct span tbs,
                                  struct span signature, struct buf *der);

/* SubjectPublicKeyInfo DER of an RSA or EC key, appended; else ERR_ARG. ERR_NOMEM,
 * ERR_TOO_LARGE. */
MUST_CHECK enum err key_public_put_spki(const struct key_public *key, struct buf *der);
/* SHA-1 of the key's bit string (RFC 5280 4.2.1.2, 1). ERR_ARG, ERR_NOMEM, ERR_CRYPTO. */
MUST_CHECK enum err key_public_id(const struct key_public *key, uint8_t id[static SHA1_LEN]);

#endif /* CRYPTO_CERT_SPEC_H */
