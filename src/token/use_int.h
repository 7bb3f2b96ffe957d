/* SPDX-License-Identifier: Apache-2.0 */
/* use_int.h - one use on its way through the types of keys; inside token/use*.c. */
#ifndef TOKEN_USE_INT_H
#define TOKEN_USE_INT_H

#include "token/use.h"

struct use_run {
    const struct where *where;
    const struct key_use *u;
    struct secbuf *value; /* empty at the beginning of each run */
    struct key_result result;
};

/* Functions for session_run(); arg is a struct use_run. */
MUST_CHECK enum err use_rsa(struct session *s, void *arg);
MUST_CHECK enum err use_ec(struct session *s, void *arg);
MUST_CHECK enum err use_oct(struct session *s, void *arg);

/* Init and the one call of an operation; writes at most max bytes, and says how many. */
enum use_call { CALL_SIGN, CALL_ENCRYPT, CALL_DECRYPT };
MUST_CHECK enum err use_once(struct session *s, enum use_call call, CK_MECHANISM *mechanism,
                             CK_OBJECT_HANDLE key, struct span in, uint8_t *out, size_t max,
                             size_t *len);
/* The same, appended to value as what the token gave. */
MUST_CHECK enum err use_once_put(struct session *s, enum use_call call, CK_MECHANISM *mechanism,
                                 CK_OBJECT_HANDLE key, struct span in, size_t max,
                                 struct secbuf *value);

#endif /* TOKEN_USE_INT_H */
