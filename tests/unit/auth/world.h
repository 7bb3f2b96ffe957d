/* SPDX-License-Identifier: Apache-2.0 */
/*
 * world.h - a small installation for tests: a store in memory, rows with tags,
 * a tenant, signing keys, and a keeper that answers in place (real seal and
 * crypto rooms, no process).
 */
#ifndef TEST_AUTH_WORLD_H
#define TEST_AUTH_WORLD_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
/* clang-format on */

#include "auth/application.h"
#include "auth/assignment.h"
#include "auth/claims.h"
#include "auth/group.h"
#include "auth/identity.h"
#include "auth/principal.h"
#include "auth/signing_key.h"
#include "auth/tenant.h"
#include "base/secbuf.h"
#include "keeper/ask.h"
#include "seal/root.h"
#include "store/store.h"
#include "vault/row.h"
#include "vault/vault.h"

#define WORLD_ORIGIN "https://login.keyhold.test:8443"
#define WORLD_TENANT "11111111-1111-4111-8111-111111111111"
#define WORLD_DOMAIN "contoso.example"
#define WORLD_NOW    1800000000

struct world {
    struct store *store;
    struct rows *rows;
    struct root_key *root;
    struct store_view *view; /* after world_look() */
    struct guid tid;
    unsigned keys_made; /* signing keys asked of the keeper */
};

/* Clock stands near WORLD_NOW; the tenant exists. For cmocka's group or test set-up. */
struct world *world_open(void);
void world_close(struct world *w);

/* A new snapshot in w->view. */
void world_look(struct world *w);
/* Commits and clears; the write must be accepted. */
void world_commit(struct world *w, struct store_write *sw);

struct guid world_guid(const char *text);
/* An application and its principal; returned ids stand in out. */
void world_add_app(struct world *w, const char *appid, const char *oid);
void world_add_group(struct world *w, const char *gid);
void world_add_member(struct world *w, const char *gid, const char *member);
/* Any principal kind of oid gets role (name) at scope; the assignment's id comes back. */
struct guid world_assign(struct world *w, const char *oid, const char *role, const char *scope);
/* Makes a signing key that signs from now on; its kid goes to kid. */
void world_add_signing_key(struct world *w, int64_t now, char kid[static KID_LEN + 1]);

/* The keeper: answers one question. */
enum err world_keeper(struct world *w, enum keeper_op op, struct span ask,
                      struct secbuf *answer);
/* A token with these claims, signed by the newest key; appended. */
void world_mint(struct world *w, const struct claims *c, struct secbuf *token);
/* Claims of a valid app token for oid and appid. */
struct claims world_claims(const struct world *w, const char *appid, const char *oid);

#endif /* TEST_AUTH_WORLD_H */
