/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange.h - one request in flight, from its last byte to its answer.
 *
 * The engine (api/engine.c) walks a request through the phases of design 4:
 * plane, route, authentication, version, authorisation, handler, audit, answer.
 * A handler is a step function: it is called with step 0, does what it can in
 * the snapshot `view`, and says what it needs next:
 *
 *   NEXT_KEEPER  ask_op and ask are filled in; the engine asks the keeper and
 *                calls the handler again with step + 1, answer_err and answer.
 *   NEXT_COMMIT  write and resp are filled in (resp for success); the engine
 *                commits write and audit record together and then answers resp.
 *                On a conflict it starts the handler again at step 0 with a
 *                fresh snapshot and cleared write/resp/state (a few times, then 409/503).
 *   NEXT_REPLY   resp is filled in; the engine records and answers it.
 *   NEXT_FAIL    fail is an error code (and fail_text may name details); the
 *                engine answers it through api/errmap.c, records and answers.
 *   NEXT_INNER   inner_method, inner_path, inner_version and ask (the body) are filled in; the
 *                engine carries that request out as if the caller had sent it: a flight of its
 *                own through every door, with the caller's token, with its own record and its
 *                own event in the activity log. Then it calls the handler again with step + 1,
 *                inner_status and answer (the body). Management plane only.
 *
 * Work that outlives its answer: with `go_on` set, NEXT_COMMIT commits, resp is answered, and
 * the handler is called again with step + 1, `detached`: nobody waits any more. From then on
 * nothing starts at step 0 again: the handler hears of each commit, step + 1 with its result in
 * answer_err, and ends with NEXT_REPLY. What goes wrong around it (a lost link) may end it
 * without another call. An inner request that goes on is answered, with resp, when it ends.
 *
 * A handler keeps what it needs between steps in `state` (freed by state_free).
 * `view` is a new snapshot in every step and dead between them; so is every
 * span into it. req lives until the answer. Threads: all of one loop.
 */
#ifndef API_EXCHANGE_H
#define API_EXCHANGE_H

#include "api/quota.h"
#include "api/site.h"
#include "auth/access.h"
#include "auth/caller.h"
#include "auth/token.h"
#include "http/request.h"
#include "http/response.h"
#include "keeper/ask_key.h"
#include "store/store.h"
#include "vault/row.h"
#include "vault/vault.h"

enum next { NEXT_REPLY, NEXT_KEEPER, NEXT_COMMIT, NEXT_FAIL, NEXT_INNER };

struct exchange;
typedef enum next (*step_fn)(struct exchange *x);

/* api-versions in order; gates of the wire compare with >= (data-plane.md A2.1) */
enum api_version {
    V_NONE,
    V_ARM, /* the resource manager's are dates of its own: api/arm/doors.c judges them */
    V2015_06_01,
    V2016_10_01,
    V7_0,
    V7_1,
    V7_2,
    V7_3,
    V7_4,
    V7_5,
    V7_6,
    V2025_07_01,
    V2026_04_01,
    V__MAX
};

enum { BINDS_MAX = 6, OVER_MAX = 512, INNER_PATH_MAX = 1024, INNER_DEPTH_MAX = 4 };

/* For what the permission of a row with an `action` is asked. */
enum route_over {
    OVER_NONE,
    OVER_SELF,   /* what the path names */
    OVER_ABOVE,  /* a collection: what it belongs to */
    OVER_ACTION, /* the last segment names an action on what stands before it */
    OVER_TENANT, /* the tenant itself */
    OVER_OWN     /* any caller of the tenant comes in; the handler asks for each item */
};

struct route {
    enum plane plane;
    enum http_method method;
    /* "/secrets/{name}/{version}": {x} binds one segment; a first {*scope} as many as are left,
     * at least one pair or none at all; a last {*x} the rest of the path, at least one */
    const char *path;
    enum api_version since;
    enum perm need;     /* data plane; PERM_NONE elsewhere and together with `open` */
    const char *action; /* management plane, graph: "Microsoft.KeyVault/vaults/write" */
    enum route_over over;
    bool open;             /* answers without a token */
    bool wants_version;    /* api-version is required */
    bool on_object;        /* bind[0] is the object the permission is about */
    enum object_kind kind; /* data plane: of which kind the objects are; 0: of none */
    size_t body_max;       /* 0 = MAX_BODY */
    step_fn run;
    const char *operation; /* audit operationName */
};

/* What a handler adds to its audit record (monitoring.md A.7); all optional. */
struct audit_note {
    char object_url[512]; /* properties.id */
    char extra[1024]; /* more members of properties, as JSON: "\"secretProperties\":{...}" */
    bool skip;        /* health probes are not recorded */
};

struct exchange {
    /* given by the engine */
    const struct site *site;
    const struct rows *rows;
    const struct http_request *req;
    enum plane plane;
    const struct route *route;
    struct span bind[BINDS_MAX]; /* percent-decoded */
    enum api_version version;
    struct span version_text; /* as sent, for nextLink and audit */
    struct span vault_label;  /* vault name as in the host */
    struct vault *vault;      /* data plane, after authentication; borrowed */
    struct caller caller;
    struct access_answer access;
    struct access_cache *access_cache; /* of the loop; may be NULL */
    bool public_only;        /* let in as one who may read the key: see exchange_deny() */
    struct store_view *view; /* this step's snapshot */
    struct quota_cost cost;  /* data plane: what it takes of the vault's quota */
    bool caller_charged, vault_charged, cost_charged; /* not again when the walk starts again */
    struct quota_refusal refusal;                     /* with ERR_THROTTLED */
    struct guid request_id;                           /* x-ms-request-id */
    unsigned step;
    unsigned inner_depth; /* 0: it came from a client; else how many requests stand above it */
    bool detached;        /* its client has been answered */
    bool nonce_is_used;   /* ACME: by this request; stays when the handler starts again */

    /* asked by the handler */
    enum keeper_op ask_op;
    enum key_home ask_of; /* HOME_TOKEN: the token process is asked; else the keeper */
    struct secbuf ask;
    enum http_method inner_method; /* with inner_path and inner_version */
    bool go_on;                    /* the commit is not the end */
    struct store_write write;
    struct http_response resp;
    enum err fail;
    void *state;
    void (*state_free)(void *state);

    /* given back */
    unsigned inner_status; /* of the HTTP answer */
    enum err answer_err;
    struct secbuf answer;

    /* Texts: half of the room of an exchange, of which most requests use a few bytes.
     * exchange_init() empties them. */
    char scope[OVER_MAX]; /* management plane: what the action is asked for, lower-case */
    char inner_path[INNER_PATH_MAX]; /* asked by the handler: decoded, without a query */
    char inner_version[32];          /* api-version */
    char fail_text[512]; /* what the message names: object name, bad value; may be "" */
    struct audit_note note;
};

/* Nothing noted. */
static inline void
audit_note_clear(struct audit_note *note)
{
    note->object_url[0] = '\0';
    note->extra[0] = '\0';
    note->skip = false;
}

/* No request yet: every text empty, all else zero. Allocates nothing. */
void exchange_init(struct exchange *x);

/* Fails the exchange: return exchange_fail(x, ERR_..., name). text may be empty. */
enum next exchange_fail(struct exchange *x, enum err e, struct span text);
/* Fails it as if the permission had been refused at the door: for public_only and a key that
 * has no public half (data-plane.md C1). */
enum next exchange_deny(struct exchange *x);

#endif /* API_EXCHANGE_H */
