/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_front_loop.c - a loop of front on a thread of its own, with a real keeper
 * and a real scribe, and clients that speak TLS to it; this thread plays the
 * supervisor and hands out links.
 */
#include "rig.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/routes.h"
#include "base/clock.h"
#include "codec/jsn.h"
#include "daemon/front_loop.h"

#define LOGIN "login." RIG_DOMAIN
#define KEYS  "GET /adfs/discovery/keys HTTP/1.1\r\nHost: " LOGIN ":8443\r\n\r\n"

struct stage {
    struct rig *rig;
    struct site site;
    struct front_config cfg;
    struct front_loop *loop;
    pthread_t thread;
    uint16_t port;
    bool running, result;
};

static void *
body(void *arg)
{
    struct stage *s = arg;

    s->result = front_loop_run(s->loop);
    return NULL;
}

static int
listening(uint16_t *port)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(fd, 16), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

static struct stage *
begin(struct rig *r)
{
    struct site_options so = { .domain = RIG_DOMAIN, .port = 8443, .location = "here" };
    struct stage *s = calloc(1, sizeof(*s));

    assert_non_null(s);
    s->rig = r;
    assert_int_equal(site_init(&s->site, &so), ERR_OK);
    assert_int_equal(routes_setup(), ERR_OK);
    jsn_setup();
    s->cfg = (struct front_config){ .site = &s->site, .loops = 1, .max_flights = 64 };
    http_limits_default(&s->cfg.limits);
    s->cfg.drain_ms = 1000;
    s->cfg.tls_fds[0][0] = listening(&s->port);
    s->cfg.ntls_fds = 1;
    assert_int_equal(front_loop_new(&s->cfg, 0, r->desk.store, NULL, &s->loop), ERR_OK);
    return s;
}

static void
run(struct stage *s)
{
    s->running = true;
    assert_int_equal(pthread_create(&s->thread, NULL, body, s), 0);
}

static void
end(struct stage *s)
{
    if (s->running) {
        front_loop_drain(s->loop);
        assert_int_equal(pthread_join(s->thread, NULL), 0);
        assert_true(s->result);
    }
    front_loop_free(s->loop);
    free(s);
}

static void
give(struct stage *s, enum ipc_role role, bool tls)
{
    int fd = role == ROLE_KEEPER ? rig_keeper_link(s->rig, ROLE_FRONT)
                                 : rig_scribe_link(s->rig, ROLE_FRONT);

    front_loop_give_link(s->loop, role, tls, fd);
}

/* A link whose other end is gone already. */
static void
give_dead(struct stage *s, enum ipc_role role, bool tls)
{
    int pair[2];

    assert_int_equal(ipc_pair(pair), ERR_OK);
    close(pair[1]);
    front_loop_give_link(s->loop, role, tls, pair[0]);
}

static void
pause_until(const struct stage *s, uint64_t until)
{
    (void)s;
    (void)poll(NULL, 0, 1);
    assert_true(clock_mono_ms() < until);
}

static void
await_ready(struct stage *s, bool ready)
{
    uint64_t until = clock_mono_ms() + RIG_MS;

    while (front_loop_is_ready(s->loop) != ready)
        pause_until(s, until);
}

static void
await_lost(struct stage *s, enum ipc_role want, bool want_tls)
{
    uint64_t until = clock_mono_ms() + RIG_MS;
    enum ipc_role role;
    bool tls;

    while (!front_loop_lost(s->loop, &role, &tls) || role != want || tls != want_tls)
        pause_until(s, until);
}

/* The status of the answer to that request over a connection of its own; 0: no handshake. */
static unsigned
ask(struct stage *s, const char *request)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                              .sin_port = htons(s->port) };
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    SSL *ssl = SSL_new(ctx);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char text[256] = "";
    unsigned status = 0;

    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(SSL_set_fd(ssl, fd), 1);
    assert_int_equal(SSL_set_tlsext_host_name(ssl, LOGIN), 1);
    if (SSL_connect(ssl) == 1) {
        assert_true(SSL_write(ssl, request, (int)strlen(request)) > 0);
        assert_true(SSL_read(ssl, text, sizeof(text) - 1) > 0);
        assert_int_equal(sscanf(text, "HTTP/1.1 %u", &status), 1);
    }
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    close(fd);
    return status;
}

static void
a_loop_serves_once_it_has_its_links_and_a_certificate(void **state)
{
    struct stage *s = begin(*state);
    struct http_figures figures;
    uint64_t until = clock_mono_ms() + RIG_MS;

    run(s);
    give(s, ROLE_SCRIBE, false);
    assert_false(front_loop_is_ready(s->loop));
    give(s, ROLE_KEEPER, false);
    give(s, ROLE_KEEPER, true);
    await_ready(s, true);
    assert_int_equal(ask(s, KEYS), 200);
    assert_int_equal(ask(s, "GET /nothing HTTP/1.1\r\nHost: " LOGIN ":8443\r\n\r\n"), 404);
    do {
        pause_until(s, until);
        front_loop_http_figures(s->loop, &figures);
    } while (figures.handshakes < 2);
    assert_int_equal(figures.accepted, 2);
    end(s);
}

static void
without_its_scribe_a_loop_answers_503_until_a_new_link_comes(void **state)
{
    struct stage *s = begin(*state);

    run(s);
    give(s, ROLE_KEEPER, false);
    give(s, ROLE_KEEPER, true);
    give(s, ROLE_SCRIBE, false);
    await_ready(s, true);
    give_dead(s, ROLE_SCRIBE, false);
    await_ready(s, false);
    assert_int_equal(ask(s, KEYS), 503);
    await_lost(s, ROLE_SCRIBE, false);
    give(s, ROLE_SCRIBE, false);
    await_ready(s, true);
    assert_int_equal(ask(s, KEYS), 200);
    end(s);
}

static void
a_link_for_signatures_that_broke_is_asked_for(void **state)
{
    struct stage *s = begin(*state);

    run(s);
    give(s, ROLE_KEEPER, false);
    give(s, ROLE_SCRIBE, false);
    give_dead(s, ROLE_KEEPER, true);
    await_ready(s, true);
    assert_int_equal(ask(s, KEYS), 0);
    await_lost(s, ROLE_KEEPER, true);
    give(s, ROLE_KEEPER, true);
    for (uint64_t until = clock_mono_ms() + RIG_MS; ask(s, KEYS) != 200;)
        pause_until(s, until);
    end(s);
}

static void
a_newer_link_takes_the_place_of_one_not_fetched_yet(void **state)
{
    struct stage *s = begin(*state);
    int pair[2];
    char c;

    assert_int_equal(ipc_pair(pair), ERR_OK);
    front_loop_give_link(s->loop, ROLE_SCRIBE, false, pair[0]);
    give(s, ROLE_SCRIBE, false);
    assert_int_equal(recv(pair[1], &c, 1, 0), 0); /* closed */
    close(pair[1]);
    run(s);
    give(s, ROLE_KEEPER, false);
    give(s, ROLE_KEEPER, true);
    await_ready(s, true);
    end(s);
}

static void
a_drained_loop_takes_nobody_and_ends(void **state)
{
    struct stage *s = begin(*state);

    front_loop_drain(s->loop);
    run(s);
    assert_int_equal(pthread_join(s->thread, NULL), 0);
    assert_true(s->result);
    s->running = false;
    close(s->cfg.tls_fds[0][0]); /* it never listened, so it never took the socket */
    end(s);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_loop_serves_once_it_has_its_links_and_a_certificate),
        cmocka_unit_test(without_its_scribe_a_loop_answers_503_until_a_new_link_comes),
        cmocka_unit_test(a_link_for_signatures_that_broke_is_asked_for),
        cmocka_unit_test(a_newer_link_takes_the_place_of_one_not_fetched_yet),
        cmocka_unit_test(a_drained_loop_takes_nobody_and_ends),
    };

    return cmocka_run_group_tests_name("daemon/front_loop", tests, rig_setup_founded,
                                       rig_teardown);
}
