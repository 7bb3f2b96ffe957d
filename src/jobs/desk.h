/* SPDX-License-Identifier: Apache-2.0 */
/*
 * desk.h - what every duty of the clerk works with: the store to read, the
 * keeper to ask, the scribe to write, one question at a time, blocking.
 *
 * Threads: one. A link that is gone answers ERR_UNAVAILABLE; duties stop then
 * and try again at their next turn: each is written so that a second run after
 * a crash does no harm (preconditions on every row it read).
 */
#ifndef JOBS_DESK_H
#define JOBS_DESK_H

#include "base/secbuf.h"
#include "dial/dial.h"
#include "ipc/peer.h"
#include "keeper/ask_key.h"
#include "store/store.h"
#include "vault/row.h"
#include "vault/vault.h"

struct mail_config;

struct desk {
    struct store *store; /* read-only; NULL until the scribe has made one */
    struct rows *rows;   /* NULL until the keeper gave the integrity key */
    struct peer *keeper;
    struct peer *scribe;
    struct peer *token;             /* who keeps keys in a PKCS#11 token; NULL: nobody does */
    unsigned timeout_ms;            /* for each answer; 0: DESK_TIMEOUT_MS */
    struct dial *dial;              /* NULL: no issuer is dialled */
    const struct mail_config *mail; /* jobs/mailer.h; NULL: no mail is sent */
};

enum { DESK_TIMEOUT_MS = 60000 };

/*
 * question may be NULL (empty). The answer's bytes are appended to `answer` (may be NULL).
 * The status of the answer; ERR_UNAVAILABLE when there is no link, or it was lost meanwhile:
 * then what was asked may have been done.
 */
MUST_CHECK enum err desk_ask(struct desk *d, enum keeper_op op, const struct secbuf *question,
                             struct secbuf *answer);

/* The same of whoever keeps the keys of that home (keeper/ask_key.h). */
MUST_CHECK enum err desk_ask_home(struct desk *d, enum key_home home, enum keeper_op op,
                                  const struct secbuf *question, struct secbuf *answer);

/* What a duty did, for its audit record. */
struct desk_deed {
    const char *operation;     /* operationName, e.g. "SecretPurge" */
    const struct vault *vault; /* may be NULL */
    struct span object_url;    /* properties.id; may be empty */
    struct span failed;        /* why it could not be done; empty: it was */
    struct span note;          /* what is to be said of it otherwise; may be empty */
};
/* Commits write together with a record of the deed. ERR_CONFLICT: read again and retry;
 * else as desk_ask, and as SCRIBE_SUBMIT. */
MUST_CHECK enum err desk_commit(struct desk *d, const struct store_write *w,
                                const struct desk_deed *deed);

/* Asks for the integrity key with the row k/integrity. ERR_NOT_FOUND: the store is empty. */
MUST_CHECK enum err desk_hello(struct desk *d);

/* A new wrapped symmetric key; appended to out without its length. As desk_ask, and
 * ERR_PROTOCOL, ERR_NOMEM. */
MUST_CHECK enum err desk_new_key(struct desk *d, enum key_purpose purpose, struct span id,
                                 struct buf *out);

#endif /* JOBS_DESK_H */
