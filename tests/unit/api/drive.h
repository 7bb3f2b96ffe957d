/* SPDX-License-Identifier: Apache-2.0 */
/*
 * drive.h - one request through route, api-version and handler, by hand.
 *
 * What the engine does around a handler, without processes: keeper and commit
 * answer at once. The caller is taken as authenticated and permitted.
 */
#ifndef TEST_API_DRIVE_H
#define TEST_API_DRIVE_H

#include "api/exchange.h"
#include "world.h"

struct drive {
    struct http_request req;
    struct exchange x;
    struct buf text;    /* body of the answer, NUL-terminated */
    char message[2048]; /* for the audit record */
    unsigned asks;      /* questions to the keeper */
    unsigned attempts;  /* times the handler began */
    enum key_home home; /* whom the last question was for; 0: the keeper */
    bool public_only;   /* the caller may only read the key */
    /* Called before the next commit, once; for what happens meanwhile. */
    void (*before_commit)(void);
    /* Answer of the keeper instead of the real one, unless ERR_OK. */
    enum err keeper_fails;
};
extern struct drive drive;
extern struct site drive_site;

/* Of the whole program. */
int drive_open(void **state);
int drive_close(void **state);
/* Of each test. */
int drive_setup(void **state);
int drive_teardown(void **state);

#define D(f) cmocka_unit_test_setup_teardown(f, drive_setup, drive_teardown)

/*
 * target: path and query, as sent; api-version=7.6 is added if it names none. body may be
 * NULL. Answers the status; the body is in drive_body().
 */
unsigned drive_request(enum http_method method, const char *target, const char *body);
unsigned drive_request_span(enum http_method method, const char *target, struct span body);
const char *drive_body(void);
/* First value of a string member in the answer, wherever it stands; "" if there is none. */
const char *drive_member(const char *name);
/* Value of an answer header; "" if there is none. */
const char *drive_header(const char *name);

#endif /* TEST_API_DRIVE_H */
