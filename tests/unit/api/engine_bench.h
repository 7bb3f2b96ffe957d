/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine_bench.h - an engine behind a real server on loopback, with a real
 * keeper and a real scribe behind it (tests/unit/jobs/rig.h), all driven by one
 * thread. Between the engine and each of the two stands a way that can hold
 * messages back, answer in the other's place, or be cut.
 *
 * Nothing sleeps: every wait turns the loop until what is waited for is there.
 */
#ifndef TEST_API_ENGINE_BENCH_H
#define TEST_API_ENGINE_BENCH_H

#include "bed.h"
#include "rig.h"

#include "api/engine.h"

struct held {
    struct held *next;
    uint16_t op;
    uint64_t id;
    struct secbuf payload;
};

struct way {
    struct peer *engine, *real;
    bool hold;             /* questions wait in `held` */
    enum err answer;       /* unless ERR_OK: answers in the other's place */
    unsigned answers_left; /* so many times */
    struct held *held, **last;
    unsigned nheld, passed;
};

struct bench {
    struct rig *rig;
    struct bed bed;   /* what the clients of tests/unit/http/bed.h look at */
    struct bed plain; /* the loopback listener */
    struct http_server *server;
    struct engine *engine;
    struct figures figures;
    struct site site;
    struct way keeper, scribe;
    struct event *turn;
    char token[4096];
};
extern struct bench bench;

#define BENCH_VAULT  "kv-one.vault." RIG_DOMAIN
#define BENCH_CANARY "c4n4ry-value"

/* Of the whole program: installation, seed. */
int bench_setup(void **state);
int bench_teardown(void **state);
/* Of the next bench_open(); off after each test. */
extern struct throttle_limits bench_strangers;
/* A new server and engine; answer_ms and flights as limits. Of each test. */
void bench_open(unsigned answer_ms, unsigned flights);
int bench_begin(void **state);
int bench_end(void **state);
#define B(f) cmocka_unit_test_setup_teardown(f, bench_begin, bench_end)

/* Fresh links; what waited on the old ones is lost. */
void bench_link(struct way *w, enum ipc_role role);
void bench_cut(struct way *w);
void bench_release(struct way *w);
/* Turns the loop until the way holds so many. */
void bench_await_held(struct way *w, unsigned n);
/* Turns the loop a good many times. */
void bench_spin(void);

/* head: request line and headers but Host, without the empty line. token: with the bearer. */
void bench_say(struct client *c, const char *host, const char *head, const char *body,
               bool token);
/* The whole exchange on a connection of its own. */
struct answer bench_ask(const char *host, const char *head, const char *body, bool token);
/* The client secret's way to a token, kept in bench.token. */
void bench_login(void);

#endif /* TEST_API_ENGINE_BENCH_H */
