/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bed.h - a real server on loopback and clients that write raw bytes to it, in one thread.
 *
 * Nothing sleeps: bed_pump turns the server's loop once without waiting, and the waits of
 * the clients pump until what they wait for is there (or five seconds passed: a failure).
 */
#ifndef TEST_HTTP_BED_H
#define TEST_HTTP_BED_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>
#include <openssl/ssl.h>

#include "http/server.h"
#include "http/tls.h"

struct bed {
    struct event_base *base;
    struct http_server *server;
    struct http_tls *tls;
    struct http_limits limits;
    struct http_response answer;
    uint16_t port;
    /* what the handler does */
    bool is_late;       /* keeps the connection in `waiting` instead of answering */
    size_t body_limit;  /* 0: MAX_BODY */
    size_t answer_size; /* 0: echo; else that many bytes */
    bool answer_big;    /* in big_body */
    unsigned status;    /* 0: 200 */
    bool close;
    bool is_prompt; /* replies from within on_timeout */
    /* what it saw */
    struct http_conn *waiting;
    const struct http_request *request; /* of waiting */
    unsigned requests, bad, timeouts, bad_status;
    unsigned refused; /* of the requests: for /refused, whose answers yield */
};

struct client {
    int fd;
    SSL *ssl; /* NULL: plain */
    uint8_t *in;
    size_t len, cap;
    bool eof;
};

struct answer {
    unsigned status;
    char head[2048];
    char body[2048]; /* the first bytes of it */
    size_t body_len;
};

/* Times of a bed's connections; small ones make deadlines testable. */
void bed_open(struct bed *b, bool with_tls, const struct http_limits *limits);
/* The same with this TLS, which becomes the bed's; NULL is plain. */
void bed_open_with(struct bed *b, struct http_tls *tls, const struct http_limits *limits);
void bed_close(struct bed *b);
void bed_pump(struct bed *b);
/* Answers what waits, as the handler would have. */
void bed_reply(struct bed *b);
/* A listening socket on a free loopback port. */
int bed_listen(uint16_t *port);

void client_open(struct bed *b, struct client *c);
/* A plain connected socket, without a word. */
void client_connect(struct bed *b, struct client *c);
void client_close(struct client *c);
void client_send(struct bed *b, struct client *c, const void *bytes, size_t len);
void client_say(struct bed *b, struct client *c, const char *text);
/* Takes the next whole answer. no_body: it answers a HEAD. */
void client_take(struct bed *b, struct client *c, struct answer *out, bool no_body);
/* Pumps until the server has closed its direction; false: it did not in time. */
bool client_sees_end(struct bed *b, struct client *c);
/* Reads what is there; true if something came. */
bool client_read(struct client *c);

/* A deadline for waits, and whether it has passed. */
uint64_t patience(void);
bool is_over(uint64_t until);

/* Test certificates, made once per program. */
const char *ec_cert(void);
const char *ec_key(void);
const char *rsa_cert(void);
const char *rsa_key(void);

int bed_setup(void **state); /* secret memory, for a group */
int bed_teardown(void **state);

#endif /* TEST_HTTP_BED_H */
