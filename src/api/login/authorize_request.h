/* SPDX-License-Identifier: Apache-2.0 */
/*
 * authorize_request.h - what an authorization request asks for, judged. Until
 * client and redirect URI are known to belong together nothing is sent
 * anywhere: mistakes up to there are told on a page.
 */
#ifndef API_LOGIN_AUTHORIZE_REQUEST_H
#define API_LOGIN_AUTHORIZE_REQUEST_H

#include "api/login/authority.h"
#include "api/login/client.h"
#include "api/login/wanted.h"
#include "auth/code.h"
#include "auth/principal.h"

enum { MAX_STATE = 4096 };

enum response_mode { MODE_QUERY, MODE_FRAGMENT, MODE_FORM };
enum prompt { PROMPT_ANY, PROMPT_NONE, PROMPT_LOGIN, PROMPT_SELECT };

struct authorize_request {
    struct authority authority;
    struct login_client client;
    enum redirect_kind kind; /* 0: the redirect is not to be used */
    enum response_mode mode;
    enum prompt prompt;
    struct wanted wanted;
    bool has_max_age;
    int64_t max_age;
    /* borrowed from the request */
    struct span client_id, redirect, state, nonce, challenge, login_hint, scope;
};

/* ERR_OK: *why is STS_OK, or what to say, with detail; on a page while kind is 0, else by a
 * redirect. Release in every case. */
MUST_CHECK enum err authorize_request_read(const struct exchange *x,
                                           struct authorize_request *r, enum sts *why,
                                           struct span *detail);
void authorize_request_release(struct authorize_request *r);

#endif /* API_LOGIN_AUTHORIZE_REQUEST_H */
