/* SPDX-License-Identifier: Apache-2.0 */
/*
 * issued.h - what an authority has issued, and what of it is revoked.
 *
 * Row pc/<authority>/<SERIAL>: the certificate. Row pr/<authority>/<SERIAL>: it is revoked;
 * what lists and answers about revocation need, and nothing else, so that a list is made
 * without reading certificates. Both stay when the authority goes: a serial never comes back.
 *
 * Threads: as the view.
 */
#ifndef PKI_ISSUED_H
#define PKI_ISSUED_H

#include "base/ids.h"
#include "pki/profile.h"
#include "vault/row.h"

enum { ISSUED_WHAT_MAX = 512, ISSUED_SERIAL_MAX = 40 /* hex digits */ };

struct issued {
    char serial[ISSUED_SERIAL_MAX + 1]; /* upper-case hex */
    struct span der;
    struct span profile;
    struct guid principal; /* who asked */
    struct span what;      /* struct issue_who */
    int64_t issued, not_after;
    uint64_t revision;
};

/* RFC 5280 5.3.1; stored in rows. */
enum revocation_reason {
    REASON_UNSPECIFIED = 0,
    REASON_KEY_COMPROMISE = 1,
    REASON_CA_COMPROMISE = 2,
    REASON_AFFILIATION_CHANGED = 3,
    REASON_SUPERSEDED = 4,
    REASON_CESSATION = 5,
    REASON_HOLD = 6,
    REASON_PRIVILEGE_WITHDRAWN = 9,
    REASON__MAX = 10
};
/* "keyCompromise" ...; NULL: no such reason. REASON__MAX: no such name. */
const char *revocation_reason_name(unsigned reason);
unsigned revocation_reason_find(struct span name);

struct revoked {
    char serial[ISSUED_SERIAL_MAX + 1];
    enum revocation_reason reason;
    int64_t at, not_after;
    uint64_t revision;
};

/* serial: upper-case hex. ERR_NOT_FOUND, ERR_INTEGRITY, ERR_FORMAT. */
MUST_CHECK enum err issued_get(const struct rows *rows, struct store_view *view,
                               const struct guid *ca, const char *serial, struct issued *out);
MUST_CHECK enum err revoked_get(const struct rows *rows, struct store_view *view,
                                const struct guid *ca, const char *serial, struct revoked *out);
MUST_CHECK enum err issued_read(struct span payload, struct issued *out);
MUST_CHECK enum err revoked_read(struct span payload, struct revoked *out);
/* Put the row, expecting its revision. Who revokes spoils the list too: crl_spoil()
 * (pki/crl.h). */
void issued_put(const struct rows *rows, struct store_write *w, const struct guid *ca,
                const struct issued *i);
void revoked_put(const struct rows *rows, struct store_write *w, const struct guid *ca,
                 const struct revoked *r);

/* False stops. At most `limit`, behind serial `after` ("" for the first). */
typedef bool (*issued_fn)(void *arg, const struct issued *i);
MUST_CHECK enum err issued_each(const struct rows *rows, struct store_view *view,
                                const struct guid *ca, const char *after, size_t limit,
                                issued_fn fn, void *arg);
typedef bool (*revoked_fn)(void *arg, const struct revoked *r);
MUST_CHECK enum err revoked_each(const struct rows *rows, struct store_view *view,
                                 const struct guid *ca, size_t limit, revoked_fn fn, void *arg);

#endif /* PKI_ISSUED_H */
