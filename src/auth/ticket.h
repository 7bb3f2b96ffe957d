/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ticket.h - random texts that prove something to us: refresh tokens, codes,
 * sessions. 256 bits; what is stored is their SHA-256, so whoever reads the
 * store cannot present one.
 */
#ifndef AUTH_TICKET_H
#define AUTH_TICKET_H

#include "base/err.h"
#include "base/secbuf.h"
#include "base/span.h"

enum { TICKET_LEN = 43, TICKET_ID_LEN = 64 };

/* SHA-256 in hex: the name of its row. */
struct ticket_id {
    char text[TICKET_ID_LEN + 1];
};

/* Appends a new one. ERR_NOMEM, ERR_TOO_LARGE, ERR_CRYPTO. */
MUST_CHECK enum err ticket_new(struct secbuf *text, struct ticket_id *id);
/* ERR_NOT_FOUND: it cannot be one (length); ERR_CRYPTO. */
MUST_CHECK enum err ticket_read(struct span text, struct ticket_id *id);
/* Of any text, such as a user code. ERR_CRYPTO. */
MUST_CHECK enum err ticket_hash(struct span text, struct ticket_id *id);

#endif /* AUTH_TICKET_H */
