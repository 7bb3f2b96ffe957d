/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cert_facts_int.h - what certificates and requests for them say alike: the
 * subject, and the extensions that a policy is made of.
 */
#ifndef CRYPTO_CERT_FACTS_INT_H
#define CRYPTO_CERT_FACTS_INT_H

#include <openssl/x509v3.h>

#include "crypto/cert_spec.h"

/* Bytes in a cert_facts' `more`. */
struct slice {
    size_t begin, len;
};

struct cert_facts {
    struct buf more; /* what the slices are of; begun and released by the owner */
    struct slice subject_der, subject_dn;
    struct {
        enum alt_kind kind;
        struct slice text;
    } alts[CERT_ALTS_MAX];
    struct slice ekus[CERT_EKUS_MAX];
    size_t alt_count, eku_count;
    unsigned key_usage;
    bool ca;
    int path_length;
    bool partial; /* a name or usage was left out: too many, or not to be expressed */
};

/* Puts bytes into more. */
struct slice facts_keep(struct cert_facts *f, struct span s);
struct span facts_span(const struct cert_facts *f, struct slice s);
/* i < alt_count. */
struct alt_name facts_alt(const struct cert_facts *f, size_t i);

/* The name's DER; false if it has none. */
bool facts_keep_name(struct cert_facts *f, const X509_NAME *name, struct slice *out);
/* subject_dn of subject_der, NUL-terminated; false for what crypto/dn.h cannot print. */
bool facts_keep_dn(struct cert_facts *f);

/* An extension, decoded; *ok becomes false if it is there but damaged, or there twice. */
void *facts_ext(const STACK_OF(X509_EXTENSION) * all, int nid, bool *ok);
/* Alternative names, usages, constraints; false if one of them is damaged. */
bool facts_read(struct cert_facts *f, const STACK_OF(X509_EXTENSION) * all);

static inline struct span
string_span(const ASN1_STRING *s)
{
    return span_of(ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
}

#endif /* CRYPTO_CERT_FACTS_INT_H */
