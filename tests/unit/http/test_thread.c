/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_thread.c - two loops in threads of their own, each with its server and its TLS, as in
 * front; clients in this thread. For the thread sanitizer as much as for itself.
 */
#include "bed.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include <event2/event.h>
#include <openssl/err.h>

enum { LOOPS = 2, ROUNDS = 20 };

struct loop {
    pthread_t thread;
    struct event_base *base;
    struct http_server *server;
    struct http_response answer;
    uint16_t port;
    int listener;
    int stop[2]; /* a byte from the test ends the loop */
    uint8_t tickets[80];
    unsigned requests;
};

static void
on_request(void *arg, struct http_conn *c, const struct http_request *r)
{
    struct loop *l = arg;

    l->requests++;
    secbuf_put(&l->answer.body, r->path);
    http_reply(c, &l->answer);
}

static void
on_stop(evutil_socket_t fd, short what, void *arg)
{
    struct loop *l = arg;

    (void)fd;
    (void)what;
    (void)event_base_loopbreak(l->base);
}

static void *
run_loop(void *arg)
{
    struct loop *l = arg;
    struct http_events events = { .on_request = on_request, .arg = l };
    struct http_limits limits;
    struct http_tls *tls = NULL;
    struct event *stop;

    http_limits_default(&limits);
    http_response_init(&l->answer);
    l->base = event_base_new();
    if (l->base == NULL ||
        http_tls_new_local(span_str(ec_cert()), span_str(ec_key()), &tls) != ERR_OK ||
        http_server_new(l->base, &limits, &events, &l->server) != ERR_OK ||
        http_server_listen(l->server, l->listener, tls) != ERR_OK)
        abort();
    http_tls_set_ticket_secret(tls, l->tickets);
    stop = event_new(l->base, l->stop[0], EV_READ, on_stop, l);
    (void)event_add(stop, NULL);
    (void)event_base_dispatch(l->base);
    event_free(stop);
    http_server_free(l->server);
    http_tls_free(tls);
    http_response_release(&l->answer);
    event_base_free(l->base);
    return NULL;
}

/* A blocking client: one handshake, some requests. Returns the session for the next. */
static SSL_SESSION *
visit(SSL_CTX *ctx, uint16_t port, SSL_SESSION *resume, bool *resumed)
{
    struct bed at = { .port = port };
    struct client c;
    char text[512];
    size_t n = 0;
    SSL_SESSION *s;

    client_connect(&at, &c);
    assert_int_equal(evutil_make_socket_closeonexec(c.fd), 0);
    assert_int_equal(fcntl(c.fd, F_SETFL, 0), 0); /* blocking again */
    c.ssl = SSL_new(ctx);
    assert_int_equal(SSL_set_fd(c.ssl, c.fd), 1);
    if (resume != NULL)
        assert_int_equal(SSL_set_session(c.ssl, resume), 1);
    assert_int_equal(SSL_connect(c.ssl), 1);
    *resumed = SSL_session_reused(c.ssl) == 1;
    for (int i = 0; i < 5; i++) {
        const char *ask = "GET /abc HTTP/1.1\r\nHost: h\r\n\r\n";

        assert_int_equal(SSL_write_ex(c.ssl, ask, strlen(ask), &n), 1);
        assert_int_equal(SSL_read_ex(c.ssl, text, sizeof(text), &n), 1);
        assert_memory_equal(text, "HTTP/1.1 200 OK\r\n", 17);
        assert_memory_equal(text + n - 8, "\r\n\r\n/abc", 8);
    }
    s = SSL_get1_session(c.ssl);
    (void)SSL_shutdown(c.ssl);
    client_close(&c);
    return s;
}

static void
loops_serve_side_by_side_and_share_tickets(void **state)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    struct loop loops[LOOPS] = { 0 };
    SSL_SESSION *session = NULL;
    unsigned hits = 0;

    (void)state;
    for (int i = 0; i < LOOPS; i++) {
        loops[i].listener = bed_listen(&loops[i].port);
        memset(loops[i].tickets, 7, sizeof(loops[i].tickets));
        assert_int_equal(pipe(loops[i].stop), 0);
        assert_int_equal(pthread_create(&loops[i].thread, NULL, run_loop, &loops[i]), 0);
    }
    for (int i = 0; i < ROUNDS; i++) {
        bool resumed = false;
        SSL_SESSION *next = visit(ctx, loops[i % LOOPS].port, session, &resumed);

        SSL_SESSION_free(session);
        session = next;
        hits += resumed;
    }
    for (int i = 0; i < LOOPS; i++) {
        assert_int_equal(write(loops[i].stop[1], "x", 1), 1);
        assert_int_equal(pthread_join(loops[i].thread, NULL), 0);
        assert_int_equal(loops[i].requests, 5 * ROUNDS / LOOPS);
        close(loops[i].stop[0]);
        close(loops[i].stop[1]);
    }
    assert_int_equal(hits, ROUNDS - 1);
    SSL_SESSION_free(session);
    SSL_CTX_free(ctx);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loops_serve_side_by_side_and_share_tickets),
    };

    (void)ec_cert(); /* made before there are threads */
    return cmocka_run_group_tests(tests, bed_setup, bed_teardown);
}
