/* SPDX-License-Identifier: Apache-2.0 */
/*
 * login.h - the steps of the login host, as the route rows name them
 * (api/routes_login.c). bind[0] is the authority segment.
 */
#ifndef API_LOGIN_LOGIN_H
#define API_LOGIN_LOGIN_H

#include "api/login/reply.h"

/* POST /{tenant}/oauth2/v2.0/token, /{tenant}/oauth2/token (api/login/grant.c) */
enum next api_login_token_v2(struct exchange *x);
enum next api_login_token_v1(struct exchange *x);

/* GET of documents (api/login/discovery.c) */
enum next api_login_openid_v2(struct exchange *x);
enum next api_login_openid_v1(struct exchange *x);
enum next api_login_keys(struct exchange *x);
enum next api_login_instance(struct exchange *x);
enum next api_login_userrealm(struct exchange *x);

/* GET and POST of pages (api/login/authorize.c, deviceauth.c, logout.c, html.c) */
enum next api_login_authorize(struct exchange *x);
enum next api_login_deviceauth(struct exchange *x);
enum next api_login_logout(struct exchange *x);
enum next api_login_style(struct exchange *x);

/* POST /{tenant}/oauth2/v2.0/devicecode, /{tenant}/oauth2/devicecode (devicecode.c) */
enum next api_login_devicecode_v2(struct exchange *x);
enum next api_login_devicecode_v1(struct exchange *x);

/* What a person hears of a sign-in that failed. */
const char *login_complaint(enum sts why);

#endif /* API_LOGIN_LOGIN_H */
