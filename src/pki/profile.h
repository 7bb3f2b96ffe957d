/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile.h - what an authority issues: how long, for what, to which keys and names.
 *
 * Everything that is asked for has to be within the profile; what is not asked for is taken
 * from it.
 */
#ifndef PKI_PROFILE_H
#define PKI_PROFILE_H

#include <stdbool.h>

#include "codec/pack.h"
#include "crypto/cert_spec.h"

enum {
    PROFILES_MAX = 16,
    PROFILE_NAME_MAX = 64,
    PROFILE_EKUS_MAX = 8,
    PROFILE_DAYS_MAX = 20000,
};

struct pki_profile {
    struct span name; /* letters, digits, '-', '_' */
    unsigned max_days;
    unsigned nekus;
    struct span eku[PROFILE_EKUS_MAX]; /* dotted */
    unsigned key_usage;                /* cert_usage bits that may be asked for */
    unsigned rsa_bits;                 /* least size; 0: no RSA keys */
    unsigned curves;                   /* 1 << enum key_curve */
    unsigned kinds;                    /* 1 << enum alt_kind */
    bool ca;                           /* what is issued is an authority */
};

bool pki_profile_name_is_ok(struct span name);
/* Are all numbers and OIDs within their bounds? */
bool pki_profile_is_ok(const struct pki_profile *p);

/* server, client, serverClient, email, subordinate. Names compare without case; NULL: none. */
const struct pki_profile *pki_profile_known(struct span name);
/* i-th of the built-in ones; NULL behind the last. */
const struct pki_profile *pki_profile_at(unsigned i);

void pki_profile_pack(struct sink k, const struct pki_profile *p);
/* Borrows from u's bytes; u fails if it is not ok. */
void pki_profile_unpack(struct unpack *u, struct pki_profile *out);

#endif /* PKI_PROFILE_H */
