/* SPDX-License-Identifier: Apache-2.0 */
/* problem.c - the table of ACME's problems, and how one looks on the wire. */
#include "api/acme/problem.h"

#include <stdarg.h>

#include "api/acme/nonce.h"
#include "base/log.h"

#define URN "urn:ietf:params:acme:error:"

/* clang-format off */
static const struct {
    unsigned status;
    const char *type;
} problems[PROBLEM__MAX] = {
    [PROBLEM_ACCOUNT_DOES_NOT_EXIST] = { 400, URN "accountDoesNotExist" },
    [PROBLEM_ALREADY_REVOKED] = { 400, URN "alreadyRevoked" },
    [PROBLEM_BAD_CSR] = { 400, URN "badCSR" },
    [PROBLEM_BAD_NONCE] = { 400, URN "badNonce" },
    [PROBLEM_BAD_PUBLIC_KEY] = { 400, URN "badPublicKey" },
    [PROBLEM_BAD_REVOCATION_REASON] = { 400, URN "badRevocationReason" },
    [PROBLEM_BAD_SIGNATURE_ALGORITHM] = { 400, URN "badSignatureAlgorithm" },
    [PROBLEM_EXTERNAL_ACCOUNT_REQUIRED] = { 403, URN "externalAccountRequired" },
    [PROBLEM_INVALID_CONTACT] = { 400, URN "invalidContact" },
    [PROBLEM_INVALID_PROFILE] = { 400, URN "invalidProfile" },
    [PROBLEM_MALFORMED] = { 400, URN "malformed" },
    [PROBLEM_NOT_FOUND] = { 404, URN "malformed" },
    [PROBLEM_MEDIA_TYPE] = { 415, URN "malformed" },
    [PROBLEM_METHOD] = { 405, URN "malformed" },
    [PROBLEM_TOO_LARGE] = { 413, URN "malformed" },
    [PROBLEM_CONFLICT] = { 409, URN "malformed" },
    [PROBLEM_ORDER_NOT_READY] = { 403, URN "orderNotReady" },
    [PROBLEM_RATE_LIMITED] = { 429, URN "rateLimited" },
    [PROBLEM_REJECTED_IDENTIFIER] = { 403, URN "rejectedIdentifier" },
    [PROBLEM_SERVER_INTERNAL] = { 500, URN "serverInternal" },
    [PROBLEM_UNAVAILABLE] = { 503, URN "serverInternal" },
    [PROBLEM_UNAUTHORIZED] = { 403, URN "unauthorized" },
    [PROBLEM_UNSUPPORTED_CONTACT] = { 400, URN "unsupportedContact" },
    [PROBLEM_UNSUPPORTED_IDENTIFIER] = { 400, URN "unsupportedIdentifier" },
};
/* clang-format on */

void
acme_url(const struct exchange *x, char out[static ACME_URL_MAX], const char *fmt, ...)
{
    struct guid ca;
    size_t len;
    va_list ap;

    (void)guid_parse(x->bind[0], &ca);
    len = (size_t)snprintf(out, ACME_URL_MAX, "%s/acme/%s", x->site->acme_origin, ca.text);
    va_start(ap, fmt);
    (void)vsnprintf(out + len, ACME_URL_MAX - len, fmt, ap);
    va_end(ap);
}

static void
put_nonce(struct exchange *x)
{
    char nonce[NONCE_TEXT_LEN + 1];

    if (x->site->nonces != NULL && acme_nonce_make(x->site->nonces, nonce) == ERR_OK)
        http_response_header(&x->resp, "Replay-Nonce", nonce);
}

void
acme_headers(struct exchange *x, unsigned status)
{
    char url[ACME_URL_MAX], link[ACME_URL_MAX + 32];
    struct guid ca;

    x->resp.status = status;
    put_nonce(x);
    http_response_header(&x->resp, "Cache-Control", "no-store");
    if (!guid_parse(x->bind[0], &ca))
        return;
    acme_url(x, url, "/directory");
    (void)snprintf(link, sizeof(link), "<%s>;rel=\"index\"", url);
    http_response_header(&x->resp, "Link", link);
}

struct jsw
acme_begin(struct exchange *x, unsigned status)
{
    struct jsw w;

    acme_headers(x, status);
    http_response_header(&x->resp, "Content-Type", "application/json");
    w = jsw_of(sink_sec(&x->resp.body));
    jsw_object(&w, NULL);
    return w;
}

enum next
acme_end(struct exchange *x, struct jsw *w)
{
    jsw_end(w);
    if (x->resp.body.err != ERR_OK)
        return exchange_fail(x, x->resp.body.err, (struct span){ 0 });
    return NEXT_REPLY;
}

static void
put_name(struct jsw *w, enum problem p, const char *detail, const struct alt_name *name)
{
    jsw_array(w, "subproblems");
    jsw_object(w, NULL);
    jsw_str(w, "type", problems[p].type);
    jsw_str(w, "detail", detail);
    jsw_object(w, "identifier");
    jsw_str(w, "type", name->kind == ALT_IP ? "ip" : "dns");
    jsw_span(w, "value", name->text);
    jsw_end(w);
    jsw_end(w);
    jsw_end(w);
}

static void
put_algorithms(struct jsw *w)
{
    static const char *const good[] = { "ES256", "ES384", "ES512", "RS256", "EdDSA" };

    jsw_array(w, "algorithms");
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        jsw_str(w, NULL, good[i]);
    jsw_end(w);
}

enum next
acme_fail_name(struct exchange *x, enum problem p, const char *detail,
               const struct alt_name *name)
{
    unsigned status = problems[p].status;
    struct jsw w;

    if (p != PROBLEM_CONFLICT)
        http_response_clear(&x->resp);
    acme_headers(x, status);
    http_response_header(&x->resp, "Content-Type", "application/problem+json");
    if (status == 429 || status == 503)
        http_response_header(&x->resp, "Retry-After", status == 429 ? "60" : "1");
    w = jsw_of(sink_sec(&x->resp.body));
    jsw_object(&w, NULL);
    jsw_str(&w, "type", problems[p].type);
    jsw_str(&w, "detail", detail);
    jsw_i64(&w, "status", status);
    if (p == PROBLEM_BAD_SIGNATURE_ALGORITHM)
        put_algorithms(&w);
    if (name != NULL)
        put_name(&w, p, detail, name);
    return acme_end(x, &w);
}

enum next
acme_fail(struct exchange *x, enum problem p, const char *detail)
{
    return acme_fail_name(x, p, detail, NULL);
}

enum next
acme_trouble(struct exchange *x, enum err e)
{
    return exchange_fail(x, e, (struct span){ 0 });
}

static const struct {
    enum err err;
    enum problem problem;
    const char *detail;
} troubles[] = {
    { ERR_NOT_FOUND, PROBLEM_NOT_FOUND, "There is nothing of that name here." },
    { ERR_UNSUPPORTED, PROBLEM_METHOD, "The method is not allowed here." },
    { ERR_SYNTAX, PROBLEM_MALFORMED, "The request cannot be read." },
    { ERR_TOO_LARGE, PROBLEM_TOO_LARGE, "The request is too large." },
};

void
acme_error(struct exchange *x, enum err e, struct buf *message)
{
    enum problem p = PROBLEM_SERVER_INTERNAL;
    const char *detail = "The server could not do it.";

    for (size_t i = 0; i < sizeof(troubles) / sizeof(troubles[0]); i++)
        if (troubles[i].err == e) {
            p = troubles[i].problem;
            detail = troubles[i].detail;
        }
    if (err_class_of(e) == ERR_CLASS_RETRY) {
        p = PROBLEM_UNAVAILABLE;
        detail = "The server is busy: try again.";
    }
    if (p == PROBLEM_SERVER_INTERNAL)
        log_error("request %s: %s", x->request_id.text, err_text(e));
    if (message->len == 0)
        buf_put_str(message, detail);
    (void)acme_fail(x, p, buf_str(message));
}
