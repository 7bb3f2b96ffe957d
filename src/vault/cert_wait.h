/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cert_wait.h - what the clerk needs to have certificates issued by those who are
 * dialled (docs/formats/rows.md 3.7).
 *
 *   cw/<vault GUID>/<NAME>    an operation runs with a named issuer: the list of what is to
 *                             be done. Put and dropped by cert_operation.c, in the commit that
 *                             starts or ends the operation.
 *   ce/<vault GUID>/<NAME>    how far its errand is. The clerk's alone.
 *   ea/<vault GUID>/<ISSUER>  the account at an ACME directory. The clerk's alone.
 *   hc/<token>                a challenge that front answers (http-01). Written by the clerk.
 */
#ifndef VAULT_CERT_WAIT_H
#define VAULT_CERT_WAIT_H

#include "vault/key.h"
#include "vault/object.h"

enum {
    WAIT_URL_MAX = 2048,
    CHALLENGE_TOKEN_MIN = 16, /* 128 random bits are 22 characters (RFC 8555 8.3) */
    CHALLENGE_TOKEN_MAX = 256,
    CHALLENGE_ANSWER_MAX = CHALLENGE_TOKEN_MAX + 64,
};

/* One row of the list. */
struct cert_wait {
    char vault[MAX_VAULT_NAME + 1];
    struct guid vault_id;
    struct object_name name;
    struct hex32 request;
};
void cert_wait_put(const struct vault_at *at, struct store_write *w, const char *name,
                   const struct hex32 *request);
void cert_wait_drop(const struct vault_at *at, struct store_write *w, const char *name);
/* From a row met in a scan of "cw/". ERR_INTEGRITY, ERR_FORMAT. */
MUST_CHECK enum err cert_wait_read(const struct rows *rows, const struct store_row *sr,
                                   struct cert_wait *out);
/* Is it still in the list, with the same request? */
MUST_CHECK enum err cert_wait_stands(const struct rows *rows, struct store_view *view,
                                     const struct cert_wait *wait, bool *out);

struct cert_errand {
    struct hex32 request; /* of the operation; another one's errand means nothing */
    unsigned tries;       /* that failed, one after another */
    int64_t next;         /* not before */
    struct span url;      /* where to ask next: an order, a poll; empty: nobody was asked yet */
    struct span asked;    /* whose that is: the issuer's account_id; empty in rows of old */
    int64_t begun;        /* 0 in rows of old */
    struct span why;      /* the last failure */
    uint64_t revision;    /* of the row; 0 = not stored */
};
/* ERR_NOT_FOUND, ERR_INTEGRITY, ERR_FORMAT. Borrows from the view. */
MUST_CHECK enum err cert_errand_get(const struct vault_at *at, const char *name,
                                    struct cert_errand *out);
/* Puts it; the row's revision is not expected: the clerk alone writes it. */
void cert_errand_put(const struct vault_at *at, struct store_write *w, const char *name,
                     const struct cert_errand *e);
void cert_errand_drop(const struct vault_at *at, struct store_write *w, const char *name);

struct directory_account_row {
    struct span directory; /* URL: another directory's account is none */
    struct span url;       /* "kid"; empty: a key was made and not yet told to the directory */
    struct span sealed;    /* the key's private part, as the keeper gave it */
    struct key_public public;
    uint64_t revision;
};
/* issuer: upper-cased. ERR_NOT_FOUND, ERR_INTEGRITY, ERR_FORMAT. Borrows from the view. */
MUST_CHECK enum err directory_account_get(const struct vault_at *at, const char *issuer,
                                          struct directory_account_row *out);
void directory_account_put(const struct vault_at *at, struct store_write *w, const char *issuer,
                           const struct directory_account_row *a);
/* Where the key of an issuer's account is sealed to: no version of a key is called so. */
struct key_place directory_account_place(const struct vault *v, const char *issuer,
                                         struct span sealed);

/* 16 to 256 characters of base64url. */
bool challenge_token_is_ok(struct span token);
/* token: checked before. */
void challenge_put(const struct rows *rows, struct store_write *w, struct span token,
                   struct span answer, int64_t expires);
void challenge_drop(struct store_write *w, struct span token);
/* What to answer; borrows. ERR_NOT_FOUND: no such challenge, or over. ERR_INTEGRITY,
 * ERR_FORMAT. */
MUST_CHECK enum err challenge_get(const struct rows *rows, struct store_view *view,
                                  struct span token, int64_t now, struct span *out);

/* From payloads of rows, for checks of the store. Borrow; revisions are left 0. ERR_FORMAT. */
MUST_CHECK enum err cert_wait_payload_read(struct span payload, struct cert_wait *out);
MUST_CHECK enum err cert_errand_read(struct span payload, struct cert_errand *out);
MUST_CHECK enum err directory_account_read(struct span payload,
                                           struct directory_account_row *out);
MUST_CHECK enum err challenge_read(struct span payload, int64_t *expires, struct span *out);

#endif /* VAULT_CERT_WAIT_H */
