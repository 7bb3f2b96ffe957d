/* SPDX-License-Identifier: Apache-2.0 */
/*
 * make.h - keys into the token: generated there, imported, transported; and out
 * of this world.
 *
 * RSA and EC keys are one private object each. An oct key is two secret
 * objects with one CKA_ID, since no token uses one object both for AES and for
 * HMAC: generated, they have values of their own (nobody can tell, as neither
 * ever leaves); imported, both have the given one.
 *
 * A new key pair is proven: what it signs must verify with the public half.
 */
#ifndef TOKEN_MAKE_H
#define TOKEN_MAKE_H

#include "base/err.h"
#include "base/secbuf.h"
#include "keeper/ask_key.h"
#include "token/session.h"

/* What may be exported one day is no key for a token: ERR_ARG.
 * Append the answer of their question (keeper/ask_key.h). Errors said there, and those of
 * session_run(). What was made before a failure is destroyed. */
MUST_CHECK enum err make_new(struct session *s, const struct key_place *place,
                             const struct key_spec *spec, struct secbuf *answer);
MUST_CHECK enum err make_import(struct session *s, const struct key_place *place,
                                const struct key_parts *parts, struct secbuf *answer);
/* RSA, EC and oct, opened inside the token and nowhere else. */
MUST_CHECK enum err make_byok(struct session *s, const struct key_place *kek,
                              const struct key_place *place, enum key_type type,
                              struct span ciphertext, struct secbuf *answer);
/* ERR_OK also if there is no such key. */
MUST_CHECK enum err make_destroy(struct session *s, const struct key_place *place);

#endif /* TOKEN_MAKE_H */
