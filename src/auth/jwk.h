/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jwk.h - public keys as JSON (RFC 7517, RFC 7518 6), and their thumbprints (RFC 7638).
 *
 * RSA 2048, 3072, 4096; P-256, P-384, P-521; Ed25519. Pure functions; any thread.
 */
#ifndef AUTH_JWK_H
#define AUTH_JWK_H

#include "base/err.h"
#include "codec/jsn.h"
#include "crypto/key.h"

/* public borrows from numbers: not to be copied. */
struct jwk {
    struct key_public public;
    uint8_t numbers[KEY_MODULUS_MAX + 2 * KEY_COORDINATE_MAX];
};

/* ERR_SYNTAX: no public key, or one that its owner gave away (a member of the private half);
 * ERR_KEY_TYPE: of a kind or size that is not taken. Whether a point is on its curve shows when
 * it is used. out->public.type is KEY_NONE unless ERR_OK. */
MUST_CHECK enum err jwk_read(const struct jsn *obj, struct jwk *out);

/* SHA-256 over the required members. key: as jwk_read() gives it. ERR_ARG, ERR_NOMEM,
 * ERR_CRYPTO. */
MUST_CHECK enum err jwk_thumbprint(const struct key_public *key,
                                   uint8_t out[static SHA256_LEN]);

#endif /* AUTH_JWK_H */
