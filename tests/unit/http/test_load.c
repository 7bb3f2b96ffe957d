/* SPDX-License-Identifier: Apache-2.0 */
/* test_load.c - many connections, caps, and running out of things. */
#include "bed.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/secbuf.h"
#include "http/address_int.h"

#include <arpa/inet.h>

#define GET "GET /a HTTP/1.1\r\nHost: h\r\n\r\n"

static struct bed bed;

static void
pump_until_conns(unsigned n)
{
    uint64_t until = patience();

    while (http_server_conns(bed.server) != n) {
        bed_pump(&bed);
        assert_false(is_over(until));
    }
}

/* An ordinary user has 1,024, and may have more when asking for them. */
static bool
has_descriptors(rlim_t n)
{
    struct rlimit l;

    if (getrlimit(RLIMIT_NOFILE, &l) != 0)
        return false;
    if (l.rlim_cur >= n)
        return true;
    l.rlim_cur = l.rlim_max;
    return l.rlim_max >= n && setrlimit(RLIMIT_NOFILE, &l) == 0;
}

static void
a_thousand_idle_connections_cost_no_secret_memory(void **state)
{
    enum { COUNT = 1000 };
    struct client *c = calloc(COUNT, sizeof(*c));
    size_t before = 0, used = 0, total = 0;
    struct answer a;

    (void)state;
    assert_non_null(c);
    if (!has_descriptors(2 * COUNT + 100)) {
        free(c);
        skip();
        return;
    }
    bed_open(&bed, false, NULL);
    client_open(&bed, &c[0]);
    client_say(&bed, &c[0], GET);
    client_take(&bed, &c[0], &a, false);
    secmem_usage(&before, &total);
    for (int i = 1; i < COUNT; i++)
        client_open(&bed, &c[i]);
    pump_until_conns(COUNT);
    for (int i = 0; i < COUNT; i += 37) {
        client_say(&bed, &c[i], GET);
        client_take(&bed, &c[i], &a, false);
        assert_int_equal(a.status, 200);
    }
    secmem_usage(&used, &total);
    assert_int_equal(used, before);
    for (int i = 0; i < COUNT; i++)
        client_close(&c[i]);
    pump_until_conns(0);
    bed_close(&bed);
    free(c);
}

static void
an_address_has_a_cap(void **state)
{
    struct http_limits l;
    struct http_figures f;
    struct client c[4];
    struct answer a;

    (void)state;
    http_limits_default(&l);
    l.max_conns_per_address = 3;
    bed_open(&bed, false, &l);
    for (int i = 0; i < 3; i++)
        client_open(&bed, &c[i]);
    pump_until_conns(3);
    client_open(&bed, &c[3]);
    assert_true(client_sees_end(&bed, &c[3]));
    http_server_figures(bed.server, &f);
    assert_int_equal(f.refused, 1);
    assert_int_equal(f.accepted, 3);
    client_close(&c[3]);
    client_close(&c[0]);
    pump_until_conns(2);
    client_open(&bed, &c[3]); /* room again */
    client_say(&bed, &c[3], GET);
    client_take(&bed, &c[3], &a, false);
    assert_int_equal(a.status, 200);
    for (int i = 1; i < 4; i++)
        client_close(&c[i]);
    bed_close(&bed);
}

static void
at_the_cap_of_all_the_longest_idle_makes_room(void **state)
{
    struct http_limits l;
    struct client c[3];
    struct answer a;

    (void)state;
    http_limits_default(&l);
    l.max_conns = 2;
    bed_open(&bed, false, &l);
    for (int i = 0; i < 2; i++) {
        client_open(&bed, &c[i]);
        client_say(&bed, &c[i], GET);
        client_take(&bed, &c[i], &a, false);
    }
    client_open(&bed, &c[2]);
    client_say(&bed, &c[2], GET);
    client_take(&bed, &c[2], &a, false);
    assert_int_equal(a.status, 200);
    assert_true(client_sees_end(&bed, &c[0]));
    client_say(&bed, &c[1], GET);
    client_take(&bed, &c[1], &a, false);
    assert_int_equal(a.status, 200);
    for (int i = 0; i < 3; i++)
        client_close(&c[i]);
    bed_close(&bed);
}

static void
at_the_cap_of_all_with_none_idle_the_newest_is_refused(void **state)
{
    struct http_limits l;
    struct http_figures f;
    struct client c[2];
    struct answer a;

    (void)state;
    http_limits_default(&l);
    l.max_conns = 1;
    bed_open(&bed, false, &l);
    bed.is_late = true;
    client_open(&bed, &c[0]);
    client_say(&bed, &c[0], GET);
    while (bed.waiting == NULL)
        bed_pump(&bed);
    client_open(&bed, &c[1]);
    assert_true(client_sees_end(&bed, &c[1]));
    http_server_figures(bed.server, &f);
    assert_int_equal(f.refused, 1);
    bed_reply(&bed);
    client_take(&bed, &c[0], &a, false);
    assert_int_equal(a.status, 200);
    client_close(&c[0]);
    client_close(&c[1]);
    bed_close(&bed);
}

/* A request of which a good part has come, but not all. */
static void
say_half(struct client *c, size_t bytes)
{
    static const char line[] =
        "X-Line: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n";

    client_say(&bed, c, "GET / HTTP/1.1\r\nHost: h\r\n");
    for (size_t sent = 0; sent < bytes; sent += sizeof(line) - 1)
        client_say(&bed, c, line);
    for (int i = 0; i < 10; i++)
        bed_pump(&bed);
}

static void
half_requests_do_not_take_all_secret_memory(void **state)
{
    enum { COUNT = 300 };
    struct client *c = calloc(COUNT, sizeof(*c)), honest;
    struct http_figures f;
    size_t used, total;
    struct answer a;

    (void)state;
    assert_non_null(c);
    bed_open(&bed, false, NULL);
    for (int i = 0; i < COUNT; i++) {
        client_open(&bed, &c[i]);
        say_half(&c[i], 20000);
    }
    secmem_usage(&used, &total);
    assert_true(used <= total - total / 4);
    client_open(&bed, &honest);
    client_say(&bed, &honest, GET);
    client_take(&bed, &honest, &a, false);
    assert_int_equal(a.status, 200);
    /* It was the oldest that went, and was told to try again. */
    client_take(&bed, &c[0], &a, false);
    assert_int_equal(a.status, 503);
    assert_true(client_sees_end(&bed, &c[0]));
    client_say(&bed, &c[COUNT - 1], "\r\n");
    client_take(&bed, &c[COUNT - 1], &a, false);
    assert_int_equal(a.status, 200);
    http_server_figures(bed.server, &f);
    assert_true(f.evicted > 0);
    for (int i = 0; i < COUNT; i++)
        client_close(&c[i]);
    client_close(&honest);
    bed_close(&bed);
    free(c);
}

static void
half_bodies_do_not_take_all_secret_memory(void **state)
{
    enum { COUNT = 12, HALF = 500000 };
    struct client c[COUNT], honest;
    char *body = calloc(1, HALF);
    size_t used, total;
    struct answer a;

    (void)state;
    assert_non_null(body);
    bed_open(&bed, false, NULL);
    for (int i = 0; i < COUNT; i++) {
        client_open(&bed, &c[i]);
        client_say(&bed, &c[i], "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n");
        client_send(&bed, &c[i], body, HALF);
        for (int k = 0; k < 300; k++)
            bed_pump(&bed);
    }
    secmem_usage(&used, &total);
    assert_true(used <= total - total / 4);
    client_open(&bed, &honest);
    client_say(&bed, &honest, GET);
    client_take(&bed, &honest, &a, false);
    assert_int_equal(a.status, 200);
    client_take(&bed, &c[0], &a, false);
    assert_int_equal(a.status, 503);
    for (int i = 0; i < COUNT; i++)
        client_close(&c[i]);
    client_close(&honest);
    bed_close(&bed);
    free(body);
}

static void
few_large_bodies_arrive_at_a_time(void **state)
{
    enum { COUNT = 5, PART = 2 * 1024 * 1024 };
    struct client c[COUNT];
    char *body = calloc(1, PART);
    struct http_figures f;
    struct answer a;

    (void)state;
    assert_non_null(body);
    bed_open(&bed, false, NULL);
    bed.body_limit = 24u << 20;
    for (int i = 0; i < COUNT; i++) {
        client_open(&bed, &c[i]);
        client_say(&bed, &c[i],
                   "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 20000000\r\n\r\n");
        client_send(&bed, &c[i], body, PART);
    }
    http_server_figures(bed.server, &f);
    assert_int_equal(f.evicted, 1);
    client_take(&bed, &c[0], &a, false);
    assert_int_equal(a.status, 503);
    for (int i = 0; i < COUNT; i++)
        client_close(&c[i]);
    bed_close(&bed);
    free(body);
}

static void
at_the_cap_of_all_who_keeps_us_waiting_makes_room(void **state)
{
    uint64_t begin = clock_mono_ms();
    struct http_limits l;
    struct client c[3];
    struct answer a;

    (void)state;
    http_limits_default(&l);
    l.max_conns = 2;
    bed_open(&bed, false, &l);
    for (int i = 0; i < 2; i++) {
        client_open(&bed, &c[i]);
        client_say(&bed, &c[i], "GET /");
        for (int k = 0; k < 10; k++)
            bed_pump(&bed);
    }
    while (clock_mono_ms() - begin < 1100)
        bed_pump(&bed);
    client_open(&bed, &c[2]);
    client_say(&bed, &c[2], GET);
    client_take(&bed, &c[2], &a, false);
    assert_int_equal(a.status, 200);
    assert_true(client_sees_end(&bed, &c[0]));
    for (int i = 0; i < 3; i++)
        client_close(&c[i]);
    bed_close(&bed);
}

/* Opens descriptors until none is left; returns how many. */
static int
use_up_descriptors(int *fds, int max)
{
    int n = 0;

    while (n < max && (fds[n] = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0)
        n++;
    return n;
}

static void
without_descriptors_clients_are_turned_away_not_spun_upon(void **state)
{
    struct rlimit old, small = { 64, 64 };
    struct http_figures f;
    struct client c, d;
    struct answer a;
    int fds[64], n;

    (void)state;
    bed_open(&bed, false, NULL);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    small.rlim_max = old.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &small), 0);
    n = use_up_descriptors(fds, 64);
    assert_in_range(n, 1, 63);
    n--;
    close(fds[n]); /* for the client's end */
    client_connect(&bed, &c);
    assert_true(client_sees_end(&bed, &c));
    http_server_figures(bed.server, &f);
    assert_int_equal(f.refused, 1);
    assert_int_equal(f.conns, 0);
    client_close(&c);
    while (n > 0)
        close(fds[--n]);
    client_open(&bed, &d); /* and it works again */
    client_say(&bed, &d, GET);
    client_take(&bed, &d, &a, false);
    assert_int_equal(a.status, 200);
    client_close(&d);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
    bed_close(&bed);
}

/* Takes secret memory until only a block smaller than `leave` is to be had. */
static unsigned
use_up_secret_memory(void **blocks, unsigned max, size_t leave)
{
    unsigned n = 0;

    for (size_t size = 1u << 22; size >= leave; size /= 2)
        while (n < max && (blocks[n] = secmem_alloc(size)) != NULL)
            n++;
    return n;
}

static void
without_secret_memory_the_answer_is_503(void **state)
{
    static void *blocks[4096];
    struct client c;
    struct answer a;
    unsigned n;

    (void)state;
    for (int tls = 0; tls < 2; tls++) {
        bed_open(&bed, tls == 1, NULL);
        client_open(&bed, &c);
        n = use_up_secret_memory(blocks, 4096, 64);
        client_say(&bed, &c, GET);
        client_take(&bed, &c, &a, false);
        assert_int_equal(a.status, 503);
        assert_non_null(strstr(a.head, "\r\nRetry-After: 1\r\n"));
        assert_true(client_sees_end(&bed, &c));
        while (n > 0)
            secmem_free(blocks[--n]);
        client_close(&c);
        client_open(&bed, &c);
        client_say(&bed, &c, GET);
        client_take(&bed, &c, &a, false);
        assert_int_equal(a.status, 200);
        client_close(&c);
        bed_close(&bed);
    }
}

static void
a_body_that_finds_no_secret_memory_is_503(void **state)
{
    static void *blocks[4096];
    char *body = calloc(1, 600000);
    struct client c;
    struct answer a;
    unsigned n;

    (void)state;
    assert_non_null(body);
    bed_open(&bed, false, NULL);
    client_open(&bed, &c);
    client_say(&bed, &c, GET);
    client_take(&bed, &c, &a, false);
    n = use_up_secret_memory(blocks, 4096, 64 * 1024);
    client_say(&bed, &c, "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 600000\r\n\r\n");
    client_send(&bed, &c, body, 600000);
    client_take(&bed, &c, &a, false);
    assert_int_equal(a.status, 503);
    assert_int_equal(bed.requests, 1);
    while (n > 0)
        secmem_free(blocks[--n]);
    client_close(&c);
    bed_close(&bed);
    free(body);
}

static struct address
address_of(const char *text)
{
    struct sockaddr_storage ss = { 0 };
    struct address a;

    if (strchr(text, ':') != NULL) {
        ss.ss_family = AF_INET6;
        assert_int_equal(inet_pton(AF_INET6, text, &((struct sockaddr_in6 *)&ss)->sin6_addr),
                         1);
    } else {
        ss.ss_family = AF_INET;
        assert_int_equal(inet_pton(AF_INET, text, &((struct sockaddr_in *)&ss)->sin_addr), 1);
    }
    address_from(&ss, &a);
    return a;
}

static void
addresses_are_counted_by_client(void **state)
{
    struct address v4 = address_of("192.0.2.1"), mapped = address_of("::ffff:192.0.2.1"),
                   other = address_of("192.0.2.2"), six = address_of("2001:db8::1"),
                   same_net = address_of("2001:db8::2"), far = address_of("2001:db8:0:1::1");
    struct address_entry *e[6] = { 0 };
    struct address_table t;

    (void)state;
    assert_string_equal(mapped.text, "192.0.2.1");
    assert_false(mapped.is_ipv6);
    assert_string_equal(six.text, "2001:db8::1");
    assert_true(six.is_ipv6);
    assert_int_equal(address_table_init(&t), ERR_OK);
    assert_int_equal(address_enter(&t, &v4, 1, &e[0]), ERR_OK);
    assert_int_equal(address_enter(&t, &mapped, 1, &e[1]), ERR_FULL);
    assert_int_equal(address_enter(&t, &other, 1, &e[1]), ERR_OK);
    assert_int_equal(address_enter(&t, &six, 1, &e[2]), ERR_OK);
    assert_int_equal(address_enter(&t, &same_net, 1, &e[3]), ERR_FULL);
    assert_int_equal(address_enter(&t, &far, 1, &e[3]), ERR_OK);
    assert_int_equal(address_enter(&t, &v4, 0, &e[4]), ERR_OK); /* 0: no cap */
    address_leave(&t, e[0]);
    address_leave(&t, e[4]);
    assert_int_equal(address_enter(&t, &mapped, 1, &e[0]), ERR_OK);
    address_table_release(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thousand_idle_connections_cost_no_secret_memory),
        cmocka_unit_test(an_address_has_a_cap),
        cmocka_unit_test(at_the_cap_of_all_the_longest_idle_makes_room),
        cmocka_unit_test(at_the_cap_of_all_with_none_idle_the_newest_is_refused),
        cmocka_unit_test(at_the_cap_of_all_who_keeps_us_waiting_makes_room),
        cmocka_unit_test(half_requests_do_not_take_all_secret_memory),
        cmocka_unit_test(half_bodies_do_not_take_all_secret_memory),
        cmocka_unit_test(few_large_bodies_arrive_at_a_time),
        cmocka_unit_test(without_descriptors_clients_are_turned_away_not_spun_upon),
        cmocka_unit_test(without_secret_memory_the_answer_is_503),
        cmocka_unit_test(a_body_that_finds_no_secret_memory_is_503),
        cmocka_unit_test(addresses_are_counted_by_client),
    };

    return cmocka_run_group_tests(tests, bed_setup, bed_teardown);
}
