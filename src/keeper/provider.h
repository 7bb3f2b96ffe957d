/* SPDX-License-Identifier: Apache-2.0 */
/*
 * provider.h - who keeps private parts and works with them, as a table.
 *
 * The keeper has its own (keeper/software.h). Another process runs the same
 * lanes, links, grants and readers of questions with a table of its own:
 *
 *   struct keeper_config cfg = { .root_fd = -1, .root_next_fd = -1,
 *                                .provider = &token_provider, .provider_arg = token,
 *                                .process = "token", ... };
 *   return keeper_main(control, &cfg);
 *
 * Such a process has no root key: whatever is no question about keys of users
 * (keeper/ask_key.h) is answered ERR_DENIED.
 *
 * What holds before a function of the table is called: the role may ask, the
 * vault's key is one of PURPOSE_VAULT and its id is the object's vault, the
 * object is of KIND_KEY; with BYOK, kek and place are in the same vault. Every
 * field is within the bounds of its type. `sealed` is empty for a key to be,
 * and not empty otherwise. Nothing else was checked: whether type, curve,
 * bits, operation and algorithm fit is the provider's to say (ERR_ARG).
 */
#ifndef KEEPER_PROVIDER_H
#define KEEPER_PROVIDER_H

#include "base/err.h"
#include "base/secbuf.h"
#include "keeper/ask_key.h"

/* Where an operation is done. */
enum key_pace {
    PACE_SHORT,    /* microseconds: on the lane, between other questions */
    PACE_LONG,     /* up to milliseconds: on a worker (keeper.threads) */
    PACE_MAKING,   /* may take seconds: on a maker (keeper.rsa_threads) */
    PACE_IMPORT,   /* files of strangers, up to seconds: on a thread of their own */
    PACE_PASSWORD, /* the keeper's own, no provider's: slow on purpose (keeper.slow_threads) */
    PACE__MAX
};

/* Appends the answer's payload to an empty buffer (keypair_answer_pack() and the like help);
 * what is left there on failure is dropped. state is the calling thread's. */
typedef enum err (*key_fn)(void *state, const struct key_question *q, struct secbuf *answer);

struct key_provider {
    /*
     * One state for each thread that calls: caches, sessions. Made before the thread is started
     * (and after confinement), used by that thread alone, freed when it has ended. arg is
     * keeper_config's provider_arg; may be shared by threads, the provider sees to that.
     * ERR_NOMEM or any other error: the process does not start.
     */
    enum err (*state_new)(void *arg, enum key_pace pace, void **state);
    void (*state_free)(void *state); /* NULL is allowed */

    /*
     * Any thread; no blocking. A function that runs on a lane (state of PACE_SHORT) may answer
     * ERR_AGAIN: then it is asked again on a maker.
     */
    enum key_pace (*pace)(void *arg, enum keeper_op op, const struct key_question *q);

    /* NULL: ERR_UNSUPPORTED. */
    key_fn new, import, byok, use, release, destroy, copy;
    /* KEEPER_CERT_SECRET; the vault's key is needed for it. KEEPER_CERT_IMPORT is read by the
     * machinery (keeper/cert_import.c) and becomes `import`, on the state of PACE_IMPORT. */
    key_fn secret;
};

#endif /* KEEPER_PROVIDER_H */
