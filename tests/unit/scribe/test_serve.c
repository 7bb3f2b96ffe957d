/* SPDX-License-Identifier: Apache-2.0 */
/* The scribe as a process: links, answers, checkpoints, orders of the supervisor. */
#include "../slowness.h"
#include "rig.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "codec/pack.h"
#include "crypto/sign.h"
#include "ipc/control.h"
#include "scribe/main.h"

#define CALL_MS (20000 * slowness())

/* A scribe in a child process; we are the supervisor and everybody else. */
struct house {
    struct rig *rig;
    struct scribe_config cfg;
    pid_t pid;
    int control;
    struct peer *front;
};

static enum err
read_key(struct span row, struct wrapped *out)
{
    *out = (struct wrapped){ .purpose = PURPOSE_AUDIT, .id = span_str("kid-1"), .bytes = row };
    return ERR_OK;
}

static void
await_control(struct house *h, uint16_t op, int32_t status)
{
    struct pollfd p = { .fd = h->control, .events = POLLIN };
    struct control c;
    enum err e;
    int fd;

    assert_int_equal(poll(&p, 1, (int)CALL_MS), 1);
    e = control_recv(h->control, &c, &fd);
    assert_int_equal(e, ERR_OK);
    assert_int_equal(c.op, op);
    assert_int_equal(c.status, status);
}

static void
order(struct house *h, uint16_t op)
{
    struct control c = { .op = op };

    assert_int_equal(control_send(h->control, &c, -1), ERR_OK);
}

static struct peer *
link_as(struct house *h, enum ipc_role role)
{
    struct control c = { .op = CONTROL_PEER, .role = (uint16_t)role };
    struct peer *p = NULL;
    int pair[2];

    assert_int_equal(ipc_pair(pair), ERR_OK);
    assert_int_equal(control_send(h->control, &c, pair[1]), ERR_OK);
    close(pair[1]);
    assert_int_equal(peer_new(pair[0], ROLE_SCRIBE, 1024 * 1024, &p), ERR_OK);
    return p;
}

static void
start(struct house *h)
{
    int pair[2];

    assert_int_equal(ipc_pair(pair), ERR_OK);
    h->control = pair[0];
    h->pid = fork();
    assert_true(h->pid >= 0);
    if (h->pid == 0) {
        close(pair[0]);
        secmem_release();
        _exit(scribe_main(pair[1], &h->cfg));
    }
    close(pair[1]);
    await_control(h, CONTROL_READY, 0);
    h->front = link_as(h, ROLE_FRONT);
}

static int
wait_exit(struct house *h)
{
    int status;

    assert_int_equal(waitpid(h->pid, &status, 0), h->pid);
    h->pid = 0;
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void
stop(struct house *h)
{
    if (h->pid > 0) {
        order(h, CONTROL_DRAIN);
        assert_int_equal(wait_exit(h), 0);
    }
    peer_free(h->front);
    h->front = NULL;
    close(h->control);
}

static int
setup(void **state)
{
    struct house *h = calloc(1, sizeof(*h));
    void *rig = NULL;

    assert_non_null(h);
    (void)rig_setup(&rig);
    h->rig = rig;
    rig_close(h->rig);
    h->cfg = (struct scribe_config){ .store = h->rig->store_cfg,
                                     .audit_dir = h->rig->audit,
                                     .audit_key = read_key };
    start(h);
    *state = h;
    return 0;
}

static int
teardown(void **state)
{
    struct house *h = *state;
    void *rig = h->rig;

    if (h->pid > 0)
        stop(h);
    else {
        peer_free(h->front);
        close(h->control);
    }
    free(h);
    return rig_teardown(&rig);
}

static enum err
submit(struct peer *p, const char *key, const char *record, uint64_t *revision)
{
    struct secbuf answer;
    struct store_write w;
    struct buf payload;
    struct unpack u;
    enum err e;

    store_write_init(&w);
    if (key != NULL)
        store_write_put(&w, span_str(key), span_str("x"));
    buf_init(&payload, 64 * 1024);
    secbuf_init(&answer, 64);
    scribe_pack_submit(sink_buf(&payload), buf_span(&w.bytes), span_str(record));
    e = peer_call(p, SCRIBE_SUBMIT, buf_span(&payload), &answer, CALL_MS);
    u = unpack_of(secbuf_span(&answer));
    *revision = unpack_u64(&u);
    secbuf_release(&answer);
    buf_release(&payload);
    store_write_release(&w);
    return e;
}

/* Opens what the scribe left, and proves it. */
static void
assert_whole(struct house *h)
{
    rig_open(h->rig);
    rig_assert_whole(h->rig);
    rig_close(h->rig);
}

static void
submits_are_answered_with_their_revision(void **state)
{
    struct house *h = *state;
    uint64_t revision;

    assert_int_equal(submit(h->front, "sn/v/A", "{\"n\":1}", &revision), ERR_OK);
    assert_int_equal(revision, 1);
    assert_int_equal(submit(h->front, NULL, "{\"n\":2}", &revision), ERR_OK);
    assert_int_equal(revision, 0);
    assert_int_equal(submit(h->front, "k/audit", "{\"n\":3}", &revision), ERR_DENIED);
    assert_int_equal(submit(h->front, NULL, "{}", &revision), ERR_PROTOCOL);
    stop(h);
    assert_int_equal(rig_count_lines(h->rig, AUDIT_CURRENT, "\"n\":"), 2);
    assert_whole(h);
}

static void
figures_are_told(void **state)
{
    struct house *h = *state;
    struct scribe_stats stats;
    struct secbuf answer;
    uint64_t revision;

    assert_int_equal(submit(h->front, "sn/v/A", "{\"n\":1}", &revision), ERR_OK);
    secbuf_init(&answer, 1024);
    assert_int_equal(peer_call(h->front, SCRIBE_STATS, (struct span){ 0 }, &answer, CALL_MS),
                     ERR_OK);
    assert_int_equal(scribe_unpack_stats(secbuf_span(&answer), &stats), ERR_OK);
    assert_int_equal(stats.records, 1);
    assert_int_equal(stats.writes, 1);
    assert_int_equal(stats.revision, 1);
    secbuf_release(&answer);
}

static void
unknown_questions_are_answered(void **state)
{
    struct house *h = *state;

    assert_int_equal(peer_call(h->front, 99, (struct span){ 0 }, NULL, CALL_MS), ERR_PROTOCOL);
}

/* Posted together, hence one packet; the scribe drains before it commits. */
static void
what_is_posted_together_is_committed_together(void **state)
{
    struct house *h = *state;
    struct scribe_stats stats;
    struct secbuf answer;
    struct store_write w;
    struct buf payload;
    uint64_t revision;
    char key[32];

    for (unsigned i = 0; i < 50; i++) {
        (void)snprintf(key, sizeof(key), "sn/v/%u", i);
        store_write_init(&w);
        store_write_put(&w, span_str(key), span_str("x"));
        buf_init(&payload, 1024);
        scribe_pack_submit(sink_buf(&payload), buf_span(&w.bytes), span_str("{\"n\":1}"));
        assert_int_equal(
            peer_post(h->front, SCRIBE_SUBMIT, 1000 + i, ERR_OK, buf_span(&payload)), ERR_OK);
        buf_release(&payload);
        store_write_release(&w);
    }
    assert_int_equal(peer_flush(h->front), ERR_OK);
    peer_free(h->front); /* nobody waits for the answers; it is committed all the same */
    h->front = link_as(h, ROLE_CLERK);
    do {
        secbuf_init(&answer, 1024);
        assert_int_equal(
            peer_call(h->front, SCRIBE_STATS, (struct span){ 0 }, &answer, CALL_MS), ERR_OK);
        assert_int_equal(scribe_unpack_stats(secbuf_span(&answer), &stats), ERR_OK);
        secbuf_release(&answer);
    } while (stats.writes < 50);
    assert_true(stats.commits <= 2);
    assert_int_equal(submit(h->front, "k/ca", "{\"n\":2}", &revision), ERR_OK);
    stop(h);
    assert_whole(h);
}

static void
an_order_to_rotate_is_carried_out(void **state)
{
    struct house *h = *state;
    uint64_t revision;

    assert_int_equal(submit(h->front, "sn/v/A", "{\"n\":1}", &revision), ERR_OK);
    order(h, CONTROL_AUDIT_ROTATE);
    await_control(h, CONTROL_DONE, ERR_OK);
    assert_int_equal(rig_count_lines(h->rig, "audit-00000000000000000001.jsonl", "\"n\":1"), 1);
    assert_int_equal(submit(h->front, "sn/v/A", "{\"n\":2}", &revision), ERR_OK);
    stop(h);
    assert_whole(h);
}

struct keeper {
    struct signkey *key;
    struct buf spki;
    struct peer *peer;
    unsigned asked;
    bool refuse;
};

static void
sign(void *arg, struct peer *p, const struct ipc_msg *m)
{
    struct keeper *k = arg;
    struct keeper_question q;
    uint8_t sig[SIG_MAX];
    size_t len = 0;

    assert_int_equal(m->op, KEEPER_SIGN);
    assert_int_equal(keeper_unpack(KEEPER_SIGN, m->payload, &q), ERR_OK);
    assert_int_equal(q.key.purpose, PURPOSE_AUDIT);
    assert_true(span_is_str(q.key.bytes, "x")); /* the row */
    assert_int_equal(q.alg, SIGN_ED25519);
    k->asked++;
    if (!k->refuse)
        assert_int_equal(
            signkey_sign(k->key, SIG_ED25519, DIGEST_SHA256, q.bytes, sig, sizeof(sig), &len),
            ERR_OK);
    assert_int_equal(
        peer_post(p, m->op, m->id, k->refuse ? ERR_SEALED : ERR_OK, span_of(sig, len)), ERR_OK);
    assert_int_equal(peer_flush(p), ERR_OK);
}

static void
keeper_answers(struct keeper *k, unsigned times)
{
    struct pollfd p = { .fd = peer_fd(k->peer), .events = POLLIN };
    enum err e;

    while (k->asked < times) {
        assert_int_equal(poll(&p, 1, (int)CALL_MS), 1);
        e = peer_drain(k->peer, sign, k);
        /* After its last answer the scribe may be gone before we have looked again. */
        assert_true(e == ERR_OK || (e == ERR_CLOSED && k->asked == times));
    }
}

static void
keeper_init(struct keeper *k)
{
    *k = (struct keeper){ 0 };
    assert_int_equal(signkey_new(SIGNKEY_ED25519, &k->key), ERR_OK);
    buf_init(&k->spki, 256);
    assert_int_equal(signkey_put_spki(k->key, &k->spki), ERR_OK);
}

static void
keeper_release(struct keeper *k)
{
    peer_free(k->peer);
    signkey_free(k->key);
    buf_release(&k->spki);
}

static void
prove(struct house *h, const struct keeper *k, uint64_t checkpoints)
{
    struct span keys[] = { buf_span(&k->spki) };
    struct verify_config cfg = { .dir = h->rig->audit, .keys = keys, .nkeys = 1 };
    struct verify_result res;
    enum err e = verify_log(&cfg, &res);

    if (e != ERR_OK)
        print_error("%s:%llu: %s\n", res.bad_file, (unsigned long long)res.bad_line, res.why);
    assert_int_equal(e, ERR_OK);
    assert_int_equal(res.checkpoints, checkpoints);
}

static void
found(struct house *h)
{
    struct peer *clerk = link_as(h, ROLE_CLERK);
    uint64_t revision;

    assert_int_equal(submit(clerk, "k/audit", "{\"n\":0}", &revision), ERR_OK);
    peer_free(clerk);
}

static void
a_clean_stop_ends_with_a_checkpoint(void **state)
{
    struct house *h = *state;
    struct keeper k;
    uint64_t revision;

    keeper_init(&k);
    found(h);
    k.peer = link_as(h, ROLE_KEEPER);
    assert_int_equal(submit(h->front, "sn/v/A", "{\"n\":1}", &revision), ERR_OK);
    order(h, CONTROL_DRAIN);
    keeper_answers(&k, 1);
    assert_int_equal(wait_exit(h), 0);
    prove(h, &k, 1);
    assert_whole(h);
    keeper_release(&k);
}

static void
a_thousand_lines_ask_for_a_checkpoint(void **state)
{
    struct house *h = *state;
    struct keeper k;
    uint64_t revision;

    keeper_init(&k);
    found(h);
    k.peer = link_as(h, ROLE_KEEPER);
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(submit(h->front, NULL, "{\"n\":1}", &revision), ERR_OK);
    keeper_answers(&k, 1);
    order(h, CONTROL_DRAIN);
    keeper_answers(&k, 2);
    assert_int_equal(wait_exit(h), 0);
    prove(h, &k, 2);
    keeper_release(&k);
}

static void
without_a_keeper_commits_go_on_and_the_checkpoint_is_late(void **state)
{
    struct house *h = *state;
    struct keeper k;
    uint64_t revision;

    keeper_init(&k);
    found(h);
    assert_int_equal(submit(h->front, "sn/v/A", "{\"n\":1}", &revision), ERR_OK);
    order(h, CONTROL_AUDIT_ROTATE);
    await_control(h, CONTROL_DONE, ERR_OK);
    assert_int_equal(submit(h->front, "sn/v/B", "{\"n\":2}", &revision), ERR_OK);
    k.peer = link_as(h, ROLE_KEEPER);
    keeper_answers(&k, 1);
    /* A keeper that dies before it answers: the next one is asked. */
    order(h, CONTROL_AUDIT_ROTATE);
    await_control(h, CONTROL_DONE, ERR_OK);
    peer_free(k.peer);
    assert_int_equal(submit(h->front, "sn/v/C", "{\"n\":3}", &revision), ERR_OK);
    k.peer = link_as(h, ROLE_KEEPER);
    keeper_answers(&k, 2);
    order(h, CONTROL_DRAIN);
    keeper_answers(&k, 3);
    assert_int_equal(wait_exit(h), 0);
    prove(h, &k, 3);
    keeper_release(&k);
}

static void
a_keeper_that_refuses_is_asked_again(void **state)
{
    struct house *h = *state;
    struct keeper k;

    keeper_init(&k);
    found(h);
    k.peer = link_as(h, ROLE_KEEPER);
    k.refuse = true;
    order(h, CONTROL_AUDIT_ROTATE);
    keeper_answers(&k, 1);
    k.refuse = false;
    keeper_answers(&k, 2);
    await_control(h, CONTROL_DONE, ERR_OK);
    order(h, CONTROL_DRAIN);
    keeper_answers(&k, 3);
    assert_int_equal(wait_exit(h), 0);
    prove(h, &k, 2);
    keeper_release(&k);
}

static void
losing_the_supervisor_is_an_order_to_finish(void **state)
{
    struct house *h = *state;
    uint64_t revision;

    assert_int_equal(submit(h->front, NULL, "{\"n\":1}", &revision), ERR_OK);
    assert_int_equal(shutdown(h->control, SHUT_RDWR), 0);
    assert_int_equal(wait_exit(h), 0);
    assert_whole(h);
}

static void
a_refused_start_has_its_own_exit_code(void **state)
{
    struct house *h = *state;
    uint64_t revision;
    int pair[2];

    assert_int_equal(submit(h->front, "sn/v/A", "{\"n\":1}", &revision), ERR_OK);
    stop(h);
    rig_remove_tree(h->rig->path);
    assert_int_equal(ipc_pair(pair), ERR_OK);
    h->control = pair[0];
    h->pid = fork();
    if (h->pid == 0) {
        secmem_release();
        _exit(scribe_main(pair[1], &h->cfg));
    }
    close(pair[1]);
    assert_int_equal(wait_exit(h), SCRIBE_EXIT_REFUSED);
}

static enum err
refuse_to_confine(void *arg)
{
    (void)arg;
    return ERR_IO;
}

static void
without_confinement_nothing_is_read(void **state)
{
    struct house *h = *state;
    int pair[2];

    stop(h);
    h->cfg.confine = refuse_to_confine;
    assert_int_equal(ipc_pair(pair), ERR_OK);
    h->control = pair[0];
    h->pid = fork();
    if (h->pid == 0) {
        close(pair[0]);
        secmem_release();
        _exit(scribe_main(pair[1], &h->cfg));
    }
    close(pair[1]);
    assert_int_equal(wait_exit(h), SCRIBE_EXIT_IO);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        T(submits_are_answered_with_their_revision),
        T(figures_are_told),
        T(unknown_questions_are_answered),
        T(what_is_posted_together_is_committed_together),
        T(an_order_to_rotate_is_carried_out),
        T(a_clean_stop_ends_with_a_checkpoint),
        T(a_thousand_lines_ask_for_a_checkpoint),
        T(without_a_keeper_commits_go_on_and_the_checkpoint_is_late),
        T(a_keeper_that_refuses_is_asked_again),
        T(losing_the_supervisor_is_an_order_to_finish),
        T(a_refused_start_has_its_own_exit_code),
        T(without_confinement_nothing_is_read),
    };

    (void)signal(SIGPIPE, SIG_IGN);
    if (secmem_init(1024 * 1024) != ERR_OK)
        return 1;
    return cmocka_run_group_tests_name("scribe/serve", tests, NULL, NULL);
}
