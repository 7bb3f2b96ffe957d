/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cert_ext.h - extensions of an authority's certificates (RFC 5280 4.2), as struct cert_spec
 * takes them in `extra`, and the question whether names are within the constraints above.
 *
 * Pure functions; any thread.
 */
#ifndef CRYPTO_CERT_EXT_H
#define CRYPTO_CERT_EXT_H

#include "crypto/cert_spec.h"

enum { CERT_URL_MAX = 512, CONSTRAINTS_MAX = 32 };

/*
 * One subtree of NameConstraints as text: ALT_DNS "example.com" (it and what is below it) or
 * ".example.com" (what is below it); ALT_EMAIL an address, a host, or ".example.com"; ALT_URI a
 * host or ".example.com"; ALT_IP "10.0.0.0/8", "fd00::/8", no bit set behind the prefix.
 * ALT_UPN has none.
 */
bool name_constraint_is_ok(const struct alt_name *a);

struct name_constraints {
    const struct alt_name *permitted, *excluded;
    size_t permitted_count, excluded_count;
};
/* Appends the critical extension; nothing if there are no subtrees. ERR_SYNTAX, ERR_TOO_LARGE
 * (more than CONSTRAINTS_MAX in one list), ERR_NOMEM. */
MUST_CHECK enum err ext_put_name_constraints(const struct name_constraints *c, struct buf *b);
/* CRLDistributionPoints with one URL; AuthorityInfoAccess with OCSP and the issuer's
 * certificate. Appended. ERR_SYNTAX: no URL of visible ASCII. */
MUST_CHECK enum err ext_put_crl_point(struct span url, struct buf *b);
MUST_CHECK enum err ext_put_access(struct span ocsp_url, struct span ca_url, struct buf *b);

/*
 * Are subject and alternative names of what is to be signed allowed by the name constraints of
 * every certificate above it? OpenSSL's own judgement (X509_verify_cert), asked before anything
 * is signed: a CN that looks like a host counts as one where no DNS name stands.
 * above: DER. ERR_DENIED: no, or a constraint that nobody understands. ERR_FORMAT, ERR_NOMEM.
 */
MUST_CHECK enum err cert_tbs_is_permitted(struct span tbs, const struct span *above, size_t n);

/*
 * Does chain[0] verify up to the last of the chain, which is trusted, at that time? With
 * OpenSSL's strict rules: signatures, validity, path lengths, name constraints, usages of the
 * authorities. DER. ERR_OK; ERR_INTEGRITY: no (the reason is logged at debug level);
 * ERR_FORMAT, ERR_NOMEM.
 */
MUST_CHECK enum err cert_chain_verify(const struct span *chain, size_t n, int64_t at);

#endif /* CRYPTO_CERT_EXT_H */
