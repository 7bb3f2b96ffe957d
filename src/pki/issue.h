/* SPDX-License-Identifier: Apache-2.0 */
/*
 * issue.h - one certificate, from what is asked to the rows that remember it.
 *
 *   ca_find(rows, view, resource, &ca)
 *   ca_hand_open(rows, view, &ca, CA_ISSUES, now, &hand, why)
 *   issue_begin(&hand, &asked, now, &made, why)     made.tbs, made.digest
 *   ca_ask_signature(&hand, &made.digest, sink)     KEEPER_KEY_USE, asked of hand.detail.home
 *   ... the answer: key_use_answer_read() ...
 *   issue_end(&hand, &made, signature)              made.der
 *   issue_put(rows, &write, &hand, &made, &who)     into the commit of whoever asked
 *
 * Who cannot keep the view while the keeper works (front) keeps made, and loads ca and hand
 * anew after the answer; issue_end() and issue_put() take the new ones. Whether the caller may
 * is the caller's business: ask for CA_ISSUE_ACTION at the authority first.
 */
#ifndef PKI_ISSUE_H
#define PKI_ISSUE_H

#include "pki/ca.h"
#include "pki/issued.h"

#define CA_ISSUE_ACTION CA_TYPE "/issue/action"

enum { ISSUE_BACKDATED = 600 }; /* notBefore lies so many seconds back: clocks differ */

/* What is asked for. Borrowed. */
struct issue_asked {
    struct span profile; /* name; empty: serverClient */
    struct span subject; /* text (crypto/dn.h); may be empty if there are alts */
    const struct alt_name *alts;
    size_t alt_count;
    const struct span *ekus; /* none: the profile's */
    size_t eku_count;
    unsigned key_usage; /* 0: the profile's, as far as the key can do it */
    const struct key_public *key;
    int64_t not_after; /* 0: as long as the profile says */
    /* Asked by one who may make authorities; without it profiles of authorities are refused. */
    bool may_be_ca;
    int path_length; /* of an authority; -1: as much as there is left */
    const struct name_constraints *constraints; /* of an authority; NULL: none of its own */
};

/* What is being made. Zero it, then issue_begin(); issue_made_release() in any case. */
struct issue_made {
    struct buf tbs, der;
    struct cert_digest digest;
    char serial[CA_SERIAL_TEXT + 1]; /* upper-case hex */
    int64_t not_after;
    int path_length; /* of an authority */
    char profile[PROFILE_NAME_MAX + 1];
    bool ca;
};
void issue_made_init(struct issue_made *m);
void issue_made_release(struct issue_made *m);

/*
 * Composes what is to be signed, or says what is too much. The end is cut to the end of the
 * authority's own certificate; whatever else is beyond the profile, the path length or the name
 * constraints of any certificate in the chain is refused.
 * ERR_DENIED     refused; why says it in words for the client
 * ERR_SYNTAX     a subject, name or OID that is none; why too
 * ERR_ARG        a key that cannot have a certificate; why too
 * ERR_INTEGRITY, ERR_TOO_LARGE, ERR_NOMEM, ERR_CRYPTO
 */
MUST_CHECK enum err issue_begin(const struct ca_hand *h, const struct issue_asked *a,
                                int64_t now, struct issue_made *out,
                                char why[static CA_WHY_MAX]);
/* signature: value of key_use_answer_read(). ERR_INTEGRITY: it is not this authority's. */
MUST_CHECK enum err issue_end(const struct ca_hand *h, struct issue_made *m,
                              struct span signature);

/* Who asked, for the row of the issued. */
struct issue_who {
    struct guid principal; /* oid */
    struct span what;      /* "arm", "acme", or the URL of a certificate in a vault */
};
/* Puts the row of the issued one; the commit happens only if the authority is as it was. */
void issue_put(const struct rows *rows, struct store_write *w, const struct ca_hand *h,
               const struct issue_made *m, const struct issue_who *who, int64_t now);

/* Leaf, then the chain of the authority up to the root; their number. out: room for
 * CA_CHAIN_MAX + 1. Borrows from both. */
unsigned issue_chain(const struct ca *ca, const struct issue_made *m,
                     struct span out[static CA_CHAIN_MAX + 1]);

/*
 * May that principal have certificates of the authority now? It is looked up anew: gone,
 * disabled or without CA_ISSUE_ACTION at the authority's scope is ERR_DENIED. ERR_INTEGRITY,
 * ERR_FORMAT, ERR_IO.
 */
MUST_CHECK enum err issue_check_principal(const struct rows *rows, struct store_view *view,
                                          const struct ca *ca, const struct guid *oid);

#endif /* PKI_ISSUE_H */
