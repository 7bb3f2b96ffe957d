/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_use_body.h - request bodies of what is done with a key (data-plane.md C7).
 */
#ifndef API_DATA_KEY_USE_BODY_H
#define API_DATA_KEY_USE_BODY_H

#include "api/exchange.h"
#include "codec/jsn.h"
#include "crypto/key.h"

/* Spans borrow from bytes; ptr is NULL where the member is absent. */
struct key_use_body {
    struct secbuf bytes;
    enum key_alg alg; /* one that can do op, known to the api-version */
    struct span value;
    struct span digest;       /* verify */
    struct span iv, aad, tag; /* encrypt and decrypt, from 7.2 on */
};

/* The caller releases b, whatever the answer. ERR_BAD_BODY, ERR_NOMEM. */
MUST_CHECK enum err key_use_body_read(enum key_op op, enum api_version version,
                                      struct span text, struct key_use_body *b);
void key_use_body_release(struct key_use_body *b);

#endif /* API_DATA_KEY_USE_BODY_H */
