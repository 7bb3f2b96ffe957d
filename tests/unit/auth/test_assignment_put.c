/* SPDX-License-Identifier: Apache-2.0 */
/* What may be assigned, what is said twice, and lists above, at and below a scope. */
#include "auth/assignment.h"
#include "auth/founding.h"
#include "auth/role_definition.h"
#include "world.h"

#define SUB    "/subscriptions/22222222-2222-4222-8222-222222222222"
#define RG     SUB "/resourcegroups/rg1"
#define VAULT  RG "/providers/microsoft.keyvault/vaults/kv1"
#define MG     "/providers/microsoft.management/managementgroups/"
#define ALICE  "aaaaaaaa-0000-4000-8000-000000000001"
#define BOB    "aaaaaaaa-0000-4000-8000-000000000002"
#define TEAM   "99999999-0000-4000-8000-000000000001"
#define OTHER  "33333333-3333-4333-8333-333333333333"
#define OWNER  "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
#define READER "acdd72a7-3385-48ef-bd42-f606fba81ae7"

static int
set_up(void **state)
{
    struct world *w = world_open();
    struct store_write sw;

    store_write_init(&sw);
    founding_put(w->rows, &sw, &w->tid, WORLD_NOW);
    world_commit(w, &sw);
    world_add_app(w, "bbbbbbbb-0000-4000-8000-000000000001", ALICE);
    world_add_app(w, "bbbbbbbb-0000-4000-8000-000000000002", BOB);
    world_add_group(w, TEAM);
    *state = w;
    return 0;
}

static int
tear_down(void **state)
{
    world_close(*state);
    return 0;
}

static struct assignment
draft(struct world *w, const char *who, const char *role, const char *scope)
{
    struct assignment a = { .id = guid_new(),
                            .tid = w->tid,
                            .principal = world_guid(who),
                            .kind = ASSIGNEE_SERVICE,
                            .role = world_guid(role),
                            .created = WORLD_NOW,
                            .updated = WORLD_NOW };

    (void)snprintf(a.scope, sizeof(a.scope), "%s", scope);
    return a;
}

static enum access_fault_kind
put_flags(struct world *w, const struct assignment *a, unsigned flags, bool *created)
{
    struct access_fault why;
    struct store_write sw;
    enum err e;

    store_write_init(&sw);
    e = assignment_put(w->rows, w->view, &sw, a, flags, created, &why);
    if (e == ERR_OK)
        world_commit(w, &sw);
    else
        store_write_release(&sw);
    assert_true(e == ERR_OK || e == ERR_DENIED);
    return e == ERR_OK ? FAULT_NONE : why.kind;
}

static enum access_fault_kind
put(struct world *w, const struct assignment *a)
{
    bool created;

    return put_flags(w, a, 0, &created);
}

static void
assignment_is_made_once_and_its_texts_may_change(void **state)
{
    struct world *w = *state;
    struct assignment a = draft(w, ALICE, READER, RG), again = a, got;
    bool created;

    a.description = span_str("for the build");
    assert_int_equal(put_flags(w, &a, 0, &created), FAULT_NONE);
    assert_true(created);
    again.id = guid_new();
    assert_int_equal(put(w, &again), FAULT_DUPLICATE);
    a.condition = span_str("ActionMatches{'*/read'}");
    a.updated = WORLD_NOW + 9;
    a.created = 1;
    assert_int_equal(put_flags(w, &a, 0, &created), FAULT_NONE);
    assert_false(created);
    assert_int_equal(assignment_find(w->rows, w->view, &w->tid, &a.id, &got), ERR_OK);
    assert_true(span_is_equal(got.condition, a.condition));
    assert_int_equal(got.created, WORLD_NOW);
    assert_int_equal(got.updated, WORLD_NOW + 9);
}

static void
principal_role_and_scope_are_fixed(void **state)
{
    struct world *w = *state;
    struct assignment a = draft(w, ALICE, READER, RG), b = a;
    struct guid other = world_guid(OTHER);
    struct assignment got;

    assert_int_equal(put(w, &a), FAULT_NONE);
    b.principal = world_guid(BOB);
    assert_int_equal(put(w, &b), FAULT_FIXED);
    b = a;
    b.role = world_guid(OWNER);
    assert_int_equal(put(w, &b), FAULT_FIXED);
    b = a;
    (void)snprintf(b.scope, sizeof(b.scope), "%s", SUB);
    assert_int_equal(put(w, &b), FAULT_FIXED);
    b = a;
    b.tid = other;
    assert_int_equal(put(w, &b), FAULT_ID_TAKEN);
    assert_int_equal(assignment_find(w->rows, w->view, &other, &a.id, &got), ERR_NOT_FOUND);
}

static void
what_cannot_be_meant_is_refused(void **state)
{
    struct world *w = *state;
    struct assignment a = draft(w, "aaaaaaaa-0000-4000-8000-00000000000f", READER, RG);
    bool created;

    assert_int_equal(put(w, &a), FAULT_NO_PRINCIPAL);
    assert_int_equal(put_flags(w, &a, ASSIGNMENT_TRUSTED, &created), FAULT_NONE);
    a = draft(w, ALICE, READER, RG);
    a.kind = ASSIGNEE_GROUP;
    assert_int_equal(put(w, &a), FAULT_PRINCIPAL_KIND);
    a = draft(w, TEAM, READER, RG);
    assert_int_equal(put_flags(w, &a, ASSIGNMENT_TRUSTED, &created), FAULT_PRINCIPAL_KIND);
    a = draft(w, ALICE, "55555555-0000-4000-8000-000000000001", RG);
    assert_int_equal(put(w, &a), FAULT_NO_ROLE);
    a = draft(w, ALICE, READER, MG "nowhere");
    assert_int_equal(put(w, &a), FAULT_BAD_SCOPE);
    a = draft(w, ALICE, READER, SUB "/resourceGroups/RG1"); /* not the normal form */
    assert_int_equal(put(w, &a), FAULT_BAD_SCOPE);
    a = draft(w, ALICE, READER, RG);
    a.condition = span_str("ActionMatches{");
    assert_int_equal(put(w, &a), FAULT_BAD_CONDITION);
    a.condition = (struct span){ 0 };
    a.description = span_str("\x01");
    assert_int_equal(put(w, &a), FAULT_BAD_DESCRIPTION);
    a.description = (struct span){ 0 };
    a.delegated_identity = span_str("me");
    assert_int_equal(put(w, &a), FAULT_BAD_IDENTITY);
    a.delegated_identity =
        span_str(RG "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i");
    assert_int_equal(put(w, &a), FAULT_NONE);
}

static void
last_owner_of_a_subscription_stays(void **state)
{
    struct world *w = *state;
    struct assignment a = draft(w, ALICE, OWNER, SUB), b = draft(w, BOB, OWNER, SUB);
    struct access_fault why;
    struct store_write sw;

    assert_int_equal(put(w, &a), FAULT_NONE);
    assert_int_equal(assignment_load(w->rows, w->view, &a.principal, &a.id, &a), ERR_OK);
    store_write_init(&sw);
    assert_int_equal(assignment_remove(w->rows, w->view, &sw, &a, &why), ERR_DENIED);
    assert_int_equal(why.kind, FAULT_LAST_ADMIN);
    store_write_release(&sw);
    assert_int_equal(put(w, &b), FAULT_NONE);
    store_write_init(&sw);
    assert_int_equal(assignment_remove(w->rows, w->view, &sw, &a, &why), ERR_OK);
    world_commit(w, &sw);
    assert_int_equal(assignment_find(w->rows, w->view, &w->tid, &a.id, &b), ERR_NOT_FOUND);
}

/* Two who saw the same snapshot: the second one has to look again. */
static void
the_same_said_twice_at_once_is_made_once(void **state)
{
    struct world *w = *state;
    struct assignment a = draft(w, ALICE, READER, RG), b = a;
    struct store_item items[2] = { 0 };
    struct store_write one, two;
    struct access_fault why;
    bool created;

    b.id = guid_new();
    store_write_init(&one);
    store_write_init(&two);
    assert_int_equal(assignment_put(w->rows, w->view, &one, &a, 0, &created, &why), ERR_OK);
    assert_int_equal(assignment_put(w->rows, w->view, &two, &b, 0, &created, &why), ERR_OK);
    items[0].packed = buf_span(&one.bytes);
    items[1].packed = buf_span(&two.bytes);
    assert_int_equal(store_commit(w->store, items, 2), ERR_OK);
    assert_int_equal(items[0].result, ERR_OK);
    assert_int_equal(items[1].result, ERR_CONFLICT);
    store_write_release(&one);
    store_write_release(&two);
}

/* ----------------------------------------------------------------------- lists */

struct found {
    unsigned n, stop_after;
    char scopes[16][MAX_SCOPE + 1];
};

static bool
collect(void *arg, const struct assignment *a)
{
    struct found *f = arg;

    assert_true(f->n < 16);
    (void)snprintf(f->scopes[f->n++], MAX_SCOPE + 1, "%s", a->scope);
    return f->stop_after == 0 || f->n < f->stop_after;
}

static void
list(struct world *w, struct assignment_query *q, const char *scope, struct found *out)
{
    struct assignment_cursor cursor = { 0 };
    struct scope s;
    bool more;

    *out = (struct found){ 0 };
    assert_int_equal(scope_parse(span_str(scope), &s), ERR_OK);
    q->tid = w->tid;
    q->scope = &s;
    do /* page by page, whatever the limit is */
        assert_int_equal(assignment_list(w->rows, w->view, q, &cursor, collect, out, &more),
                         ERR_OK);
    while (more);
}

static const char *const places[] = {
    "/", MG WORLD_TENANT, SUB, RG, VAULT, VAULT "/secrets/s", SUB "/resourcegroups/rg10"
};

static void
lists_reach_above_at_and_below(void **state)
{
    static const struct {
        enum assignment_reach reach;
        const char *scope;
        unsigned want;
    } rows[] = {
        { REACH_ALL, RG, 6 },
        { REACH_AT_SCOPE, RG, 4 },
        { REACH_EXACT, RG, 1 },
        { REACH_AND_BELOW, RG, 3 },
        { REACH_ALL, "/", 7 },
        { REACH_EXACT, "/", 1 },
        { REACH_ALL, VAULT "/keys/s", 5 },
        { REACH_AND_BELOW, SUB, 5 },
        { REACH_ALL, SUB "/resourcegroups/rg", 3 },
        { REACH_EXACT, MG WORLD_TENANT, 1 },
        { REACH_AT_SCOPE, MG WORLD_TENANT, 2 },
    };
    struct world *w = *state;
    struct found got;

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        (void)world_assign(w, i % 2 == 0 ? ALICE : BOB, "Reader", places[i]);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (unsigned limit = 0; limit < 4; limit++) {
            struct assignment_query q = { .reach = rows[i].reach, .limit = limit };

            list(w, &q, rows[i].scope, &got);
            if (got.n != rows[i].want)
                fail_msg("%s, reach %d, limit %u: %u", rows[i].scope, rows[i].reach, limit,
                         got.n);
        }
    assert_string_equal(got.scopes[0], "/"); /* outermost first */
}

static void
lists_of_a_principal_know_its_groups(void **state)
{
    struct world *w = *state;
    struct assignment_query direct = { .principal = world_guid(ALICE), .reach = REACH_ALL };
    struct assignment_query through = { .assigned_to = world_guid(ALICE),
                                        .reach = REACH_AT_SCOPE,
                                        .limit = 1 };
    struct found got;

    world_add_member(w, TEAM, ALICE);
    (void)world_assign(w, ALICE, "Reader", RG);
    (void)world_assign(w, ALICE, "Owner", SUB "/resourcegroups/rg10");
    (void)world_assign(w, TEAM, "Reader", SUB);
    (void)world_assign(w, TEAM, "Owner", VAULT);
    (void)world_assign(w, BOB, "Owner", SUB);
    list(w, &direct, RG, &got);
    assert_int_equal(got.n, 1);
    list(w, &through, RG, &got);
    assert_int_equal(got.n, 2);
    list(w, &through, VAULT, &got);
    assert_int_equal(got.n, 3);
    through.role = world_guid(OWNER);
    list(w, &through, VAULT, &got);
    assert_int_equal(got.n, 1);
    assert_string_equal(got.scopes[0], VAULT);
}

static void
lists_show_nothing_of_another_tenant(void **state)
{
    struct world *w = *state;
    struct assignment_query q = { .reach = REACH_ALL };
    struct assignment a = draft(w, ALICE, READER, "/");
    struct assignment_cursor bad = { .stage = 0, .key = "sv/secret" };
    struct store_write sw;
    struct scope s;
    struct found got;
    bool more;

    a.tid = world_guid(OTHER);
    store_write_init(&sw);
    assignment_store(w->rows, &sw, &a);
    world_commit(w, &sw);
    list(w, &q, "/", &got);
    assert_int_equal(got.n, 0);
    assert_int_equal(scope_parse(span_str("/"), &s), ERR_OK);
    q.scope = &s;
    assert_int_equal(assignment_list(w->rows, w->view, &q, &bad, collect, &got, &more),
                     ERR_ARG);
}

static void
what_stands_below_a_scope_can_be_dropped(void **state)
{
    struct world *w = *state;
    struct assignment_query q = { .reach = REACH_ALL };
    struct store_write sw;
    struct found got;
    bool left = true;

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        (void)world_assign(w, ALICE, "Reader", places[i]);
    for (int round = 0; left; round++) {
        assert_true(round < 3);
        store_write_init(&sw);
        assert_int_equal(
            assignment_drop(w->rows, w->view, &sw, &w->tid, span_str(RG), 2, &left), ERR_OK);
        world_commit(w, &sw);
    }
    list(w, &q, "/", &got);
    assert_int_equal(got.n, 4);
    store_write_init(&sw);
    assert_int_equal(assignment_drop(w->rows, w->view, &sw, &w->tid, span_str("/"), 9, &left),
                     ERR_OK);
    assert_true(store_write_is_empty(&sw)); /* never everything */
    store_write_release(&sw);
}

int
main(void)
{
#define TEST(x) cmocka_unit_test_setup_teardown(x, set_up, tear_down)
    static const struct CMUnitTest tests[] = {
        TEST(assignment_is_made_once_and_its_texts_may_change),
        TEST(principal_role_and_scope_are_fixed),
        TEST(what_cannot_be_meant_is_refused),
        TEST(last_owner_of_a_subscription_stays),
        TEST(the_same_said_twice_at_once_is_made_once),
        TEST(lists_reach_above_at_and_below),
        TEST(lists_of_a_principal_know_its_groups),
        TEST(lists_show_nothing_of_another_tenant),
        TEST(what_stands_below_a_scope_can_be_dropped),
    };

    return cmocka_run_group_tests_name("auth/assignment_put", tests, NULL, NULL);
}
