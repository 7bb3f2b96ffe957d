/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sign.h - private keys that sign.
 *
 * Kinds we make: RSA-2048, P-256, Ed25519. Kinds we take from an operator
 * (TLS): RSA from 2048 bits, P-256, P-384, P-521, Ed25519. A private key is
 * stored as PKCS#8 DER and leaves this room only into a secbuf.
 *
 * Threads: a struct signkey keeps prepared contexts and belongs to one thread
 * at a time.
 */
#ifndef CRYPTO_SIGN_H
#define CRYPTO_SIGN_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/secbuf.h"
#include "base/span.h"
#include "crypto/digest.h"

struct signkey;

enum signkey_kind { SIGNKEY_RSA, SIGNKEY_EC, SIGNKEY_ED25519 };

/* The first four hash the message themselves; the last three take a digest. */
enum sig_alg {
    SIG_RS256 = 1,
    SIG_PS256,
    SIG_ES256, /* r || s, 64 bytes (RFC 7518 3.4) */
    SIG_ED25519,
    SIG_RSA_PSS_DIGEST, /* salt as long as the digest */
    SIG_RSA_PKCS1_DIGEST,
    SIG_ECDSA_DIGEST, /* DER */
    SIG__MAX,
};
enum { SIG_MAX = 1024 };

/* RSA-2048 (some 200 ms), P-256, Ed25519. ERR_CRYPTO. */
MUST_CHECK enum err signkey_new(enum signkey_kind kind, struct signkey **out);
/* From PKCS#8 DER. ERR_FORMAT (not a private key), ERR_UNSUPPORTED (kind or size), ERR_NOMEM.
 */
MUST_CHECK enum err signkey_load(struct span pkcs8, struct signkey **out);
/* From the first unencrypted private key in PEM text; errors as above. */
MUST_CHECK enum err signkey_load_pem(struct span pem, struct signkey **out);
void signkey_free(struct signkey *k); /* wipes; NULL is allowed */

enum signkey_kind signkey_kind(const struct signkey *k);
/* Appends PKCS#8 DER. ERR_CRYPTO, ERR_NOMEM, ERR_TOO_LARGE. */
MUST_CHECK enum err signkey_put_pkcs8(const struct signkey *k, struct secbuf *out);
/* Appends the public key as SubjectPublicKeyInfo DER. Errors the same. */
MUST_CHECK enum err signkey_put_spki(const struct signkey *k, struct buf *out);
/* What it costs to keep, roughly, in bytes. */
size_t signkey_weight(const struct signkey *k);

/*
 * Signs bytes; digest is read by the *_DIGEST forms only and bytes must then have its length.
 * Writes at most cap bytes and sets *len (0 on failure).
 * ERR_ARG (key and algorithm do not fit, wrong digest length), ERR_TOO_LARGE (cap), ERR_CRYPTO.
 */
MUST_CHECK enum err signkey_sign(struct signkey *k, enum sig_alg alg, enum digest_alg digest,
                                 struct span bytes, uint8_t *sig, size_t cap, size_t *len);

#endif /* CRYPTO_SIGN_H */
