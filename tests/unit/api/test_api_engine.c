/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_api_engine.c - what the engine promises: nothing is answered before its
 * record is kept, a peer that is missing is 503 at once, strangers learn nothing.
 */
#include "engine_bench.h"

#include <stdio.h>
#include <string.h>

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

/* The last answer of as many strangers' requests as it takes. */
static struct answer
ask_until(const char *host, const char *head, const char *body, unsigned status)
{
    uint64_t until = patience();
    struct answer a;

    do {
        a = bench_ask(host, head, body, false);
        assert_false(is_over(until));
    } while (a.status != status);
    return a;
}

static void
strangers_beyond_their_share_leave_one_record_together(void **state)
{
    /* Without a secret: to check one takes so long that the bucket may fill meanwhile. */
    static const char wrong[] = "grant_type=client_credentials&client_id=x"
                                "&scope=https%3A%2F%2Fvault.azure.net%2F.default";
    size_t told = rig_audited(bench.rig, "\"AuthenticationThrottled\""), kept, passed;
    uint64_t until = patience();
    struct answer a;

    (void)bench_end(state);
    bench_strangers = (struct throttle_limits){ .rate = 1, .burst = 3 };
    bench_open(0, 64);
    a = ask_until(BENCH_VAULT, GET_DB, "", 429);
    assert_non_null(strstr(a.body, "{\"error\":{\"code\":\"Throttled\""));
    assert_non_null(strstr(a.head, "Retry-After: 1"));
    assert_null(strstr(a.head, "WWW-Authenticate"));
    a = ask_until("login." RIG_DOMAIN, "POST /adfs/oauth2/token HTTP/1.1", wrong, 429);
    assert_non_null(strstr(a.body, "\"error_codes\":[90055]"));
    assert_non_null(strstr(a.head, "Retry-After: 1"));
    /* Who has a token, a good secret, or wants what is public, is served. */
    assert_int_equal(bench_ask(BENCH_VAULT, GET_DB, "", true).status, 200);
    bench_login();
    assert_int_equal(
        bench_ask("login." RIG_DOMAIN, "GET /adfs/discovery/keys HTTP/1.1", "", false).status,
        200);

    kept = rig_audited(bench.rig, "\"httpStatusCode\":401");
    passed = bench.figures.unauthenticated;
    for (unsigned i = 0; i < 20; i++)
        (void)bench_ask(BENCH_VAULT, GET_DB, "", false);
    assert_int_equal(rig_audited(bench.rig, "\"httpStatusCode\":401") - kept,
                     bench.figures.unauthenticated - passed);
    assert_true(bench.figures.throttled > 0); /* how many: a slow machine refills the bucket */
    while (rig_audited(bench.rig, "\"AuthenticationThrottled\"") == told) {
        engine_tick(bench.engine);
        bed_pump(&bench.bed);
        assert_false(is_over(until));
    }
    bench_spin();
    assert_int_equal(rig_audited(bench.rig, "\"AuthenticationThrottled\""), told + 1);
}

static void
the_token_service_is_unavailable_in_its_own_words(void **state)
{
    struct answer a;

    (void)state;
    bench_cut(&bench.scribe);
    bench_spin();
    a = bench_ask("login." RIG_DOMAIN, "GET /adfs/discovery/keys HTTP/1.1", "", false);
    assert_int_equal(a.status, 503);
    assert_non_null(strstr(a.body, "\"error\":\"temporarily_unavailable\""));
    assert_non_null(strstr(a.head, "Retry-After: 1"));
    a = bench_ask(BENCH_VAULT, GET_DB, "", true);
    assert_int_equal(a.status, 503);
    assert_non_null(strstr(a.body, "{\"error\":{\"code\":"));
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
        B(strangers_learn_nothing_of_vaults_paths_and_versions),
        B(callers_learn_what_is_wrong),
        B(what_is_no_request_is_recorded_as_such),
        B(strangers_beyond_their_share_leave_one_record_together),
        B(the_token_service_is_unavailable_in_its_own_words),
        B(the_loopback_listener_has_pages_of_its_own_and_no_vaults),
        B(no_value_and_no_token_is_in_the_log),
    };

    return cmocka_run_group_tests_name("api/engine", tests, bench_setup, bench_teardown);
}
