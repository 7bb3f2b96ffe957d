/* SPDX-License-Identifier: Apache-2.0 */
/* test_message.c - what an ACME server says is taken within its bounds, or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "acme/message.h"
#include "base/secbuf.h"

#define ID    "\"identifiers\":[{\"type\":\"dns\",\"value\":\"a.example\"}]"
#define AUTHZ "\"authorizations\":[\"https://ca/z/1\"]"
#define FIN   "\"finalize\":\"https://ca/f\""
#define TOKEN "0123456789abcdef-_AZ"

static int
set_up(void **state)
{
    (void)state;
    jsn_setup();
    return secmem_init(1024 * 1024) == ERR_OK ? 0 : -1;
}

static int
tear_down(void **state)
{
    (void)state;
    secmem_release();
    return 0;
}

static void
directory_has_what_is_needed(void **state)
{
    static const char *const bad[] = {
        "",
        "[]",
        "{}",
        "{\"newNonce\":\"https://ca/n\",\"newAccount\":\"https://ca/a\"}",
        "{\"newNonce\":\"http://ca/n\",\"newAccount\":\"https://ca/a\",\"newOrder\":\"https://"
        "ca/o\"}",
        "{\"newNonce\":\"https://ca/ "
        "n\",\"newAccount\":\"https://ca/a\",\"newOrder\":\"https://ca/o\"}",
        "{\"newNonce\":1,\"newAccount\":\"https://ca/a\",\"newOrder\":\"https://ca/o\"}",
        "{\"newNonce\":\"https://ca/n\",\"newAccount\":\"https://ca/a\",\"newOrder\":\"https://"
        "ca/o\","
        "\"renewalInfo\":\"ftp://ca\"}",
    };
    struct acmec_directory d;

    (void)state;
    assert_int_equal(
        acmec_directory_read(
            span_str("{\"newNonce\":\"https://ca/n\",\"newAccount\":\"https://ca/a\","
                     "\"newOrder\":\"https://ca/o\",\"more\":7,"
                     "\"meta\":{\"externalAccountRequired\":true}}"),
            &d),
        ERR_OK);
    assert_true(d.needs_eab && span_is_str(d.new_order, "https://ca/o"));
    assert_int_equal(d.renewal_info.len, 0);
    acmec_directory_release(&d);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(acmec_directory_read(span_str(bad[i]), &d), ERR_SYNTAX);
}

static void
order_is_whole_or_none(void **state)
{
    static const char *const bad[] = {
        "{\"status\":\"new\"," ID "," AUTHZ "," FIN "}",
        "{" ID "," AUTHZ "," FIN "}",
        "{\"status\":\"ready\"," AUTHZ "," FIN "}",
        "{\"status\":\"ready\"," ID "," FIN "}",
        "{\"status\":\"ready\"," ID ",\"authorizations\":[]," FIN "}",
        "{\"status\":\"ready\"," ID ",\"authorizations\":[7]," FIN "}",
        "{\"status\":\"ready\"," ID ",\"authorizations\":[\"http://ca/z\"]," FIN "}",
        "{\"status\":\"ready\"," ID "," AUTHZ "}",
        "{\"status\":\"valid\"," ID "," AUTHZ "," FIN ",\"certificate\":\"http://ca/c\"}",
    };
    struct acmec_order o;

    (void)state;
    assert_int_equal(acmec_order_read(span_str("{\"status\":\"valid\"," ID "," AUTHZ "," FIN
                                               ",\"certificate\":\"https://ca/c\"}"),
                                      &o),
                     ERR_OK);
    assert_int_equal(o.status, ACME_VALID);
    assert_int_equal(o.authz_count, 1);
    assert_true(span_is_str(o.certificate, "https://ca/c"));
    acmec_order_release(&o);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(acmec_order_read(span_str(bad[i]), &o), ERR_SYNTAX);
}

/* A hostile server cannot have us go through more than we said. */
static void
too_many_authorizations_are_refused(void **state)
{
    struct acmec_order o;
    struct buf b;

    (void)state;
    for (unsigned n = ACME_AUTHZ_MAX; n <= ACME_AUTHZ_MAX + 1; n++) {
        buf_init(&b, 64 * 1024);
        buf_put_str(&b, "{\"status\":\"pending\"," ID "," FIN ",\"authorizations\":[");
        for (unsigned i = 0; i < n; i++)
            buf_put_fmt(&b, "%s\"https://ca/z/%u\"", i == 0 ? "" : ",", i);
        buf_put_str(&b, "]}");
        assert_int_equal(acmec_order_read(buf_span(&b), &o),
                         n == ACME_AUTHZ_MAX ? ERR_OK : ERR_SYNTAX);
        acmec_order_release(&o);
        buf_release(&b);
    }
}

static void
order_is_for_the_names_we_asked_for(void **state)
{
    static const struct {
        const char *identifiers;
        bool ok;
    } rows[] = {
        { "{\"type\":\"dns\",\"value\":\"A.example\"},{\"type\":\"dns\",\"value\":\"b."
          "example\"}",
          true },
        { "{\"type\":\"dns\",\"value\":\"b.example\"},{\"type\":\"dns\",\"value\":\"a."
          "example\"}",
          true },
        { "{\"type\":\"dns\",\"value\":\"a.example\"}", false },
        { "{\"type\":\"dns\",\"value\":\"a.example\"},{\"type\":\"dns\",\"value\":\"c."
          "example\"}",
          false },
        { "{\"type\":\"dns\",\"value\":\"a.example\"},{\"type\":\"dns\",\"value\":\"a."
          "example\"}",
          false },
        { "{\"type\":\"ip\",\"value\":\"a.example\"},{\"type\":\"dns\",\"value\":\"b."
          "example\"}",
          false },
        { "\"a.example\",\"b.example\"", false },
    };
    struct span names[] = { span_str("a.example"), span_str("b.example") };
    struct acmec_order o;
    char text[512];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        (void)snprintf(text, sizeof(text),
                       "{\"status\":\"pending\",\"identifiers\":[%s]," AUTHZ "," FIN "}",
                       rows[i].identifiers);
        assert_int_equal(acmec_order_read(span_str(text), &o), ERR_OK);
        assert_int_equal(acmec_order_is_for(&o, names, 2), rows[i].ok);
        acmec_order_release(&o);
    }
}

static void
authorization_offers_challenges_we_do(void **state)
{
    static const char good[] =
        "{\"status\":\"pending\",\"wildcard\":true,"
        "\"identifier\":{\"type\":\"dns\",\"value\":\"a.example\"},\"challenges\":["
        "{\"type\":\"tls-alpn-01\"},{\"type\":\"dns-01\",\"status\":\"pending\","
        "\"url\":\"https://ca/c/1\",\"token\":\"" TOKEN "\"}]}";
    static const char *const bad[] = {
        "{\"type\":\"http-01\",\"status\":\"pending\",\"url\":\"https://ca/"
        "c\",\"token\":\"short\"}",
        "{\"type\":\"http-01\",\"status\":\"pending\",\"url\":\"https://ca/c\","
        "\"token\":\"../../../../../../etc\"}",
        "{\"type\":\"http-01\",\"status\":\"pending\",\"url\":\"http://ca/"
        "c\",\"token\":\"" TOKEN "\"}",
        "{\"type\":\"http-01\",\"url\":\"https://ca/c\",\"token\":\"" TOKEN "\"}",
        "{\"type\":1}",
        "7",
    };
    struct acmec_authz a;
    char text[512];

    (void)state;
    assert_int_equal(acmec_authz_read(span_str(good), &a), ERR_OK);
    assert_true(a.wildcard && span_is_str(a.name, "a.example"));
    assert_null(acmec_authz_find(&a, ACME_HTTP_01));
    assert_true(span_is_str(acmec_authz_find(&a, ACME_DNS_01)->token, TOKEN));
    acmec_authz_release(&a);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        (void)snprintf(
            text, sizeof(text),
            "{\"status\":\"pending\",\"identifier\":{\"type\":\"dns\",\"value\":\"a\"},"
            "\"challenges\":[%s]}",
            bad[i]);
        assert_int_equal(acmec_authz_read(span_str(text), &a), ERR_SYNTAX);
    }
}

static void
problem_becomes_one_clean_line(void **state)
{
    static const struct {
        const char *body;
        enum acmec_problem kind;
    } rows[] = {
        { "{\"type\":\"urn:ietf:params:acme:error:badNonce\"}", ACME_BAD_NONCE },
        { "{\"type\":\"urn:ietf:params:acme:error:rateLimited\"}", ACME_RATE_LIMITED },
        { "{\"type\":\"urn:ietf:params:acme:error:accountDoesNotExist\"}", ACME_NO_ACCOUNT },
        { "{\"type\":\"urn:ietf:params:acme:error:serverInternal\"}", ACME_SERVER },
        { "{\"type\":\"urn:ietf:params:acme:error:caa\",\"detail\":\"no\\u0000\\n\\u001b["
          "31m\"}",
          ACME_PROBLEM_OTHER },
        { "<html>", ACME_PROBLEM_OTHER },
        { "[]", ACME_PROBLEM_OTHER },
    };
    struct buf text;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        buf_init(&text, 4 * ACME_TEXT_MAX);
        assert_int_equal(acmec_problem_read(span_str(rows[i].body), 400, &text), rows[i].kind);
        assert_true(text.len > 0 && text.len <= ACME_TEXT_MAX + 32);
        for (size_t k = 0; k < text.len; k++)
            assert_in_range(text.ptr[k], ' ', '~');
        buf_release(&text);
    }
}

static void
headers_are_read_within_bounds(void **state)
{
    struct span url;

    (void)state;
    assert_int_equal(acmec_retry_after(span_str("120"), 7), 120);
    assert_int_equal(acmec_retry_after(span_str("0"), 7), 1);
    assert_int_equal(acmec_retry_after(span_str("99999999999999999999"), 7), 7);
    assert_int_equal(acmec_retry_after(span_str("999999999"), 7), ACME_RETRY_AFTER_MAX);
    assert_int_equal(acmec_retry_after(span_str("Sun, 06 Nov 1994 08:49:37 GMT"), 7), 7);
    assert_true(
        acmec_link_read(span_str("<https://ca/c/1>;rel=\"alternate\""), "alternate", &url));
    assert_true(span_is_str(url, "https://ca/c/1"));
    assert_false(
        acmec_link_read(span_str("<https://ca/c/1>;rel=\"index\""), "alternate", &url));
    assert_false(
        acmec_link_read(span_str("<http://ca/c/1>;rel=\"alternate\""), "alternate", &url));
    assert_false(acmec_link_read(span_str("<https://ca"), "alternate", &url));
    assert_true(acmec_nonce_is_ok(span_str("oFvnlFP1wIhRlYS2jTaXbA")));
    assert_false(acmec_nonce_is_ok(span_str("")));
    assert_false(acmec_nonce_is_ok(span_str("a b")));
    assert_false(acmec_nonce_is_ok(span_str("a\r\nX: y")));
}

static void
renewal_window_has_a_beginning_and_an_end(void **state)
{
    int64_t start, end;

    (void)state;
    assert_int_equal(acmec_renewal_info_read(
                         span_str("{\"suggestedWindow\":{\"start\":\"2026-01-01T00:00:00Z\","
                                  "\"end\":\"2026-01-02T00:00:00Z\"}}"),
                         &start, &end),
                     ERR_OK);
    assert_int_equal(end - start, 86400);
    assert_int_equal(acmec_renewal_info_read(
                         span_str("{\"suggestedWindow\":{\"start\":\"2026-01-02T00:00:00Z\","
                                  "\"end\":\"2026-01-01T00:00:00Z\"}}"),
                         &start, &end),
                     ERR_SYNTAX);
    assert_int_equal(acmec_renewal_info_read(span_str("{\"suggestedWindow\":7}"), &start, &end),
                     ERR_SYNTAX);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(directory_has_what_is_needed),
        cmocka_unit_test(order_is_whole_or_none),
        cmocka_unit_test(too_many_authorizations_are_refused),
        cmocka_unit_test(order_is_for_the_names_we_asked_for),
        cmocka_unit_test(authorization_offers_challenges_we_do),
        cmocka_unit_test(problem_becomes_one_clean_line),
        cmocka_unit_test(headers_are_read_within_bounds),
        cmocka_unit_test(renewal_window_has_a_beginning_and_an_end),
    };

    return cmocka_run_group_tests_name("acme/message", tests, set_up, tear_down);
}
