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
        BOTH(a_half_closed_client_gets_its_answer),
        BOTH(an_answer_for_a_client_that_is_gone_is_dropped),
        BOTH(a_reset_amid_a_large_answer_frees_all),
        BOTH(an_end_amid_a_request_closes_quietly),
        BOTH(drain_closes_idle_connections_and_ends_the_others),
        BOTH(a_server_may_be_freed_while_answers_are_owed),
    };

    return cmocka_run_group_tests(tests, bed_setup, bed_teardown);
}
