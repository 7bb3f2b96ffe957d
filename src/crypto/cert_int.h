/* SPDX-License-Identifier: Apache-2.0 */
/* cert_int.h - shared by the writers and readers of certificates in this room. */
#ifndef CRYPTO_CERT_INT_H
#define CRYPTO_CERT_INT_H

#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"
#include "crypto/key_alg.h"

enum { CERT_ADDRESS_MAX = 16 };

/* An otherName of this type is a UPN: UTF8String. */
#define CERT_UPN_OID "1.3.6.1.4.1.311.20.2.3"

/* Bytes of an IPv4 or IPv6 address; 0: it is none. */
size_t cert_address(struct span text, uint8_t out[static CERT_ADDRESS_MAX]);
/* How a key of that type and curve signs certificates; ALG_NONE: it does not. */
enum key_alg cert_alg_of(enum key_type type, enum key_curve curve);
/* AlgorithmIdentifier of that algorithm. */
void cert_put_alg(struct buf *b, enum key_alg alg);

#endif /* CRYPTO_CERT_INT_H */
