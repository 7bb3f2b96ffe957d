/* SPDX-License-Identifier: Apache-2.0 */
/* Client assertions as the four client families build them, and each way to get one wrong. */
#include "api/login/authority.h"
#include "api/login/login.h"
#include "auth/jwt.h"
#include "base/clock.h"
#include "codec/b64.h"
#include "crypto/sign.h"
#include "crypto/x509.h"
#include "login_bench.h"

#define ENDPOINT WORLD_ORIGIN "/" WORLD_TENANT "/oauth2/v2.0/token"
#define TYPE     "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"

struct identity_key {
    struct signkey *key;
    struct cert *cert;
};

struct bench {
    struct login_bench *b;
    struct identity_key rsa, ec, stranger, expired;
};
static struct bench *the;

static void
make_key(struct identity_key *k, enum signkey_kind kind, int64_t not_after, bool registered)
{
    struct guid app = world_guid(BENCH_APP), id;
    struct world *w = the->b->w;
    struct application *a;
    struct store_write sw;
    struct buf der;

    buf_init(&der, CERT_MAX);
    assert_int_equal(signkey_new(kind, &k->key), ERR_OK);
    assert_int_equal(x509_make_self(k->key, "client", WORLD_NOW - 5000, not_after, &der),
                     ERR_OK);
    assert_int_equal(cert_new(buf_span(&der), &k->cert), ERR_OK);
    if (registered) {
        world_look(w);
        assert_int_equal(application_load(w->rows, w->view, &app, &a), ERR_OK);
        assert_int_equal(application_add_certificate(a, buf_span(&der), &id), ERR_OK);
        store_write_init(&sw);
        application_store(w->rows, &sw, a, a->revision);
        world_commit(w, &sw);
        application_free(a);
    }
    buf_release(&der);
}

static void
drop_key(struct identity_key *k)
{
    signkey_free(k->key);
    cert_free(k->cert);
}

static int
set_up(void **state)
{
    (void)state;
    the = calloc(1, sizeof(*the));
    the->b = login_bench_open();
    make_key(&the->rsa, SIGNKEY_RSA, WORLD_NOW + 100000, true);
    make_key(&the->ec, SIGNKEY_EC, WORLD_NOW + 100000, true);
    make_key(&the->expired, SIGNKEY_EC, WORLD_NOW - 1000, true);
    make_key(&the->stranger, SIGNKEY_RSA, WORLD_NOW + 100000, false);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    drop_key(&the->rsa);
    drop_key(&the->ec);
    drop_key(&the->expired);
    drop_key(&the->stranger);
    login_bench_close(the->b);
    free(the);
    return 0;
}

/* Thumbprint in base64url, with padding if asked for. */
static const char *
print_of(const struct identity_key *k, bool sha256, bool padded)
{
    static char text[64];
    struct buf b;

    buf_init(&b, sizeof(text));
    b64url_put(sink_buf(&b), sha256 ? span_of(cert_sha256(k->cert), SHA256_LEN)
                                    : span_of(cert_sha1(k->cert), SHA1_LEN));
    if (padded)
        buf_put_str(&b, "=");
    (void)span_copy_str(buf_span(&b), text, sizeof(text));
    buf_release(&b);
    return text;
}

/* r || s as SEQUENCE of two INTEGERs, as Terraform sends it. */
static size_t
der_of_raw(const uint8_t raw[static 64], uint8_t out[static 80])
{
    size_t n = 2;

    for (int i = 0; i < 2; i++) {
        const uint8_t *v = raw + 32 * i;
        size_t len = 32;

        while (len > 1 && v[0] == 0) {
            v++;
            len--;
        }
        out[n++] = 0x02;
        out[n++] = (uint8_t)(len + (v[0] >> 7));
        if (v[0] >> 7 != 0)
            out[n++] = 0;
        memcpy(out + n, v, len);
        n += len;
    }
    out[0] = 0x30;
    out[1] = (uint8_t)(n - 2);
    return n;
}

struct assertion {
    const struct identity_key *key;
    enum sig_alg alg;
    bool der;
    const char *header; /* JSON */
    const char *claims; /* JSON */
    const char *tail;   /* behind the JWT, form-encoded */
    step_fn run;        /* api_login_token_v2 unless set */
};

/* Posts it and returns the status. */
static unsigned
post(const struct assertion *a)
{
    static char body[MAX_TOKEN];
    uint8_t sig[SIG_MAX], der[80];
    struct buf text, whole;
    size_t len;

    buf_init(&text, MAX_TOKEN);
    buf_init(&whole, MAX_TOKEN);
    jwt_put_signing_input(&text, span_str(a->header), span_str(a->claims));
    assert_int_equal(signkey_sign(a->key->key, a->alg, DIGEST_SHA256, buf_span(&text), sig,
                                  sizeof(sig), &len),
                     ERR_OK);
    if (a->der)
        jwt_put(sink_buf(&whole), buf_span(&text), span_of(der, der_of_raw(sig, der)));
    else
        jwt_put(sink_buf(&whole), buf_span(&text), span_of(sig, len));
    (void)snprintf(body, sizeof(body),
                   "client_id=" BENCH_APP
                   "&grant_type=client_credentials&client_assertion_type="
                   "%s&client_assertion=%s%s&scope=%s/.default",
                   TYPE, buf_str(&whole), a->tail == NULL ? "" : a->tail, BENCH_VAULT);
    buf_release(&whole);
    buf_release(&text);
    bench_request(the->b, body);
    return bench_run(the->b, a->run == NULL ? api_login_token_v2 : a->run, WORLD_TENANT);
}

#define CLAIMS_AT(aud, times)                                                                  \
    "{\"aud\":\"" aud "\",\"iss\":\"" BENCH_APP "\",\"sub\":\"" BENCH_APP                      \
    "\",\"jti\":\"1\"," times "}"
#define TIMES  "\"exp\":1800000600,\"nbf\":1799999990,\"iat\":1800000000"
#define CLAIMS CLAIMS_AT(ENDPOINT, TIMES)

static char header[4096];

/* A header with one hint. */
static const char *
header_of(const char *alg, const char *hint, const char *value)
{
    (void)snprintf(header, sizeof(header), "{\"alg\":\"%s\",\"typ\":\"JWT\",\"%s\":\"%s\"}",
                   alg, hint, value);
    return header;
}

static struct assertion
good(void)
{
    return (struct assertion){ .key = &the->rsa,
                               .alg = SIG_RS256,
                               .header =
                                   header_of("RS256", "x5t", print_of(&the->rsa, false, true)),
                               .claims = CLAIMS };
}

static void
passes(const struct assertion *a)
{
    (void)post(a);
    bench_is_token(the->b, BENCH_VAULT);
    assert_string_equal(the->b->x.caller.appidacr, "2");
    assert_int_equal(the->b->password_checks, 0);
}

static void
python_rs256_with_padded_x5t_and_float_times_passes(void **state)
{
    struct assertion a = good();

    (void)state;
    a.claims = CLAIMS_AT(ENDPOINT, "\"exp\":1800000600.1713905,\"iat\":1800000000.1713905");
    passes(&a);
}

static void
python_x5c_with_line_breaks_passes(void **state)
{
    struct assertion a = good();
    struct buf b;

    (void)state;
    buf_init(&b, 4096);
    b64_put(sink_buf(&b), cert_der(the->rsa.cert));
    (void)snprintf(header, sizeof(header),
                   "{\"alg\":\"RS256\",\"x5t\":\"%s\",\"x5c\":[\"\\n%.64s\\n%s\\n\"]}",
                   print_of(&the->rsa, false, true), buf_str(&b), buf_str(&b) + 64);
    passes(&a);
    (void)snprintf(header, sizeof(header), "{\"alg\":\"RS256\",\"x5c\":[\"%.64s\\n%s\\n\"]}",
                   buf_str(&b), buf_str(&b) + 64); /* nothing else says which key */
    passes(&a);
    buf_release(&b);
}

static void
javascript_ps256_with_x5t_s256_passes(void **state)
{
    struct assertion a = good();

    (void)state;
    a.alg = SIG_PS256;
    a.header = header_of("PS256", "x5t#S256", print_of(&the->rsa, true, false));
    passes(&a);
}

static void
go_rs256_with_padded_x5t_passes_in_the_adfs_shape(void **state)
{
    struct assertion a = good();

    (void)state;
    a.claims = CLAIMS_AT(WORLD_ORIGIN "/adfs/oauth2/token", TIMES);
    a.run = api_login_token_v2;
    passes(&a);
}

static void
terraform_kid_and_es256_in_der_pass(void **state)
{
    struct assertion a = good();

    (void)state;
    a.claims = CLAIMS_AT(ENDPOINT, "\"exp\":1800003600,\"nbf\":1800000000");
    a.header = header_of("RS256", "kid", print_of(&the->rsa, false, true));
    passes(&a);
    a.key = &the->ec;
    a.alg = SIG_ES256;
    a.der = true;
    a.header = header_of("ES256", "kid", print_of(&the->ec, false, true));
    for (int i = 0; i < 20; i++) /* integers of every length */
        passes(&a);
    a.der = false;
    passes(&a);
}

static void
dotnet_kid_in_hex_passes(void **state)
{
    struct assertion a = good();
    struct buf b;

    (void)state;
    buf_init(&b, 64);
    hex_put(sink_buf(&b), span_of(cert_sha1(the->rsa.cert), SHA1_LEN));
    a.header = header_of("RS256", "kid", buf_str(&b));
    passes(&a);
    buf_release(&b);
}

static void
unpadded_thumbprint_and_white_space_behind_pass(void **state)
{
    struct assertion a = good();

    (void)state;
    a.header = header_of("RS256", "x5t", print_of(&the->rsa, false, false));
    a.tail = "%0A";
    passes(&a);
}

static void
every_name_of_the_endpoint_is_an_audience(void **state)
{
    static const char *const auds[] = {
        ENDPOINT,
        WORLD_ORIGIN "/" WORLD_TENANT "/oauth2/token",
        WORLD_ORIGIN "/" WORLD_TENANT "/v2.0",
        WORLD_ORIGIN "/" WORLD_TENANT "/",
        WORLD_ORIGIN "/" WORLD_TENANT,
        WORLD_ORIGIN "/" WORLD_DOMAIN "/oauth2/v2.0/token",
        WORLD_ORIGIN "/common/oauth2/v2.0/token",
        WORLD_ORIGIN "/organizations/oauth2/v2.0/token",
        WORLD_ORIGIN "/adfs/oauth2/token",
        WORLD_ORIGIN "/adfs/oauth2/v2.0/token",
    };
    char claims[1024];

    (void)state;
    for (size_t i = 0; i < sizeof(auds) / sizeof(auds[0]); i++) {
        struct assertion a = good();

        (void)snprintf(claims, sizeof(claims), CLAIMS_AT("%s", TIMES), auds[i]);
        a.claims = claims;
        passes(&a);
    }
}

/* What was signed for the default tenant is no proof at another one. */
static void
aliases_are_the_default_tenants(void **state)
{
    struct site site = { .login_origin = WORLD_ORIGIN };
    struct authority at = { .tenant = { .domain = "other.test" } };
    const char *const other = "33333333-3333-4333-8333-333333333333";

    (void)state;
    assert_true(guid_parse(span_str(WORLD_TENANT), &site.default_tenant));
    at.tenant.tid = site.default_tenant;
    assert_true(authority_is_audience(&site, &at, span_str(WORLD_ORIGIN "/adfs/oauth2/token")));
    assert_true(authority_is_audience(
        &site, &at, span_str(WORLD_ORIGIN "/adfs/" WORLD_TENANT "/oauth2/v2.0/token")));
    assert_false(authority_is_audience(
        &site, &at, span_str(WORLD_ORIGIN "/adfs/third.test/oauth2/v2.0/token")));
    assert_true(guid_parse(span_str(other), &at.tenant.tid));
    assert_false(
        authority_is_audience(&site, &at, span_str(WORLD_ORIGIN "/adfs/oauth2/token")));
    assert_false(authority_is_audience(&site, &at, span_str(WORLD_ORIGIN "/common/v2.0")));
    assert_false(authority_is_audience(&site, &at, span_str(ENDPOINT)));
    assert_true(authority_is_audience(&site, &at, span_str(WORLD_ORIGIN "/other.test/v2.0")));
}

static void
audience_may_be_a_list(void **state)
{
    struct assertion a = good();

    (void)state;
    a.claims = "{\"aud\":[\"x\",\"" ENDPOINT "\"],\"iss\":\"" BENCH_APP
               "\",\"sub\":\"" BENCH_APP "\"," TIMES "}";
    passes(&a);
}

static const struct {
    const char *name, *claims;
    unsigned code;
} bad_claims[] = {
    { "audience of another service", CLAIMS_AT("https://login.microsoftonline.com/x", TIMES),
      700023 },
    { "audience of another tenant",
      CLAIMS_AT(WORLD_ORIGIN "/33333333-3333-4333-8333-333333333333/oauth2/v2.0/token", TIMES),
      700023 },
    { "audience with a longer path", CLAIMS_AT(ENDPOINT "/x", TIMES), 700023 },
    { "audience with a longer host", CLAIMS_AT(WORLD_ORIGIN "0/common/v2.0", TIMES), 700023 },
    { "our origin alone", CLAIMS_AT(WORLD_ORIGIN, TIMES), 700023 },
    { "no audience", "{\"iss\":\"" BENCH_APP "\",\"sub\":\"" BENCH_APP "\"," TIMES "}",
      700023 },
    { "issuer of another client",
      "{\"aud\":\"" ENDPOINT
      "\",\"iss\":\"bbbbbbbb-0000-4000-8000-000000000002\",\"sub\":\"" BENCH_APP "\"," TIMES
      "}",
      700021 },
    { "subject of another client",
      "{\"aud\":\"" ENDPOINT
      "\",\"sub\":\"bbbbbbbb-0000-4000-8000-000000000002\",\"iss\":\"" BENCH_APP "\"," TIMES
      "}",
      700021 },
    { "no subject", "{\"aud\":\"" ENDPOINT "\",\"iss\":\"" BENCH_APP "\"," TIMES "}", 700021 },
    { "expired", CLAIMS_AT(ENDPOINT, "\"exp\":1799999000"), 700024 },
    { "not yet valid", CLAIMS_AT(ENDPOINT, "\"exp\":1800003600,\"nbf\":1800001000"), 700024 },
    { "issued in the future", CLAIMS_AT(ENDPOINT, "\"exp\":1800003600,\"iat\":1800001000"),
      700024 },
    { "life too long", CLAIMS_AT(ENDPOINT, "\"exp\":1800100000"), 700024 },
    { "no exp", CLAIMS_AT(ENDPOINT, "\"nbf\":1800000000"), 50027 },
    { "text for exp", CLAIMS_AT(ENDPOINT, "\"exp\":\"1800000600\""), 50027 },
    { "no claims", "{}", 700021 },
    { "claims that are a list", "[]", 50027 },
};
enum { NBAD = sizeof(bad_claims) / sizeof(bad_claims[0]) };

static void
claims_are_refused(void **state)
{
    size_t i = (size_t)(uintptr_t)*state;
    struct assertion a = good();

    a.claims = bad_claims[i].claims;
    (void)post(&a);
    bench_is_error(the->b, 401, "invalid_client", bad_claims[i].code);
}

static void
is_refused(const struct assertion *a, unsigned code)
{
    (void)post(a);
    bench_is_error(the->b, 401, "invalid_client", code);
}

static void
keys_that_are_not_registered_are_refused(void **state)
{
    struct assertion a = good();
    struct buf b;

    (void)state;
    a.key = &the->stranger;
    is_refused(&a, 700027); /* another's signature under our thumbprint */
    a.header = header_of("RS256", "x5t", print_of(&the->stranger, false, true));
    is_refused(&a, 700027);
    buf_init(&b, 4096);
    b64_put(sink_buf(&b), cert_der(the->stranger.cert));
    (void)snprintf(header, sizeof(header), "{\"alg\":\"RS256\",\"x5c\":[\"%s\"]}", buf_str(&b));
    is_refused(&a, 700027); /* its own certificate proves nothing */
    (void)snprintf(header, sizeof(header), "{\"alg\":\"RS256\",\"jwk\":{\"kty\":\"RSA\"}}");
    is_refused(&a, 700027);
    a = good();
    a.header = header_of("RS256", "x5t", "AAAA");
    is_refused(&a, 700027);
    a.header = header_of("RS256", "kid", "");
    is_refused(&a, 700027);
    (void)snprintf(header, sizeof(header), "{\"alg\":\"RS256\",\"x5t\":1}");
    is_refused(&a, 700027);
    buf_release(&b);
}

static void
algorithm_must_fit_key_and_signature(void **state)
{
    static const char *const algs[] = { "none", "HS256", "RS384", "PS256", "ES256", "" };
    struct assertion a = good();

    (void)state;
    for (size_t i = 0; i < sizeof(algs) / sizeof(algs[0]); i++) {
        a.header = header_of(algs[i], "x5t", print_of(&the->rsa, false, true));
        is_refused(&a, 700027);
    }
    a = good();
    a.key = &the->ec;
    a.alg = SIG_ES256;
    a.header = header_of("RS256", "x5t", print_of(&the->ec, false, true));
    is_refused(&a, 700027);
}

static void
expired_certificate_is_refused(void **state)
{
    struct assertion a = good();

    (void)state;
    a.key = &the->expired;
    a.alg = SIG_ES256;
    a.header = header_of("ES256", "x5t", print_of(&the->expired, false, true));
    is_refused(&a, 700027);
}

static void
critical_headers_and_broken_tokens_are_refused(void **state)
{
    static const char *const broken[] = { "x", "a.b", "a.b.c", "e30.e30.AA", "....", "%20" };
    struct assertion a = good();
    char body[512];

    (void)state;
    (void)snprintf(header, sizeof(header),
                   "{\"alg\":\"RS256\",\"crit\":[\"b64\"],\"b64\":true,\"x5t\":\"%s\"}",
                   print_of(&the->rsa, false, true));
    is_refused(&a, 50027);
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        (void)snprintf(body, sizeof(body),
                       "client_id=" BENCH_APP "&grant_type=client_credentials"
                       "&client_assertion_type=%s&client_assertion=%s&scope=%s/.default",
                       TYPE, broken[i], BENCH_VAULT);
        bench_request(the->b, body);
        (void)bench_run(the->b, api_login_token_v2, WORLD_TENANT);
        bench_is_error(the->b, 401, "invalid_client", 50027);
    }
}

static void
assertion_for_an_unknown_client_is_refused(void **state)
{
    char body[512];

    (void)state;
    (void)snprintf(body, sizeof(body),
                   "client_id=%s&grant_type=client_credentials&client_assertion_type=%s"
                   "&client_assertion=a.b.c&scope=%s/.default",
                   BENCH_OID, TYPE, BENCH_VAULT);
    bench_request(the->b, body);
    (void)bench_run(the->b, api_login_token_v2, WORLD_TENANT);
    bench_is_error(the->b, 400, "unauthorized_client", 700016);
}

static void
same_assertion_may_come_again(void **state)
{
    struct assertion a = good();

    (void)state;
    passes(&a);
    passes(&a); /* MSAL keeps one until it expires */
}

int
main(void)
{
    static const struct CMUnitTest fixed[] = {
        cmocka_unit_test(python_rs256_with_padded_x5t_and_float_times_passes),
        cmocka_unit_test(python_x5c_with_line_breaks_passes),
        cmocka_unit_test(javascript_ps256_with_x5t_s256_passes),
        cmocka_unit_test(go_rs256_with_padded_x5t_passes_in_the_adfs_shape),
        cmocka_unit_test(terraform_kid_and_es256_in_der_pass),
        cmocka_unit_test(dotnet_kid_in_hex_passes),
        cmocka_unit_test(unpadded_thumbprint_and_white_space_behind_pass),
        cmocka_unit_test(every_name_of_the_endpoint_is_an_audience),
        cmocka_unit_test(aliases_are_the_default_tenants),
        cmocka_unit_test(audience_may_be_a_list),
        cmocka_unit_test(keys_that_are_not_registered_are_refused),
        cmocka_unit_test(algorithm_must_fit_key_and_signature),
        cmocka_unit_test(expired_certificate_is_refused),
        cmocka_unit_test(critical_headers_and_broken_tokens_are_refused),
        cmocka_unit_test(assertion_for_an_unknown_client_is_refused),
        cmocka_unit_test(same_assertion_may_come_again),
    };
    struct CMUnitTest rows[NBAD];

    for (size_t i = 0; i < NBAD; i++)
        rows[i] = (struct CMUnitTest){ .name = bad_claims[i].name,
                                       .test_func = claims_are_refused,
                                       .initial_state = (void *)(uintptr_t)i };
    return cmocka_run_group_tests_name("api/assertion", fixed, set_up, tear_down) +
           cmocka_run_group_tests_name("api/assertion claims", rows, set_up, tear_down);
}
