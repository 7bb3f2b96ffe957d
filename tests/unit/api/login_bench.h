/* SPDX-License-Identifier: Apache-2.0 */
/*
 * login_bench.h - requests to the token service without sockets: a handler is
 * stepped to its answer, and the world's keeper does what it asks for.
 */
#ifndef TEST_API_LOGIN_BENCH_H
#define TEST_API_LOGIN_BENCH_H

#include "api/exchange.h"
#include "auth/world.h"
#include "codec/jsn.h"

#define BENCH_APP   "bbbbbbbb-0000-4000-8000-000000000001"
#define BENCH_OID   "aaaaaaaa-0000-4000-8000-000000000001"
#define BENCH_VAULT "https://vault.keyhold.test:8443"

struct login_bench {
    struct world *w;
    struct site site;
    struct http_request req;
    struct exchange x;
    struct jsn *json;         /* of the last answer's body, if it is JSON */
    unsigned password_checks; /* the keeper was asked for in the last request */
    enum err keeper_fault;    /* what the keeper answers instead of working, if not ERR_OK */
    char kid[KID_LEN + 1];
};

/* Opens a world with a signing key and one application (no credential yet). */
struct login_bench *login_bench_open(void);
void login_bench_close(struct login_bench *b);

/* A fresh request; then headers and parameters; then a run. Texts are borrowed. */
void bench_request(struct login_bench *b, const char *body);
void bench_header(struct login_bench *b, const char *name, const char *value);
void bench_param(struct login_bench *b, const char *name, const char *value);
/* Steps the handler to its answer; returns the status. bind: the first path segment. */
unsigned bench_run(struct login_bench *b, step_fn run, const char *bind);

/* A text member of the answer ("" if absent); borrowed until the next request. */
const char *bench_text(struct login_bench *b, const char *name);
int64_t bench_number(struct login_bench *b, const char *name);
bool bench_has_header(const struct login_bench *b, const char *line);
/* The answer is an error with that AADSTS number and name. */
void bench_is_error(struct login_bench *b, unsigned status, const char *error, unsigned code);
/* The answer's access_token verifies as the application for the given audience. */
void bench_is_token(struct login_bench *b, const char *aud);

/* Gives the application a secret by way of the keeper; expires 0 = never. */
void bench_add_secret(struct login_bench *b, const char *secret, int64_t expires);

#endif /* TEST_API_LOGIN_BENCH_H */
