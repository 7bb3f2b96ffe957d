/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_clerk.c - the clerk's life, on a thread of its own: founding, seed,
 * orders, restarts. The test is its supervisor.
 */
#include "operator.h"
#include "rig.h"

#include <poll.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ipc/control.h"
#include "jobs/clerk.h"
#include "vault/syskey.h"

static const char seed_text[] =
    "tenant: {id: " RIG_TENANT "}\n"
    "subscriptions: [{id: " RIG_SUBSCRIPTION ", name: main}]\n"
    "vaults: [{name: kv-one, resourceGroup: rg}]\n"
    "applications: [{name: app, secrets: [{value: \"a client secret, long enough\"}]}]\n";

struct life {
    struct rig *rig;
    struct clerk_config cfg;
    int control, theirs;
    pthread_t thread;
    int code;
};

static int
file_of(const char *text)
{
    int fd = memfd_create("file", MFD_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

static void *
live(void *arg)
{
    struct life *l = arg;

    l->code = clerk_main(l->theirs, &l->cfg);
    return NULL;
}

static struct life
life_of(struct rig *r, int seed_fd)
{
    return (struct life){ .rig = r,
                          .cfg = { .store = r->store_cfg,
                                   .domain = RIG_DOMAIN,
                                   .location = "local",
                                   .seed_fd = seed_fd,
                                   .tls_chain_fd = -1,
                                   .tls_key_fd = -1,
                                   .answer_ms = DESK_TIMEOUT_MS * slowness(),
                                   .found = seed_fd >= 0 } };
}

static void
begin(struct life *l)
{
    int pair[2];

    rig_close_store(l->rig);
    assert_int_equal(ipc_pair(pair), ERR_OK);
    l->control = pair[0];
    l->theirs = pair[1];
    assert_int_equal(pthread_create(&l->thread, NULL, live, l), 0);
}

static void
order(struct life *l, enum control_op op, enum ipc_role role, unsigned index, int fd)
{
    struct control c = { .op = (uint16_t)op, .role = (uint16_t)role, .index = index };

    assert_int_equal(control_send(l->control, &c, fd), ERR_OK);
    if (fd >= 0)
        close(fd);
}

static void
link_both(struct life *l)
{
    order(l, CONTROL_PEER, ROLE_KEEPER, 0, rig_keeper_link(l->rig, ROLE_CLERK));
    order(l, CONTROL_PEER, ROLE_SCRIBE, 0, rig_scribe_link(l->rig, ROLE_CLERK));
}

static void
await(struct life *l, enum control_op op, enum err status)
{
    struct pollfd p = { .fd = l->control, .events = POLLIN };
    struct control c;
    int fd;

    assert_int_equal(poll(&p, 1, (int)RIG_MS), 1);
    assert_int_equal(control_recv(l->control, &c, &fd), ERR_OK);
    assert_int_equal(c.op, op);
    assert_int_equal(c.status, status);
}

static int
end(struct life *l)
{
    assert_int_equal(pthread_join(l->thread, NULL), 0);
    close(l->control);
    return l->code;
}

static int
drain(struct life *l)
{
    order(l, CONTROL_DRAIN, ROLE_SUPERVISOR, 0, -1);
    return end(l);
}

static void
a_first_clerk_founds_and_seeds(void **state)
{
    struct rig *r = *state;
    int seed = file_of(seed_text);
    struct life l = life_of(r, seed);

    begin(&l);
    link_both(&l);
    await(&l, CONTROL_READY, ERR_OK);
    assert_int_equal(drain(&l), 0);
    assert_true(rig_has(r, "f/format"));
    assert_true(rig_has(r, "v/kv-one"));
    close(seed);
}

static void
a_clerk_that_is_started_again_reads_the_same_seed_again(void **state)
{
    struct rig *r = *state;
    int seed = file_of(seed_text);
    struct life l = life_of(r, seed);
    uint64_t before = rig_revision(r);

    /* The one before has read the open file to its end. */
    assert_true(lseek(seed, 0, SEEK_END) > 0);
    l.cfg.restarted = true;
    begin(&l);
    link_both(&l);
    await(&l, CONTROL_READY, ERR_OK);
    assert_int_equal(drain(&l), 0);
    assert_int_equal(rig_revision(r), before);
    close(seed);
}

static void
a_seed_that_came_through_a_pipe_is_not_missed_by_the_next_clerk(void **state)
{
    struct life l;
    int fds[2];

    assert_int_equal(pipe(fds), 0);
    close(fds[1]);
    l = life_of(*state, fds[0]);
    l.cfg.restarted = true;
    begin(&l);
    link_both(&l);
    await(&l, CONTROL_READY, ERR_OK);
    assert_int_equal(drain(&l), 0);
    close(fds[0]);
}

static void
an_empty_seed_is_refused_at_the_first_start(void **state)
{
    int seed = file_of("");
    struct life l = life_of(*state, seed);

    rig_listen();
    begin(&l);
    await(&l, CONTROL_DONE, ERR_SYNTAX);
    assert_int_equal(end(&l), 65);
    assert_non_null(strstr(rig_logged(), "seed"));
    close(seed);
}

static void
a_seed_with_a_bad_value_ends_the_start(void **state)
{
    int seed = file_of("vaults: [{name: kv-one, resourceGroup: rg, retentionDays: 1}]");
    struct life l = life_of(*state, seed);

    rig_listen();
    begin(&l);
    link_both(&l);
    await(&l, CONTROL_DONE, ERR_ARG);
    assert_int_equal(end(&l), 65);
    assert_non_null(strstr(rig_logged(), "vaults[0]"));
    close(seed);
}

static void
orders_before_it_is_ready_do_no_harm(void **state)
{
    struct life l = life_of(*state, -1);

    begin(&l);
    order(&l, CONTROL_RELOAD, ROLE_SUPERVISOR, 1, file_of("x"));
    order(&l, CONTROL_RELOAD, ROLE_SUPERVISOR, 1, file_of(operator_chain));
    order(&l, CONTROL_RELOAD, ROLE_SUPERVISOR, 2, file_of(operator_key));
    order(&l, CONTROL_RELOAD, ROLE_SUPERVISOR, 0, -1);
    order(&l, CONTROL_REWRAP, ROLE_SUPERVISOR, 0, -1);
    await(&l, CONTROL_DONE, ERR_UNAVAILABLE);
    link_both(&l);
    await(&l, CONTROL_READY, ERR_OK);
    assert_int_equal(rig_audited(*state, "\"ListenerCertificateImport\""), 1);
    assert_int_equal(drain(&l), 0);
}

static void
the_operators_files_are_read_at_the_start_from_their_beginning(void **state)
{
    struct life l = life_of(*state, -1);

    l.cfg.tls_chain_fd = file_of(operator_chain);
    l.cfg.tls_key_fd = file_of(operator_key);
    assert_true(lseek(l.cfg.tls_chain_fd, 0, SEEK_END) > 0);
    begin(&l);
    link_both(&l);
    await(&l, CONTROL_READY, ERR_OK);
    assert_int_equal(drain(&l), 0);
}

static void
a_key_that_does_not_fit_ends_the_start(void **state)
{
    struct life l = life_of(*state, -1);

    l.cfg.tls_chain_fd = file_of(operator_chain);
    l.cfg.tls_key_fd = file_of(another_key);
    rig_listen();
    begin(&l);
    link_both(&l);
    await(&l, CONTROL_DONE, ERR_ARG);
    assert_int_equal(end(&l), 65);
    assert_non_null(strstr(rig_logged(), "not that of the first certificate"));
}

static void
rewrapping_is_done_after_a_second_pass(void **state)
{
    struct rig *r = *state;
    struct life l = life_of(r, -1);

    begin(&l);
    link_both(&l);
    await(&l, CONTROL_READY, ERR_OK);
    rig_root_next(r);
    order(&l, CONTROL_REWRAP, ROLE_SUPERVISOR, 0, -1);
    await(&l, CONTROL_DONE, ERR_OK);
    assert_int_equal(keeper_root_finish(r->keeper), ERR_OK);
    assert_int_equal(drain(&l), 0);
    assert_true(rig_has(r, SYSKEY_FENCE));
    assert_int_equal(unlink(r->next), 0);
}

static void
a_clerk_without_its_supervisor_ends(void **state)
{
    struct life l = life_of(*state, -1);

    begin(&l);
    link_both(&l);
    await(&l, CONTROL_READY, ERR_OK);
    close(l.control);
    assert_int_equal(pthread_join(l.thread, NULL), 0);
    assert_int_equal(l.code, 0);
}

static void
an_empty_store_without_a_seed_is_not_founded(void **state)
{
    struct rig *r = *state;
    struct life l = life_of(r, -1);

    rig_listen();
    begin(&l);
    link_both(&l);
    await(&l, CONTROL_DONE, ERR_NOT_FOUND);
    assert_int_equal(end(&l), 66);
    assert_non_null(strstr(rig_logged(), "holds no installation"));
    assert_false(rig_has(r, "f/format"));
}

static void
a_lost_scribe_is_waited_for(void **state)
{
    struct rig *r = *state;
    int seed = file_of(seed_text), pair[2];
    struct life l = life_of(r, seed);

    /* Its link is cut while the founding is under way: nothing is lost but time. */
    begin(&l);
    assert_int_equal(ipc_pair(pair), ERR_OK);
    close(pair[1]);
    order(&l, CONTROL_PEER, ROLE_SCRIBE, 0, pair[0]);
    order(&l, CONTROL_PEER, ROLE_KEEPER, 0, rig_keeper_link(r, ROLE_CLERK));
    order(&l, CONTROL_PEER, ROLE_SCRIBE, 0, rig_scribe_link(r, ROLE_CLERK));
    await(&l, CONTROL_READY, ERR_OK);
    assert_int_equal(drain(&l), 0);
    assert_true(rig_has(r, "v/kv-one"));
    close(seed);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_store_without_a_seed_is_not_founded),
        cmocka_unit_test(a_first_clerk_founds_and_seeds),
        cmocka_unit_test(a_clerk_that_is_started_again_reads_the_same_seed_again),
        cmocka_unit_test(a_seed_that_came_through_a_pipe_is_not_missed_by_the_next_clerk),
        cmocka_unit_test(an_empty_seed_is_refused_at_the_first_start),
        cmocka_unit_test(a_seed_with_a_bad_value_ends_the_start),
        cmocka_unit_test(orders_before_it_is_ready_do_no_harm),
        cmocka_unit_test(the_operators_files_are_read_at_the_start_from_their_beginning),
        cmocka_unit_test(a_key_that_does_not_fit_ends_the_start),
        cmocka_unit_test(rewrapping_is_done_after_a_second_pass),
        cmocka_unit_test(a_clerk_without_its_supervisor_ends),
    };
    const struct CMUnitTest alone[] = {
        cmocka_unit_test(a_lost_scribe_is_waited_for),
    };

    return cmocka_run_group_tests_name("jobs/clerk", tests, rig_setup, rig_teardown) +
           cmocka_run_group_tests_name("jobs/clerk alone", alone, rig_setup, rig_teardown);
}
