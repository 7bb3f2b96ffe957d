/* SPDX-License-Identifier: Apache-2.0 */
/* A token counts while its signature, words, time and principal do; the cache changes nothing.
 */
#include "auth/token.h"

#include "auth/jwt.h"
#include "base/clock.h"
#include "codec/b64.h"
#include "crypto/mac.h"
#include "crypto/x509.h"
#include "world.h"

#define APP "bbbbbbbb-0000-4000-8000-000000000001"
#define OID "aaaaaaaa-0000-4000-8000-000000000001"
#define AUD "https://vault.keyhold.test:8443"
#define ISS WORLD_ORIGIN "/" WORLD_TENANT "/"

static const char *const audiences[] = { AUD, "https://vault.azure.net",
                                         "cfa8b339-82a2-471a-a3c9-0fc0be7a4093" };
static const struct token_expect expect = { audiences, 3, WORLD_ORIGIN };

struct bench {
    struct world *w;
    struct token_cache *cache;
    struct secbuf token;
    struct buf why;
    struct caller caller;
    char kid[KID_LEN + 1];
};

/* RSA keys cost time: one world with its key serves all tests of a group. */
static struct bench *the;

static int
set_up(void **state)
{
    (void)state;
    the = calloc(1, sizeof(*the));
    the->w = world_open();
    world_add_app(the->w, APP, OID);
    world_add_signing_key(the->w, WORLD_NOW - 100, the->kid);
    the->cache = token_cache_new(64);
    secbuf_init(&the->token, MAX_TOKEN);
    buf_init(&the->why, 4096);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    buf_release(&the->why);
    secbuf_release(&the->token);
    token_cache_free(the->cache);
    world_close(the->w);
    free(the);
    return 0;
}

static enum err
verify_text(struct span text)
{
    world_look(the->w);
    buf_clear(&the->why);
    return token_verify(the->cache, the->w->rows, the->w->view, &expect, text, &the->caller,
                        &the->why);
}

static enum err
verify(void)
{
    return verify_text(secbuf_span(&the->token));
}

static void
mint(const struct claims *c)
{
    secbuf_clear(&the->token);
    world_mint(the->w, c, &the->token);
}

static struct claims
good(void)
{
    return world_claims(the->w, APP, OID);
}

/* Signs any header and claims with the newest key. */
static void
sign(const char *header, const char *claims)
{
    struct signing_keys keys;
    struct secbuf ask, sig;
    struct wrapped key;
    struct buf text;

    secbuf_init(&ask, 64 * 1024);
    secbuf_init(&sig, SIGNATURE_MAX);
    buf_init(&text, MAX_TOKEN);
    world_look(the->w);
    assert_int_equal(signing_keys_load(the->w->rows, the->w->view, &keys), ERR_OK);
    jwt_put_signing_input(&text, span_str(header), span_str(claims));
    key = signing_key_wrapped(&keys.key[0]);
    keeper_pack_sign(sink_sec(&ask), &key, SIGN_RS256, SIGN_DIGEST_NONE, buf_span(&text));
    assert_int_equal(world_keeper(the->w, KEEPER_SIGN, secbuf_span(&ask), &sig), ERR_OK);
    secbuf_clear(&the->token);
    jwt_put(sink_sec(&the->token), buf_span(&text), secbuf_span(&sig));
    buf_release(&text);
    secbuf_release(&sig);
    secbuf_release(&ask);
}

static void
sign_claims(const char *claims)
{
    char header[128];

    (void)snprintf(header, sizeof(header), "{\"alg\":\"RS256\",\"kid\":\"%s\"}", the->kid);
    sign(header, claims);
}

static void
why_is(const char *text)
{
    assert_string_equal(buf_str(&the->why), text);
}

static void
good_token_names_its_caller(void **state)
{
    struct claims c = good();

    (void)state;
    c.mirid = "/subscriptions/x";
    mint(&c);
    for (int i = 0; i < 3; i++) { /* fresh, then from the cache */
        assert_int_equal(verify(), ERR_OK);
        assert_true(the->caller.known);
        assert_string_equal(the->caller.oid.text, OID);
        assert_string_equal(the->caller.appid.text, APP);
        assert_string_equal(the->caller.tid.text, WORLD_TENANT);
        assert_string_equal(the->caller.appidacr, "1");
        assert_string_equal(the->caller.idtyp, "app");
        assert_string_equal(the->caller.iss, ISS);
        assert_string_equal(the->caller.mirid, "/subscriptions/x");
    }
}

static void
version_2_token_is_taken(void **state)
{
    struct claims c = good();

    (void)state;
    c.version = 2;
    mint(&c);
    assert_int_equal(verify(), ERR_OK);
    assert_string_equal(the->caller.appid.text, APP);
    assert_string_equal(the->caller.iss, ISS "v2.0");
}

static void
every_accepted_audience_passes_with_and_without_slash(void **state)
{
    static const char *const auds[] = { AUD, AUD "/", "https://vault.azure.net",
                                        "https://vault.azure.net/",
                                        "cfa8b339-82a2-471a-a3c9-0fc0be7a4093" };

    (void)state;
    for (size_t i = 0; i < sizeof(auds) / sizeof(auds[0]); i++) {
        struct claims c = good();

        c.aud = span_str(auds[i]);
        mint(&c);
        assert_int_equal(verify(), ERR_OK);
    }
}

static void
other_audiences_are_refused_cached_or_not(void **state)
{
    static const char *const auds[] = { "https://management.azure.com/", AUD "//",
                                        "https://vault.keyhold.test", "" };
    static const char *const arm[] = { "https://management.azure.com" };
    static const struct token_expect for_arm = { arm, 1, WORLD_ORIGIN };

    (void)state;
    for (size_t i = 0; i < sizeof(auds) / sizeof(auds[0]); i++) {
        struct claims c = good();

        c.aud = span_str(auds[i]);
        mint(&c);
        if (i == 0) {
            assert_int_equal(token_verify(the->cache, the->w->rows, the->w->view, &for_arm,
                                          secbuf_span(&the->token), &the->caller, NULL),
                             ERR_OK);
        }
        assert_int_equal(verify(), ERR_TOKEN_AUDIENCE);
        assert_false(the->caller.known);
        if (i == 0)
            why_is("AKV10022: Invalid audience. Expected " AUD
                   ", found: https://management.azure.com/.");
    }
}

static void
every_changed_byte_is_noticed(void **state)
{
    struct claims c = good();
    struct secbuf bent;
    enum err e;

    (void)state;
    mint(&c);
    secbuf_init(&bent, MAX_TOKEN);
    for (size_t i = 0; i < the->token.len; i += 7) {
        secbuf_clear(&bent);
        secbuf_put(&bent, secbuf_span(&the->token));
        bent.ptr[i] = bent.ptr[i] == 'A' ? 'B' : 'A';
        e = verify_text(secbuf_span(&bent));
        assert_true(e == ERR_TOKEN_FORMAT || e == ERR_TOKEN_SIGNATURE || e == ERR_TOKEN_KEY);
        assert_false(the->caller.known);
    }
    for (size_t len = 0; len < the->token.len; len += 13)
        assert_int_not_equal(verify_text(span_head(secbuf_span(&the->token), len)), ERR_OK);
    secbuf_release(&bent);
}

#define CLAIMS(tid, oid, appid, extra)                                                         \
    "{\"aud\":\"" AUD "\",\"iss\":\"" WORLD_ORIGIN "/" tid "/\",\"nbf\":1799999000,"           \
    "\"exp\":1800003600,\"tid\":\"" tid "\",\"oid\":\"" oid "\",\"appid\":\"" appid            \
    "\",\"appidacr\":\"1\",\"idtyp\":\"app\"" extra "}"
#define V1   ",\"ver\":\"1.0\""
#define GOOD CLAIMS(WORLD_TENANT, OID, APP, V1)

static void
handmade_token_with_float_times_passes(void **state)
{
    (void)state;
    sign_claims(GOOD);
    assert_int_equal(verify(), ERR_OK);
    sign_claims("{\"aud\":\"" AUD "\",\"iss\":\"" ISS "\",\"nbf\":1799999000.5,\"exp\":"
                "1800003600.25,\"tid\":\"" WORLD_TENANT "\",\"oid\":\"" OID
                "\",\"appid\":\"" APP "\",\"appidacr\":\"1\",\"idtyp\":\"app\"" V1 "}");
    assert_int_equal(verify(), ERR_OK);
}

static void
algorithm_is_pinned(void **state)
{
    static const char *const algs[] = { "none",  "None",  "HS256", "RS384",
                                        "PS256", "ES256", "rs256", "" };
    char header[128];

    (void)state;
    for (size_t i = 0; i < sizeof(algs) / sizeof(algs[0]); i++) {
        (void)snprintf(header, sizeof(header), "{\"alg\":\"%s\",\"kid\":\"%s\"}", algs[i],
                       the->kid);
        sign(header, GOOD);
        assert_int_equal(verify(), ERR_TOKEN_SIGNATURE);
        why_is("Error validating token: IDX10501: Signature validation failed.");
    }
}

/* The classic confusion: a MAC under the published public key. */
static void
mac_under_the_public_key_is_refused(void **state)
{
    char header[128];
    struct signing_keys keys;
    uint8_t mac[MAC_LEN];
    struct buf text;

    (void)state;
    world_look(the->w);
    assert_int_equal(signing_keys_load(the->w->rows, the->w->view, &keys), ERR_OK);
    (void)snprintf(header, sizeof(header), "{\"alg\":\"HS256\",\"kid\":\"%s\"}", the->kid);
    buf_init(&text, MAX_TOKEN);
    jwt_put_signing_input(&text, span_str(header), span_str(GOOD));
    assert_int_equal(hmac_sha256(keys.key[0].der, buf_span(&text), mac), ERR_OK);
    secbuf_clear(&the->token);
    jwt_put(sink_sec(&the->token), buf_span(&text), span_of(mac, sizeof(mac)));
    assert_int_equal(verify(), ERR_TOKEN_SIGNATURE);
    buf_release(&text);
}

static void
unknown_key_is_refused_and_the_header_named(void **state)
{
    static const char header[] = "{\"alg\":\"RS256\",\"kid\":\"nobody\"}";
    struct buf want;

    (void)state;
    sign(header, GOOD);
    assert_int_equal(verify(), ERR_TOKEN_KEY);
    buf_init(&want, 1024);
    buf_put_str(&want, "AKV10046: Unable to resolve the key used for signature validation. "
                       "EncodedJwtHeader: '");
    b64url_put(sink_buf(&want), span_str(header));
    buf_put_str(&want, "'.");
    why_is(buf_str(&want));
    buf_release(&want);
    sign("{\"alg\":\"RS256\"}", GOOD);
    assert_int_equal(verify(), ERR_TOKEN_KEY);
    sign("{\"alg\":\"RS256\",\"kid\":7}", GOOD);
    assert_int_equal(verify(), ERR_TOKEN_KEY);
}

static const struct {
    const char *name, *claims;
    enum err err;
} bad_claims[] = {
    { "no claims", "{}", ERR_TOKEN_FORMAT },
    { "no version", CLAIMS(WORLD_TENANT, OID, APP, ""), ERR_TOKEN_FORMAT },
    { "version 3", CLAIMS(WORLD_TENANT, OID, APP, ",\"ver\":\"3.0\""), ERR_TOKEN_FORMAT },
    { "version 2 claims in a version 1 token",
      CLAIMS(WORLD_TENANT, OID, APP, ",\"ver\":\"2.0\""), ERR_TOKEN_FORMAT },
    { "oid that is no GUID", CLAIMS(WORLD_TENANT, "root", APP, V1), ERR_TOKEN_FORMAT },
    { "unknown tenant", CLAIMS("33333333-3333-4333-8333-333333333333", OID, APP, V1),
      ERR_TOKEN_ISSUER },
    { "unknown principal",
      CLAIMS(WORLD_TENANT, "aaaaaaaa-0000-4000-8000-000000000099", APP, V1),
      ERR_TOKEN_PRINCIPAL },
    { "principal of another application",
      CLAIMS(WORLD_TENANT, OID, "bbbbbbbb-0000-4000-8000-000000000099", V1),
      ERR_TOKEN_PRINCIPAL },
    { "text for exp",
      "{\"aud\":\"" AUD "\",\"iss\":\"" ISS "\",\"nbf\":1,\"exp\":\"1900000000\",\"tid\":"
      "\"" WORLD_TENANT "\",\"oid\":\"" OID "\",\"appid\":\"" APP
      "\",\"appidacr\":\"1\",\"idtyp\":\"app\"" V1 "}",
      ERR_TOKEN_FORMAT },
    { "issuer of another origin",
      "{\"aud\":\"" AUD "\",\"iss\":\"https://evil.example/" WORLD_TENANT
      "/\",\"nbf\":1799999000,"
      "\"exp\":1800003600,\"tid\":\"" WORLD_TENANT "\",\"oid\":\"" OID "\",\"appid\":\"" APP
      "\",\"appidacr\":\"1\",\"idtyp\":\"app\"" V1 "}",
      ERR_TOKEN_ISSUER },
    { "issuer without its slash",
      "{\"aud\":\"" AUD "\",\"iss\":\"" WORLD_ORIGIN "/" WORLD_TENANT "\",\"nbf\":1799999000,"
      "\"exp\":1800003600,\"tid\":\"" WORLD_TENANT "\",\"oid\":\"" OID "\",\"appid\":\"" APP
      "\",\"appidacr\":\"1\",\"idtyp\":\"app\"" V1 "}",
      ERR_TOKEN_ISSUER },
    { "a user token of a service principal",
      "{\"aud\":\"" AUD "\",\"iss\":\"" ISS
      "\",\"nbf\":1799999000,\"exp\":1800003600,\"tid\":\"" WORLD_TENANT "\",\"oid\":\"" OID
      "\",\"appid\":\"" APP "\",\"appidacr\":\"1\",\"idtyp\":\"user\"" V1 "}",
      ERR_TOKEN_PRINCIPAL },
    { "audience list",
      "{\"aud\":[\"" AUD "\"],\"iss\":\"" ISS
      "\",\"nbf\":1799999000,\"exp\":1800003600,\"tid\":\"" WORLD_TENANT "\",\"oid\":\"" OID
      "\",\"appid\":\"" APP "\",\"appidacr\":\"1\",\"idtyp\":\"app\"" V1 "}",
      ERR_TOKEN_FORMAT },
};
enum { NBAD = sizeof(bad_claims) / sizeof(bad_claims[0]) };

static void
is_refused(void **state)
{
    size_t i = (size_t)(uintptr_t)*state;

    sign_claims(bad_claims[i].claims);
    assert_int_equal(verify(), bad_claims[i].err);
    assert_false(the->caller.known);
    assert_int_not_equal(the->why.len, 0);
}

/* The tests before may have taken minutes where everything is slower. Gives the offset. */
static int64_t
put_clock_right(void)
{
    clock_set_offset(clock_offset() + WORLD_NOW - clock_now());
    return clock_offset();
}

static void
time_ends_a_token_cached_or_not(void **state)
{
    struct claims c = good();
    int64_t offset = put_clock_right();

    (void)state;
    c.expires = WORLD_NOW + 1000;
    mint(&c);
    assert_int_equal(verify(), ERR_OK);
    clock_set_offset(offset + 1000 + 250); /* within the skew */
    assert_int_equal(verify(), ERR_OK);
    clock_set_offset(offset + 1000 + 301);
    assert_int_equal(verify(), ERR_TOKEN_EXPIRED);
    why_is("[TokenExpired] Error validating token: 'S2S12086'.");
    clock_set_offset(offset);
    assert_int_equal(verify(), ERR_OK);
}

static void
token_from_the_future_is_refused(void **state)
{
    struct claims c = good();

    (void)state;
    (void)put_clock_right();
    c.not_before = WORLD_NOW + 250;
    mint(&c);
    assert_int_equal(verify(), ERR_OK);
    c.not_before = WORLD_NOW + 600;
    mint(&c);
    assert_int_equal(verify(), ERR_TOKEN_EXPIRED);
}

static void
change_principal(bool delete_it, bool enable)
{
    struct guid oid = world_guid(OID);
    struct principal p;
    struct store_write sw;

    world_look(the->w);
    assert_int_equal(principal_load(the->w->rows, the->w->view, &the->w->tid, &oid, &p),
                     ERR_OK);
    store_write_init(&sw);
    if (delete_it)
        principal_delete(&sw, &p);
    else
        principal_enable(the->w->rows, &sw, &p, enable);
    world_commit(the->w, &sw);
}

static void
disabled_principal_is_nobody_at_once(void **state)
{
    struct claims c = good();

    (void)state;
    mint(&c);
    assert_int_equal(verify(), ERR_OK);
    change_principal(false, false);
    assert_int_equal(verify(), ERR_TOKEN_PRINCIPAL);
    assert_int_equal(verify(), ERR_TOKEN_PRINCIPAL);
    change_principal(false, true);
    assert_int_equal(verify(), ERR_OK);
}

static void
deleted_principal_is_nobody_at_once(void **state)
{
    struct claims c = good();
    struct guid oid = world_guid(OID);
    struct principal p;
    struct store_write sw;

    (void)state;
    mint(&c);
    assert_int_equal(verify(), ERR_OK);
    assert_int_equal(principal_load(the->w->rows, the->w->view, &the->w->tid, &oid, &p),
                     ERR_OK);
    change_principal(true, false);
    assert_int_equal(verify(), ERR_TOKEN_PRINCIPAL);
    store_write_init(&sw);
    principal_store(the->w->rows, &sw, &p, 0);
    world_commit(the->w, &sw);
    assert_int_equal(verify(), ERR_OK);
}

static void
change_application(bool delete_it, bool enabled)
{
    struct guid app = world_guid(APP);
    struct application *a = application_new();
    struct store_write sw;
    struct store_row row;
    enum err e;

    world_look(the->w);
    e = store_get(the->w->view, span_str("ap/" APP), &row);
    a->appid = app;
    a->tid = the->w->tid;
    a->enabled = enabled;
    store_write_init(&sw);
    if (delete_it)
        application_delete(&sw, &app);
    else
        application_store(the->w->rows, &sw, a, e == ERR_OK ? row.revision : 0);
    world_commit(the->w, &sw);
    application_free(a);
}

static void
application_that_is_gone_or_disabled_ends_its_tokens(void **state)
{
    struct claims c = good();

    (void)state;
    mint(&c);
    assert_int_equal(verify(), ERR_OK);
    change_application(false, false);
    assert_int_equal(verify(), ERR_TOKEN_PRINCIPAL);
    change_application(true, false);
    assert_int_equal(verify(), ERR_TOKEN_PRINCIPAL);
    change_application(false, true);
    assert_int_equal(verify(), ERR_OK);
}

static void
tenant_that_is_gone_ends_its_tokens(void **state)
{
    struct claims c = good();
    struct store_write sw;
    struct tenant t;

    (void)state;
    mint(&c);
    assert_int_equal(verify(), ERR_OK);
    assert_int_equal(tenant_load(the->w->rows, the->w->view, &the->w->tid, &t), ERR_OK);
    store_write_init(&sw);
    tenant_delete(&sw, &the->w->tid);
    world_commit(the->w, &sw);
    assert_int_equal(verify(), ERR_TOKEN_ISSUER);
    store_write_init(&sw);
    tenant_store(the->w->rows, &sw, &t, 0);
    world_commit(the->w, &sw);
}

/* Somebody with the disk enables a principal: the tag tells. */
static void
forged_principal_is_an_integrity_error(void **state)
{
    struct claims c = good();
    struct guid oid = world_guid(OID);
    struct principal p;
    struct store_row row;
    struct store_write sw;
    struct buf value;

    (void)state;
    mint(&c);
    assert_int_equal(verify(), ERR_OK);
    assert_int_equal(principal_load(the->w->rows, the->w->view, &the->w->tid, &oid, &p),
                     ERR_OK);
    assert_int_equal(store_get(the->w->view, span_str("sp/" WORLD_TENANT "/" OID), &row),
                     ERR_OK);
    buf_init(&value, 4096);
    buf_put(&value, row.value);
    value.ptr[10] ^= 1;
    store_write_init(&sw);
    store_write_put(&sw, span_str("sp/" WORLD_TENANT "/" OID), buf_span(&value));
    world_commit(the->w, &sw);
    buf_release(&value);
    assert_int_equal(verify(), ERR_INTEGRITY);
    assert_false(the->caller.known);
    world_look(the->w);
    assert_int_equal(store_get(the->w->view, span_str("sp/" WORLD_TENANT "/" OID), &row),
                     ERR_OK);
    store_write_init(&sw);
    principal_store(the->w->rows, &sw, &p, row.revision);
    world_commit(the->w, &sw);
    assert_int_equal(verify(), ERR_OK);
}

static void
token_lives_as_long_as_its_key_is_published(void **state)
{
    struct claims c = good();
    char kid[KID_LEN + 1];
    struct store_write w;
    struct signing_key k;

    (void)state;
    mint(&c);
    assert_int_equal(verify(), ERR_OK);
    world_add_signing_key(the->w, WORLD_NOW + 1, kid);
    assert_int_equal(verify(), ERR_OK);
    store_write_init(&w);
    assert_int_equal(signing_key_load(the->w->rows, the->w->view, span_str(the->kid), &k),
                     ERR_OK);
    signing_key_drop(&w, &k);
    world_commit(the->w, &w);
    assert_int_equal(verify(), ERR_TOKEN_KEY);
    (void)memcpy(the->kid, kid, sizeof(kid));
}

static struct verifykey *
prepared_key(const struct signing_key *of)
{
    struct verifykey *key = NULL;
    struct cert *cert = NULL;

    assert_int_equal(cert_new(of->der, &cert), ERR_OK);
    assert_int_equal(verifykey_from_spki(cert_spki(cert), &key), ERR_OK);
    cert_free(cert);
    return key;
}

static void
prepared_key_is_of_one_row_as_it_was(void **state)
{
    struct token_cache *c = token_cache_new(1);
    struct signing_keys keys;
    struct signing_key k, other;
    struct verifykey *key;

    (void)state;
    world_look(the->w);
    assert_int_equal(signing_keys_load(the->w->rows, the->w->view, &keys), ERR_OK);
    k = keys.key[0];
    assert_null(token_cache_key(NULL, &k));
    assert_null(token_cache_key(c, &k));
    key = prepared_key(&k);
    token_cache_keep_key(c, &k, key);
    assert_ptr_equal(token_cache_key(c, &k), key);
    other = k;
    other.revision++;
    assert_null(token_cache_key(c, &other));
    other = k;
    other.kid[0] ^= 1;
    assert_null(token_cache_key(c, &other));
    /* As many rows as can be published drive it out. */
    for (unsigned i = 0; i < SIGNING_KEYS_MAX; i++) {
        assert_non_null(token_cache_key(c, &k));
        other.revision = 1000 + i;
        token_cache_keep_key(c, &other, prepared_key(&k));
    }
    assert_null(token_cache_key(c, &k));
    token_cache_free(c);
}

static void
bigger_than_any_token_is_refused_unread(void **state)
{
    static char text[MAX_TOKEN + 1];

    (void)state;
    memset(text, 'a', sizeof(text));
    assert_int_equal(verify_text(span_of(text, sizeof(text))), ERR_TOKEN_FORMAT);
    assert_int_equal(verify_text(span_of(text, 0)), ERR_TOKEN_FORMAT);
}

static void
full_cache_forgets_and_goes_on(void **state)
{
    struct token_cache *c = token_cache_new(1);
    uint8_t digest[SHA256_LEN] = { 0 };
    struct token_facts f = { 0 };

    (void)state;
    for (int i = 0; i < 9; i++) {
        digest[0] = (uint8_t)i;
        f.expires = i;
        token_cache_put(c, digest, &f);
        assert_int_equal(token_cache_get(c, digest)->expires, i);
    }
    digest[0] = 0;
    assert_null(token_cache_get(c, digest));
    digest[0] = 8;
    token_cache_drop(c, digest);
    assert_null(token_cache_get(c, digest));
    assert_null(token_cache_get(NULL, digest));
    token_cache_free(c);
}

int
main(void)
{
    static const struct CMUnitTest fixed[] = {
        cmocka_unit_test(good_token_names_its_caller),
        cmocka_unit_test(version_2_token_is_taken),
        cmocka_unit_test(every_accepted_audience_passes_with_and_without_slash),
        cmocka_unit_test(other_audiences_are_refused_cached_or_not),
        cmocka_unit_test(every_changed_byte_is_noticed),
        cmocka_unit_test(handmade_token_with_float_times_passes),
        cmocka_unit_test(algorithm_is_pinned),
        cmocka_unit_test(mac_under_the_public_key_is_refused),
        cmocka_unit_test(unknown_key_is_refused_and_the_header_named),
        cmocka_unit_test(time_ends_a_token_cached_or_not),
        cmocka_unit_test(token_from_the_future_is_refused),
        cmocka_unit_test(disabled_principal_is_nobody_at_once),
        cmocka_unit_test(deleted_principal_is_nobody_at_once),
        cmocka_unit_test(application_that_is_gone_or_disabled_ends_its_tokens),
        cmocka_unit_test(tenant_that_is_gone_ends_its_tokens),
        cmocka_unit_test(forged_principal_is_an_integrity_error),
        cmocka_unit_test(token_lives_as_long_as_its_key_is_published),
        cmocka_unit_test(prepared_key_is_of_one_row_as_it_was),
        cmocka_unit_test(bigger_than_any_token_is_refused_unread),
        cmocka_unit_test(full_cache_forgets_and_goes_on),
    };
    struct CMUnitTest rows[NBAD];

    for (size_t i = 0; i < NBAD; i++)
        rows[i] = (struct CMUnitTest){ .name = bad_claims[i].name,
                                       .test_func = is_refused,
                                       .initial_state = (void *)(uintptr_t)i };
    return cmocka_run_group_tests_name("auth/token", fixed, set_up, tear_down) +
           cmocka_run_group_tests_name("auth/token claims", rows, set_up, tear_down);
}
