/* SPDX-License-Identifier: Apache-2.0 */
/* test_response.c - looking things up in requests, composing answers. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "http/request.h"
#include "http/response.h"

static struct http_request request;

static int
setup(void **state)
{
    (void)state;
    request.headers[0] = (struct http_header){ span_str("Accept"), span_str("a/b") };
    request.headers[1] = (struct http_header){ span_str("x-empty"), span_str("") };
    request.headers[2] = (struct http_header){ span_str("ACCEPT"), span_str("c/d") };
    request.nheaders = 3;
    request.params[0] = (struct http_param){ span_str("api-version"), span_str("7.4") };
    request.params[1] = (struct http_param){ span_str("API-VERSION"), span_str("7.5") };
    request.nparams = 2;
    return secmem_init(1u << 16) == ERR_OK ? 0 : -1;
}

static void
a_header_is_found_without_case_and_the_first_wins(void **state)
{
    (void)state;
    assert_true(span_is_str(http_request_header(&request, "aCCept"), "a/b"));
    assert_true(span_is_empty(http_request_header(&request, "Accep")));
    assert_true(span_is_empty(http_request_header(&request, "Accept-Encoding")));
}

static void
an_empty_header_is_there_nevertheless(void **state)
{
    (void)state;
    assert_true(http_request_has_header(&request, "X-Empty"));
    assert_false(http_request_has_header(&request, "X-Absent"));
}

static void
a_parameter_is_found_without_case_and_the_first_wins(void **state)
{
    struct span v = span_str("before");

    (void)state;
    assert_true(http_request_param(&request, "Api-Version", &v));
    assert_true(span_is_str(v, "7.4"));
    assert_false(http_request_param(&request, "api", &v));
    assert_true(span_is_empty(v));
}

static void
methods_have_names(void **state)
{
    (void)state;
    assert_string_equal(http_method_name(HTTP_DELETE), "DELETE");
    assert_string_equal(http_method_name(HTTP_OTHER), "OTHER");
    assert_string_equal(http_method_name(HTTP_METHOD__MAX), "OTHER");
}

static void
headers_are_written_as_lines(void **state)
{
    struct http_response r;

    (void)state;
    http_response_init(&r);
    http_response_header(&r, "Allow", "GET");
    http_response_header(&r, "X", "");
    assert_true(span_is_str(buf_span(&r.headers), "Allow: GET\r\nX: \r\n"));
    http_response_release(&r);
}

static void
clearing_forgets_all_but_the_rooms(void **state)
{
    struct http_response r;

    (void)state;
    http_response_init(&r);
    r.status = 404;
    r.close = true;
    http_response_header(&r, "Allow", "GET");
    secbuf_put(&r.body, span_str("secret"));
    buf_put_str(&r.big_body, "large");
    http_response_clear(&r);
    assert_int_equal(r.status, 200);
    assert_false(r.close);
    assert_int_equal(r.headers.len + r.body.len + r.big_body.len, 0);
    assert_int_not_equal(r.body.cap, 0);
    http_response_release(&r);
}

static void
every_status_has_a_text(void **state)
{
    (void)state;
    assert_string_equal(http_status_text(200), "OK");
    assert_string_equal(http_status_text(431), "Request Header Fields Too Large");
    assert_string_equal(http_status_text(299), "Status");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_header_is_found_without_case_and_the_first_wins),
        cmocka_unit_test(an_empty_header_is_there_nevertheless),
        cmocka_unit_test(a_parameter_is_found_without_case_and_the_first_wins),
        cmocka_unit_test(methods_have_names),
        cmocka_unit_test(headers_are_written_as_lines),
        cmocka_unit_test(clearing_forgets_all_but_the_rooms),
        cmocka_unit_test(every_status_has_a_text),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
