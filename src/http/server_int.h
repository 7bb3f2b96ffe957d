/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server_int.h - what a server's connections share.
 */
#ifndef HTTP_SERVER_INT_H
#define HTTP_SERVER_INT_H

#include "http/conn_int.h"

TAILQ_HEAD(conn_queue, http_conn);

enum { DATE_LINE = 96, WARM_MS = 1000 };

struct listener;

struct http_server {
    struct event_base *base;
    struct http_limits limits;
    struct http_events events;
    unsigned timeout_ms[CONN_STATE__MAX]; /* 0: none */
    /* By state. A state's time-out is constant, so each queue is in order of deadline. */
    struct conn_queue queues[CONN_STATE__MAX];
    struct conn_queue resuming;
    unsigned round; /* of on_resume */
    struct event deadline;
    struct event resume;
    uint64_t armed_ms; /* when `deadline` fires; 0: not armed */
    struct listener *listeners;
    struct event relisten;
    struct fair fair;
    struct event turns; /* pending while something waits in `fair` */
    int spare_fd;       /* given up for a moment when descriptors run out; -1: used up */
    struct address_table addresses;
    struct exchange_pool pool;
    struct secbuf record;      /* one TLS record being composed */
    struct http_response own;  /* answers of the connection's own */
    char date_line[DATE_LINE]; /* "Date: ...\r\n" of the second date_at */
    int64_t date_at;
    bool draining;
    struct http_figures figures;
};

/* Sees to it that deadlines are looked at no later than at_ms. */
void server_arm(struct http_server *s, uint64_t at_ms, uint64_t now_ms);
/* evict.c: makes room for one more connection; false: there is none to be had. */
bool server_evict(struct http_server *s);
/* Sees to it that the request of `but` may take `want` bytes of secret memory, leaving enough
 * for requests that are whole. */
void server_ease(struct http_server *s, const struct http_conn *but, size_t want);
/* The body of `but` is about to become large. */
void server_ease_big(struct http_server *s, const struct http_conn *but);
/* turns.c: c has work; true: it waits until it is its turn. */
bool turns_wait(struct http_conn *c);
/* A request of c was answered; yields is the answer's. began_us: when that began, if not in c's
 * own turn; else 0. */
void turns_answered(struct http_conn *c, bool yields, uint64_t began_us);
/* c, which was just accepted, is one of those who have to wait for their turn. */
void turns_enter(struct http_conn *c);
/* The event `turns`. */
void turns_event(evutil_socket_t fd, short what, void *arg);
/* Borrowed until the next call. */
struct span server_date_line(struct http_server *s);

#endif /* HTTP_SERVER_INT_H */
