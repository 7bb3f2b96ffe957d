/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_api_flight.c - requests that begin again (conflicts), that are overtaken
 * by the answer deadline, that find no place.
 */
#include "engine_bench.h"

#include <stdio.h>
#include <string.h>

#include "auth/assignment.h"

#define GET_DB    "GET /secrets/db?api-version=7.4 HTTP/1.1"
#define PUT(name) "PUT /secrets/" name "?api-version=7.4 HTTP/1.1"

/* Another request's change of the same secret, while ours is on its way to the scribe. */
static struct answer
put_while(const char *put, void (*meanwhile)(void))
{
    struct answer a;
    struct client c;

    client_open(&bench.bed, &c);
    bench.scribe.hold = true;
    bench_say(&c, BENCH_VAULT, put, "{\"value\":\"mine\"}", true);
    bench_await_held(&bench.scribe, 1);
    meanwhile();
    bench_release(&bench.scribe);
    client_take(&bench.bed, &c, &a, false);
    client_close(&c);
    return a;
}

/* The row of the secret as it is, with a new revision. */
static void
touch_head(void)
{
    struct desk_deed deed = { .operation = "Test" };
    struct store_view *view;
    struct store_row row;
    struct store_write w;
    char key[512];

    rig_nth(bench.rig, "sn/", 0, key);
    store_write_init(&w);
    assert_int_equal(store_begin(bench.rig->desk.store, &view), ERR_OK);
    assert_int_equal(store_get(view, span_str(key), &row), ERR_OK);
    store_write_put(&w, row.key, row.value);
    store_end(view);
    assert_int_equal(desk_commit(&bench.rig->desk, &w, &deed), ERR_OK);
    store_write_release(&w);
}

static struct assignment taken;

static bool
remember(void *arg, const struct assignment *a)
{
    (void)arg;
    taken = *a;
    return false;
}

static void
lose_the_role(void)
{
    struct desk_deed deed = { .operation = "Test" };
    struct desk *d = &bench.rig->desk;
    struct guid principal;
    struct store_view *view;
    struct store_write w;
    char key[512];

    touch_head();
    rig_nth(bench.rig, "ra/", 0, key);
    assert_true(guid_parse(span_of(key + 3, GUID_LEN), &principal));
    assert_int_equal(store_begin(d->store, &view), ERR_OK);
    assert_int_equal(assignment_each(d->rows, view, &principal, remember, NULL), ERR_OK);
    store_end(view);
    store_write_init(&w);
    assignment_delete(&w, &taken);
    assert_int_equal(desk_commit(d, &w, &deed), ERR_OK);
    store_write_release(&w);
}

static void
get_the_role_back(void)
{
    struct desk_deed deed = { .operation = "Test" };
    struct desk *d = &bench.rig->desk;
    struct store_write w;

    store_write_init(&w);
    assignment_store(d->rows, &w, &taken);
    assert_int_equal(desk_commit(d, &w, &deed), ERR_OK);
    store_write_release(&w);
}

static void
a_conflict_is_tried_again_and_made_once(void **state)
{
    size_t versions = rig_count(bench.rig, "sv/");
    size_t records = rig_audited(bench.rig, "\"SecretSet\"");
    struct answer a = put_while(PUT("db"), touch_head);

    (void)state;
    assert_int_equal(a.status, 200);
    assert_int_equal(bench.figures.conflicts, 1);
    assert_int_equal(rig_count(bench.rig, "sv/"), versions + 1);
    assert_int_equal(rig_audited(bench.rig, "\"SecretSet\""), records + 1);
}

static void
a_conflict_goes_through_the_doors_again(void **state)
{
    size_t versions = rig_count(bench.rig, "sv/");
    struct answer a = put_while(PUT("db"), lose_the_role);

    (void)state;
    assert_int_equal(a.status, 403);
    assert_int_equal(rig_count(bench.rig, "sv/"), versions);
    get_the_role_back();
    assert_int_equal(bench_ask(BENCH_VAULT, GET_DB, "", true).status, 200);
}

static void
endless_conflicts_end_in_503(void **state)
{
    struct answer a;

    (void)state;
    bench.scribe.answer = ERR_CONFLICT;
    bench.scribe.answers_left = 256;
    a = bench_ask(BENCH_VAULT, PUT("db"), "{\"value\":\"x\"}", true);
    assert_int_equal(a.status, 503);
    assert_int_equal(bench.scribe.answers_left, 0);
}

enum { WRITERS = 16 };

/* n clients set the same secret; none of the writes has passed yet. */
static void
set_together(struct client *c, unsigned n)
{
    bench.scribe.hold = true;
    for (unsigned i = 0; i < n; i++) {
        client_open(&bench.bed, &c[i]);
        bench_say(&c[i], BENCH_VAULT, PUT("db"), "{\"value\":\"x\"}", true);
    }
    bench_await_held(&bench.scribe, n);
}

static void
many_writers_of_one_name_take_turns(void **state)
{
    size_t versions = rig_count(bench.rig, "sv/");
    uint64_t conflicts = bench.figures.conflicts;
    struct client c[WRITERS];
    struct answer a;

    (void)state;
    set_together(c, WRITERS);
    bench_release(&bench.scribe);
    for (unsigned i = 0; i < WRITERS; i++) {
        client_take(&bench.bed, &c[i], &a, false);
        assert_int_equal(a.status, 200);
        client_close(&c[i]);
    }
    assert_int_equal(rig_count(bench.rig, "sv/"), versions + WRITERS);
    /* Each but the first was in conflict once, not once with each of the others. */
    assert_int_equal(bench.figures.conflicts, conflicts + WRITERS - 1);
}

static void
a_root_key_that_was_replaced_meanwhile_is_no_error(void **state)
{
    struct answer a;

    (void)state;
    bench.keeper.answer = ERR_WRONG_KEY;
    bench.keeper.answers_left = 2;
    a = bench_ask(BENCH_VAULT, GET_DB, "", true);
    assert_int_equal(a.status, 200);
    bench.keeper.answers_left = 1000;
    assert_int_equal(bench_ask(BENCH_VAULT, GET_DB, "", true).status, 500);
}

/* ----------------------------------------------------------------- deadlines */

static void
a_question_that_takes_too_long_is_503_and_leaves_nothing(void **state)
{
    size_t before;
    struct answer a;
    struct client c;

    (void)bench_end(state);
    bench_open(50, 64);
    before = rig_audited(bench.rig, "\"httpStatusCode\":503");
    client_open(&bench.bed, &c);
    bench.keeper.hold = true;
    bench_say(&c, BENCH_VAULT, GET_DB, "", true);
    client_take(&bench.bed, &c, &a, false);
    assert_int_equal(a.status, 503);
    assert_non_null(strstr(a.head, "x-ms-request-id: "));
    assert_null(strstr(a.body, BENCH_CANARY));
    client_close(&c);
    assert_int_equal(bench.figures.in_flight, 1);
    /* The answer comes after all: it is only recorded, and the connection can go. */
    bench_release(&bench.keeper);
    while (bench.figures.in_flight > 0 || http_server_conns(bench.server) > 0)
        bed_pump(&bench.bed);
    assert_int_equal(rig_audited(bench.rig, "\"httpStatusCode\":503"), before + 1);
}

static void
a_record_that_takes_too_long_is_503_and_leaves_nothing(void **state)
{
    struct answer a;
    struct client c;

    (void)bench_end(state);
    bench_open(50, 64);
    client_open(&bench.bed, &c);
    bench.scribe.hold = true;
    bench_say(&c, BENCH_VAULT, GET_DB, "", true);
    client_take(&bench.bed, &c, &a, false);
    assert_int_equal(a.status, 503);
    client_close(&c);
    bench_release(&bench.scribe);
    while (bench.figures.in_flight > 0 || http_server_conns(bench.server) > 0)
        bed_pump(&bench.bed);
}

static void
an_overtaken_request_meets_every_end_of_its_peers(void **state)
{
    static const enum err ends[] = { ERR_AUDIT, ERR_CONFLICT, ERR_TOO_LARGE, ERR_OK };

    for (size_t i = 0; i < 4; i++) {
        struct answer a;
        struct client c;

        (void)bench_end(state);
        bench_open(50, 64);
        client_open(&bench.bed, &c);
        bench.scribe.hold = true;
        bench_say(&c, BENCH_VAULT, PUT("db"), "{\"value\":\"x\"}", true);
        bench_await_held(&bench.scribe, 1);
        client_take(&bench.bed, &c, &a, false);
        assert_int_equal(a.status, 503);
        client_close(&c);
        if (ends[i] == ERR_OK) { /* the link itself is lost */
            bench_cut(&bench.scribe);
        } else {
            bench.scribe.answer = ends[i];
            bench.scribe.answers_left = 1;
            bench_release(&bench.scribe);
        }
        while (bench.figures.in_flight > 0 || http_server_conns(bench.server) > 0)
            bed_pump(&bench.bed);
    }
}

static void
one_that_is_overtaken_in_line_holds_nobody_up(void **state)
{
    unsigned done = 0;
    struct client c[3];
    struct answer a;

    (void)bench_end(state);
    bench_open(1000, 64);
    set_together(c, 3);
    bench.keeper.hold = true; /* one is at the head of the line and stays there, one behind */
    bench_release(&bench.scribe);
    for (unsigned i = 0; i < 3; i++) {
        client_take(&bench.bed, &c[i], &a, false);
        done += a.status == 200;
        if (a.status != 200)
            assert_int_equal(a.status, 503);
        client_close(&c[i]);
    }
    assert_true(done <= 1);
    bench_release(&bench.keeper);
    while (bench.figures.in_flight > 0 || http_server_conns(bench.server) > 0)
        bed_pump(&bench.bed);
    assert_int_equal(bench_ask(BENCH_VAULT, PUT("db"), "{\"value\":\"x\"}", true).status, 200);
}

static void
more_at_once_than_there_are_places_is_503(void **state)
{
    struct client first, second;
    struct answer a;

    (void)bench_end(state);
    bench_open(0, 1);
    client_open(&bench.bed, &first);
    client_open(&bench.bed, &second);
    bench.keeper.hold = true;
    bench_say(&first, BENCH_VAULT, GET_DB, "", true);
    bench_await_held(&bench.keeper, 1);
    bench_say(&second, BENCH_VAULT, GET_DB, "", true);
    client_take(&bench.bed, &second, &a, false);
    assert_int_equal(a.status, 503);
    bench_release(&bench.keeper);
    client_take(&bench.bed, &first, &a, false);
    assert_int_equal(a.status, 200);
    bench_say(&second, BENCH_VAULT, GET_DB, "", true);
    client_take(&bench.bed, &second, &a, false);
    assert_int_equal(a.status, 200);
    client_close(&first);
    client_close(&second);
}

static void
an_engine_may_end_with_requests_in_flight(void **state)
{
    struct client c;

    (void)state;
    client_open(&bench.bed, &c);
    bench.keeper.hold = true;
    bench_say(&c, BENCH_VAULT, GET_DB, "", true);
    bench_await_held(&bench.keeper, 1);
    client_close(&c); /* the rest is bench_end()'s: nothing may leak */
}

static void
an_engine_may_end_with_requests_in_line(void **state)
{
    struct client c[4];

    (void)state;
    set_together(c, 4);
    bench.keeper.hold = true;
    bench_release(&bench.scribe);
    bench_await_held(&bench.keeper, 1);
    for (unsigned i = 0; i < 4; i++)
        client_close(&c[i]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        B(a_conflict_is_tried_again_and_made_once),
        B(a_conflict_goes_through_the_doors_again),
        B(endless_conflicts_end_in_503),
        B(many_writers_of_one_name_take_turns),
        B(a_root_key_that_was_replaced_meanwhile_is_no_error),
        B(a_question_that_takes_too_long_is_503_and_leaves_nothing),
        B(a_record_that_takes_too_long_is_503_and_leaves_nothing),
        B(an_overtaken_request_meets_every_end_of_its_peers),
        B(one_that_is_overtaken_in_line_holds_nobody_up),
        B(more_at_once_than_there_are_places_is_503),
        B(an_engine_may_end_with_requests_in_flight),
        B(an_engine_may_end_with_requests_in_line),
    };

    return cmocka_run_group_tests_name("api/flight", tests, bench_setup, bench_teardown);
}
