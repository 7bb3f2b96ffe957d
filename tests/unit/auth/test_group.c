/* SPDX-License-Identifier: Apache-2.0 */
/* Membership is transitive, ends in circles, and is bounded. */
#include "auth/group.h"

#include "world.h"

#define ALICE "aaaaaaaa-0000-4000-8000-000000000001"
#define G(n)  "99999999-0000-4000-8000-00000000000" #n

static int
set_up(void **state)
{
    *state = world_open();
    return 0;
}

static int
tear_down(void **state)
{
    world_close(*state);
    return 0;
}

static unsigned
closure_size(struct world *w, bool *cut)
{
    struct guid oid = world_guid(ALICE);
    struct group_set s;
    unsigned n;

    assert_int_equal(group_closure(w->rows, w->view, &w->tid, &oid, &s), ERR_OK);
    n = s.n;
    if (cut != NULL)
        *cut = s.cut;
    group_set_release(&s);
    return n;
}

static bool
is_in(struct world *w, const char *gid)
{
    struct guid oid = world_guid(ALICE), g = world_guid(gid);
    struct group_set s;
    bool in;

    assert_int_equal(group_closure(w->rows, w->view, &w->tid, &oid, &s), ERR_OK);
    in = group_set_has(&s, &g);
    group_set_release(&s);
    return in;
}

static void
principal_without_groups_has_an_empty_closure(void **state)
{
    bool cut = true;

    assert_int_equal(closure_size(*state, &cut), 0);
    assert_false(cut);
}

static void
nested_membership_counts(void **state)
{
    struct world *w = *state;

    world_add_group(w, G(1));
    world_add_group(w, G(2));
    world_add_group(w, G(3));
    world_add_group(w, G(4));
    world_add_member(w, G(1), ALICE);
    world_add_member(w, G(2), G(1));
    world_add_member(w, G(3), G(2));
    assert_true(is_in(w, G(1)));
    assert_true(is_in(w, G(3)));
    assert_false(is_in(w, G(4)));
    assert_int_equal(closure_size(w, NULL), 3);
}

static void
circle_of_groups_ends(void **state)
{
    struct world *w = *state;

    world_add_group(w, G(1));
    world_add_group(w, G(2));
    world_add_member(w, G(1), ALICE);
    world_add_member(w, G(2), G(1));
    world_add_member(w, G(1), G(2));
    world_add_member(w, G(1), G(1));
    assert_int_equal(closure_size(w, NULL), 2);
}

static void
group_that_is_gone_gives_nothing_and_leads_nowhere(void **state)
{
    struct world *w = *state;
    struct group g = { .tid = w->tid, .id = world_guid(G(1)) };
    struct store_write sw;

    world_add_group(w, G(1));
    world_add_group(w, G(2));
    world_add_member(w, G(1), ALICE);
    world_add_member(w, G(2), G(1));
    assert_int_equal(closure_size(w, NULL), 2);
    store_write_init(&sw);
    group_delete(&sw, &g);
    world_commit(w, &sw);
    assert_int_equal(closure_size(w, NULL), 0);
}

static void
member_that_was_removed_is_out(void **state)
{
    struct world *w = *state;
    struct group g = { .tid = w->tid, .id = world_guid(G(1)) };
    struct guid alice = world_guid(ALICE);
    struct store_write sw;

    world_add_group(w, G(1));
    world_add_member(w, G(1), ALICE);
    store_write_init(&sw);
    group_remove_member(&sw, &g, &alice);
    world_commit(w, &sw);
    assert_false(is_in(w, G(1)));
}

static void
groups_of_another_tenant_do_not_count(void **state)
{
    struct world *w = *state;
    struct guid tid = w->tid;

    w->tid = world_guid("33333333-3333-4333-8333-333333333333");
    world_add_group(w, G(1));
    world_add_member(w, G(1), ALICE);
    w->tid = tid;
    assert_int_equal(closure_size(w, NULL), 0);
}

static void
depth_is_bounded(void **state)
{
    struct world *w = *state;
    char gid[MAX_GROUP_DEPTH + 3][GUID_LEN + 1];
    bool cut = false;

    for (int i = 0; i < MAX_GROUP_DEPTH + 3; i++) {
        (void)snprintf(gid[i], sizeof(gid[i]), "99999999-0000-4000-8000-%012d", i);
        world_add_group(w, gid[i]);
        world_add_member(w, gid[i], i == 0 ? ALICE : gid[i - 1]);
    }
    assert_int_equal(closure_size(w, &cut), MAX_GROUP_DEPTH);
    assert_true(cut);
    assert_true(is_in(w, gid[MAX_GROUP_DEPTH - 1]));
    assert_false(is_in(w, gid[MAX_GROUP_DEPTH]));
}

static void
number_is_bounded(void **state)
{
    struct world *w = *state;
    struct guid alice = world_guid(ALICE);
    struct store_write sw;
    bool cut = false;

    store_write_init(&sw);
    for (int i = 0; i < MAX_GROUPS_OF_PRINCIPAL + 10; i++) {
        struct group g = { .tid = w->tid, .id = guid_new() };

        group_store(w->rows, &sw, &g, 0);
        group_add_member(w->rows, &sw, &g, &alice);
        if (i % 500 == 0) {
            world_commit(w, &sw);
            store_write_init(&sw);
        }
    }
    world_commit(w, &sw);
    assert_int_equal(closure_size(w, &cut), MAX_GROUPS_OF_PRINCIPAL);
    assert_true(cut);
}

static void
forged_membership_is_refused(void **state)
{
    struct world *w = *state;
    struct guid oid = world_guid(ALICE);
    struct group_set s;
    struct store_write sw;

    world_add_group(w, G(1));
    store_write_init(&sw);
    store_write_put(&sw, span_str("gm/" WORLD_TENANT "/" ALICE "/" G(1)),
                    span_str("\1forged tag here!!"));
    world_commit(w, &sw);
    assert_int_equal(group_closure(w->rows, w->view, &w->tid, &oid, &s), ERR_INTEGRITY);
    assert_int_equal(s.n, 0);
    assert_null(s.ids);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(principal_without_groups_has_an_empty_closure, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(nested_membership_counts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(circle_of_groups_ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(group_that_is_gone_gives_nothing_and_leads_nowhere,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(member_that_was_removed_is_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(groups_of_another_tenant_do_not_count, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(depth_is_bounded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(number_is_bounded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(forged_membership_is_refused, set_up, tear_down),
    };

    return cmocka_run_group_tests_name("auth/group", tests, NULL, NULL);
}
