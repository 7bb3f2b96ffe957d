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
    [STS_FEDERATED] = { 70021, 401, "invalid_client",
        "No matching federated identity record found for presented assertion. Assertion "
        "Issuer: '$a'." },
    [STS_FEDERATED_ISSUER] = { 700211, 401, "invalid_client",
        "No matching federated identity record found for presented assertion issuer '$a'. "
        "Please check your federated identity credential Subject, Audience and Issuer against "
        "the presented assertion." },
    [STS_FEDERATED_AUDIENCE] = { 700212, 401, "invalid_client",
        "No matching federated identity record found for presented assertion audience '$a'. "
        "Please check your federated identity credential Subject, Audience and Issuer against "
        "the presented assertion." },
    [STS_FEDERATED_SUBJECT] = { 700213, 401, "invalid_client",
        "No matching federated identity record found for presented assertion subject '$a'. "
        "Please check your federated identity credential Subject, Audience and Issuer against "
        "the presented assertion." },
    [STS_DISABLED] = { 7000112, 400, "unauthorized_client",
        "Application '$a'($b) is disabled." },
    [STS_PUBLIC] = { 700025, 401, "invalid_client",
        "Client is public so neither 'client_assertion' nor 'client_secret' should be "
        "presented." },
    [STS_PASSWORD] = { 50126, 400, "invalid_grant",
        "Error validating credentials due to invalid username or password." },
    [STS_RESTING] = { 50053, 400, "invalid_grant",
        "The account is locked, you've tried to sign in too many times with an incorrect user "
        "ID or password." },
    [STS_USER_DISABLED] = { 50057, 400, "invalid_grant", "The user account is disabled." },
    [STS_REVOKED] = { 50173, 400, "invalid_grant",
        "The provided grant has expired due to it being revoked, a fresh auth token is needed. "
        "The user might have changed or reset their password." },
    [STS_BAD_GRANT] = { 70000, 400, "invalid_grant",
        "Provided grant is invalid or malformed." },
    [STS_GRANT_EXPIRED] = { 700082, 400, "invalid_grant",
        "The refresh token has expired due to inactivity." },
    [STS_OTHER_TENANT] = { 50020, 400, "invalid_grant",
        "User account '$a' does not exist in tenant '$b'." },
    [STS_CODE_EXPIRED] = { 70008, 400, "invalid_grant",
        "The provided authorization code or refresh token has expired due to inactivity. Send "
        "a new interactive authorization request for this user and resource." },
    [STS_CODE_USED] = { 54005, 400, "invalid_grant",
        "OAuth2 Authorization code was already redeemed, please retry with a new valid code or "
        "use an existing refresh token." },
    [STS_PKCE] = { 501481, 400, "invalid_grant",
        "The Code_Verifier does not match the code_challenge supplied in the authorization "
        "request." },
    [STS_PKCE_REQUIRED] = { 9002325, 400, "invalid_request",
        "Proof Key for Code Exchange is required for authorization code redemption by public "
        "clients." },
    [STS_PKCE_METHOD] = { 501491, 400, "invalid_request",
        "Invalid Code_Challenge parameter: code_challenge_method must be S256." },
    [STS_REDIRECT_MISMATCH] = { 500112, 400, "invalid_grant",
        "The reply address '$a' does not match the reply address provided when requesting "
        "Authorization code." },
    [STS_REDIRECT] = { 50011, 400, "invalid_request",
        "The redirect URI '$a' specified in the request does not match the redirect URIs "
        "configured for the application '$b'." },
    [STS_RESPONSE_TYPE] = { 700054, 400, "unsupported_response_type",
        "response_type '$a' is not enabled for the application." },
    [STS_RESPONSE_MODE] = { 70007, 400, "invalid_request",
        "'$a' is not a supported value of 'response_mode' when requesting a token." },
    [STS_LOGIN_REQUIRED] = { 50058, 400, "login_required",
        "Session information is not sufficient for single-sign-on." },
    [STS_DECLINED_SIGN_IN] = { 65004, 400, "access_denied", "User declined to sign in." },
    [STS_PENDING] = { 70016, 400, "authorization_pending",
        "OAuth 2.0 device flow error. Authorization is pending. Continue polling." },
    [STS_SLOW_DOWN] = { 70016, 400, "slow_down",
        "OAuth 2.0 device flow error. Polling too often: wait as long as 'interval' says." },
    [STS_DEVICE_EXPIRED] = { 70020, 400, "expired_token",
        "The provided value for the input parameter 'device_code' is not valid. This device "
        "code has expired." },
    [STS_DEVICE_DECLINED] = { 70018, 400, "authorization_declined",
        "User declined the device code." },
    [STS_DEVICE_CODE] = { 70019, 400, "bad_verification_code",
        "The provided value for the input parameter 'device_code' is not valid." },
    [STS_OBO] = { 50013, 400, "invalid_grant",
        "Assertion failed signature validation, or is not a user's access token." },
    [STS_OBO_EXPIRED] = { 500133, 400, "invalid_grant",
        "Assertion is not within its valid time range. Ensure that the access token is not "
        "expired before using it for user assertion, or request a new token." },
    [STS_OBO_AUDIENCE] = { 500131, 400, "invalid_grant",
        "Assertion audience does not match the Client app presenting the assertion. The "
        "expected audience is '$a' or one of the Application Uris of this application." },
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

/* WIRE: MSAL forgets a refresh token, and has the person asked, at this word alone. */
static bool
is_bad_token(enum sts what)
{
    return what == STS_BAD_GRANT || what == STS_GRANT_EXPIRED || what == STS_REVOKED;
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
    if (is_bad_token(what))
        jsw_str(&w, "suberror", "bad_token");
    jsw_end(&w);
}

static void
note_member(struct exchange *x, const char *name, const char *value)
{
    size_t len = strlen(x->note.extra);

    (void)snprintf(x->note.extra + len, sizeof(x->note.extra) - len, "%s\"%s\":\"%s\"",
                   len > 0 ? "," : "", name, value);
}

/* For the record: the number is what an administrator searches for. */
static void
note_code(struct exchange *x, unsigned code)
{
    char text[24];

    (void)snprintf(text, sizeof(text), "AADSTS%u", code);
    note_member(x, "errorCode", text);
}

void
sts_note_user(struct exchange *x, const struct guid *oid)
{
    note_member(x, "userId", oid->text);
}

const char *
sts_text(struct exchange *x, enum sts what, struct span a, struct span b, struct buf *out)
{
    buf_clear(out);
    buf_put_fmt(out, "AADSTS%u: ", errors[what].code);
    put_text(out, errors[what].text, a, b);
    note_code(x, errors[what].code);
    return errors[what].error;
}

void
sts_note_client(struct exchange *x, struct span client_id)
{
    struct guid id;

    /* What is no id may be a secret in the wrong field. */
    if (guid_parse(client_id, &id))
        note_member(x, "clientId", id.text);
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
