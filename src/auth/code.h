/* SPDX-License-Identifier: Apache-2.0 */
/*
 * code.h - authorization codes: what the browser brings back to the program.
 * Row ac/<hash>. Used once; the row stays for a while to tell a replay, which
 * ends the family that the first use began.
 */
#ifndef AUTH_CODE_H
#define AUTH_CODE_H

#include "auth/application.h"
#include "auth/refresh.h"

enum { CODE_LIFETIME = 120, CODE_MEMORY = 3600, MAX_CHALLENGE = 43, MAX_NONCE = 512 };

struct code {
    struct ticket_id id;
    struct guid appid;
    struct guid tid;
    struct guid oid;
    int64_t good_until;
    int64_t issued;
    int64_t auth_time;
    char redirect[MAX_REDIRECT_URI + 1]; /* as it was asked with */
    char challenge[MAX_CHALLENGE + 1];   /* S256; "": none */
    char scope[MAX_GRANT_SCOPE + 1];
    char nonce[MAX_NONCE + 1];
    struct guid family; /* of its use; "": not used yet */
    uint64_t revision;
};

/* Makes a code for what the caller filled in; the text is appended. ERR_NOMEM, ERR_CRYPTO. */
MUST_CHECK enum err code_new(const struct rows *rows, struct store_write *w, struct code *c,
                             int64_t now, struct secbuf *text);
/* ERR_NOT_FOUND, ERR_INTEGRITY, ERR_FORMAT, ERR_IO, ERR_CRYPTO. */
MUST_CHECK enum err code_load(const struct rows *rows, struct store_view *view,
                              struct span text, struct code *out);
/* On condition that it is as it was. */
void code_use(const struct rows *rows, struct store_write *w, const struct code *c,
              const struct guid *family);

/* RFC 7636: verifier of 43 to 128 unreserved characters, S256. ERR_CRYPTO. */
MUST_CHECK enum err code_verifier_fits(struct span verifier, const char *challenge, bool *fits);
bool code_challenge_is_ok(struct span challenge);

#endif /* AUTH_CODE_H */
