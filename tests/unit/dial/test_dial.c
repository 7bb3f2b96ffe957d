/* SPDX-License-Identifier: Apache-2.0 */
/* test_dial.c - calls to a small server on loopback that answers what each test wants. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/secbuf.h"
#include "dial/dial.h"

enum { PATIENCE_MS = 60000, SHORT_MS = 200 };

/* Answers every connection with `head`, then `piece` as often as it is taken, up to `pieces`.
 */
struct server {
    int fd;
    uint16_t port;
    const char *head, *piece;
    size_t pieces;
    bool mute;
    char question[8192];
    pthread_t thread;
};

static void
answer(struct server *s, int fd)
{
    size_t n = 0;
    ssize_t got = 1;

    while (got > 0 && n < sizeof(s->question) - 1 && strstr(s->question, "\r\n\r\n") == NULL) {
        got = recv(fd, s->question + n, sizeof(s->question) - 1 - n, 0);
        n += got > 0 ? (size_t)got : 0;
        s->question[n] = '\0';
    }
    if (s->mute) { /* until the other side gives up */
        (void)recv(fd, s->question + n, sizeof(s->question) - 1 - n, 0);
        return;
    }
    (void)send(fd, s->head, strlen(s->head), MSG_NOSIGNAL);
    for (size_t i = 0; i < s->pieces; i++)
        if (send(fd, s->piece, strlen(s->piece), MSG_NOSIGNAL) < 0)
            break;
}

static void *
serve(void *arg)
{
    struct server *s = arg;
    int fd;

    while ((fd = accept(s->fd, NULL, NULL)) >= 0) {
        memset(s->question, 0, sizeof(s->question));
        answer(s, fd);
        close(fd);
    }
    return NULL;
}

static void
server_start(struct server *s)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(a);

    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(s->fd >= 0);
    assert_int_equal(bind(s->fd, (struct sockaddr *)&a, sizeof(a)), 0);
    assert_int_equal(getsockname(s->fd, (struct sockaddr *)&a, &len), 0);
    s->port = ntohs(a.sin_port);
    assert_int_equal(listen(s->fd, 16), 0);
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void
server_stop(struct server *s)
{
    (void)shutdown(s->fd, SHUT_RDWR);
    assert_int_equal(pthread_join(s->thread, NULL), 0);
    close(s->fd);
}

struct got {
    unsigned times, status;
    enum err err;
    struct buf body;
    char why[DIAL_WHY_MAX], location[128];
};

static void
take(void *arg, const struct dial_answer *a)
{
    struct got *g = arg;
    struct span location;

    g->times++;
    g->err = a->err;
    g->status = a->status;
    buf_put(&g->body, a->body);
    (void)snprintf(g->why, sizeof(g->why), "%s", a->why);
    if (dial_answer_header(a, "location", 0, &location))
        (void)span_copy_str(location, g->location, sizeof(g->location));
}

static struct dial *
dialler(const char *allow)
{
    struct dial_config cfg = { .proxy = NULL };
    struct dial *d;

    assert_int_equal(dial_nets_parse(span_str(allow), &cfg.rules.allow), ERR_OK);
    assert_int_equal(dial_new(&cfg, &d), ERR_OK);
    return d;
}

static void
ask_with(struct dial *d, struct dial_request *q, struct server *s, struct got *g)
{
    uint64_t until = clock_mono_ms() + PATIENCE_MS;
    char url[64];

    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/path", s->port);
    *g = (struct got){ .times = 0 };
    buf_init(&g->body, 1 << 20);
    if (q->url.len == 0)
        q->url = span_str(url);
    assert_int_equal(dial_start(d, q, take, g, NULL), ERR_OK);
    while (g->times == 0 && clock_mono_ms() < until)
        (void)dial_wait(d, -1, SHORT_MS);
    assert_int_equal(g->times, 1);
    assert_int_equal(dial_open_calls(d), 0);
}

static void
ask(struct dial_request *q, struct server *s, struct got *g)
{
    struct dial *d = dialler("127.0.0.0/8");

    server_start(s);
    ask_with(d, q, s, g);
    dial_free(d);
    server_stop(s);
}

static void
a_question_is_answered(void **state)
{
    struct server s = { .head =
                            "HTTP/1.1 201 Created\r\nContent-Length: 2\r\nLocation:  /x \r\n"
                            "\r\nok" };
    struct dial_header h = { "Authorization", span_str("Bearer abc") };
    struct dial_request q = {
        .method = DIAL_POST, .headers = &h, .header_count = 1, .body = span_str("{\"a\":1}")
    };
    struct got g;

    (void)state;
    ask(&q, &s, &g);
    assert_int_equal(g.err, ERR_OK);
    assert_int_equal(g.status, 201);
    assert_true(span_is_str(buf_span(&g.body), "ok"));
    assert_string_equal(g.location, "/x");
    assert_non_null(strstr(s.question, "POST /path HTTP/1.1\r\n"));
    assert_non_null(strstr(s.question, "Authorization: Bearer abc\r\n"));
    assert_null(strstr(s.question, "Accept-Encoding"));
    buf_release(&g.body);
}

static void
a_redirect_is_an_answer_and_not_followed(void **state)
{
    struct server s = { .head = "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n"
                                "Location: http://169.254.169.254/\r\n\r\n" };
    struct dial_request q = { .method = DIAL_GET };
    struct got g;

    (void)state;
    ask(&q, &s, &g);
    assert_int_equal(g.err, ERR_OK);
    assert_int_equal(g.status, 302);
    buf_release(&g.body);
}

static void
an_endless_answer_is_broken_off(void **state)
{
    struct server s = { .head = "HTTP/1.1 200 OK\r\n\r\n",
                        .piece = "0123456789abcdef",
                        .pieces = SIZE_MAX };
    struct dial_request q = { .method = DIAL_GET, .answer_max = 4096 };
    struct got g;

    (void)state;
    ask(&q, &s, &g);
    assert_int_equal(g.err, ERR_TOO_LARGE);
    buf_release(&g.body);
}

static void
an_endless_head_is_broken_off(void **state)
{
    struct server s = { .head = "HTTP/1.1 200 OK\r\n",
                        .piece = "X-Y: z\r\n",
                        .pieces = SIZE_MAX };
    struct server interim = { .head = "",
                              .piece = "HTTP/1.1 100 Continue\r\n\r\n",
                              .pieces = SIZE_MAX };
    struct dial_request q = { .method = DIAL_GET };
    struct got g;

    (void)state;
    ask(&q, &s, &g);
    assert_int_equal(g.err, ERR_TOO_LARGE);
    buf_release(&g.body);
    q.url = (struct span){ 0 };
    ask(&q, &interim, &g);
    assert_int_equal(g.err, ERR_TOO_LARGE);
    buf_release(&g.body);
}

static void
silence_ends_in_time(void **state)
{
    struct server s = { .mute = true };
    struct dial_request q = { .method = DIAL_GET, .timeout_ms = SHORT_MS };
    struct got g;

    (void)state;
    ask(&q, &s, &g);
    assert_int_equal(g.err, ERR_TIMEOUT);
    buf_release(&g.body);
}

static void
what_the_rules_refuse_is_not_connected_to(void **state)
{
    struct server s = { .head = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" };
    struct dial_request q = { .method = DIAL_GET };
    struct dial *d = dialler("");
    struct got g;

    (void)state;
    server_start(&s);
    ask_with(d, &q, &s, &g);
    assert_int_equal(g.err, ERR_DENIED);
    assert_string_not_equal(g.why, "");
    assert_string_equal(s.question, "");
    buf_release(&g.body);
    q = (struct dial_request){ .method = DIAL_GET, .by_operator = true };
    ask_with(d, &q, &s, &g); /* the operator's own are beyond the rules */
    assert_int_equal(g.status, 200);
    buf_release(&g.body);
    q = (struct dial_request){ .method = DIAL_GET }; /* and lend nobody their connection */
    ask_with(d, &q, &s, &g);
    assert_int_equal(g.err, ERR_DENIED);
    buf_release(&g.body);
    dial_free(d);
    server_stop(&s);
}

static void
nobody_there_is_told_so(void **state)
{
    struct server s = { .port = 1 }; /* tcpmux: nobody runs it */
    struct dial_request q = { .method = DIAL_GET };
    struct dial *d = dialler("127.0.0.0/8");
    struct got g;

    (void)state;
    ask_with(d, &q, &s, &g);
    assert_int_equal(g.err, ERR_UNAVAILABLE);
    assert_string_not_equal(g.why, "");
    buf_release(&g.body);
    dial_free(d);
}

static void
bad_questions_are_refused_at_once(void **state)
{
    struct dial_header h = { "X-Name", span_str("a\r\nHost: evil") };
    struct dial_request q = { .method = DIAL_GET, .url = span_str("file:///etc/passwd") };
    struct dial *d = dialler("127.0.0.0/8");
    struct got g = { .times = 0 };

    (void)state;
    assert_int_equal(dial_start(d, &q, take, &g, NULL), ERR_ARG);
    q.url = span_str("smtp://127.0.0.1/");
    assert_int_equal(dial_start(d, &q, take, &g, NULL), ERR_ARG);
    q = (struct dial_request){ .url = span_str("http://127.0.0.1/"),
                               .headers = &h,
                               .header_count = 1 };
    assert_int_equal(dial_start(d, &q, take, &g, NULL), ERR_ARG);
    dial_free(d);
    assert_int_equal(g.times, 0);
}

static void
a_cancelled_call_says_nothing(void **state)
{
    struct server s = { .mute = true };
    struct dial *d = dialler("127.0.0.0/8");
    struct dial_request q = { .method = DIAL_GET };
    struct got g = { .times = 0 };
    struct dial_call *c;
    char url[64];

    (void)state;
    server_start(&s);
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/", s.port);
    q.url = span_str(url);
    assert_int_equal(dial_start(d, &q, take, &g, &c), ERR_OK);
    (void)dial_wait(d, -1, 50);
    dial_cancel(d, c);
    assert_int_equal(dial_open_calls(d), 0);
    assert_int_equal(dial_start(d, &q, take, &g, &c), ERR_OK);
    (void)dial_wait(d, -1, 50);
    dial_free(d); /* and neither do those that are open at the end */
    assert_int_equal(g.times, 0);
    server_stop(&s);
}

static void
so_many_calls_are_open_and_no_more(void **state)
{
    struct server s = { .mute = true };
    struct dial *d = dialler("127.0.0.0/8");
    struct dial_request q = { .method = DIAL_GET };
    struct got g = { .times = 0 };
    char url[64];

    (void)state;
    server_start(&s);
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/", s.port);
    q.url = span_str(url);
    for (int i = 0; i < DIAL_AT_ONCE; i++)
        assert_int_equal(dial_start(d, &q, take, &g, NULL), ERR_OK);
    assert_int_equal(dial_start(d, &q, take, &g, NULL), ERR_BUSY);
    dial_free(d);
    server_stop(&s);
}

static void
the_owners_descriptor_ends_the_wait(void **state)
{
    struct server s = { .mute = true };
    struct dial *d = dialler("127.0.0.0/8");
    struct dial_request q = { .method = DIAL_GET };
    struct got g = { .times = 0 };
    char url[64];
    int ends[2];

    (void)state;
    server_start(&s);
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/", s.port);
    q.url = span_str(url);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_true(dial_wait(NULL, ends[0], PATIENCE_MS));
    assert_true(dial_wait(d, ends[0], PATIENCE_MS));
    assert_int_equal(dial_start(d, &q, take, &g, NULL), ERR_OK);
    assert_true(dial_wait(d, ends[0], PATIENCE_MS));
    dial_free(d);
    server_stop(&s);
    close(ends[0]);
    close(ends[1]);
}

static void
mail_without_tls_is_not_sent(void **state)
{
    struct server s = { .head = "220 relay\r\n250 relay\r\n" };
    struct dial_mail m = { .from = "a@example.com",
                           .to = { "b@example.com" },
                           .to_count = 1,
                           .user = "u",
                           .password = span_str("secret-password") };
    struct dial_request q = { .method = DIAL_MAIL,
                              .mail = &m,
                              .by_operator = true,
                              .body = span_str("Subject: x\r\n\r\ny\r\n") };
    struct dial *d = dialler("");
    struct got g;
    char url[64];

    (void)state;
    server_start(&s);
    (void)snprintf(url, sizeof(url), "smtp://127.0.0.1:%u/", s.port);
    q.url = span_str(url);
    q.timeout_ms = PATIENCE_MS / 10;
    ask_with(d, &q, &s, &g);
    assert_int_not_equal(g.err, ERR_OK);
    assert_null(strstr(s.question, "MAIL FROM"));
    assert_null(strstr(s.question, "AUTH"));
    buf_release(&g.body);
    dial_free(d);
    server_stop(&s);
}

static int
setup(void **state)
{
    (void)state;
    return secmem_init(1 << 20) == ERR_OK ? 0 : -1;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_question_is_answered),
        cmocka_unit_test(a_redirect_is_an_answer_and_not_followed),
        cmocka_unit_test(an_endless_answer_is_broken_off),
        cmocka_unit_test(an_endless_head_is_broken_off),
        cmocka_unit_test(silence_ends_in_time),
        cmocka_unit_test(what_the_rules_refuse_is_not_connected_to),
        cmocka_unit_test(nobody_there_is_told_so),
        cmocka_unit_test(bad_questions_are_refused_at_once),
        cmocka_unit_test(a_cancelled_call_says_nothing),
        cmocka_unit_test(so_many_calls_are_open_and_no_more),
        cmocka_unit_test(the_owners_descriptor_ends_the_wait),
        cmocka_unit_test(mail_without_tls_is_not_sent),
    };

    return cmocka_run_group_tests_name("dial/dial", tests, setup, NULL);
}
