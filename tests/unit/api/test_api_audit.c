/* SPDX-License-Identifier: Apache-2.0 */
/* test_api_audit.c - records in the shape of monitoring.md A.2 to A.7, and what is never in
 * one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "api/audit.h"
#include "base/clock.h"
#include "codec/jsn.h"
#include "scribe/ask.h"

#define CANARY "c4n4ry"
#define OID    "aaaaaaaa-0000-4000-8000-000000000001"
#define APPID  "bbbbbbbb-0000-4000-8000-000000000002"
#define RULE   "9f1c2d3e-4b5a-6978-8796-a5b4c3d2e1f0"

static const struct route secret_get = { .plane = PLANE_VAULT,
                                         .need = PERM_SECRET_GET,
                                         .operation = "SecretGet" };
static struct http_request req;
static struct exchange x;
static struct vault vault;
static struct site site;
static struct buf out;

static void
header(const char *name, const char *value)
{
    req.headers[req.nheaders++] = (struct http_header){ span_str(name), span_str(value) };
}

static void
param(const char *name, const char *value)
{
    req.params[req.nparams++] = (struct http_param){ span_str(name), span_str(value) };
}

static int
setup(void **state)
{
    (void)state;
    req = (struct http_request){ .method = HTTP_GET,
                                 .path = span_str("/secrets/db/"),
                                 .host = span_str("kv.vault.keyhold.test"),
                                 .port = 8443,
                                 .has_port = true,
                                 .is_tls = true,
                                 .tls_version = "TLS1_3",
                                 .client = span_str("198.51.100.7"),
                                 .body = span_str("{\"value\":\"" CANARY "\"}"),
                                 .begin_us = clock_mono_us() };
    header("Authorization", "Bearer " CANARY);
    header("User-Agent", "azsdk-python/4.8.0");
    header("Cookie", CANARY);
    param("api-version", "7.5");
    param("code", CANARY);
    vault = (struct vault){ .rbac = true };
    (void)snprintf(vault.resource_id, sizeof(vault.resource_id),
                   "/SUBSCRIPTIONS/22/RG/VAULTS/KV");
    x = (struct exchange){ .site = &site,
                           .req = &req,
                           .route = &secret_get,
                           .vault = &vault,
                           .version_text = span_str("7.5"),
                           .request_id = guid_new() };
    x.caller = (struct caller){ .known = true, .appidacr = "1", .idtyp = "app" };
    (void)snprintf(x.caller.oid.text, sizeof(x.caller.oid.text), OID);
    (void)snprintf(x.caller.appid.text, sizeof(x.caller.appid.text), APPID);
    (void)snprintf(x.caller.iss, sizeof(x.caller.iss), "https://login.keyhold.test:8443/t/");
    x.access.allowed = x.access.by_rbac = true;
    (void)snprintf(x.access.assignment.text, sizeof(x.access.assignment.text), RULE);
    (void)snprintf(x.note.object_url, sizeof(x.note.object_url),
                   "https://kv.vault.keyhold.test:8443/secrets/db/0123");
    (void)snprintf(x.note.extra, sizeof(x.note.extra),
                   "\"secretProperties\":{\"type\":\"text/plain\"}");
    buf_init(&out, AUDIT_RECORD_MAX);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    buf_release(&out);
    return 0;
}

/* Composes; whatever it is, it is one line of JSON that fits and holds no secret. */
static struct jsn *
record(unsigned status, const char *message)
{
    struct jsn *j = NULL;

    buf_clear(&out);
    audit_compose(&x, status, span_str(message), &out);
    assert_int_equal(out.err, ERR_OK);
    assert_null(strchr(buf_str(&out), '\n'));
    assert_null(strstr(buf_str(&out), CANARY));
    assert_int_equal(jsn_parse(buf_span(&out), &j), ERR_OK);
    return j;
}

static void
has(const struct jsn *j, const char *name, const char *value)
{
    struct span s = { 0 };

    assert_int_equal(jsn_get_str(j, name, &s), JSN_OK);
    if (!span_is_str(s, value)) {
        print_error("%s is %.*s\n", name, (int)s.len, (const char *)s.ptr);
        fail();
    }
}

static const struct jsn *
inner(const struct jsn *j, const char *name)
{
    const struct jsn *o = NULL;

    assert_int_equal(jsn_get_object(j, name, &o), JSN_OK);
    return o;
}

struct names {
    char text[1024];
};

static bool
add_name(void *arg, struct span name, const struct jsn *value)
{
    struct names *n = arg;
    size_t used = strlen(n->text);

    (void)value;
    (void)snprintf(n->text + used, sizeof(n->text) - used, "%.*s ", (int)name.len,
                   (const char *)name.ptr);
    return true;
}

static void
names_are(const struct jsn *j, const char *want)
{
    struct names n = { "" };

    jsn_each(j, add_name, &n);
    assert_string_equal(n.text, want);
}

static void
a_success_has_the_members_of_azure_in_their_order(void **state)
{
    struct jsn *j = record(200, "");
    const struct jsn *p = inner(j, "properties");
    int64_t status;
    bool flag = false;

    (void)state;
    names_are(j, "time category operationName resultType correlationId callerIpAddress "
                 "identity properties resourceId operationVersion resultSignature durationMs ");
    has(j, "category", "AuditEvent");
    has(j, "operationName", "SecretGet");
    has(j, "resultType", "Success");
    has(j, "correlationId", x.request_id.text);
    has(j, "callerIpAddress", "198.51.100.7");
    has(j, "resourceId", "/SUBSCRIPTIONS/22/RG/VAULTS/KV");
    has(j, "operationVersion", "7.5");
    has(j, "resultSignature", "OK");
    names_are(p, "id clientInfo httpStatusCode requestUri isRbacAuthorized "
                 "appliedAssignmentId tlsVersion secretProperties ");
    has(p, "id", "https://kv.vault.keyhold.test:8443/secrets/db/0123");
    has(p, "clientInfo", "azsdk-python/4.8.0");
    has(p, "requestUri", "https://kv.vault.keyhold.test:8443/secrets/db/?api-version=7.5");
    has(p, "appliedAssignmentId", "9f1c2d3e4b5a69788796a5b4c3d2e1f0");
    has(p, "tlsVersion", "TLS1_3");
    assert_int_equal(jsn_get_i64(p, "httpStatusCode", &status), JSN_OK);
    assert_int_equal(status, 200);
    assert_int_equal(jsn_get_bool(p, "isRbacAuthorized", &flag), JSN_OK);
    assert_true(flag);
    jsn_free(j);
}

static void
the_time_has_seven_digits_and_the_duration_is_text(void **state)
{
    struct jsn *j = record(200, "");
    struct span when = { 0 }, ms = { 0 };

    (void)state;
    assert_int_equal(jsn_get_str(j, "time", &when), JSN_OK);
    assert_int_equal(when.len, strlen("2026-03-04T05:06:07.1234567Z"));
    assert_int_equal(when.ptr[19], '.');
    assert_int_equal(when.ptr[when.len - 1], 'Z');
    assert_int_equal(jsn_get_str(j, "durationMs", &ms), JSN_OK);
    assert_true(ms.len > 0 && ms.len < 6);
    jsn_free(j);
}

static void
the_callers_claims_are_those_of_the_token(void **state)
{
    struct jsn *j = record(200, "");

    (void)state;
    names_are(inner(inner(j, "identity"), "claim"), "oid appid appidacr idtyp iss ");
    has(inner(inner(j, "identity"), "claim"), "oid", OID);
    jsn_free(j);
    (void)snprintf(x.caller.upn, sizeof(x.caller.upn), "ann@corp.example");
    (void)snprintf(x.caller.scp, sizeof(x.caller.scp), "user_impersonation");
    (void)snprintf(x.caller.mirid, sizeof(x.caller.mirid), "/subscriptions/22/x");
    j = record(200, "");
    names_are(inner(inner(j, "identity"), "claim"),
              "oid appid appidacr idtyp iss upn scp xms_mirid ");
    jsn_free(j);
}

static void
a_failure_is_a_success_with_the_text_of_the_answer(void **state)
{
    struct jsn *j;

    (void)state;
    x.access.allowed = false;
    j = record(403, "Caller is not authorized");
    has(j, "resultType", "Success");
    has(j, "resultDescription", "Caller is not authorized");
    has(j, "resultSignature", "Forbidden");
    has(j, "operationName", "SecretGet");
    names_are(inner(j, "properties"),
              "id clientInfo httpStatusCode requestUri isRbacAuthorized tlsVersion "
              "secretProperties ");
    jsn_free(j);
    j = record(404, "not there");
    has(j, "resultSignature", "Not Found");
    jsn_free(j);
}

static void
a_vault_with_policies_says_so(void **state)
{
    struct jsn *j;

    (void)state;
    vault.rbac = false;
    x.access.by_rbac = false;
    j = record(200, "");
    names_are(inner(j, "properties"), "id clientInfo httpStatusCode requestUri "
                                      "isAccessPolicyMatch tlsVersion secretProperties ");
    jsn_free(j);
}

static void
a_stranger_has_no_identity_and_names_no_operation(void **state)
{
    struct jsn *j;

    (void)state;
    x.caller = (struct caller){ .known = false };
    x.access = (struct access_answer){ 0 };
    x.vault = NULL;
    x.note = (struct audit_note){ .skip = false };
    j = record(401, "AKV10000: Request is missing a Bearer or PoP token.");
    has(j, "operationName", "Authentication");
    has(j, "resultSignature", "Unauthorized");
    has(j, "resourceId", "");
    names_are(inner(j, "identity"), "");
    names_are(inner(j, "properties"), "clientInfo httpStatusCode requestUri tlsVersion ");
    jsn_free(j);
}

static void
only_known_parameters_are_kept_and_none_forges_another(void **state)
{
    struct jsn *j;

    (void)state;
    req.nparams = 0;
    param("sig", CANARY);
    param("maxresults", "5&api-version=9 \"x\"#%");
    param("$skiptoken", "a+b");
    j = record(200, "");
    has(inner(j, "properties"), "requestUri",
        "https://kv.vault.keyhold.test:8443/secrets/db/"
        "?maxresults=5%26api-version=9%20%22x%22%23%25&$skiptoken=a%2Bb");
    jsn_free(j);
}

static void
odd_bytes_of_a_path_and_host_are_encoded(void **state)
{
    struct jsn *j;

    (void)state;
    req.path = span_str("/secrets/a\"b\x7f\xff{}%20");
    req.host = span_str("kv/../x");
    req.nparams = 0;
    j = record(404, "x");
    has(inner(j, "properties"), "requestUri",
        "https://kv%2F..%2Fx:8443/secrets/a%22b%7F%FF%7B%7D%2520");
    jsn_free(j);
}

static void
the_longest_request_still_has_a_record(void **state)
{
    static char path[8001], agent[8001], text[8001], host[4001];
    struct jsn *j;

    (void)state;
    memset(path, 0xff, sizeof(path) - 1);
    memset(agent, 0xff, sizeof(agent) - 1);
    memset(text, 0x01, sizeof(text) - 1);
    memset(host, '"', sizeof(host) - 1);
    path[0] = '/';
    memset(x.caller.upn, '"', sizeof(x.caller.upn) - 1);
    memset(x.caller.scp, '\\', sizeof(x.caller.scp) - 1);
    memset(x.caller.mirid, '\n', sizeof(x.caller.mirid) - 1);
    memset(x.caller.iss, '\t', sizeof(x.caller.iss) - 1);
    memset(x.note.object_url, '"', sizeof(x.note.object_url) - 1);
    (void)snprintf(x.note.extra, sizeof(x.note.extra), "\"a\":\"%1000s\"", "");
    req.path = span_str(path);
    req.host = span_str(host);
    req.nheaders = 0;
    header("User-Agent", agent);
    x.version_text = span_str(agent);
    j = record(200, text);
    has(j, "operationName", "SecretGet");
    assert_true(out.len < AUDIT_RECORD_MAX - 512); /* the scribe adds its members */
    jsn_free(j);
    j = record(403, text);
    jsn_free(j);
}

static void
what_was_never_a_request_has_a_record(void **state)
{
    static const struct route bad = { .plane = PLANE__MAX, .operation = "BadRequest" };
    struct http_request nothing = { .method = HTTP_OTHER, .tls_version = "" };
    struct jsn *j;

    (void)state;
    x = (struct exchange){
        .site = &site, .req = &nothing, .route = &bad, .request_id = guid_new()
    };
    j = record(400, "The request is not valid HTTP/1.1.");
    has(j, "operationName", "BadRequest");
    has(j, "durationMs", "0");
    has(inner(j, "properties"), "requestUri", "http://");
    jsn_free(j);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static int
begin(void **state)
{
    (void)state;
    if (secmem_init(4 * 1024 * 1024) != ERR_OK)
        return -1;
    jsn_setup();
    return 0;
}

static int
end(void **state)
{
    (void)state;
    secmem_release();
    return 0;
}

static void
what_was_left_out_is_one_record(void **state)
{
    const struct throttle_report r = { "2001:db8::/64", 1234, 9876 };
    struct jsn *j;
    int64_t n = 0;

    (void)state;
    audit_compose_throttled(&r, &out);
    assert_int_equal(jsn_parse(buf_span(&out), &j), ERR_OK);
    names_are(j, "time category operationName resultType resultDescription correlationId "
                 "callerIpAddress identity properties resourceId resultSignature durationMs ");
    has(j, "operationName", "AuthenticationThrottled");
    has(j, "callerIpAddress", "2001:db8::/64");
    has(j, "durationMs", "9876");
    assert_int_equal(jsn_get_i64(inner(j, "properties"), "count", &n), JSN_OK);
    assert_int_equal(n, 1234);
    jsn_free(j);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_success_has_the_members_of_azure_in_their_order),
        T(the_time_has_seven_digits_and_the_duration_is_text),
        T(the_callers_claims_are_those_of_the_token),
        T(what_was_left_out_is_one_record),
        T(a_failure_is_a_success_with_the_text_of_the_answer),
        T(a_vault_with_policies_says_so),
        T(a_stranger_has_no_identity_and_names_no_operation),
        T(only_known_parameters_are_kept_and_none_forges_another),
        T(odd_bytes_of_a_path_and_host_are_encoded),
        T(the_longest_request_still_has_a_record),
        T(what_was_never_a_request_has_a_record),
    };

    return cmocka_run_group_tests_name("api/audit", tests, begin, end);
}
