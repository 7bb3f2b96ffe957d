/* SPDX-License-Identifier: Apache-2.0 */
/* What clients read first: documents that lead nowhere but to this origin, and the keys. */
#include "api/login/login.h"
#include "codec/b64.h"
#include "crypto/x509.h"
#include "login_bench.h"

#define BASE WORLD_ORIGIN "/" WORLD_TENANT

static int
set_up(void **state)
{
    *state = login_bench_open();
    return 0;
}

static int
tear_down(void **state)
{
    login_bench_close(*state);
    return 0;
}

static unsigned
get(struct login_bench *b, step_fn run, const char *bind)
{
    bench_request(b, NULL);
    return bench_run(b, run, bind);
}

static void
text_is(struct login_bench *b, const char *name, const char *want)
{
    assert_string_equal(bench_text(b, name), want);
}

static void
v2_document_names_the_real_tenant_for_every_name_of_it(void **state)
{
    static const char *const names[] = { WORLD_TENANT, WORLD_DOMAIN, "common", "organizations",
                                         "consumers" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_int_equal(get(*state, api_login_openid_v2, names[i]), 200);
        text_is(*state, "issuer", BASE "/v2.0");
        text_is(*state, "authorization_endpoint", BASE "/oauth2/v2.0/authorize");
        text_is(*state, "token_endpoint", BASE "/oauth2/v2.0/token");
        text_is(*state, "device_authorization_endpoint", BASE "/oauth2/v2.0/devicecode");
        text_is(*state, "end_session_endpoint", BASE "/oauth2/v2.0/logout");
        text_is(*state, "jwks_uri", BASE "/discovery/v2.0/keys");
        text_is(*state, "msgraph_host", "graph.keyhold.test");
        assert_true(bench_has_header(*state, "Cache-Control: no-store"));
    }
}

static void
adfs_document_keeps_to_the_adfs_paths(void **state)
{
    assert_int_equal(get(*state, api_login_openid_v1, "adfs"), 200);
    text_is(*state, "issuer", BASE "/");
    text_is(*state, "authorization_endpoint", WORLD_ORIGIN "/adfs/oauth2/authorize");
    text_is(*state, "token_endpoint", WORLD_ORIGIN "/adfs/oauth2/token");
    text_is(*state, "device_authorization_endpoint", WORLD_ORIGIN "/adfs/oauth2/devicecode");
    text_is(*state, "jwks_uri", WORLD_ORIGIN "/adfs/discovery/keys");
}

static void
v1_document_has_the_v1_paths(void **state)
{
    assert_int_equal(get(*state, api_login_openid_v1, WORLD_TENANT), 200);
    text_is(*state, "issuer", BASE "/");
    text_is(*state, "token_endpoint", BASE "/oauth2/token");
    text_is(*state, "jwks_uri", BASE "/discovery/keys");
}

static void
unknown_tenants_are_told_so(void **state)
{
    (void)get(*state, api_login_openid_v2, "33333333-3333-4333-8333-333333333333");
    bench_is_error(*state, 400, "invalid_tenant", 90002);
    (void)get(*state, api_login_openid_v1, "fabrikam.example");
    bench_is_error(*state, 400, "invalid_tenant", 90002);
    (void)get(*state, api_login_keys, "??");
    bench_is_error(*state, 400, "invalid_request", 900023);
}

static void
without_rows_or_default_tenant_it_is_a_503(void **state)
{
    struct login_bench *b = *state;

    b->site.default_tenant.text[0] = '\0';
    (void)get(b, api_login_openid_v2, "common");
    bench_is_error(b, 503, "temporarily_unavailable", 90033);
    bench_request(b, NULL);
    b->x.rows = NULL;
    (void)bench_run(b, api_login_openid_v2, WORLD_TENANT);
    bench_is_error(b, 503, "temporarily_unavailable", 90033);
}

static const struct jsn *
key_at(struct login_bench *b, size_t i, size_t n)
{
    const struct jsn *keys;

    assert_int_equal(get(b, api_login_keys, "common"), 200);
    assert_int_equal(jsn_get_array(b->json, "keys", &keys), JSN_OK);
    assert_int_equal(jsn_len(keys), n);
    return jsn_at(keys, i);
}

static bool
member_is(const struct jsn *o, const char *name, const char *want)
{
    struct span s;

    return jsn_get_str(o, name, &s) == JSN_OK && span_is_str(s, want);
}

static void
keys_are_published_with_certificate_and_numbers(void **state)
{
    struct login_bench *b = *state;
    const struct jsn *k = key_at(b, 0, 1), *x5c;
    struct span n, x5t;
    struct cert *cert;
    struct buf der, want;

    assert_true(member_is(k, "kty", "RSA"));
    assert_true(member_is(k, "use", "sig"));
    assert_true(member_is(k, "kid", b->kid));
    assert_true(member_is(k, "e", "AQAB"));
    assert_int_equal(jsn_get_str(k, "n", &n), JSN_OK);
    assert_int_equal(n.len, 342);
    assert_int_equal(jsn_get_array(k, "x5c", &x5c), JSN_OK);
    buf_init(&der, CERT_MAX);
    buf_init(&want, 64);
    assert_int_equal(b64_get(jsn_str(jsn_at(x5c, 0)), sink_buf(&der)), ERR_OK);
    assert_int_equal(cert_new(buf_span(&der), &cert), ERR_OK);
    b64url_put(sink_buf(&want), span_of(cert_sha1(cert), SHA1_LEN));
    assert_int_equal(jsn_get_str(k, "x5t", &x5t), JSN_OK);
    assert_true(span_is_equal(x5t, buf_span(&want)));
    cert_free(cert);
    buf_release(&want);
    buf_release(&der);
}

static void
every_key_with_a_row_is_published_latest_first(void **state)
{
    struct login_bench *b = *state;
    char next[KID_LEN + 1], later[KID_LEN + 1];

    world_add_signing_key(b->w, WORLD_NOW + 1000, next);
    assert_true(member_is(key_at(b, 0, 2), "kid", next));
    assert_true(member_is(key_at(b, 1, 2), "kid", b->kid));
    world_add_signing_key(b->w, WORLD_NOW + 2000, later);
    assert_true(member_is(key_at(b, 0, 3), "kid", later));
    assert_true(member_is(key_at(b, 2, 3), "kid", b->kid));
}

static unsigned
instance(struct login_bench *b, const char *endpoint)
{
    bench_request(b, NULL);
    if (endpoint != NULL)
        bench_param(b, "authorization_endpoint", endpoint);
    return bench_run(b, api_login_instance, "");
}

static void
instance_discovery_knows_this_host_with_and_without_port(void **state)
{
    static const char *const endpoints[] = {
        BASE "/oauth2/v2.0/authorize",
        "https://login.keyhold.test/" WORLD_TENANT "/oauth2/v2.0/authorize",
        "https://LOGIN.keyhold.test:8443/common/oauth2/authorize",
    };
    struct login_bench *b = *state;
    const struct jsn *metadata, *names;

    for (size_t i = 0; i < sizeof(endpoints) / sizeof(endpoints[0]); i++) {
        assert_int_equal(instance(b, endpoints[i]), 200);
        text_is(b, "tenant_discovery_endpoint", BASE "/v2.0/.well-known/openid-configuration");
        assert_int_equal(jsn_get_array(b->json, "metadata", &metadata), JSN_OK);
        assert_true(
            member_is(jsn_at(metadata, 0), "preferred_network", "login.keyhold.test:8443"));
        assert_int_equal(jsn_get_array(jsn_at(metadata, 0), "aliases", &names), JSN_OK);
        assert_int_equal(jsn_len(names), 2);
    }
    assert_int_equal(instance(b, WORLD_ORIGIN "/adfs/oauth2/authorize"), 200);
    text_is(b, "tenant_discovery_endpoint",
            WORLD_ORIGIN "/adfs/.well-known/openid-configuration");
}

static void
instance_discovery_refuses_other_hosts(void **state)
{
    static const char *const endpoints[] = {
        "https://evil.example/common/oauth2/authorize",
        "https://login.keyhold.test.evil.example/x",
        "http://login.keyhold.test:8443/common",
        "https://",
        "",
        "https://login.keyhold.test@evil.example/common",
        "https://login.keyhold.test:x@evil.example/common",
    };

    for (size_t i = 0; i < sizeof(endpoints) / sizeof(endpoints[0]); i++) {
        (void)instance(*state, endpoints[i]);
        bench_is_error(*state, 400, "invalid_instance", 50049);
    }
    (void)instance(*state, NULL);
    bench_is_error(*state, 400, "invalid_request", 900144);
    (void)instance(*state, "https://login.keyhold.test/fabrikam.example/x");
    bench_is_error(*state, 400, "invalid_tenant", 90002);
}

static void
user_realm_is_always_managed(void **state)
{
    bench_request(*state, NULL);
    assert_int_equal(bench_run(*state, api_login_userrealm, "alice@contoso.example"), 200);
    text_is(*state, "account_type", "Managed");
    text_is(*state, "ver", "1.0");
    text_is(*state, "cloud_instance_name", "keyhold.test");
    text_is(*state, "cloud_audience_urn", "urn:federation:MicrosoftOnline");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(v2_document_names_the_real_tenant_for_every_name_of_it),
        TEST(adfs_document_keeps_to_the_adfs_paths),
        TEST(v1_document_has_the_v1_paths),
        TEST(unknown_tenants_are_told_so),
        TEST(without_rows_or_default_tenant_it_is_a_503),
        TEST(keys_are_published_with_certificate_and_numbers),
        TEST(every_key_with_a_row_is_published_latest_first),
        TEST(instance_discovery_knows_this_host_with_and_without_port),
        TEST(instance_discovery_refuses_other_hosts),
        TEST(user_realm_is_always_managed),
    };

    return cmocka_run_group_tests_name("api/discovery", tests, NULL, NULL);
}
