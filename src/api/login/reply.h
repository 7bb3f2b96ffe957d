/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reply.h - answers of the token service in Entra's shape: headers, and the
 * errors with their AADSTS numbers (identity-and-cli.md 4.3). The one file that
 * knows these texts is reply.c.
 */
#ifndef API_LOGIN_REPLY_H
#define API_LOGIN_REPLY_H

#include "api/exchange.h"

enum sts {
    STS_OK,
    STS_MISSING, /* a: parameter */
    STS_MALFORMED,
    STS_TENANT,         /* a: tenant as sent; at the token endpoint */
    STS_TENANT_UNKNOWN, /* the same at the discovery documents */
    STS_BAD_TENANT,     /* a: tenant as sent */
    STS_INSTANCE,
    STS_GRANT,          /* a: grant type */
    STS_SCOPE,          /* a: scope */
    STS_RESOURCE,       /* a: resource, b: tenant */
    STS_CLIENT,         /* a: client id, b: tenant */
    STS_SECRET,         /* a: client id */
    STS_SECRET_EXPIRED, /* a: client id */
    STS_NO_CREDENTIAL,
    STS_ASSERTION,        /* malformed */
    STS_ASSERTION_CLIENT, /* iss or sub is not the client */
    STS_ASSERTION_AUDIENCE,
    STS_ASSERTION_TIME,     /* a: times */
    STS_ASSERTION_KEY,      /* a: reason */
    STS_FEDERATED,          /* no federated credential; a: issuer */
    STS_FEDERATED_ISSUER,   /* a: issuer */
    STS_FEDERATED_AUDIENCE, /* a: audience */
    STS_FEDERATED_SUBJECT,  /* a: subject */
    STS_DISABLED,           /* a: client id, b: name */
    STS_PUBLIC,             /* a public client with a credential */
    STS_PASSWORD,           /* wrong, or no such user: nobody learns which */
    STS_RESTING,            /* too many of them */
    STS_USER_DISABLED,
    STS_REVOKED,
    STS_BAD_GRANT,
    STS_GRANT_EXPIRED,
    STS_OTHER_TENANT, /* a: user, b: tenant */
    STS_CODE_EXPIRED,
    STS_CODE_USED,
    STS_PKCE,
    STS_PKCE_REQUIRED,
    STS_PKCE_METHOD,
    STS_REDIRECT_MISMATCH, /* a: as sent */
    STS_REDIRECT,          /* a: as sent, b: client id; for a page */
    STS_RESPONSE_TYPE,     /* a: as sent */
    STS_RESPONSE_MODE,     /* a: as sent */
    STS_LOGIN_REQUIRED,
    STS_DECLINED_SIGN_IN,
    STS_PENDING,
    STS_SLOW_DOWN,
    STS_DEVICE_EXPIRED,
    STS_DEVICE_DECLINED,
    STS_DEVICE_CODE,
    STS_OBO,
    STS_OBO_EXPIRED,
    STS_OBO_AUDIENCE, /* a: expected */
    STS_TRANSIENT,
    STS_THROTTLED,
    STS__MAX
};

/* Composes the error, and notes its number for the record. a and b come from outside: bounded
 * and made printable here; NULL = "". */
enum next sts_fail(struct exchange *x, enum sts what, struct span a, struct span b);
/* The error of OAuth, and the text with its number in front; b is cleared first. For pages and
 * redirects. Notes the number. */
const char *sts_text(struct exchange *x, enum sts what, struct span a, struct span b,
                     struct buf *out);
/* The answer to a failure of ours: 503, so that clients try again. Logs e. */
enum next sts_trouble(struct exchange *x, enum err e);

/* The id that the client gives itself, for the audit record of whatever comes of it. */
void sts_note_client(struct exchange *x, struct span client_id);

/* Whom a sign-in that failed was about. */
void sts_note_user(struct exchange *x, const struct guid *oid);

/* Status and the headers of every answer; the body is the caller's to write. */
void sts_headers(struct exchange *x, unsigned status);

#endif /* API_LOGIN_REPLY_H */
