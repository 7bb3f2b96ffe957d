/* SPDX-License-Identifier: Apache-2.0 */
/* test_api_figures.c - what is counted, and how the page says it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "api/figures.h"
#include "api/routes.h"

static struct figures one, two;
static struct buf page;

static int
setup(void **state)
{
    (void)state;
    memset(&one, 0, sizeof(one));
    memset(&two, 0, sizeof(two));
    buf_init(&page, 1024 * 1024);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    buf_release(&page);
    return 0;
}

static const char *
print(void)
{
    const struct figures *const loops[] = { &one, &two };

    buf_clear(&page);
    figures_print(loops, 2, &page);
    assert_int_equal(page.err, ERR_OK);
    return buf_str(&page);
}

static void
says(const char *line)
{
    const char *text = print(), *at = strstr(text, line);

    if (at == NULL || (at != text && at[-1] != '\n') || at[strlen(line)] != '\n') {
        print_error("no line %s in\n%s", line, text);
        fail();
    }
}

static void
loops_are_added_up_by_route_and_class(void **state)
{
    char line[256];

    (void)state;
    figures_count(&one, 0, 200, 10);
    figures_count(&two, 0, 204, 10);
    figures_count(&two, 0, 404, 10);
    (void)snprintf(line, sizeof(line),
                   "keyhold_requests_total{route=\"0\",operation=\"%s\",status=\"2xx\"} 2",
                   routes_at(0)->operation);
    says(line);
    (void)snprintf(line, sizeof(line),
                   "keyhold_requests_total{route=\"0\",operation=\"%s\",status=\"4xx\"} 1",
                   routes_at(0)->operation);
    says(line);
    assert_null(strstr(print(), "5xx"));
}

static void
buckets_are_cumulative_and_the_last_holds_all(void **state)
{
    (void)state;
    figures_count(&one, FIGURES_OPS - 1, 200, 50);
    figures_count(&one, FIGURES_OPS - 1, 200, 51);
    figures_count(&two, FIGURES_OPS - 1, 200, 3000000);
    says("keyhold_request_seconds_bucket{route=\"511\",operation=\"None\",le=\"5e-05\"} 1");
    says("keyhold_request_seconds_bucket{route=\"511\",operation=\"None\",le=\"0.0001\"} 2");
    says("keyhold_request_seconds_bucket{route=\"511\",operation=\"None\",le=\"1\"} 2");
    says("keyhold_request_seconds_bucket{route=\"511\",operation=\"None\",le=\"+Inf\"} 3");
    says("keyhold_request_seconds_sum{route=\"511\",operation=\"None\"} 3.000101");
    says("keyhold_request_seconds_count{route=\"511\",operation=\"None\"} 3");
}

static void
numbers_out_of_range_are_counted_somewhere(void **state)
{
    (void)state;
    figures_count(&one, 9999, 999, 1);
    says("keyhold_requests_total{route=\"511\",operation=\"None\",status=\"5xx\"} 1");
}

static void
an_idle_server_has_totals_and_no_routes(void **state)
{
    (void)state;
    says("keyhold_requests_in_flight 0");
    says("keyhold_denied_total 0");
    says("# TYPE keyhold_keeper_failures_total counter");
    assert_null(strstr(print(), "route="));
}

static void
every_route_has_a_figure_of_its_own(void **state)
{
    (void)state;
    assert_true(routes_count() < FIGURES_OPS);
}

static void
keeper_says(const struct keeper_stats *s, const char *line, bool there)
{
    const char *at;

    buf_clear(&page);
    figures_print_keeper(s, &page);
    assert_int_equal(page.err, ERR_OK);
    at = strstr(buf_str(&page), line);
    if ((at != NULL && at[strlen(line)] == '\n') != there) {
        print_error("%s: %s\n", line, buf_str(&page));
        fail();
    }
}

static void
the_keeper_tells_its_questions_queues_and_stock(void **state)
{
    struct keeper_stats s = { .lanes = 3, .lanes_busy_us = 1500000 };

    (void)state;
    s.asked[KEEPER_KEY_USE] = 7;
    s.crew[PACE_LONG] = (struct keeper_crew){ 2, 1, 5, 4 };
    s.crew[PACE_PASSWORD] = (struct keeper_crew){ 0, 0, 0, 9 };
    s.stock[STOCK_3072] = (struct keeper_shelf){ 3072, 1, 4 };
    s.stock[STOCK_4096] = (struct keeper_shelf){ 4096, 0, 0 };
    keeper_says(&s, "keyhold_keeper_questions_total{question=\"key_use\"} 7", true);
    keeper_says(&s, "keyhold_keeper_lanes 3", true);
    keeper_says(&s, "keyhold_keeper_lanes_busy_seconds_total 1.500000", true);
    keeper_says(&s, "keyhold_keeper_threads{kind=\"worker\"} 2", true);
    keeper_says(&s, "keyhold_keeper_jobs{kind=\"worker\",state=\"running\"} 1", true);
    keeper_says(&s, "keyhold_keeper_jobs{kind=\"worker\",state=\"waiting\"} 5", true);
    keeper_says(&s, "keyhold_keeper_refused_total{kind=\"worker\"} 4", true);
    keeper_says(&s, "keyhold_keeper_stock{bits=\"3072\"} 1", true);
    keeper_says(&s, "keyhold_keeper_stock_wanted{bits=\"3072\"} 4", true);
    /* What there is none of is not told. */
    keeper_says(&s, "keyhold_keeper_questions_total{question=\"sign\"} 0", false);
    keeper_says(&s, "keyhold_keeper_refused_total{kind=\"slow\"} 9", false);
    keeper_says(&s, "keyhold_keeper_stock{bits=\"4096\"} 0", false);
}

static void
lines_of_a_figure_stand_together(void **state)
{
    struct keeper_stats s = { .lanes = 1 };
    char seen[32][64];
    unsigned n = 0;

    (void)state;
    for (unsigned i = 0; i < KEEPER_OP__MAX; i++)
        s.asked[i] = 1;
    for (unsigned i = 0; i < PACE__MAX; i++)
        s.crew[i].threads = 1;
    for (unsigned i = 0; i < STOCK__MAX; i++)
        s.stock[i].want = 1;
    figures_print_keeper(&s, &page);
    for (char *save = NULL, *l = strtok_r((char *)page.ptr, "\n", &save); l != NULL;
         l = strtok_r(NULL, "\n", &save)) {
        size_t len = strcspn(l, "{ ");

        if (l[0] == '#' ||
            (n > 0 && strncmp(l, seen[n - 1], len) == 0 && seen[n - 1][len] == 0))
            continue;
        for (unsigned i = 0; i < n; i++)
            assert_false(strncmp(l, seen[i], len) == 0 && seen[i][len] == 0);
        assert_true(n < 32 && len < 64);
        (void)snprintf(seen[n++], sizeof(seen[0]), "%.*s", (int)len, l);
    }
    assert_int_equal(n, 8);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(loops_are_added_up_by_route_and_class),
        T(buckets_are_cumulative_and_the_last_holds_all),
        T(numbers_out_of_range_are_counted_somewhere),
        T(an_idle_server_has_totals_and_no_routes),
        T(every_route_has_a_figure_of_its_own),
        T(the_keeper_tells_its_questions_queues_and_stock),
        T(lines_of_a_figure_stand_together),
    };

    return cmocka_run_group_tests_name("api/figures", tests, NULL, NULL);
}
