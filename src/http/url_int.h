/* SPDX-License-Identifier: Apache-2.0 */
/*
 * url_int.h - a request target cut into its parts, and query parameters decoded.
 *
 * RFC 9112 3.2 has the forms of a target; RFC 3986 2.1 percent-encoding.
 */
#ifndef HTTP_URL_INT_H
#define HTTP_URL_INT_H

#include <stdbool.h>

#include "base/err.h"
#include "base/secbuf.h"
#include "base/span.h"
#include "http/request.h"

struct url_parts {
    struct span authority; /* of an absolute-form target; else empty */
    struct span path;      /* begins with '/' */
    struct span query;     /* behind the '?', without it */
};

/* Borrows from target. false: neither origin-form, absolute-form nor '*', or it has a '#'. */
bool url_split(struct span target, struct url_parts *out);

/*
 * Undoes percent-encoding of `in` into dst, which has room for in.len bytes; plus: '+' is a
 * space. A '%' without two hex digits stays as it is. Returns the decoded length.
 */
size_t url_decode(struct span in, bool plus, uint8_t *dst);

/*
 * A path with its escapes undone, once. Borrows from path, or from room (cleared first) where
 * there are any; slashes: a '/' was among them. ERR_SYNTAX: a '%' without two hex digits, or an
 * escaped '\\' or control character, NUL among them: who sends such wants us to disagree with
 * somebody about what the path is. ERR_NOMEM: no secret memory.
 */
MUST_CHECK enum err url_path(struct span path, struct secbuf *room, struct span *out,
                             bool *slashes);

/*
 * Parameters of a query. They borrow from query, or from room where something had to be
 * decoded (room is cleared first, and lives as long as they do).
 *
 * ERR_TOO_LARGE  more than MAX_QUERY_PARAMS        ERR_NOMEM  no secret memory
 */
MUST_CHECK enum err url_params(struct span query, struct secbuf *room,
                               struct http_param params[static MAX_QUERY_PARAMS],
                               unsigned *nparams);

#endif /* HTTP_URL_INT_H */
