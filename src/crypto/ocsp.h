/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ocsp.h - questions about certificates and the answers to them (RFC 6960).
 *
 * Questions come from strangers: DER of at most OCSP_REQUEST_MAX bytes, at most OCSP_IDS_MAX
 * certificates, everything borrowed from the bytes, nothing allocated. Signatures of requests
 * are not looked at: anybody may ask.
 *
 *   ocsp_request_read(bytes, &question)
 *   ocsp_tbs_put(...), cert_digest(), the signature, cert_assemble()     BasicOCSPResponse
 *   ocsp_response_put(basic, &out)
 *
 * Pure functions; any thread.
 */
#ifndef CRYPTO_OCSP_H
#define CRYPTO_OCSP_H

#include "crypto/cert_spec.h"
#include "crypto/x509.h"

enum {
    OCSP_REQUEST_MAX = 4 * 1024,
    OCSP_IDS_MAX = 16,
    OCSP_NONCE_MAX = 128, /* RFC 9654 2.1 */
    OCSP_SERIAL_TEXT = 40,
    OCSP_RESPONSE_MAX = 32 * 1024
};

enum ocsp_hash { OCSP_OTHER, OCSP_SHA1, OCSP_SHA256 };

/* Of which certificate. */
struct ocsp_id {
    struct span whole; /* CertID, DER: repeated in the answer */
    enum ocsp_hash hash;
    struct span name_hash, key_hash;   /* of the issuer */
    char serial[OCSP_SERIAL_TEXT + 1]; /* upper-case hex; "": longer than any of ours */
};

struct ocsp_question {
    struct ocsp_id id[OCSP_IDS_MAX];
    unsigned n;        /* >= 1 */
    struct span nonce; /* as it stands in the extension; empty: none */
};
/* ERR_SYNTAX, ERR_TOO_LARGE; ERR_UNSUPPORTED: a critical extension that is not known. */
MUST_CHECK enum err ocsp_request_read(struct span der, struct ocsp_question *out);

/* Is that the issuer that is meant? False for hashes other than SHA-1 and SHA-256. */
bool ocsp_id_is_of(const struct ocsp_id *id, const struct cert *issuer);

enum ocsp_status { OCSP_GOOD, OCSP_REVOKED, OCSP_UNKNOWN };
struct ocsp_fact {
    enum ocsp_status status;
    int64_t revoked;
    unsigned reason; /* RFC 5280 5.3.1; 0 is not written */
};
/* ResponseData; responder: the authority itself, by its key. facts: one for each id. Appends.
 * ERR_SYNTAX, ERR_TOO_LARGE, ERR_NOMEM, ERR_ARG. */
MUST_CHECK enum err ocsp_tbs_put(const struct ocsp_question *q, const struct ocsp_fact *facts,
                                 const struct key_public *responder, int64_t now,
                                 int64_t next_update, struct buf *tbs);
/* The whole answer around a BasicOCSPResponse. Appends. */
MUST_CHECK enum err ocsp_response_put(struct span basic, struct buf *out);
/* An answer that says nothing but why. Unsigned. */
enum ocsp_failure {
    OCSP_MALFORMED = 1,
    OCSP_INTERNAL = 2,
    OCSP_TRY_LATER = 3,
    OCSP_UNAUTHORIZED = 6
};
MUST_CHECK enum err ocsp_failure_put(enum ocsp_failure f, struct buf *out);

#endif /* CRYPTO_OCSP_H */
