/* SPDX-License-Identifier: Apache-2.0 */
/* test_url.c - targets cut and parameters decoded (identity-and-cli.md 1, points 7 and 8). */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "http/url_int.h"

static const struct split {
    const char *name, *target, *authority, *path, *query; /* path NULL: refused */
} splits[] = {
    /* clang-format off */
    { "origin form",                  "/a/b",               "", "/a/b", "" },
    { "origin form with a query",     "/a?b=c&d",           "", "/a", "b=c&d" },
    { "only the first ? separates",   "/a?b?c",             "", "/a", "b?c" },
    { "an empty query",               "/a?",                "", "/a", "" },
    { "double slashes stay",          "/a//b/",             "", "/a//b/", "" },
    { "the path stays encoded",       "/a%2Fb",             "", "/a%2Fb", "" },
    { "absolute form",                "http://h:1/a?b",     "h:1", "/a", "b" },
    { "scheme without case",          "HTTPS://h/a",        "h", "/a", "" },
    { "absolute form without a path", "http://h",           "h", "/", "" },
    { "absolute form, query only",    "http://h?x=1",       "h", "/", "x=1" },
    { "asterisk form",                "*",                  "", "/", "" },
    { "no leading slash",             "a/b",                "", NULL, "" },
    { "another scheme",               "ftp://h/",           "", NULL, "" },
    { "no authority",                 "http:///a",          "", NULL, "" },
    { "a fragment",                   "/a#b",               "", NULL, "" },
    { "nothing",                      "",                   "", NULL, "" },
    { "authority form",               "h:443",              "", NULL, "" },
    /* clang-format on */
};

static void
run_split(void **state)
{
    const struct split *v = *state;
    struct url_parts p;

    assert_int_equal(url_split(span_str(v->target), &p), v->path != NULL);
    if (v->path == NULL)
        return;
    assert_true(span_is_str(p.authority, v->authority));
    assert_true(span_is_str(p.path, v->path));
    assert_true(span_is_str(p.query, v->query));
}

static const struct decode {
    const char *name, *query, *want; /* name=value; joined by '|' */
} decodes[] = {
    /* clang-format off */
    { "plain",                          "a=b&c=d",           "a=b;c=d;" },
    { "an encoded name",                "api%2Dversion=7.4", "api-version=7.4;" },
    { "a dollar name",                  "%24top=5",          "$top=5;" },
    { "plus is a space",                "f=a+b",             "f=a b;" },
    { "an encoded plus stays",          "f=a%2Bb",           "f=a+b;" },
    { "lower-case hex",                 "f=%2f",             "f=/;" },
    { "UTF-8",                          "f=%C3%A4",          "f=\xc3\xa4;" },
    { "decoded once only",              "f=%2541",           "f=%41;" },
    { "no value",                       "a&b=",              "a=;b=;" },
    { "no name",                        "=x",                "=x;" },
    { "a value with =",                 "a=b=c",             "a=b=c;" },
    { "empty pieces are skipped",       "&&a=b&&",           "a=b;" },
    { "a broken escape stays",          "a=%zz&b=%4&c=%",    "a=%zz;b=%4;c=%;" },
    { "some decoded, some not",         "a=1&b=%31&c=+&d=2", "a=1;b=1;c= ;d=2;" },
    { "an empty query",                 "",                  "" },
    /* clang-format on */
};

static void
run_decode(void **state)
{
    const struct decode *v = *state;
    struct http_param params[MAX_QUERY_PARAMS];
    struct secbuf room, got;
    unsigned n = 99;

    secbuf_init(&room, MAX_REQUEST_LINE);
    secbuf_init(&got, 256);
    assert_int_equal(url_params(span_str(v->query), &room, params, &n), ERR_OK);
    for (unsigned i = 0; i < n; i++) {
        secbuf_put(&got, params[i].name);
        secbuf_put_byte(&got, '=');
        secbuf_put(&got, params[i].value);
        secbuf_put_byte(&got, ';');
    }
    assert_true(span_is_str(secbuf_span(&got), v->want));
    secbuf_release(&room);
    secbuf_release(&got);
}

static void
as_many_parameters_as_allowed_but_no_more(void **state)
{
    char query[2 * MAX_QUERY_PARAMS + 4] = "";
    struct http_param params[MAX_QUERY_PARAMS];
    struct secbuf room;
    unsigned n = 0;

    (void)state;
    for (int i = 0; i < MAX_QUERY_PARAMS + 1; i++) {
        query[2 * i] = 'a';
        query[2 * i + 1] = '&';
    }
    secbuf_init(&room, MAX_REQUEST_LINE);
    assert_int_equal(url_params(span_of(query, 2 * MAX_QUERY_PARAMS), &room, params, &n),
                     ERR_OK);
    assert_int_equal(n, MAX_QUERY_PARAMS);
    assert_int_equal(url_params(span_str(query), &room, params, &n), ERR_TOO_LARGE);
    assert_int_equal(n, 0);
    secbuf_release(&room);
}

static void
a_path_is_decoded_once_and_strictly(void **state)
{
    static const char *const good[][2] = {
        { "/", "/" },
        { "/plain/a+b", "/plain/a+b" },
        { "/%61%42/%7e", "/aB/~" },
        { "/%2541", "/%41" },
        { "/%25%32%46", "/%2F" },
        { "/%C3%A4", "/\xc3\xa4" },
        { "/%2e%2E/%3F%23", "/../?#" },
        { "/%2Fa%2fb", "//a/b" },
    };
    static const char *const bad[] = { "/%",   "/%4",  "/%zz", "/%4g/", "/a%",  "/%00",
                                       "/%5C", "/%0a", "/%1F", "/%7f",  "/%-1", "/%+1" };
    struct secbuf room;
    struct span out;
    bool slashes;

    (void)state;
    secbuf_init(&room, 4096);
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_int_equal(url_path(span_str(good[i][0]), &room, &out, &slashes), ERR_OK);
        assert_true(span_is_str(out, good[i][1]));
        assert_int_equal(slashes, strncmp(good[i][0], "/%2F", 4) == 0);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(url_path(span_str(bad[i]), &room, &out, &slashes), ERR_SYNTAX);
    secbuf_release(&room);
}

static int
setup(void **state)
{
    (void)state;
    return secmem_init(1u << 16) == ERR_OK ? 0 : -1;
}

int
main(void)
{
    enum {
        NSPLITS = sizeof(splits) / sizeof(splits[0]),
        NDECODES = sizeof(decodes) / sizeof(decodes[0])
    };
    struct CMUnitTest tests[NSPLITS + NDECODES + 2];
    size_t n = 0;

    for (size_t i = 0; i < NSPLITS; i++)
        tests[n++] = (struct CMUnitTest){ splits[i].name, run_split, NULL, NULL,
                                          (void *)(uintptr_t)&splits[i] };
    for (size_t i = 0; i < NDECODES; i++)
        tests[n++] = (struct CMUnitTest){ decodes[i].name, run_decode, NULL, NULL,
                                          (void *)(uintptr_t)&decodes[i] };
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(a_path_is_decoded_once_and_strictly);
    tests[n] = (struct CMUnitTest)cmocka_unit_test(as_many_parameters_as_allowed_but_no_more);
    return cmocka_run_group_tests(tests, setup, NULL);
}
