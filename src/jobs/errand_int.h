/* SPDX-License-Identifier: Apache-2.0 */
/*
 * errand_int.h - one errand, and what every kind of issuer needs for it; inside
 * jobs/errand*.c.
 *
 * A kind goes on from callback to callback. Whatever it calls last of
 * errand_dial(), errand_wait(), errand_arrived(), errand_fail(), errand_retry() says how it
 * goes on; after the last three, and where a callback is about an errand that is over,
 * nothing more may be done with it.
 */
#ifndef JOBS_ERRAND_INT_H
#define JOBS_ERRAND_INT_H

#include "base/buf.h"
#include "jobs/errands.h"
#include "vault/cert_wait.h"
#include "vault/issuer.h"

struct errand;
struct errand_kind {
    const char *provider;
    void (*begin)(struct errand *x);
    void (*wake)(struct errand *x);    /* after errand_wait() */
    void (*release)(struct errand *x); /* x->state and what others were given; may be partly
                                          made */
};
extern const struct errand_kind errand_webhook, errand_acme;

typedef void (*errand_fn)(struct errand *x, const struct dial_answer *a);

struct errand {
    struct errands *all;
    struct errand *next;
    struct desk *desk;
    const struct errand_kind *kind;
    void *state; /* the kind's */
    struct cert_wait wait;
    /* From the issuer's row and the operation's. */
    char issuer[MAX_OBJECT_NAME + 1]; /* upper-cased */
    char account[ISSUER_TEXT_MAX + 1], organisation[ISSUER_TEXT_MAX + 1];
    char contact[ISSUER_TEXT_MAX + 1]; /* e-mail of the first administrator */
    struct secbuf password;
    struct buf csr; /* DER */
    char version[HEX32_LEN + 1];
    /* From the errand's row. */
    unsigned tries;
    int64_t begun;
    char url[WAIT_URL_MAX + 1];
    char asked[WAIT_URL_MAX + 1]; /* whose url is */
    /* While it runs. */
    struct dial_call *call; /* the open question */
    errand_fn then;
    uint64_t wake_ms; /* 0: not waiting */
    uint64_t rest_ms; /* when its place is somebody else's turn */
    bool gives_out;   /* something that goes with it: it may not rest */
    bool says_when;   /* the issuer can be asked when to renew (jobs/cert_hints.h) */
    bool gone;        /* the operation: cancelled, deleted, or another's turn */
    bool over;
};

/* Asks; then is called with the answer, whatever it is. */
void errand_dial(struct errand *x, const struct dial_request *q, errand_fn then);
/* kind->wake after so many seconds, no longer than ERRAND_SITS while something is given out;
 * else it is laid down for longer waits, and whoever takes it up begins at x->url. */
void errand_wait(struct errand *x, unsigned seconds);
/* Lays down what has had its time. That counts as a try only if something was given out, or
 * nothing tells where it was. */
void errand_rest(struct errand *x);
/* Drops the row of one that somebody else ended. */
void errand_forget(struct errand *x);
/* Keeps x->url for who takes the errand up again. */
void errand_save(struct errand *x);
/* The chain, PEM; its leaf must have these n names. ERR_OK: the errand is over, one way or
 * another. A class of REQUEST or INTEGRITY: these certificates cannot be taken, and it is not
 * over. */
MUST_CHECK enum err errand_arrived(struct errand *x, struct span pem, const struct span *names,
                                   size_t n);
/* In vain, and for good. */
void errand_fail(struct errand *x, const char *why);
/* Later, not before so many seconds; the last try fails with why. */
void errand_retry(struct errand *x, const char *why, unsigned least);
/* What an answer that is none means: retry or fail. True if it was none. */
bool errand_no_answer(struct errand *x, const struct dial_answer *a);

/* A snapshot with the errand's vault; errand_leave() in every case. */
struct errand_look {
    struct vault_at at;
    struct vault *vault;
};
MUST_CHECK enum err errand_look(struct errand *x, struct errand_look *out);
void errand_leave(struct errand_look *l);
/* One commit with a record that names the operation. */
MUST_CHECK enum err errand_commit(struct errand *x, const struct store_write *w,
                                  const struct errand_look *l, const char *deed);

#endif /* JOBS_ERRAND_INT_H */
