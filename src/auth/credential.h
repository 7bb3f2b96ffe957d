/* SPDX-License-Identifier: Apache-2.0 */
/*
 * credential.h - a person's password, as a record, and since when what was
 * given to him counts. Row uc/<tid>/<oid> (docs/formats/directory.md). A user
 * without the row cannot sign in.
 *
 * valid_from moves when the password is changed or the sessions are revoked:
 * access tokens and refresh tokens issued before it are refused from the next
 * request on. Threads: as the view.
 */
#ifndef AUTH_CREDENTIAL_H
#define AUTH_CREDENTIAL_H

#include <stdint.h>

#include "auth/principal.h"
#include "crypto/scrypt.h"

struct credential {
    struct guid tid;
    struct guid oid;
    char record[SCRYPT_RECORD_MAX + 1]; /* of KEEPER_PASSWORD_HASH */
    int64_t changed;
    int64_t valid_from;
    uint64_t revision;
};

/* ERR_NOT_FOUND, ERR_INTEGRITY, ERR_FORMAT, ERR_IO. */
MUST_CHECK enum err credential_load(const struct rows *rows, struct store_view *view,
                                    const struct guid *tid, const struct guid *oid,
                                    struct credential *out);
/* expect: the revision the row must have, 0 = new. Failures stick to the write. */
void credential_store(const struct rows *rows, struct store_write *w,
                      const struct credential *c, uint64_t expect);
void credential_delete(struct store_write *w, const struct guid *tid, const struct guid *oid);

/* A new password, or a first one when c->revision is 0: ends what was given before.
 * ERR_TOO_LARGE: record is none. */
MUST_CHECK enum err credential_set(const struct rows *rows, struct store_write *w,
                                   struct credential *c, struct span record, int64_t now);
/* Ends what was given before. */
void credential_revoke(const struct rows *rows, struct store_write *w, struct credential *c,
                       int64_t now);

/* When something given now begins to count: after a revocation in this same second too. */
int64_t credential_issue_time(const struct credential *c, int64_t now);

#endif /* AUTH_CREDENTIAL_H */
