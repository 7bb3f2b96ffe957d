/* SPDX-License-Identifier: Apache-2.0 */
/*
 * identity.h - managed identities that the local endpoint offers to workloads
 * of this host. Row mi/<name> (docs/formats/directory.md) names a principal of
 * kind PRINCIPAL_MANAGED. Threads: as the view.
 */
#ifndef AUTH_IDENTITY_H
#define AUTH_IDENTITY_H

#include <stdbool.h>

#include "auth/principal.h"

enum { MAX_IDENTITIES = 256, MAX_IDENTITY_NAME = 128 };

struct identity {
    char name[MAX_IDENTITY_NAME + 1]; /* letters, digits, '-', '_'; kept in lower case */
    struct guid tid;
    struct guid oid;
    struct guid appid; /* "client_id" to workloads */
    char resource_id[MAX_RESOURCE_ID + 1];
};

bool identity_name_is_ok(struct span name);

/* ERR_NOT_FOUND, ERR_INTEGRITY, ERR_FORMAT, ERR_IO. name in any letter case. */
MUST_CHECK enum err identity_load(const struct rows *rows, struct store_view *view,
                                  struct span name, struct identity *out);
/* Name must be ok. Failures stick to the write. */
void identity_store(const struct rows *rows, struct store_write *w, const struct identity *i);
void identity_delete(struct store_write *w, struct span name);

/* How a workload names the identity it wants; all empty: the only one there is. */
struct identity_ask {
    struct span client_id;
    struct span object_id;
    struct span resource_id; /* without case */
};
/*
 * ERR_NOT_FOUND  none fits, or nothing was named and there is not exactly one
 * ERR_INTEGRITY, ERR_FORMAT, ERR_IO
 */
MUST_CHECK enum err identity_find(const struct rows *rows, struct store_view *view,
                                  const struct identity_ask *ask, struct identity *out);

#endif /* AUTH_IDENTITY_H */
