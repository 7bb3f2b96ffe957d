/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_head.c - the strict layer and the parser behind it, without sockets: every row of
 * rows.c whole, byte by byte, and cut in two at every place.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <assert.h>
#include <cmocka.h>
#include <stdio.h>

#include "http/chunk_int.h"
#include "http/h1_int.h"
#include "http/head_int.h"
#include "rows.h"

static struct http_request request;
static struct framing framing;
static struct head_room room;
static size_t head_len;

/* Status that the head gets, 200 = accepted; *more: it has not ended. `step` bytes at a time.
 */
static unsigned
head_status(struct span in, size_t first, size_t step)
{
    struct head_scan s = { 0 };
    size_t have = first;
    int r = HEAD_MORE;

    while (r == HEAD_MORE && have <= in.len) {
        r = head_scan(&s, span_head(in, have));
        if (have == in.len)
            break;
        have = have + step < in.len ? have + step : in.len;
    }
    head_len = s.pos;
    if (r != HEAD_DONE)
        return r == HEAD_MORE ? 0 : (unsigned)r;
    r = (int)head_parse(span_tail(span_head(in, s.pos), s.start), &request, &framing, &room);
    return r == 0 ? 200 : (unsigned)r;
}

/* The same for what follows the head. */
static unsigned
body_status(struct span raw)
{
    struct chunk c = { 0 };
    struct span bytes;
    size_t total = 0;

    if (!framing.chunked)
        return framing.length > MAX_BODY ? 413 : 200;
    while (!span_is_empty(raw) && c.state != CHUNK_DONE && c.state != CHUNK_BAD) {
        raw = span_tail(raw, chunk_step(&c, raw, &bytes));
        total += bytes.len;
    }
    if (c.state == CHUNK_DONE)
        return total > MAX_BODY ? 413 : 200;
    return c.state == CHUNK_BAD ? 400 : 0;
}

static unsigned
status_of(struct span in, size_t first, size_t step)
{
    unsigned status = head_status(in, first, step);

    return status == 200 ? body_status(span_tail(in, head_len)) : status;
}

static void
run_row(void **state)
{
    const struct row *v = *state;
    struct span in = span_of(v->bytes, v->len);

    assert_int_equal(status_of(in, in.len, 1), v->status);
    assert_int_equal(status_of(in, 1, 1), v->status);
    for (size_t cut = 1; cut < in.len; cut++)
        assert_int_equal(status_of(in, cut, in.len), v->status);
}

static void
a_prefix_of_a_good_head_is_never_refused(void **state)
{
    const char *text = "\r\nPOST /a?b=c HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r";

    (void)state;
    for (size_t len = 0; len <= strlen(text); len++) {
        struct head_scan s = { 0 };

        assert_int_equal(head_scan(&s, span_of(text, len)), HEAD_MORE);
    }
}

/* A request line of `len` bytes with the CRLF, or a header section of so many. */
static char big[MAX_REQUEST_LINE + MAX_HEADER_BYTES + 4096];

static unsigned
with_line(size_t len)
{
    size_t n = 0;

    n += (size_t)snprintf(big, sizeof(big), "GET /");
    while (n < len - 9)
        big[n++] = 'a';
    n += (size_t)snprintf(big + n, sizeof(big) - n, " HTTP/1.1\r\nHost: h\r\n\r\n");
    return status_of(span_of(big, n), n, 1);
}

static void
the_request_line_has_a_limit(void **state)
{
    struct head_scan s = { 0 };

    (void)state;
    assert_int_equal(with_line(MAX_REQUEST_LINE), 200);
    assert_int_equal(with_line(MAX_REQUEST_LINE + 1), 414);
    /* and it is noticed before the line ends */
    assert_int_equal(head_scan(&s, span_of(big, MAX_REQUEST_LINE)), HEAD_MORE);
    assert_int_equal(head_scan(&s, span_of(big, MAX_REQUEST_LINE + 1)), 414);
}

static unsigned
with_fields(size_t bytes)
{
    size_t n = (size_t)snprintf(big, sizeof(big), "GET / HTTP/1.1\r\n"), begin = n;

    n += (size_t)snprintf(big + n, sizeof(big) - n, "Host: h\r\nX: ");
    while (n < begin + bytes - 2)
        big[n++] = 'a';
    n += (size_t)snprintf(big + n, sizeof(big) - n, "\r\n\r\n");
    return status_of(span_of(big, n), n, 1);
}

static void
header_lines_together_have_a_limit(void **state)
{
    struct head_scan s = { 0 };

    (void)state;
    assert_int_equal(with_fields(MAX_HEADER_BYTES), 200);
    assert_int_equal(with_fields(MAX_HEADER_BYTES + 1), 431);
    assert_int_equal(head_scan(&s, span_of(big, MAX_HEADER_BYTES + 17)), 431);
}

static unsigned
with_count(unsigned count)
{
    size_t n = (size_t)snprintf(big, sizeof(big), "GET / HTTP/1.1\r\nHost: h\r\n");

    for (unsigned i = 1; i < count; i++)
        n += (size_t)snprintf(big + n, sizeof(big) - n, "X%u: y\r\n", i);
    n += (size_t)snprintf(big + n, sizeof(big) - n, "\r\n");
    return status_of(span_of(big, n), n, 1);
}

static void
headers_have_a_greatest_number(void **state)
{
    (void)state;
    assert_int_equal(with_count(MAX_HEADERS), 200);
    assert_int_equal(request.nheaders, MAX_HEADERS);
    assert_int_equal(with_count(MAX_HEADERS + 1), 431);
}

static void
a_host_has_a_greatest_length(void **state)
{
    char text[400];
    int n;

    (void)state;
    n = snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: %0*d\r\n\r\n", MAX_HOST, 0);
    assert_int_equal(status_of(span_of(text, (size_t)n), (size_t)n, 1), 200);
    n = snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: %0*d\r\n\r\n", MAX_HOST + 1, 0);
    assert_int_equal(status_of(span_of(text, (size_t)n), (size_t)n, 1), 400);
}

static void
chunk_overhead_has_a_limit(void **state)
{
    struct chunk c = { 0 };
    struct span bytes;

    (void)state;
    (void)chunk_step(&c, span_str("1;"), &bytes);
    for (int i = 0; i < 5000 && c.state != CHUNK_BAD; i++)
        (void)chunk_step(&c, span_str("x"), &bytes);
    assert_int_equal(c.state, CHUNK_BAD);
}

static void
tls_without_a_port_is_443(void **state)
{
    const char *text = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

    (void)state;
    request.is_tls = true;
    assert_int_equal(status_of(span_str(text), strlen(text), 1), 200);
    assert_int_equal(request.port, 443);
    assert_false(request.has_port);
    request.is_tls = false;
}

static void
the_target_is_kept_as_sent(void **state)
{
    const char *text = "GET http://H/%41?%24top=1 HTTP/1.1\r\nhost: h\r\nA: b\r\n\r\n";

    (void)state;
    assert_int_equal(status_of(span_str(text), strlen(text), 1), 200);
    assert_true(span_is_str(request.target, "http://H/%41?%24top=1"));
    assert_true(span_is_str(request.path, "/A"));
    assert_true(span_is_str(request.params[0].name, "$top"));
    assert_true(span_is_str(http_request_header(&request, "a"), "b"));
    assert_false(request.has_port);
}

static void
expectation_and_persistence_are_told(void **state)
{
    const char *ask = "PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\n"
                      "Content-Length: 3\r\n\r\n";
    const char *old = "PUT / HTTP/1.0\r\nHost: h\r\nExpect: 100-continue\r\n"
                      "Connection: keep-alive\r\nContent-Length: 3\r\n\r\n";

    (void)state;
    assert_int_equal(status_of(span_str(ask), strlen(ask), 1), 200);
    assert_true(framing.expect_continue);
    assert_true(framing.keep_alive);
    assert_int_equal(framing.length, 3);
    assert_int_equal(status_of(span_str(old), strlen(old), 1), 200);
    assert_false(framing.expect_continue);
    assert_false(framing.keep_alive);
}

/* Long values go past the engine but for their ends: none of their bytes may be lost. */
static void
a_value_of_any_length_is_whole(void **state)
{
    static char text[16384], a[4096], b[4096];
    static const char *const around[] = { "", " ", "\t  \t" };

    (void)state;
    for (size_t len = 1; len < 700; len++) {
        const char *blank = around[len % 3];
        int n;

        for (size_t i = 0; i < len; i++) {
            a[i] = (char)(i == 0 || i == len - 1 ? 'x' : " :,;\t=A7"[(i * 31 + len) % 8]);
            b[i] = (char)('!' + (i * 7 + len) % 94);
        }
        n = snprintf(text, sizeof(text),
                     "GET /%.*s?x:y=1 HTTP/1.1\r\nHost: h\r\nA:%s%.*s%s\r\nB: c\r\n"
                     "Authorization: Bearer %.*s\r\nC:%s%.*s\r\n\r\n",
                     (int)(len / 2),
                     "aaaaaaaa:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", blank,
                     (int)len, a, blank, (int)len, b, blank, (int)len, b);
        assert_int_equal(status_of(span_of(text, (size_t)n), (size_t)n, 1), 200);
        assert_int_equal(request.nheaders, 5);
        assert_true(span_is_equal(http_request_header(&request, "a"), span_of(a, len)));
        assert_true(span_is_str(http_request_header(&request, "b"), "c"));
        assert_true(span_is_equal(span_tail(http_request_header(&request, "Authorization"), 7),
                                  span_of(b, len)));
        assert_true(span_is_equal(http_request_header(&request, "c"), span_of(b, len)));
    }
}

static void
the_engine_has_a_name(void **state)
{
    (void)state;
    assert_true(strlen(h1_engine()) > 0);
}

static int
setup(void **state)
{
    (void)state;
    secbuf_init(&room.path, MAX_REQUEST_LINE);
    secbuf_init(&room.decoded, MAX_REQUEST_LINE);
    return secmem_init(1u << 20) == ERR_OK ? 0 : -1;
}

static int
teardown(void **state)
{
    (void)state;
    secbuf_release(&room.path);
    secbuf_release(&room.decoded);
    secmem_release();
    return 0;
}

int
main(void)
{
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(a_prefix_of_a_good_head_is_never_refused),
        cmocka_unit_test(the_request_line_has_a_limit),
        cmocka_unit_test(header_lines_together_have_a_limit),
        cmocka_unit_test(headers_have_a_greatest_number),
        cmocka_unit_test(a_host_has_a_greatest_length),
        cmocka_unit_test(chunk_overhead_has_a_limit),
        cmocka_unit_test(tls_without_a_port_is_443),
        cmocka_unit_test(the_target_is_kept_as_sent),
        cmocka_unit_test(expectation_and_persistence_are_told),
        cmocka_unit_test(a_value_of_any_length_is_whole),
        cmocka_unit_test(the_engine_has_a_name),
    };
    enum { NOTHERS = sizeof(others) / sizeof(others[0]) };
    struct CMUnitTest tests[200] = { 0 };
    size_t n = 0;

    for (size_t i = 0; i < NOTHERS; i++)
        tests[n++] = others[i];
    assert(nrows + NOTHERS <= 200);
    for (size_t i = 0; i < nrows; i++)
        tests[n++] = (struct CMUnitTest){ rows[i].name, run_row, NULL, NULL,
                                          (void *)(uintptr_t)&rows[i] };
    return _cmocka_run_group_tests("head", tests, n, setup, teardown);
}
