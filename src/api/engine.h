/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine.h - drives the exchanges of one loop: phases, peers, answers.
 *
 * Nothing leaves without its audit record: an answer is handed to http_reply
 * only after the scribe has acknowledged the record (design 4). A peer that is
 * missing or dies turns what needed it into 503 at once, never into a wait.
 *
 * Threads: an engine belongs to one loop.
 */
#ifndef API_ENGINE_H
#define API_ENGINE_H

#include "api/exchange.h"
#include "api/figures.h"
#include "api/throttle.h"
#include "http/server.h"
#include "ipc/peer.h"
#include "scribe/ask.h"

struct engine;

struct engine_config {
    const struct site *site; /* outlives the engine */
    struct store *store;     /* read-only; shared by the loops */
    struct figures *figures; /* of this loop */
    unsigned max_flights;    /* more exchanges at once are answered 503 */
    struct throttle_limits strangers;
    struct quota *quota; /* shared by the loops; outlives the engine; NULL: off */
};

MUST_CHECK enum err engine_new(const struct engine_config *cfg, struct engine **out);
/* After its server: flights are dropped without an answer. NULL is allowed. */
void engine_free(struct engine *e);

/* p is adopted and replaces the old link; NULL: the link is gone. role: KEEPER, SCRIBE or
 * TOKEN. What waited on the old link is answered 503 at once. */
void engine_set_peer(struct engine *e, enum ipc_role role, struct peer *p);
struct peer *engine_peer(const struct engine *e, enum ipc_role role);
/* Reads what the peer sent and goes on with the exchanges that waited for it. */
void engine_on_readable(struct engine *e, enum ipc_role role);
/* Sends the batches of this loop iteration. True while a backlog wants writability. */
bool engine_flush(struct engine *e, enum ipc_role role);

/* True when requests can be served: integrity key known, both peers there. */
bool engine_is_ready(const struct engine *e);

/* NULL until the keeper gave the integrity key. Borrowed. */
const struct rows *engine_rows(const struct engine *e);
/* Ten times a second: reads the default tenant until it is known; every tenth time asks the
 * scribe and the keeper for their figures, and the keeper for the integrity key until it is
 * known. */
void engine_tick(struct engine *e);
/* The last figures the scribe gave; false before the first. */
bool engine_scribe_stats(const struct engine *e, struct scribe_stats *out);
/* The keeper's; false before the first, and while there is no link to it. */
bool engine_keeper_stats(const struct engine *e, struct keeper_stats *out);

/* For struct http_events, with the engine as arg. */
void engine_on_request(void *arg, struct http_conn *c, const struct http_request *r);
size_t engine_body_limit(void *arg, const struct http_request *r);
void engine_on_bad(void *arg, const struct http_request *r, unsigned status,
                   struct http_response *out);
void engine_on_timeout(void *arg, struct http_conn *c, struct http_response *out);

#endif /* API_ENGINE_H */
