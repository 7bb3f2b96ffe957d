/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange_int.h - what one request and its answer need, while they are there.
 *
 * A connection has an exchange from the first byte of a request to the last
 * byte of its answer, and none while idle. Loops keep a few spare ones, rooms
 * and all, so that a request on a warm loop allocates nothing.
 */
#ifndef HTTP_EXCHANGE_INT_H
#define HTTP_EXCHANGE_INT_H

#include "base/buf.h"
#include "base/secbuf.h"
#include "http/chunk_int.h"
#include "http/head_int.h"
#include "http/request.h"

enum {
    IN_FIRST = 4096,    /* room for input at first: most requests fit */
    IN_MAX = 64 * 1024, /* request line, headers, and some more */
    IN_SLACK = 1024,    /* room behind a head for framing of its body */
    BODY_STEP = 4096,   /* a body's room grows with what has come, not with promises */
    BIG_BODY_STEP = 64 * 1024,
    SPARE_EXCHANGES = 64,
};

struct exchange {
    struct exchange *next; /* while spare */

    /* what came in: the head at in.ptr, behind it body or the next request */
    struct secbuf in;
    struct head_scan scan;
    size_t end; /* first byte of `in` that is not this request's; 0 = unknown yet */
    struct framing framing;
    struct head_room room;
    struct http_request req;
    size_t limit; /* of the body */
    struct chunk chunk;
    struct secbuf body; /* where the body does not fit behind the head */
    struct buf big;     /* the same beyond MAX_BODY */

    /* what goes out: head, then answer_bytes */
    struct buf head;
    struct secbuf answer; /* owners of answer_bytes if the first write left some */
    struct buf big_answer;
    struct span answer_bytes;
    size_t sent;
    bool keep_alive;
};

struct exchange_pool {
    struct exchange *spare;
    unsigned count;
};

/* An empty exchange with IN_FIRST bytes of input room; NULL without memory. */
struct exchange *exchange_take(struct exchange_pool *p);
/* Wipes x and keeps or frees it; NULL is allowed. */
void exchange_give(struct exchange_pool *p, struct exchange *x);
/* Ends a request: keeps what came of the next one. */
void exchange_next(struct exchange *x);
void exchange_pool_release(struct exchange_pool *p);

/* Unused input room, at least `want` bytes if memory and IN_MAX allow; 0 otherwise. Moves in.
 */
size_t exchange_room(struct exchange *x, size_t want);
/* Bytes of the request beyond its head that wait in `in`. */
struct span exchange_raw(const struct exchange *x);
/* Appends to the body, in secret memory up to MAX_BODY. ERR_NOMEM, ERR_TOO_LARGE. */
MUST_CHECK enum err exchange_body_put(struct exchange *x, struct span bytes);
/*
 * Room for at most `want` more bytes of body, to be read into, then counted with
 * exchange_body_add. *len is what there is. NULL without memory.
 */
uint8_t *exchange_body_room(struct exchange *x, size_t want, size_t *len);
void exchange_body_add(struct exchange *x, size_t len);
/* Will `more` bytes of body take new secret memory (how much), or leave it for plain memory? */
size_t exchange_body_growth(const struct exchange *x, size_t more);
bool exchange_body_spills(const struct exchange *x, size_t more);
/* Has it left secret memory? */
bool exchange_is_big(const struct exchange *x);
size_t exchange_body_len(const struct exchange *x);
struct span exchange_body(const struct exchange *x);

#endif /* HTTP_EXCHANGE_INT_H */
