/* SPDX-License-Identifier: Apache-2.0 */
/*
 * found.h - the certificate of an authority itself: self-signed, of an authority of ours above
 * it, or of somebody else's.
 *
 *   ca_hand_find_key(rows, view, &ca, now, &own, why)
 *   root         found_root(&own, now, &made, why)        signed with its own key
 *   subordinate  found_asked(&own, now, &asked, &room), then issue_begin() of the parent
 *   external     found_request(&own, &info, &digest), signed with its own key; later
 *                found_adopt() with what came back
 *
 * Pure functions but for what ca_hand read; any thread.
 */
#ifndef PKI_FOUND_H
#define PKI_FOUND_H

#include "crypto/cert_chain.h"
#include "pki/issue.h"

/* own: the authority to be, and its key. What the self-signed certificate is signed over.
 * Errors and why as issue_begin(). */
MUST_CHECK enum err found_root(const struct ca_hand *own, int64_t now, struct issue_made *out,
                               char why[static CA_WHY_MAX]);
/* signature: its own key's. */
MUST_CHECK enum err found_end(const struct ca_hand *own, struct issue_made *m,
                              struct span signature);

struct found_room { /* backs what is asked */
    struct name_constraints constraints;
};
/* What it asks its parent for; borrows from own and room. */
void found_asked(const struct ca_hand *own, int64_t now, struct issue_asked *out,
                 struct found_room *room);

/* What its certificate request (PKCS#10) is signed over; cert_assemble() with its key makes the
 * request. Errors as csr_info_put(), with why. */
MUST_CHECK enum err found_request(const struct ca_hand *own, struct buf *info,
                                  struct cert_digest *digest, char why[static CA_WHY_MAX]);

/*
 * Takes the certificate that an external authority made: bag is put in order. Fills chain
 * (borrows from bag), nchain, path_length and state of ca. All of it has to verify, up to the
 * last of the chain; the key has to be the authority's; it has to be an authority's certificate
 * with keyCertSign and cRLSign, valid now. ERR_DENIED with why; ERR_NOMEM.
 */
MUST_CHECK enum err found_adopt(const struct ca_hand *own, struct cert_bag *bag, int64_t now,
                                struct ca *ca, char why[static CA_WHY_MAX]);
/* Fills path_length of ca from its chain: what is left below it. ERR_FORMAT. */
MUST_CHECK enum err found_path_length(struct ca *ca);

#endif /* PKI_FOUND_H */
