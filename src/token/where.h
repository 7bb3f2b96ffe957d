/* SPDX-License-Identifier: Apache-2.0 */
/*
 * where.h - the "sealed" bytes of a key in a token: where it is and what it is.
 *
 * Nothing secret is in them, and nothing protects them but the row they lie in
 * (vault/row.h). The public half travels along, so that verifying and RSA
 * encryption need no token. docs/formats/seal.md.
 */
#ifndef TOKEN_WHERE_H
#define TOKEN_WHERE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/sink.h"
#include "crypto/key.h"
#include "token/session.h"

struct where {
    struct span serial;         /* of the token, for messages: tokens are cloned and replaced */
    uint8_t id[TOKEN_ID_BYTES]; /* CKA_ID */
    bool cipher, mac;           /* oct: which of its two objects there are (token/make.h) */
    struct key_public public;
};

void where_pack(struct sink k, const struct where *w);
/* Borrows. ERR_FORMAT: not ours; a key that the keeper sealed, for instance. */
MUST_CHECK enum err where_unpack(struct span sealed, struct where *out);

#endif /* TOKEN_WHERE_H */
