/* SPDX-License-Identifier: Apache-2.0 */
/* reply.c - answers and errors in Microsoft Graph's shape. */
#include <stdio.h>

#include "api/graph/graph.h"
#include "base/clock.h"
#include "base/log.h"
#include "codec/isotime.h"

static const char *
client_id(const struct exchange *x, struct guid *room)
{
    if (!guid_parse(http_request_header(x->req, "client-request-id"), room))
        *room = x->request_id;
    return room->text;
}

void
graph_headers(struct exchange *x, unsigned status)
{
    struct guid id;

    x->resp.status = status;
    http_response_header(&x->resp, "Cache-Control", "no-cache");
    http_response_header(&x->resp, "request-id", x->request_id.text);
    http_response_header(&x->resp, "client-request-id", client_id(x, &id));
    http_response_header(&x->resp, "OData-Version", "4.0");
}

struct jsw
graph_reply(struct exchange *x, unsigned status)
{
    graph_headers(x, status);
    http_response_header(&x->resp, "Content-Type",
                         "application/json;odata.metadata=minimal;charset=utf-8");
    return jsw_of(sink_buf(&x->resp.big_body));
}

enum next
graph_empty(struct exchange *x, enum next next)
{
    graph_headers(x, 204);
    return arm_finish(x, next);
}

void
graph_put_error(struct exchange *x, unsigned status, const char *code, struct span message)
{
    char now[ISOTIME_MAX];
    struct guid id;
    struct jsw w;

    graph_headers(x, status);
    http_response_header(&x->resp, "Content-Type", "application/json");
    w = jsw_of(sink_buf(&x->resp.big_body));
    isotime_put(clock_now(), now);
    now[strlen(now) - 1] = '\0'; /* WIRE: without the Z */
    jsw_object(&w, NULL);
    jsw_object(&w, "error");
    jsw_str(&w, "code", code);
    jsw_span(&w, "message", message);
    jsw_object(&w, "innerError");
    jsw_str(&w, "date", now);
    jsw_str(&w, "request-id", x->request_id.text);
    jsw_str(&w, "client-request-id", client_id(x, &id));
    jsw_end(&w);
    jsw_end(&w);
    jsw_end(&w);
}

struct graph_err {
    enum err err;
    unsigned status;
    const char *code;
    const char *text;
};

/* clang-format off */
static const struct graph_err graph_errs[] = {
    { ERR_NO_TOKEN, 401, "InvalidAuthenticationToken", "Access token is empty." },
    { ERR_TOKEN_FORMAT, 401, "InvalidAuthenticationToken", "JWT is not well formed." },
    { ERR_TOKEN_KEY, 401, "InvalidAuthenticationToken",
      "Signing key is invalid or cannot be found." },
    { ERR_TOKEN_SIGNATURE, 401, "InvalidAuthenticationToken",
      "Access token validation failure. Invalid signature." },
    { ERR_TOKEN_EXPIRED, 401, "InvalidAuthenticationToken",
      "Lifetime validation failed, the token is expired." },
    { ERR_TOKEN_AUDIENCE, 401, "InvalidAuthenticationToken",
      "Access token validation failure. Invalid audience." },
    { ERR_TOKEN_ISSUER, 401, "InvalidAuthenticationToken",
      "Access token validation failure. Invalid issuer." },
    { ERR_TOKEN_PRINCIPAL, 401, "InvalidAuthenticationToken",
      "The principal of the access token does not exist or is disabled." },
    { ERR_DENIED, 403, "Authorization_RequestDenied",
      "Insufficient privileges to complete the operation." },
    { ERR_UNSUPPORTED, 405, "Request_BadRequest",
      "Specified HTTP method is not allowed for the request target." },
    { ERR_SYNTAX, 400, "BadRequest",
      "Unable to read JSON request payload. Please ensure Content-Type header is set and "
      "payload is of valid JSON format." },
    { ERR_BAD_BODY, 400, "BadRequest",
      "Unable to read JSON request payload. Please ensure Content-Type header is set and "
      "payload is of valid JSON format." },
    { ERR_BAD_PAGE, 400, "Directory_ExpiredPageToken",
      "The specified page token value has expired and can no longer be included in your "
      "request." },
    { ERR_ARG, 400, "Request_BadRequest", "The request is not valid." },
    { ERR_TOO_LARGE, 413, "RequestEntityTooLarge", "The request is too large." },
    { ERR_CONFLICT, 409, "Directory_ConcurrencyViolation",
      "The object was changed by another request at the same time." },
};
/* clang-format on */

static const struct graph_err *
row_of(enum err e)
{
    static const struct graph_err busy = { ERR_BUSY, 503, "ServiceNotAvailable",
                                           "The service is temporarily unavailable." };
    static const struct graph_err broken = { ERR_INTERNAL, 500, "InternalServerError",
                                             "An error occurred while processing the "
                                             "request." };

    for (size_t i = 0; i < sizeof(graph_errs) / sizeof(graph_errs[0]); i++)
        if (graph_errs[i].err == e)
            return &graph_errs[i];
    return err_class_of(e) == ERR_CLASS_RETRY || e == ERR_SEALED || e == ERR_CLOSED ? &busy
                                                                                    : &broken;
}

/* What stands behind the last slash. */
static struct span
last_segment(struct span path)
{
    while (path.len > 0 && path.ptr[path.len - 1] == '/')
        path = span_head(path, path.len - 1);
    for (size_t at = span_find(path, '/'); at < path.len; at = span_find(path, '/'))
        path = span_tail(path, at + 1);
    return path;
}

static void
put_challenge(struct exchange *x)
{
    char text[600];
    int n = snprintf(text, sizeof(text),
                     "Bearer realm=\"\", authorization_uri=\"%s/common/oauth2/authorize\", "
                     "client_id=\"00000003-0000-0000-c000-000000000000\"",
                     x->site->login_origin);

    if (n > 0 && (size_t)n < sizeof(text))
        http_response_header(&x->resp, "WWW-Authenticate", text);
}

void
graph_error(struct exchange *x, enum err e, struct buf *message)
{
    const struct graph_err *row = row_of(e);
    const char *code = row->code;
    unsigned status = row->status;

    if (e == ERR_NOT_FOUND) { /* no such path: objects that are missing say so themselves */
        status = 400;
        code = "BadRequest";
        buf_put_str(message, "Resource not found for the segment '");
        buf_put(message, span_head(last_segment(x->req->path), 128));
        buf_put_str(message, "'.");
    } else if (status == 500) {
        log_error("request %s: %s", x->request_id.text, err_text(e));
    }
    if (message->len == 0)
        buf_put_str(message, row->text);
    http_response_clear(&x->resp);
    graph_put_error(x, status, code, buf_span(message));
    if (status == 401)
        put_challenge(x);
    if (status == 503)
        http_response_header(&x->resp, "Retry-After", "1");
}

enum next
graph_denied(struct exchange *x)
{
    return arm_fail(x, 403, "Authorization_RequestDenied",
                    "Insufficient privileges to complete the operation.");
}

enum next
graph_missing(struct exchange *x, struct span id)
{
    id = span_head(id, 256);
    return arm_fail(x, 404, "Request_ResourceNotFound",
                    "Resource '%.*s' does not exist or one of its queried reference-property "
                    "objects are not present.",
                    (int)id.len, (const char *)id.ptr);
}

void
graph_put_context(const struct exchange *x, struct jsw *w, const char *set, bool one)
{
    char text[500];
    bool beta = span_is_str_nocase(x->bind[0], "beta");
    int n = snprintf(text, sizeof(text), "%s/%s/$metadata#%s%s", x->site->graph_origin,
                     beta ? "beta" : "v1.0", set, one ? "/$entity" : "");

    if (n > 0 && (size_t)n < sizeof(text))
        jsw_str(w, "@odata.context", text);
}

bool
graph_wants(const struct exchange *x, const char *name)
{
    struct span list, one;

    if (!http_request_param(x->req, "$select", &list) || list.len == 0)
        return true;
    for (; list.len > 0; list = span_tail(list, one.len + 1)) {
        one = span_head(list, span_find(list, ','));
        while (one.len > 0 && one.ptr[0] == ' ') {
            one = span_tail(one, 1);
            list = span_tail(list, 1);
        }
        if (span_is_str_nocase(one, name))
            return true;
    }
    return false;
}

void
graph_put_str(const struct exchange *x, struct jsw *w, const char *name, const char *v)
{
    if (graph_wants(x, name))
        jsw_str(w, name, v);
}

void
graph_put_bool(const struct exchange *x, struct jsw *w, const char *name, bool v)
{
    if (graph_wants(x, name))
        jsw_bool(w, name, v);
}

void
graph_put_raw(const struct exchange *x, struct jsw *w, const char *name, struct span json)
{
    if (graph_wants(x, name))
        jsw_raw(w, name, json);
}

void
graph_put_time(struct jsw *w, const char *name, int64_t t)
{
    if (t == 0)
        jsw_null(w, name);
    else
        arm_put_time(w, name, t);
}
