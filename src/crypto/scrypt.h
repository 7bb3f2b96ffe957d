/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scrypt.h - passwords: the function (RFC 7914) and the record we keep of one.
 *
 * Record: "$scrypt$ln=15,r=8,p=1$<salt>$<hash>", salt 16 and hash 32 bytes in
 * base64 (RFC 4648 4) without padding: the PHC string format, as Python's
 * passlib reads and writes it. Parameters that come from a record or file are
 * bounded before any work is done.
 */
#ifndef CRYPTO_SCRYPT_H
#define CRYPTO_SCRYPT_H

#include <stdint.h>

#include "base/err.h"
#include "base/sink.h"
#include "base/span.h"

enum {
    SCRYPT_LOG_N = 15,     /* default: 32 MiB, some 80 ms */
    SCRYPT_LOG_N_MAX = 18, /* with r = 8: 256 MiB */
    SCRYPT_R = 8,
    SCRYPT_P = 1,
    SCRYPT_P_MAX = 16,
    SCRYPT_RECORD_MAX = 128,
    PASSWORD_MAX = 4096,
};

struct scrypt_cost {
    unsigned log_n, r, p;
};

/* ERR_ARG (a cost out of bounds: log_n 1..18, r 1..8, p 1..16), ERR_NOMEM, ERR_CRYPTO. */
MUST_CHECK enum err scrypt_derive(struct span password, struct span salt,
                                  const struct scrypt_cost *cost, uint8_t *out, size_t len);

/* Appends a record with a fresh salt. ERR_TOO_LARGE (password), ERR_ARG, ERR_NOMEM, ERR_CRYPTO.
 */
MUST_CHECK enum err scrypt_record_make(struct span password, const struct scrypt_cost *cost,
                                       struct sink out);
/* ERR_OK: the password is right. ERR_BAD_SECRET, ERR_FORMAT (record), ERR_NOMEM, ERR_CRYPTO. */
MUST_CHECK enum err scrypt_record_check(struct span record, struct span password);

#endif /* CRYPTO_SCRYPT_H */
