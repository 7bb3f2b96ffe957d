/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conn.h - one TLS connection of the load generator: sends a request, reads
 * the answer, tells how long it took, and begins again.
 */
#ifndef PERF_CONN_H
#define PERF_CONN_H

#include <netinet/in.h>
#include <openssl/ssl.h>

#include "plan.h"

/* What becomes of a connection behind an answer. */
enum renewal { RENEW_NEVER, RENEW_FULL, RENEW_RESUMED };

enum { STATUSES = 1000, ANSWER_MAX = 1 << 20 };

/* What a run counts, and what its connections share. */
struct tally {
    struct hist times;
    uint64_t statuses[STATUSES];
    uint64_t broken; /* connections that ended without an answer */
    uint64_t handshakes, resumed;
    size_t body; /* of the last answer */
    char protocol[16], cipher[64], group[32];
};

struct load {
    SSL_CTX *tls;
    int epoll;
    struct sockaddr_in to, from;
    const char *host; /* server name */
    enum renewal renewal;
    struct plan plan;
    struct tally tally;
    bool counting;
};

struct conn {
    struct load *load;
    int fd;
    SSL *ssl;
    SSL_SESSION *session;
    bool shaken; /* the handshake is done */
    char *out;   /* of PLAN_BYTES */
    size_t out_len, out_at;
    char *in; /* of ANSWER_MAX */
    size_t in_len, head_len, want;
    bool chunked;
    uint64_t begun_us;
};

uint64_t now_us(void);

/* Connects, and goes on whenever the descriptor is ready. False: out of memory or sockets. */
bool conn_open(struct conn *c, struct load *l);
bool conn_run(struct conn *c);
void conn_close(struct conn *c);
/* For SSL_CTX_sess_set_new_cb: the connection keeps its newest session. */
int conn_new_session(SSL *ssl, SSL_SESSION *session);

#endif /* PERF_CONN_H */
