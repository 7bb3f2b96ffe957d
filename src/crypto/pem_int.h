/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pem_int.h - PEM text (RFC 7468) taken apart without a copy: it may hold
 * private keys, and is anybody's. CRLF, text between blocks and spaces at line
 * ends do not matter.
 */
#ifndef CRYPTO_PEM_INT_H
#define CRYPTO_PEM_INT_H

#include <stdbool.h>

#include "base/err.h"
#include "base/sink.h"
#include "base/span.h"

struct pem_block {
    struct span label;
    struct span body; /* base64 */
    bool encrypted;   /* RFC 1421's headers say so */
};

bool pem_is_likely(struct span text); /* is there the begin of a block? */
/* Takes text up to the end of the next block. ERR_NOT_FOUND: there is none. ERR_SYNTAX: it does
 * not end, or ends as another one. */
MUST_CHECK enum err pem_next(struct span *text, struct pem_block *out);
/* CERTIFICATE, or X509 CERTIFICATE as old programs write it? */
bool pem_is_certificate(const struct pem_block *b);
/* Appends what base64 in `text` stands for: either alphabet, spaces and line ends anywhere,
 * padding or none. ERR_SYNTAX, or what the sink says. */
MUST_CHECK enum err pem_base64(struct span text, struct sink out);

#endif /* CRYPTO_PEM_INT_H */
