/* SPDX-License-Identifier: Apache-2.0 */
/* cert_read_int.h - a certificate that was read; inside x509_read.c and cert_read.c. */
#ifndef CRYPTO_CERT_READ_INT_H
#define CRYPTO_CERT_READ_INT_H

#include "crypto/cert_facts_int.h"
#include "crypto/key_int.h"
#include "crypto/x509.h"

struct cert {
    struct buf der, spki, n, e;
    uint8_t sha1[SHA1_LEN], sha256[SHA256_LEN];
    char *subject, *issuer, *serial;
    int64_t not_before, not_after;
    struct buf names; /* one after the other */
    size_t name_end[CERT_NAMES_MAX];
    size_t name_count;

    struct cert_facts facts;
    struct slice issuer_der, key_id, issuer_key_id;
    unsigned long subject_hash, issuer_hash; /* of the names in canonical form */
    struct key *key;                         /* its public half; NULL: none of ours */
};

/* One certificate and nothing else; NULL. */
X509 *x509_parse(struct span der);
/* Fills what policies are made of. ERR_FORMAT, ERR_NOMEM. */
MUST_CHECK enum err cert_read_more(struct cert *c, X509 *x);

#endif /* CRYPTO_CERT_READ_INT_H */
