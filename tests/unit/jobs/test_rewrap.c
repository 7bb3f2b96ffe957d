/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_rewrap.c - a rotation of the root key: every wrapped key moves, none is
 * lost on the way, and it can be taken up again wherever it stopped.
 */
#include "rig.h"

#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include "codec/pack.h"
#include "jobs/rewrap.h"
#include "seal/keyfile.h"
#include "vault/backup_key.h"
#include "vault/syskey.h"

static const char seed[] = "subscriptions: [{id: " RIG_SUBSCRIPTION ", name: main}]\n"
                           "vaults:\n"
                           "  - {name: kv-one, resourceGroup: rg}\n"
                           "  - {name: kv-two, resourceGroup: rg}\n"
                           "secrets: [{vault: kv-one, name: one, value: v}]\n";

/* k/integrity, k/audit, k/ca, k/tls, k/token/... twice, v/kv-one, v/kv-two */
enum { KEYS = 8, ROOT_STATE_MAX = 64 };

static int
setup(void **state)
{
    int code = rig_setup_founded(state);

    assert_int_equal(rig_seed(*state, seed), ERR_OK);
    return code;
}

static int
teardown(void **state)
{
    struct rig *r = *state;

    (void)unlink(r->next);
    return rig_teardown(state);
}

/* How many wrapped keys of the store name this root key. */
struct census {
    const struct rig *rig;
    struct span root;
    size_t under, all;
};

static bool
count_key(void *arg, const struct store_row *row)
{
    struct census *c = arg;
    struct span bytes = row->value;

    if (span_is_str(row->key, SYSKEY_FENCE))
        return true;
    c->all++;
    for (size_t i = 0; i + c->root.len <= bytes.len; i++)
        if (span_is_equal(span_of(bytes.ptr + i, c->root.len), c->root)) {
            c->under++;
            break;
        }
    return true;
}

static struct census
census_of(const struct rig *r, struct span root)
{
    struct census c = { .rig = r, .root = root };
    struct store_view *view;

    assert_int_equal(store_begin(r->desk.store, &view), ERR_OK);
    assert_int_equal(
        store_scan(view, span_str("k/"), (struct span){ 0 }, SIZE_MAX, count_key, &c), ERR_OK);
    assert_int_equal(
        store_scan(view, span_str("v/"), (struct span){ 0 }, SIZE_MAX, count_key, &c), ERR_OK);
    store_end(view);
    return c;
}

/* The id of the root key that the keeper wraps with. */
static struct span
newest_root(struct rig *r, uint8_t id[static ROOT_ID_BYTES])
{
    struct secbuf answer;
    struct span current, next;
    struct unpack u;

    secbuf_init(&answer, ROOT_STATE_MAX);
    assert_int_equal(desk_ask(&r->desk, KEEPER_ROOT_STATE, NULL, &answer), ERR_OK);
    u = unpack_of(secbuf_span(&answer));
    current = unpack_bytes(&u, ROOT_ID_BYTES);
    next = unpack_bytes(&u, ROOT_ID_BYTES);
    assert_int_equal(unpack_end(&u), ERR_OK);
    memcpy(id, next.len > 0 ? next.ptr : current.ptr, ROOT_ID_BYTES);
    secbuf_release(&answer);
    return span_of(id, ROOT_ID_BYTES);
}

/* As the keeper of a process that was started again with the renamed key file. */
static void
forget_old_root(struct rig *r)
{
    assert_int_equal(keeper_root_finish(r->keeper), ERR_OK);
}

static void
every_key_is_rewrapped_and_opens_without_the_old_root(void **state)
{
    struct rig *r = *state;
    uint8_t id[ROOT_ID_BYTES];
    struct span root;
    unsigned done;

    rig_root_next(r);
    root = newest_root(r, id);
    assert_int_equal(census_of(r, root).under, 0);
    assert_int_equal(rewrap_all(&r->desk, &done), ERR_OK);
    assert_int_equal(done, KEYS);
    assert_int_equal(census_of(r, root).under, KEYS);
    assert_int_equal(census_of(r, root).all, KEYS);
    forget_old_root(r);
    assert_int_equal(desk_hello(&r->desk), ERR_OK);
    assert_int_equal(rig_seed(r, "secrets: [{vault: kv-two, name: new, value: v}]"), ERR_OK);
    assert_int_equal(rig_audited(r, "\"RootKeyRotate\""), 1);
    assert_int_equal(rig_audited(r, "\"KeyRewrap\""), KEYS);
}

static void
a_second_pass_finds_nothing_to_do(void **state)
{
    struct rig *r = *state;
    uint64_t before = rig_revision(r);
    unsigned done;

    assert_int_equal(rewrap_all(&r->desk, &done), ERR_OK);
    assert_int_equal(done, 0);
    assert_int_equal(rig_revision(r), before);
}

/* Stands between desk and keeper, on a thread of its own. */
struct middle {
    struct rig *rig;
    struct peer *desk, *keeper;
    unsigned passed, cut_after; /* questions; the link is cut at the one behind */
    unsigned meddle_at;         /* the question before which a vault changes; 0: none */
    bool cut;
    pthread_t thread;
};

/* Somebody else writes the row: the same bytes, a new revision. */
static void
touch_vaults(struct rig *r)
{
    static const char *const vaults[] = { "v/kv-one", "v/kv-two" };
    struct desk_deed deed = { .operation = "Test" };
    struct desk other = { .store = r->desk.store };
    struct store_view *view;
    struct store_row row;
    struct store_write w;

    assert_int_equal(
        peer_new(rig_scribe_link(r, ROLE_CLERK), ROLE_SCRIBE, MAX_IPC_MESSAGE, &other.scribe),
        ERR_OK);
    store_write_init(&w);
    assert_int_equal(store_begin(r->desk.store, &view), ERR_OK);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(store_get(view, span_str(vaults[i]), &row), ERR_OK);
        store_write_put(&w, row.key, row.value);
    }
    store_end(view);
    assert_int_equal(desk_commit(&other, &w, &deed), ERR_OK);
    store_write_release(&w);
    peer_free(other.scribe);
}

static void
pass(void *arg, struct peer *p, const struct ipc_msg *msg)
{
    struct middle *m = arg;
    struct secbuf answer;
    enum err e;

    m->cut = m->cut || m->passed == m->cut_after;
    if (m->cut)
        return;
    if (++m->passed == m->meddle_at)
        touch_vaults(m->rig);
    secbuf_init(&answer, MAX_IPC_MESSAGE);
    e = peer_call(m->keeper, msg->op, msg->payload, &answer, RIG_MS);
    assert_int_equal(peer_post(p, msg->op, msg->id, e, secbuf_span(&answer)), ERR_OK);
    assert_int_equal(peer_flush(p), ERR_OK);
    secbuf_release(&answer);
}

static void *
stand(void *arg)
{
    struct middle *m = arg;
    struct pollfd p = { .fd = peer_fd(m->desk), .events = POLLIN };

    while (!m->cut && poll(&p, 1, (int)RIG_MS) == 1)
        if (peer_drain(m->desk, pass, m) != ERR_OK)
            break;
    peer_free(m->desk);
    peer_free(m->keeper);
    return NULL;
}

static void
stand_between(struct middle *m)
{
    int pair[2];

    assert_int_equal(ipc_pair(pair), ERR_OK);
    peer_free(m->rig->desk.keeper);
    assert_int_equal(peer_new(pair[0], ROLE_KEEPER, MAX_IPC_MESSAGE, &m->rig->desk.keeper),
                     ERR_OK);
    assert_int_equal(peer_new(pair[1], ROLE_CLERK, MAX_IPC_MESSAGE, &m->desk), ERR_OK);
    assert_int_equal(
        peer_new(rig_keeper_link(m->rig, ROLE_CLERK), ROLE_KEEPER, MAX_IPC_MESSAGE, &m->keeper),
        ERR_OK);
    assert_int_equal(pthread_create(&m->thread, NULL, stand, m), 0);
}

static void
step_aside(struct middle *m)
{
    peer_free(m->rig->desk.keeper);
    m->rig->desk.keeper = NULL;
    assert_int_equal(pthread_join(m->thread, NULL), 0);
    rig_link_desk(m->rig);
}

static void
a_link_lost_half_way_loses_nothing(void **state)
{
    struct rig *r = *state;
    struct middle m = { .rig = r, .cut_after = 4 }; /* the state, and three keys */
    uint8_t id[ROOT_ID_BYTES];
    struct span root;
    unsigned done;

    assert_int_equal(unlink(r->next), 0);
    rig_root_next(r);
    root = newest_root(r, id);
    stand_between(&m);
    rig_listen();
    assert_int_equal(rewrap_all(&r->desk, &done), ERR_UNAVAILABLE);
    (void)rig_logged();
    assert_int_equal(done, 3);
    step_aside(&m);
    assert_int_equal(census_of(r, root).under, 3);
    /* Half and half, everything opens; the second run does the rest. */
    assert_int_equal(desk_hello(&r->desk), ERR_OK);
    assert_int_equal(rewrap_all(&r->desk, &done), ERR_OK);
    assert_int_equal(done, KEYS - 3);
    assert_int_equal(census_of(r, root).under, KEYS);
    forget_old_root(r);
}

static void
a_vault_that_changes_meanwhile_is_read_again(void **state)
{
    struct rig *r = *state;
    struct middle m = { .rig = r, .cut_after = 1000, .meddle_at = 8 }; /* the first vault */
    uint8_t id[ROOT_ID_BYTES];
    struct span root;
    unsigned done;

    assert_int_equal(unlink(r->next), 0);
    rig_root_next(r);
    root = newest_root(r, id);
    stand_between(&m);
    assert_int_equal(rewrap_all(&r->desk, &done), ERR_OK);
    assert_int_equal(done, KEYS);
    step_aside(&m);
    assert_int_equal(m.passed, 1 + KEYS + 1); /* one key was asked for twice */
    assert_int_equal(census_of(r, root).under, KEYS);
}

static void
an_interrupted_rotation_is_resumed_by_itself(void **state)
{
    struct rig *r = *state;
    uint8_t id[ROOT_ID_BYTES];
    struct span root;
    unsigned done;

    forget_old_root(r);
    assert_int_equal(unlink(r->next), 0);
    assert_int_equal(rewrap_resume(&r->desk, &done), ERR_OK); /* no next root: nothing to do */
    assert_int_equal(done, 0);
    rig_root_next(r);
    root = newest_root(r, id);
    assert_int_equal(rewrap_resume(&r->desk, &done), ERR_OK);
    assert_int_equal(done, KEYS);
    assert_int_equal(census_of(r, root).under, KEYS);
    forget_old_root(r);
    assert_int_equal(desk_hello(&r->desk), ERR_OK);
}

/* A front's first backup in the subscription, from the keeper's answer to the commit. */
static void
ask_backup_key(struct rig *r, struct backup_key *out)
{
    struct vault_at at = { .rows = r->desk.rows };
    struct secbuf question, answer;
    struct vault *v = NULL;

    secbuf_init(&question, 1024);
    secbuf_init(&answer, WRAPPED_MAX);
    assert_int_equal(store_begin(r->desk.store, &at.view), ERR_OK);
    assert_int_equal(vault_load(r->desk.rows, at.view, span_str("kv-one"), &v), ERR_OK);
    at.vault = v;
    backup_key_ask(&at, sink_sec(&question));
    assert_int_equal(desk_ask(&r->desk, KEEPER_KEY_NEW, &question, &answer), ERR_OK);
    assert_int_equal(backup_key_adopt(&at, secbuf_span(&answer), out), ERR_OK);
    vault_unref(v);
    store_end(at.view);
    secbuf_release(&answer);
    secbuf_release(&question);
}

static enum err
commit_backup_key(struct rig *r, const struct backup_key *key)
{
    struct desk_deed deed = { .operation = "Test" };
    struct vault_at at = { .rows = r->desk.rows };
    struct store_write w;
    struct vault *v = NULL;
    enum err e;

    assert_int_equal(store_begin(r->desk.store, &at.view), ERR_OK);
    assert_int_equal(vault_load(r->desk.rows, at.view, span_str("kv-one"), &v), ERR_OK);
    at.vault = v;
    store_write_init(&w);
    backup_key_store(&at, key, RIG_NOW, &w);
    vault_unref(v);
    store_end(at.view);
    e = desk_commit(&r->desk, &w, &deed);
    store_write_release(&w);
    return e;
}

static void
a_key_that_was_wrapped_before_the_rotation_cannot_be_stored_after_it(void **state)
{
    struct rig *r = *state;
    struct backup_key early;
    uint8_t id[ROOT_ID_BYTES];
    struct span root;
    unsigned done;

    ask_backup_key(r, &early);
    assert_int_equal(unlink(r->next), 0);
    rig_root_next(r);
    assert_int_equal(rewrap_all(&r->desk, &done), ERR_OK);
    assert_int_equal(commit_backup_key(r, &early), ERR_CONFLICT);
    assert_int_equal(rig_count(r, "k/backup/"), 0);
    /* Wrapped again, as the engine does after a conflict, it is. */
    ask_backup_key(r, &early);
    assert_int_equal(commit_backup_key(r, &early), ERR_OK);
    root = newest_root(r, id);
    assert_int_equal(census_of(r, root).under, KEYS + 1);
    forget_old_root(r);
}

static void
a_key_that_is_stored_just_before_the_rotation_is_rewrapped(void **state)
{
    struct rig *r = *state;
    uint8_t id[ROOT_ID_BYTES];
    struct span root;
    unsigned done;

    assert_int_equal(unlink(r->next), 0);
    rig_root_next(r);
    root = newest_root(r, id);
    assert_int_equal(rewrap_all(&r->desk, &done), ERR_OK);
    assert_int_equal(done, KEYS + 1);
    assert_int_equal(census_of(r, root).under, KEYS + 1);
    forget_old_root(r);
}

static void
a_row_that_is_no_key_of_ours_stops_the_rotation(void **state)
{
    struct rig *r = *state;
    unsigned done;

    assert_int_equal(unlink(r->next), 0);
    rig_root_next(r);
    rig_put(r, "k/zz", span_str("this was put there by somebody else entirely"));
    rig_listen();
    assert_int_equal(rewrap_all(&r->desk, &done), ERR_INTEGRITY);
    assert_non_null(strstr(rig_logged(), "rewrapping stopped"));
}

static void
without_links_nothing_is_done(void **state)
{
    struct rig *r = *state;
    unsigned done;

    peer_free(r->desk.keeper);
    r->desk.keeper = NULL;
    assert_int_equal(rewrap_all(&r->desk, &done), ERR_UNAVAILABLE);
    assert_int_equal(rewrap_resume(&r->desk, &done), ERR_UNAVAILABLE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_is_rewrapped_and_opens_without_the_old_root),
        cmocka_unit_test(a_second_pass_finds_nothing_to_do),
        cmocka_unit_test(a_link_lost_half_way_loses_nothing),
        cmocka_unit_test(a_vault_that_changes_meanwhile_is_read_again),
        cmocka_unit_test(an_interrupted_rotation_is_resumed_by_itself),
        cmocka_unit_test(a_key_that_was_wrapped_before_the_rotation_cannot_be_stored_after_it),
        cmocka_unit_test(a_key_that_is_stored_just_before_the_rotation_is_rewrapped),
        cmocka_unit_test(a_row_that_is_no_key_of_ours_stops_the_rotation),
        cmocka_unit_test(without_links_nothing_is_done),
    };

    return cmocka_run_group_tests_name("jobs/rewrap", tests, setup, teardown);
}
