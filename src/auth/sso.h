/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sso.h - a browser in which somebody signed in. Row ss/<hash of the
 * cookie>. It gives codes without another password, and nothing else.
 */
#ifndef AUTH_SSO_H
#define AUTH_SSO_H

#include "auth/ticket.h"
#include "base/ids.h"
#include "vault/row.h"

enum { SESSION_LIFETIME = 12 * 3600 };

struct sso {
    struct ticket_id id;
    struct guid tid;
    struct guid oid;
    int64_t auth_time;
    int64_t expires;
    uint64_t revision;
};

/* For tid, oid and auth_time; the cookie's text is appended. ERR_NOMEM, ERR_CRYPTO. */
MUST_CHECK enum err sso_new(const struct rows *rows, struct store_write *w, struct sso *s,
                            int64_t now, struct secbuf *text);
/* ERR_NOT_FOUND (or over), ERR_INTEGRITY, ERR_FORMAT, ERR_IO, ERR_CRYPTO. */
MUST_CHECK enum err sso_load(const struct rows *rows, struct store_view *view, struct span text,
                             int64_t now, struct sso *out);
void sso_end(struct store_write *w, const struct sso *s);

#endif /* AUTH_SSO_H */
