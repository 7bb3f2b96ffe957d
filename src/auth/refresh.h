/* SPDX-License-Identifier: Apache-2.0 */
/*
 * refresh.h - refresh tokens and the families they descend in.
 *
 *   sign-in -> family rf/<id> -> token -> token -> token ...      rt/<hash> each
 *
 * A token that was exchanged stays good for GRACE seconds, since a command
 * line's parallel processes present the same one; after that, presenting it
 * means that there are two holders, and the family ends: its row goes, and with
 * it every refresh token and every access token that names it (claim "sid").
 *
 * Threads: as the view.
 */
#ifndef AUTH_REFRESH_H
#define AUTH_REFRESH_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/ticket.h"
#include "base/ids.h"
#include "vault/row.h"

enum {
    REFRESH_GRACE = 60,
    REFRESH_IDLE = 14 * 24 * 3600,
    REFRESH_ABSOLUTE = 90 * 24 * 3600,
    MAX_GRANT_SCOPE = 1024
};

struct family {
    struct guid id;
    struct guid tid;
    struct guid oid;
    struct guid appid;
    int64_t auth_time; /* when the person proved who he is */
    int64_t ends;      /* no exchange from then on */
    uint64_t revision;
};

/* A new family, composed and put; the caller filled tid, oid, appid, auth_time. */
void family_begin(const struct rows *rows, struct store_write *w, struct family *f,
                  int64_t now);
/* ERR_NOT_FOUND (ended), ERR_INTEGRITY, ERR_FORMAT, ERR_IO. */
MUST_CHECK enum err family_load(const struct rows *rows, struct store_view *view,
                                const struct guid *id, struct family *out);
void family_end(struct store_write *w, const struct guid *id);

struct refresh {
    struct ticket_id id;
    struct guid family;
    struct guid appid; /* whose it is */
    int64_t issued;
    int64_t expires;
    int64_t exchanged; /* first time, or 0 */
    char scope[MAX_GRANT_SCOPE + 1];
    uint64_t revision;
};

/* Makes a token of the family and puts its row; the text is appended. ERR_NOMEM, ERR_CRYPTO. */
MUST_CHECK enum err refresh_new(const struct rows *rows, struct store_write *w,
                                const struct family *f, const struct guid *appid,
                                int64_t issued, struct span scope, struct secbuf *text);
/* ERR_NOT_FOUND, ERR_INTEGRITY, ERR_FORMAT, ERR_IO, ERR_CRYPTO. */
MUST_CHECK enum err refresh_load(const struct rows *rows, struct store_view *view,
                                 struct span text, struct refresh *out);
/* Marks it as exchanged, on condition that it is as it was; nothing if it is marked. */
void refresh_exchange(const struct rows *rows, struct store_write *w, const struct refresh *r,
                      int64_t now);
/* It was exchanged, and the grace is over: somebody else has it too. */
bool refresh_is_reused(const struct refresh *r, int64_t now);

#endif /* AUTH_REFRESH_H */
