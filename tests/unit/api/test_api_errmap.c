/* SPDX-License-Identifier: Apache-2.0 */
/* Every code has an answer, and the answers are Azure's. */
#include "api/errmap.h"

#include "drive.h"

static struct http_request req;
static struct exchange x;
static struct buf message;

static int
setup(void **state)
{
    int r = drive_setup(state);

    req = (struct http_request){ .method = HTTP_POST,
                                 .path = span_str("/secrets//db/frob/x"),
                                 .host = span_str("contoso.vault.keyhold.localhost") };
    x = (struct exchange){ .site = &drive_site,
                           .req = &req,
                           .vault_label = span_str("contoso"),
                           .version_text = span_str("9.9") };
    http_response_init(&x.resp);
    buf_init(&message, 4096);
    return r;
}

static int
teardown(void **state)
{
    http_response_release(&x.resp);
    buf_release(&message);
    return drive_teardown(state);
}

static void
assert_answer(enum err e, unsigned status, const char *body)
{
    errmap_answer(&x, e, &message);
    assert_int_equal(x.resp.status, status);
    assert_int_equal(x.resp.body.len, strlen(body));
    assert_memory_equal(x.resp.body.ptr, body, strlen(body));
    buf_clear(&message);
}

static void
every_code_has_a_row(void **state)
{
    (void)state;
    (void)snprintf(x.fail_text, sizeof(x.fail_text), "text");
    for (int e = ERR_OK + 1; e < ERR__MAX; e++) {
        buf_clear(&message);
        if (!errmap_has((enum err)e))
            fail_msg("%s has no row", err_name((enum err)e));
        errmap_answer(&x, (enum err)e, &message);
        assert_true(x.resp.status >= 400 && x.resp.status < 600);
        assert_true(message.len > 0);
        assert_null(memchr(message.ptr, '{', message.len));
    }
    assert_false(errmap_has(ERR_OK));
    assert_false(errmap_has(ERR__MAX));
}

static void
success_and_nonsense_answer_500(void **state)
{
    (void)state;
    errmap_answer(&x, ERR_OK, &message);
    assert_int_equal(x.resp.status, 500);
    buf_clear(&message);
    errmap_answer(&x, ERR__MAX, &message);
    assert_int_equal(x.resp.status, 500);
}

static void
recorded_bodies_have_the_recorded_lengths(void **state)
{
    (void)state;
    errmap_answer(&x, ERR_NO_TOKEN, &message);
    assert_int_equal(x.resp.body.len, 97); /* data-plane.md A5 */
    buf_clear(&message);
    (void)snprintf(x.fail_text, sizeof(x.fail_text), "delete");
    errmap_answer(&x, ERR_MANAGED, &message);
    assert_int_equal(x.resp.body.len, 174 + strlen("Secret") - strlen("Key"));
}

static void
texts_and_codes_name_the_kind_of_the_route(void **state)
{
    static const struct route key = { .kind = KIND_KEY },
                              certificate = { .kind = KIND_CERTIFICATE };

    (void)state;
    x.route = &key;
    (void)snprintf(x.fail_text, sizeof(x.fail_text), "delete");
    errmap_answer(&x, ERR_MANAGED, &message);
    assert_int_equal(x.resp.body.len, 174); /* data-plane.md A5 */
    buf_clear(&message);
    assert_answer(ERR_DISABLED, 403,
                  "{\"error\":{\"code\":\"Forbidden\",\"message\":\"Operation delete is not "
                  "allowed on a disabled key.\",\"innererror\":{\"code\":\"KeyDisabled\"}}}");
    x.route = &certificate;
    (void)snprintf(x.fail_text, sizeof(x.fail_text), "c");
    assert_answer(ERR_DELETED_NOT_FOUND, 404,
                  "{\"error\":{\"code\":\"CertificateNotFound\",\"message\":\"Deleted "
                  "Certificate not found: c\"}}");
}

static void
unauthorized_carries_the_challenge(void **state)
{
    static const enum err codes[] = { ERR_NO_TOKEN,      ERR_TOKEN_FORMAT,
                                      ERR_TOKEN_KEY,     ERR_TOKEN_SIGNATURE,
                                      ERR_TOKEN_EXPIRED, ERR_TOKEN_AUDIENCE,
                                      ERR_TOKEN_ISSUER,  ERR_TOKEN_PRINCIPAL };

    (void)state;
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        buf_clear(&message);
        errmap_answer(&x, codes[i], &message);
        assert_int_equal(x.resp.status, 401);
        assert_non_null(strstr(buf_str(&x.resp.headers), drive_site.challenge));
        assert_non_null(strstr(buf_str(&x.resp.headers),
                               "WWW-Authenticate: Bearer authorization=\"https://login."));
    }
    buf_clear(&message);
    assert_answer(
        ERR_NO_TOKEN, 401,
        "{\"error\":{\"code\":\"Unauthorized\",\"message\":\"AKV10000: Request is missing "
        "a Bearer or PoP token.\"}}");
    assert_answer(ERR_TOKEN_EXPIRED, 401,
                  "{\"error\":{\"code\":\"Unauthorized\",\"message\":\"[TokenExpired] Error "
                  "validating token: 'S2S12086'.\"}}");
}

static void
given_message_is_the_text(void **state)
{
    (void)state;
    buf_put_str(&message, "AKV10022: Invalid audience. Expected a, found: b.");
    errmap_answer(&x, ERR_TOKEN_AUDIENCE, &message);
    assert_string_equal(buf_str(&message), "AKV10022: Invalid audience. Expected a, found: b.");
    secbuf_put_byte(&x.resp.body, 0);
    assert_non_null(strstr((const char *)x.resp.body.ptr, "Expected a, found: b."));
}

static void
not_now_says_when_to_come_again(void **state)
{
    static const enum err codes[] = { ERR_NOMEM, ERR_BUSY, ERR_TIMEOUT,     ERR_UNAVAILABLE,
                                      ERR_AUDIT, ERR_FULL, ERR_UNAVAILABLE, ERR_SEALED };

    (void)state;
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        buf_clear(&message);
        errmap_answer(&x, codes[i], &message);
        assert_int_equal(x.resp.status, 503);
        assert_non_null(strstr(buf_str(&x.resp.headers), "Retry-After: 1\r\n"));
    }
}

static void
api_version_text_names_both(void **state)
{
    (void)state;
    assert_answer(
        ERR_UNSUPPORTED_VERSION, 400,
        "{\"error\":{\"code\":\"BadParameter\",\"message\":\"The specified version (9.9) is "
        "not recognized. Consider using the latest supported version (2026-04-01).\"}}");
    x.version_text = (struct span){ 0 };
    assert_answer(
        ERR_UNSUPPORTED_VERSION, 400,
        "{\"error\":{\"code\":\"BadParameter\",\"message\":\"The specified version () is "
        "not recognized. Consider using the latest supported version (2026-04-01).\"}}");
}

static void
wrong_method_takes_the_third_segment_for_an_operation(void **state)
{
    (void)state;
    assert_answer(
        ERR_UNSUPPORTED, 400,
        "{\"error\":{\"code\":\"BadParameter\",\"message\":\"Method POST does not allow "
        "operation 'frob'\"}}");
    req.path = span_str("/secrets");
    assert_answer(
        ERR_UNSUPPORTED, 400,
        "{\"error\":{\"code\":\"BadParameter\",\"message\":\"Method POST does not allow "
        "operation ''\"}}");
}

static void
denial_names_the_inner_code_of_the_model(void **state)
{
    (void)state;
    x.vault = world.vault;
    x.access = (struct access_answer){ .by_rbac = true };
    buf_put_str(&message, "why");
    assert_answer(
        ERR_DENIED, 403,
        "{\"error\":{\"code\":\"Forbidden\",\"message\":\"why\",\"innererror\":{\"code\":"
        "\"ForbiddenByRbac\"}}}");
    x.access.by_rbac = false;
    buf_put_str(&message, "why");
    assert_answer(
        ERR_DENIED, 403,
        "{\"error\":{\"code\":\"Forbidden\",\"message\":\"why\",\"innererror\":{\"code\":"
        "\"AccessDenied\"}}}");
}

static void
names_are_escaped_not_trusted(void **state)
{
    (void)state;
    (void)snprintf(x.fail_text, sizeof(x.fail_text), "a\"\\\x01\xff{text}");
    assert_answer(
        ERR_BAD_NAME, 400,
        "{\"error\":{\"code\":\"BadParameter\",\"message\":\"The request URI contains an "
        "invalid name: a\\\"\\\\\\u0001\xef\xbf\xbd{text}\"}}");
}

#define E(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        E(every_code_has_a_row),
        E(success_and_nonsense_answer_500),
        E(recorded_bodies_have_the_recorded_lengths),
        E(texts_and_codes_name_the_kind_of_the_route),
        E(unauthorized_carries_the_challenge),
        E(given_message_is_the_text),
        E(not_now_says_when_to_come_again),
        E(api_version_text_names_both),
        E(wrong_method_takes_the_third_segment_for_an_operation),
        E(denial_names_the_inner_code_of_the_model),
        E(names_are_escaped_not_trusted),
    };

    return cmocka_run_group_tests_name("api/errmap", tests, drive_open, drive_close);
}
