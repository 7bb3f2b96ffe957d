/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine_int.h - what the parts of the engine share: engine.c (requests),
 * flight.c (the states of an exchange; its slot, its turn and what it says in flight_*.c),
 * engine_peers.c (links).
 */
#ifndef API_ENGINE_INT_H
#define API_ENGINE_INT_H

#include "api/engine.h"
#include "api/inner.h"
#include "api/phases.h"

enum flight_state {
    FLIGHT_FREE,
    FLIGHT_STEP,
    FLIGHT_KEEPER,
    FLIGHT_COMMIT,
    FLIGHT_RECORD,
    FLIGHT_INNER, /* waits for the flight of its inner request */
    FLIGHT_TURN   /* was in conflict; waits for others that were before it */
};

struct flight {
    struct exchange x;
    struct http_conn *conn; /* ours until http_reply, and x.req with it; NULL: nobody's */
    struct flight *parent;  /* whose inner request this is; it waits, and so lives on */
    struct inner *own;      /* backs x.req where no connection does */
    struct flight *next_free;
    struct line *line; /* stands in it; at its head unless FLIGHT_TURN; NULL: in none */
    struct flight *next_in_line;
    struct flight *next_due;
    enum flight_state state;
    bool orphan; /* the deadline has answered instead: what we reply is dropped */
    unsigned attempts;
    enum key_home asked;     /* FLIGHT_KEEPER: who was */
    uint32_t generation;     /* of this slot: an answer to an older question is dropped */
    uint32_t link;           /* number of the link it waits on */
    bool made;               /* a key, in the token, for what the next commit writes */
    struct store_write left; /* rows by which the clerk destroys keys that came to nothing */
    struct buf record;
    struct buf message;
};

/* Memory that outlives an exchange, for the next one. */
struct rooms {
    struct secbuf ask, answer, body;
    struct buf headers, record;
};

/* Flights that were in conflict over one object, first come first (flight_turn.c). */
struct line {
    struct flight *first, *last;
};

enum { ROOMS_KEPT = 64, LINES = 64 };

struct engine {
    struct site site; /* a copy: the default tenant is learnt from the store */
    struct store *store;
    struct rows *rows;
    struct figures *figures;
    struct peer *keeper, *scribe;
    struct peer *token; /* who keeps keys in a PKCS#11 token; NULL: nobody does */
    uint32_t keeper_link, scribe_link, token_link; /* how many links there were */
    struct phase_tools tools;
    struct throttle *strangers; /* NULL: off */
    struct flight *flights;     /* nflights slots; those from ntouched on were never used */
    struct flight *free;
    unsigned nflights;
    unsigned ntouched;
    struct rooms rooms_kept[ROOMS_KEPT];
    unsigned nrooms;
    struct line lines[LINES];
    struct flight *due_first, *due_last; /* came to the head of a line */
    struct buf submit; /* scratch for packing; rows are sealed, so nothing in it is secret */
    struct scribe_stats stats;
    bool have_stats;
    struct keeper_stats keeper_stats;
    bool have_keeper_stats;
    unsigned ticks;
};

/* Ids of our own questions; a flight's id is above all of them. */
enum { HELLO_ID = 0x7fffffff, STATS_ID = 0x7ffffffe, OWN_RECORD_ID = 0x7ffffffd };

/* flight_slot.c */

/* NULL when all slots are taken. */
struct flight *flight_new(struct engine *e, struct http_conn *c, const struct http_request *r);
void flight_free(struct engine *e, struct flight *f);
/* Forgets what a handler left, before it starts again or for good. */
void flight_reset(struct flight *f);
/* What the keeper and the scribe are told, and tell us back. */
uint64_t flight_id(const struct engine *e, const struct flight *f);
/* The flight of an answer, if it still waits in one of these states; else NULL. */
struct flight *flight_of(struct engine *e, uint64_t id, enum flight_state a,
                         enum flight_state b);
void flight_rooms_release(struct engine *e);

/* flight_answer.c */

/* Fills x->resp with the error answer for why, in the shape of x's plane. */
void flight_compose(struct exchange *x, enum err why, struct buf *message);
/* 429 for a stranger who asks too much. */
void flight_compose_throttled(struct exchange *x);
/* Headers that every answer over TLS carries (data-plane.md A7). */
void flight_headers(const struct exchange *x, struct http_response *r);

/* flight.c */

/* Through the doors and into the first step. */
void flight_begin(struct engine *e, struct flight *f);
/* Ends the work with this error, which is recorded and answered. */
void flight_fail(struct engine *e, struct flight *f, enum err why);
/* Ends the work without a record: 503 whatever the cause was. */
void flight_refuse(struct engine *e, struct flight *f, enum err why);
/* The keeper's or the scribe's answer to what f waits for. */
void flight_answered(struct engine *e, struct flight *f, const struct ipc_msg *m);
void flight_submitted(struct engine *e, struct flight *f, enum err status);

/* A conflict: from the doors again. */
void flight_again(struct engine *e, struct flight *f);

/* flight_turn.c */

/* Before f begins again after a conflict: true if it now waits for others, and is begun when
 * its turn comes; false if it may go on at once. */
bool flight_turn_wait(struct engine *e, struct flight *f);
/* f is in nobody's way any longer; nothing if it stood in no line. */
void flight_turn_done(struct engine *e, struct flight *f);
/* Begins those whose turn has come; not while one of them is being worked on. */
void flight_turns_run(struct engine *e);

/* engine_peers.c */

/* Posts a write (may be empty) and a record to the scribe. */
MUST_CHECK enum err engine_submit(struct engine *e, uint64_t id, struct span write,
                                  const struct buf *record);
/* Now and then: the integrity key if it is not known yet, figures of scribe and keeper. */
void engine_ask_around(struct engine *e);

#endif /* API_ENGINE_INT_H */
