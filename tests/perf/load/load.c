/* SPDX-License-Identifier: Apache-2.0 */
/*
 * load.c - a load generator for HTTPS on loopback: one thread, N connections,
 * each with one request under way. wrk cannot begin a connection for each
 * request, resume its session, come from another address, or mix requests
 * without an interpreter between them.
 *
 *   load -p PORT -h HOST -r PLAN [-c CONNECTIONS] [-s SECONDS] [-w WARMING] [-n SPREAD]
 *        [-f FIRST] [-o] [-k full|resumed] [-b SOURCE] [-m MOST]
 *
 * -n: numbers in requests are FIRST to FIRST + SPREAD - 1, at random, with -o in order;
 * -k: a new connection for each request; -m: ends after as many answers, whatever the time.
 * A line "begun" on stdout when it begins to count, then one JSON object. Talks to 127.0.0.1
 * alone, and believes any certificate.
 */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "conn.h"

enum { CONNS_MAX = 4096, EVENTS = 128, SECONDS_MAX = 3600 };

struct options {
    unsigned connections;
    double seconds, warming;
    uint64_t most;
    const char *plan, *source;
    unsigned port;
};

static double
cpu_seconds(void)
{
    struct rusage u;

    (void)getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static int
usage(void)
{
    fputs("usage: load -p PORT -h HOST -r PLAN [-c CONNECTIONS] [-s SECONDS] [-w WARMING]\n"
          "            [-n SPREAD] [-f FIRST] [-o] [-k full|resumed] [-b SOURCE] [-m MOST]\n",
          stderr);
    return 64;
}

static unsigned
number(const char *text)
{
    return (unsigned)strtoul(text, NULL, 10);
}

static bool
read_option(int letter, struct options *o, struct load *l)
{
    switch (letter) {
    case 'p':
        o->port = number(optarg);
        return true;
    case 'h':
        l->host = optarg;
        return true;
    case 'r':
        o->plan = optarg;
        return true;
    case 'c':
        o->connections = number(optarg);
        return true;
    case 's':
        o->seconds = strtod(optarg, NULL);
        return true;
    case 'w':
        o->warming = strtod(optarg, NULL);
        return true;
    case 'n':
        l->plan.spread = number(optarg);
        return true;
    case 'f':
        l->plan.first = number(optarg);
        return true;
    case 'o':
        l->plan.in_order = true;
        return true;
    case 'b':
        o->source = optarg;
        return true;
    case 'm':
        o->most = number(optarg);
        return true;
    case 'k':
        l->renewal = strncmp(optarg, "full", 5) == 0 ? RENEW_FULL : RENEW_RESUMED;
        return true;
    default:
        return false;
    }
}

static bool
read_options(int argc, char **argv, struct options *o, struct load *l)
{
    int letter;

    *o = (struct options){ .connections = 1, .seconds = 1 };
    while ((letter = getopt(argc, argv, "p:h:r:c:s:w:n:f:ok:b:m:")) != -1)
        if (!read_option(letter, o, l))
            return false;
    return optind == argc && o->plan != NULL && l->host != NULL && o->port > 0 &&
           o->port < 65536 && o->connections > 0 && o->connections <= CONNS_MAX &&
           o->seconds > 0 && o->seconds <= SECONDS_MAX && o->warming >= 0 &&
           o->warming <= SECONDS_MAX;
}

static bool
prepare(struct load *l, const struct options *o)
{
    l->to = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)o->port) };
    l->to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (o->source != NULL) {
        l->from.sin_family = AF_INET;
        if (inet_pton(AF_INET, o->source, &l->from.sin_addr) != 1)
            return false;
    }
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    l->tls = SSL_CTX_new(TLS_client_method());
    if (l->epoll < 0 || l->tls == NULL)
        return false;
    SSL_CTX_set_verify(l->tls, SSL_VERIFY_NONE, NULL);
    (void)SSL_CTX_set_min_proto_version(l->tls, TLS1_2_VERSION);
    if (l->renewal == RENEW_RESUMED) {
        (void)SSL_CTX_set_session_cache_mode(l->tls, SSL_SESS_CACHE_CLIENT |
                                                         SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_new_cb(l->tls, conn_new_session);
    } else {
        (void)SSL_CTX_set_session_cache_mode(l->tls, SSL_SESS_CACHE_OFF);
    }
    return plan_read(&l->plan, o->plan);
}

/* Until the time is over, or enough was answered (0: no matter). */
static bool
turn(struct load *l, uint64_t until_us, uint64_t most)
{
    struct epoll_event events[EVENTS];

    while (now_us() < until_us && (most == 0 || l->tally.times.count < most)) {
        int n = epoll_wait(l->epoll, events, EVENTS, 10);

        for (int i = 0; i < n; i++)
            if (!conn_run(events[i].data.ptr))
                return false;
    }
    return true;
}

static void
report(const struct load *l, double seconds, double cpu)
{
    const struct tally *t = &l->tally;
    const char *comma = "";

    printf("{\"requests\":%llu,\"seconds\":%.6f,\"rate\":%.2f,\"cpu_seconds\":%.6f",
           (unsigned long long)t->times.count, seconds, (double)t->times.count / seconds, cpu);
    printf(",\"p50_us\":%llu,\"p90_us\":%llu,\"p99_us\":%llu,\"p999_us\":%llu,\"max_us\":%llu",
           (unsigned long long)hist_at(&t->times, 0.5),
           (unsigned long long)hist_at(&t->times, 0.9),
           (unsigned long long)hist_at(&t->times, 0.99),
           (unsigned long long)hist_at(&t->times, 0.999), (unsigned long long)t->times.max);
    printf(",\"broken\":%llu,\"handshakes\":%llu,\"resumed\":%llu,\"body\":%zu",
           (unsigned long long)t->broken, (unsigned long long)t->handshakes,
           (unsigned long long)t->resumed, t->body);
    printf(",\"protocol\":\"%s\",\"cipher\":\"%s\",\"group\":\"%s\",\"statuses\":{",
           t->protocol, t->cipher, t->group);
    for (unsigned i = 0; i < STATUSES; i++)
        if (t->statuses[i] > 0) {
            printf("%s\"%u\":%llu", comma, i, (unsigned long long)t->statuses[i]);
            comma = ",";
        }
    puts("}}");
}

static bool
run(struct load *l, const struct options *o)
{
    uint64_t begun = now_us(), end;
    double cpu;

    if (o->warming > 0 && !turn(l, begun + (uint64_t)(o->warming * 1e6), 0))
        return false;
    l->counting = true;
    puts("begun");
    (void)fflush(stdout);
    begun = now_us();
    cpu = cpu_seconds();
    if (!turn(l, begun + (uint64_t)(o->seconds * 1e6), o->most))
        return false;
    end = now_us();
    report(l, (double)(end - begun) / 1e6, cpu_seconds() - cpu);
    return true;
}

int
main(int argc, char **argv)
{
    struct options o;
    struct load *l = calloc(1, sizeof(*l));
    struct conn *conns = NULL;
    bool ok = false;

    (void)signal(SIGPIPE, SIG_IGN);
    if (l == NULL || !read_options(argc, argv, &o, l)) {
        free(l);
        return usage();
    }
    conns = calloc(o.connections, sizeof(*conns));
    if (conns != NULL && prepare(l, &o)) {
        ok = true;
        for (unsigned i = 0; ok && i < o.connections; i++)
            ok = conn_open(&conns[i], l);
        ok = ok && run(l, &o);
    }
    for (unsigned i = 0; conns != NULL && i < o.connections; i++)
        if (conns[i].load != NULL)
            conn_close(&conns[i]);
    plan_release(&l->plan);
    SSL_CTX_free(l->tls);
    free(conns);
    free(l);
    return ok ? 0 : 1;
}
