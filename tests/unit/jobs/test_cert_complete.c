/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_cert_complete.c - what an issuer sent ends an operation, with a real keeper and scribe;
 * and certificates of a store without schedules are planned (jobs/cert_renew.h).
 */
#include "rig.h"

#include <stdlib.h>

#include "jobs/cert_complete.h"
#include "jobs/cert_renew.h"
#include "vault/cert_due.h"
#include "vault/cert_making.h"
#include "vault/cert_operation.h"

enum { NOW = RIG_NOW, DAY = 86400, DER_MAX = 4096 };

static const char seed[] = "subscriptions:\n"
                           "  - {id: " RIG_SUBSCRIPTION ", name: main}\n"
                           "resourceGroups:\n"
                           "  - {name: rg}\n"
                           "vaults:\n"
                           "  - {name: kv-one, resourceGroup: rg}\n";

/* A certificate of the operation's key, as an issuer might send it. */
struct made {
    struct cert_waiting which;
    uint8_t der[DER_MAX];
    struct span cert;
};

static int
setup(void **state)
{
    int code = rig_setup_founded(state);

    if (code == 0)
        assert_int_equal(rig_seed(*state, seed), ERR_OK);
    return code;
}

/* A view on the vault. */
static struct vault_at
enter(struct rig *r)
{
    struct vault_at at = { .rows = r->desk.rows, .kind = KIND_CERTIFICATE };
    struct vault *v;

    assert_int_equal(store_begin(r->desk.store, &at.view), ERR_OK);
    assert_int_equal(vault_load(at.rows, at.view, span_str("kv-one"), &v), ERR_OK);
    at.vault = v;
    return at;
}

static void
leave(struct vault_at *at)
{
    struct vault *v = (struct vault *)(uintptr_t)at->vault;

    store_end(at->view);
    vault_unref(v);
}

static void
ask(struct rig *r, enum keeper_op op, struct secbuf *question, struct secbuf *answer)
{
    secbuf_clear(answer);
    assert_int_equal(desk_ask(&r->desk, op, question, answer), ERR_OK);
    secbuf_clear(question);
}

static void
choose_policy(struct cert_making *m, const char *issuer)
{
    struct cert_policy *p = calloc(1, sizeof(*p));

    assert_non_null(p);
    cert_policy_defaults(p);
    p->type = KEY_EC;
    p->curve = CURVE_P256;
    p->bits = 256;
    p->subject = span_str("CN=a");
    p->issuer = span_str(issuer);
    p->sans[ALT_DNS].n = 1;
    p->sans[ALT_DNS].name[0] = span_str("a.test");
    p->nactions = 1;
    p->action[0] = (struct policy_action){ DEED_RENEW, false, 80 };
    assert_int_equal(cert_policy_copy(p, &m->policy_bytes, &m->policy), ERR_OK);
    free(p);
}

/* Key, request, and a certificate that the key signs itself. */
static void
make_parts(struct rig *r, struct vault_at *at, struct cert_making *m, struct secbuf *q,
           struct secbuf *a)
{
    struct cert_heads heads;
    enum keeper_op op;

    assert_int_equal(cert_check_add(at, &m->name, &heads), ERR_OK);
    assert_int_equal(cert_making_ask_key(at, m, &heads, HOME_SOFTWARE, sink_sec(q), &op),
                     ERR_OK);
    ask(r, op, q, a);
    assert_int_equal(cert_making_take_key(m, secbuf_span(a)), ERR_OK);
    assert_int_equal(cert_making_ask_request(at->vault, m, sink_sec(q)), ERR_OK);
    ask(r, KEEPER_KEY_USE, q, a);
    assert_int_equal(cert_making_take_request(m, secbuf_span(a)), ERR_OK);
    assert_int_equal(cert_making_ask_certificate(at->vault, m, sink_sec(q)), ERR_OK);
    ask(r, KEEPER_KEY_USE, q, a);
    assert_int_equal(cert_making_take_certificate(m, secbuf_span(a)), ERR_OK);
}

static void
put(struct rig *r, struct vault_at *at, struct cert_making *m, struct span secret)
{
    struct cert_operation op = { .state = m->n == 0 ? OPERATION_RUNS : OPERATION_COMPLETED };
    struct desk_deed deed = { .operation = "Test" };
    struct store_write w;
    struct object out;
    struct buf room;

    store_write_init(&w);
    buf_init(&room, DETAIL_MAX);
    assert_int_equal(cert_making_put(at, m, &op, secret, &w, &room, &out), ERR_OK);
    assert_int_equal(desk_commit(&r->desk, &w, &deed), ERR_OK);
    buf_release(&room);
    store_write_release(&w);
}

/* A certificate, whole, or waiting for what is in out->cert. */
static void
make(struct rig *r, const char *name, bool waits, struct made *out)
{
    struct cert_making *m = calloc(1, sizeof(*m));
    struct vault_at at = enter(r);
    struct secbuf q, a;

    assert_non_null(m);
    secbuf_init(&q, 64 * 1024);
    secbuf_init(&a, 64 * 1024);
    cert_making_init(m, NOW);
    assert_true(object_name_parse(span_str(name), &m->name));
    m->enabled = true;
    choose_policy(m, waits ? "Unknown" : "Self");
    make_parts(r, &at, m, &q, &a);
    out->which = (struct cert_waiting){ .vault = "kv-one", .name = m->name };
    out->which.request = m->request;
    assert_true(m->chain[0].len <= DER_MAX);
    memcpy(out->der, m->chain[0].ptr, m->chain[0].len);
    out->cert = span_of(out->der, m->chain[0].len);
    if (waits) {
        m->n = 0;
        secbuf_clear(&a);
    } else {
        cert_making_ask_secret(at.vault, m, sink_sec(&q));
        ask(r, KEEPER_CERT_SECRET, &q, &a);
    }
    put(r, &at, m, secbuf_span(&a));
    leave(&at);
    secbuf_release(&q);
    secbuf_release(&a);
    cert_making_release(m);
    free(m);
}

static void
assert_state(struct rig *r, const struct made *m, enum operation_state state, const char *says)
{
    struct vault_at at = enter(r);
    struct cert_operation op;

    assert_int_equal(cert_operation_get(&at, m->which.name.key, &op), ERR_OK);
    assert_int_equal(op.state, state);
    assert_true(span_is_str(op.error_message, says));
    leave(&at);
}

static void
what_came_completes_the_operation_once(void **state)
{
    struct rig *r = *state;
    struct made m;

    make(r, "one", true, &m);
    assert_int_equal(cert_complete(&r->desk, &m.which, &m.cert, 1, NOW), ERR_OK);
    assert_state(r, &m, OPERATION_COMPLETED, "");
    assert_int_equal(rig_audited(r, "\"CertificatePendingMerge\""), 1);
    assert_int_equal(cert_complete(&r->desk, &m.which, &m.cert, 1, NOW), ERR_PENDING_NOT_FOUND);
    assert_int_equal(cert_complete_fail(&r->desk, &m.which, "x", span_str("late"), NOW),
                     ERR_PENDING_NOT_FOUND);
    assert_state(r, &m, OPERATION_COMPLETED, "");
}

static void
what_does_not_fit_leaves_the_operation_running(void **state)
{
    struct span garbage = span_str("no certificate"), wanted = span_str("b.test");
    struct rig *r = *state;
    struct cert_waiting other;
    struct made m, n;

    make(r, "two", true, &m);
    make(r, "three", true, &n);
    assert_int_equal(cert_complete(&r->desk, &m.which, &n.cert, 1, NOW), ERR_CERT_MISMATCH);
    assert_int_equal(cert_complete(&r->desk, &m.which, &garbage, 1, NOW), ERR_FORMAT);
    assert_int_equal(cert_complete(&r->desk, &m.which, &m.cert, 0, NOW), ERR_CERT_NONE);
    assert_int_equal(cert_complete(&r->desk, &m.which, &m.cert, 1, NOW + 5000 * (int64_t)DAY),
                     ERR_FORMAT);
    other = m.which;
    other.names = &wanted;
    other.name_count = 1;
    assert_int_equal(cert_complete(&r->desk, &other, &m.cert, 1, NOW), ERR_CERT_MISMATCH);
    other = m.which;
    other.request = n.which.request;
    assert_int_equal(cert_complete(&r->desk, &other, &m.cert, 1, NOW), ERR_PENDING_NOT_FOUND);
    other = m.which;
    other.vault = "kv-none";
    assert_int_equal(cert_complete(&r->desk, &other, &m.cert, 1, NOW), ERR_NO_VAULT);
    assert_state(r, &m, OPERATION_RUNS, "");
    assert_int_equal(cert_complete(&r->desk, &m.which, &m.cert, 1, NOW), ERR_OK);
}

static void
a_failure_is_told_in_plain_characters(void **state)
{
    struct rig *r = *state;
    struct made m;

    make(r, "four", true, &m);
    assert_int_equal(cert_complete_fail(&r->desk, &m.which, "Certificate issuer error",
                                        span_str("no\n\x1b[1m\xc3\xa4 way"), NOW),
                     ERR_OK);
    assert_state(r, &m, OPERATION_FAILED, "no??[1m?? way");
    assert_int_equal(rig_audited(r, "\"CertificatePendingFail\""), 1);
    assert_int_equal(cert_complete(&r->desk, &m.which, &m.cert, 1, NOW), ERR_PENDING_NOT_FOUND);
}

/* As a release without schedules wrote it: no times in the head, no row of cr/. */
static void
forget_schedule(struct rig *r, const struct made *m)
{
    struct desk_deed deed = { .operation = "Test" };
    struct vault_at at = enter(r);
    struct object_head head;
    struct store_write w;

    store_write_init(&w);
    assert_int_equal(object_head_get(&at, HEAD_LIVE, m->which.name.key, &head), ERR_OK);
    cert_due_plan(&at, &w, &head, NULL, NULL);
    memset(head.due, 0, sizeof(head.due));
    memset(head.done, 0, sizeof(head.done));
    object_head_put(&at, &w, HEAD_LIVE, &head);
    assert_int_equal(desk_commit(&r->desk, &w, &deed), ERR_OK);
    store_write_release(&w);
    leave(&at);
}

static unsigned
plan_all(struct rig *r)
{
    struct cert_plan at = { .all = false };
    unsigned planned, n = 0;

    for (unsigned i = 0; i < 100 && !at.all; i++) {
        assert_int_equal(cert_plan_step(&r->desk, &at, 1, &planned), ERR_OK);
        n += planned;
    }
    assert_true(at.all);
    return n;
}

static void
an_older_store_is_planned_once(void **state)
{
    struct rig *r = *state;
    struct made m[3];
    char before[512], after[512];

    make(r, "old", false, &m[0]);
    make(r, "older", false, &m[1]);
    make(r, "waits", true, &m[2]); /* nothing is due of what is not complete */
    assert_int_equal(rig_count(r, "cr/"), 2);
    rig_nth(r, "cr/", 0, before);
    forget_schedule(r, &m[0]);
    forget_schedule(r, &m[1]);
    assert_int_equal(rig_count(r, "cr/"), 0);
    assert_int_equal(plan_all(r), 2);
    assert_int_equal(rig_count(r, "cr/"), 2);
    rig_nth(r, "cr/", 0, after);
    assert_string_equal(before, after);
    assert_int_equal(plan_all(r), 0);
}

static void
without_a_store_nothing_is_done(void **state)
{
    struct cert_waiting which = { .vault = "kv-one" };
    struct cert_plan at = { .all = false };
    struct desk none = { .store = NULL };
    struct span cert = span_str("x");
    unsigned n;

    (void)state;
    assert_int_equal(cert_complete(&none, &which, &cert, 1, NOW), ERR_UNAVAILABLE);
    assert_int_equal(cert_complete_fail(&none, &which, "x", cert, NOW), ERR_UNAVAILABLE);
    assert_int_equal(cert_plan_step(&none, &at, 1, &n), ERR_UNAVAILABLE);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, rig_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(what_came_completes_the_operation_once),
        T(what_does_not_fit_leaves_the_operation_running),
        T(a_failure_is_told_in_plain_characters),
        T(an_older_store_is_planned_once),
        cmocka_unit_test(without_a_store_nothing_is_done),
    };

    return cmocka_run_group_tests_name("jobs/cert_complete", tests, NULL, NULL);
}
