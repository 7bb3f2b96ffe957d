/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify.h - public keys that verify.
 *
 * RSA from 2048 to 8192 bits with an odd exponent of at most 64 bits, P-256,
 * Ed25519. The algorithm comes from the caller, never from the message, and
 * must fit the key.
 *
 * Threads: a struct verifykey may be shared once made.
 */
#ifndef CRYPTO_VERIFY_H
#define CRYPTO_VERIFY_H

#include "base/err.h"
#include "base/span.h"
#include "crypto/sign.h"

struct verifykey;

/* From SubjectPublicKeyInfo DER. ERR_FORMAT, ERR_UNSUPPORTED, ERR_NOMEM. */
MUST_CHECK enum err verifykey_from_spki(struct span der, struct verifykey **out);
/* From a JWK's modulus and exponent, big-endian. Errors the same. */
MUST_CHECK enum err verifykey_from_rsa(struct span n, struct span e, struct verifykey **out);
/* From a JWK's coordinates on P-256, 32 bytes each (RFC 7518 6.2.1). ERR_FORMAT also for a
 * point that is not on the curve. */
MUST_CHECK enum err verifykey_from_p256(struct span x, struct span y, struct verifykey **out);
void verifykey_free(struct verifykey *v); /* NULL is allowed */
enum signkey_kind verifykey_kind(const struct verifykey *v);

/*
 * SIG_RS256, SIG_PS256 (salt of 32 bytes), SIG_ES256 (r || s) or SIG_ED25519 over a message.
 * ERR_OK: the signature is good. ERR_INTEGRITY: it is not. ERR_ARG: key and algorithm do not
 * fit. ERR_CRYPTO, ERR_NOMEM.
 */
MUST_CHECK enum err verifykey_check(const struct verifykey *v, enum sig_alg alg,
                                    struct span message, struct span sig);

#endif /* CRYPTO_VERIFY_H */
