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
    };

    return cmocka_run_group_tests_name("api/figures", tests, NULL, NULL);
}
