/* SPDX-License-Identifier: Apache-2.0 */
/* test_deadline.c - slow clients and slow handlers, with limits of a few milliseconds. */
#include "bed.h"

#include "base/clock.h"

static struct bed bed;

/* All generous but one. */
static void
open_with(bool with_tls, struct http_limits change)
{
    struct http_limits l;

    http_limits_default(&l);
    if (change.handshake_ms != 0)
        l.handshake_ms = change.handshake_ms;
    if (change.header_ms != 0)
        l.header_ms = change.header_ms;
    if (change.body_ms != 0)
        l.body_ms = change.body_ms;
    if (change.idle_ms != 0)
        l.idle_ms = change.idle_ms;
    if (change.write_ms != 0)
        l.write_ms = change.write_ms;
    if (change.answer_ms != 0)
        l.answer_ms = change.answer_ms;
    bed_open(&bed, with_tls, &l);
}

static void
expect_408(struct client *c)
{
    struct answer a;

    client_take(&bed, c, &a, false);
    assert_int_equal(a.status, 408);
    assert_int_equal(bed.bad_status, 408);
    assert_string_equal(a.body, "bad");
    assert_true(client_sees_end(&bed, c));
    client_close(c);
}

static void
a_slow_header_is_408(void **state)
{
    struct client c;

    (void)state;
    open_with(false, (struct http_limits){ .header_ms = 10 });
    client_open(&bed, &c);
    client_say(&bed, &c, "GET / HTTP/1.1\r\nHost: h\r\n");
    expect_408(&c);
    bed_close(&bed);
}

static void
trickling_does_not_move_the_deadline(void **state)
{
    uint64_t begin = clock_mono_ms();
    struct client c;

    (void)state;
    open_with(false, (struct http_limits){ .header_ms = 30 });
    client_open(&bed, &c);
    client_say(&bed, &c, "GET /");
    while (!client_read(&c) && clock_mono_ms() - begin < 10000)
        client_say(&bed, &c, "a");
    assert_true(c.len > 0);
    expect_408(&c);
    bed_close(&bed);
}

static void
a_slow_body_is_408(void **state)
{
    static const char *const heads[] = { "Content-Length: 10\r\n\r\nab",
                                         "Content-Length: 100000\r\n\r\nab",
                                         "Transfer-Encoding: chunked\r\n\r\n5\r\nab" };

    (void)state;
    open_with(false, (struct http_limits){ .body_ms = 10 });
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        struct client c;

        client_open(&bed, &c);
        client_say(&bed, &c, "PUT / HTTP/1.1\r\nHost: h\r\n");
        client_say(&bed, &c, heads[i]);
        expect_408(&c);
    }
    assert_int_equal(bed.requests, 0);
    bed_close(&bed);
}

static void
a_slow_handshake_is_cut(void **state)
{
    struct http_figures f;
    struct client c;

    (void)state;
    open_with(true, (struct http_limits){ .handshake_ms = 10 });
    client_connect(&bed, &c);
    client_say(&bed, &c, "\x16\x03\x01");
    assert_true(client_sees_end(&bed, &c));
    assert_int_equal(c.len, 0);
    http_server_figures(bed.server, &f);
    assert_int_equal(f.handshake_failures, 1);
    assert_int_equal(f.conns, 0);
    client_close(&c);
    bed_close(&bed);
}

static void
an_idle_connection_ends_without_a_word(void **state)
{
    struct client c;
    struct answer a;

    (void)state;
    for (int tls = 0; tls < 2; tls++) {
        open_with(tls == 1, (struct http_limits){ .idle_ms = 10 });
        client_open(&bed, &c);
        client_say(&bed, &c, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        client_take(&bed, &c, &a, false);
        assert_true(client_sees_end(&bed, &c));
        assert_int_equal(c.len, 0);
        if (c.ssl != NULL)
            assert_int_equal(SSL_get_shutdown(c.ssl) & SSL_RECEIVED_SHUTDOWN,
                             SSL_RECEIVED_SHUTDOWN);
        client_close(&c);
        bed_close(&bed);
    }
}

static void
a_connection_that_rests_serves_again_and_ends_in_time(void **state)
{
    uint64_t begin, end;
    struct client c;
    struct answer a;

    (void)state;
    for (int tls = 0; tls < 2; tls++) {
        open_with(tls == 1, (struct http_limits){ .idle_ms = 1300 });
        client_open(&bed, &c);
        for (int i = 0; i < 2; i++) {
            begin = clock_mono_ms();
            client_say(&bed, &c, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
            client_take(&bed, &c, &a, false);
            assert_int_equal(a.status, 200);
            while (i == 0 && clock_mono_ms() - begin < 1100) /* longer than it stays warm */
                bed_pump(&bed);
        }
        assert_true(client_sees_end(&bed, &c));
        end = clock_mono_ms();
        assert_true(end - begin >= 1290);
        client_close(&c);
        bed_close(&bed);
    }
}

static void
a_silent_new_connection_ends_too(void **state)
{
    struct client c;

    (void)state;
    open_with(false, (struct http_limits){ .idle_ms = 10 });
    client_open(&bed, &c);
    assert_true(client_sees_end(&bed, &c));
    client_close(&c);
    bed_close(&bed);
}

static void
a_client_that_does_not_read_is_cut(void **state)
{
    uint64_t until = patience();
    struct client c;

    (void)state;
    open_with(false, (struct http_limits){ .write_ms = 10 });
    bed.answer_size = 12000000;
    bed.answer_big = true;
    client_open(&bed, &c);
    client_say(&bed, &c, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    while (http_server_conns(bed.server) > 0) {
        bed_pump(&bed);
        assert_false(is_over(until));
    }
    assert_int_equal(bed.requests, 1);
    client_close(&c);
    bed_close(&bed);
}

static void
a_handler_that_is_too_slow_is_answered_for(void **state)
{
    struct client c;
    struct answer a;

    (void)state;
    open_with(false, (struct http_limits){ .answer_ms = 10 });
    bed.is_late = true;
    client_open(&bed, &c);
    client_say(&bed, &c, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    client_take(&bed, &c, &a, false);
    assert_int_equal(a.status, 503);
    assert_string_equal(a.body, "late");
    assert_int_equal(bed.timeouts, 1);
    assert_true(client_sees_end(&bed, &c));
    /* what the handler borrowed is still there; its answer comes too late and is dropped */
    assert_true(span_is_str(bed.request->host, "h"));
    bed_reply(&bed);
    assert_int_equal(c.len, 0);
    client_close(&c);
    bed_close(&bed);
}

static void
a_handler_may_give_up_within_on_timeout(void **state)
{
    struct client c;
    struct answer a;

    (void)state;
    open_with(false, (struct http_limits){ .answer_ms = 10 });
    bed.is_late = bed.is_prompt = true;
    client_open(&bed, &c);
    client_say(&bed, &c, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    client_take(&bed, &c, &a, false);
    assert_int_equal(a.status, 503);
    assert_string_equal(a.body, "late");
    assert_true(client_sees_end(&bed, &c));
    assert_int_equal(c.len, 0);
    client_close(&c);
    bed_close(&bed);
}

static void
a_late_answer_after_the_connection_has_gone_frees_it(void **state)
{
    uint64_t until = patience();
    struct client c;

    (void)state;
    open_with(false, (struct http_limits){ .answer_ms = 10 });
    bed.is_late = true;
    client_open(&bed, &c);
    client_say(&bed, &c, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_true(client_sees_end(&bed, &c));
    client_close(&c);
    while (http_server_conns(bed.server) > 0) {
        bed_pump(&bed);
        assert_false(is_over(until));
    }
    assert_true(span_is_str(bed.request->host, "h"));
    bed_reply(&bed);
    bed_close(&bed);
}

static void
quick_clients_are_not_cut(void **state)
{
    struct client c;
    struct answer a;

    (void)state;
    open_with(false, (struct http_limits){ .idle_ms = 60 });
    client_open(&bed, &c);
    for (uint64_t begin = clock_mono_ms(); clock_mono_ms() - begin < 200;) {
        client_say(&bed, &c, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        client_take(&bed, &c, &a, false);
        assert_int_equal(a.status, 200);
    }
    client_close(&c);
    bed_close(&bed);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slow_header_is_408),
        cmocka_unit_test(trickling_does_not_move_the_deadline),
        cmocka_unit_test(a_slow_body_is_408),
        cmocka_unit_test(a_slow_handshake_is_cut),
        cmocka_unit_test(an_idle_connection_ends_without_a_word),
        cmocka_unit_test(a_connection_that_rests_serves_again_and_ends_in_time),
        cmocka_unit_test(a_silent_new_connection_ends_too),
        cmocka_unit_test(a_client_that_does_not_read_is_cut),
        cmocka_unit_test(a_handler_that_is_too_slow_is_answered_for),
        cmocka_unit_test(a_handler_may_give_up_within_on_timeout),
        cmocka_unit_test(a_late_answer_after_the_connection_has_gone_frees_it),
        cmocka_unit_test(quick_clients_are_not_cut),
    };

    return cmocka_run_group_tests(tests, bed_setup, bed_teardown);
}
