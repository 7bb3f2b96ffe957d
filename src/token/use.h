/* SPDX-License-Identifier: Apache-2.0 */
/*
 * use.h - work with a key in the token, by every algorithm of crypto/key_alg.h
 * but EdDSA.
 *
 * In the token: whatever needs the private or secret part. Here: hashing's
 * frame (DigestInfo), what takes padding off in constant time after a raw
 * decryption (RSA1_5, RSA-OAEP, RSA-OAEP-256: tokens either lack the latter or
 * say too much), the padding of CBC, and the key wraps around the token's AES
 * (token/keywrap.h). A token without raw RSA takes its own padding off.
 *
 * In software, from the public half, and so without any token: verifying, RSA
 * encryption and RSA wrapping.
 */
#ifndef TOKEN_USE_H
#define TOKEN_USE_H

#include "base/err.h"
#include "base/secbuf.h"
#include "keeper/ask_key.h"
#include "token/session.h"
#include "token/where.h"

/* Does it take the public half only? */
bool use_is_public(const struct where *w, enum key_op op);

/* Appends the value. session may be NULL where use_is_public(). Errors of key_use() and
 * session_run(). */
MUST_CHECK enum err use_key(struct session *s, const struct where *w, const struct key_use *u,
                            struct secbuf *value, struct key_result *result);

#endif /* TOKEN_USE_H */
