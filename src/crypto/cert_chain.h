/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cert_chain.h - certificates as they come (a merge, an import), put in order.
 *
 * Who issued whom is settled by name, key identifiers and the signature itself; validity,
 * constraints and trust are not asked: this is a vault, not a verifier.
 */
#ifndef CRYPTO_CERT_CHAIN_H
#define CRYPTO_CERT_CHAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/span.h"
#include "crypto/key.h"
#include "crypto/x509.h"

enum {
    CERT_CHAIN_MAX = 32,
    CERT_CHAIN_BYTES_MAX = 96 * 1024, /* of all of them together */
    CERT_SIGNATURES_MAX = 64,         /* that putting them in order may check */
};

/* Owns its certificates. Zero is empty. */
struct cert_bag {
    struct cert *certs[CERT_CHAIN_MAX];
    size_t count;
    size_t chain; /* after cert_bag_order(): so many of them are the chain, the rest is extra */
};

/* Adds the certificate or certificates in bytes: one in DER, or PEM text with any number of
 * CERTIFICATE blocks. One that is there already is not added again.
 * ERR_CERT_NONE (there is none), ERR_FORMAT, ERR_TOO_LARGE (more than CERT_CHAIN_MAX or
 * CERT_CHAIN_BYTES_MAX, or one above CERT_MAX), ERR_NOMEM. What was added before the failure
 * stays. */
MUST_CHECK enum err cert_bag_add(struct cert_bag *b, struct span bytes);
void cert_bag_release(struct cert_bag *b);

/* Index of the certificate of that key: of several, the one that ends last; b->count if there
 * is none. */
size_t cert_bag_find_key(const struct cert_bag *b, const struct key_public *key);

/*
 * Puts the certificate of that key first, then its issuer, and so on up to the root as far as
 * they are there; then the others, in the order they came in (kept: data-plane.md D4). Where
 * there are several ways, one that leads to a root is taken, else the longest. What would need
 * more signatures checked than CERT_SIGNATURES_MAX counts as others.
 * ERR_CERT_MISMATCH: no certificate is of that key.
 */
MUST_CHECK enum err cert_bag_order(struct cert_bag *b, const struct key_public *key);

/* The chain goes on with a certificate of `known` as long as its end is no root and one of them
 * issued it: copies are put in behind the chain. ERR_TOO_LARGE, ERR_NOMEM. */
MUST_CHECK enum err cert_bag_complete(struct cert_bag *b, struct cert *const *known,
                                      size_t count);

#endif /* CRYPTO_CERT_CHAIN_H */
