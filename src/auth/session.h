/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session.h - a browser in which somebody signed in. Row ss/<hash of the
 * cookie>. It gives codes without another password, and nothing else.
 */
#ifndef AUTH_SESSION_H
#define AUTH_SESSION_H

#include "auth/ticket.h"
#include "base/ids.h"
#include "vault/row.h"

enum { SESSION_LIFETIME = 12 * 3600 };

struct session {
    struct ticket_id id;
    struct guid tid;
    struct guid oid;
    int64_t auth_time;
    int64_t expires;
    uint64_t revision;
};

/* For tid, oid and auth_time; the cookie's text is appended. ERR_NOMEM, ERR_CRYPTO. */
MUST_CHECK enum err session_new(const struct rows *rows, struct store_write *w,
                                struct session *s, int64_t now, struct secbuf *text);
/* ERR_NOT_FOUND (or over), ERR_INTEGRITY, ERR_FORMAT, ERR_IO, ERR_CRYPTO. */
MUST_CHECK enum err session_load(const struct rows *rows, struct store_view *view,
                                 struct span text, int64_t now, struct session *out);
void session_end(struct store_write *w, const struct session *s);

#endif /* AUTH_SESSION_H */
