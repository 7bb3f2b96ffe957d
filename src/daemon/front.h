/* SPDX-License-Identifier: Apache-2.0 */
/*
 * front.h - the process that faces the clients: N event loops, each with its
 * own server, engine and links to keeper and scribe (design 1).
 */
#ifndef DAEMON_FRONT_H
#define DAEMON_FRONT_H

#include "api/quota.h"
#include "api/site.h"
#include "api/throttle.h"
#include "base/err.h"
#include "http/server.h"
#include "store/store.h"

enum { FRONT_LOOPS_MAX = 64, FRONT_FDS_MAX = 16 };

struct front_config {
    const struct site *site;   /* default_tenant is filled from the store */
    struct store_config store; /* read_only is set here */
    struct http_limits limits;
    struct throttle_limits strangers; /* of each loop */
    struct quota_config quota;        /* of all loops together */
    unsigned loops;                   /* 1..FRONT_LOOPS_MAX */
    unsigned max_flights;             /* of each loop */
    /* Listening sockets: tls_fds[i] are loop i's; local_fds belong to loop 0. Adopted. */
    int tls_fds[FRONT_LOOPS_MAX][FRONT_FDS_MAX];
    unsigned ntls_fds; /* of each loop */
    int local_fds[FRONT_FDS_MAX];
    unsigned nlocal_fds;
    int pki_fds[1]; /* plain HTTP of the site pki; the same */
    unsigned npki_fds;
    unsigned drain_ms; /* how long open requests may take after CONTROL_DRAIN */
    int64_t clock_offset;
    /* Called when all is open, before any thread is started and the first input byte. */
    enum err (*confine)(void *arg);
    void *confine_arg;
    /* A reload came with a file, which is the callee's to close. Called by the main thread. */
    void (*reload)(void *arg, int fd);
    void *reload_arg;
};

/*
 * Runs until CONTROL_DRAIN was carried out or the supervisor is gone; returns
 * the exit code. Links: CONTROL_PEER with role KEEPER, index i < loops is loop
 * i's engine link; index loops + i is its link for TLS signatures, which
 * blocks; roles SCRIBE and TOKEN, index i is loop i's.
 */
int front_main(int control_fd, const struct front_config *cfg);

#endif /* DAEMON_FRONT_H */
