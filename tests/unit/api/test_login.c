/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets for tokens: every authority, both endpoints, and each refusal in Entra's shape. */
#include "api/login/form.h"
#include "api/login/login.h"
#include "auth/jwt.h"
#include "base/clock.h"
#include "login_bench.h"

#define SECRET "correct-horse-battery-staple-7~"
#define FORM   "client_id=" BENCH_APP "&grant_type=client_credentials&client_secret=" SECRET
#define SCOPE  "&scope=https%3A%2F%2Fvault.keyhold.test%3A8443%2F.default"

static int
set_up(void **state)
{
    struct login_bench *b = login_bench_open();

    bench_add_secret(b, SECRET, 0);
    *state = b;
    return 0;
}

static int
tear_down(void **state)
{
    login_bench_close(*state);
    return 0;
}

static void
post(struct login_bench *b, const char *tenant, const char *body)
{
    bench_request(b, body);
    (void)bench_run(b, api_login_token_v2, tenant);
}

static void
post_v1(struct login_bench *b, const char *tenant, const char *body)
{
    bench_request(b, body);
    (void)bench_run(b, api_login_token_v1, tenant);
}

static void
every_authority_gives_a_token(void **state)
{
    static const char *const names[] = { WORLD_TENANT, "11111111-1111-4111-8111-111111111111",
                                         WORLD_DOMAIN, "CONTOSO.EXAMPLE",
                                         "common",     "organizations",
                                         "adfs",       "ADFS" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        post(*state, names[i], FORM SCOPE);
        bench_is_token(*state, BENCH_VAULT);
        assert_int_equal(bench_number(*state, "expires_in"), 3599);
        assert_int_equal(bench_number(*state, "ext_expires_in"), 3599);
        assert_string_equal(bench_text(*state, "refresh_token"), "");
        assert_string_equal(bench_text(*state, "scope"), "");
        assert_true(bench_has_header(*state, "Cache-Control: no-store"));
        assert_true(bench_has_header(*state, "Pragma: no-cache"));
        assert_true(bench_has_header(*state, "application/json; charset=utf-8"));
    }
}

static void
v1_endpoint_answers_with_text_numbers_and_resource(void **state)
{
    struct login_bench *b = *state;
    char want[32];

    post_v1(b, WORLD_TENANT, FORM "&resource=https%3a%2f%2fvault.azure.net");
    bench_is_token(b, "https://vault.azure.net");
    assert_string_equal(bench_text(b, "expires_in"), "3599");
    assert_string_equal(bench_text(b, "ext_expires_in"), "3599");
    assert_string_equal(bench_text(b, "resource"), "https://vault.azure.net");
    (void)snprintf(want, sizeof(want), "%d", WORLD_NOW / 100); /* the same minute or so */
    assert_memory_equal(bench_text(b, "not_before"), want, strlen(want) - 1);
    assert_int_equal(strlen(bench_text(b, "expires_on")), 10);
}

static void
adfs_takes_scope_or_resource_on_both_paths_with_numbers(void **state)
{
    post_v1(*state, "adfs", FORM SCOPE);
    bench_is_token(*state, BENCH_VAULT);
    assert_int_equal(bench_number(*state, "expires_in"), 3599);
    post_v1(*state, "adfs", FORM "&resource=https://vault.azure.net");
    bench_is_token(*state, "https://vault.azure.net");
    post(*state, "adfs", FORM SCOPE);
    bench_is_token(*state, BENCH_VAULT);
}

static void
audience_is_what_stands_before_default(void **state)
{
    static const char *const resources[] = {
        "https://vault.keyhold.test:8443",
        "https://vault.keyhold.test:8443/",
        "https://vault.azure.net",
        "https://vault.azure.net/",
        "https://management.keyhold.test:8443",
        "https://management.keyhold.test:8443/",
        "https://management.azure.com/",
        "https://management.core.windows.net/",
        "https://graph.keyhold.test:8443",
        "https://graph.microsoft.com",
        "cfa8b339-82a2-471a-a3c9-0fc0be7a4093",
    };
    struct login_bench *b = *state;
    char body[512];

    for (size_t i = 0; i < sizeof(resources) / sizeof(resources[0]); i++) {
        struct span aud, token;
        struct jwt j;

        (void)snprintf(body, sizeof(body), FORM "&scope=%s/.default", resources[i]);
        post(b, WORLD_TENANT, body);
        assert_int_equal(b->x.resp.status, 200);
        assert_int_equal(jsn_get_str(b->json, "access_token", &token), JSN_OK);
        assert_int_equal(jwt_parse(token, &j), ERR_OK);
        assert_int_equal(jsn_get_str(j.claims, "aud", &aud), JSN_OK);
        assert_true(span_is_str(aud, resources[i]));
        jwt_release(&j);
    }
}

static void
claim_is(struct login_bench *b, const char *name, const char *want)
{
    struct span token, v;
    struct jwt j;

    assert_int_equal(jsn_get_str(b->json, "access_token", &token), JSN_OK);
    assert_int_equal(jwt_parse(token, &j), ERR_OK);
    if (want == NULL) {
        assert_int_equal(jsn_get_str(j.claims, name, &v), JSN_ABSENT);
    } else {
        assert_int_equal(jsn_get_str(j.claims, name, &v), JSN_OK);
        assert_true(span_is_str(v, want));
    }
    jwt_release(&j);
}

static void
app_token_has_the_claims_of_a_v1_token(void **state)
{
    post(*state, "common", FORM SCOPE);
    claim_is(*state, "iss", WORLD_ORIGIN "/" WORLD_TENANT "/");
    claim_is(*state, "idp", WORLD_ORIGIN "/" WORLD_TENANT "/");
    claim_is(*state, "oid", BENCH_OID);
    claim_is(*state, "sub", BENCH_OID);
    claim_is(*state, "appid", BENCH_APP);
    claim_is(*state, "appidacr", "1");
    claim_is(*state, "idtyp", "app");
    claim_is(*state, "tid", WORLD_TENANT);
    claim_is(*state, "ver", "1.0");
    claim_is(*state, "scp", NULL);
    claim_is(*state, "upn", NULL);
}

static bool
has_cp1(struct login_bench *b)
{
    const struct jsn *cc = NULL;
    struct span token;
    struct jwt j;
    bool has;

    assert_int_equal(jsn_get_str(b->json, "access_token", &token), JSN_OK);
    assert_int_equal(jwt_parse(token, &j), ERR_OK);
    has = jsn_get_array(j.claims, "xms_cc", &cc) == JSN_OK && jsn_len(cc) == 1 &&
          span_is_str(jsn_str(jsn_at(cc, 0)), "CP1");
    jwt_release(&j);
    return has;
}

static void
claims_parameter_asks_for_xms_cc_and_nbf(void **state)
{
    struct login_bench *b = *state;
    char body[1024];

    post(b, WORLD_TENANT, FORM SCOPE);
    assert_false(has_cp1(b));
    post(b, WORLD_TENANT,
         FORM SCOPE "&claims=%7B%22access_token%22%3A+%7B%22xms_cc%22%3A+%7B%22values%22%3A+%5B"
                    "%22CP1%22%5D%7D%7D%7D");
    assert_true(has_cp1(b));
    post(b, WORLD_TENANT,
         FORM SCOPE
         "&claims={\"access_token\":{\"xms_cc\":{\"values\":[\"cp1\"]}},\"id_token\":"
         "{\"x\":null}}");
    assert_true(has_cp1(b));
    (void)snprintf(
        body, sizeof(body),
        "%s&claims={\"access_token\":{\"nbf\":{\"essential\":true,\"value\":\"%d\"}}}",
        FORM SCOPE, WORLD_NOW - 50);
    post(b, WORLD_TENANT, body);
    bench_is_token(b, BENCH_VAULT);
    (void)snprintf(body, sizeof(body),
                   "%s&claims={\"access_token\":{\"nbf\":{\"value\":\"%d\"}}}", FORM SCOPE,
                   WORLD_NOW + 100000);
    post(b, WORLD_TENANT, body);
    bench_is_error(b, 400, "invalid_request", 9002313);
    post(b, WORLD_TENANT, FORM SCOPE "&claims={broken");
    bench_is_error(b, 400, "invalid_request", 9002313);
}

static void
telemetry_and_oidc_scopes_are_ignored(void **state)
{
    struct login_bench *b = *state;

    bench_request(b, FORM "&client_info=1&x-client-SKU=MSAL.Python&x-client-VER=1.39.0&"
                          "x-ms-lib-capability=retry-after,h429&unknown=%&unknown=%00&"
                          "scope=https%3A%2F%2Fvault.keyhold.test%3A8443%2F.default+openid+"
                          "offline_access+profile");
    bench_param(b, "client-request-id", "cccccccc-0000-4000-8000-000000000001");
    (void)bench_run(b, api_login_token_v2, WORLD_TENANT);
    bench_is_token(b, BENCH_VAULT);
}

static void
basic_authentication_is_taken(void **state)
{
    struct login_bench *b = *state;

    /* "<app>:" SECRET with '~' percent-encoded, as RFC 6749 2.3.1 has it */
    bench_request(b, "grant_type=client_credentials" SCOPE);
    bench_header(
        b, "Authorization",
        "Basic YmJiYmJiYmItMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAxOmNvcnJlY3QtaG9yc2UtYmF0"
        "dGVyeS1zdGFwbGUtNyU3RQ==");
    (void)bench_run(b, api_login_token_v2, WORLD_TENANT);
    bench_is_token(b, BENCH_VAULT);

    bench_request(b, "grant_type=client_credentials" SCOPE);
    bench_header(b, "Authorization",
                 "Basic YmJiYmJiYmItMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAxOndyb25n");
    (void)bench_run(b, api_login_token_v2, WORLD_TENANT);
    bench_is_error(b, 401, "invalid_client", 7000215);
    assert_true(bench_has_header(b, "WWW-Authenticate: Basic"));
    assert_string_equal(b->x.note.extra,
                        "\"clientId\":\"" BENCH_APP "\",\"errorCode\":\"AADSTS7000215\"");

    bench_request(b, FORM SCOPE);
    bench_header(b, "Authorization",
                 "Basic YmJiYmJiYmItMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAxOndyb25n");
    (void)bench_run(b, api_login_token_v2, WORLD_TENANT);
    bench_is_error(b, 400, "invalid_request", 9002313); /* two credentials */

    bench_request(b, "grant_type=client_credentials" SCOPE);
    bench_header(b, "Authorization", "Basic !!!!");
    (void)bench_run(b, api_login_token_v2, WORLD_TENANT);
    bench_is_error(b, 400, "invalid_request", 9002313);
}

static const struct {
    const char *name, *tenant, *body;
    unsigned status, code;
    const char *error;
} refusals[] = {
    { "tenant that is no name", "not_a_tenant", FORM SCOPE, 400, 900023, "invalid_request" },
    { "unknown tenant GUID", "33333333-3333-4333-8333-333333333333", FORM SCOPE, 400, 90002,
      "invalid_request" },
    { "unknown tenant domain", "fabrikam.example", FORM SCOPE, 400, 90002, "invalid_request" },
    { "empty body", WORLD_TENANT, "", 400, 900144, "invalid_request" },
    { "no client id", WORLD_TENANT, "grant_type=client_credentials&client_secret=x" SCOPE, 400,
      900144, "invalid_request" },
    { "no scope", WORLD_TENANT, FORM, 400, 900144, "invalid_request" },
    { "resource on the v2 endpoint", WORLD_TENANT, FORM "&resource=https://vault.azure.net",
      400, 900144, "invalid_request" },
    { "no credential", WORLD_TENANT,
      "client_id=" BENCH_APP "&grant_type=client_credentials" SCOPE, 401, 7000218,
      "invalid_client" },
    { "empty secret", WORLD_TENANT,
      "client_id=" BENCH_APP "&grant_type=client_credentials&client_secret=" SCOPE, 401,
      7000218, "invalid_client" },
    { "wrong secret", WORLD_TENANT,
      "client_id=" BENCH_APP "&grant_type=client_credentials&client_secret=wrong" SCOPE, 401,
      7000215, "invalid_client" },
    { "secret with something behind", WORLD_TENANT,
      "client_id=" BENCH_APP "&grant_type=client_credentials&client_secret=" SECRET "x" SCOPE,
      401, 7000215, "invalid_client" },
    { "secret in another case", WORLD_TENANT,
      "client_id=" BENCH_APP
      "&grant_type=client_credentials&client_secret=CORRECT-horse-battery-staple-7~" SCOPE,
      401, 7000215, "invalid_client" },
    { "unknown client", WORLD_TENANT,
      "client_id=bbbbbbbb-0000-4000-8000-000000000099&grant_type=client_credentials"
      "&client_secret=" SECRET SCOPE,
      400, 700016, "unauthorized_client" },
    { "client id that is no GUID", WORLD_TENANT,
      "client_id=me&grant_type=client_credentials&client_secret=" SECRET SCOPE, 400, 700016,
      "unauthorized_client" },
    { "password grant", WORLD_TENANT,
      "client_id=" BENCH_APP "&grant_type=password&username=a&password=b" SCOPE, 401, 7000218,
      "invalid_client" },
    { "device code grant", WORLD_TENANT,
      "client_id=" BENCH_APP
      "&grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code=x",
      401, 7000218, "invalid_client" },
    { "two resources", WORLD_TENANT,
      FORM "&scope=https://vault.azure.net/.default+https://graph.microsoft.com/.default", 400,
      70011, "invalid_scope" },
    { "scope without default", WORLD_TENANT, FORM "&scope=https://vault.azure.net/read", 400,
      70011, "invalid_scope" },
    { "only OIDC scopes", WORLD_TENANT, FORM "&scope=openid+profile", 400, 70011,
      "invalid_scope" },
    { "default of nothing", WORLD_TENANT, FORM "&scope=/.default", 400, 70011,
      "invalid_scope" },
    { "unknown resource", WORLD_TENANT, FORM "&scope=https://example.org/.default", 400, 500011,
      "invalid_resource" },
    { "our vault resource without the port", WORLD_TENANT,
      FORM "&scope=https://vault.keyhold.test/.default", 400, 500011, "invalid_resource" },
    { "near miss of our domain", WORLD_TENANT,
      FORM "&scope=https://vault.keyhold.test:84430/.default", 400, 500011,
      "invalid_resource" },
    { "field twice", WORLD_TENANT, FORM "&client_id=" BENCH_APP SCOPE, 400, 9002313,
      "invalid_request" },
    { "broken percent sign", WORLD_TENANT, FORM "&scope=%zz", 400, 9002313, "invalid_request" },
    { "percent sign at the end", WORLD_TENANT, FORM "&scope=a%4", 400, 9002313,
      "invalid_request" },
    { "NUL in a field", WORLD_TENANT, FORM "&scope=a%00b", 400, 9002313, "invalid_request" },
    { "secret and assertion", WORLD_TENANT, FORM SCOPE "&client_assertion=a.b.c", 400, 9002313,
      "invalid_request" },
    { "assertion without its type", WORLD_TENANT,
      "client_id=" BENCH_APP "&grant_type=client_credentials&client_assertion=a.b.c" SCOPE, 400,
      9002313, "invalid_request" },
};
enum { NREFUSALS = sizeof(refusals) / sizeof(refusals[0]) };

static struct login_bench *shared;

static int
set_up_shared(void **state)
{
    (void)state;
    return set_up((void **)&shared);
}

static int
tear_down_shared(void **state)
{
    (void)state;
    return tear_down((void **)&shared);
}

static void
is_refused(void **state)
{
    size_t i = (size_t)(uintptr_t)*state;

    post(shared, refusals[i].tenant, refusals[i].body);
    bench_is_error(shared, refusals[i].status, refusals[i].error, refusals[i].code);
}

static void
error_has_every_member(void **state)
{
    struct login_bench *b = *state;
    char tail[256];

    bench_request(b, FORM);
    bench_header(b, "client-request-id", "cccccccc-0000-4000-8000-000000000001");
    bench_header(b, "return-client-request-id", "true");
    (void)bench_run(b, api_login_token_v2, WORLD_TENANT);
    (void)snprintf(
        tail, sizeof(tail),
        "AADSTS900144: The request body must contain the following parameter: 'scope'."
        "\r\nTrace ID: %s\r\nCorrelation ID: cccccccc-0000-4000-8000-000000000001"
        "\r\nTimestamp: 2027-01-15 ",
        b->x.request_id.text);
    assert_memory_equal(bench_text(b, "error_description"), tail, strlen(tail));
    assert_string_equal(bench_text(b, "correlation_id"),
                        "cccccccc-0000-4000-8000-000000000001");
    assert_string_equal(bench_text(b, "error_uri"), WORLD_ORIGIN "/error?code=900144");
    assert_int_equal(strlen(bench_text(b, "timestamp")), strlen("2027-01-15 08:00:00Z"));
    assert_true(bench_has_header(b, "client-request-id: cccccccc"));
}

static void
what_clients_sent_is_cut_and_made_printable(void **state)
{
    char tenant[2000];

    memset(tenant, 'a', sizeof(tenant) - 1);
    tenant[sizeof(tenant) - 1] = '\0';
    tenant[0] = '\x1b';
    tenant[1] = '"';
    post(*state, tenant, FORM SCOPE);
    bench_is_error(*state, 400, "invalid_request", 900023);
    assert_true(strlen(bench_text(*state, "error_description")) < 600);
    assert_null(strchr(bench_text(*state, "error_description"), '\x1b'));
}

static void
other_content_types_are_refused(void **state)
{
    struct login_bench *b = *state;

    bench_request(b, FORM SCOPE);
    b->req.headers[0].value = span_str("application/json");
    (void)bench_run(b, api_login_token_v2, WORLD_TENANT);
    bench_is_error(b, 400, "invalid_request", 9002313);
    bench_request(b, FORM SCOPE);
    b->req.headers[0].value = span_str("application/x-www-form-urlencoded;charset=utf-8");
    (void)bench_run(b, api_login_token_v2, WORLD_TENANT);
    bench_is_token(b, BENCH_VAULT);
}

static void
unknown_client_costs_a_password_check_too(void **state)
{
    struct login_bench *b = *state;

    post(b, WORLD_TENANT,
         "client_id=bbbbbbbb-0000-4000-8000-000000000099&grant_type=client_credentials"
         "&client_secret=x" SCOPE);
    assert_int_equal(b->password_checks, 1);
    post(b, WORLD_TENANT,
         "client_id=" BENCH_APP "&grant_type=client_credentials&client_secret=x" SCOPE);
    assert_int_equal(b->password_checks, 1);
}

static void
secret_longer_than_any_is_wrong(void **state)
{
    static char body[FORM_BODY_MAX];
    struct login_bench *b = *state;
    size_t head;

    head =
        (size_t)snprintf(body, sizeof(body), "client_id=%s&grant_type=client_credentials%s%s",
                         BENCH_APP, SCOPE, "&client_secret=");
    memset(body + head, 'c', 8000);
    post(b, WORLD_TENANT, body);
    bench_is_error(b, 401, "invalid_client", 7000215);
    assert_int_equal(b->password_checks, 1);
}

static void
any_of_several_secrets_will_do(void **state)
{
    struct login_bench *b = *state;

    bench_add_secret(b, "short", 0);
    bench_add_secret(b, "second", 0);
    post(b, WORLD_TENANT,
         "client_id=" BENCH_APP "&grant_type=client_credentials&client_secret=second" SCOPE);
    bench_is_token(b, BENCH_VAULT);
    assert_int_equal(b->password_checks, 2); /* the long one's hint does not fit */
    post(b, WORLD_TENANT, FORM SCOPE);
    bench_is_token(b, BENCH_VAULT);
    assert_int_equal(b->password_checks, 1);
}

static void
expired_secret_is_told_only_to_who_knows_it(void **state)
{
    struct login_bench *b = *state;

    bench_add_secret(b, "old-secret", WORLD_NOW - 1);
    post(b, WORLD_TENANT,
         "client_id=" BENCH_APP
         "&grant_type=client_credentials&client_secret=old-secret" SCOPE);
    bench_is_error(b, 401, "invalid_client", 7000222);
    post(b, WORLD_TENANT,
         "client_id=" BENCH_APP
         "&grant_type=client_credentials&client_secret=ald-secret" SCOPE);
    bench_is_error(b, 401, "invalid_client", 7000215);
}

static void
disabled_principal_gets_no_token(void **state)
{
    struct login_bench *b = *state;
    struct guid oid = world_guid(BENCH_OID);
    struct principal p;
    struct store_write sw;

    assert_int_equal(principal_load(b->w->rows, b->w->view, &b->w->tid, &oid, &p), ERR_OK);
    store_write_init(&sw);
    principal_enable(b->w->rows, &sw, &p, false);
    world_commit(b->w, &sw);
    post(b, WORLD_TENANT, FORM SCOPE);
    bench_is_error(b, 400, "unauthorized_client", 7000112);
    post(b, WORLD_TENANT,
         "client_id=" BENCH_APP "&grant_type=client_credentials&client_secret=x" SCOPE);
    bench_is_error(b, 401, "invalid_client", 7000215);
}

static void
application_without_a_principal_in_the_tenant_gets_no_token(void **state)
{
    struct login_bench *b = *state;
    struct guid oid = world_guid(BENCH_OID);
    struct principal p;
    struct store_write sw;

    assert_int_equal(principal_load(b->w->rows, b->w->view, &b->w->tid, &oid, &p), ERR_OK);
    store_write_init(&sw);
    principal_delete(&sw, &p);
    world_commit(b->w, &sw);
    post(b, WORLD_TENANT, FORM SCOPE);
    bench_is_error(b, 400, "unauthorized_client", 700016);
}

static void
keeper_that_fails_is_a_503_in_json(void **state)
{
    static const enum err faults[] = { ERR_UNAVAILABLE, ERR_BUSY, ERR_SEALED, ERR_TIMEOUT };
    struct login_bench *b = *state;

    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        b->keeper_fault = faults[i];
        post(b, WORLD_TENANT, FORM SCOPE);
        b->keeper_fault = ERR_OK;
        bench_is_error(b, 503, "temporarily_unavailable", 90033);
        assert_true(bench_has_header(b, "Retry-After: 1"));
    }
}

static void
form_fields_are_counted_and_bounded(void **state)
{
    static char big[FORM_BODY_MAX + 2];
    struct form f;

    (void)state;
    memset(big, '&', sizeof(big));
    assert_int_equal(form_parse(span_of(big, FORM_BODY_MAX), &f), ERR_OK);
    form_release(&f);
    assert_int_equal(form_parse(span_of(big, FORM_BODY_MAX + 1), &f), ERR_TOO_LARGE);
    form_release(&f);
    for (size_t i = 0; i < 2 * (FORM_FIELDS_MAX + 1); i += 2)
        big[i] = 'a';
    assert_int_equal(form_parse(span_of(big, 2 * FORM_FIELDS_MAX), &f), ERR_OK);
    form_release(&f);
    assert_int_equal(form_parse(span_of(big, 2 * FORM_FIELDS_MAX + 2), &f), ERR_TOO_LARGE);
    form_release(&f);
    assert_int_equal(form_parse(span_str("client%5Fid=a%20b+c&scope"), &f), ERR_OK);
    assert_true(span_is_str(form_get(&f, FORM_CLIENT_ID), "a b c"));
    assert_true(span_is_empty(form_get(&f, FORM_SCOPE)));
    form_release(&f);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
    static const struct CMUnitTest fixed[] = {
        TEST(every_authority_gives_a_token),
        TEST(v1_endpoint_answers_with_text_numbers_and_resource),
        TEST(adfs_takes_scope_or_resource_on_both_paths_with_numbers),
        TEST(audience_is_what_stands_before_default),
        TEST(app_token_has_the_claims_of_a_v1_token),
        TEST(claims_parameter_asks_for_xms_cc_and_nbf),
        TEST(telemetry_and_oidc_scopes_are_ignored),
        TEST(basic_authentication_is_taken),
        TEST(error_has_every_member),
        TEST(what_clients_sent_is_cut_and_made_printable),
        TEST(other_content_types_are_refused),
        TEST(unknown_client_costs_a_password_check_too),
        TEST(secret_longer_than_any_is_wrong),
        TEST(any_of_several_secrets_will_do),
        TEST(expired_secret_is_told_only_to_who_knows_it),
        TEST(disabled_principal_gets_no_token),
        TEST(application_without_a_principal_in_the_tenant_gets_no_token),
        TEST(keeper_that_fails_is_a_503_in_json),
        TEST(form_fields_are_counted_and_bounded),
    };
    struct CMUnitTest rows[NREFUSALS];

    for (size_t i = 0; i < NREFUSALS; i++)
        rows[i] = (struct CMUnitTest){ .name = refusals[i].name,
                                       .test_func = is_refused,
                                       .initial_state = (void *)(uintptr_t)i };
    return cmocka_run_group_tests_name("api/login", fixed, NULL, NULL) +
           cmocka_run_group_tests_name("api/login refusals", rows, set_up_shared,
                                       tear_down_shared);
}
