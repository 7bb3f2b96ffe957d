/* SPDX-License-Identifier: Apache-2.0 */
/* test_body.c - bodies in and out, of all sizes, and 100-continue. */
#include "bed.h"

#include <stdlib.h>

#define GET "GET /a HTTP/1.1\r\nHost: h\r\n\r\n"

/* Each test runs over a plain bed and over a TLS one. */
static struct bed bed;

static int
open_plain(void **state)
{
    (void)state;
    bed_open(&bed, false, NULL);
    return 0;
}

static int
open_tls(void **state)
{
    (void)state;
    bed_open(&bed, true, NULL);
    return 0;
}

static int
close_bed(void **state)
{
    (void)state;
    bed_close(&bed);
    return 0;
}

static void
pump_until_waiting(void)
{
    uint64_t until = patience();

    while (bed.waiting == NULL) {
        bed_pump(&bed);
        assert_false(is_over(until));
    }
}

static void
continue_is_said_when_the_body_is_awaited(void **state)
{
    struct client c;
    struct answer a;

    (void)state;
    client_open(&bed, &c);
    client_say(&bed, &c,
               "PUT /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
               "Content-Length: 3\r\n\r\n");
    client_take(&bed, &c, &a, true);
    assert_int_equal(a.status, 100);
    assert_string_equal(a.head, "HTTP/1.1 100 Continue\r\n\r\n");
    assert_int_equal(bed.requests, 0);
    client_say(&bed, &c, "abc");
    client_take(&bed, &c, &a, false);
    assert_int_equal(a.status, 200);
    assert_non_null(strstr(a.body, " 3 abc"));
    client_close(&c);
}

static void
continue_is_not_said_when_the_body_is_there_or_too_large(void **state)
{
    struct client c;
    struct answer a;

    (void)state;
    client_open(&bed, &c);
    client_say(&bed, &c,
               "PUT /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
               "Content-Length: 3\r\n\r\nabc");
    client_take(&bed, &c, &a, false);
    assert_int_equal(a.status, 200);
    client_say(&bed, &c,
               "PUT /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
               "Content-Length: 9999999\r\n\r\n");
    client_take(&bed, &c, &a, false);
    assert_int_equal(a.status, 413);
    assert_true(client_sees_end(&bed, &c));
    client_close(&c);
}

static void
send_body(struct client *c, size_t len, bool chunked)
{
    char head[128], *body = malloc(len + 1);
    size_t n;

    assert_non_null(body);
    for (size_t i = 0; i < len; i++)
        body[i] = (char)('a' + i % 26);
    if (chunked)
        n = (size_t)snprintf(head, sizeof(head),
                             "PUT /b HTTP/1.1\r\nHost: h\r\n"
                             "Transfer-Encoding: chunked\r\n\r\n");
    else
        n = (size_t)snprintf(head, sizeof(head),
                             "PUT /b HTTP/1.1\r\nHost: h\r\nContent-Length: %zu\r\n\r\n", len);
    client_send(&bed, c, head, n);
    if (!chunked)
        client_send(&bed, c, body, len);
    for (size_t at = 0; chunked && at < len; at += 10000) {
        size_t part = len - at < 10000 ? len - at : 10000;

        n = (size_t)snprintf(head, sizeof(head), "%zx\r\n", part);
        client_send(&bed, c, head, n);
        client_send(&bed, c, body + at, part);
        client_send(&bed, c, "\r\n", 2);
    }
    if (chunked)
        client_send(&bed, c, "0\r\n\r\n", 5);
    free(body);
}

static bool
body_is_whole(size_t len)
{
    struct span body = bed.request->body;

    if (body.len != len)
        return false;
    for (size_t i = 0; i < len; i++)
        if (body.ptr[i] != 'a' + i % 26)
            return false;
    return true;
}

static void
expect_body(size_t len, bool chunked)
{
    struct client c;
    struct answer a;

    client_open(&bed, &c);
    bed.is_late = true;
    send_body(&c, len, chunked);
    pump_until_waiting();
    assert_true(body_is_whole(len));
    assert_true(span_is_str(bed.request->path, "/b"));
    bed_reply(&bed);
    client_take(&bed, &c, &a, false);
    assert_int_equal(a.status, 200);
    bed.is_late = false;
    client_say(&bed, &c, GET); /* and the connection is in step */
    client_take(&bed, &c, &a, false);
    assert_int_equal(a.status, 200);
    client_close(&c);
}

static void
bodies_of_all_sizes_arrive_whole(void **state)
{
    static const size_t sizes[] = { 1, 1000, 3000, 4000, 4096, 5000, 65536, 300000, MAX_BODY };

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        expect_body(sizes[i], false);
        expect_body(sizes[i], true);
    }
}

static void
bodies_beyond_secret_memory_arrive_where_allowed(void **state)
{
    size_t used = 0, total = 0;

    (void)state;
    bed.body_limit = MAX_BODY_RESTORE;
    expect_body(MAX_BODY + 1, false);
    expect_body(MAX_BODY + 1, true);
    expect_body(6000000, false);
    expect_body(6000000, true);
    secmem_usage(&used, &total);
    assert_true(used < 256u * 1024);
}

static void
a_chunked_body_beyond_the_limit_is_413(void **state)
{
    struct client c;
    struct answer a;

    (void)state;
    bed.body_limit = 25000;
    client_open(&bed, &c);
    send_body(&c, 25001, true);
    client_take(&bed, &c, &a, false);
    assert_int_equal(a.status, 413);
    assert_int_equal(bed.bad_status, 413);
    assert_true(client_sees_end(&bed, &c));
    client_close(&c);
}

/* Reads an answer of that many letters without keeping more than a window of it. */
static void
expect_letters(struct client *c, size_t len)
{
    uint64_t until = patience();
    const char *end = NULL;
    size_t head_len;

    while (end == NULL || c->len < (size_t)(end + 4 - (char *)c->in) + len) {
        (void)client_read(c);
        bed_pump(&bed);
        if (c->len > 0)
            end = strstr((char *)c->in, "\r\n\r\n");
        assert_false(is_over(until));
        assert_false(c->eof);
    }
    head_len = (size_t)(end + 4 - (char *)c->in);
    assert_int_equal(c->len, head_len + len);
    for (size_t i = 0; i < len; i++)
        assert_int_equal(c->in[head_len + i], 'a' + i % 26);
    c->len = 0;
}

static void
answers_of_all_sizes_arrive_whole(void **state)
{
    static const size_t sizes[] = { 1, 16000, 16200, 16384, 16385, 40000, 500000 };
    struct client c;

    (void)state;
    client_open(&bed, &c);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        bed.answer_size = sizes[i];
        bed.answer_big = i % 2 == 1;
        client_say(&bed, &c, GET);
        expect_letters(&c, sizes[i]);
    }
    bed.answer_big = true;
    bed.answer_size = 12000000; /* more than the socket takes at once */
    client_say(&bed, &c, GET);
    expect_letters(&c, bed.answer_size);
    client_close(&c);
}

static void
a_small_answer_is_one_record(void **state)
{
    struct client c;

    (void)state;
    if (bed.tls == NULL)
        return;
    client_open(&bed, &c);
    bed.answer_size = 15000;
    client_say(&bed, &c, GET);
    while (!client_read(&c))
        bed_pump(&bed);
    /* client_read takes one record */
    assert_true(c.len > 15000);
    client_close(&c);
}

static void
a_response_that_failed_is_not_sent_by_halves(void **state)
{
    struct client c;
    struct answer a;

    (void)state;
    bed.answer_size = 5000000; /* beyond what a secret body may have */
    client_open(&bed, &c);
    client_say(&bed, &c, GET);
    client_take(&bed, &c, &a, false);
    assert_true(a.status == 500 || a.status == 503);
    assert_int_equal(a.body_len, 0);
    client_close(&c);
}

#define BOTH(f)                                                                                \
    { #f " (plain)", f, open_plain, close_bed, NULL },                                         \
    {                                                                                          \
#f " (TLS)", f, open_tls, close_bed, NULL                                              \
    }

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        BOTH(continue_is_said_when_the_body_is_awaited),
        BOTH(continue_is_not_said_when_the_body_is_there_or_too_large),
        BOTH(bodies_of_all_sizes_arrive_whole),
        BOTH(bodies_beyond_secret_memory_arrive_where_allowed),
        BOTH(a_chunked_body_beyond_the_limit_is_413),
        BOTH(answers_of_all_sizes_arrive_whole),
        BOTH(a_small_answer_is_one_record),
        BOTH(a_response_that_failed_is_not_sent_by_halves),
    };

    return cmocka_run_group_tests(tests, bed_setup, bed_teardown);
}
