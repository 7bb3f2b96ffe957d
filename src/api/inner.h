/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inner.h - a request that no connection holds: one that the engine makes for
 * a handler, or the copy of one whose client has been answered.
 *
 * It says of its sender what the request it is made like says: address, token,
 * agent, host. Of headers it has those alone that are named in inner.c, of
 * query parameters the api-version: what a client put into its own request
 * (another method, preconditions) is not carried into others.
 *
 * The token lies in secret memory, and is wiped with the request.
 */
#ifndef API_INNER_H
#define API_INNER_H

#include "base/ids.h"
#include "base/secbuf.h"
#include "http/request.h"

struct inner;

struct inner_of {
    const struct http_request *like;
    const struct guid *correlation; /* of both, unless `like` names one */
    enum http_method method;
    struct span path;    /* decoded */
    struct span version; /* api-version; empty: none */
    struct secbuf *body; /* moved out of; NULL: none */
};

/* ERR_NOMEM; ERR_TOO_LARGE: a body beyond MAX_BODY. *out is NULL unless ERR_OK. */
MUST_CHECK enum err inner_new(const struct inner_of *of, struct inner **out);
/* NULL is allowed. */
void inner_free(struct inner *i);
/* Borrowed, as long as i lives. */
const struct http_request *inner_request(const struct inner *i);

#endif /* API_INNER_H */
