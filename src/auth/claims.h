/* SPDX-License-Identifier: Apache-2.0 */
/*
 * claims.h - what an access token of ours says (identity-and-cli.md 4.6).
 *
 * Version 1.0 tokens (iss "<origin>/<tid>/", client as appid) are what vaults
 * and the resource manager get from either endpoint, as Azure's do; version
 * 2.0 ("<origin>/<tid>/v2.0", client as azp) is for APIs that ask for it.
 */
#ifndef AUTH_CLAIMS_H
#define AUTH_CLAIMS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ids.h"
#include "base/sink.h"
#include "base/span.h"

enum { MAX_AUDIENCE = 255 };

enum claims_kind {
    CLAIMS_APP,  /* an application acts for itself */
    CLAIMS_USER, /* an application acts for a person */
    CLAIMS_ID    /* says to the application who that is; opens nothing */
};

struct claims {
    enum claims_kind kind;
    const char *origin; /* "https://login.{domain}[:port]" */
    unsigned version;   /* 1 or 2 */
    struct guid tid;
    struct guid oid;
    struct guid appid;
    struct span aud; /* exactly as the client spelled it, at most MAX_AUDIENCE */
    const char
        *appidacr;     /* "0" public client, "1" secret, "2" certificate or managed identity */
    const char *mirid; /* managed identities: resource id; else NULL or "" */
    bool cp1;          /* the client understands claims challenges: echo xms_cc */
    /* of people; NULL or "" where there is none */
    const char *upn;
    const char *name;
    const char *scp;   /* delegated permissions */
    const char *sid;   /* family of refresh tokens: the token ends with it (auth/refresh.h) */
    const char *nonce; /* CLAIMS_ID: as the client sent it */
    int64_t auth_time;
    int64_t now;
    int64_t not_before;
    int64_t expires;
};

/* Appends the claims as JSON. */
void claims_put(struct sink out, const struct claims *c);
/* Writes the issuer; false if it does not fit. */
bool claims_issuer(const char *origin, const struct guid *tid, unsigned version, char *out,
                   size_t cap);

#endif /* AUTH_CLAIMS_H */
