/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_hello.c - what one request costs in src/http: a fixed answer of 300 bytes of JSON with
 * headers as a vault's, on one loop.
 *
 *   http_hello PORT [chain.pem key.pem]      (without files: plain HTTP)
 *
 * Ends on SIGINT or SIGTERM and prints CPU time per request.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/secbuf.h"
#include "http/server.h"
#include "http/tls.h"

static struct http_response answer;
static double cpu_before; /* spent on starting, until the first request */

static double
cpu_seconds(void)
{
    struct rusage u;

    (void)getrusage(RUSAGE_SELF, &u);
    return (double)u.ru_utime.tv_sec + (double)u.ru_stime.tv_sec +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void
on_request(void *arg, struct http_conn *c, const struct http_request *r)
{
    static const char json[] =
        "{\"value\":\"0123456789012345678901234567890123456789012345678901234567890123456789"
        "012345678901234567890123456789\",\"id\":\"https://dev.vault.keyhold.localhost:8443/"
        "secrets/hello/0123456789abcdef0123456789abcdef\",\"attributes\":{\"enabled\":true,"
        "\"created\":1700000000,\"updated\":1700000000,\"recoveryLevel\":\"Recoverable\"}}";

    (void)arg;
    (void)r;
    if (cpu_before == 0)
        cpu_before = cpu_seconds();
    http_response_header(&answer, "Content-Type", "application/json; charset=utf-8");
    http_response_lines(&answer,
                        "Cache-Control: no-cache\r\nPragma: no-cache\r\nExpires: -1\r\n"
                        "X-Content-Type-Options: nosniff\r\n"
                        "x-ms-keyvault-region: local\r\n"
                        "x-ms-keyvault-service-version: 1.9.3019.1\r\n");
    http_response_header(&answer, "x-ms-request-id", "01234567-89ab-cdef-0123-456789abcdef");
    http_response_header(&answer, "Strict-Transport-Security", "max-age=31536000");
    secbuf_put(&answer.body, span_str(json));
    http_reply(c, &answer);
}

static void
on_signal(evutil_socket_t fd, short what, void *base)
{
    (void)fd;
    (void)what;
    (void)event_base_loopbreak(base);
}

static int
listen_on(const char *port)
{
    struct sockaddr_in at = { .sin_family = AF_INET };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;

    at.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 || listen(fd, 4096) != 0)
        return -1;
    return fd;
}

static struct span
file_text(const char *path, char *into, size_t cap)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, into, cap);

    if (fd >= 0)
        close(fd);
    return span_of(into, n < 0 ? 0 : (size_t)n);
}

static void
print_figures(const struct http_server *s)
{
    struct http_figures f;
    struct rusage u;

    http_server_figures(s, &f);
    (void)getrusage(RUSAGE_SELF, &u);
    printf("requests %llu, handshakes %llu, resumed %llu, CPU us/request %.2f, RSS %ld KiB\n",
           (unsigned long long)f.requests, (unsigned long long)f.handshakes,
           (unsigned long long)f.resumed,
           f.requests == 0 ? 0 : (cpu_seconds() - cpu_before) * 1e6 / (double)f.requests,
           u.ru_maxrss);
}

int
main(int argc, char **argv)
{
    static char chain[16384], key[16384];
    struct http_events events = { .on_request = on_request };
    struct http_limits limits;
    struct event_base *base = event_base_new();
    struct http_server *s = NULL;
    struct http_tls *tls = NULL;
    struct event *interrupt, *end;
    int fd = argc > 1 ? listen_on(argv[1]) : -1;

    if (fd < 0 || base == NULL || secmem_init(4 << 20) != ERR_OK)
        return 2;
    if (argc > 3 && http_tls_new_local(file_text(argv[2], chain, sizeof(chain)),
                                       file_text(argv[3], key, sizeof(key)), &tls) != ERR_OK)
        return 2;
    http_limits_default(&limits);
    http_response_init(&answer);
    if (http_server_new(base, &limits, &events, &s) != ERR_OK ||
        http_server_listen(s, fd, tls) != ERR_OK)
        return 2;
    interrupt = evsignal_new(base, SIGINT, on_signal, base);
    end = evsignal_new(base, SIGTERM, on_signal, base);
    (void)evsignal_add(interrupt, NULL);
    (void)evsignal_add(end, NULL);
    (void)event_base_dispatch(base);
    print_figures(s);
    event_free(interrupt);
    event_free(end);
    http_server_free(s);
    http_tls_free(tls);
    http_response_release(&answer);
    event_base_free(base);
    return 0;
}
