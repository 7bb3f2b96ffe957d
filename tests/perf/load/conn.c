/* SPDX-License-Identifier: Apache-2.0 */
/* conn.c - connect, shake hands, write, read, and again. Never blocks. */
#include "conn.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

uint64_t
now_us(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

int
conn_new_session(SSL *ssl, SSL_SESSION *session)
{
    struct conn *c = SSL_get_app_data(ssl);

    SSL_SESSION_free(c->session);
    c->session = session;
    return 1; /* it is ours now */
}

static int
dial(const struct load *l)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;

    if (fd < 0)
        return -1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (l->from.sin_family == AF_INET &&
        bind(fd, (const struct sockaddr *)&l->from, sizeof(l->from)) != 0) {
        (void)close(fd);
        return -1;
    }
    if (connect(fd, (const struct sockaddr *)&l->to, sizeof(l->to)) == 0 ||
        errno == EINPROGRESS)
        return fd;
    (void)close(fd);
    return -1;
}

static bool
make_room(struct conn *c)
{
    if (c->out == NULL)
        c->out = malloc(PLAN_BYTES);
    if (c->in == NULL)
        c->in = malloc(ANSWER_MAX);
    return c->out != NULL && c->in != NULL;
}

bool
conn_open(struct conn *c, struct load *l)
{
    struct epoll_event ev = { .events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c };

    c->load = l;
    c->shaken = false;
    c->out_len = c->out_at = c->in_len = 0;
    c->begun_us = now_us();
    c->fd = dial(l);
    c->ssl = SSL_new(l->tls);
    if (c->fd < 0 || c->ssl == NULL || !make_room(c)) {
        perror("load: a connection");
        return false;
    }
    (void)SSL_set_app_data(c->ssl, c);
    SSL_set_connect_state(c->ssl);
    if (l->renewal == RENEW_RESUMED && c->session != NULL)
        (void)SSL_set_session(c->ssl, c->session);
    return SSL_set_tlsext_host_name(c->ssl, l->host) == 1 && SSL_set_fd(c->ssl, c->fd) == 1 &&
           epoll_ctl(l->epoll, EPOLL_CTL_ADD, c->fd, &ev) == 0;
}

static void
hang_up(struct conn *c)
{
    if (c->ssl != NULL) {
        if (c->shaken)
            (void)SSL_shutdown(c->ssl);
        SSL_free(c->ssl);
    }
    if (c->fd >= 0)
        (void)close(c->fd);
    c->ssl = NULL;
    c->fd = -1;
    ERR_clear_error();
}

void
conn_close(struct conn *c)
{
    hang_up(c);
    SSL_SESSION_free(c->session);
    c->session = NULL;
    free(c->out);
    free(c->in);
    c->out = c->in = NULL;
}

/* Puts the next request in the way; its time begins here unless it began with the dialling. */
static void
next_request(struct conn *c)
{
    const struct plan_request *r = plan_next(&c->load->plan);

    memcpy(c->out, r->bytes, r->len);
    c->out_len = r->len;
    c->out_at = 0;
    c->in_len = c->head_len = c->want = 0;
    c->chunked = false;
    if (c->load->renewal == RENEW_NEVER)
        c->begun_us = now_us();
}

static void
note_handshake(struct conn *c)
{
    struct tally *t = &c->load->tally;
    long group = SSL_get_negotiated_group(c->ssl);
    const char *name = SSL_group_to_name(c->ssl, (int)group);

    c->shaken = true;
    if (c->load->counting) {
        t->handshakes++;
        t->resumed += SSL_session_reused(c->ssl) == 1;
    }
    if (t->protocol[0] != '\0')
        return;
    (void)snprintf(t->protocol, sizeof(t->protocol), "%s", SSL_get_version(c->ssl));
    (void)snprintf(t->cipher, sizeof(t->cipher), "%s", SSL_get_cipher_name(c->ssl));
    (void)snprintf(t->group, sizeof(t->group), "%s", name != NULL ? name : "?");
}

/* Reads the head once it is whole; false while it is not. */
static bool
read_head(struct conn *c)
{
    const char *end, *line;

    c->in[c->in_len] = '\0';
    end = strstr(c->in, "\r\n\r\n");
    if (end == NULL)
        return false;
    c->head_len = (size_t)(end - c->in) + 4;
    for (line = strstr(c->in, "\r\n"); line != NULL && line < end;
         line = strstr(line + 2, "\r\n")) {
        if (strncasecmp(line + 2, "content-length:", 15) == 0)
            c->want = strtoul(line + 17, NULL, 10);
        if (strncasecmp(line + 2, "transfer-encoding: chunked", 26) == 0)
            c->chunked = true;
    }
    return true;
}

static bool
is_whole(struct conn *c)
{
    if (c->head_len == 0 && !read_head(c))
        return false;
    if (c->chunked)
        return c->in_len >= c->head_len + 5 &&
               strncmp(c->in + c->in_len - 5, "0\r\n\r\n", 5) == 0;
    return c->in_len >= c->head_len + c->want;
}

static void
count(struct conn *c)
{
    struct tally *t = &c->load->tally;
    unsigned long status = c->in_len > 12 ? strtoul(c->in + 9, NULL, 10) : 0;

    if (!c->load->counting)
        return;
    hist_add(&t->times, now_us() - c->begun_us);
    t->statuses[status < STATUSES ? status : 0]++;
    t->body = c->in_len - c->head_len;
}

/* The answer is there. */
static bool
answered(struct conn *c)
{
    count(c);
    if (c->load->renewal == RENEW_NEVER) {
        next_request(c);
        return true;
    }
    hang_up(c);
    return conn_open(c, c->load);
}

/* The other side hung up. */
static bool
lost(struct conn *c)
{
    c->load->tally.broken += c->load->counting;
    hang_up(c);
    return conn_open(c, c->load);
}

enum { STEP_ON, STEP_WAIT, STEP_LOST };

static int
step_of(struct conn *c, int rc)
{
    int why;

    if (rc > 0)
        return STEP_ON;
    why = SSL_get_error(c->ssl, rc);
    return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? STEP_WAIT : STEP_LOST;
}

static int
step(struct conn *c)
{
    size_t n = 0;
    int s;

    if (!c->shaken) {
        s = step_of(c, SSL_do_handshake(c->ssl));
        if (s == STEP_ON) {
            note_handshake(c);
            next_request(c);
        }
        return s;
    }
    if (c->out_at < c->out_len) {
        s = step_of(c, SSL_write_ex(c->ssl, c->out + c->out_at, c->out_len - c->out_at, &n));
        c->out_at += n;
        return s;
    }
    if (c->in_len + 1 >= ANSWER_MAX)
        return STEP_LOST;
    s = step_of(c, SSL_read_ex(c->ssl, c->in + c->in_len, ANSWER_MAX - 1 - c->in_len, &n));
    c->in_len += n;
    return s;
}

bool
conn_run(struct conn *c)
{
    for (;;) {
        int s = step(c);

        if (s == STEP_WAIT)
            return true;
        if (s == STEP_LOST)
            return lost(c);
        if (c->shaken && c->in_len > 0 && is_whole(c)) {
            bool renewed = c->load->renewal != RENEW_NEVER;

            if (!answered(c))
                return false;
            if (renewed)
                return true; /* the new socket reports by itself */
        }
    }
}
