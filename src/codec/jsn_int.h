/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jsn_int.h - the memory of one parsed tree; inside codec/ only.
 *
 * A tree lives in a pool of secret blocks that is dropped (wiped) as a whole.
 * While a thread parses, its pool is the "open" one and jansson allocates from
 * it. jansson does not survive a failed allocation (its lexer asserts or drops
 * bytes), so a failure never returns into it: it jumps back to the parse call.
 */
#ifndef CODEC_JSN_INT_H
#define CODEC_JSN_INT_H

#include <setjmp.h>
#include <stddef.h>

#include "base/err.h"

enum { JSN_POOL_MAX = 16 * 1024 * 1024 }; /* of one tree, whatever its text looks like */

struct jsn_block;

struct jsn_pool {
    struct jsn_block *blocks; /* newest first; the pool itself lies in the last one */
    size_t total;             /* bytes taken from secret memory */
    size_t next;              /* size of the next ordinary block */
    jmp_buf failed;           /* where to go when memory is gone */
    enum err err;             /* why: ERR_NOMEM or ERR_TOO_LARGE */
};

/* A new pool for about len bytes of text; NULL when secret memory is full. */
struct jsn_pool *jsn_pool_new(size_t len);
/* Wipes and frees everything that was allocated from it; NULL is allowed. */
void jsn_pool_free(struct jsn_pool *p);
/* Makes p the pool of this thread's allocations; NULL: none. p->failed must be set. */
void jsn_pool_use(struct jsn_pool *p);
/* For jansson. Never NULL: a failure leaves by p->failed. */
void *jsn_pool_alloc(size_t len);
/* The pool of something that jsn_pool_alloc gave out. */
struct jsn_pool *jsn_pool_of(const void *p);

#endif /* CODEC_JSN_INT_H */
