/* SPDX-License-Identifier: Apache-2.0 */
/* test_turns.c - connections that are refused and such that are not, on one loop. */
#include "bed.h"

#include <string.h>

#include <event2/event.h>

enum { FLOOD = 16, BATCH = 8 };

static const char good[] = "GET /good HTTP/1.1\r\nHost: a\r\n\r\n";
static const char refused[] = "GET /refused HTTP/1.1\r\nHost: a\r\n\r\n";

/* One turn of the loop; bed_pump goes on until there is nothing left to do. */
static void
turn(struct bed *b)
{
    assert_int_not_equal(event_base_loop(b->base, EVLOOP_NONBLOCK | EVLOOP_ONCE), -1);
}

/* On its way before the server's loop turns again. */
static void
put(struct client *c, const char *text)
{
    size_t done = 0;

    assert_int_equal(SSL_write_ex(c->ssl, text, strlen(text), &done), 1);
    assert_int_equal(done, strlen(text));
}

static void
put_batch(struct client *c)
{
    char text[BATCH * sizeof(refused)] = "";

    for (unsigned i = 0; i < BATCH; i++)
        (void)strncat(text, refused, sizeof(text) - strlen(text) - 1);
    put(c, text);
}

static void
take(struct bed *b, struct client *c, const char *body)
{
    struct answer a;

    client_take(b, c, &a, false);
    assert_int_equal(a.status, 200);
    assert_memory_equal(a.body, body, strlen(body));
}

/* One client that is known, and a flood that was refused once each. */
static void
open_all(struct bed *b, struct client *known, struct client flood[static FLOOD])
{
    bed_open(b, true, NULL);
    client_open(b, known);
    put(known, good);
    take(b, known, "GET a:443 /good");
    for (unsigned i = 0; i < FLOOD; i++) {
        client_open(b, &flood[i]);
        put(&flood[i], refused);
        take(b, &flood[i], "GET a:443 /refused");
    }
}

static void
close_all(struct bed *b, struct client *known, struct client flood[static FLOOD])
{
    for (unsigned i = 0; i < FLOOD; i++)
        client_close(&flood[i]);
    client_close(known);
    bed_close(b);
}

static void
a_known_caller_goes_before_all_that_were_refused(void **state)
{
    struct client known, flood[FLOOD];
    struct bed b;
    unsigned before;

    (void)state;
    open_all(&b, &known, flood);
    for (unsigned i = 0; i < FLOOD; i++)
        put_batch(&flood[i]);
    put(&known, good);
    before = b.requests;
    while (b.requests == before)
        turn(&b);
    assert_int_equal(b.requests, before + 1);
    assert_int_equal(b.refused, FLOOD);
    take(&b, &known, "GET a:443 /good");
    close_all(&b, &known, flood);
}

static void
all_that_were_refused_get_all_their_answers(void **state)
{
    struct client known, flood[FLOOD];
    struct http_figures f;
    struct bed b;

    (void)state;
    open_all(&b, &known, flood);
    for (unsigned i = 0; i < FLOOD; i++)
        put_batch(&flood[i]);
    for (unsigned n = 0; n < BATCH; n++) {
        for (unsigned i = 0; i < FLOOD; i++)
            take(&b, &flood[i], "GET a:443 /refused");
        put(&known, good);
        take(&b, &known, "GET a:443 /good");
    }
    assert_int_equal(b.refused, FLOOD * (BATCH + 1));
    http_server_figures(b.server, &f);
    assert_int_equal(f.waiting, 0);
    close_all(&b, &known, flood);
}

static void
a_batch_of_refused_requests_has_a_turn_for_each(void **state)
{
    struct client known, flood[FLOOD];
    struct bed b;
    unsigned turns = 0;

    (void)state;
    open_all(&b, &known, flood);
    put_batch(&flood[0]);
    while (b.refused < FLOOD + BATCH) {
        unsigned before = b.refused;

        turn(&b);
        assert_in_range(b.refused - before, 0, 1);
        turns++;
    }
    assert_true(turns >= BATCH);
    close_all(&b, &known, flood);
}

static void
who_is_known_again_waits_no_more(void **state)
{
    struct client known, flood[FLOOD];
    struct bed b;

    (void)state;
    open_all(&b, &known, flood);
    put(&flood[0], good);
    take(&b, &flood[0], "GET a:443 /good");
    for (unsigned i = 1; i < FLOOD; i++)
        put_batch(&flood[i]);
    put(&flood[0], good);
    while (b.requests == 2 + FLOOD)
        turn(&b);
    assert_int_equal(b.refused, FLOOD);
    take(&b, &flood[0], "GET a:443 /good");
    close_all(&b, &known, flood);
}

static void
who_goes_while_he_waits_is_forgotten(void **state)
{
    struct client known, flood[FLOOD];
    struct http_figures f;
    struct bed b;

    (void)state;
    open_all(&b, &known, flood);
    for (unsigned i = 0; i < FLOOD; i++)
        put_batch(&flood[i]);
    turn(&b);
    http_server_figures(b.server, &f);
    assert_int_equal(f.waiting, FLOOD);
    for (unsigned i = 0; i < FLOOD; i++)
        client_close(&flood[i]);
    do {
        bed_pump(&b);
        http_server_figures(b.server, &f);
    } while (f.conns > 1);
    assert_int_equal(f.waiting, 0);
    put(&known, good);
    take(&b, &known, "GET a:443 /good");
    close_all(&b, &known, flood);
}

static void
a_server_ends_with_connections_that_wait(void **state)
{
    struct client known, flood[FLOOD];
    struct bed b;

    (void)state;
    open_all(&b, &known, flood);
    for (unsigned i = 0; i < FLOOD; i++)
        put_batch(&flood[i]);
    turn(&b);
    http_server_drain(b.server);
    assert_int_equal(http_server_conns(b.server), 0);
    close_all(&b, &known, flood);
}

static void
waiting_ends_with_the_deadline_of_a_handshake(void **state)
{
    struct http_limits limits;
    struct http_figures f;
    struct client c;
    struct bed b;

    (void)state;
    http_limits_default(&limits);
    limits.handshake_ms = 50;
    bed_open(&b, true, &limits);
    client_connect(&b, &c);
    assert_true(client_sees_end(&b, &c));
    http_server_figures(b.server, &f);
    assert_int_equal(f.handshake_failures, 1);
    client_close(&c);
    bed_close(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_known_caller_goes_before_all_that_were_refused),
        cmocka_unit_test(all_that_were_refused_get_all_their_answers),
        cmocka_unit_test(a_batch_of_refused_requests_has_a_turn_for_each),
        cmocka_unit_test(who_is_known_again_waits_no_more),
        cmocka_unit_test(who_goes_while_he_waits_is_forgotten),
        cmocka_unit_test(a_server_ends_with_connections_that_wait),
        cmocka_unit_test(waiting_ends_with_the_deadline_of_a_handshake),
    };

    return cmocka_run_group_tests_name("http/turns", tests, bed_setup, bed_teardown);
}
