/* SPDX-License-Identifier: Apache-2.0 */
/*
 * application.h - a registered application: what it proves itself with.
 *
 * Row ap/<appid> (docs/formats/directory.md): secrets as scrypt records (the
 * secret itself is kept nowhere) and certificates by public key and
 * thumbprints. An application acts in a tenant through its service principal
 * there (auth/principal.h).
 *
 * Threads: as the view; a loaded application belongs to its caller.
 */
#ifndef AUTH_APPLICATION_H
#define AUTH_APPLICATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/ids.h"
#include "base/span.h"
#include "crypto/digest.h"
#include "crypto/scrypt.h"
#include "vault/row.h"

enum {
    MAX_APP_SECRETS = 8,
    MAX_APP_CERTIFICATES = 8,
    MAX_SECRET_RECORD = SCRYPT_RECORD_MAX,
    MAX_APP_SPKI = 1200, /* RSA-8192 needs 1062 */
    MAX_APP_REDIRECTS = 16,
    MAX_REDIRECT_URI = 256,
    SECRET_HINT_LEN = 3, /* as Entra shows them */
    MAX_CREDENTIAL_NAME = 120,
    SECRET_HINT_FROM = 20 /* shorter secrets get no hint: three characters would be too many */
};

struct app_secret {
    struct guid id;
    int64_t starts;                     /* for show; 0: not known */
    int64_t expires;                    /* 0: never */
    char name[MAX_CREDENTIAL_NAME + 1]; /* for show */
    char hint[SECRET_HINT_LEN + 1];     /* its first characters; "" fits every secret */
    char record[MAX_SECRET_RECORD + 1]; /* of KEEPER_PASSWORD_HASH */
};

struct app_certificate {
    struct guid id;
    int64_t not_before;
    int64_t not_after;
    char name[MAX_CREDENTIAL_NAME + 1]; /* for show */
    uint8_t x5t[SHA1_LEN];
    uint8_t x5t256[SHA256_LEN];
    uint8_t spki[MAX_APP_SPKI];
    size_t spki_len;
};

/* Where a browser may be sent back to, and what kind of client takes it there. */
enum redirect_kind {
    REDIRECT_WEB = 1, /* a server, which has a credential */
    REDIRECT_SPA,     /* a program in a browser: no credential, PKCE */
    REDIRECT_PUBLIC,  /* a program on somebody's machine: the same */
    REDIRECT__MAX
};

struct app_redirect {
    enum redirect_kind kind;
    char uri[MAX_REDIRECT_URI + 1];
};

struct application {
    struct guid appid;
    struct guid tid; /* its home */
    bool enabled;
    int64_t created;
    char name[257];
    struct app_secret secrets[MAX_APP_SECRETS];
    unsigned nsecrets;
    struct app_certificate certificates[MAX_APP_CERTIFICATES];
    unsigned ncertificates;
    bool public_client; /* may ask without a credential where there is no redirect: device code,
                           name and password (isFallbackPublicClient) */
    struct app_redirect redirects[MAX_APP_REDIRECTS];
    unsigned nredirects;
    uint64_t revision; /* of its row, set by loading */
};

/* An application's own id as an object of the directory, and the way back: the one is made from
 * the other, so no row is needed to find it. */
struct guid application_object_id(const struct guid *appid);
struct guid application_of_object(const struct guid *id);

/* All zero; the caller frees. NULL when out of memory. */
struct application *application_new(void);
void application_free(struct application *a); /* NULL is allowed */

/* ERR_NOT_FOUND, ERR_INTEGRITY, ERR_FORMAT, ERR_IO, ERR_NOMEM. *out is NULL unless ERR_OK. */
MUST_CHECK enum err application_load(const struct rows *rows, struct store_view *view,
                                     const struct guid *appid, struct application **out);
/* expect: the revision the row must have, 0 = new. Failures stick to the write. */
void application_store(const struct rows *rows, struct store_write *w,
                       const struct application *a, uint64_t expect);
void application_delete(struct store_write *w, const struct guid *appid);

/*
 * Adds a secret by its record (KEEPER_PASSWORD_HASH) and a hint from the secret itself, which
 * is not kept. secret may be empty: then there is no hint.
 * ERR_TOO_LARGE when there are MAX_APP_SECRETS already or the record is too long.
 */
MUST_CHECK enum err application_add_secret(struct application *a, struct span record,
                                           struct span secret, int64_t expires,
                                           struct guid *id);
/* Adds a certificate (DER). ERR_EXISTS, ERR_TOO_LARGE, ERR_FORMAT, ERR_UNSUPPORTED (its key),
 * ERR_NOMEM. */
MUST_CHECK enum err application_add_certificate(struct application *a, struct span der,
                                                struct guid *id);
/*
 * Adds a redirect URI: absolute, no fragment, no wildcard, no control characters or spaces;
 * https, or http for a loopback host, or (REDIRECT_PUBLIC) a scheme of its own that no browser
 * runs itself. ERR_ARG when it is none, ERR_EXISTS, ERR_TOO_LARGE (number or length).
 */
MUST_CHECK enum err application_add_redirect(struct application *a, enum redirect_kind kind,
                                             struct span uri);
/* The registered one that uri may stand for, or NULL: equal byte by byte, or, for http on
 * localhost, 127.0.0.1 and [::1], equal but for the port (RFC 8252 7.3). */
const struct app_redirect *application_find_redirect(const struct application *a,
                                                     struct span uri);
/* That comparison. */
bool redirect_is_same(struct span registered, struct span uri);
/* Could this be the secret behind s? Says no only when the hint rules it out. */
bool application_secret_fits(const struct app_secret *s, struct span secret);

#endif /* AUTH_APPLICATION_H */
