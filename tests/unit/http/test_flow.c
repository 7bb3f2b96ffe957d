/* SPDX-License-Identifier: Apache-2.0 */
/* test_flow.c - several requests on a connection, bodies, and clients that behave badly. */
#include "bed.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

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
pump_until_gone(void)
{
    uint64_t until = patience();

    while (http_server_conns(bed.server) > 0) {
        bed_pump(&bed);
        assert_false(is_over(until));
    }
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
a_connection_serves_many_requests(void **state)
{
    struct http_figures f;
    struct client c;
    struct answer a;

    (void)state;
    client_open(&bed, &c);
    for (int i = 0; i < 50; i++) {
        client_say(&bed, &c, GET);
        client_take(&bed, &c, &a, false);
        assert_int_equal(a.status, 200);
        assert_null(strstr(a.head, "Connection:"));
    }
    http_server_figures(bed.server, &f);
    assert_int_equal(f.requests, 50);
    assert_int_equal(f.accepted, 1);
    assert_int_equal(f.conns, 1);
    client_close(&c);
    pump_until_gone();
}

static void
pipelined_requests_are_answered_in_order(void **state)
{
    char text[64 * 100] = "", want[32];
    struct client c;
    struct answer a;
    size_t n = 0;

    (void)state;
    for (int i = 0; i < 100; i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n,
                              "PUT /%d HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab", i);
    client_open(&bed, &c);
    client_send(&bed, &c, text, n);
    for (int i = 0; i < 100; i++) {
        client_take(&bed, &c, &a, false);
        (void)snprintf(want, sizeof(want), " /%d 2 ab", i);
        assert_non_null(strstr(a.body, want));
    }
    assert_int_equal(bed.requests, 100);
    client_close(&c);
}

static void
a_second_request_waits_until_the_first_is_answered(void **state)
{
    struct client c;
    struct answer a;

    (void)state;
    bed.is_late = true;
    client_open(&bed, &c);
    client_say(&bed, &c, GET GET);
    pump_until_waiting();
    client_say(&bed, &c, GET);
    for (int i = 0; i < 100; i++)
        bed_pump(&bed);
    for (unsigned i = 1; i <= 3; i++) {
        assert_int_equal(bed.requests, i);
        assert_false(client_read(&c));
        bed_reply(&bed);
        client_take(&bed, &c, &a, false);
        if (i < 3)
            pump_until_waiting();
    }
    client_close(&c);
}

static void
what_does_not_fit_the_input_waits_in_the_socket(void **state)
{
    enum { COUNT = 4000 };
    size_t len = strlen(GET), used = 0, total = 0;
    char *text = malloc(len * COUNT);
    struct client c;
    struct answer a;

    (void)state;
    assert_non_null(text);
    for (size_t i = 0; i < COUNT; i++)
        memcpy(text + i * len, GET, len);
    client_open(&bed, &c);
    bed.is_late = true;
    /* more than the first room, less than what sockets hold */
    client_send(&bed, &c, text, len * COUNT);
    pump_until_waiting();
    secmem_usage(&used, &total);
    assert_true(used < 256u * 1024);
    bed.is_late = false;
    bed_reply(&bed);
    for (size_t i = 0; i < COUNT; i++)
        client_take(&bed, &c, &a, false);
    assert_int_equal(bed.requests, COUNT);
    free(text);
    client_close(&c);
}

static void
an_idle_connection_holds_no_buffer(void **state)
{
    size_t used = 0, then = 0, total = 0;
    struct client c[20];
    struct answer a;

    (void)state;
    client_open(&bed, &c[0]);
    client_say(&bed, &c[0], GET);
    client_take(&bed, &c[0], &a, false);
    secmem_usage(&used, &total);
    for (int i = 1; i < 20; i++) {
        client_open(&bed, &c[i]);
        client_say(&bed, &c[i], GET);
        client_take(&bed, &c[i], &a, false);
    }
    secmem_usage(&then, &total);
    assert_int_equal(used, then);
    for (int i = 0; i < 20; i++)
        client_close(&c[i]);
}

static void
http_1_0_is_closed_behind_the_answer(void **state)
{
    struct client c;
    struct answer a;

    (void)state;
    client_open(&bed, &c);
    client_say(&bed, &c, "GET / HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n\r\n");
    client_take(&bed, &c, &a, false);
    assert_int_equal(a.status, 200);
    assert_non_null(strstr(a.head, "\r\nConnection: close\r\n"));
    assert_true(client_sees_end(&bed, &c));
    client_close(&c);
    pump_until_gone();
}

static void
connection_close_is_obeyed(void **state)
{
    struct client c;
    struct answer a;

    (void)state;
    client_open(&bed, &c);
    client_say(&bed, &c, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n" GET);
    client_take(&bed, &c, &a, false);
    assert_non_null(strstr(a.head, "\r\nConnection: close\r\n"));
    assert_true(client_sees_end(&bed, &c));
    assert_int_equal(c.len, 0);
    assert_int_equal(bed.requests, 1);
    if (c.ssl != NULL) /* close_notify, not a bare end */
        assert_int_equal(SSL_get_shutdown(c.ssl) & SSL_RECEIVED_SHUTDOWN,
                         SSL_RECEIVED_SHUTDOWN);
    client_close(&c);
}

static void
a_handler_may_close(void **state)
{
    struct client c;
    struct answer a;

    (void)state;
    bed.close = true;
    client_open(&bed, &c);
    client_say(&bed, &c, GET GET);
    client_take(&bed, &c, &a, false);
    assert_non_null(strstr(a.head, "\r\nConnection: close\r\n"));
    assert_true(client_sees_end(&bed, &c));
    assert_int_equal(bed.requests, 1);
    client_close(&c);
}

static void
head_is_answered_without_a_body(void **state)
{
    struct client c;
    struct answer a;

    (void)state;
    client_open(&bed, &c);
    client_say(&bed, &c, "HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n" GET);
    client_take(&bed, &c, &a, true);
    assert_int_equal(a.status, 200);
    assert_non_null(strstr(a.head, c.ssl != NULL ? "\r\nContent-Length: 16\r\n"
                                                 : "\r\nContent-Length: 15\r\n"));
    client_take(&bed, &c, &a, false);
    assert_string_equal(a.body, c.ssl != NULL ? "GET h:443 /a 0 " : "GET h:80 /a 0 ");
    client_close(&c);
}

static void
no_content_has_no_length(void **state)
{
    struct client c;
    struct answer a;

    (void)state;
    bed.status = 204;
    client_open(&bed, &c);
    client_say(&bed, &c, GET);
    client_take(&bed, &c, &a, false);
    assert_int_equal(a.status, 204);
    assert_null(strstr(a.head, "Content-Length"));
    assert_int_equal(c.len, 0);
    client_say(&bed, &c, GET);
    client_take(&bed, &c, &a, false);
    assert_int_equal(a.status, 204);
    client_close(&c);
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
a_half_closed_client_gets_its_answer(void **state)
{
    struct client c;
    struct answer a;

    (void)state;
    bed.is_late = true;
    client_open(&bed, &c);
    client_say(&bed, &c, GET);
    pump_until_waiting();
    if (c.ssl != NULL)
        (void)SSL_shutdown(c.ssl);
    assert_int_equal(shutdown(c.fd, SHUT_WR), 0);
    for (int i = 0; i < 50; i++)
        bed_pump(&bed);
    bed_reply(&bed);
    client_take(&bed, &c, &a, false);
    assert_int_equal(a.status, 200);
    assert_true(client_sees_end(&bed, &c));
    client_close(&c);
    pump_until_gone();
}

/* Closing with SO_LINGER 0 sends a reset. */
static void
client_reset(struct client *c)
{
    struct linger now = { 1, 0 };

    assert_int_equal(setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)), 0);
    client_close(c);
}

static void
an_answer_for_a_client_that_is_gone_is_dropped(void **state)
{
    struct client c;

    (void)state;
    bed.is_late = true;
    client_open(&bed, &c);
    client_say(&bed, &c, GET);
    pump_until_waiting();
    client_reset(&c);
    for (int i = 0; i < 50; i++)
        bed_pump(&bed);
    bed_reply(&bed);
    pump_until_gone();
}

static void
a_reset_amid_a_large_answer_frees_all(void **state)
{
    struct client c;

    (void)state;
    bed.answer_size = 12000000;
    bed.answer_big = true;
    client_open(&bed, &c);
    client_say(&bed, &c, GET);
    bed_pump(&bed);
    client_reset(&c);
    pump_until_gone();
}

static void
an_end_amid_a_request_closes_quietly(void **state)
{
    static const char *const parts[] = {
        "GET / HT",
        "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc",
        "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 10000\r\n\r\nabc",
        "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        struct client c;

        client_open(&bed, &c);
        client_say(&bed, &c, parts[i]);
        client_close(&c);
        pump_until_gone();
    }
    assert_int_equal(bed.requests + bed.bad, 0);
}

static void
drain_closes_idle_connections_and_ends_the_others(void **state)
{
    struct client idle, busy, late;
    struct answer a;

    (void)state;
    client_open(&bed, &idle);
    client_say(&bed, &idle, GET);
    client_take(&bed, &idle, &a, false);
    client_open(&bed, &late);
    client_say(&bed, &late, "GET /a HTTP/1.1\r\nHo");
    bed.is_late = true;
    client_open(&bed, &busy);
    client_say(&bed, &busy, GET);
    pump_until_waiting();
    http_server_drain(bed.server);
    assert_true(client_sees_end(&bed, &idle));
    assert_int_equal(http_server_conns(bed.server), 2);
    bed_reply(&bed);
    client_take(&bed, &busy, &a, false);
    assert_int_equal(a.status, 200);
    assert_non_null(strstr(a.head, "\r\nConnection: close\r\n"));
    assert_true(client_sees_end(&bed, &busy));
    bed.is_late = false;
    client_say(&bed, &late, "st: h\r\n\r\n");
    client_take(&bed, &late, &a, false);
    assert_non_null(strstr(a.head, "\r\nConnection: close\r\n"));
    assert_true(client_sees_end(&bed, &late));
    client_close(&idle);
    client_close(&busy);
    client_close(&late);
    pump_until_gone();
}

static void
a_server_may_be_freed_while_answers_are_owed(void **state)
{
    struct client c;

    (void)state;
    bed.is_late = true;
    client_open(&bed, &c);
    client_say(&bed, &c, GET);
    pump_until_waiting();
    client_close(&c);
    bed.waiting = NULL;
    bed.request = NULL;
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
        BOTH(a_connection_serves_many_requests),
        BOTH(pipelined_requests_are_answered_in_order),
        BOTH(a_second_request_waits_until_the_first_is_answered),
        BOTH(what_does_not_fit_the_input_waits_in_the_socket),
        BOTH(an_idle_connection_holds_no_buffer),
        BOTH(http_1_0_is_closed_behind_the_answer),
        BOTH(connection_close_is_obeyed),
        BOTH(a_handler_may_close),
        BOTH(head_is_answered_without_a_body),
        BOTH(no_content_has_no_length),
        BOTH(continue_is_said_when_the_body_is_awaited),
        BOTH(continue_is_not_said_when_the_body_is_there_or_too_large),
        BOTH(bodies_of_all_sizes_arrive_whole),
        BOTH(bodies_beyond_secret_memory_arrive_where_allowed),
        BOTH(a_chunked_body_beyond_the_limit_is_413),
        BOTH(answers_of_all_sizes_arrive_whole),
        BOTH(a_small_answer_is_one_record),
        BOTH(a_half_closed_client_gets_its_answer),
        BOTH(an_answer_for_a_client_that_is_gone_is_dropped),
        BOTH(a_reset_amid_a_large_answer_frees_all),
        BOTH(an_end_amid_a_request_closes_quietly),
        BOTH(drain_closes_idle_connections_and_ends_the_others),
        BOTH(a_server_may_be_freed_while_answers_are_owed),
        BOTH(a_response_that_failed_is_not_sent_by_halves),
    };

    return cmocka_run_group_tests(tests, bed_setup, bed_teardown);
}
