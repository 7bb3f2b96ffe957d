/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grant_int.h - what the parts of the token endpoint share. Only for
 * api/login/grant*.c.
 */
#ifndef API_LOGIN_GRANT_INT_H
#define API_LOGIN_GRANT_INT_H

#include "api/login/client.h"
#include "api/login/request.h"
#include "api/login/signin.h"
#include "auth/code.h"
#include "auth/device.h"
#include "auth/mint.h"

enum grant_phase {
    GRANT_AT_SECRET, /* the keeper checks the client's secret */
    GRANT_AT_SIGNIN, /* the keeper checks the person's password */
    GRANT_AT_TOKEN,  /* the keeper signs the access token */
    GRANT_AT_ID      /* the keeper signs the id token */
};

struct grant {
    enum grant_phase phase;
    struct token_request asked;
    struct authority authority;
    struct login_client client;
    const char *appidacr;
    struct app_secret candidates[MAX_APP_SECRETS];
    unsigned ncandidates, candidate;

    /* of people */
    struct signin signin;
    struct guid oid;
    struct principal user;
    struct credential held;
    struct family family; /* id "": there is none */
    struct refresh old;   /* GRANT_REFRESH */
    struct code code;     /* GRANT_CODE */
    struct device device; /* GRANT_DEVICE */
    int64_t auth_time;
    int64_t began;         /* when what is exchanged was given; 0: just now */
    struct secbuf refresh; /* the new token */

    struct claims claims;
    char permissions[256];
    struct buf text;     /* what is being signed */
    struct secbuf token; /* the access token, once signed */
};

/* The client is who it says. */
enum next grant_proceed(struct exchange *x, struct grant *g);
/* GRANT_CLIENT */
enum next grant_app(struct exchange *x, struct grant *g);
/* Of the person oid of authority's tenant; auth_time, family, began are filled. */
enum next grant_user(struct exchange *x, struct grant *g);
enum next grant_user_signed(struct exchange *x, struct grant *g);
enum next grant_user_id_signed(struct exchange *x, struct grant *g);

enum next grant_password(struct exchange *x, struct grant *g);
enum next grant_password_checked(struct exchange *x, struct grant *g);
enum next grant_refresh(struct exchange *x, struct grant *g);
enum next grant_code(struct exchange *x, struct grant *g);
enum next grant_device(struct exchange *x, struct grant *g);
enum next grant_behalf(struct exchange *x, struct grant *g);

/* Signs the claims, and goes on at phase. */
enum next grant_sign(struct exchange *x, struct grant *g, enum grant_phase phase);
/* The members that every answer has; w is inside the object. */
void grant_put_token(struct jsw *w, const struct grant *g);
/* sts_fail(), together with what is in x->write. */
enum next grant_fail_committed(struct exchange *x, enum sts why, struct span a, struct span b);

#endif /* API_LOGIN_GRANT_INT_H */
