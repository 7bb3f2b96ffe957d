/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mint.h - making an access token: compose, have the keeper sign, put together.
 *
 * Before the signature there is nothing secret: text lives in a plain buffer.
 * The finished token is a credential and goes into secret memory.
 */
#ifndef AUTH_MINT_H
#define AUTH_MINT_H

#include "auth/claims.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/secbuf.h"
#include "vault/row.h"

enum { MINT_LIFETIME = 3599, MINT_LIFETIME_MANAGED = 86399 };

/*
 * Puts "header.claims" into text and the KEEPER_SIGN question for it into ask.
 * ERR_NOT_FOUND: there is no signing key. ERR_INTEGRITY, ERR_FORMAT, ERR_IO, ERR_NOMEM.
 */
MUST_CHECK enum err mint_begin(const struct rows *rows, struct store_view *view,
                               const struct claims *c, struct buf *text, struct secbuf *ask);
/* signature: the keeper's answer. Appends the token. ERR_NOMEM, ERR_TOO_LARGE, ERR_PROTOCOL. */
MUST_CHECK enum err mint_end(struct span text, struct span signature, struct secbuf *token);

#endif /* AUTH_MINT_H */
