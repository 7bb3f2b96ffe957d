/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request.h - what a token request says, read from body and headers and judged
 * as far as that goes without looking at the client.
 */
#ifndef API_LOGIN_REQUEST_H
#define API_LOGIN_REQUEST_H

#include "api/login/authority.h"
#include "api/login/form.h"
#include "api/login/wanted.h"
#include "auth/claims.h"

enum grant_kind {
    GRANT_CLIENT,   /* client_credentials */
    GRANT_PASSWORD, /* password */
    GRANT_REFRESH,  /* refresh_token */
    GRANT_CODE,     /* authorization_code */
    GRANT_DEVICE,   /* device_code, short and long */
    GRANT_BEHALF    /* jwt-bearer, on_behalf_of */
};

struct token_request {
    struct guid tid;    /* set by the caller, as the next two */
    bool v1;            /* v1 endpoint: `resource` field, numbers as strings */
    bool adfs;          /* ADFS-shaped: scope or resource */
    struct guid appid;  /* "" when the client id is no GUID */
    char client_id[64]; /* as sent, cut; for messages */
    enum grant_kind kind;
    struct wanted wanted; /* resource "" where a scope that was given before counts */
    bool client_info;     /* the client wants to know whose account it is */
    bool has_credential;
    bool cp1;           /* the client takes claims challenges */
    int64_t not_before; /* what the claims parameter demands, or 0 */
    struct form form;
    struct secbuf basic; /* id and secret of HTTP Basic, decoded */
    struct span secret;  /* into form or basic; empty: an assertion proves the client */
};

void token_request_init(struct token_request *r);
/* Wipes. */
void token_request_release(struct token_request *r);

/*
 * Fills r, whose tid, v1 and adfs are set.
 * ERR_OK: *why is STS_OK, or what to refuse with; *detail (borrowed) is for its text.
 * ERR_NOMEM.
 */
MUST_CHECK enum err token_request_read(const struct exchange *x, struct token_request *r,
                                       enum sts *why, struct span *detail);

#endif /* API_LOGIN_REQUEST_H */
