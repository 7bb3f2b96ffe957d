/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server.h - one event loop that speaks HTTP/1.1, over TLS or plain.
 *
 * A server belongs to one thread and one struct event_base. It accepts from
 * the listeners it was given, parses (http_parser or llhttp behind
 * http/h1.c), enforces absolute deadlines and caps, and hands whole requests
 * to `on_request`. The handler answers with http_reply, now or later, exactly
 * once per request; the connection then goes on with the next.
 *
 * Connections through TLS or a marked listener that nobody known stands behind
 * (new ones, and those whose last answer said `yields`) get their turns by
 * address, and leave at least half of the loop to the others: http/fair_int.h.
 *
 * Strict on top of the parser: one Host, one all-digit Content-Length, never
 * Content-Length with Transfer-Encoding, no bare LF, no NUL, no obs-fold: 400
 * and close. Deadlines: see struct http_limits. RFC 9110, RFC 9112.
 */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "http/request.h"
#include "http/response.h"

struct event_base;
struct http_server;
struct http_tls;  /* http/tls.h */
struct http_conn; /* one connection; opaque */

struct http_limits {
    unsigned handshake_ms, header_ms, body_ms, idle_ms, write_ms, answer_ms; /* 0 = none */
    unsigned max_conns; /* in all, of this loop; at it, the longest idle makes room, or else
                         * one that has kept us waiting for a second or more */
    unsigned max_conns_per_address; /* 0 = no cap */
};
/* The defaults; keyhold.conf's are written with the same (daemon/config_keys.c). */
#define HTTP_HANDSHAKE_S       10
#define HTTP_HEADER_S          10
#define HTTP_BODY_S            30
#define HTTP_IDLE_M            2
#define HTTP_WRITE_S           30
#define HTTP_ANSWER_S          30
#define HTTP_CONNS             10000
#define HTTP_CONNS_PER_ADDRESS 2048
void http_limits_default(struct http_limits *l);

struct http_events {
    /* A whole request. Answer with http_reply(c, ...), now or later. */
    void (*on_request)(void *arg, struct http_conn *c, const struct http_request *r);
    /* Largest body of a request that announces one; NULL: MAX_BODY. */
    size_t (*body_limit)(void *arg, const struct http_request *r);
    /*
     * The request could not be read (400, 408, 413, 414, 417, 431, 505): fill the answer; r has
     * what was understood of it, perhaps nothing. The connection closes behind it. May be NULL.
     */
    void (*on_bad)(void *arg, const struct http_request *r, unsigned status,
                   struct http_response *out);
    /*
     * The answer_ms deadline passed without http_reply: fill the answer (503). The connection
     * closes behind it, but c and the request live on until http_reply, which is still owed
     * and will be dropped. May be NULL.
     */
    void (*on_timeout)(void *arg, struct http_conn *c, struct http_response *out);
    void *arg;
};

MUST_CHECK enum err http_server_new(struct event_base *base, const struct http_limits *limits,
                                    const struct http_events *events, struct http_server **out);
/*
 * Adopts a listening, non-blocking socket. tls NULL = plain HTTP. On failure the socket stays
 * the caller's. Loops that share a port do best with a socket of their own each (SO_REUSEPORT).
 */
MUST_CHECK enum err http_server_listen(struct http_server *s, int fd, struct http_tls *tls);
/* The same, plain, and every request through it has that mark; others have 0. */
MUST_CHECK enum err http_server_listen_marked(struct http_server *s, int fd, unsigned mark);
/* Stops accepting, closes idle connections, lets the others finish their answer. */
void http_server_drain(struct http_server *s);
/* Connections still open; 0 after a finished drain. */
unsigned http_server_conns(const struct http_server *s);
/* Closes everything; http_reply must not be called any more. NULL-safe. */
void http_server_free(struct http_server *s);

/*
 * Answers the request that c is waiting on, exactly once for each on_request; r's bodies are
 * moved out of it, and it is cleared (rooms kept) for the next. Harmless after the client has
 * gone: the answer is dropped. After this call the request's spans are dead, and c may be.
 * From within on_request or later; never from within another callback of the same connection
 * but on_timeout.
 */
void http_reply(struct http_conn *c, struct http_response *r);
/* A place for the handler's own pointer while it works on the request. */
void http_conn_set_user(struct http_conn *c, void *user);
void *http_conn_user(const struct http_conn *c);

struct http_figures {
    uint64_t accepted, refused, handshakes, handshake_failures, resumed, requests, bad_requests;
    uint64_t evicted;  /* unfinished ones that made room */
    uint64_t deferred; /* times that one whom we do not know had to wait for others */
    unsigned conns;
    unsigned waiting; /* of those, now */
};
void http_server_figures(const struct http_server *s, struct http_figures *out);

#endif /* HTTP_SERVER_H */
