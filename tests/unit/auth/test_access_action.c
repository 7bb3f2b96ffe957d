/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The control plane, deny assignments, delegation, and the classes behind other
 * products' advisories. Each question is put twice: to a cache that has lived
 * through every change of the test, and to none.
 */
#include "auth/access.h"

#include "auth/assignment.h"
#include "auth/deny.h"
#include "auth/founding.h"
#include "auth/role_definition.h"
#include "auth/scope_tree.h"
#include "world.h"

#define ALICE  "aaaaaaaa-0000-4000-8000-000000000001"
#define TEAM   "99999999-0000-4000-8000-000000000001"
#define PARENT "99999999-0000-4000-8000-000000000002"
#define OTHER  "33333333-3333-4333-8333-333333333333"
#define SUB_ID "22222222-2222-4222-8222-222222222222"
#define SUB    "/subscriptions/" SUB_ID
#define RG     SUB "/resourcegroups/rg1"
#define VAULT  RG "/providers/microsoft.keyvault/vaults/kv1"
#define MG     "/providers/microsoft.management/managementgroups/"
#define ASSIGN "Microsoft.Authorization/roleAssignments/write"
#define WRITE  "Microsoft.KeyVault/vaults/write"
#define READ   "Microsoft.KeyVault/vaults/read"
#define GET    "Microsoft.KeyVault/vaults/secrets/getSecret/action"
#define USER   "4633458b-17de-408a-b874-0445c86b69e6" /* Key Vault Secrets User */
#define ADMIN  "00482a5a-887f-4fb3-b363-3b7fe8e74483" /* Key Vault Administrator */
#define OWNER  "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"

struct bench {
    struct world *w;
    struct access_cache *cache;
    struct caller caller;
    struct vault vault;
    struct attribute attributes[DELEGATION_ATTRIBUTES];
    size_t nattributes;
    struct access_answer last;
};

static int
set_up(void **state)
{
    struct bench *b = calloc(1, sizeof(*b));
    struct store_write sw;

    b->w = world_open();
    b->cache = access_cache_new();
    assert_non_null(b->cache);
    store_write_init(&sw);
    founding_put(b->w->rows, &sw, &b->w->tid, WORLD_NOW);
    world_commit(b->w, &sw);
    b->caller = (struct caller){ .known = true, .tid = b->w->tid, .oid = world_guid(ALICE) };
    b->vault = (struct vault){ .tenant = b->w->tid, .rbac = true, .name = "Kv1" };
    (void)snprintf(b->vault.arm_id, sizeof(b->vault.arm_id), "%s", VAULT);
    *state = b;
    return 0;
}

static int
tear_down(void **state)
{
    struct bench *b = *state;

    access_cache_free(b->cache);
    world_close(b->w);
    free(b);
    return 0;
}

static bool
may_kind(struct bench *b, const char *action, bool data, const char *where)
{
    struct scope s;
    struct action_question q = { .caller = &b->caller,
                                 .action = span_str(action),
                                 .is_data = data,
                                 .scope = &s,
                                 .attributes = b->attributes,
                                 .nattributes = b->nattributes };
    struct access_answer cold;

    (void)!scope_parse(span_str(where), &s);
    assert_int_equal(access_check_action(b->w->rows, b->w->view, &q, &cold), ERR_OK);
    q.cache = b->cache;
    assert_int_equal(access_check_action(b->w->rows, b->w->view, &q, &b->last), ERR_OK);
    assert_int_equal(cold.allowed, b->last.allowed);
    assert_int_equal(cold.reason, b->last.reason);
    return b->last.allowed;
}

static bool
may(struct bench *b, const char *action, const char *where)
{
    return may_kind(b, action, false, where);
}

/* Gets the secret of that name, as the data plane asks. */
static bool
may_get(struct bench *b, const char *name)
{
    struct access_question q = { .caller = &b->caller,
                                 .vault = &b->vault,
                                 .need = PERM_SECRET_GET,
                                 .object = span_str(name),
                                 .cache = b->cache };

    assert_int_equal(access_check(b->w->rows, b->w->view, &q, &b->last), ERR_OK);
    return b->last.allowed;
}

static struct assignment
assign(struct bench *b, const char *role, const char *scope, const char *condition)
{
    struct assignment a = { .id = guid_new(),
                            .tid = b->w->tid,
                            .principal = world_guid(ALICE),
                            .kind = ASSIGNEE_USER,
                            .role = world_guid(role),
                            .condition = span_str(condition) };
    struct store_write sw;

    assert_true(assignment_scope_make(span_str(scope), a.scope));
    store_write_init(&sw);
    assignment_store(b->w->rows, &sw, &a);
    world_commit(b->w, &sw);
    return a;
}

static void
take_back(struct bench *b, const struct assignment *a)
{
    struct store_write sw;

    store_write_init(&sw);
    assignment_delete(&sw, a);
    world_commit(b->w, &sw);
}

/* A deny assignment of one action; who and but may be NULL. */
static void
deny(struct bench *b, const char *action, bool data, const char *scope, bool not_below,
     const char *who, enum assignee kind, const char *but, const char *condition)
{
    struct span actions[1] = { span_str(action) };
    struct role_permission p = { 0 };
    struct deny_principal principals[1] = { 0 }, excluded[1] = { 0 };
    struct deny d = { .id = guid_new(),
                      .tid = b->w->tid,
                      .not_below = not_below,
                      .name = span_str("deny"),
                      .permissions = &p,
                      .npermissions = 1,
                      .principals = principals,
                      .nprincipals = 1,
                      .excluded = excluded,
                      .nexcluded = but == NULL ? 0 : 1,
                      .condition = span_str(condition) };
    struct access_fault why;
    struct store_write sw;

    *(data ? &p.data_actions : &p.actions) = (struct role_list){ actions, 1 };
    principals[0] = (struct deny_principal){ world_guid(who), kind };
    if (but != NULL)
        excluded[0] = (struct deny_principal){ world_guid(but), ASSIGNEE_USER };
    assert_true(assignment_scope_make(span_str(scope), d.scope));
    store_write_init(&sw);
    assert_int_equal(deny_put(b->w->rows, b->w->view, &sw, &d, &why), ERR_OK);
    world_commit(b->w, &sw);
}

static void
contributor_manages_but_does_not_assign(void **state)
{
    struct bench *b = *state;

    (void)world_assign(b->w, ALICE, "Contributor", SUB);
    assert_true(may(b, WRITE, VAULT));
    assert_true(may(b, "microsoft.KEYVAULT/vaults/Write", VAULT));
    assert_false(may(b, ASSIGN, VAULT));
    assert_false(may(b, "microsoft.authorization/ROLEASSIGNMENTS/Write", VAULT));
    assert_false(may(b, "Microsoft.Authorization/write", VAULT)); /* the star may be nothing */
    assert_false(may_kind(b, GET, true, VAULT));
    assert_false(may_get(b, "s"));
    (void)world_assign(b->w, ALICE, "Role Based Access Control Administrator", RG);
    assert_true(may(b, ASSIGN, VAULT)); /* notActions deny nothing that another role gives */
    assert_false(may(b, ASSIGN, SUB));
}

static void
rights_come_down_from_management_groups(void **state)
{
    struct bench *b = *state;
    struct management_group g = { .tid = b->w->tid, .id = "Team", .name = "Team" };
    struct subscription_home home = { .subscription = world_guid(SUB_ID),
                                      .tid = b->w->tid,
                                      .group = "team" };
    struct access_fault why;
    struct store_write sw;

    store_write_init(&sw);
    assert_int_equal(management_group_put(b->w->rows, b->w->view, &sw, &g, &why), ERR_OK);
    world_commit(b->w, &sw);
    (void)world_assign(b->w, ALICE, "Contributor", MG "TEAM");
    assert_true(may(b, WRITE, MG "team"));
    assert_false(may(b, WRITE, MG "tea"));
    assert_false(may(b, WRITE, MG WORLD_TENANT));
    assert_false(may(b, WRITE, VAULT));
    store_write_init(&sw);
    assert_int_equal(subscription_home_put(b->w->rows, b->w->view, &sw, &home, &why), ERR_OK);
    world_commit(b->w, &sw);
    assert_true(may(b, WRITE, VAULT));
    home.revision = 0;
    store_write_init(&sw);
    subscription_home_delete(&sw, &home);
    world_commit(b->w, &sw);
    assert_false(may(b, WRITE, VAULT));
}

static void
scopes_with_a_common_prefix_are_strangers(void **state)
{
    static const char *const near_by[] = {
        RG "0",
        RG "-x",
        SUB "/resourcegroups/rg",
        RG "/providers/microsoft.keyvault/vaults/kv10",
        RG "/providers/microsoft.keyvault/vaults/kv",
        VAULT "/secrets/s10",
        "/subscriptions/22222222-2222-4222-8222-222222222223",
    };
    struct bench *b = *state;

    for (size_t i = 0; i < sizeof(near_by) / sizeof(near_by[0]); i++)
        (void)assign(b, OWNER, near_by[i], "");
    assert_false(may(b, WRITE, VAULT));
    assert_false(may(b, WRITE, VAULT "/secrets/s1"));
    assert_true(may(b, WRITE, VAULT "/secrets/s10"));
}

static void
what_is_no_resource_is_denied_to_everybody(void **state)
{
    static const char *const bad[] = { "",
                                       "x",
                                       "/subscriptions",
                                       VAULT "/..",
                                       RG "/%2e%2e",
                                       VAULT "/secrets",
                                       "/subscriptions/x/resourcegroups/y" };
    struct bench *b = *state;

    (void)assign(b, OWNER, "/", "");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(may(b, WRITE, bad[i]));
        assert_int_equal(b->last.reason, ACCESS_NO_RESOURCE);
    }
    assert_false(may(b, "", VAULT));
}

static void
change_is_in_force_at_once(void **state)
{
    struct bench *b = *state;
    struct group team = { .tid = b->w->tid, .id = world_guid(TEAM) };
    struct group parent = { .tid = b->w->tid, .id = world_guid(PARENT) };
    struct guid alice = world_guid(ALICE);
    struct store_write sw;

    world_add_group(b->w, TEAM);
    world_add_group(b->w, PARENT);
    (void)world_assign(b->w, PARENT, "Owner", RG);
    assert_false(may(b, WRITE, VAULT));
    world_add_member(b->w, TEAM, ALICE);
    world_add_member(b->w, PARENT, TEAM);
    world_add_member(b->w, TEAM, PARENT); /* a circle */
    assert_true(may(b, WRITE, VAULT));
    assert_string_equal(b->last.group.text, PARENT);
    store_write_init(&sw);
    group_remove_member(&sw, &team, &alice);
    world_commit(b->w, &sw);
    assert_false(may(b, WRITE, VAULT));
    world_add_member(b->w, TEAM, ALICE);
    assert_true(may(b, WRITE, VAULT));
    store_write_init(&sw);
    group_delete(&sw, &parent); /* its assignments and memberships are left over */
    world_commit(b->w, &sw);
    assert_false(may(b, WRITE, VAULT));
}

static void
nobody_and_strangers_may_nothing(void **state)
{
    struct bench *b = *state;
    struct assignment a = assign(b, OWNER, "/", "");
    struct store_write sw;

    assert_true(may(b, WRITE, VAULT));
    b->caller.known = false; /* deleted, disabled: the token's check says so */
    assert_false(may(b, WRITE, VAULT));
    assert_int_equal(b->last.reason, ACCESS_NO_CALLER);
    b->caller.known = true;
    b->caller.tid = world_guid(OTHER);
    assert_false(may(b, WRITE, VAULT));
    assert_int_equal(b->last.reason, ACCESS_TENANT);
    assert_false(may(b, WRITE, "/")); /* that tenant's own root: nothing is held there */
    b->caller.tid = b->w->tid;
    take_back(b, &a);
    assert_false(may(b, WRITE, VAULT));
    a.tid = world_guid(OTHER); /* another tenant's assignment for the same id */
    store_write_init(&sw);
    assignment_store(b->w->rows, &sw, &a);
    world_commit(b->w, &sw);
    assert_false(may(b, WRITE, VAULT));
}

static void
role_that_is_gone_gives_nothing(void **state)
{
    struct bench *b = *state;
    struct guid id = world_guid("55555555-0000-4000-8000-000000000001");
    struct span actions[] = { span_str(WRITE) }, scopes[] = { span_str(SUB) };
    struct role_permission p = { .actions = { actions, 1 } };
    struct role_definition d = { .id = id,
                                 .tid = b->w->tid,
                                 .name = span_str("Own"),
                                 .permissions = &p,
                                 .npermissions = 1,
                                 .scopes = { scopes, 1 } };
    struct access_fault why;
    struct store_write sw;
    struct row_key k;
    bool created;

    (void)assign(b, id.text, RG, "");
    assert_false(may(b, WRITE, VAULT));
    store_write_init(&sw);
    assert_int_equal(role_definition_put(b->w->rows, b->w->view, &sw, &d, &created, &why),
                     ERR_DENIED); /* it would wake the assignment */
    store_write_release(&sw);
    d.id = world_guid("55555555-0000-4000-8000-000000000002");
    store_write_init(&sw);
    assert_int_equal(role_definition_put(b->w->rows, b->w->view, &sw, &d, &created, &why),
                     ERR_OK);
    world_commit(b->w, &sw);
    (void)assign(b, d.id.text, RG, "");
    assert_true(may(b, WRITE, VAULT));
    assert_false(may(b, READ, VAULT));
    store_write_init(&sw);
    store_write_delete(&sw, row_key_make(&k, "rd", WORLD_TENANT, d.id.text, NULL));
    world_commit(b->w, &sw);
    assert_false(may(b, WRITE, VAULT));
}

static void
denial_wins_over_any_role(void **state)
{
    struct bench *b = *state;

    (void)assign(b, OWNER, "/", "");
    (void)assign(b, ADMIN, "/", "");
    assert_true(may(b, WRITE, VAULT));
    deny(b, "*/write", false, RG, false, ALICE, ASSIGNEE_USER, NULL, "");
    assert_false(may(b, WRITE, VAULT));
    assert_int_equal(b->last.reason, ACCESS_DENIED);
    assert_true(may(b, READ, VAULT));
    assert_true(may(b, WRITE, SUB));
    assert_true(may(b, WRITE, SUB "/resourcegroups/rg10"));
    assert_true(may_get(b, "s"));
    deny(b, GET, true, VAULT "/secrets/s", false, DENY_EVERYONE, 0, NULL, "");
    assert_false(may_get(b, "S"));
    assert_int_equal(b->last.reason, ACCESS_DENIED);
    assert_true(may_get(b, "s2"));
}

static void
denials_spare_whom_and_what_they_say(void **state)
{
    struct bench *b = *state;

    (void)assign(b, OWNER, "/", "");
    deny(b, WRITE, false, RG, true, DENY_EVERYONE, 0, NULL, "");
    assert_false(may(b, WRITE, RG));
    assert_true(may(b, WRITE, VAULT)); /* not below */
    deny(b, WRITE, false, SUB, false, DENY_EVERYONE, 0, ALICE, "");
    assert_true(may(b, WRITE, VAULT)); /* excluded */
    deny(b, WRITE, false, SUB, false, ALICE, ASSIGNEE_USER, NULL, "ActionMatches{'*/read'}");
    assert_true(may(b, WRITE, VAULT)); /* its condition is false */
    deny(b, WRITE, false, SUB, false, ALICE, ASSIGNEE_USER, NULL,
         "@Principal[unknown] StringEquals 'x'");
    assert_false(may(b, WRITE, VAULT)); /* it might be true */
}

static void
denial_of_a_group_holds_its_members(void **state)
{
    struct bench *b = *state;

    (void)assign(b, OWNER, "/", "");
    world_add_group(b->w, TEAM);
    world_add_group(b->w, PARENT);
    deny(b, WRITE, false, SUB, false, PARENT, ASSIGNEE_GROUP, NULL, "");
    assert_true(may(b, WRITE, VAULT));
    world_add_member(b->w, TEAM, ALICE);
    world_add_member(b->w, PARENT, TEAM);
    assert_false(may(b, WRITE, VAULT));
}

/* More levels than are followed: what lies beyond grants nothing, and may forbid. */
static void
beyond_the_depth_of_groups_lies_denial(void **state)
{
    struct bench *b = *state;
    char below[GUID_LEN + 1] = ALICE, id[GUID_LEN + 1];
    struct assignment own;

    for (unsigned i = 0; i < MAX_GROUP_DEPTH + 2; i++) {
        (void)snprintf(id, sizeof(id), "99999999-0000-4000-8000-%012u", 100 + i);
        world_add_group(b->w, id);
        world_add_member(b->w, id, below);
        (void)snprintf(below, sizeof(below), "%s", id);
    }
    (void)world_assign(b->w, below, "Owner", "/");
    assert_false(may(b, WRITE, VAULT));
    own = assign(b, OWNER, "/", "");
    assert_true(may(b, WRITE, VAULT));
    deny(b, WRITE, false, SUB, false, "99999999-0000-4000-8000-000000000999", ASSIGNEE_GROUP,
         NULL, "");
    assert_false(may(b, WRITE, VAULT)); /* who knows whether that group was among them */
    assert_true(may(b, READ, VAULT));
    take_back(b, &own);
}

static void
delegated_administrator_hands_out_what_it_may(void **state)
{
    struct bench *b = *state;
    struct guid user = world_guid(USER), owner = world_guid(OWNER), who = world_guid(ALICE);

    (void)world_assign(b->w, ALICE, "Key Vault Data Access Administrator", SUB);
    b->nattributes = DELEGATION_ATTRIBUTES;
    access_delegation(ATTRIBUTE_REQUEST, &user, &who, "User", b->attributes);
    assert_true(may(b, ASSIGN, VAULT));
    assert_false(may(b, "Microsoft.Authorization/roleAssignments/delete", VAULT));
    access_delegation(ATTRIBUTE_RESOURCE, &user, &who, "User", b->attributes);
    assert_true(may(b, "Microsoft.Authorization/roleAssignments/delete", VAULT));
    access_delegation(ATTRIBUTE_REQUEST, &owner, &who, "User", b->attributes);
    assert_false(may(b, ASSIGN, VAULT));
    assert_int_equal(b->last.reason, ACCESS_CONDITION);
    b->nattributes = 0; /* nobody said which role */
    assert_false(may(b, ASSIGN, VAULT));
    assert_true(may(b, READ, VAULT));
}

static void
conditions_on_names_hold_in_every_spelling(void **state)
{
    static const char name[] = "@Resource[Microsoft.KeyVault/vaults/secrets:name]";
    struct bench *b = *state;
    struct assignment a;
    char text[256];

    (void)snprintf(text, sizeof(text), "%s StringLike 'dev-*'", name);
    a = assign(b, USER, VAULT, text);
    assert_true(may_get(b, "dev-db"));
    assert_false(may_get(b, "prod-db"));
    assert_false(may_get(b, "")); /* a collection has no name */
    take_back(b, &a);
    (void)snprintf(text, sizeof(text), "%s StringNotEquals 'prod-db'", name);
    a = assign(b, USER, VAULT, text);
    assert_true(may_get(b, "dev-db"));
    assert_false(may_get(b, "prod-db"));
    assert_false(may_get(b, "PROD-DB"));
    take_back(b, &a);
    (void)snprintf(text, sizeof(text), "!(%s StringEquals 'prod-db')", name);
    a = assign(b, USER, VAULT, text);
    assert_false(may_get(b, "Prod-DB"));
    take_back(b, &a);
    a = assign(b, USER, VAULT, "ActionMatches{");
    assert_false(may_get(b, "dev-db")); /* stored, but not to be read */
    assert_int_equal(b->last.reason, ACCESS_CONDITION);
}

/* Their ids end alike, so that they contend for one place in what the cache remembers. */
static void
vaults_are_not_taken_for_each_other(void **state)
{
    static const char *const others[] = { "other", "/kv1", "x1", "kv1" };
    struct bench *b = *state;

    (void)assign(b, USER, VAULT "/secrets/mine", "");
    for (size_t i = 0; i < 8; i++) {
        (void)snprintf(b->vault.arm_id, sizeof(b->vault.arm_id), "%s", VAULT);
        assert_true(may_get(b, "mine"));
        assert_false(may_get(b, "min"));
        assert_false(may_get(b, "mine2"));
        (void)snprintf(b->vault.arm_id, sizeof(b->vault.arm_id), "%s%s", VAULT, others[i % 4]);
        assert_false(may_get(b, "mine"));
        (void)snprintf(b->vault.arm_id, sizeof(b->vault.arm_id), "%.*s", (int)sizeof(VAULT) - 2,
                       VAULT);
        assert_false(may_get(b, "mine"));
    }
    (void)snprintf(b->vault.arm_id, sizeof(b->vault.arm_id), "no id");
    assert_false(may_get(b, "mine"));
    assert_int_equal(b->last.reason, ACCESS_NO_RESOURCE);
}

static void
older_snapshot_is_answered_as_it_was(void **state)
{
    struct bench *b = *state;
    struct store_view *old;
    struct access_question q = {
        .caller = &b->caller, .vault = &b->vault, .need = PERM_SECRET_GET, .cache = b->cache
    };
    struct access_answer answer;

    assert_int_equal(store_begin(b->w->store, &old), ERR_OK);
    (void)assign(b, USER, VAULT, "");
    assert_true(may_get(b, "s"));
    assert_int_equal(access_check(b->w->rows, old, &q, &answer), ERR_OK);
    assert_false(answer.allowed);
    assert_true(may_get(b, "s"));
    store_end(old);
}

static bool
count_grant(void *arg, const struct access_grant *g)
{
    unsigned *n = arg;

    assert_true(g->role != NULL && g->assignment != NULL);
    (*n)++;
    return true;
}

static void
grants_are_listed_and_touch_what_is_below(void **state)
{
    struct bench *b = *state;
    struct guid alice = world_guid(ALICE);
    struct scope s;
    unsigned n = 0;
    bool touches;

    (void)assign(b, USER, VAULT, "");
    (void)assign(b, OWNER, RG, "");
    (void)assign(b, "55555555-0000-4000-8000-000000000009", RG, ""); /* gone */
    assert_int_equal(scope_parse(span_str(RG), &s), ERR_OK);
    assert_int_equal(
        access_each_grant(b->w->rows, b->w->view, &b->w->tid, &alice, &s, count_grant, &n),
        ERR_OK);
    assert_int_equal(n, 1);
    assert_int_equal(scope_parse(span_str(SUB), &s), ERR_OK);
    assert_int_equal(access_touches(b->w->rows, b->w->view, &b->w->tid, &alice, &s, &touches),
                     ERR_OK);
    assert_true(touches);
    assert_int_equal(scope_parse(span_str(SUB "/resourcegroups/rg10"), &s), ERR_OK);
    assert_int_equal(access_touches(b->w->rows, b->w->view, &b->w->tid, &alice, &s, &touches),
                     ERR_OK);
    assert_false(touches);
}

int
main(void)
{
#define TEST(x) cmocka_unit_test_setup_teardown(x, set_up, tear_down)
    static const struct CMUnitTest tests[] = {
        TEST(contributor_manages_but_does_not_assign),
        TEST(rights_come_down_from_management_groups),
        TEST(scopes_with_a_common_prefix_are_strangers),
        TEST(what_is_no_resource_is_denied_to_everybody),
        TEST(change_is_in_force_at_once),
        TEST(nobody_and_strangers_may_nothing),
        TEST(role_that_is_gone_gives_nothing),
        TEST(denial_wins_over_any_role),
        TEST(denials_spare_whom_and_what_they_say),
        TEST(denial_of_a_group_holds_its_members),
        TEST(beyond_the_depth_of_groups_lies_denial),
        TEST(delegated_administrator_hands_out_what_it_may),
        TEST(conditions_on_names_hold_in_every_spelling),
        TEST(vaults_are_not_taken_for_each_other),
        TEST(older_snapshot_is_answered_as_it_was),
        TEST(grants_are_listed_and_touch_what_is_below),
    };

    return cmocka_run_group_tests_name("auth/access_action", tests, NULL, NULL);
}
