/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jwt.h - JSON web tokens in compact form (RFC 7515, RFC 7519), to read and to
 * compose. Nothing is verified here: who reads one decides which algorithm and
 * which key count, and looks at no claim before the signature.
 */
#ifndef AUTH_JWT_H
#define AUTH_JWT_H

#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/sink.h"
#include "base/span.h"
#include "codec/jsn.h"
#include "crypto/sign.h"

struct jwt {
    struct span header_text;   /* as encoded; borrowed from the text */
    struct span signing_input; /* borrowed from the text */
    struct jsn *header;        /* an object */
    struct jsn *claims;        /* an object */
    struct span alg;           /* borrowed from header */
    uint8_t sig[SIG_MAX];
    size_t sig_len;
};

/*
 * text: at most MAX_TOKEN bytes, three parts of unpadded base64url. `crit` is refused, since we
 * understand none (RFC 7515 4.1.11); so is a header without a textual alg.
 * ERR_TOKEN_FORMAT, ERR_NOMEM. out is releasable in every case.
 */
MUST_CHECK enum err jwt_parse(struct span text, struct jwt *out);
void jwt_release(struct jwt *j);

/* For JWS in other serializations (auth/jws.h). What they make is released by the caller.
 * A protected header, encoded: an object with a textual alg (borrowed from it), without crit.
 * Errors as above. */
MUST_CHECK enum err jwt_read_header(struct span encoded, struct jsn **header, struct span *alg);
/* A signature, encoded, of at most SIG_MAX bytes. Errors as above. */
MUST_CHECK enum err jwt_read_sig(struct span encoded, uint8_t sig[static SIG_MAX], size_t *len);

/* A NumericDate claim, integer or real (RFC 7519 2), rounded down.
 * JSN_WRONG_TYPE also when it lies outside the years 1970 to 33658. */
enum jsn_got jwt_get_time(const struct jwt *j, const char *name, int64_t *out);

/* Appends "header.claims", what is signed. */
void jwt_put_signing_input(struct buf *out, struct span header, struct span claims);
/* Appends the whole token. */
void jwt_put(struct sink out, struct span signing_input, struct span sig);

#endif /* AUTH_JWT_H */
