/* SPDX-License-Identifier: Apache-2.0 */
/* Why, why not, and who: the explanation agrees with the decision and names its parts. */
#include "auth/explain.h"

#include "auth/deny.h"
#include "auth/founding.h"
#include "auth/role.h"
#include "world.h"

#define APP    "bbbbbbbb-0000-4000-8000-000000000001"
#define ALICE  "aaaaaaaa-0000-4000-8000-000000000001"
#define BOB    "aaaaaaaa-0000-4000-8000-000000000002"
#define CAROL  "aaaaaaaa-0000-4000-8000-000000000003"
#define TEAM   "99999999-0000-4000-8000-000000000001"
#define PARENT "99999999-0000-4000-8000-000000000002"
#define SUB_ID "22222222-2222-4222-8222-222222222222"
#define SUB    "/subscriptions/" SUB_ID
#define VAULT  SUB "/resourcegroups/rg/providers/microsoft.keyvault/vaults/kv1"

static void
add_user(struct world *w, const char *oid, const char *name, const char *upn, bool enabled)
{
    struct principal p = {
        .tid = w->tid, .oid = world_guid(oid), .kind = PRINCIPAL_USER, .enabled = enabled
    };
    struct store_write sw;

    (void)snprintf(p.name, sizeof(p.name), "%s", name);
    (void)snprintf(p.upn, sizeof(p.upn), "%s@contoso.example", upn);
    store_write_init(&sw);
    principal_store(w->rows, &sw, &p, 0);
    world_commit(w, &sw);
}

static void
add_vault(struct world *w, const char *name, bool rbac, const struct access_policy *policies,
          unsigned n)
{
    static const uint8_t wrapped[60] = { 0 };
    struct vault v = { .id = guid_new(),
                       .tenant = w->tid,
                       .subscription = world_guid(SUB_ID),
                       .resource_group = "rg",
                       .location = "local",
                       .rbac = rbac,
                       .retention_days = 90,
                       .policies = (struct access_policy *)(uintptr_t)policies,
                       .npolicies = n,
                       .key = (uint8_t *)(uintptr_t)wrapped,
                       .key_len = sizeof(wrapped) };
    struct store_write sw;

    (void)snprintf(v.name, sizeof(v.name), "%s", name);
    store_write_init(&sw);
    vault_store(w->rows, &sw, &v, 0);
    world_commit(w, &sw);
}

static int
set_up(void **state)
{
    struct world *w = world_open();
    struct access_policy policies[] = {
        { .tenant = w->tid,
          .object = world_guid(TEAM),
          .secrets = perm_bits(PERM_SECRETS, span_str("get")) },
        { .tenant = w->tid,
          .object = world_guid(BOB),
          .application = world_guid(APP),
          .secrets = perm_bits(PERM_SECRETS, span_str("list")) },
    };
    struct store_write sw;

    store_write_init(&sw);
    founding_put(w->rows, &sw, &w->tid, WORLD_NOW);
    world_commit(w, &sw);
    world_add_app(w, APP, ALICE);
    add_user(w, BOB, "bob", "bob", true);
    add_user(w, CAROL, "carol", "carol", false);
    world_add_group(w, TEAM);
    world_add_group(w, PARENT);
    world_add_member(w, TEAM, BOB);
    world_add_member(w, TEAM, CAROL);
    world_add_member(w, PARENT, TEAM);
    add_vault(w, "kv1", true, NULL, 0);
    add_vault(w, "kv2", false, policies, 2);
    *state = w;
    return 0;
}

static int
tear_down(void **state)
{
    world_close(*state);
    return 0;
}

/* The text for one question; the caller releases. */
static bool
explain(struct world *w, const char *who, const char *action, const char *resource, bool json,
        struct buf *out)
{
    struct explain_subject subject;
    struct explain_target target;
    bool allowed;

    assert_int_equal(explain_find_subject(w->rows, w->view, &w->tid, span_str(who), &subject),
                     ERR_OK);
    assert_int_equal(
        explain_target_make(w->rows, w->view, span_str(action), span_str(resource), &target),
        ERR_OK);
    buf_init(out, 1024 * 1024);
    assert_int_equal(explain_write(w->rows, w->view, &subject, &target, json, out, &allowed),
                     ERR_OK);
    explain_target_release(&target);
    return allowed;
}

static void
says(struct world *w, const char *who, const char *action, const char *resource, bool allowed,
     const char *text)
{
    struct buf b;

    if (explain(w, who, action, resource, false, &b) != allowed ||
        strstr(buf_str(&b), text) == NULL)
        fail_msg("%s", buf_str(&b));
    buf_release(&b);
}

static void
principals_are_found_by_every_name(void **state)
{
    static const struct {
        const char *who, *oid;
    } rows[] = { { BOB, BOB },           { "bob", BOB },        { "BOB@contoso.EXAMPLE", BOB },
                 { APP, ALICE },         { "app " APP, ALICE }, { TEAM, TEAM },
                 { "group " TEAM, TEAM } };
    struct explain_subject s;
    struct world *w = *state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(
            explain_find_subject(w->rows, w->view, &w->tid, span_str(rows[i].who), &s), ERR_OK);
        assert_string_equal(s.oid.text, rows[i].oid);
    }
    assert_int_equal(explain_find_subject(w->rows, w->view, &w->tid, span_str("nobody"), &s),
                     ERR_NOT_FOUND);
    add_user(w, "aaaaaaaa-0000-4000-8000-000000000004", "bob", "robert", true);
    assert_int_equal(explain_find_subject(w->rows, w->view, &w->tid, span_str("bob"), &s),
                     ERR_CONFLICT);
}

static void
targets_are_spelled_out(void **state)
{
    static const struct {
        const char *action, *resource;
        enum err want;
    } rows[] = {
        { "secrets get", "kv1/secrets/s", ERR_OK },
        { "secrets/get", VAULT, ERR_OK },
        { "Microsoft.KeyVault/vaults/write", "kv1", ERR_OK },
        { "nonsense", "kv1", ERR_ARG },
        { "secrets get", "nowhere", ERR_NO_VAULT },
        { "secrets get", "kv1/secrets", ERR_ARG },
        { "secrets get", "/subscriptions/x", ERR_ARG },
        { "secrets get", SUB "/resourcegroups/other/providers/microsoft.keyvault/vaults/kv1",
          ERR_NO_VAULT },
        { "", "kv1", ERR_ARG },
        { "secrets get", "", ERR_ARG },
    };
    struct explain_target t;
    struct world *w = *state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (explain_target_make(w->rows, w->view, span_str(rows[i].action),
                                span_str(rows[i].resource), &t) != rows[i].want)
            fail_msg("%s on %s", rows[i].action, rows[i].resource);
        explain_target_release(&t);
    }
    assert_int_equal(explain_target_make(w->rows, w->view, span_str("SECRETS GET"),
                                         span_str("kv1/secrets/S"), &t),
                     ERR_OK);
    assert_string_equal(t.action, "Microsoft.KeyVault/vaults/secrets/getSecret/action");
    assert_true(t.is_data);
    assert_string_equal(t.scope.text, VAULT "/secrets/s");
    explain_target_release(&t);
}

static void
the_deciding_assignment_and_its_groups_are_named(void **state)
{
    struct world *w = *state;
    struct guid id = world_assign(w, PARENT, "Key Vault Secrets User", SUB);
    struct buf b;

    says(w, "bob", "secrets get", "kv1/secrets/s", true, "yes: bob@contoso.example");
    says(w, "bob", "secrets get", "kv1/secrets/s", true, id.text);
    says(w, "bob", "secrets get", "kv1/secrets/s", true,
         "through group " TEAM " (" TEAM ") in group " PARENT " (" PARENT "): decides");
    assert_true(explain(w, "bob", "secrets get", "kv1/secrets/s", true, &b));
    assert_non_null(strstr(buf_str(&b), "\"allowed\":true"));
    assert_non_null(strstr(buf_str(&b), "\"roleName\":\"Key Vault Secrets User\""));
    buf_release(&b);
}

static void
what_is_missing_is_said(void **state)
{
    struct world *w = *state;

    says(w, APP, "secrets get", "kv1", false, "for example Key Vault Secrets User");
    says(w, APP, "Microsoft.Authorization/roleAssignments/write", "/", false,
         "for example Role Based Access Control Administrator");
    says(w, APP, "secrets get", "kv2", false,
         "access policy of the vault with \"secrets get\"");
    says(w, "carol", "secrets get", "kv2", false, "does not exist or is disabled");
}

static void
near_misses_say_why_they_miss(void **state)
{
    struct world *w = *state;
    struct assignment a = { .id = guid_new(),
                            .tid = w->tid,
                            .principal = world_guid(ALICE),
                            .kind = ASSIGNEE_SERVICE,
                            .scope = "/",
                            .condition = span_str("ActionMatches{'none'}") };
    struct store_write sw;

    (void)world_assign(w, ALICE, "Contributor", SUB);
    says(w, APP, "Microsoft.Authorization/roleAssignments/write", SUB, false, "notActions");
    (void)world_assign(w, ALICE, "Owner", SUB "/resourcegroups/rg2");
    says(w, APP, "Microsoft.Authorization/roleAssignments/write", SUB, false,
         "is about another scope");
    a.role = world_guid("8e3af657-a8ff-443c-a75c-2fe8c4bcb635");
    store_write_init(&sw);
    assignment_store(w->rows, &sw, &a);
    world_commit(w, &sw);
    says(w, APP, "Microsoft.Authorization/roleAssignments/write", SUB, false,
         "its condition does not hold");
    a.id = guid_new();
    a.role = guid_new();
    store_write_init(&sw);
    assignment_store(w->rows, &sw, &a);
    world_commit(w, &sw);
    says(w, APP, "Microsoft.Authorization/roleAssignments/write", SUB, false,
         "its role was deleted");
}

static void
a_denial_is_named(void **state)
{
    struct world *w = *state;
    struct span actions[] = { span_str("*") };
    struct role_permission p = { .data_actions = { actions, 1 } };
    struct deny_principal everyone = { .id = world_guid(DENY_EVERYONE) };
    struct deny d = { .id = guid_new(),
                      .tid = w->tid,
                      .scope = SUB,
                      .name = span_str("Freeze"),
                      .permissions = &p,
                      .npermissions = 1,
                      .principals = &everyone,
                      .nprincipals = 1 };
    struct access_fault why;
    struct store_write sw;

    (void)world_assign(w, ALICE, "Key Vault Administrator", SUB);
    store_write_init(&sw);
    assert_int_equal(deny_put(w->rows, w->view, &sw, &d, &why), ERR_OK);
    world_commit(w, &sw);
    says(w, APP, "secrets get", "kv1", false, "a deny assignment forbids it");
    says(w, APP, "secrets get", "kv1", false, ": Freeze at " SUB ": decides");
    says(w, APP, "secrets get", "kv1", false, "would give it too");
}

static void
policies_are_explained_in_their_own_words(void **state)
{
    struct world *w = *state;

    says(w, "bob", "secrets get", "kv2", true, "access policy for " TEAM);
    says(w, "bob", "secrets list", "kv2", false, "is for another application");
    (void)world_assign(w, BOB, "Key Vault Administrator", SUB); /* the models never mix */
    says(w, "bob", "secrets list", "kv2", false, "nothing grants it");
}

static void
who(struct world *w, const char *action, const char *resource, struct buf *out)
{
    struct explain_target t;

    assert_int_equal(
        explain_target_make(w->rows, w->view, span_str(action), span_str(resource), &t),
        ERR_OK);
    buf_init(out, 1024 * 1024);
    assert_int_equal(explain_write_who(w->rows, w->view, &w->tid, &t, false, out), ERR_OK);
    explain_target_release(&t);
}

static void
everybody_who_can_is_listed_once(void **state)
{
    struct world *w = *state;
    struct buf b;

    who(w, "secrets get", "kv1", &b);
    assert_string_equal(buf_str(&b), "nobody\n");
    buf_release(&b);
    (void)world_assign(w, PARENT, "Key Vault Secrets User", SUB);
    (void)world_assign(w, BOB, "Key Vault Administrator", VAULT);
    (void)world_assign(w, ALICE, "Reader", SUB);
    (void)world_assign(w, ALICE, "Key Vault Administrator", SUB "/resourcegroups/rg2");
    who(w, "secrets get", "kv1", &b);
    assert_non_null(strstr(buf_str(&b), "bob@contoso.example (User, " BOB ")"));
    assert_null(strstr(buf_str(&b), "carol")); /* disabled */
    assert_null(strstr(buf_str(&b), ALICE));
    assert_ptr_equal(strchr(buf_str(&b), '\n'), strrchr(buf_str(&b), '\n'));
    buf_release(&b);
    who(w, "secrets list", "kv2", &b);
    assert_non_null(strstr(buf_str(&b), "with the application " APP));
    buf_release(&b);
    who(w, "secrets get", "kv2", &b);
    assert_non_null(strstr(buf_str(&b), "through group " TEAM));
    buf_release(&b);
}

int
main(void)
{
#define TEST(x) cmocka_unit_test_setup_teardown(x, set_up, tear_down)
    static const struct CMUnitTest tests[] = {
        TEST(principals_are_found_by_every_name),
        TEST(targets_are_spelled_out),
        TEST(the_deciding_assignment_and_its_groups_are_named),
        TEST(what_is_missing_is_said),
        TEST(near_misses_say_why_they_miss),
        TEST(a_denial_is_named),
        TEST(policies_are_explained_in_their_own_words),
        TEST(everybody_who_can_is_listed_once),
    };

    return cmocka_run_group_tests_name("auth/explain", tests, NULL, NULL);
}
