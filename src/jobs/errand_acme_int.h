/* SPDX-License-Identifier: Apache-2.0 */
/* errand_acme_int.h - the ACME client's two halves: talking, and the order; inside
 * jobs/errand_acme*.c. */
#ifndef JOBS_ERRAND_ACME_INT_H
#define JOBS_ERRAND_ACME_INT_H

#include "acme/jose.h"
#include "acme/message.h"
#include "crypto/csr.h"
#include "jobs/errand_int.h"

enum {
    ACME_NAMES_MAX = ACME_AUTHZ_MAX,
    ACME_BAD_NONCES_MAX = 5, /* one after another */
    ACME_POLLS_MAX = 200,    /* of one try */
    ACME_POLL_SECONDS = 2,
    ACME_CHAIN_MAX = 256 * 1024,
    ACME_ALTERNATES_MAX = 3,
};

struct acmec_state {
    struct acmec_directory directory;
    char nonce[ACME_NONCE_MAX + 1]; /* to use next; "": one must be fetched */
    unsigned bad_nonces;
    struct buf key_room; /* backs sealed and key */
    struct span sealed;
    struct key_public key;
    char thumbprint[ACME_THUMBPRINT_LEN + 1];
    char kid[ACME_URL_MAX + 1]; /* "": no account yet */
    bool account_is_new;        /* made, or looked up, during this try */
    bool replaces;              /* the order asked for names the certificate it replaces */
    bool replaces_refused;
    /* The question being asked. */
    char post_url[ACME_URL_MAX + 1];
    bool post_has_payload, post_wants_chain;
    struct buf post_payload;
    errand_fn post_then;
    /* The order. */
    struct csr *csr;
    struct span name[ACME_NAMES_MAX];
    size_t names;
    struct acmec_order order;
    size_t authz; /* index of the one being worked on */
    unsigned polls;
    bool resumed; /* the order is of an earlier try: if it is over, there will be another */
    bool finalized;
    struct acmec_authz challenged; /* the authorization whose challenge was given out */
    enum acmec_challenge_kind given;
    struct buf answer; /* the key authorization that was given out */
    char alternate[ACME_ALTERNATES_MAX][ACME_URL_MAX + 1];
    size_t alternates;
};

/* Directory, key and account; then acmec_order_begin(). */
void acmec_talk_begin(struct errand *x);
/* A signed question; then gets answers of 2xx only, all others are judged. payload NULL:
 * POST-as-GET. */
void acmec_post(struct errand *x, struct span url, const struct span *payload, errand_fn then);
/* The same, for a chain of certificates. */
void acmec_post_for_chain(struct errand *x, struct span url, errand_fn then);
/* Seconds to wait before asking again. */
unsigned acmec_patience(const struct dial_answer *a, unsigned otherwise);
void acmec_fail_syntax(struct errand *x, const char *what);

void acmec_order_begin(struct errand *x);
/* The order of an earlier try is gone, or the server does not like what it replaces. */
void acmec_order_anew(struct errand *x);

/* Gives the challenge of s->challenged out (http-01: the row; dns-01: the hook), then `then`.
 * Takes back what was given out, without waiting for anybody. */
void acmec_challenge_give(struct errand *x, errand_fn then);
void acmec_challenge_take_back(struct errand *x);

#endif /* JOBS_ERRAND_ACME_INT_H */
