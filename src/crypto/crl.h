/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crl.h - lists of revoked certificates (RFC 5280 5): the bytes to be signed.
 *
 *   crl_put_entry(...) for each     entries
 *   crl_tbs_put(&spec, entries, &tbs)
 *   cert_digest(), the signature, cert_assemble()      crypto/cert_spec.h
 *
 * Pure functions; any thread.
 */
#ifndef CRYPTO_CRL_H
#define CRYPTO_CRL_H

#include "crypto/cert_spec.h"

enum { CRL_MAX = 3 * 1024 * 1024 };

struct crl_spec {
    const struct cert_issuer *issuer;
    uint64_t number;
    int64_t this_update, next_update;
};
/* serial: upper-case hex; reason: of RFC 5280 5.3.1, 0 is not written. ERR_SYNTAX,
 * ERR_TOO_LARGE, ERR_NOMEM. */
MUST_CHECK enum err crl_put_entry(const char *serial, int64_t at, unsigned reason,
                                  struct buf *entries);
/* ERR_ARG: a key that cannot sign. */
MUST_CHECK enum err crl_tbs_put(const struct crl_spec *s, struct span entries, struct buf *tbs);

#endif /* CRYPTO_CRL_H */
