/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reply.c - the table of AADSTS errors, and how one looks on the wire.
 *
 * `$a` and `$b` in a text stand for details that came from the client; they are
 * cut and made printable, since az prints error_description as it is.
 */
#include "api/login/reply.h"

#include "base/clock.h"
#include "base/log.h"
#include "codec/isotime.h"
#include "codec/jsw.h"

enum { DETAIL_MAX = 200 };

/* clang-format off */
static const struct {
    unsigned code, status;
    const char *error, *text;
} errors[STS__MAX] = {
    [STS_OK] = { 0, 500, "server_error", "" },
    [STS_MISSING] = { 900144, 400, "invalid_request",
        "The request body must contain the following parameter: '$a'." },
    [STS_MALFORMED] = { 9002313, 400, "invalid_request",
        "Invalid request. Request is malformed or invalid." },
    [STS_TENANT] = { 90002, 400, "invalid_request",
        "Tenant '$a' not found. Check to make sure you have the correct tenant ID and are "
        "signing into the correct cloud. Check with your subscription administrator, this may "
        "happen if there are no active subscriptions for the tenant." },
    [STS_TENANT_UNKNOWN] = { 90002, 400, "invalid_tenant",
        "Tenant '$a' not found. Check to make sure you have the correct tenant ID and are "
        "signing into the correct cloud. Check with your subscription administrator, this may "
        "happen if there are no active subscriptions for the tenant." },
    [STS_BAD_TENANT] = { 900023, 400, "invalid_request",
        "Specified tenant identifier '$a' is neither a valid DNS name, nor a valid external "
        "domain." },
    [STS_INSTANCE] = { 50049, 400, "invalid_instance", "Unknown or invalid instance." },
    [STS_GRANT] = { 70003, 400, "unsupported_grant_type",
        "The app requested an unsupported grant type '$a'." },
    [STS_SCOPE] = { 70011, 400, "invalid_scope",
        "The provided request must include a 'scope' input parameter. The provided value for "
        "the input parameter 'scope' is not valid. The scope $a is not valid." },
    [STS_RESOURCE] = { 500011, 400, "invalid_resource",
        "The resource principal named $a was not found in the tenant named $b. This can happen "
        "if the application has not been installed by the administrator of the tenant or "
        "consented to by any user in the tenant. You might have sent your authentication "
        "request to the wrong tenant." },
    [STS_CLIENT] = { 700016, 400, "unauthorized_client",
        "Application with identifier '$a' was not found in the directory '$b'. This can happen "
        "if the application has not been installed by the administrator of the tenant or "
        "consented to by any user in the tenant. You may have sent your authentication request "
        "to the wrong tenant." },
    [STS_SECRET] = { 7000215, 401, "invalid_client",
        "Invalid client secret provided. Ensure the secret being sent in the request is the "
        "client secret value, not the client secret ID, for a secret added to app '$a'." },
    [STS_SECRET_EXPIRED] = { 7000222, 401, "invalid_client",
        "The provided client secret keys for app '$a' are expired. Create new keys for your "
        "app, or consider using certificate credentials for added security." },
    [STS_NO_CREDENTIAL] = { 7000218, 401, "invalid_client",
        "The request body must contain the following parameter: 'client_assertion' or "
        "'client_secret'." },
    [STS_ASSERTION] = { 50027, 401, "invalid_client", "JWT token is invalid or malformed." },
    [STS_ASSERTION_CLIENT] = { 700021, 401, "invalid_client",
        "Client assertion application identifier doesn't match 'client_id' parameter." },
    [STS_ASSERTION_AUDIENCE] = { 700023, 401, "invalid_client",
        "Client assertion audience claim does not match Realm issuer." },
    [STS_ASSERTION_TIME] = { 700024, 401, "invalid_client",
        "Client assertion is not within its valid time range. $a" },
    [STS_ASSERTION_KEY] = { 700027, 401, "invalid_client",
        "Client assertion failed signature validation. [Reason - $a]" },
    [STS_DISABLED] = { 7000112, 400, "unauthorized_client",
        "Application '$a'($b) is disabled." },
    [STS_TRANSIENT] = { 90033, 503, "temporarily_unavailable",
        "A transient error has occurred. Please try again." },
    [STS_THROTTLED] = { 90055, 429, "temporarily_unavailable",
        "There are too many incoming requests. Please try again later." },
};
/* clang-format on */

static void
put_detail(struct buf *b, struct span s)
{
    s = span_head(s, DETAIL_MAX);
    for (size_t i = 0; i < s.len; i++)
        buf_put_byte(b, s.ptr[i] >= ' ' && s.ptr[i] <= '~' ? s.ptr[i] : '?');
}

static void
put_text(struct buf *b, const char *text, struct span a, struct span bb)
{
    for (const char *p = text; *p != '\0'; p++) {
        if (p[0] == '$' && (p[1] == 'a' || p[1] == 'b'))
            put_detail(b, *++p == 'a' ? a : bb);
        else
            buf_put_byte(b, (uint8_t)*p);
    }
}

/* The client's own id of the request, or a new one. */
static struct guid
correlation_of(const struct exchange *x)
{
    struct span s = http_request_header(x->req, "client-request-id");
    struct guid id;

    if (guid_parse(s, &id) ||
        (http_request_param(x->req, "client-request-id", &s) && guid_parse(s, &id)))
        return id;
    return guid_new();
}

void
sts_headers(struct exchange *x, unsigned status)
{
    struct guid id;

    x->resp.status = status;
    http_response_header(&x->resp, "Content-Type", "application/json; charset=utf-8");
    http_response_header(&x->resp, "Cache-Control", "no-store, no-cache");
    http_response_header(&x->resp, "Pragma", "no-cache");
    http_response_header(&x->resp, "Expires", "-1");
    if (span_is_str_nocase(http_request_header(x->req, "return-client-request-id"), "true") &&
        guid_parse(http_request_header(x->req, "client-request-id"), &id))
        http_response_header(&x->resp, "client-request-id", id.text);
    if (status == 503 || status == 429)
        http_response_header(&x->resp, "Retry-After", "1");
}

static void
put_body(struct exchange *x, enum sts what, struct span description, const char *now,
         const struct guid *correlation)
{
    struct jsw w = jsw_of(sink_sec(&x->resp.body));
    char uri[sizeof(x->site->login_origin) + 32];

    (void)snprintf(uri, sizeof(uri), "%s/error?code=%u", x->site->login_origin,
                   errors[what].code);
    jsw_object(&w, NULL);
    jsw_str(&w, "error", errors[what].error);
    jsw_span(&w, "error_description", description);
    jsw_array(&w, "error_codes");
    jsw_i64(&w, NULL, errors[what].code);
    jsw_end(&w);
    jsw_str(&w, "timestamp", now);
    jsw_str(&w, "trace_id", x->request_id.text);
    jsw_str(&w, "correlation_id", correlation->text);
    jsw_str(&w, "error_uri", uri);
    jsw_end(&w);
}

/* For the record: the number is what an administrator searches for. */
static void
note_code(struct exchange *x, unsigned code)
{
    size_t len = strlen(x->note.extra);

    (void)snprintf(x->note.extra + len, sizeof(x->note.extra) - len,
                   "%s\"errorCode\":\"AADSTS%u\"", len > 0 ? "," : "", code);
}

void
sts_note_client(struct exchange *x, struct span client_id)
{
    struct guid id;

    /* What is no id may be a secret in the wrong field. */
    if (guid_parse(client_id, &id))
        (void)snprintf(x->note.extra, sizeof(x->note.extra), "\"clientId\":\"%s\"", id.text);
}

enum next
sts_fail(struct exchange *x, enum sts what, struct span a, struct span b)
{
    struct guid correlation = correlation_of(x);
    char now[ISOTIME_MAX];
    struct buf text;

    buf_init(&text, 4096);
    isotime_put_space(clock_now(), now);
    buf_put_fmt(&text, "AADSTS%u: ", errors[what].code);
    put_text(&text, errors[what].text, a, b);
    buf_put_fmt(&text, "\r\nTrace ID: %s\r\nCorrelation ID: %s\r\nTimestamp: %s",
                x->request_id.text, correlation.text, now);
    sts_headers(x, errors[what].status);
    /* RFC 6749 5.2: whoever tried HTTP Basic learns that it is what failed. */
    if (errors[what].status == 401 &&
        span_is_str_nocase(span_head(http_request_header(x->req, "Authorization"), 6),
                           "Basic "))
        http_response_header(&x->resp, "WWW-Authenticate", "Basic realm=\"token service\"");
    put_body(x, what, buf_span(&text), now, &correlation);
    note_code(x, errors[what].code);
    buf_release(&text);
    return NEXT_REPLY;
}

enum next
sts_trouble(struct exchange *x, enum err e)
{
    log_warn("token service: request %s: %s", x->request_id.text, err_text(e));
    return sts_fail(x, STS_TRANSIENT, (struct span){ 0 }, (struct span){ 0 });
}
