/* SPDX-License-Identifier: Apache-2.0 */
/*
 * principal.h - who can act in a tenant: service principals of applications,
 * managed identities, users.
 *
 * Rows (docs/formats/directory.md): sp/<tid>/<oid> is the principal,
 * spa/<tid>/<appid> leads from a client id to its oid, un/<tid>/<upn in lower
 * case> from a user's name. A principal that is
 * deleted or disabled is nobody from the next request on: whoever holds a
 * token of it is looked up again each time (auth/token.c).
 *
 * Threads: as the view.
 */
#ifndef AUTH_PRINCIPAL_H
#define AUTH_PRINCIPAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/ids.h"
#include "base/span.h"
#include "vault/row.h"

enum { MAX_DISPLAY_NAME = 256, MAX_UPN = 255, MAX_RESOURCE_ID = 299 };

enum principal_kind {
    PRINCIPAL_APPLICATION = 1,
    PRINCIPAL_MANAGED, /* managed identity: no credential, tokens from the local endpoint */
    PRINCIPAL_USER,
    PRINCIPAL__MAX
};

struct principal {
    struct guid tid;
    struct guid oid;
    enum principal_kind kind;
    bool enabled;
    struct guid appid; /* "" for users */
    int64_t created;
    char name[MAX_DISPLAY_NAME + 1];
    char upn[MAX_UPN + 1];                 /* users */
    char resource_id[MAX_RESOURCE_ID + 1]; /* managed identities: xms_mirid */
    uint64_t revision;                     /* of its row, set by loading */
};

/* ERR_NOT_FOUND, ERR_INTEGRITY, ERR_FORMAT, ERR_IO. */
MUST_CHECK enum err principal_load(const struct rows *rows, struct store_view *view,
                                   const struct guid *tid, const struct guid *oid,
                                   struct principal *out);
/* The application's (or managed identity's) principal in that tenant. Errors as above. */
MUST_CHECK enum err principal_find(const struct rows *rows, struct store_view *view,
                                   const struct guid *tid, const struct guid *appid,
                                   struct principal *out);

/* The user of that name, in any letter case; what cannot be a name is not found. Errors as
 * above. */
MUST_CHECK enum err principal_find_user(const struct rows *rows, struct store_view *view,
                                        const struct guid *tid, struct span upn,
                                        struct principal *out);
/* "local@domain": printable ASCII without '/', quotes, brackets and spaces; at most MAX_UPN. */
bool principal_upn_is_ok(struct span upn);

/* Writes sp/ and spa/, or un/ for a user. expect: revision the row must have, 0 = new: then
 * the index row must be new too. A user's name must be ok. Failures stick to the write. */
void principal_store(const struct rows *rows, struct store_write *w, const struct principal *p,
                     uint64_t expect);
/* A user gets another name: p->upn is the old one until then. On condition that p is still as
 * it was loaded and nobody has the new name (the same in another case is allowed). */
void principal_rename(const struct rows *rows, struct store_write *w, const struct principal *p,
                      struct span upn);
/* Both rows go. Assignments and memberships stay, for nobody: an oid never comes back. */
void principal_delete(struct store_write *w, const struct principal *p);
/* Writes p with that flag, on condition that p is still as it was loaded. */
void principal_enable(const struct rows *rows, struct store_write *w, const struct principal *p,
                      bool enabled);

#endif /* AUTH_PRINCIPAL_H */
