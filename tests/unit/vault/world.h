/* SPDX-License-Identifier: Apache-2.0 */
/*
 * world.h - a store in memory with one vault, and a keeper that answers at once.
 *
 * The store is the reference engine, the integrity key is fixed, and the keeper
 * is the seal room driven by real questions. Secret memory must be empty again
 * when a test program ends.
 */
#ifndef TEST_VAULT_WORLD_H
#define TEST_VAULT_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/store.h"
#include "vault/key.h"
#include "vault/secret.h"
#include "vault/vault.h"

enum { WORLD_NOW = 1700000000 };
#define WORLD_SUBSCRIPTION "22222222-2222-4222-8222-222222222222"
#define WORLD_TENANT       "11111111-1111-4111-8111-111111111111"

struct world {
    struct store *store;
    struct rows *rows;
    struct store_view *view;
    struct vault *vault;
    enum object_kind kind; /* of world_at(); each test begins with secrets */
};
extern struct world world;

/* Of the whole program; then of each test. */
int world_open(void **state);
int world_close(void **state);
int world_setup(void **state);
int world_teardown(void **state);

/* A row of a test table that gets a world of its own. */
#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

/* A fresh snapshot and the vault; what came from the one before is dead. */
struct vault_at world_at(void);
/* Commits and releases. */
enum err world_commit(struct store_write *w);
/* Bytes put under a key past all checks, as a hand in the file would; NULL value deletes. */
void world_tamper(struct span key, const struct span *value);
/* The stored bytes of a row; the caller releases. */
struct buf world_raw(struct span key);
/* Adds another vault and makes it world.vault. */
void world_add_vault(const char *name, const char *subscription, unsigned retention,
                     bool purge_protection);
size_t world_rows(const char *prefix);

/* A version set in one go, sealing included; its id in *id if not NULL. */
enum err world_set(const char *name, const char *value, const struct object_change *change,
                   int64_t now, struct hex32 *id);
/* Empty versions put beneath a live name without making them current: for many at once. */
void world_add_versions(const char *name, unsigned n);
/* A change of the content type; good until the next call. */
struct object_change world_typed(const char *content_type);
/* The content type, or "(none)"; good until the next call. */
const char *world_type(const struct object *o);
/* Value of a version as the keeper opens it. */
enum err world_open_value(const struct object *s, char *out, size_t cap);
struct object_name world_name(const char *text);

/* A P-256 key of the software provider with the default key_ops. */
struct key_detail world_ec(void);
/* A version of a key, its private part sealed; makes world.kind KIND_KEY. change may be NULL;
 * its detail does not count. */
enum err world_add_key(const char *name, const struct key_detail *d,
                       const struct object_change *change, int64_t now, struct hex32 *id);

/* Answers a question as the keeper does. */
enum err world_keeper(enum keeper_op op, struct span question, struct secbuf *answer);

#endif /* TEST_VAULT_WORLD_H */
