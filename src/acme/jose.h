/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jose.h - what we say to an ACME server: flattened JWS with ES256 (RFC 8555 6.2),
 * signed elsewhere.
 *
 *   acmec_jws_begin(...)      -> the bytes to sign, and their digest
 *   digest -> keeper -> 64 bytes
 *   acmec_jws_end(...)        -> the body
 */
#ifndef ACME_JOSE_H
#define ACME_JOSE_H

#include "base/buf.h"
#include "crypto/digest.h"
#include "crypto/key.h"

enum { ACME_JWS_MAX = 96 * 1024, ACME_THUMBPRINT_LEN = 43, ACME_KID_MAX = 512 };

struct acmec_jws {
    const struct key_public *key; /* P-256 */
    struct span kid;              /* the account; empty: the key itself is in the header */
    struct span nonce, url;
    bool has_payload; /* false: POST-as-GET */
    struct span payload;
};
/* input: initialised by the caller, ACME_JWS_MAX. ERR_ARG: not a P-256 key. ERR_TOO_LARGE,
 * ERR_NOMEM, ERR_CRYPTO. */
MUST_CHECK enum err acmec_jws_begin(const struct acmec_jws *j, struct buf *input,
                                    uint8_t digest[static SHA256_LEN]);
/* Appends the JSON. ERR_ARG: a signature of another length. */
MUST_CHECK enum err acmec_jws_end(struct span input, struct span signature, struct buf *body);

/* RFC 7638, base64url. */
MUST_CHECK enum err acmec_thumbprint(const struct key_public *key,
                                     char out[static ACME_THUMBPRINT_LEN + 1]);
/* token "." thumbprint */
void acmec_key_authorization_put(struct span token, const char *thumbprint, struct buf *out);
/* What the TXT record says: base64url of its SHA-256. */
MUST_CHECK enum err acmec_dns_value_put(struct span key_authorization, struct buf *out);

/* The payload of newAccount. contact: an e-mail address or empty. eab: "kid:hmac" with the
 * HMAC key in base64url, or empty. Holds no secret: of the HMAC key only a MAC is in it.
 * ERR_SYNTAX: eab is not of that form. ERR_ARG, ERR_NOMEM, ERR_CRYPTO. */
MUST_CHECK enum err acmec_account_payload(const struct key_public *key, struct span url,
                                          struct span contact, struct span eab,
                                          struct buf *out);
/* RFC 9773 4.1: base64url of the authority's key id "." base64url of the serial number. */
MUST_CHECK enum err acmec_renewal_id(struct span key_id, const char *serial_hex,
                                     struct buf *out);

#endif /* ACME_JOSE_H */
