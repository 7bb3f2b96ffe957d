/* SPDX-License-Identifier: Apache-2.0 */
/* reply.c - answers of the resource manager, errors among them (management-plane.md A.3 - A.8).
 */
#include <stdarg.h>
#include <stdio.h>

#include "api/arm/arm.h"
#include "api/graph/graph.h"
#include "api/page.h"
#include "base/clock.h"
#include "base/log.h"
#include "codec/isotime.h"

void
arm_headers(struct exchange *x, unsigned status)
{
    struct span correlation = http_request_header(x->req, "x-ms-correlation-request-id");
    char now[ISOTIME_MAX], routing[ISOTIME_MAX + 128];
    struct guid id;

    x->resp.status = status;
    if (!guid_parse(correlation, &id))
        id = x->request_id;
    isotime_put(clock_now(), now);
    (void)snprintf(routing, sizeof(routing), "%s:%s:%s", x->site->location, now,
                   x->request_id.text);
    http_response_header(&x->resp, "Cache-Control", "no-cache");
    http_response_header(&x->resp, "Pragma", "no-cache");
    http_response_header(&x->resp, "Expires", "-1");
    http_response_header(&x->resp, "x-ms-correlation-request-id", id.text);
    http_response_header(&x->resp, "x-ms-routing-request-id", routing);
}

struct jsw
arm_reply(struct exchange *x, unsigned status)
{
    arm_headers(x, status);
    http_response_header(&x->resp, "Content-Type", "application/json; charset=utf-8");
    return jsw_of(sink_buf(&x->resp.big_body));
}

enum next
arm_empty(struct exchange *x, unsigned status, enum next next)
{
    arm_headers(x, status);
    return arm_finish(x, next);
}

enum next
arm_finish(struct exchange *x, enum next next)
{
    enum err e = x->resp.big_body.err;

    if (e == ERR_OK)
        e = x->resp.headers.err;
    if (e == ERR_OK && next == NEXT_COMMIT)
        e = store_write_err(&x->write);
    return e == ERR_OK ? next : arm_trouble(x, e);
}

enum next
arm_trouble(struct exchange *x, enum err e)
{
    return exchange_fail(x, e, (struct span){ 0 });
}

static void
put_error(struct exchange *x, unsigned status, const char *code, struct span message)
{
    struct jsw w;

    if (x->plane == PLANE_GRAPH) {
        graph_put_error(x, status, code, message);
        return;
    }
    w = arm_reply(x, status);
    jsw_object(&w, NULL);
    jsw_object(&w, "error");
    jsw_str(&w, "code", code);
    jsw_span(&w, "message", message);
    jsw_end(&w);
    jsw_end(&w);
}

enum next
arm_fail(struct exchange *x, unsigned status, const char *code, const char *fmt, ...)
{
    char text[2048];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    http_response_clear(&x->resp);
    put_error(x, status, code, span_str(text));
    return NEXT_REPLY;
}

struct arm_err {
    enum err err;
    unsigned status;
    const char *code;
    const char *text; /* NULL: composed, or what the doors said */
};

/* clang-format off */
static const struct arm_err arm_errs[] = {
    { ERR_NO_TOKEN, 401, "AuthenticationFailed",
      "Authentication failed. The 'Authorization' header is missing." },
    { ERR_TOKEN_FORMAT, 401, "InvalidAuthenticationToken", "The access token is invalid." },
    { ERR_TOKEN_KEY, 401, "InvalidAuthenticationToken",
      "The access token is from the wrong issuer, or its key is not known." },
    { ERR_TOKEN_SIGNATURE, 401, "InvalidAuthenticationToken",
      "The access token validation failure: signature." },
    { ERR_TOKEN_EXPIRED, 401, "ExpiredAuthenticationToken", "The access token has expired." },
    { ERR_TOKEN_AUDIENCE, 401, "InvalidAuthenticationTokenAudience",
      "The access token has been obtained for wrong audience or resource." },
    { ERR_TOKEN_ISSUER, 401, "InvalidAuthenticationTokenTenant",
      "The access token is from the wrong issuer or tenant." },
    { ERR_TOKEN_PRINCIPAL, 401, "InvalidAuthenticationToken",
      "The principal of the access token does not exist or is disabled." },
    { ERR_DENIED, 403, "AuthorizationFailed", NULL },
    { ERR_NOT_FOUND, 404, "ResourceNotFound", "The requested resource was not found." },
    { ERR_UNSUPPORTED, 405, "MethodNotAllowed",
      "The requested resource does not support this HTTP method." },
    { ERR_UNSUPPORTED_VERSION, 400, NULL, NULL },
    { ERR_SYNTAX, 400, "InvalidRequestContent",
      "The request content was invalid and could not be deserialized." },
    { ERR_BAD_BODY, 400, "InvalidRequestContent",
      "The request content was invalid and could not be deserialized." },
    { ERR_BAD_PAGE, 400, "InvalidQueryParameterValue", "The skip token is not valid." },
    { ERR_ARG, 400, "BadRequest", "The request is not valid." },
    { ERR_TOO_LARGE, 413, "RequestEntityTooLarge", "The request is too large." },
    { ERR_EXISTS, 409, "Conflict", "The resource exists already." },
    { ERR_LOCKED, 409, "ScopeLocked", "The scope is locked." },
    { ERR_CONFLICT, 409, "Conflict",
      "The resource was changed by another request at the same time." },
};
/* clang-format on */

static const struct arm_err *
row_of(enum err e)
{
    static const struct arm_err busy = { ERR_BUSY, 503, "ServiceUnavailable",
                                         "The service is temporarily unavailable." };
    static const struct arm_err broken = { ERR_INTERNAL, 500, "InternalServerError",
                                           "An error occurred while processing the request." };

    for (size_t i = 0; i < sizeof(arm_errs) / sizeof(arm_errs[0]); i++)
        if (arm_errs[i].err == e)
            return &arm_errs[i];
    return err_class_of(e) == ERR_CLASS_RETRY || e == ERR_SEALED || e == ERR_CLOSED ? &busy
                                                                                    : &broken;
}

static const char *
who(const struct caller *c)
{
    return c->upn[0] != '\0' ? c->upn : c->appid.text;
}

/* {text} of the rows that compose theirs, into message. */
static const char *
compose(struct exchange *x, enum err e, const struct arm_err *row, struct buf *message)
{
    if (e == ERR_UNSUPPORTED_VERSION && span_is_empty(x->version_text)) {
        buf_put_str(message, "The api-version query parameter (?api-version=) is required for "
                             "all requests.");
        return "MissingApiVersionParameter";
    }
    if (e == ERR_UNSUPPORTED_VERSION) {
        buf_put_str(message, "The api-version '");
        buf_put(message, span_head(x->version_text, 64));
        buf_put_str(message, "' is invalid. The supported versions are those of the form "
                             "'YYYY-MM-DD' or 'YYYY-MM-DD-preview'.");
        return "InvalidApiVersionParameter";
    }
    buf_put_fmt(message,
                "The client '%s' with object id '%s' does not have authorization to perform "
                "action '%s' over scope '%s' or the scope is invalid. If access was recently "
                "granted, please refresh your credentials.",
                who(&x->caller), x->caller.oid.text,
                x->route != NULL && x->route->action != NULL ? x->route->action : "",
                x->scope[0] != '\0' ? x->scope : "/");
    return row->code;
}

static void
put_challenge(struct exchange *x, struct span message)
{
    char text[900];
    struct span safe = span_head(message, 200);
    int n;

    n = snprintf(text, sizeof(text),
                 "Bearer authorization_uri=\"%s/%s\", error=\"invalid_token\", "
                 "error_description=\"%.*s\"",
                 x->site->login_origin,
                 x->site->default_tenant.text[0] != '\0' ? x->site->default_tenant.text
                                                         : "common",
                 (int)safe.len, (const char *)safe.ptr);
    if (n < 0 || (size_t)n >= sizeof(text))
        return;
    for (char *p = text; *p != '\0'; p++)
        if (*p < ' ' || *p > '~')
            *p = ' ';
    http_response_header(&x->resp, "WWW-Authenticate", text);
}

void
arm_error(struct exchange *x, enum err e, struct buf *message)
{
    const struct arm_err *row = row_of(e);
    const char *code = row->code;

    if (row->status == 500)
        log_error("request %s: %s", x->request_id.text, err_text(e));
    if (row->text == NULL)
        code = compose(x, e, row, message);
    else if (message->len == 0)
        buf_put_str(message, row->text);
    http_response_clear(&x->resp);
    put_error(x, row->status, code, buf_span(message));
    if (row->status == 401)
        put_challenge(x, buf_span(message));
    if (row->status == 503)
        http_response_header(&x->resp, "Retry-After", "1");
}

enum err
arm_body(struct exchange *x, struct jsn **root)
{
    enum err e = jsn_parse(x->req->body, root);

    if (e == ERR_OK && !jsn_is_object(*root)) {
        jsn_free(*root);
        *root = NULL;
        e = ERR_SYNTAX;
    }
    return e == ERR_TOO_LARGE ? ERR_SYNTAX : e;
}

bool
arm_bind(const struct exchange *x, unsigned i, char *out, size_t cap)
{
    return span_copy_str(x->bind[i], out, cap);
}

unsigned
arm_top(const struct exchange *x)
{
    struct span text;
    uint64_t n;

    if (!http_request_param(x->req, "$top", &text) || !span_get_u64(text, &n) || n == 0 ||
        n > ARM_PAGE_MAX)
        return ARM_PAGE_MAX;
    return (unsigned)n;
}

/* Tokens of this plane belong to the caller's tenant. */
static void
path_text(const struct exchange *x, char out[static 256])
{
    (void)span_copy_str(span_head(x->req->path, 255), out, 256);
}

enum err
arm_page_begin(const struct exchange *x, char after[static MAX_OBJECT_NAME + 1])
{
    struct span token;
    char path[256];

    after[0] = '\0';
    if (!http_request_param(x->req, "$skipToken", &token) || token.len == 0)
        return ERR_OK;
    path_text(x, path);
    return skiptoken_get(x->rows, &x->caller.tid, path, token, after);
}

static bool
is_first(const struct http_request *r, unsigned at)
{
    for (unsigned i = 0; i < at; i++)
        if (span_is_equal_nocase(r->params[i].name, r->params[at].name))
            return false;
    return true;
}

/* The query of the request again, without an old skip token. */
static void
put_query(const struct exchange *x, struct buf *b)
{
    for (unsigned i = 0; i < x->req->nparams; i++) {
        const struct http_param *p = &x->req->params[i];

        /* az puts its filter behind a link that has it already. */
        if (span_is_str_nocase(p->name, "$skipToken") || !is_first(x->req, i))
            continue;
        url_put_escaped(b, p->name);
        buf_put_byte(b, '=');
        url_put_escaped(b, p->value);
        buf_put_byte(b, '&');
    }
}

/* The path was decoded when it came: what is not a '/' is escaped again. */
static void
put_path(struct span path, struct buf *b)
{
    while (path.len > 0) {
        size_t end = span_find(path, '/');

        url_put_escaped(b, span_head(path, end));
        if (end < path.len)
            buf_put_byte(b, '/');
        path = span_tail(path, end + 1);
    }
}

enum err
arm_page_link(const struct exchange *x, const char *last, struct jsw *w)
{
    char path[256];
    struct buf b;
    enum err e;

    if (last == NULL)
        return ERR_OK;
    path_text(x, path);
    buf_init(&b, ARM_URL_MAX * 4);
    buf_put_str(&b, x->plane == PLANE_GRAPH ? x->site->graph_origin : x->site->arm_origin);
    put_path(x->req->path, &b);
    buf_put_byte(&b, '?');
    put_query(x, &b);
    buf_put_str(&b, "$skipToken=");
    e = skiptoken_put(x->rows, &x->caller.tid, path, last, sink_buf(&b));
    if (e == ERR_OK)
        e = b.err;
    if (e == ERR_OK)
        jsw_span(w, x->plane == PLANE_GRAPH ? "@odata.nextLink" : "nextLink", buf_span(&b));
    buf_release(&b);
    return e;
}

void
arm_put_time(struct jsw *w, const char *name, int64_t t)
{
    char text[ISOTIME_MAX];

    isotime_put(t, text);
    jsw_str(w, name, text);
}
