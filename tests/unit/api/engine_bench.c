/* SPDX-License-Identifier: Apache-2.0 */
/* engine_bench.c - the parts of the bench, and the ways between engine and peers. */
#include "engine_bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <event2/event.h>

#include "api/routes.h"
#include "base/clock.h"

enum { SPINS = 200, HEAD_MAX = 8192 };

#define CLIENT  "33333333-3333-4333-8333-333333333333"
#define SECRET  "the-client-secret-of-the-test-01"
#define STRANGE "44444444-4444-4444-8444-444444444444"

struct bench bench;
struct throttle_limits bench_strangers;

static const char seed[] =
    "subscriptions: [{id: " RIG_SUBSCRIPTION ", name: main}]\n"
    "applications: [{name: app, appId: " CLIENT ", objectId: " STRANGE
    ", secrets: [{value: " SECRET "}]}]\n"
    "vaults: [{name: kv-one, resourceGroup: rg}]\n"
    "roleAssignments: [{principal: app, role: Key Vault Administrator, vault: kv-one}]\n"
    "secrets: [{vault: kv-one, name: db, value: " BENCH_CANARY "}]\n";

/* --------------------------------------------------------------------- ways */

static void
pass_on(struct way *w, uint16_t op, uint64_t id, struct span payload)
{
    if (w->answer != ERR_OK && w->answers_left > 0) {
        w->answers_left--;
        assert_int_equal(peer_post(w->engine, op, id, w->answer, (struct span){ 0 }), ERR_OK);
        return;
    }
    w->passed++;
    assert_int_equal(peer_post(w->real, op, id, ERR_OK, payload), ERR_OK);
}

static void
on_question(void *arg, struct peer *p, const struct ipc_msg *m)
{
    struct way *w = arg;
    struct held *h;

    (void)p;
    /* What the engine asks for itself is let through. */
    if (m->id >> 32 == 0) {
        assert_int_equal(peer_post(w->real, m->op, m->id, ERR_OK, m->payload), ERR_OK);
        return;
    }
    if (!w->hold) {
        pass_on(w, m->op, m->id, m->payload);
        return;
    }
    h = calloc(1, sizeof(*h));
    assert_non_null(h);
    h->op = m->op;
    h->id = m->id;
    secbuf_init(&h->payload, MAX_IPC_MESSAGE);
    secbuf_put(&h->payload, m->payload);
    *w->last = h;
    w->last = &h->next;
    w->nheld++;
}

static void
on_answer(void *arg, struct peer *p, const struct ipc_msg *m)
{
    struct way *w = arg;

    (void)p;
    assert_int_equal(peer_post(w->engine, m->op, m->id, m->status, m->payload), ERR_OK);
}

static void
way_turn(struct way *w)
{
    enum err e;

    if (w->engine == NULL)
        return;
    e = peer_drain(w->engine, on_question, w);
    if (e == ERR_OK)
        e = peer_flush(w->real);
    if (e == ERR_OK)
        e = peer_drain(w->real, on_answer, w);
    if (e == ERR_OK)
        e = peer_flush(w->engine);
    assert_int_equal(e, ERR_OK);
}

void
bench_release(struct way *w)
{
    w->hold = false;
    while (w->held != NULL) {
        struct held *h = w->held;

        w->held = h->next;
        if (w->engine != NULL)
            pass_on(w, h->op, h->id, secbuf_span(&h->payload));
        secbuf_release(&h->payload);
        free(h);
    }
    w->last = &w->held;
    w->nheld = 0;
}

void
bench_cut(struct way *w)
{
    peer_free(w->engine);
    peer_free(w->real);
    w->engine = w->real = NULL;
    bench_release(w);
}

void
bench_link(struct way *w, enum ipc_role role)
{
    struct rig *r = bench.rig;
    struct peer *p = NULL;
    int pair[2], real;

    bench_cut(w);
    assert_int_equal(ipc_pair(pair), ERR_OK);
    real =
        role == ROLE_KEEPER ? rig_keeper_link(r, ROLE_FRONT) : rig_scribe_link(r, ROLE_FRONT);
    assert_int_equal(peer_new(real, role, MAX_IPC_MESSAGE, &w->real), ERR_OK);
    assert_int_equal(peer_new(pair[1], ROLE_FRONT, MAX_IPC_MESSAGE, &w->engine), ERR_OK);
    assert_int_equal(peer_new(pair[0], role, MAX_IPC_MESSAGE, &p), ERR_OK);
    engine_set_peer(bench.engine, role, p);
}

/* What a turn of front's loop does, and the two ways. */
static void
on_turn(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
    engine_on_readable(bench.engine, ROLE_KEEPER);
    engine_on_readable(bench.engine, ROLE_SCRIBE);
    engine_tick(bench.engine);
    (void)engine_flush(bench.engine, ROLE_KEEPER);
    (void)engine_flush(bench.engine, ROLE_SCRIBE);
    way_turn(&bench.keeper);
    way_turn(&bench.scribe);
}

void
bench_spin(void)
{
    for (unsigned i = 0; i < SPINS; i++)
        bed_pump(&bench.bed);
}

void
bench_await_held(struct way *w, unsigned n)
{
    uint64_t until = patience();

    while (w->nheld < n) {
        bed_pump(&bench.bed);
        assert_false(is_over(until));
    }
}

/* -------------------------------------------------------------------- bench */

int
bench_setup(void **state)
{
    struct site_options o = {
        .domain = RIG_DOMAIN, .port = 8443, .strict_versions = true, .location = "local"
    };
    void *rig = NULL;

    (void)state;
    clock_set_offset(RIG_NOW + 60 - time(NULL));
    (void)rig_setup_founded(&rig);
    bench.rig = rig;
    assert_int_equal(rig_seed(bench.rig, seed), ERR_OK);
    assert_int_equal(routes_setup(), ERR_OK);
    assert_int_equal(site_init(&bench.site, &o), ERR_OK);
    bench_open(0, 64);
    bench_login();
    return bench_end(NULL);
}

int
bench_teardown(void **state)
{
    void *rig = bench.rig;

    (void)state;
    clock_set_offset(0);
    return rig_teardown(&rig);
}

void
bench_open(unsigned answer_ms, unsigned flights)
{
    struct http_events events = { engine_on_request, engine_body_limit, engine_on_bad,
                                  engine_on_timeout, NULL };
    struct engine_config ec = { .site = &bench.site,
                                .store = bench.rig->desk.store,
                                .figures = &bench.figures,
                                .max_flights = flights,
                                .strangers = bench_strangers };
    struct timeval now = { 0, 1 };
    struct bed *b = &bench.bed;
    uint64_t until = patience();

    memset(&bench.figures, 0, sizeof(bench.figures));
    *b = (struct bed){ .base = event_base_new() };
    http_limits_default(&b->limits);
    b->limits.answer_ms = answer_ms;
    assert_int_equal(http_tls_new_local(span_str(ec_cert()), span_str(ec_key()), &b->tls),
                     ERR_OK);
    assert_int_equal(engine_new(&ec, &bench.engine), ERR_OK);
    events.arg = bench.engine;
    assert_int_equal(http_server_new(b->base, &b->limits, &events, &bench.server), ERR_OK);
    assert_int_equal(http_server_listen(bench.server, bed_listen(&b->port), b->tls), ERR_OK);
    bench.plain = (struct bed){ .base = b->base };
    assert_int_equal(http_server_listen(bench.server, bed_listen(&bench.plain.port), NULL),
                     ERR_OK);
    bench.turn = event_new(b->base, -1, EV_PERSIST, on_turn, NULL);
    assert_int_equal(event_add(bench.turn, &now), 0);
    bench.keeper = (struct way){ .last = &bench.keeper.held };
    bench.scribe = (struct way){ .last = &bench.scribe.held };
    bench_link(&bench.keeper, ROLE_KEEPER);
    bench_link(&bench.scribe, ROLE_SCRIBE);
    while (!engine_is_ready(bench.engine)) {
        bed_pump(b);
        assert_false(is_over(until));
    }
}

int
bench_begin(void **state)
{
    (void)state;
    bench_open(0, 64);
    return 0;
}

int
bench_end(void **state)
{
    (void)state;
    bench_cut(&bench.keeper);
    bench_cut(&bench.scribe);
    bench_strangers = (struct throttle_limits){ 0 };
    event_free(bench.turn);
    http_server_free(bench.server);
    engine_free(bench.engine);
    http_tls_free(bench.bed.tls);
    event_base_free(bench.bed.base);
    assert_int_equal(bench.figures.in_flight, 0);
    return 0;
}

void
bench_say(struct client *c, const char *host, const char *head, const char *body, bool token)
{
    char text[HEAD_MAX];
    int n = snprintf(text, sizeof(text),
                     "%s\r\nHost: %s:8443\r\n%s%s%sContent-Length: %zu\r\n"
                     "Content-Type: %s\r\n\r\n%s",
                     head, host, token ? "Authorization: Bearer " : "",
                     token ? bench.token : "", token ? "\r\n" : "", strlen(body),
                     body[0] == '{' ? "application/json" : "application/x-www-form-urlencoded",
                     body);

    assert_true(n > 0 && n < HEAD_MAX);
    client_say(&bench.bed, c, text);
}

struct answer
bench_ask(const char *host, const char *head, const char *body, bool token)
{
    struct answer a;
    struct client c;

    client_open(&bench.bed, &c);
    bench_say(&c, host, head, body, token);
    client_take(&bench.bed, &c, &a, false);
    client_close(&c);
    return a;
}

void
bench_login(void)
{
    struct answer a =
        bench_ask("login." RIG_DOMAIN, "POST /" RIG_TENANT "/oauth2/v2.0/token HTTP/1.1",
                  "grant_type=client_credentials&client_id=" CLIENT "&client_secret=" SECRET
                  "&scope=https%3A%2F%2Fvault.azure.net%2F.default",
                  false);
    const char *at = strstr(a.body, "\"access_token\":\""), *end;

    assert_int_equal(a.status, 200);
    assert_non_null(at);
    at += 16;
    end = strchr(at, '"');
    assert_non_null(end);
    assert_true((size_t)(end - at) < sizeof(bench.token));
    memcpy(bench.token, at, (size_t)(end - at));
    bench.token[end - at] = '\0';
}
