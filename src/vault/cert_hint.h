/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cert_hint.h - what the issuer of a certificate says about when to renew it (RFC 9773;
 * docs/formats/rows.md 3.7).
 *
 *   ch/<vault GUID>/<NAME>           whom to ask about which version, and what he said
 *   cq/<time>/h/<vault GUID>/<NAME>  when to ask; it means something while the row above
 *                                    says the same time
 *
 * Both are the clerk's alone. vault/cert_due.h makes a day of it: a hint only ever moves
 * a renewal forward that the policy wants anyhow.
 */
#ifndef VAULT_CERT_HINT_H
#define VAULT_CERT_HINT_H

#include "vault/object.h"

#define HINT_SCHEDULE "cq"

enum {
    HINT_ID_MAX = 256,
    HINT_URL_MAX = 2048,
    HINT_SOONEST = 6 * 3600, /* after an issuance; or a tenth of its life, if that is less */
};

struct cert_hint {
    struct hex32 version;  /* it is about; of no meaning once another is current */
    struct span issuer;    /* its name, upper-cased */
    struct span directory; /* URL of the ACME directory that issued it */
    struct span id;        /* what it is called there (RFC 9773 4.1) */
    int64_t ask;           /* when to ask (again) */
    int64_t from, until;   /* the window suggested; 0, 0: none */
    int64_t when;          /* chosen in it; 0: none */
};
/* From a row's payload; borrows. ERR_FORMAT. */
MUST_CHECK enum err cert_hint_read(struct span payload, struct cert_hint *out);
/* name: upper-cased. Borrows from the view. ERR_NOT_FOUND, ERR_INTEGRITY, ERR_FORMAT. */
MUST_CHECK enum err cert_hint_get(const struct vault_at *at, const char *name,
                                  struct cert_hint *out);
/* Puts the row and its place in the schedule, in place of what the view has. Expects nothing:
 * the clerk alone writes them. */
void cert_hint_put(const struct vault_at *at, struct store_write *w, const char *name,
                   const struct cert_hint *h);
void cert_hint_drop(const struct vault_at *at, struct store_write *w, const char *name);

/* The moment in the window for this certificate: always the same one for the same version, so
 * that many certificates with one window do not come at once. */
int64_t cert_hint_choose(const struct hex32 *version, int64_t from, int64_t until);
/* When to renew a version of these attributes; 0: nothing was suggested. Not before
 * HINT_SOONEST, or an issuer could have us renew round and round. */
int64_t cert_hint_time(const struct cert_hint *h, const struct attrs *a);

/* For the clerk: whom the schedule row `key` is about. */
struct cert_hint_due {
    bool stale;          /* nobody is to be asked: commit w, if it is not empty */
    struct vault *vault; /* the caller unrefs; NULL if stale */
    struct object_name name;
    struct cert_hint hint; /* borrows from the view */
};
/* ERR_NOT_FOUND   no such row, or its time has not come
 * ERR_NO_VAULT    its vault is deleted, but may be recovered: leave the row alone
 * ERR_FORMAT      not a schedule row; ERR_INTEGRITY, ERR_ROLLBACK */
MUST_CHECK enum err cert_hint_due_get(const struct rows *rows, struct store_view *view,
                                      struct span key, int64_t now, struct store_write *w,
                                      struct cert_hint_due *out);

#endif /* VAULT_CERT_HINT_H */
