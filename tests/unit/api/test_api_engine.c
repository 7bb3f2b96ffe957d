/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_api_engine.c - what the engine promises: nothing is answered before its
 * record is kept, a peer that is missing is 503 at once, a conflict goes
 * through the doors again, a deadline leaves nothing behind.
 */
#include "engine_bench.h"

#include <stdio.h>
#include <string.h>

#include "auth/assignment.h"

#define GET_DB    "GET /secrets/db?api-version=7.4 HTTP/1.1"
#define PUT(name) "PUT /secrets/" name "?api-version=7.4 HTTP/1.1"

static void
has_nothing(struct client *c)
{
    bench_spin();
    (void)client_read(c);
    assert_int_equal(c->len, 0);
}

static void
a_read_is_answered_only_after_its_record_is_kept(void **state)
{
    size_t before = rig_audited(bench.rig, "\"SecretGet\"");
    struct answer a;
    struct client c;

    (void)state;
    client_open(&bench.bed, &c);
    bench.scribe.hold = true;
    bench_say(&c, BENCH_VAULT, GET_DB, "", true);
    bench_await_held(&bench.scribe, 1);
    has_nothing(&c);
    assert_int_equal(rig_audited(bench.rig, "\"SecretGet\""), before);
    bench_release(&bench.scribe);
    client_take(&bench.bed, &c, &a, false);
    assert_int_equal(a.status, 200);
    assert_non_null(strstr(a.body, BENCH_CANARY));
    assert_int_equal(rig_audited(bench.rig, "\"SecretGet\""), before + 1);
    client_close(&c);
}

static void
a_refusal_is_recorded_before_it_is_said(void **state)
{
    size_t before = rig_audited(bench.rig, "\"Authentication\"");
    struct answer a;
    struct client c;

    (void)state;
    client_open(&bench.bed, &c);
    bench.scribe.hold = true;
    bench_say(&c, BENCH_VAULT, GET_DB, "", false);
    bench_await_held(&bench.scribe, 1);
    has_nothing(&c);
    bench_release(&bench.scribe);
    client_take(&bench.bed, &c, &a, false);
    assert_int_equal(a.status, 401);
    assert_int_equal(rig_audited(bench.rig, "\"Authentication\""), before + 1);
    client_close(&c);
}

static void
what_cannot_be_recorded_is_not_told(void **state)
{
    static const enum err causes[] = { ERR_AUDIT,  ERR_IO,       ERR_FULL,
                                       ERR_DENIED, ERR_PROTOCOL, ERR_TOO_LARGE };

    (void)state;
    for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
        struct answer a;

        bench.scribe.answer = causes[i];
        bench.scribe.answers_left = 1;
        a = bench_ask(BENCH_VAULT, GET_DB, "", true);
        assert_int_equal(a.status, 503);
        assert_null(strstr(a.body, BENCH_CANARY));
        assert_null(strstr(a.body, "value"));
        assert_non_null(strstr(a.head, "Retry-After: 1"));
    }
}

static void
a_write_that_the_log_cannot_take_is_not_made(void **state)
{
    struct answer a;

    (void)state;
    bench.scribe.answer = ERR_FULL;
    bench.scribe.answers_left = 1;
    a = bench_ask(BENCH_VAULT, PUT("full"), "{\"value\":\"x\"}", true);
    assert_int_equal(a.status, 503);
    a = bench_ask(BENCH_VAULT, "GET /secrets/full?api-version=7.4 HTTP/1.1", "", true);
    assert_int_equal(a.status, 404);
}

static void
a_write_that_is_too_large_is_recorded_as_such(void **state)
{
    size_t before = rig_audited(bench.rig, "\"httpStatusCode\":413");
    struct answer a;

    (void)state;
    bench.scribe.answer = ERR_TOO_LARGE;
    bench.scribe.answers_left = 1;
    a = bench_ask(BENCH_VAULT, PUT("large"), "{\"value\":\"x\"}", true);
    assert_int_equal(a.status, 413);
    assert_int_equal(rig_audited(bench.rig, "\"httpStatusCode\":413"), before + 1);
}

static void
a_missing_keeper_is_503_at_once_and_a_new_link_serves_again(void **state)
{
    (void)state;
    bench_cut(&bench.keeper);
    bench_spin();
    assert_int_equal(bench_ask(BENCH_VAULT, GET_DB, "", true).status, 503);
    assert_int_equal(bench_ask(BENCH_VAULT, GET_DB, "", false).status, 503);
    bench_link(&bench.keeper, ROLE_KEEPER);
    assert_int_equal(bench_ask(BENCH_VAULT, GET_DB, "", true).status, 200);
}

static void
a_missing_scribe_is_503_at_once_and_a_new_link_serves_again(void **state)
{
    (void)state;
    bench_cut(&bench.scribe);
    bench_spin();
    assert_int_equal(bench_ask(BENCH_VAULT, GET_DB, "", true).status, 503);
    bench_link(&bench.scribe, ROLE_SCRIBE);
    assert_int_equal(bench_ask(BENCH_VAULT, GET_DB, "", true).status, 200);
}

static void
a_keeper_lost_during_a_question_is_503_and_recorded(void **state)
{
    size_t before = rig_audited(bench.rig, "\"httpStatusCode\":503");
    struct answer a;
    struct client c;

    (void)state;
    client_open(&bench.bed, &c);
    bench.keeper.hold = true;
    bench_say(&c, BENCH_VAULT, GET_DB, "", true);
    bench_await_held(&bench.keeper, 1);
    bench_cut(&bench.keeper);
    client_take(&bench.bed, &c, &a, false);
    assert_int_equal(a.status, 503);
    assert_int_equal(rig_audited(bench.rig, "\"httpStatusCode\":503"), before + 1);
    client_close(&c);
}

static void
a_scribe_lost_during_a_record_is_503(void **state)
{
    struct answer a;
    struct client c;

    (void)state;
    client_open(&bench.bed, &c);
    bench.scribe.hold = true;
    bench_say(&c, BENCH_VAULT, GET_DB, "", true);
    bench_await_held(&bench.scribe, 1);
    bench_cut(&bench.scribe);
    client_take(&bench.bed, &c, &a, false);
    assert_int_equal(a.status, 503);
    assert_null(strstr(a.body, BENCH_CANARY));
    client_close(&c);
}

static void
a_new_link_does_not_wait_for_what_the_old_one_owed(void **state)
{
    struct answer a;
    struct client c;

    (void)state;
    client_open(&bench.bed, &c);
    bench.keeper.hold = true;
    bench_say(&c, BENCH_VAULT, GET_DB, "", true);
    bench_await_held(&bench.keeper, 1);
    bench_link(&bench.keeper, ROLE_KEEPER);
    client_take(&bench.bed, &c, &a, false);
    assert_int_equal(a.status, 503);
    bench_say(&c, BENCH_VAULT, GET_DB, "", true);
    client_take(&bench.bed, &c, &a, false);
    assert_int_equal(a.status, 200);
    client_close(&c);
}

/* ----------------------------------------------------------------- conflicts */

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
    bench.scribe.answers_left = 10;
    a = bench_ask(BENCH_VAULT, PUT("db"), "{\"value\":\"x\"}", true);
    assert_int_equal(a.status, 503);
    assert_int_equal(bench.scribe.answers_left, 0);
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

/* --------------------------------------------------------------------- doors */

/* Without what differs in every answer. */
static void
same_answer(const struct answer *a, const struct answer *b)
{
    assert_int_equal(a->status, b->status);
    assert_string_equal(a->body, b->body);
    assert_int_equal(strlen(a->head), strlen(b->head));
}

static void
strangers_learn_nothing_of_vaults_paths_and_versions(void **state)
{
    struct answer known = bench_ask(BENCH_VAULT, GET_DB, "", false), a;

    (void)state;
    assert_int_equal(known.status, 401);
    assert_non_null(strstr(known.head, "WWW-Authenticate: Bearer authorization="));
    a = bench_ask("kv-two.vault." RIG_DOMAIN, GET_DB, "", false);
    same_answer(&a, &known);
    a = bench_ask(BENCH_VAULT, "GET /nothing/here HTTP/1.1", "", false);
    same_answer(&a, &known);
    a = bench_ask(BENCH_VAULT, "GET /secrets/db?api-version=1 HTTP/1.1", "", false);
    same_answer(&a, &known);
    a = bench_ask(BENCH_VAULT, "DELETE /secrets HTTP/1.1", "", false);
    same_answer(&a, &known);
}

static void
callers_learn_what_is_wrong(void **state)
{
    struct answer a = bench_ask("kv-two.vault." RIG_DOMAIN, GET_DB, "", true);

    (void)state;
    assert_int_equal(a.status, 404);
    assert_non_null(strstr(a.body, "VaultNotFound"));
    a = bench_ask(BENCH_VAULT, "GET /nothing/here?api-version=7.4 HTTP/1.1", "", true);
    assert_int_equal(a.status, 404);
    a = bench_ask(BENCH_VAULT, "GET /secrets/db?api-version=1 HTTP/1.1", "", true);
    assert_int_equal(a.status, 400);
    a = bench_ask("nobody." RIG_DOMAIN, GET_DB, "", true);
    assert_int_equal(a.status, 400);
}

static void
what_is_no_request_is_recorded_as_such(void **state)
{
    size_t before = rig_audited(bench.rig, "\"BadRequest\"");
    uint64_t until = patience();
    struct answer a;
    struct client c;

    (void)state;
    client_open(&bench.bed, &c);
    client_say(&bench.bed, &c, "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
    client_take(&bench.bed, &c, &a, false);
    assert_int_equal(a.status, 400);
    assert_non_null(strstr(a.body, "\"BadRequest\""));
    assert_non_null(strstr(a.head, "x-ms-request-id: "));
    client_close(&c);
    while (rig_audited(bench.rig, "\"BadRequest\"") == before) {
        bed_pump(&bench.bed);
        assert_false(is_over(until));
    }
    /* Without a scribe it is still answered: there is nothing to be kept back. */
    bench_cut(&bench.scribe);
    bench_spin();
    client_open(&bench.bed, &c);
    client_say(&bench.bed, &c, "GET / HTTP/9.9\r\n\r\n");
    client_take(&bench.bed, &c, &a, false);
    assert_true(a.status == 400 || a.status == 505);
    client_close(&c);
}

static void
the_loopback_listener_has_pages_of_its_own_and_no_vaults(void **state)
{
    size_t before = rig_audited(bench.rig, "\"operationName\"");
    struct answer a;
    struct client c;

    (void)state;
    bench_cut(&bench.keeper); /* liveness needs nobody */
    bench_spin();
    client_open(&bench.plain, &c);
    client_say(&bench.plain, &c, "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
    client_take(&bench.plain, &c, &a, false);
    assert_int_equal(a.status, 200);
    assert_int_equal(rig_audited(bench.rig, "\"operationName\""), before);
    client_say(&bench.plain, &c,
               "GET /secrets/db?api-version=7.4 HTTP/1.1\r\nHost: " BENCH_VAULT "\r\n\r\n");
    client_take(&bench.plain, &c, &a, false);
    assert_int_equal(a.status, 404);
    client_close(&c);
}

static void
no_value_and_no_token_is_in_the_log(void **state)
{
    (void)state;
    assert_int_equal(rig_audited(bench.rig, BENCH_CANARY), 0);
    assert_int_equal(rig_audited(bench.rig, bench.token), 0);
    assert_int_equal(rig_audited(bench.rig, "client-secret"), 0);
    assert_int_equal(rig_audited(bench.rig, "Bearer e"), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        B(a_read_is_answered_only_after_its_record_is_kept),
        B(a_refusal_is_recorded_before_it_is_said),
        B(what_cannot_be_recorded_is_not_told),
        B(a_write_that_the_log_cannot_take_is_not_made),
        B(a_write_that_is_too_large_is_recorded_as_such),
        B(a_missing_keeper_is_503_at_once_and_a_new_link_serves_again),
        B(a_missing_scribe_is_503_at_once_and_a_new_link_serves_again),
        B(a_keeper_lost_during_a_question_is_503_and_recorded),
        B(a_scribe_lost_during_a_record_is_503),
        B(a_new_link_does_not_wait_for_what_the_old_one_owed),
        B(a_conflict_is_tried_again_and_made_once),
        B(a_conflict_goes_through_the_doors_again),
        B(endless_conflicts_end_in_503),
        B(a_root_key_that_was_replaced_meanwhile_is_no_error),
        B(a_question_that_takes_too_long_is_503_and_leaves_nothing),
        B(a_record_that_takes_too_long_is_503_and_leaves_nothing),
        B(an_overtaken_request_meets_every_end_of_its_peers),
        B(more_at_once_than_there_are_places_is_503),
        B(an_engine_may_end_with_requests_in_flight),
        B(strangers_learn_nothing_of_vaults_paths_and_versions),
        B(callers_learn_what_is_wrong),
        B(what_is_no_request_is_recorded_as_such),
        B(the_loopback_listener_has_pages_of_its_own_and_no_vaults),
        B(no_value_and_no_token_is_in_the_log),
    };

    return cmocka_run_group_tests_name("api/engine", tests, bench_setup, bench_teardown);
}
