/* SPDX-License-Identifier: Apache-2.0 */
/* people_bench.h - people, programs and browsers for the tests of signing in. */
#ifndef TEST_API_PEOPLE_BENCH_H
#define TEST_API_PEOPLE_BENCH_H

#include "api/login/login.h"
#include "auth/code.h"
#include "auth/credential.h"
#include "auth/device.h"
#include "auth/sso.h"
#include "base/clock.h"
#include "login_bench.h"

#define AZ         "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
#define POWERSHELL "1950a258-227b-4e31-a9cf-717495945fc2"
#define ALICE      "alice@contoso.example"
#define ALICE_OID  "cccccccc-0000-4000-8000-000000000001"
#define PASSWORD   "tall-giraffe-42"
#define VAULT      "https%3A%2F%2Fvault.keyhold.test%3A8443%2F.default"
#define SCOPE      "&scope=" VAULT "%20offline_access%20openid%20profile"
#define LOCALHOST  "http://localhost:8400"
#define VERIFIER   "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define CHALLENGE  "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

/* cmocka's set-up and tear-down: a bench in which alice exists. */
int people_set_up(void **state);
int people_tear_down(void **state);

/* A user with a password, at home in the world's tenant. */
void people_add(struct login_bench *b, const char *upn, const char *oid, const char *password);
/* The same in another tenant. */
void people_add_to(struct login_bench *b, const struct guid *tid, const char *upn,
                   const char *oid, const char *password);
void people_enable(struct login_bench *b, const char *oid, bool enabled);
void people_revoke(struct login_bench *b, const char *oid);
/* Changes the application of the bench. */
void people_app(struct login_bench *b, bool public_client, enum redirect_kind kind,
                const char *uri);
/* So many seconds later. */
void people_later(int64_t seconds);

/* A form to the token endpoint. */
void people_post(struct login_bench *b, const char *tenant, const char *body);
/* Copies of members of the last answer. */
void people_keep(struct login_bench *b, const char *name, char *out, size_t cap);
/* Does the token open the vault? */
enum err people_verify(struct login_bench *b, const char *token, const char *aud,
                       struct caller *out);
/* alice signs in with az; the refresh token goes to refresh. */
void people_sign_in(struct login_bench *b, char *refresh, size_t cap);
/* A claim of a token that is text. */
void people_claim(const char *token, const char *name, char *out, size_t cap);

#endif /* TEST_API_PEOPLE_BENCH_H */
