/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unpad.h - padding taken off what a raw decryption left. For keys that decrypt
 * elsewhere (PKCS#11), and for ours.
 *
 * CT: good and bad blocks take the same steps, whatever makes them bad; only
 * lengths are known. The message comes to the beginning of the block. Each
 * gives the message's length, or SIZE_MAX for a block that is bad.
 */
#ifndef CRYPTO_UNPAD_H
#define CRYPTO_UNPAD_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "crypto/digest.h"

/* RSAES-PKCS1-v1_5 (RFC 8017 7.2.2); len is the modulus'. */
size_t unpad_pkcs1(uint8_t *em, size_t len);
/* RSAES-OAEP (RFC 8017 7.1.2), empty label, MGF1 of the same digest. *out as above.
 * ERR_CRYPTO. */
MUST_CHECK enum err unpad_oaep(enum digest_alg digest, uint8_t *em, size_t len, size_t *out);
/* PKCS#7 of AES blocks; len is a multiple of 16 and not 0. */
size_t unpad_cbc(const uint8_t *text, size_t len);

#endif /* CRYPTO_UNPAD_H */
