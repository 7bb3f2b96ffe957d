/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench.h - whole requests for fuzzers: doors and handlers over an installation in memory,
 * with a keeper that reads every question as the real one does.
 *
 * There are: a tenant, a subscription, its group `rg`, in it the vaults kv1 (roles, premium,
 * every kind of key) and kv2 (access policies); a person who may do everything, an application
 * that may read, a group. An input is a few requests, the later ones see what
 * the earlier did; the next input finds the installation as it was.
 *
 *   [-]METHOD target          a '-': by the application that may little
 *   Name: value               headers, if any; Host leads to another plane
 *                             an empty line
 *   body
 *   .                         a line of its own, before the next request
 *
 * Whatever comes, this must hold, or the program aborts:
 *   - an answer has a status, no 500, headers without control characters, and JSON that is
 * JSON;
 *   - a question to the keeper is one that it takes, from front, with so many bytes;
 *   - a write is one that the scribe takes from front, and the store as well;
 *   - the audit record is one line of JSON.
 *
 * With KEYHOLD_FUZZ_TRACE in the environment each answer is printed.
 */
#ifndef FUZZ_BENCH_H
#define FUZZ_BENCH_H

#include "api/exchange.h"

#define BENCH_DOMAIN "keyhold.test"
#define BENCH_TENANT "11111111-1111-4111-8111-111111111111"
#define BENCH_SUB    "22222222-2222-4222-8222-222222222222"
#define BENCH_ADMIN  "33333333-3333-4333-8333-333333333333"
#define BENCH_APP    "44444444-4444-4444-8444-444444444444"
#define BENCH_OID    "55555555-5555-4555-8555-555555555555"
#define BENCH_GROUP  "66666666-6666-4666-8666-666666666666"

/* All requests of the input, to that host. Gives the status of the last one, or 0. */
unsigned bench_run(const char *host, struct span input);
/* Whom the installation trusts, from now on: the operator's file (auth/attester.h). */
void bench_trust(struct span issuers);

/* The keeper: aborts on what it would not take, answers the rest. */
enum err bench_keeper(const struct exchange *x, struct secbuf *answer);

#endif /* FUZZ_BENCH_H */
