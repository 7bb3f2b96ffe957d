/* SPDX-License-Identifier: Apache-2.0 */
/*
 * enrol.h - a certificate of a vault from an authority of ours: what vault/cert_making.h does
 * with the key itself, done by an issuer of provider "Keyhold" (docs/wire/pki.md).
 *
 *   cert_making_take_request()
 *   enrol_begin()           KEEPER_KEY_USE with the authority's key, asked of *home
 *   enrol_end()             sets making->chain: leaf, then up to the root
 *   cert_making_ask_secret(), cert_making_put()
 *   enrol_put()             into the same commit
 *
 * Whoever put the issuer into the vault is asked for again each time: gone, disabled or without
 * the right, nothing is issued. Front and clerk use the same functions; each call takes the
 * view of its moment.
 */
#ifndef PKI_ENROL_H
#define PKI_ENROL_H

#include "pki/issue.h"
#include "vault/cert_making.h"
#include "vault/issuer.h"

#define ISSUER_KEYHOLD "Keyhold"

struct enrol {
    char resource[CA_RESOURCE_MAX + 1]; /* ARM id of the authority */
    char profile[PROFILE_NAME_MAX + 1]; /* "": the usual one */
    struct guid setter;                 /* who put the issuer there */
    struct issue_made made;
    struct buf chain; /* backs making->chain */
    char why[CA_WHY_MAX];
};

bool enrol_is_keyhold(const struct issuer *i);
/* Copies what counts of the issuer; initialises. ERR_DISABLED with why: the issuer is switched
 * off, or names no authority. Released in any case. */
MUST_CHECK enum err enrol_init(struct enrol *n, const struct issuer *i);
void enrol_release(struct enrol *n); /* zero is allowed */

/*
 * vault: of the certificate; the authority has to be of its tenant.
 * ERR_DENIED, ERR_DISABLED  nothing is issued; n->why says why, for the failed operation
 * ERR_INTEGRITY, ERR_FORMAT, ERR_IO, ERR_NOMEM, ERR_CRYPTO
 */
MUST_CHECK enum err enrol_begin(const struct rows *rows, struct store_view *view,
                                const struct vault *vault, const struct cert_making *making,
                                struct enrol *n, struct sink k, enum key_home *home);
/* answer: to KEEPER_KEY_USE. Errors as above; ERR_PROTOCOL. */
MUST_CHECK enum err enrol_end(const struct rows *rows, struct store_view *view, struct enrol *n,
                              struct cert_making *making, struct span answer);
/* what: the URL of the certificate. Errors as above. */
MUST_CHECK enum err enrol_put(const struct rows *rows, struct store_view *view,
                              struct store_write *w, struct enrol *n, struct span what,
                              int64_t now);

#endif /* PKI_ENROL_H */
