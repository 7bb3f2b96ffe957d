/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nonce.h - anti-replay nonces of ACME (RFC 8555 6.5): made for nothing, good once.
 *
 * A nonce is a number and a MAC over it, under a key of this process: making one remembers
 * nothing. Using one sets a bit. A nonce dies when NONCE_WINDOW newer ones were made, or with
 * the process: clients fetch another and go on (badNonce). So no nonce is ever accepted twice,
 * on whichever event loop it comes back, and nothing is written to the store for it
 * (docs/decisions/0018-acme-server.md).
 *
 * Threads: any number at once.
 */
#ifndef API_ACME_NONCE_H
#define API_ACME_NONCE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/span.h"

enum { NONCE_TEXT_LEN = 32, NONCE_WINDOW = 1 << 19 };

struct acme_nonces;
/* ERR_NOMEM, ERR_CRYPTO. */
MUST_CHECK enum err acme_nonces_new(struct acme_nonces **out);
void acme_nonces_free(struct acme_nonces *n); /* NULL is allowed */

/* A new one, NUL-terminated base64url. ERR_CRYPTO. */
MUST_CHECK enum err acme_nonce_make(struct acme_nonces *n, char out[static NONCE_TEXT_LEN + 1]);
/* Was it made here, is it still good, and had nobody used it? It is used from now on. */
bool acme_nonce_use(struct acme_nonces *n, struct span text);

#endif /* API_ACME_NONCE_H */
