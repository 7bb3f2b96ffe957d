/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recover.h - the public half of an EC key from what its private half signed
 * (SEC 1 4.1.6). For keys that came into a token wrapped: the token holds a
 * number that it does not show, and nobody told the point.
 */
#ifndef CRYPTO_RECOVER_H
#define CRYPTO_RECOVER_H

#include <stdint.h>

#include "base/err.h"
#include "crypto/key.h"

struct recover_sample {
    struct span digest;    /* as long as the curve's algorithm wants it */
    struct span signature; /* r || s */
};

/* The point that both samples verify with, x and y one behind the other. curve: not Ed25519.
 * ERR_SYNTAX: there is none. ERR_NOMEM, ERR_CRYPTO. */
MUST_CHECK enum err recover_ec(enum key_curve curve, const struct recover_sample samples[2],
                               uint8_t point[static 2 * KEY_COORDINATE_MAX]);

#endif /* CRYPTO_RECOVER_H */
