/* SPDX-License-Identifier: Apache-2.0 */
/* Managed identities: the header is required, the right identity answers, and it can be ended.
 */
#include "api/local/identity.h"

#include "login_bench.h"

#define WEB_APP "dddddddd-0000-4000-8000-000000000001"
#define WEB_OID "eeeeeeee-0000-4000-8000-000000000001"
#define JOB_APP "dddddddd-0000-4000-8000-000000000002"
#define JOB_OID "eeeeeeee-0000-4000-8000-000000000002"
#define RESOURCE_ID                                                                            \
    "/subscriptions/s/resourcegroups/rg/providers/Microsoft.ManagedIdentity/"                  \
    "userAssignedIdentities/"
#define AUD           "https://vault.azure.net"
#define HEADER_SECRET "0123456789abcdef"

static void
add_identity(struct login_bench *b, const char *name, const char *appid, const char *oid)
{
    struct identity i = { .tid = b->w->tid,
                          .oid = world_guid(oid),
                          .appid = world_guid(appid) };
    struct principal p = { .tid = b->w->tid,
                           .oid = i.oid,
                           .kind = PRINCIPAL_MANAGED,
                           .enabled = true,
                           .appid = i.appid };
    struct store_write sw;

    (void)snprintf(i.name, sizeof(i.name), "%s", name);
    (void)snprintf(i.resource_id, sizeof(i.resource_id), "%s%s", RESOURCE_ID, name);
    (void)snprintf(p.resource_id, sizeof(p.resource_id), "%s", i.resource_id);
    store_write_init(&sw);
    identity_store(b->w->rows, &sw, &i);
    principal_store(b->w->rows, &sw, &p, 0);
    world_commit(b->w, &sw);
}

static int
set_up(void **state)
{
    struct login_bench *b = login_bench_open();

    (void)snprintf(b->site.identity_header, sizeof(b->site.identity_header), HEADER_SECRET);
    add_identity(b, "web", WEB_APP, WEB_OID);
    *state = b;
    return 0;
}

static int
tear_down(void **state)
{
    login_bench_close(*state);
    return 0;
}

/* An IMDS request with one more parameter, if name is not NULL. */
static unsigned
imds(struct login_bench *b, const char *name, const char *value)
{
    bench_request(b, NULL);
    bench_header(b, "Metadata", "true");
    bench_param(b, "api-version", "2018-02-01");
    bench_param(b, "resource", AUD);
    if (name != NULL)
        bench_param(b, name, value);
    return bench_run(b, api_identity_imds, "");
}

static void
oauth_error(struct login_bench *b, const char *error, const char *description)
{
    assert_int_equal(b->x.resp.status, 400);
    assert_string_equal(bench_text(b, "error"), error);
    assert_string_equal(bench_text(b, "error_description"), description);
    assert_false(b->x.caller.known);
}

static void
imds_answers_with_the_only_identity_and_text_numbers(void **state)
{
    struct login_bench *b = *state;

    assert_int_equal(imds(b, NULL, NULL), 200);
    bench_is_token(b, AUD);
    assert_string_equal(bench_text(b, "client_id"), WEB_APP);
    assert_string_equal(bench_text(b, "expires_in"), "86399");
    assert_string_equal(bench_text(b, "ext_expires_in"), "86399");
    assert_string_equal(bench_text(b, "resource"), AUD);
    assert_int_equal(strlen(bench_text(b, "expires_on")), 10);
    assert_int_equal(strlen(bench_text(b, "not_before")), 10);
    assert_string_equal(b->x.caller.oid.text, WEB_OID);
    assert_string_equal(b->x.caller.mirid, RESOURCE_ID "web");
    assert_true(bench_has_header(b, "Cache-Control: no-store"));
}

static void
identity_can_be_named_in_each_way(void **state)
{
    static const struct {
        const char *name, *value;
    } rows[] = {
        { "client_id", JOB_APP },
        { "object_id", JOB_OID },
        { "msi_res_id", RESOURCE_ID "job" },
        { "mi_res_id", RESOURCE_ID "JOB" },
    };
    struct login_bench *b = *state;

    add_identity(b, "job", JOB_APP, JOB_OID);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(imds(b, rows[i].name, rows[i].value), 200);
        assert_string_equal(b->x.caller.oid.text, JOB_OID);
    }
    (void)imds(b, NULL, NULL); /* two to choose from, none named */
    oauth_error(b, "invalid_request", "Identity not found");
}

static void
unknown_identities_are_not_found(void **state)
{
    (void)imds(*state, "client_id", WEB_OID);
    oauth_error(*state, "invalid_request", "Identity not found");
    (void)imds(*state, "object_id", BENCH_OID);
    oauth_error(*state, "invalid_request", "Identity not found");
    (void)imds(*state, "client_id", "x");
    oauth_error(*state, "invalid_request", "Identity not found");
}

/* What a page sees that made its own name point here (DNS rebinding). */
static void
names_that_strangers_can_own_are_refused(void **state)
{
    static const struct {
        const char *host;
        unsigned status;
    } rows[] = {
        { "127.0.0.1", 200 },
        { "169.254.169.254", 200 },
        { "[::1]", 200 },
        { "localhost", 200 },
        { "metadata", 200 },
        { "a.localhost", 200 },
        { "login.keyhold.test", 200 },
        { "keyhold.test", 200 },
        { "evil.example", 400 },
        { "127.0.0.1.evil.example", 400 },
        { "evilkeyhold.test", 400 },
        { "evil.", 400 },
        { "localhost.evil.example", 400 },
        { "xlocalhost.", 400 },
    };
    static const step_fn shapes[] = { api_identity_imds, api_identity_legacy,
                                      api_identity_appservice };
    struct login_bench *b = *state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (size_t k = 0; k < 3; k++) {
            bench_request(b, k == 1 ? "resource=" AUD : NULL);
            b->req.host = span_str(rows[i].host);
            bench_header(b, "Metadata", "true");
            bench_header(b, "X-IDENTITY-HEADER", HEADER_SECRET);
            bench_param(b, "resource", AUD);
            assert_int_equal(bench_run(b, shapes[k], ""), rows[i].status);
            assert_int_equal(b->x.caller.known, rows[i].status == 200);
        }
}

static void
metadata_header_is_required(void **state)
{
    struct login_bench *b = *state;

    bench_request(b, NULL);
    bench_param(b, "resource", AUD);
    (void)bench_run(b, api_identity_imds, "");
    oauth_error(b, "invalid_request", "Required metadata header not specified");
    bench_request(b, NULL);
    bench_header(b, "Metadata", "false");
    bench_param(b, "resource", AUD);
    (void)bench_run(b, api_identity_imds, "");
    oauth_error(b, "invalid_request", "Required metadata header not specified");
}

static void
forwarded_requests_are_refused(void **state)
{
    struct login_bench *b = *state;

    bench_request(b, NULL);
    bench_header(b, "Metadata", "true");
    bench_header(b, "x-forwarded-for", "");
    bench_param(b, "resource", AUD);
    assert_int_equal(bench_run(b, api_identity_imds, ""), 400);
    bench_request(b, NULL);
    bench_header(b, "X-IDENTITY-HEADER", HEADER_SECRET);
    bench_header(b, "X-Forwarded-For", "127.0.0.1");
    bench_param(b, "resource", AUD);
    assert_int_equal(bench_run(b, api_identity_appservice, ""), 400);
    bench_request(b, "resource=" AUD);
    bench_header(b, "Metadata", "true");
    bench_header(b, "X-Forwarded-For", "127.0.0.1");
    assert_int_equal(bench_run(b, api_identity_legacy, ""), 400);
}

static void
resource_must_be_there_and_known(void **state)
{
    struct login_bench *b = *state;

    bench_request(b, NULL);
    bench_header(b, "Metadata", "true");
    (void)bench_run(b, api_identity_imds, "");
    oauth_error(b, "invalid_request", "Required query variable 'resource' is missing");
    bench_request(b, NULL);
    bench_header(b, "Metadata", "true");
    bench_param(b, "resource", "https://example.org");
    assert_int_equal(bench_run(b, api_identity_imds, ""), 400);
    assert_string_equal(bench_text(b, "error"), "invalid_resource");
}

static void
only_one_name_may_be_given(void **state)
{
    struct login_bench *b = *state;

    bench_request(b, NULL);
    bench_header(b, "Metadata", "true");
    bench_param(b, "resource", AUD);
    bench_param(b, "client_id", WEB_APP);
    bench_param(b, "object_id", WEB_OID);
    assert_int_equal(bench_run(b, api_identity_imds, ""), 400);
    assert_string_equal(bench_text(b, "error"), "invalid_request");
}

/* version and header name as the two generations of App Service have them */
static unsigned
appservice(struct login_bench *b, const char *version, const char *header, const char *value,
           const char *id_name)
{
    bench_request(b, NULL);
    bench_header(b, header, value);
    bench_param(b, "api-version", version);
    bench_param(b, "resource", AUD);
    if (id_name != NULL)
        bench_param(b, id_name, WEB_APP);
    return bench_run(b, api_identity_appservice, "");
}

static void
app_service_shapes_are_answered(void **state)
{
    struct login_bench *b = *state;

    add_identity(b, "job", JOB_APP, JOB_OID);
    assert_int_equal(
        appservice(b, "2019-08-01", "X-IDENTITY-HEADER", HEADER_SECRET, "client_id"), 200);
    bench_is_token(b, AUD);
    assert_int_equal(strlen(bench_text(b, "expires_on")), 10);
    assert_string_equal(bench_text(b, "client_id"), WEB_APP);
    assert_string_equal(bench_text(b, "expires_in"), "");
    assert_int_equal(appservice(b, "2017-09-01", "secret", HEADER_SECRET, "clientid"), 200);
    bench_is_token(b, AUD);
}

static void
identity_header_is_required_and_compared_whole(void **state)
{
    static const struct {
        const char *version, *header, *value;
    } rows[] = {
        { "2019-08-01", "X-IDENTITY-HEADER", "" },
        { "2019-08-01", "X-IDENTITY-HEADER", "0123456789abcde" },
        { "2019-08-01", "X-IDENTITY-HEADER", "0123456789abcdef0" },
        { "2019-08-01", "X-IDENTITY-HEADER", "0123456789ABCDEF" },
        { "2019-08-01", "Metadata", "true" },
        { "2017-09-01", "X-IDENTITY-HEADER", HEADER_SECRET },
        { "2019-08-01", "secret", HEADER_SECRET },
    };
    struct login_bench *b = *state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(appservice(b, rows[i].version, rows[i].header, rows[i].value, NULL),
                         401);
        assert_int_equal(bench_number(b, "statusCode"), 401);
    }
    b->site.identity_header[0] = '\0';
    assert_int_equal(appservice(b, "2019-08-01", "X-IDENTITY-HEADER", "", NULL), 401);
}

static void
legacy_form_is_answered(void **state)
{
    struct login_bench *b = *state;

    bench_request(b, "resource=https%3A%2F%2Fvault.azure.net&client_id=" WEB_APP);
    bench_header(b, "Metadata", "true");
    assert_int_equal(bench_run(b, api_identity_legacy, ""), 200);
    bench_is_token(b, AUD);
    assert_string_equal(bench_text(b, "expires_in"), "86399");
    bench_request(b, "resource=https%3A%2F%2Fvault.azure.net");
    (void)bench_run(b, api_identity_legacy, "");
    oauth_error(b, "invalid_request", "Required metadata header not specified");
    bench_request(b, "resource=a&resource=b");
    bench_header(b, "Metadata", "true");
    (void)bench_run(b, api_identity_legacy, "");
    oauth_error(b, "invalid_request", "The form is malformed");
}

static void
disabled_or_deleted_identity_gets_no_token(void **state)
{
    struct login_bench *b = *state;
    struct guid oid = world_guid(WEB_OID);
    struct principal p;
    struct store_write sw;

    assert_int_equal(principal_load(b->w->rows, b->w->view, &b->w->tid, &oid, &p), ERR_OK);
    store_write_init(&sw);
    principal_enable(b->w->rows, &sw, &p, false);
    world_commit(b->w, &sw);
    (void)imds(b, NULL, NULL);
    oauth_error(b, "invalid_request", "Identity not found");
    store_write_init(&sw);
    principal_delete(&sw, &p);
    world_commit(b->w, &sw);
    (void)imds(b, NULL, NULL);
    oauth_error(b, "invalid_request", "Identity not found");
}

static void
before_there_are_rows_and_without_a_keeper_it_is_a_503(void **state)
{
    struct login_bench *b = *state;

    b->keeper_fault = ERR_UNAVAILABLE;
    assert_int_equal(imds(b, NULL, NULL), 503);
    b->keeper_fault = ERR_OK;
    bench_request(b, NULL);
    b->x.rows = NULL;
    bench_header(b, "Metadata", "true");
    bench_param(b, "resource", AUD);
    assert_int_equal(bench_run(b, api_identity_imds, ""), 503);
    assert_true(bench_has_header(b, "Retry-After: 1"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(imds_answers_with_the_only_identity_and_text_numbers),
        TEST(identity_can_be_named_in_each_way),
        TEST(unknown_identities_are_not_found),
        TEST(names_that_strangers_can_own_are_refused),
        TEST(metadata_header_is_required),
        TEST(forwarded_requests_are_refused),
        TEST(resource_must_be_there_and_known),
        TEST(only_one_name_may_be_given),
        TEST(app_service_shapes_are_answered),
        TEST(identity_header_is_required_and_compared_whole),
        TEST(legacy_form_is_answered),
        TEST(disabled_or_deleted_identity_gets_no_token),
        TEST(before_there_are_rows_and_without_a_keeper_it_is_a_503),
    };

    return cmocka_run_group_tests_name("api/identity", tests, NULL, NULL);
}
