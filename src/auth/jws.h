/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jws.h - JSON web signatures in flattened JSON (RFC 7515 7.2.2), as ACME has
 * them (RFC 8555 6.2): one signature, everything in the protected header.
 *
 * Nothing in a JWS counts before jws_check(): neither header nor payload, but for what is
 * needed to find the key.
 */
#ifndef AUTH_JWS_H
#define AUTH_JWS_H

#include "auth/jwt.h"
#include "base/secbuf.h"
#include "crypto/key.h"

enum { JWS_PAYLOAD_MAX = 64 * 1024 };

struct jws {
    struct jsn *header; /* protected; an object without crit */
    struct span alg;    /* borrowed from header */
    struct buf signing_input;
    struct secbuf payload; /* decoded; may be empty */
    uint8_t sig[SIG_MAX];
    size_t sig_len;
};

/* flat: exactly protected, payload, signature, all unpadded base64url. ERR_SYNTAX,
 * ERR_TOO_LARGE, ERR_NOMEM. out is releasable in every case. */
MUST_CHECK enum err jws_parse(const struct jsn *flat, struct jws *out);
void jws_release(struct jws *j);

/* Is alg one of those with which a key may have signed: ES256, ES384, ES512, RS256, EdDSA?
 * Never "none", never a MAC. */
bool jws_alg_is_ok(struct span alg);
/* Has this key made the signature? ERR_INTEGRITY: no. ERR_UNSUPPORTED: an algorithm that is
 * none of those, or not the key's. ERR_SYNTAX: a point off its curve. ERR_NOMEM, ERR_CRYPTO. */
MUST_CHECK enum err jws_check(const struct jws *j, const struct key_public *key);
/* The same for HS256 with a secret of at least 16 bytes. */
MUST_CHECK enum err jws_check_mac(const struct jws *j, struct span key);

#endif /* AUTH_JWS_H */
