/* SPDX-License-Identifier: Apache-2.0 */
/* fixture.h - a store in a directory of its own, and short words for what tests do to it. */
#ifndef TESTS_STORE_FIXTURE_H
#define TESTS_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/store.h"

struct fixture {
    const char *engine;
    char path[64];
    size_t map_size;
    bool sync; /* really durable */
    struct store *store;
    struct store_write write; /* scratch, released at the end */
};

/* Opens, with a map of that size (0: one that never has to grow); asserts success. */
void fixture_start(struct fixture *f, const char *engine, size_t map_size);
/* Closes and removes everything. */
void fixture_stop(struct fixture *f);
void fixture_reopen(struct fixture *f);
struct store_config fixture_config(const struct fixture *f);

/* The answer of one commit of f->write, which is emptied. */
enum err commit(struct fixture *f, uint64_t *revision);
/* One put, one delete; assert success; the new revision. */
uint64_t put(struct fixture *f, const char *key, const char *value);
uint64_t del(struct fixture *f, const char *key);
/* Like put, with a value of len bytes. */
enum err put_big(struct fixture *f, const char *key, size_t len);

struct store_view *view(struct fixture *f);
/* The value of key in the view is this; NULL: there is no row. */
void assert_value(struct store_view *v, const char *key, const char *value);
/* The value in a fresh view. */
void assert_now(struct fixture *f, const char *key, const char *value);
/* The keys that a scan gives, each followed by a blank. */
void assert_scan(struct store_view *v, const char *prefix, const char *after, size_t limit,
                 const char *keys);
/* What a watch gives: "key=revision " each. */
void assert_watch(struct store_view *v, uint64_t since, size_t limit, const char *want);

/* Runs fn in a child process; its answer, or -signal. */
int in_child(int (*fn)(struct fixture *f), struct fixture *f);

#endif /* TESTS_STORE_FIXTURE_H */
