/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keywrap.h - AES key wrap (RFC 3394) and key wrap with padding (RFC 5649) over
 * the block cipher of somebody else: a token.
 *
 * PKCS#11's own mechanisms wrap objects, not bytes of a client, and what
 * CKM_AES_KEY_WRAP_PAD means differs from maker to maker; so only the block
 * cipher is asked for.
 */
#ifndef TOKEN_KEYWRAP_H
#define TOKEN_KEYWRAP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/secbuf.h"
#include "base/span.h"

enum { KEYWRAP_BLOCK = 16 };

/* One block, encrypted to wrap, decrypted to unwrap. in and out may be the same. */
typedef enum err (*keywrap_block_fn)(void *arg, const uint8_t in[static KEYWRAP_BLOCK],
                                     uint8_t out[static KEYWRAP_BLOCK]);

/* Append to out. ERR_ARG: a length that cannot be; the block's errors; ERR_NOMEM. */
MUST_CHECK enum err keywrap_wrap(bool pad, struct span plain, keywrap_block_fn encrypt,
                                 void *arg, struct secbuf *out);
/* ERR_SYNTAX: it does not open. */
MUST_CHECK enum err keywrap_unwrap(bool pad, struct span wrapped, keywrap_block_fn decrypt,
                                   void *arg, struct secbuf *out);

#endif /* TOKEN_KEYWRAP_H */
