/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is put upon a thing while somebody deletes it: both requests look at the same
 * snapshot, and the one whose commit comes second is refused and looks again.
 */
#include "arm_bench.h"

#define ASSIGN "/providers/Microsoft.Authorization/roleAssignments/"
#define ID     "cccccccc-0000-4000-8000-000000000001"
#define LOCK   "/providers/Microsoft.Authorization/locks/keep"
#define DIAG   "/providers/Microsoft.Insights/diagnosticSettings/d"

#define READER "acdd72a7-3385-48ef-bd42-f606fba81ae7"
#define GRANT                                                                                  \
    "{\"properties\":{\"roleDefinitionId\":\"" READER "\",\"principalId\":\"" ARM_OTHER        \
    "\",\"principalType\":\"ServicePrincipal\"}}"
#define HOLD "{\"properties\":{\"level\":\"CanNotDelete\"}}"
#define SHIP "{\"properties\":{\"workspaceId\":\"/w\",\"logs\":[]}}"

struct meeting {
    const char *put, *body; /* a path, and what is put there */
    const char *gone;       /* what is deleted meanwhile */
    const char *left;       /* prefix of the rows that would stay */
    unsigned again;         /* status of the deletion that looks again */
};

#define S "/subscriptions/22222222-2222-4222-8222-222222222222"
static const struct meeting meetings[] = {
    { ARM_VAULT ASSIGN ID, GRANT, ARM_VAULT, "rs" S "/resourcegroups", 200 },
    { ARM_VAULT "/secrets/one" ASSIGN ID, GRANT, ARM_VAULT, "rs" S "/resourcegroups", 200 },
    { ARM_VAULT ASSIGN ID, GRANT, ARM_GROUP, "rs" S "/resourcegroups", 202 },
    { ARM_VAULT "/secrets/one" ASSIGN ID, GRANT, ARM_GROUP, "rs" S "/resourcegroups", 202 },
    { ARM_GROUP ASSIGN ID, GRANT, ARM_GROUP, "rs" S "/resourcegroups", 202 },
    { ARM_GROUP "/providers/Microsoft.Network/virtualNetworks/net" ASSIGN ID, GRANT, ARM_GROUP,
      "rs" S "/resourcegroups", 202 },
    { ARM_IDENTITY ASSIGN ID, GRANT, ARM_IDENTITY, "rs" S "/resourcegroups", 200 },
    { ARM_IDENTITY ASSIGN ID, GRANT, ARM_GROUP, "rs" S "/resourcegroups", 202 },
    { ARM_VAULT LOCK, HOLD, ARM_VAULT, "lk", 409 },
    { ARM_VAULT "/secrets/one" LOCK, HOLD, ARM_VAULT, "lk", 409 },
    { ARM_VAULT LOCK, HOLD, ARM_GROUP, "lk", 409 },
    { ARM_GROUP LOCK, HOLD, ARM_GROUP, "lk", 409 },
    { ARM_IDENTITY LOCK, HOLD, ARM_IDENTITY, "lk", 409 },
    { ARM_IDENTITY LOCK, HOLD, ARM_GROUP, "lk", 409 },
    { ARM_VAULT DIAG, SHIP, ARM_VAULT, "rx" S "/resourcegroups/rg/providers/microsoft.keyvault",
      200 },
    { ARM_VAULT DIAG, SHIP, ARM_GROUP, "rx" S "/resourcegroups/rg/providers/microsoft.keyvault",
      202 },
};
enum { MEETINGS = sizeof(meetings) / sizeof(meetings[0]) };

static int
set_up(void **state)
{
    *state = arm_bench_open();
    return 0;
}

static int
tear_down(void **state)
{
    arm_bench_close(*state);
    return 0;
}

/* Both look; then one commits, and the other must be refused. */
static void
meet(struct arm_bench *b, const struct meeting *m, bool put_first)
{
    struct arm_call put, gone;
    unsigned status;

    arm_look(b);
    status = arm_compose(b, &put, HTTP_PUT, m->put, m->body);
    assert_true(status == 201 || status == 200);
    status = arm_compose(b, &gone, HTTP_DELETE, m->gone, NULL);
    assert_true(status == 200 || status == 202);
    assert_int_equal(arm_commit(b, put_first ? &put : &gone), ERR_OK);
    assert_int_equal(arm_commit(b, put_first ? &gone : &put), ERR_CONFLICT);
    arm_release(&put);
    arm_release(&gone);
}

static void
nothing_is_put_upon_what_is_gone(void **state)
{
    (void)state;
    for (unsigned i = 0; i < MEETINGS; i++) {
        struct arm_bench *b = arm_bench_open();
        const struct meeting *m = &meetings[i];

        meet(b, m, false);
        assert_int_equal(arm_request(b, HTTP_PUT, m->put, m->body), 404);
        assert_int_equal(arm_count(b, m->left), 0);
        arm_bench_close(b);
    }
}

static void
nothing_goes_without_what_was_put_upon_it(void **state)
{
    (void)state;
    for (unsigned i = 0; i < MEETINGS; i++) {
        struct arm_bench *b = arm_bench_open();
        const struct meeting *m = &meetings[i];

        meet(b, m, true);
        assert_int_equal(arm_count(b, m->left), 1);
        assert_int_equal(arm_request(b, HTTP_DELETE, m->gone, NULL), m->again);
        assert_int_equal(arm_count(b, m->left), m->again == 409 ? 1 : 0);
        if (m->again != 409)
            assert_int_equal(arm_request(b, HTTP_PUT, m->put, m->body), 404);
        arm_bench_close(b);
    }
}

/* Templates send many at once. */
static void
puts_do_not_disturb_each_other(void **state)
{
    struct arm_bench *b = *state;
    struct arm_call a, c, d;

    arm_look(b);
    assert_int_equal(arm_compose(b, &a, HTTP_PUT, ARM_VAULT ASSIGN ID, GRANT), 201);
    assert_int_equal(arm_compose(b, &c, HTTP_PUT, ARM_VAULT LOCK, HOLD), 201);
    assert_int_equal(arm_compose(b, &d, HTTP_PUT, ARM_GROUP LOCK, HOLD), 201);
    assert_int_equal(arm_commit(b, &a), ERR_OK);
    assert_int_equal(arm_commit(b, &c), ERR_OK);
    assert_int_equal(arm_commit(b, &d), ERR_OK);
    arm_release(&a);
    arm_release(&c);
    arm_release(&d);
}

/* The fences of what is gone are gone, too. */
static void
fences_go_with_what_they_are_of(void **state)
{
    struct arm_bench *b = *state;

    assert_int_equal(arm_request(b, HTTP_PUT, ARM_VAULT ASSIGN ID, GRANT), 201);
    assert_int_equal(arm_count(b, "fe"), 2);
    assert_int_equal(arm_request(b, HTTP_DELETE, ARM_VAULT, NULL), 200);
    assert_int_equal(arm_count(b, "fe"), 1);
    assert_int_equal(arm_request(b, HTTP_DELETE, ARM_GROUP, NULL), 202);
    assert_int_equal(arm_count(b, "fe"), 0);
}

/* It would hold for the secret of that name in the next vault of that name. */
static void
a_lock_inside_a_vault_holds_the_vault(void **state)
{
    struct arm_bench *b = *state;

    assert_int_equal(arm_request(b, HTTP_PUT, ARM_VAULT "/secrets/one" LOCK, HOLD), 201);
    assert_int_equal(arm_request(b, HTTP_DELETE, ARM_VAULT, NULL), 409);
    assert_int_equal(arm_request(b, HTTP_DELETE, ARM_GROUP, NULL), 409);
    assert_int_equal(arm_request(b, HTTP_DELETE, ARM_VAULT "/secrets/one" LOCK, NULL), 200);
    assert_int_equal(arm_request(b, HTTP_DELETE, ARM_VAULT, NULL), 200);
}

static void
what_was_assigned_at_an_identity_is_not_at_the_next_of_its_name(void **state)
{
    struct arm_bench *b = *state;

    assert_int_equal(arm_request(b, HTTP_PUT, ARM_IDENTITY ASSIGN ID, GRANT), 201);
    assert_int_equal(arm_request(b, HTTP_DELETE, ARM_IDENTITY, NULL), 200);
    assert_int_equal(arm_request(b, HTTP_PUT, ARM_IDENTITY, "{\"location\":\"local\"}"), 201);
    assert_int_equal(arm_count(b, "rs" S "/resourcegroups"), 0);
    assert_int_equal(arm_request(b, HTTP_PUT, ARM_IDENTITY "x" ASSIGN ID, GRANT), 404);
    assert_int_equal(arm_request(b, HTTP_PUT, ARM_IDENTITY "x" LOCK, HOLD), 404);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_put_upon_what_is_gone),
        cmocka_unit_test(nothing_goes_without_what_was_put_upon_it),
        cmocka_unit_test_setup_teardown(puts_do_not_disturb_each_other, set_up, tear_down),
        cmocka_unit_test_setup_teardown(fences_go_with_what_they_are_of, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_lock_inside_a_vault_holds_the_vault, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            what_was_assigned_at_an_identity_is_not_at_the_next_of_its_name, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
