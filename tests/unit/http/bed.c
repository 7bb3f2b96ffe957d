/* SPDX-License-Identifier: Apache-2.0 */
/* bed.c - the server that answers what it saw, and clients. */
#include "bed.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>
#include <openssl/err.h>

#include "../slowness.h"
#include "base/clock.h"

uint64_t
patience(void)
{
    return clock_mono_ms() + 20000 * slowness();
}

bool
is_over(uint64_t until)
{
    return clock_mono_ms() > until;
}

int
bed_setup(void **state)
{
    (void)state;
    return secmem_init(4u << 20) == ERR_OK ? 0 : -1;
}

int
bed_teardown(void **state)
{
    (void)state;
    secmem_release();
    return 0;
}

/* "GET host:port path?params head... body" of the request, in a fixed form. */
static void
echo(struct http_response *out, const struct http_request *r)
{
    struct secbuf *b = &out->body;
    char line[64];

    secbuf_put(b, span_str(http_method_name(r->method)));
    secbuf_put_byte(b, ' ');
    secbuf_put(b, r->host);
    (void)snprintf(line, sizeof(line), ":%u ", r->port);
    secbuf_put(b, span_str(line));
    secbuf_put(b, r->path);
    for (unsigned i = 0; i < r->nparams; i++) {
        secbuf_put_byte(b, i == 0 ? '?' : '&');
        secbuf_put(b, r->params[i].name);
        secbuf_put_byte(b, '=');
        secbuf_put(b, r->params[i].value);
    }
    (void)snprintf(line, sizeof(line), " %zu ", r->body.len);
    secbuf_put(b, span_str(line));
    secbuf_put(b, span_head(r->body, 1024));
}

static void
fill(struct bed *b, const struct http_request *r)
{
    struct http_response *out = &b->answer;

    out->status = b->status == 0 ? 200 : b->status;
    out->close = b->close;
    out->yields = span_is_str(r->path, "/refused");
    http_response_header(out, "Content-Type", "text/plain");
    if (b->answer_size == 0)
        echo(out, r);
    for (size_t i = 0; i < b->answer_size; i++) {
        if (b->answer_big)
            buf_put_byte(&out->big_body, (uint8_t)('a' + i % 26));
        else
            secbuf_put_byte(&out->body, (uint8_t)('a' + i % 26));
    }
}

static void
on_request(void *arg, struct http_conn *c, const struct http_request *r)
{
    struct bed *b = arg;

    b->requests++;
    b->refused += span_is_str(r->path, "/refused") ? 1 : 0;
    http_conn_set_user(c, b);
    if (b->is_late) {
        assert_null(b->waiting);
        b->waiting = c;
        b->request = r;
        return;
    }
    fill(b, r);
    http_reply(c, &b->answer);
}

void
bed_reply(struct bed *b)
{
    struct http_conn *c = b->waiting;

    assert_non_null(c);
    assert_ptr_equal(http_conn_user(c), b);
    fill(b, b->request);
    b->waiting = NULL;
    b->request = NULL;
    http_reply(c, &b->answer);
}

static size_t
body_limit(void *arg, const struct http_request *r)
{
    const struct bed *b = arg;

    assert_int_not_equal(r->host.len, 0);
    return b->body_limit == 0 ? MAX_BODY : b->body_limit;
}

static void
on_bad(void *arg, const struct http_request *r, unsigned status, struct http_response *out)
{
    struct bed *b = arg;

    assert_non_null(r);
    assert_int_equal(out->status, status);
    b->bad++;
    b->bad_status = status;
    secbuf_put(&out->body, span_str("bad"));
}

static void
on_timeout(void *arg, struct http_conn *c, struct http_response *out)
{
    struct bed *b = arg;

    assert_ptr_equal(http_conn_user(c), b);
    b->timeouts++;
    secbuf_put(&out->body, span_str("late"));
    if (b->is_prompt)
        bed_reply(b);
}

int
bed_listen(uint16_t *port)
{
    struct sockaddr_in at = { .sin_family = AF_INET };
    socklen_t len = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(fd, 2048), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

void
bed_open_with(struct bed *b, struct http_tls *tls, const struct http_limits *limits)
{
    struct http_events events = { on_request, body_limit, on_bad, on_timeout, b };
    int fd;

    *b = (struct bed){ .tls = tls };
    if (limits != NULL)
        b->limits = *limits;
    else
        http_limits_default(&b->limits);
    b->base = event_base_new();
    assert_non_null(b->base);
    http_response_init(&b->answer);
    assert_int_equal(http_server_new(b->base, &b->limits, &events, &b->server), ERR_OK);
    fd = bed_listen(&b->port);
    assert_int_equal(http_server_listen(b->server, fd, b->tls), ERR_OK);
}

void
bed_open(struct bed *b, bool with_tls, const struct http_limits *limits)
{
    struct http_tls *tls = NULL;

    if (with_tls)
        assert_int_equal(http_tls_new_local(span_str(ec_cert()), span_str(ec_key()), &tls),
                         ERR_OK);
    bed_open_with(b, tls, limits);
}

void
bed_close(struct bed *b)
{
    size_t used = 0, total = 0;

    http_server_free(b->server);
    http_tls_free(b->tls);
    http_response_release(&b->answer);
    event_base_free(b->base);
    secmem_usage(&used, &total);
    assert_int_equal(used, 0);
}

void
bed_pump(struct bed *b)
{
    assert_int_not_equal(event_base_loop(b->base, EVLOOP_NONBLOCK), -1);
}

void
client_connect(struct bed *b, struct client *c)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(b->port) };

    *c = (struct client){ 0 };
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(c->fd >= 0);
    assert_int_equal(connect(c->fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(evutil_make_socket_nonblocking(c->fd), 0);
}

static SSL_CTX *
client_tls(void)
{
    static SSL_CTX *ctx;

    if (ctx == NULL)
        ctx = SSL_CTX_new(TLS_client_method());
    assert_non_null(ctx);
    return ctx;
}

void
client_open(struct bed *b, struct client *c)
{
    uint64_t until = patience();
    int r = 0;

    client_connect(b, c);
    if (b->tls == NULL)
        return;
    c->ssl = SSL_new(client_tls());
    assert_non_null(c->ssl);
    assert_int_equal(SSL_set_fd(c->ssl, c->fd), 1);
    do {
        r = SSL_connect(c->ssl);
        bed_pump(b);
        assert_false(is_over(until));
    } while (r != 1);
}

void
client_close(struct client *c)
{
    SSL_free(c->ssl);
    if (c->fd >= 0)
        close(c->fd);
    free(c->in);
    *c = (struct client){ .fd = -1 };
}

/* Bytes taken; 0: not now; -1: the server is gone. */
static ssize_t
write_some(struct client *c, const uint8_t *p, size_t len)
{
    size_t done = 0;
    ssize_t n;

    if (c->ssl != NULL) {
        int r = SSL_write_ex(c->ssl, p, len < 16384 ? len : 16384, &done);

        if (r == 1)
            return (ssize_t)done;
        r = SSL_get_error(c->ssl, r);
        ERR_clear_error();
        return r == SSL_ERROR_WANT_WRITE || r == SSL_ERROR_WANT_READ ? 0 : -1;
    }
    n = send(c->fd, p, len, MSG_NOSIGNAL);
    return n < 0 && errno == EAGAIN ? 0 : n;
}

void
client_send(struct bed *b, struct client *c, const void *bytes, size_t len)
{
    const uint8_t *p = bytes;
    uint64_t until = patience();

    while (len > 0) {
        ssize_t n = write_some(c, p, len);

        if (n < 0)
            break; /* refused early: the answer is what counts */
        p += n;
        len -= (size_t)n;
        bed_pump(b);
        assert_false(is_over(until));
    }
}

void
client_say(struct bed *b, struct client *c, const char *text)
{
    client_send(b, c, text, strlen(text));
}

bool
client_read(struct client *c)
{
    uint8_t bytes[16384];
    size_t len = 0;

    if (c->ssl != NULL) {
        int r = SSL_read_ex(c->ssl, bytes, sizeof(bytes), &len);

        if (r != 1) {
            r = SSL_get_error(c->ssl, r);
            c->eof = r != SSL_ERROR_WANT_READ && r != SSL_ERROR_WANT_WRITE;
            ERR_clear_error();
            return false;
        }
    } else {
        ssize_t n = recv(c->fd, bytes, sizeof(bytes), 0);

        if (n <= 0) {
            c->eof = n == 0 || errno != EAGAIN;
            return false;
        }
        len = (size_t)n;
    }
    if (c->cap - c->len < len + 1) {
        c->cap = (c->cap + len + 1) * 2;
        c->in = realloc(c->in, c->cap);
        assert_non_null(c->in);
    }
    memcpy(c->in + c->len, bytes, len);
    c->len += len;
    c->in[c->len] = '\0';
    return true;
}

bool
client_sees_end(struct bed *b, struct client *c)
{
    uint64_t until = patience();

    while (!c->eof) {
        (void)client_read(c);
        bed_pump(b);
        if (is_over(until))
            return false;
    }
    return true;
}

/* Length of the whole answer at the front, 0 while it is not there. */
static size_t
whole_answer(const struct client *c, struct answer *out, bool no_body)
{
    const char *text = (const char *)c->in, *end, *at;
    size_t head_len, body_len = 0;

    if (c->len == 0)
        return 0;
    end = strstr(text, "\r\n\r\n");
    if (end == NULL)
        return 0;
    head_len = (size_t)(end + 4 - text);
    assert_true(head_len < sizeof(out->head));
    memcpy(out->head, text, head_len);
    out->head[head_len] = '\0';
    assert_int_equal(strncmp(text, "HTTP/1.1 ", 9), 0);
    out->status = (unsigned)strtoul(text + 9, NULL, 10);
    at = strstr(out->head, "Content-Length: ");
    if (at != NULL)
        body_len = strtoul(at + 16, NULL, 10);
    if (no_body)
        body_len = 0;
    if (c->len < head_len + body_len)
        return 0;
    out->body_len = body_len;
    if (body_len > sizeof(out->body) - 1)
        body_len = sizeof(out->body) - 1;
    memcpy(out->body, text + head_len, body_len);
    out->body[body_len] = '\0';
    return head_len + out->body_len;
}

void
client_take(struct bed *b, struct client *c, struct answer *out, bool no_body)
{
    uint64_t until = patience();
    size_t len;

    while ((len = whole_answer(c, out, no_body)) == 0) {
        bool came = client_read(c);

        bed_pump(b);
        assert_true(came || !c->eof);
        assert_false(is_over(until));
    }
    memmove(c->in, c->in + len, c->len - len + 1);
    c->len -= len;
}
