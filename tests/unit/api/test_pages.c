/* SPDX-License-Identifier: Apache-2.0 */
/* The pages: where a browser is sent, where it never is, and what it has to bring. */
#include "auth/attempts.h"
#include "people_bench.h"

struct param {
    const char *name, *value;
};

/* What MSAL sends; a test takes out or changes one of them. */
static const struct param usual[] = {
    { "client_id", AZ },
    { "response_type", "code" },
    { "redirect_uri", LOCALHOST },
    { "scope", BENCH_VAULT "/.default offline_access openid profile" },
    { "state", "st&ate=1 2" },
    { "code_challenge", CHALLENGE },
    { "code_challenge_method", "S256" },
    { "nonce", "n1" },
    { "client_info", "1" },
};
enum { NUSUAL = sizeof(usual) / sizeof(usual[0]) };

static char cookies[512], body[512], guard[64], text[8192];

static void
remember_cookie(struct login_bench *b, const char *name)
{
    struct span s = buf_span(&b->x.resp.headers);
    char start[64];
    const char *at;
    size_t len = 0;

    (void)snprintf(start, sizeof(start), "Set-Cookie: %s=", name);
    assert_true(span_copy_str(s, text, sizeof(text)));
    at = strstr(text, start);
    if (at == NULL)
        return;
    assert_non_null(strstr(at, "; Path=/; Secure; HttpOnly; SameSite=Lax"));
    at += strlen("Set-Cookie: ");
    while (at[len] != ';')
        len++;
    (void)snprintf(cookies + strlen(cookies), sizeof(cookies) - strlen(cookies), "%s%.*s",
                   cookies[0] == '\0' ? "" : "; ", (int)len, at);
}

/* The page, as text; its guard is kept. */
static const char *
page(struct login_bench *b)
{
    static const char mark[] = "name=\"guard\" value=\"";
    static char html[8192];
    const char *at;

    assert_true(span_copy_str(secbuf_span(&b->x.resp.body), html, sizeof(html)));
    at = strstr(html, mark);
    if (at != NULL)
        (void)snprintf(guard, sizeof(guard), "%.32s", at + strlen(mark));
    return html;
}

/* form: fields of a POST, "%g" is the guard; NULL: GET. change: instead of the usual; a NULL
 * value takes it out. */
static unsigned
authorize(struct login_bench *b, const char *form, const struct param *change, size_t n)
{
    if (form != NULL)
        (void)snprintf(body, sizeof(body), "guard=%s&%s", guard, form);
    bench_request(b, form == NULL ? NULL : body);
    if (cookies[0] != '\0')
        bench_header(b, "Cookie", cookies);
    for (size_t i = 0; i < NUSUAL; i++) {
        const char *value = usual[i].value;

        for (size_t k = 0; k < n; k++)
            if (strcmp(change[k].name, usual[i].name) == 0)
                value = change[k].value;
        if (value != NULL)
            bench_param(b, usual[i].name, value);
    }
    for (size_t k = 0; k < n; k++) {
        bool known = false;

        for (size_t i = 0; i < NUSUAL; i++)
            known = known || strcmp(change[k].name, usual[i].name) == 0;
        if (!known)
            bench_param(b, change[k].name, change[k].value);
    }
    (void)bench_run(b, api_login_authorize, "common");
    remember_cookie(b, "__Host-keyhold-guard");
    remember_cookie(b, "__Host-keyhold-session");
    return b->x.resp.status;
}

static const char *
location(struct login_bench *b)
{
    static char to[8192];
    struct span s = buf_span(&b->x.resp.headers);
    const char *at;

    assert_true(span_copy_str(s, text, sizeof(text)));
    at = strstr(text, "Location: ");
    if (at == NULL)
        return "";
    (void)snprintf(to, sizeof(to), "%s", at + strlen("Location: "));
    to[strcspn(to, "\r\n")] = '\0';
    return to;
}

#define CREDENTIALS "username=" ALICE "&password=" PASSWORD

/* Leaves the cookies of somebody who has signed in. */
static void
sign_in(struct login_bench *b)
{
    assert_int_equal(authorize(b, NULL, NULL, 0), 200);
    (void)page(b);
    assert_int_equal(authorize(b, CREDENTIALS, NULL, 0), 303);
}

static void
page_can_be_used_by_everybody(void **state)
{
    struct login_bench *b = *state;
    const char *html;

    assert_int_equal(authorize(b, NULL, NULL, 0), 200);
    html = page(b);
    assert_non_null(strstr(html, "<html lang=\"en\">"));
    assert_non_null(strstr(html, "<label for=\"username\">"));
    assert_non_null(strstr(html, "<label for=\"password\">"));
    assert_non_null(strstr(html, "autofocus"));
    assert_non_null(strstr(html, "Microsoft Azure CLI"));
    assert_null(strstr(html, "<script"));
    assert_true(bench_has_header(b, "Content-Security-Policy: default-src 'none'; "
                                    "style-src 'self'; form-action 'self' "
                                    "http://localhost:8400; frame-ancestors 'none'; "
                                    "base-uri 'none'\r\n"));
    assert_true(bench_has_header(b, "Cache-Control: no-store\r\n"));
    assert_true(bench_has_header(b, "X-Frame-Options: DENY\r\n"));
}

static void
signing_in_gives_a_code_and_a_session(void **state)
{
    struct login_bench *b = *state;
    static const struct param login[] = { { "prompt", "login" } };
    static const struct param none[] = { { "prompt", "none" } };
    static const struct param choose[] = { { "prompt", "select_account" } };
    static const struct param mode[] = { { "response_mode", "fragment" } };

    assert_int_equal(authorize(b, NULL, none, 1), 302);
    assert_non_null(strstr(location(b), "?error=login_required&"));
    sign_in(b);
    assert_true(strncmp(location(b), LOCALHOST "?code=", 27) == 0);
    assert_non_null(strstr(location(b), "&state=st%26ate%3D1%202"));
    assert_int_equal(authorize(b, NULL, NULL, 0), 302);
    assert_int_equal(authorize(b, NULL, none, 1), 302);
    assert_non_null(strstr(location(b), "?code="));
    assert_int_equal(authorize(b, NULL, mode, 1), 302);
    assert_non_null(strstr(location(b), "#code="));
    assert_int_equal(authorize(b, NULL, login, 1), 200);
    assert_non_null(strstr(page(b), "id=\"password\""));
    assert_int_equal(authorize(b, "decision=continue", login, 1), 200);
    assert_int_equal(authorize(b, NULL, choose, 1), 200);
    assert_non_null(strstr(page(b), ALICE));
    assert_int_equal(authorize(b, "decision=continue", choose, 1), 303);
    assert_non_null(strstr(location(b), "?code="));
    assert_int_equal(authorize(b, "decision=other", choose, 1), 200);
    assert_int_equal(authorize(b, "decision=cancel", choose, 1), 303);
    assert_non_null(strstr(location(b), "?error=access_denied&"));
}

static void
form_post_goes_by_a_form(void **state)
{
    static const struct param mode[] = { { "response_mode", "form_post" } };
    struct login_bench *b = *state;
    const char *html;

    sign_in(b);
    assert_int_equal(authorize(b, NULL, mode, 1), 200);
    html = page(b);
    assert_non_null(strstr(html, "<form method=\"post\" action=\"" LOCALHOST "\">"));
    assert_non_null(strstr(html, "name=\"state\" value=\"st&amp;ate=1 2\""));
    assert_non_null(strstr(html, "name=\"code\""));
    /* The one script there is, by its hash. */
    assert_true(bench_has_header(b, "default-src 'none'; script-src 'sha256-"));
    assert_non_null(strstr(html, "<script>document.forms[0].submit()</script>"));
}

static void
session_ends_with_its_person(void **state)
{
    static const struct param none[] = { { "prompt", "none" } };
    static const struct param age[] = { { "max_age", "60" } };
    struct login_bench *b = *state;

    sign_in(b);
    people_later(61);
    assert_int_equal(authorize(b, NULL, NULL, 0), 302);
    assert_int_equal(authorize(b, NULL, age, 1), 200);
    people_enable(b, ALICE_OID, false);
    assert_int_equal(authorize(b, NULL, none, 1), 302);
    assert_non_null(strstr(location(b), "error=login_required"));
    people_enable(b, ALICE_OID, true);
    people_revoke(b, ALICE_OID);
    assert_int_equal(authorize(b, NULL, NULL, 0), 200);
    people_later(2);
    assert_int_equal(authorize(b, CREDENTIALS, NULL, 0), 303);
    people_later(SESSION_LIFETIME + 1);
    assert_int_equal(authorize(b, NULL, NULL, 0), 200);
}

static void
wrong_passwords_are_told_and_counted(void **state)
{
    static const char *const forms[] = { "username=" ALICE "&password=x",
                                         "username=nobody%40contoso.example&password=x" };
    struct login_bench *b = *state;
    char first[8192];

    assert_int_equal(authorize(b, NULL, NULL, 0), 200);
    (void)page(b);
    for (size_t k = 0; k < 2; k++)
        for (unsigned n = 1; n <= 6; n++) {
            assert_int_equal(authorize(b, forms[k], NULL, 0), 400);
            assert_int_equal(b->password_checks, 1);
            assert_non_null(strstr(page(b), "role=\"alert\""));
            assert_non_null(strstr(page(b), n <= 5 ? "name or the password is wrong"
                                                   : "too many attempts"));
            assert_null(strstr(page(b), "value=\"x\""));
            (void)snprintf(first, sizeof(first), "%s", page(b));
        }
    assert_int_equal(authorize(b, "username=" ALICE, NULL, 0), 400);
}

static void
form_of_another_browser_is_refused(void **state)
{
    struct login_bench *b = *state;
    char mine[sizeof(cookies)];

    assert_int_equal(authorize(b, NULL, NULL, 0), 200);
    (void)page(b);
    (void)snprintf(mine, sizeof(mine), "%s", cookies);
    cookies[0] = '\0'; /* no cookie */
    assert_int_equal(authorize(b, CREDENTIALS, NULL, 0), 400);
    assert_int_equal(b->password_checks, 0);
    /* that answer set one of its own, which the old field does not fit */
    (void)snprintf(guard, sizeof(guard), "00000000000000000000000000000000");
    assert_int_equal(authorize(b, CREDENTIALS, NULL, 0), 400);
    (void)snprintf(cookies, sizeof(cookies), "%s", mine);
    assert_int_equal(authorize(b, CREDENTIALS, NULL, 0), 400);
    assert_int_equal(b->password_checks, 0);
    (void)page(b);
    assert_int_equal(authorize(b, CREDENTIALS, NULL, 0), 303);
}

static const struct closed {
    const char *what;
    struct param change;
    const char *code;
} closed[] = {
    { "a stranger's host", { "redirect_uri", "https://evil.example/" }, "AADSTS50011" },
    { "our name in front", { "redirect_uri", "http://localhost.evil.example" }, "AADSTS50011" },
    { "our name as a user",
      { "redirect_uri", "http://localhost:1@evil.example/" },
      "AADSTS50011" },
    { "a user of ours", { "redirect_uri", "http://x@localhost:8400" }, "AADSTS50011" },
    { "another path", { "redirect_uri", "http://localhost:8400/x" }, "AADSTS50011" },
    { "a fragment", { "redirect_uri", "http://localhost:8400#x" }, "AADSTS50011" },
    { "a backslash", { "redirect_uri", "http://localhost\\@evil.example" }, "AADSTS50011" },
    { "a script", { "redirect_uri", "javascript:alert(1)" }, "AADSTS50011" },
    { "no scheme", { "redirect_uri", "//evil.example" }, "AADSTS50011" },
    { "a line break", { "redirect_uri", "http://localhost:8400/\r\nX: y" }, "AADSTS50011" },
    { "a port too far", { "redirect_uri", "http://localhost:84000" }, "AADSTS50011" },
    { "https", { "redirect_uri", "https://localhost:8400" }, "AADSTS50011" },
    { "no redirect", { "redirect_uri", NULL }, "AADSTS900144" },
    { "no client", { "client_id", NULL }, "AADSTS900144" },
    { "unknown client", { "client_id", WORLD_TENANT }, "AADSTS700016" },
    { "no id", { "client_id", "<script>" }, "AADSTS700016" },
};

static void
nobody_is_sent_to_strangers(void **state)
{
    struct login_bench *b = *state;

    sign_in(b);
    for (size_t i = 0; i < sizeof(closed) / sizeof(closed[0]); i++) {
        print_message("%s\n", closed[i].what);
        assert_int_equal(authorize(b, NULL, &closed[i].change, 1), 400);
        assert_string_equal(location(b), "");
        assert_non_null(strstr(page(b), closed[i].code));
        assert_null(strstr(page(b), "<script"));
        assert_true(bench_has_header(b, "form-action 'self'; "));
        assert_int_equal(authorize(b, CREDENTIALS, &closed[i].change, 1), 400);
        assert_string_equal(location(b), "");
    }
}

static const struct sent_back {
    struct param change[2];
    const char *error;
} sent_back[] = {
    { { { "response_type", "token" }, { "x", "" } }, "unsupported_response_type" },
    { { { "response_type", "id_token" }, { "x", "" } }, "unsupported_response_type" },
    { { { "response_type", NULL }, { "x", "" } }, "unsupported_response_type" },
    { { { "response_mode", "web_message" }, { "x", "" } }, "invalid_request" },
    { { { "code_challenge_method", "plain" }, { "x", "" } }, "invalid_request" },
    { { { "code_challenge_method", NULL }, { "x", "" } }, "invalid_request" },
    { { { "code_challenge", "short" }, { "x", "" } }, "invalid_request" },
    { { { "code_challenge", NULL }, { "code_challenge_method", NULL } }, "invalid_request" },
    { { { "scope", "https://evil.example/.default" }, { "x", "" } }, "invalid_resource" },
    { { { "scope", "https://vault.azure.net/.default https://graph.microsoft.com/.default" },
        { "x", "" } },
      "invalid_scope" },
};

static void
mistakes_are_sent_back(void **state)
{
    struct login_bench *b = *state;
    char want[128];

    sign_in(b);
    for (size_t i = 0; i < sizeof(sent_back) / sizeof(sent_back[0]); i++) {
        (void)snprintf(want, sizeof(want), LOCALHOST "?error=%s&error_description=AADSTS",
                       sent_back[i].error);
        assert_int_equal(authorize(b, NULL, sent_back[i].change, 2), 302);
        if (strncmp(location(b), want, strlen(want)) != 0)
            fail_msg("%zu: %s", i, location(b));
        assert_non_null(strstr(location(b), "&state=st%26ate%3D1%202"));
    }
}

static void
parameters_come_once(void **state)
{
    struct login_bench *b = *state;

    for (size_t i = 0; i < 3; i++) {
        bench_request(b, NULL);
        for (size_t k = 0; k < NUSUAL; k++)
            bench_param(b, usual[k].name, usual[k].value);
        bench_param(b, usual[i].name, usual[i].value);
        assert_int_equal(bench_run(b, api_login_authorize, "common"), 400);
        assert_non_null(strstr(page(b), "AADSTS9002313"));
    }
}

/* ---------------------------------------------------------------- device codes */

static unsigned
device(struct login_bench *b, const char *form)
{
    if (form != NULL)
        (void)snprintf(body, sizeof(body), "guard=%s&%s", guard, form);
    bench_request(b, form == NULL ? NULL : body);
    if (cookies[0] != '\0')
        bench_header(b, "Cookie", cookies);
    (void)bench_run(b, api_login_deviceauth, "common");
    remember_cookie(b, "__Host-keyhold-guard");
    remember_cookie(b, "__Host-keyhold-session");
    return b->x.resp.status;
}

static char user_code[16], device_code[64];

static void
start(struct login_bench *b)
{
    bench_request(b, "client_id=" AZ SCOPE);
    assert_int_equal(bench_run(b, api_login_devicecode_v2, "common"), 200);
    people_keep(b, "user_code", user_code, sizeof(user_code));
    people_keep(b, "device_code", device_code, sizeof(device_code));
}

static void
poll_is(struct login_bench *b, unsigned status, const char *error)
{
    char form[512];

    people_later(6);
    (void)snprintf(form, sizeof(form), "client_id=" AZ "&grant_type=device_code&device_code=%s",
                   device_code);
    people_post(b, "common", form);
    assert_int_equal(b->x.resp.status, status);
    assert_string_equal(bench_text(b, "error"), error);
}

static void
device_is_approved_by_a_person(void **state)
{
    struct login_bench *b = *state;
    char form[256];

    start(b);
    poll_is(b, 400, "authorization_pending");
    assert_int_equal(device(b, NULL), 200);
    assert_non_null(strstr(page(b), "<label for=\"user_code\">"));
    /* Typed as people type. */
    (void)snprintf(form, sizeof(form), CREDENTIALS "&user_code=%.4s-%.4s", user_code,
                   user_code + 4);
    assert_int_equal(device(b, form), 200);
    assert_non_null(strstr(page(b), "Microsoft Azure CLI"));
    poll_is(b, 400, "authorization_pending"); /* nobody has said yes */
    (void)snprintf(form, sizeof(form), "decision=continue&user_code=%s", user_code);
    assert_int_equal(device(b, form), 200);
    assert_int_equal(device(b, form), 400); /* the code is used up */
    poll_is(b, 200, "");
}

static void
device_is_declined_by_a_person(void **state)
{
    struct login_bench *b = *state;
    char form[256];

    start(b);
    assert_int_equal(device(b, NULL), 200);
    (void)page(b);
    (void)snprintf(form, sizeof(form), CREDENTIALS "&decision=cancel&user_code=%s", user_code);
    assert_int_equal(device(b, form), 200);
    poll_is(b, 400, "authorization_declined");
}

static void
codes_cannot_be_guessed(void **state)
{
    struct login_bench *b = *state;
    char form[256];

    start(b);
    assert_int_equal(device(b, NULL), 200);
    (void)page(b);
    /* Without a person not one is looked up. */
    (void)snprintf(form, sizeof(form), "decision=continue&user_code=%s", user_code);
    assert_int_equal(device(b, form), 400);
    poll_is(b, 400, "authorization_pending");
    assert_int_equal(device(b, CREDENTIALS "&user_code=BBBBBBBB"), 400);
    for (unsigned n = 0; n < 4; n++)
        assert_int_equal(device(b, "user_code=CCCCCCCC"), 400);
    /* Five wrong ones: now the right one rests too. */
    assert_int_equal(device(b, form), 400);
    assert_non_null(strstr(page(b), "too many wrong codes"));
    poll_is(b, 400, "authorization_pending");
    people_later(ATTEMPTS_REST);
    assert_int_equal(device(b, form), 200);
    poll_is(b, 200, "");
}

static void
sign_out_ends_the_session(void **state)
{
    struct login_bench *b = *state;

    sign_in(b);
    people_app(b, false, REDIRECT_WEB, "https://app.example/bye");
    for (unsigned i = 0; i < 3; i++) {
        bench_request(b, NULL);
        bench_header(b, "Cookie", cookies);
        bench_param(b, "post_logout_redirect_uri",
                    i == 1 ? "https://evil.example/" : "https://app.example/bye");
        if (i > 0)
            bench_param(b, "client_id", BENCH_APP);
        assert_int_equal(bench_run(b, api_login_logout, "common"), i == 2 ? 302 : 200);
        assert_true(bench_has_header(b, "Set-Cookie: __Host-keyhold-session=; "));
        assert_true(bench_has_header(b, "Max-Age=0"));
    }
    assert_string_equal(location(b), "https://app.example/bye");
    assert_int_equal(authorize(b, NULL, NULL, 0), 200);
}

static int
set_up(void **state)
{
    cookies[0] = guard[0] = '\0';
    return people_set_up(state);
}

#define P(f) cmocka_unit_test_setup_teardown(f, set_up, people_tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        P(page_can_be_used_by_everybody),
        P(signing_in_gives_a_code_and_a_session),
        P(form_post_goes_by_a_form),
        P(session_ends_with_its_person),
        P(wrong_passwords_are_told_and_counted),
        P(form_of_another_browser_is_refused),
        P(nobody_is_sent_to_strangers),
        P(mistakes_are_sent_back),
        P(parameters_come_once),
        P(device_is_approved_by_a_person),
        P(device_is_declined_by_a_person),
        P(codes_cannot_be_guessed),
        P(sign_out_ends_the_session),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
