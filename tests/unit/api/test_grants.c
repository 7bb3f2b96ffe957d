/* SPDX-License-Identifier: Apache-2.0 */
/* What people's programs exchange for tokens, and what they may not. */
#include "auth/attempts.h"
#include "people_bench.h"

#define BY_AZ         "client_id=" AZ
#define PASSWORD_FORM BY_AZ "&grant_type=password&username=" ALICE "&password="

static char form[4096];
static char token[MAX_TOKEN], kept[128];

/* format with each %s replaced, and %% for a percent sign. */
static const char *
with(const char *format, const char *arg)
{
    struct buf b;

    buf_init(&b, sizeof(form) - 1);
    for (const char *p = format; *p != '\0'; p++) {
        if (p[0] == '%' && p[1] == 's')
            buf_put_str(&b, arg), p++;
        else if (p[0] == '%' && p[1] == '%')
            buf_put_byte(&b, '%'), p++;
        else
            buf_put_byte(&b, (uint8_t)*p);
    }
    (void)snprintf(form, sizeof(form), "%s", buf_str(&b));
    buf_release(&b);
    return form;
}

#define REFRESH BY_AZ "&grant_type=refresh_token&refresh_token=%s" SCOPE

/* ----------------------------------------------------------- name and password */

static void
password_gives_everything_that_az_needs(void **state)
{
    static const char *const names[] = { WORLD_TENANT, WORLD_DOMAIN, "common", "organizations",
                                         "adfs" };
    struct login_bench *b = *state;
    struct caller who;
    char text[512];

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        people_post(b, names[i], PASSWORD_FORM PASSWORD "&client_info=1" SCOPE);
        bench_is_token(b, BENCH_VAULT);
        people_keep(b, "access_token", token, sizeof(token));
        assert_int_equal(people_verify(b, token, BENCH_VAULT, &who), ERR_OK);
        assert_string_equal(who.idtyp, "user");
        assert_string_equal(who.upn, ALICE);
        assert_string_equal(who.scp, "user_impersonation");
        assert_string_equal(who.appidacr, "0");
        assert_string_equal(bench_text(b, "foci"), "1");
        assert_int_equal(bench_number(b, "expires_in"), 3599);
        assert_string_equal(bench_text(b, "scope"),
                            BENCH_VAULT "/.default offline_access openid profile");
        assert_string_not_equal(bench_text(b, "client_info"), "");
        people_keep(b, "id_token", token, sizeof(token));
        people_claim(token, "aud", text, sizeof(text));
        assert_string_equal(text, AZ);
        people_claim(token, "preferred_username", text, sizeof(text));
        assert_string_equal(text, ALICE);
        people_claim(token, "tid", text, sizeof(text));
        assert_string_equal(text, WORLD_TENANT);
        /* An id token opens nothing. */
        assert_int_not_equal(people_verify(b, token, AZ, &who), ERR_OK);
    }
}

static void
what_was_not_asked_for_is_not_given(void **state)
{
    struct login_bench *b = *state;

    people_post(b, "adfs", PASSWORD_FORM PASSWORD "&scope=" VAULT);
    bench_is_token(b, BENCH_VAULT);
    assert_string_equal(bench_text(b, "refresh_token"), "");
    assert_string_equal(bench_text(b, "id_token"), "");
    assert_string_equal(bench_text(b, "client_info"), "");
}

static void
unknown_and_known_names_are_told_the_same(void **state)
{
    static const char *const forms[] = {
        PASSWORD_FORM "wrong" SCOPE,
        BY_AZ "&grant_type=password&username=nobody@contoso.example&password=wrong" SCOPE,
        BY_AZ "&grant_type=password&username=no%2Fname&password=" PASSWORD SCOPE,
    };
    struct login_bench *b = *state;

    for (unsigned i = 0; i < 3; i++)
        for (unsigned n = 1; n <= 7; n++) {
            people_post(b, "common", forms[i]);
            /* Five, then it rests; and each costs the keeper one check. */
            bench_is_error(b, 400, "invalid_grant", n <= 5 ? 50126 : 50053);
            assert_int_equal(b->password_checks, 1);
        }
    /* The right one does not help now, nor does it say that it is right. */
    people_post(b, "common", PASSWORD_FORM PASSWORD SCOPE);
    bench_is_error(b, 400, "invalid_grant", 50053);
}

static void
resting_doubles_and_ends(void **state)
{
    struct login_bench *b = *state;

    for (unsigned n = 0; n < 5; n++)
        people_post(b, "common", PASSWORD_FORM "wrong");
    people_later(ATTEMPTS_REST + 1);
    people_post(b, "common", PASSWORD_FORM "wrong");
    bench_is_error(b, 400, "invalid_grant", 50126);
    people_later(ATTEMPTS_REST + 1);
    people_post(b, "common", PASSWORD_FORM PASSWORD);
    bench_is_error(b, 400, "invalid_grant", 50053);
    people_later(ATTEMPTS_REST);
    people_post(b, "common", PASSWORD_FORM PASSWORD);
    assert_int_equal(b->x.resp.status, 200);
    /* Forgotten: five more are free. */
    for (unsigned n = 0; n < 5; n++) {
        people_post(b, "common", PASSWORD_FORM "wrong");
        bench_is_error(b, 400, "invalid_grant", 50126);
    }
}

static void
disabled_user_is_out_at_once(void **state)
{
    struct login_bench *b = *state;
    struct caller who;

    people_sign_in(b, kept, sizeof(kept));
    people_keep(b, "access_token", token, sizeof(token));
    people_enable(b, ALICE_OID, false);
    assert_int_equal(people_verify(b, token, BENCH_VAULT, &who), ERR_TOKEN_PRINCIPAL);
    people_post(b, "common", PASSWORD_FORM PASSWORD);
    bench_is_error(b, 400, "invalid_grant", 50057);
    people_post(b, "common", PASSWORD_FORM "wrong");
    bench_is_error(b, 400, "invalid_grant", 50126);
    people_post(b, "common", with(REFRESH, kept));
    bench_is_error(b, 400, "invalid_grant", 50057);
}

static void
revocation_ends_what_was_given(void **state)
{
    struct login_bench *b = *state;
    struct caller who;

    people_sign_in(b, kept, sizeof(kept));
    people_keep(b, "access_token", token, sizeof(token));
    people_revoke(b, ALICE_OID);
    assert_int_equal(people_verify(b, token, BENCH_VAULT, &who), ERR_TOKEN_PRINCIPAL);
    people_post(b, "common", with(REFRESH, kept));
    bench_is_error(b, 400, "invalid_grant", 50173);
    /* In the same second, a new sign-in holds. */
    people_sign_in(b, kept, sizeof(kept));
    people_keep(b, "access_token", token, sizeof(token));
    assert_int_equal(people_verify(b, token, BENCH_VAULT, &who), ERR_OK);
}

static void
registered_client_needs_its_flag(void **state)
{
    struct login_bench *b = *state;

    people_post(b, "common",
                "client_id=" BENCH_APP "&grant_type=password&username=" ALICE
                "&password=" PASSWORD SCOPE);
    bench_is_error(b, 401, "invalid_client", 7000218);
    people_app(b, true, 0, NULL);
    people_post(b, "common",
                "client_id=" BENCH_APP "&grant_type=password&username=" ALICE
                "&password=" PASSWORD SCOPE);
    bench_is_token(b, BENCH_VAULT);
    assert_string_equal(bench_text(b, "foci"), "");
    people_post(b, "common",
                BY_AZ "&client_secret=x&grant_type=password&username=a&password=b" SCOPE);
    bench_is_error(b, 401, "invalid_client", 700025);
}

/* -------------------------------------------------------------- refresh tokens */

static void
refresh_token_is_for_every_resource(void **state)
{
    struct login_bench *b = *state;
    struct caller who;
    char aud[256];

    people_sign_in(b, kept, sizeof(kept));
    people_post(b, "organizations",
                with(BY_AZ "&grant_type=refresh_token&refresh_token=%s&scope="
                           "https%%3A%%2F%%2Fmanagement.keyhold.test%%3A8443%%2F%%2F.default",
                     kept));
    assert_int_equal(b->x.resp.status, 200);
    assert_int_equal(strlen(bench_text(b, "refresh_token")), TICKET_LEN);
    people_keep(b, "access_token", token, sizeof(token));
    people_claim(token, "aud", aud, sizeof(aud));
    assert_string_equal(aud, "https://management.keyhold.test:8443/");
    assert_int_equal(people_verify(b, token, "https://management.keyhold.test:8443", &who),
                     ERR_OK);
    /* Without a scope: what was asked for first. */
    people_post(b, "common", with(BY_AZ "&grant_type=refresh_token&refresh_token=%s", kept));
    bench_is_token(b, BENCH_VAULT);
}

static void
exchanged_token_is_good_for_a_minute(void **state)
{
    struct login_bench *b = *state;
    struct caller who;
    char young[128];

    people_sign_in(b, kept, sizeof(kept));
    people_post(b, "common", with(REFRESH, kept));
    assert_int_equal(b->x.resp.status, 200);
    people_keep(b, "refresh_token", young, sizeof(young));
    assert_string_not_equal(young, kept);
    people_later(REFRESH_GRACE - 5);
    people_post(b, "common", with(REFRESH, kept)); /* a parallel process */
    assert_int_equal(b->x.resp.status, 200);
    people_keep(b, "access_token", token, sizeof(token));
    people_later(10);
    people_post(b, "common", with(REFRESH, kept)); /* a thief */
    bench_is_error(b, 400, "invalid_grant", 70000);
    assert_string_equal(bench_text(b, "suberror"), "bad_token");
    people_post(b, "common", with(REFRESH, young)); /* and with him the family */
    bench_is_error(b, 400, "invalid_grant", 70000);
    assert_int_equal(people_verify(b, token, BENCH_VAULT, &who), ERR_TOKEN_PRINCIPAL);
}

static void
refresh_token_lives_and_dies(void **state)
{
    struct login_bench *b = *state;

    people_sign_in(b, kept, sizeof(kept));
    people_later(REFRESH_IDLE + 1);
    people_post(b, "common", with(REFRESH, kept));
    bench_is_error(b, 400, "invalid_grant", 700082);
    /* Used every ten days, it still ends after ninety. */
    people_sign_in(b, kept, sizeof(kept));
    for (unsigned i = 0; i < 8; i++) {
        people_later(11 * 24 * 3600);
        people_post(b, "common", with(REFRESH, kept));
        assert_int_equal(b->x.resp.status, 200);
        people_keep(b, "refresh_token", kept, sizeof(kept));
    }
    people_later(3 * 24 * 3600);
    people_post(b, "common", with(REFRESH, kept));
    bench_is_error(b, 400, "invalid_grant", 700082);
}

static void
refresh_token_is_its_clients(void **state)
{
    struct login_bench *b = *state;

    people_app(b, true, 0, NULL);
    people_sign_in(b, kept, sizeof(kept));
    people_post(
        b, "common",
        with("client_id=" BENCH_APP "&grant_type=refresh_token&refresh_token=%s" SCOPE, kept));
    bench_is_error(b, 400, "invalid_grant", 70000);
    /* The vendor's programs are one family. */
    people_post(
        b, "common",
        with("client_id=" POWERSHELL "&grant_type=refresh_token&refresh_token=%s" SCOPE, kept));
    assert_int_equal(b->x.resp.status, 200);
    people_post(b, "common", with(REFRESH, "no-token"));
    bench_is_error(b, 400, "invalid_grant", 70000);
    people_post(b, "common", with(REFRESH, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
    bench_is_error(b, 400, "invalid_grant", 70000);
}

static void
people_stay_in_their_tenant(void **state)
{
    static const char other[] = "22222222-2222-4222-8222-222222222222";
    struct login_bench *b = *state;
    struct tenant t = { .tid = world_guid(other), .name = "Other", .domain = "other.example" };
    struct store_write sw;

    store_write_init(&sw);
    tenant_store(b->w->rows, &sw, &t, 0);
    world_commit(b->w, &sw);
    people_sign_in(b, kept, sizeof(kept));
    people_post(b, other, with(REFRESH, kept));
    bench_is_error(b, 400, "invalid_grant", 50020);
    people_post(b, other, PASSWORD_FORM PASSWORD SCOPE);
    bench_is_error(b, 400, "invalid_grant", 50126);
    /* By his name's domain he is found; but the application is not one of his tenant. */
    people_add_to(b, &t.tid, "bob@other.example", "cccccccc-0000-4000-8000-000000000002",
                  PASSWORD);
    people_app(b, true, 0, NULL);
    people_post(b, "common",
                "client_id=" BENCH_APP "&grant_type=password&username=bob@other.example"
                "&password=" PASSWORD SCOPE);
    bench_is_error(b, 400, "unauthorized_client", 700016);
    people_post(b, "common",
                BY_AZ
                "&grant_type=password&username=bob@other.example&password=" PASSWORD SCOPE);
    assert_int_equal(b->x.resp.status, 200);
    people_keep(b, "access_token", token, sizeof(token));
    people_claim(token, "tid", kept, sizeof(kept));
    assert_string_equal(kept, other);
}

/* ----------------------------------------------------------------------- codes */

static void
make_code(struct login_bench *b, const char *appid, const char *redirect, const char *challenge)
{
    struct code c = { .appid = world_guid(appid),
                      .tid = b->w->tid,
                      .oid = world_guid(ALICE_OID),
                      .issued = clock_now(),
                      .auth_time = clock_now() };
    struct secbuf text;
    struct store_write sw;

    (void)snprintf(c.redirect, sizeof(c.redirect), "%s", redirect);
    (void)snprintf(c.challenge, sizeof(c.challenge), "%s", challenge);
    (void)snprintf(c.scope, sizeof(c.scope), "%s",
                   BENCH_VAULT "/.default openid offline_access");
    (void)snprintf(c.nonce, sizeof(c.nonce), "n-0S6_WzA2Mj");
    secbuf_init(&text, 64);
    store_write_init(&sw);
    assert_int_equal(code_new(b->w->rows, &sw, &c, clock_now(), &text), ERR_OK);
    world_commit(b->w, &sw);
    assert_true(span_copy_str(secbuf_span(&text), kept, sizeof(kept)));
    secbuf_release(&text);
}

#define CODE_OF(client, more) "client_id=" client "&grant_type=authorization_code&code=%s" more
#define CODE                  CODE_OF(AZ, "&redirect_uri=" LOCALHOST "&code_verifier=" VERIFIER)

static void
code_is_redeemed_once(void **state)
{
    struct login_bench *b = *state;
    char refresh[128], nonce[64];
    struct caller who;

    make_code(b, AZ, LOCALHOST, CHALLENGE);
    people_post(b, "adfs", with(CODE, kept));
    bench_is_token(b, BENCH_VAULT);
    people_keep(b, "refresh_token", refresh, sizeof(refresh));
    people_keep(b, "id_token", token, sizeof(token));
    people_claim(token, "nonce", nonce, sizeof(nonce));
    assert_string_equal(nonce, "n-0S6_WzA2Mj");
    people_keep(b, "access_token", token, sizeof(token));
    assert_int_equal(people_verify(b, token, BENCH_VAULT, &who), ERR_OK);
    /* A replay ends what the first use gave. */
    people_post(b, "adfs", with(CODE, kept));
    bench_is_error(b, 400, "invalid_grant", 54005);
    assert_int_equal(people_verify(b, token, BENCH_VAULT, &who), ERR_TOKEN_PRINCIPAL);
    people_post(b, "adfs", with(REFRESH, refresh));
    bench_is_error(b, 400, "invalid_grant", 70000);
}

static const struct bad_code {
    const char *what, *client, *redirect, *challenge, *form;
    unsigned status, code;
    const char *error;
} bad_codes[] = {
    { "other verifier", AZ, LOCALHOST, CHALLENGE,
      CODE_OF(AZ, "&redirect_uri=" LOCALHOST
                  "&code_verifier=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
      400, 501481, "invalid_grant" },
    { "no verifier", AZ, LOCALHOST, CHALLENGE, CODE_OF(AZ, "&redirect_uri=" LOCALHOST), 400,
      501481, "invalid_grant" },
    { "the challenge for the verifier", AZ, LOCALHOST, CHALLENGE,
      CODE_OF(AZ, "&redirect_uri=" LOCALHOST "&code_verifier=" CHALLENGE), 400, 501481,
      "invalid_grant" },
    { "short verifier", AZ, LOCALHOST, CHALLENGE,
      CODE_OF(AZ, "&redirect_uri=" LOCALHOST "&code_verifier=abc"), 400, 501481,
      "invalid_grant" },
    { "challenge taken away on the way", AZ, LOCALHOST, "", CODE, 400, 501481,
      "invalid_grant" },
    { "public, and never a challenge", AZ, LOCALHOST, "",
      CODE_OF(AZ, "&redirect_uri=" LOCALHOST), 400, 501481, "invalid_grant" },
    { "other redirect", AZ, LOCALHOST, CHALLENGE,
      CODE_OF(AZ, "&redirect_uri=http://localhost:8401&code_verifier=" VERIFIER), 400, 500112,
      "invalid_grant" },
    { "no redirect", AZ, LOCALHOST, CHALLENGE, CODE_OF(AZ, "&code_verifier=" VERIFIER), 400,
      900144, "invalid_request" },
    { "other client", AZ, LOCALHOST, CHALLENGE,
      CODE_OF(POWERSHELL, "&redirect_uri=" LOCALHOST "&code_verifier=" VERIFIER), 400, 70000,
      "invalid_grant" },
    { "server without its secret", BENCH_APP, "https://app.example/cb", CHALLENGE,
      CODE_OF(BENCH_APP, "&redirect_uri=https://app.example/cb&code_verifier=" VERIFIER), 401,
      7000218, "invalid_client" },
};

static void
codes_are_bound(void **state)
{
    struct login_bench *b = *state;

    people_app(b, false, REDIRECT_WEB, "https://app.example/cb");
    for (size_t i = 0; i < sizeof(bad_codes) / sizeof(bad_codes[0]); i++) {
        const struct bad_code *c = &bad_codes[i];

        make_code(b, c->client, c->redirect, c->challenge);
        print_message("%s\n", c->what);
        people_post(b, "common", with(c->form, kept));
        bench_is_error(b, c->status, c->error, c->code);
    }
    make_code(b, AZ, LOCALHOST, CHALLENGE);
    people_later(CODE_LIFETIME + 1);
    people_post(b, "common", with(CODE, kept));
    bench_is_error(b, 400, "invalid_grant", 70008);
    people_post(b, "common", with(CODE, "x"));
    bench_is_error(b, 400, "invalid_grant", 70000);
}

static void
server_redeems_with_its_secret(void **state)
{
    struct login_bench *b = *state;

    bench_add_secret(b, "s3cret-of-the-server-s3cret", 0);
    people_app(b, false, REDIRECT_WEB, "https://app.example/cb");
    make_code(b, BENCH_APP, "https://app.example/cb", "");
    people_post(b, "common",
                with(CODE_OF(BENCH_APP, "&client_secret=s3cret-of-the-server-s3cret"
                                        "&redirect_uri=https://app.example/cb"),
                     kept));
    bench_is_token(b, BENCH_VAULT);
    /* Asked for without a challenge, redeemed with a verifier: taken away on the way. */
    make_code(b, BENCH_APP, "https://app.example/cb", "");
    people_post(b, "common",
                with(CODE_OF(BENCH_APP, "&client_secret=s3cret-of-the-server-s3cret"
                                        "&redirect_uri=https://app.example/cb"
                                        "&code_verifier=" VERIFIER),
                     kept));
    bench_is_error(b, 400, "invalid_grant", 501481);
}

/* ---------------------------------------------------------------- on behalf of */

static void
middle_tier_acts_for_alice(void **state)
{
    struct login_bench *b = *state;
    struct caller who;

    bench_add_secret(b, "s3cret-of-the-server-s3cret", 0);
#define BEHALF                                                                                 \
    "client_id=" BENCH_APP "&client_secret=s3cret-of-the-server-s3cret&grant_type="            \
    "urn%%3Aietf%%3Aparams%%3Aoauth%%3Agrant-type%%3Ajwt-bearer"                               \
    "&requested_token_use=on_behalf_of&client_info=1&assertion=%s&scope="                      \
    "https%%3A%%2F%%2Fvault.keyhold.test%%3A8443%%2F.default%%20offline_access%%20openid"
    people_post(b, "common",
                PASSWORD_FORM PASSWORD "&scope=api%3A%2F%2F" BENCH_APP "%2F.default");
    people_keep(b, "access_token", token, sizeof(token));
    people_post(b, WORLD_TENANT, with(BEHALF, token));
    bench_is_token(b, BENCH_VAULT);
    people_keep(b, "refresh_token", kept, sizeof(kept));
    people_keep(b, "access_token", token, sizeof(token));
    assert_int_equal(people_verify(b, token, BENCH_VAULT, &who), ERR_OK);
    assert_string_equal(who.upn, ALICE);
    assert_string_equal(who.appid.text, BENCH_APP);
    assert_string_equal(who.appidacr, "1");
    /* The refresh token is the middle tier's, with its secret. */
    people_post(b, "common",
                with("client_id=" BENCH_APP "&client_secret=s3cret-of-the-server-s3cret"
                     "&grant_type=refresh_token&refresh_token=%s",
                     kept));
    bench_is_token(b, BENCH_VAULT);
    /* A token for somebody else is no assertion. */
    people_post(b, WORLD_TENANT, with(BEHALF, token));
    bench_is_error(b, 400, "invalid_grant", 500131);
    people_post(b, WORLD_TENANT, with(BEHALF, "eyJhbGciOiJub25lIn0.e30."));
    bench_is_error(b, 400, "invalid_grant", 50013);
}

static void
applications_are_nobodys_assertion(void **state)
{
    struct login_bench *b = *state;

    bench_add_secret(b, "s3cret-of-the-server-s3cret", 0);
    people_post(b, WORLD_TENANT,
                "client_id=" BENCH_APP "&client_secret=s3cret-of-the-server-s3cret"
                "&grant_type=client_credentials&scope=" BENCH_APP "%2F.default");
    assert_int_equal(b->x.resp.status, 200);
    people_keep(b, "access_token", token, sizeof(token));
    people_post(b, WORLD_TENANT, with(BEHALF, token));
    bench_is_error(b, 400, "invalid_grant", 50013);
}

/* ----------------------------------------------------------------- device codes */

static void
start_device(struct login_bench *b)
{
    bench_request(b, "client_id=" AZ SCOPE);
    assert_int_equal(bench_run(b, api_login_devicecode_v2, "common"), 200);
    assert_int_equal(strlen(bench_text(b, "user_code")), USER_CODE_LEN);
    assert_int_equal(bench_number(b, "interval"), DEVICE_INTERVAL);
    people_keep(b, "device_code", kept, sizeof(kept));
}

static void
set_device(struct login_bench *b, enum device_state state)
{
    struct store_write sw;
    struct device d;

    world_look(b->w);
    assert_int_equal(device_load(b->w->rows, b->w->view, span_str(kept), &d), ERR_OK);
    d.state = state;
    d.tid = b->w->tid;
    d.oid = world_guid(ALICE_OID);
    d.issued = d.auth_time = clock_now();
    store_write_init(&sw);
    device_store(b->w->rows, &sw, &d);
    world_commit(b->w, &sw);
}

#define PYTHON                                                                                 \
    BY_AZ "&grant_type=urn%%3Aietf%%3Aparams%%3Aoauth%%3Agrant-type%%3Adevice_code"            \
          "&code=%s&device_code=%s&client_info=1"
#define JAVASCRIPT BY_AZ "&grant_type=device_code&device_code=%s" SCOPE

static void
device_is_polled(void **state)
{
    struct login_bench *b = *state;

    start_device(b);
    people_post(b, "common", with(PYTHON, kept));
    bench_is_error(b, 400, "authorization_pending", 70016);
    people_post(b, "common", with(PYTHON, kept));
    bench_is_error(b, 400, "slow_down", 70016);
    people_later(5);
    people_post(b, "common", with(PYTHON, kept));
    bench_is_error(b, 400, "authorization_pending", 70016);
    set_device(b, DEVICE_APPROVED);
    people_later(5);
    people_post(b, "common", with(PYTHON, kept));
    bench_is_token(b, BENCH_VAULT);
    people_keep(b, "access_token", token, sizeof(token));
    people_post(b, "common", with(PYTHON, kept));
    bench_is_error(b, 400, "invalid_grant", 54005);
    assert_int_equal(people_verify(b, token, BENCH_VAULT, &(struct caller){ .known = false }),
                     ERR_TOKEN_PRINCIPAL);
}

static void
device_codes_are_declined_expired_and_others(void **state)
{
    struct login_bench *b = *state;

    start_device(b);
    set_device(b, DEVICE_DECLINED);
    people_post(b, "common", with(JAVASCRIPT, kept));
    bench_is_error(b, 400, "authorization_declined", 70018);
    start_device(b);
    people_post(b, "common",
                with("client_id=" POWERSHELL "&grant_type=device_code&device_code=%s", kept));
    bench_is_error(b, 400, "bad_verification_code", 70019);
    people_post(b, "common", with(JAVASCRIPT, "x"));
    bench_is_error(b, 400, "bad_verification_code", 70019);
    people_later(DEVICE_LIFETIME + 1);
    people_post(b, "common", with(JAVASCRIPT, kept));
    bench_is_error(b, 400, "expired_token", 70020);
    bench_request(b, "client_id=" BENCH_APP SCOPE);
    (void)bench_run(b, api_login_devicecode_v2, "common");
    bench_is_error(b, 401, "invalid_client", 7000218);
    bench_request(b, "client_id=" WORLD_TENANT SCOPE);
    (void)bench_run(b, api_login_devicecode_v2, "common");
    bench_is_error(b, 400, "unauthorized_client", 700016);
}

#define P(f) cmocka_unit_test_setup_teardown(f, people_set_up, people_tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        P(password_gives_everything_that_az_needs),
        P(what_was_not_asked_for_is_not_given),
        P(unknown_and_known_names_are_told_the_same),
        P(resting_doubles_and_ends),
        P(disabled_user_is_out_at_once),
        P(revocation_ends_what_was_given),
        P(registered_client_needs_its_flag),
        P(refresh_token_is_for_every_resource),
        P(exchanged_token_is_good_for_a_minute),
        P(refresh_token_lives_and_dies),
        P(refresh_token_is_its_clients),
        P(people_stay_in_their_tenant),
        P(code_is_redeemed_once),
        P(codes_are_bound),
        P(server_redeems_with_its_secret),
        P(middle_tier_acts_for_alice),
        P(applications_are_nobodys_assertion),
        P(device_is_polled),
        P(device_codes_are_declined_expired_and_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
