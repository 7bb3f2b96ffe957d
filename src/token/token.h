/* SPDX-License-Identifier: Apache-2.0 */
/*
 * token.h - the one token we work with: there, or not there, and coming back.
 *
 *   OPENING --opened--> UP --a call says it is gone--> DOWN --after a while--> OPENING
 *      |                                                 ^
 *      +--no module, no token------------------(back-off)+
 *      +--the PIN is wrong--> REFUSED --another PIN--> OPENING
 *
 * A thread of its own opens it, so that nobody who asks waits for a module
 * that takes its time; meanwhile everybody hears ERR_UNAVAILABLE at once. A
 * wrong PIN is tried once and never again: tokens count, and lock.
 *
 * Another thread watches the clock: a module in which everybody who uses keys
 * has hung for hang_ms (makers: four times that), or the opening has, will not come
 * back by itself; the process ends and the supervisor starts another.
 */
#ifndef TOKEN_TOKEN_H
#define TOKEN_TOKEN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "token/module.h"

struct token; /* opaque; may be shared by threads */

struct token_config {
    const char *module;      /* path; borrowed */
    const char *label;       /* of the token; borrowed */
    unsigned hang_ms;        /* 0: 30 s */
    unsigned retry_ms;       /* until the first try to open it again, then twice that; 0: 1 s */
    unsigned retry_max_ms;   /* 0: 15 s */
    unsigned patience_ms;    /* how long token_start() waits for it; 0: 5 s */
    void (*on_hang)(void *); /* NULL: the process ends with EX_TEMPFAIL */
    void *arg;
};

enum token_state { TOKEN_OPENING, TOKEN_UP, TOKEN_DOWN, TOKEN_REFUSED };

/* The PIN is copied into secret memory. Loads nothing yet. ERR_NOMEM. */
MUST_CHECK enum err token_new(const struct token_config *cfg, struct span pin,
                              struct token **out);
/* Starts the threads and waits a moment for the first opening; how that ended is no failure.
 * Idempotent. ERR_NOMEM. */
MUST_CHECK enum err token_start(struct token *t);
/* When no thread is inside; NULL is allowed. Where the opening hangs, nothing is freed. */
void token_free(struct token *t);

enum token_state token_state(struct token *t);
/* Another PIN: what was refused is tried again. ERR_NOMEM. */
MUST_CHECK enum err token_set_pin(struct token *t, struct span pin);

/* Who uses keys, and who makes them, which may rightly take a minute. */
enum token_group { GROUP_USE, GROUP_MAKE, GROUP__MAX };

/* Somebody who calls the module; belongs to one thread. */
struct token_caller {
    struct token_caller *next;
    enum token_group group;
    _Atomic uint64_t since_ms; /* in the module; 0: not in it */
};
void token_join(struct token *t, struct token_caller *c, enum token_group group);
void token_part(struct token *t, struct token_caller *c);

/*
 * Into the module: between the two calls it is neither finalised nor opened anew.
 * *generation is another one after each opening: sessions and handles of an older one are
 * dead. ERR_UNAVAILABLE: it is not there.
 */
MUST_CHECK enum err token_enter(struct token *t, struct token_caller *c, unsigned *generation);
void token_exit(struct token *t, struct token_caller *c);
/* Between the two: valid there only. */
const struct module *token_module(const struct token *t);
/*
 * Between the two: among the token's objects, to look for one, or alone, to make or destroy
 * some. Waits where the module takes turns (module.h), and not at all elsewhere. Not twice by
 * one thread.
 */
void token_objects_lock(struct token *t, bool alone);
void token_objects_unlock(struct token *t);
/* Between the two: `call` said that it is gone. To be called once by whoever saw it; the
 * others' reports of the same generation change nothing. */
void token_lost(struct token *t, unsigned generation, const char *call, CK_RV rv);

/* Has every caller of the group been in the module for longer than that? False where there is
 * none. */
bool token_is_stuck(struct token *t, enum token_group group, uint64_t longer_than_ms);

#endif /* TOKEN_TOKEN_H */
