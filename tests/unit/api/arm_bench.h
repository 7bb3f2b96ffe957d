/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arm_bench.h - requests to the resource manager step by step: several may be composed
 * against one snapshot before any of them is committed.
 *
 * A tenant, a subscription, the group `rg`, in it the vault `kv1` and the identity `id1`. The
 * caller owns the subscription.
 */
#ifndef TEST_API_ARM_BENCH_H
#define TEST_API_ARM_BENCH_H

#include "api/exchange.h"
#include "auth/world.h"

#define ARM_SUB      "/subscriptions/22222222-2222-4222-8222-222222222222"
#define ARM_GROUP    ARM_SUB "/resourceGroups/rg"
#define ARM_VAULT    ARM_GROUP "/providers/Microsoft.KeyVault/vaults/kv1"
#define ARM_IDENTITY ARM_GROUP "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id1"
#define ARM_CALLER   "aaaaaaaa-0000-4000-8000-000000000001"
#define ARM_OTHER    "aaaaaaaa-0000-4000-8000-000000000002"

struct arm_bench {
    struct world *w;
    struct site site;
    const char *caller; /* object id; ARM_CALLER at first */
};

struct arm_call {
    struct http_request req;
    struct exchange x;
    char path[1024];
    enum next next;
};

struct arm_bench *arm_bench_open(void);
void arm_bench_close(struct arm_bench *b);

/* A new snapshot, for the calls composed from now on. */
void arm_look(struct arm_bench *b);
/* Doors and handler on the snapshot; returns the status composed. body may be NULL. */
unsigned arm_compose(struct arm_bench *b, struct arm_call *c, enum http_method method,
                     const char *path, const char *body);
/* What the scribe says to the write of a call that wants to commit. Ends the snapshot. */
enum err arm_commit(struct arm_bench *b, struct arm_call *c);
void arm_release(struct arm_call *c);
/* All of it: the status; a commit must succeed. */
unsigned arm_request(struct arm_bench *b, enum http_method method, const char *path,
                     const char *body);
/* Rows whose key begins so. */
unsigned arm_count(struct arm_bench *b, const char *prefix);

#endif /* TEST_API_ARM_BENCH_H */
