/* SPDX-License-Identifier: Apache-2.0 */
/* test_url.c - URLs that are dialled, and those that are not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dial/dial.h"
#include "dial/url.h"

static void
a_url_is_taken_apart(void **state)
{
    struct dial_url u;

    (void)state;
    assert_int_equal(dial_url_read(span_str("https://ca.example:8443/dir?x=1"), &u), ERR_OK);
    assert_true(span_is_str(u.scheme, "https"));
    assert_true(span_is_str(u.host, "ca.example"));
    assert_int_equal(u.port, 8443);
    assert_true(span_is_str(u.path, "/dir?x=1"));
    assert_int_equal(dial_url_read(span_str("HTTP://[2001:db8::1]"), &u), ERR_OK);
    assert_true(span_is_str(u.host, "2001:db8::1"));
    assert_int_equal(u.port, 80);
    assert_true(dial_url_is_web(&u));
    assert_int_equal(dial_url_read(span_str("smtp://relay"), &u), ERR_OK);
    assert_int_equal(u.port, 25);
    assert_false(dial_url_is_web(&u));
}

static void
what_could_be_read_in_two_ways_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "https://",
        "https:///x",
        "https:/ca.example/",
        "ca.example/x",
        "//ca.example/x",
        "ftp://ca.example/",
        "file:///etc/passwd",
        "gopher://ca.example/",
        "https://user@ca.example/",
        "https://user:pass@ca.example/",
        "https://ca.example\\@evil.example/",
        "https://ca.example#@evil.example/",
        "https://ca.example/a b",
        "https://ca.example/a\r\nHost: x",
        "https://ca.example/\x7f",
        "https://ca.example:0/",
        "https://ca.example:65536/",
        "https://ca.example:/",
        "https://ca.example:44x/",
        "https://[::1/",
        "https://[::1]x/",
        "https://[]/",
        "https://ca%2eexample/",
        "https://c\xc3\xa4.example/",
    };
    struct dial_url u;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (dial_url_read(span_str(texts[i]), &u) != ERR_ARG)
            fail_msg("\"%s\" is taken", texts[i]);
}

static void
origins_are_scheme_host_and_port(void **state)
{
    static const struct {
        const char *a, *b;
        bool same;
    } rows[] = {
        { "https://a.example/x", "https://A.example:443/y", true },
        { "http://a.example/x", "http://a.example:80", true },
        { "https://a.example/", "http://a.example/", false },
        { "https://a.example/", "https://a.example:444/", false },
        { "https://a.example/", "https://b.example/", false },
        { "https://a.example/", "https://a.example.evil.example/", false },
    };
    struct dial_url a, b;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(dial_url_read(span_str(rows[i].a), &a), ERR_OK);
        assert_int_equal(dial_url_read(span_str(rows[i].b), &b), ERR_OK);
        assert_int_equal(dial_url_same_origin(&a, &b), rows[i].same);
    }
}

static void
a_long_url_is_refused(void **state)
{
    static char text[DIAL_URL_MAX + 2];
    struct dial_url u;

    (void)state;
    memset(text, 'a', sizeof(text) - 1);
    memcpy(text, "https://a/", 10);
    assert_int_equal(dial_url_read(span_str(text), &u), ERR_TOO_LARGE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_url_is_taken_apart),
        cmocka_unit_test(what_could_be_read_in_two_ways_is_refused),
        cmocka_unit_test(origins_are_scheme_host_and_port),
        cmocka_unit_test(a_long_url_is_refused),
    };

    return cmocka_run_group_tests_name("dial/url", tests, NULL, NULL);
}
