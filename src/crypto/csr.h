/* SPDX-License-Identifier: Apache-2.0 */
/*
 * csr.h - certification requests (PKCS#10, RFC 2986) from anybody, to read.
 *
 * What comes out of csr_new() proved that its sender has the private key. It is refused whole
 * if it asks for something that a certificate of ours could not say: better no certificate than
 * one that lacks what was asked for. Our own requests are written by crypto/cert_spec.h.
 */
#ifndef CRYPTO_CSR_H
#define CRYPTO_CSR_H

#include <stdbool.h>

#include "base/err.h"
#include "base/span.h"
#include "crypto/cert_spec.h"

enum { CSR_MAX = 32 * 1024, CSR_COMMON_MAX = 8 };

/* Immutable; may be shared by threads. */
struct csr;

/*
 * der: one request and nothing else.
 * ERR_FORMAT       no request; damaged or doubled extensions
 * ERR_KEY_TYPE     a key of a kind or size that we have no certificates for (known: RSA 2048,
 *                  3072, 4096; P-256, P-384, P-521, P-256K)
 * ERR_UNSUPPORTED  signed otherwise than with RSA (PKCS #1 1.5) or ECDSA and SHA-2; names,
 * usages or a subject that we cannot express; a critical extension that we do not know; TLS
 * features ("must staple") ERR_INTEGRITY    its signature is not of its key ERR_TOO_LARGE,
 * ERR_NOMEM, ERR_CRYPTO Extensions that are neither critical nor known count as not asked for.
 */
MUST_CHECK enum err csr_new(struct span der, struct csr **out);
/* The same from PEM text; the first block labelled CERTIFICATE REQUEST or NEW CERTIFICATE
 * REQUEST counts. Also ERR_NOT_FOUND: there is no such block. */
MUST_CHECK enum err csr_new_pem(struct span text, struct csr **out);
void csr_free(struct csr *c); /* NULL is allowed */

/* Borrowed while c lives. */
const struct key_public *csr_key(const struct csr *c);
struct span csr_subject_der(const struct csr *c);
const char *csr_subject_dn(const struct csr *c); /* crypto/dn.h; "" if there is none */
/* commonName values of the subject, as text; i < csr_common_count(). */
size_t csr_common_count(const struct csr *c);
struct span csr_common(const struct csr *c, size_t i);
/* Alternative names that are asked for, each alt_name_is_ok(), in their order. */
size_t csr_alt_count(const struct csr *c);
struct alt_name csr_alt(const struct csr *c, size_t i);
/* Extended key usages, dotted, in their order. */
size_t csr_eku_count(const struct csr *c);
struct span csr_eku(const struct csr *c, size_t i);
unsigned csr_key_usage(const struct csr *c); /* enum cert_usage bits; 0: not said */
bool csr_is_ca(const struct csr *c);
int csr_path_length(const struct csr *c); /* -1: not said */

#endif /* CRYPTO_CSR_H */
