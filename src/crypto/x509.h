/* SPDX-License-Identifier: Apache-2.0 */
/*
 * x509.h - certificates: ours to make (RFC 5280), anybody's to read.
 *
 * What we make passes OpenSSL's X509_STRICT, which newest Python turns on.
 * Certificates travel as DER.
 */
#ifndef CRYPTO_X509_H
#define CRYPTO_X509_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "crypto/cert_spec.h"
#include "crypto/digest.h"
#include "crypto/sign.h"

enum { CERT_MAX = 16 * 1024, CERT_NAMES_MAX = 64 };

/*
 * A private CA that may sign only names below domain and localhost, and loopback addresses
 * (critical name constraints); path length 0. Appends DER.
 * ERR_BAD_NAME (domain is not a host name), ERR_CRYPTO, ERR_NOMEM.
 */
MUST_CHECK enum err x509_make_ca(struct signkey *key, struct span domain, int64_t not_before,
                                 int64_t not_after, struct buf *der);
/*
 * A TLS server certificate for names (DNS names, one wildcard label allowed in front, and IP
 * addresses; comma-separated, at most CERT_NAMES_MAX). Appends DER.
 * ERR_BAD_NAME, ERR_FORMAT (ca_der), ERR_ARG (ca_key is not the CA's), ERR_CRYPTO, ERR_NOMEM.
 */
MUST_CHECK enum err x509_make_leaf(struct signkey *ca_key, struct span ca_der,
                                   const struct signkey *key, struct span names,
                                   int64_t not_before, int64_t not_after, struct buf *der);
/* A self-signed certificate without any authority, for a token signing key (the x5c of a JWK).
 * common_name: printable ASCII, at most 64. Errors as above. */
MUST_CHECK enum err x509_make_self(struct signkey *key, const char *common_name,
                                   int64_t not_before, int64_t not_after, struct buf *der);

/* A certificate that was read. Immutable; may be shared by threads. */
struct cert;
/* der is copied and must be one certificate and nothing else, at most CERT_MAX bytes.
 * ERR_FORMAT, ERR_TOO_LARGE, ERR_NOMEM. */
MUST_CHECK enum err cert_new(struct span der, struct cert **out);
void cert_free(struct cert *c); /* NULL is allowed */
/* Borrowed while c lives. */
struct span cert_der(const struct cert *c);
struct span cert_spki(const struct cert *c);      /* SubjectPublicKeyInfo DER */
const uint8_t *cert_sha1(const struct cert *c);   /* SHA1_LEN bytes, over the DER (x5t) */
const uint8_t *cert_sha256(const struct cert *c); /* SHA256_LEN bytes (x5t#S256) */
const char *cert_subject(const struct cert *c);   /* RFC 2253 text */
const char *cert_issuer(const struct cert *c);
const char *cert_serial(const struct cert *c); /* upper-case hex */
int64_t cert_not_before(const struct cert *c);
int64_t cert_not_after(const struct cert *c);
/* Modulus and exponent, big-endian without leading zeros; false if it is not an RSA key. */
bool cert_rsa(const struct cert *c, struct span *n, struct span *e);
/* Subject alternative names: DNS names as they stand, addresses as text. */
size_t cert_name_count(const struct cert *c);
struct span cert_name(const struct cert *c, size_t i);

/* What a policy is made of. The names as DER, and the subject as Azure prints it
 * (crypto/dn.h). */
struct span cert_subject_der(const struct cert *c);
struct span cert_issuer_der(const struct cert *c);
const char *cert_subject_dn(const struct cert *c);
/* All alternative names of the kinds that we know, in their order; the first CERT_ALTS_MAX. */
size_t cert_alt_count(const struct cert *c);
struct alt_name cert_alt(const struct cert *c, size_t i);
/* Extended key usages, dotted, in their order; the first CERT_EKUS_MAX. */
size_t cert_eku_count(const struct cert *c);
struct span cert_eku(const struct cert *c, size_t i);
unsigned cert_key_usage(const struct cert *c); /* enum cert_usage bits; 0: not said */
bool cert_is_ca(const struct cert *c);
int cert_path_length(const struct cert *c); /* -1: not said */
/* The key, if it is of a kind that we keep (RSA 2048, 3072, 4096; EC on our curves); else
 * type is KEY_NONE. */
const struct key_public *cert_key(const struct cert *c);
bool cert_is_of_key(const struct cert *c, const struct key_public *key);
bool cert_is_self_issued(const struct cert *c); /* named so; a root is issued by itself too */
/* Key identifiers of subject and issuer; empty: not said. */
struct span cert_key_id(const struct cert *c);
struct span cert_issuer_key_id(const struct cert *c);
/* Names fit and key identifiers do not contradict: costs nothing. */
bool cert_may_be_issued_by(const struct cert *c, const struct cert *issuer);
/* And issuer's key made the signature; false for keys whose use costs more than a
 * millisecond or two (RSA above 8192 bits or with an exponent above 64, DSA above 2048). */
bool cert_is_issued_by(const struct cert *c, const struct cert *issuer);

/*
 * Does leaf chain to ca at that time, for that host (NULL: any), as a TLS server, strictly?
 * ERR_OK yes; ERR_INTEGRITY no (the reason is logged at debug level); ERR_FORMAT, ERR_NOMEM.
 */
MUST_CHECK enum err x509_check_chain(struct span leaf_der, struct span ca_der, const char *host,
                                     int64_t at);

/* Appends PEM; label is "CERTIFICATE" or "PUBLIC KEY". */
MUST_CHECK enum err pem_put(struct span der, const char *label, struct buf *out);
/*
 * Reads the first block with that label; *rest (may be NULL) is what follows it. Appends DER.
 * ERR_NOT_FOUND (no such block), ERR_FORMAT, ERR_TOO_LARGE.
 */
MUST_CHECK enum err pem_get(struct span text, const char *label, struct buf *der,
                            struct span *rest);

#endif /* CRYPTO_X509_H */
