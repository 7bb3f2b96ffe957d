/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conn_int.h - one connection: its states, and what the server does with it.
 *
 *   HANDSHAKE -> IDLE -> HEADER -> BODY -> WAITING -> WRITING -> IDLE ...
 *   IDLE -> COLD (idle for a second: OpenSSL's buffers are given back) -> HEADER ...
 *   any of them -> LINGER (last answer sent, input drained) -> DEAD
 *
 * Each state has one absolute deadline, set on entering it. A connection that
 * dies while the handler owes an answer stays as a husk until http_reply.
 */
#ifndef HTTP_CONN_INT_H
#define HTTP_CONN_INT_H

#include <sys/queue.h>
/* after sys/queue.h, which it would otherwise replace */
#include <event2/event.h>
#include <event2/event_struct.h>

#include "base/limits.h"
#include "http/address_int.h"
#include "http/exchange_int.h"
#include "http/fair_int.h"
#include "http/server.h"
#include "http/tls_int.h"

enum conn_state {
    CONN_HANDSHAKE,
    CONN_IDLE,
    CONN_COLD,
    CONN_HEADER,
    CONN_BODY,
    CONN_WAITING,
    CONN_WRITING,
    CONN_LINGER,
    CONN_DEAD,
    CONN_STATE__MAX
};

/* Steps in one wake-up before others get their turn: a pipelined request takes about three. */
enum { TURN_STEPS = 4 * MAX_PIPELINED };

struct http_conn {
    TAILQ_ENTRY(http_conn) link;   /* in the queue of its state, earliest deadline first */
    TAILQ_ENTRY(http_conn) resume; /* while is_resuming */
    struct http_server *server;
    struct tls_link *tls; /* NULL: plain */
    struct exchange *x;   /* NULL while idle */
    struct address_entry *counted;
    struct fair_item fair; /* its place among those who wait for their turn */
    unsigned mark;         /* of its listener */
    void *user;
    const char *tls_version;
    uint64_t deadline_ms;
    uint64_t since_ms; /* when it came into its state */
    size_t lingered;   /* bytes thrown away in LINGER */
    int fd;
    enum conn_state state;
    unsigned turn;         /* steps of work in this wake-up */
    unsigned resume_round; /* in which it was put among the resuming */
    bool owed;             /* on_request was called, http_reply was not */
    bool overdue;          /* on_timeout has answered instead */
    bool running;          /* conn_run is on the stack: do not free */
    bool paused;           /* reading is switched off */
    bool yields;           /* works only when it is its turn (http/fair_int.h) */
    bool is_resuming;
    bool eof;
    struct address address;
    struct event readable;
    struct event writable;
};

/* Adopts fd. NULL without memory: fd is closed. */
struct http_conn *conn_new(struct http_server *s, int fd, struct http_tls *tls,
                           const struct address *a);
/* Works on whatever can be done now; may free c. */
void conn_run(struct http_conn *c);
/* The deadline of c's state has passed; may free c. */
void conn_expire(struct http_conn *c);
/* Closes at once; frees unless an answer is owed or c is running. */
void conn_close(struct http_conn *c);
/* Gives up a request that is not whole, or an answer half sent, for its memory; may free c. */
void conn_evict(struct http_conn *c);
/* At the end of the server: frees whatever its state. */
void conn_destroy(struct http_conn *c);

static inline bool
conn_is_idle(const struct http_conn *c)
{
    return c->state == CONN_IDLE || c->state == CONN_COLD;
}

/* For turns.c. */

/* The work of conn_run, of which conn_leave is the end: that may free c. */
void conn_work(struct http_conn *c);
void conn_leave(struct http_conn *c);
/* Reads again, if that was switched off. */
void conn_unpause(struct http_conn *c);

/* For conn_*.c and answer.c. */

enum io conn_read(struct http_conn *c, uint8_t *p, size_t cap, size_t *len);
/* Writes some of head, then body; in TLS as one record where they fit. */
enum io conn_write(struct http_conn *c, struct span head, struct span body, size_t *done);
void conn_set_state(struct http_conn *c, enum conn_state state, uint64_t now_ms);
/* Goes on in the next turn of the loop. */
void conn_resume(struct http_conn *c);
void conn_wait_writable(struct http_conn *c);
/* Last answer is out: tells the other side and drains. */
void conn_finish(struct http_conn *c);
/* Marks c dead and gives back all it has but its memory. */
void conn_drop(struct http_conn *c);

/* A read brought nothing: waits, or drops c. Always false, for the steps to return. */
bool conn_read_failed(struct http_conn *c, enum io r);

/* conn_input.c: steps of conn_run in IDLE and HEADER, and in BODY; true: go on. */
bool conn_step_head(struct http_conn *c);
bool conn_step_body(struct http_conn *c);

/* answer.c: composing and sending. */

/* Sends r (bodies moved out if need be); sets the next state. May leave c dead. */
void answer_send(struct http_conn *c, struct http_response *r);
/* Refuses with a status of the connection's own, asking on_bad for the text. */
void answer_bad(struct http_conn *c, unsigned status);
/* 503 that needs no memory. */
void answer_no_memory(struct http_conn *c);
/* The answer deadline has passed. */
void answer_overdue(struct http_conn *c);
/* Goes on with an answer that did not fit; true: sent, or given up. */
bool answer_step(struct http_conn *c);
/* 100 Continue, at once or not at all. */
bool answer_continue(struct http_conn *c);

#endif /* HTTP_CONN_INT_H */
