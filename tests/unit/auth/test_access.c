/* SPDX-License-Identifier: Apache-2.0 */
/* Who may do what on a vault: roles at every scope, groups, the three forms of policy. */
#include "auth/access.h"

#include "world.h"

#define ALICE        "aaaaaaaa-0000-4000-8000-000000000001"
#define BOB          "aaaaaaaa-0000-4000-8000-000000000002"
#define APP          "bbbbbbbb-0000-4000-8000-000000000001"
#define OTHER_APP    "bbbbbbbb-0000-4000-8000-000000000002"
#define TEAM         "99999999-0000-4000-8000-000000000001"
#define PARENT       "99999999-0000-4000-8000-000000000002"
#define OTHER_TENANT "33333333-3333-4333-8333-333333333333"
#define SUB          "/subscriptions/22222222-2222-4222-8222-222222222222"
#define RG           SUB "/resourceGroups/RG1"
#define VAULT        RG "/providers/Microsoft.KeyVault/vaults/Kv1"
#define LOWER_VAULT  SUB "/resourcegroups/rg1/providers/microsoft.keyvault/vaults/kv1"

struct bench {
    struct world *w;
    struct vault vault;
    struct access_policy policies[4];
    struct caller caller;
};

static int
set_up(void **state)
{
    struct bench *b = calloc(1, sizeof(*b));

    b->w = world_open();
    b->vault = (struct vault){ .tenant = b->w->tid, .rbac = true, .policies = b->policies };
    (void)snprintf(b->vault.name, sizeof(b->vault.name), "Kv1");
    (void)snprintf(b->vault.location, sizeof(b->vault.location), "local");
    (void)snprintf(b->vault.arm_id, sizeof(b->vault.arm_id), LOWER_VAULT);
    b->caller = (struct caller){ .known = true,
                                 .tid = b->w->tid,
                                 .oid = world_guid(ALICE),
                                 .appid = world_guid(APP),
                                 .idtyp = "app",
                                 .iss = WORLD_ORIGIN "/" WORLD_TENANT "/" };
    *state = b;
    return 0;
}

static int
tear_down(void **state)
{
    struct bench *b = *state;

    world_close(b->w);
    free(b);
    return 0;
}

static struct access_answer
ask(struct bench *b, enum perm need, const char *object)
{
    struct access_question q = {
        .caller = &b->caller, .vault = &b->vault, .need = need, .object = span_str(object)
    };
    struct access_answer a;

    world_look(b->w);
    assert_int_equal(access_check(b->w->rows, b->w->view, &q, &a), ERR_OK);
    assert_int_equal(a.by_rbac, b->vault.rbac);
    return a;
}

static bool
may(struct bench *b, enum perm need, const char *object)
{
    return ask(b, need, object).allowed;
}

static void
nobody_may_anything_at_first(void **state)
{
    struct bench *b = *state;

    for (int p = PERM_NONE + 1; p < PERM__MAX; p++) {
        b->vault.rbac = true;
        assert_false(may(b, (enum perm)p, "s1"));
        b->vault.rbac = false;
        assert_false(may(b, (enum perm)p, "s1"));
    }
}

static void
role_counts_at_every_scope_above_and_names_its_assignment(void **state)
{
    static const char *const scopes[] = { "/", SUB, RG, VAULT, VAULT "/secrets/S1" };
    struct bench *b = *state;

    for (size_t i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++) {
        struct guid id = world_assign(b->w, ALICE, "Key Vault Secrets User", scopes[i]);
        struct guid alice = world_guid(ALICE);
        struct access_answer a = ask(b, PERM_SECRET_GET, "s1");
        struct assignment row;
        struct store_write sw;

        assert_true(a.allowed);
        assert_string_equal(a.assignment.text, id.text);
        assert_false(may(b, PERM_SECRET_SET, "s1"));
        assert_int_equal(assignment_load(b->w->rows, b->w->view, &alice, &id, &row), ERR_OK);
        store_write_init(&sw);
        assignment_delete(&sw, &row);
        world_commit(b->w, &sw);
        assert_false(may(b, PERM_SECRET_GET, "s1"));
    }
}

static void
near_miss_scopes_give_nothing(void **state)
{
    static const char *const scopes[] = {
        RG "0",
        SUB "/resourceGroups/RG",
        VAULT "0",
        VAULT "/secrets/s10",
        VAULT "/secrets/s",
        VAULT "/keys/s1",
        VAULT "/secrets/s1/versions/v",
        "/subscriptions/22222222-2222-4222-8222-222222222223",
    };
    struct bench *b = *state;

    for (size_t i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++)
        (void)world_assign(b->w, ALICE, "Key Vault Administrator", scopes[i]);
    assert_false(may(b, PERM_SECRET_GET, "s1"));
    assert_false(may(b, PERM_SECRET_LIST, ""));
}

static void
object_scope_does_not_open_the_collection(void **state)
{
    struct bench *b = *state;

    (void)world_assign(b->w, ALICE, "Key Vault Secrets Officer", VAULT "/secrets/s1");
    assert_true(may(b, PERM_SECRET_SET, "s1"));
    assert_true(may(b, PERM_SECRET_SET, "S1"));
    assert_false(may(b, PERM_SECRET_SET, "s2"));
    assert_false(may(b, PERM_SECRET_LIST, ""));
}

static void
control_plane_roles_open_no_data(void **state)
{
    struct bench *b = *state;

    (void)world_assign(b->w, ALICE, "Owner", SUB);
    (void)world_assign(b->w, ALICE, "Contributor", "/");
    (void)world_assign(b->w, ALICE, "Key Vault Contributor", VAULT);
    for (int p = PERM_NONE + 1; p < PERM__MAX; p++)
        assert_false(may(b, (enum perm)p, "s1"));
}

static void
somebody_elses_role_gives_nothing(void **state)
{
    struct bench *b = *state;

    (void)world_assign(b->w, BOB, "Key Vault Administrator", "/");
    assert_false(may(b, PERM_SECRET_GET, "s1"));
}

static void
role_of_a_nested_group_counts_until_membership_ends(void **state)
{
    struct bench *b = *state;
    struct group g = { .tid = b->w->tid, .id = world_guid(TEAM) };
    struct guid alice = world_guid(ALICE), id;
    struct store_write sw;

    world_add_group(b->w, TEAM);
    world_add_group(b->w, PARENT);
    world_add_member(b->w, TEAM, ALICE);
    world_add_member(b->w, PARENT, TEAM);
    id = world_assign(b->w, PARENT, "Key Vault Secrets User", RG);
    assert_string_equal(ask(b, PERM_SECRET_GET, "s1").assignment.text, id.text);
    store_write_init(&sw);
    group_remove_member(&sw, &g, &alice);
    world_commit(b->w, &sw);
    assert_false(may(b, PERM_SECRET_GET, "s1"));
}

static void
unknown_or_foreign_caller_is_denied(void **state)
{
    struct bench *b = *state;

    (void)world_assign(b->w, ALICE, "Key Vault Administrator", "/");
    assert_true(may(b, PERM_SECRET_GET, "s1"));
    b->caller.known = false;
    assert_false(may(b, PERM_SECRET_GET, "s1"));
    b->caller.known = true;
    b->caller.tid = world_guid(OTHER_TENANT);
    assert_false(may(b, PERM_SECRET_GET, "s1"));
    b->caller.tid = b->w->tid;
    b->caller.oid.text[0] = '\0';
    assert_false(may(b, PERM_SECRET_GET, "s1"));
}

static void
role_without_a_known_definition_gives_nothing(void **state)
{
    struct bench *b = *state;
    struct assignment a = { .id = guid_new(),
                            .tid = b->w->tid,
                            .principal = world_guid(ALICE),
                            .kind = ASSIGNEE_SERVICE,
                            .role = guid_new(),
                            .scope = "/" };
    struct store_write sw;

    store_write_init(&sw);
    assignment_store(b->w->rows, &sw, &a);
    world_commit(b->w, &sw);
    assert_false(may(b, PERM_SECRET_GET, "s1"));
}

static void
damaged_assignment_is_an_error_and_no_answer(void **state)
{
    struct bench *b = *state;
    struct access_question q = { .caller = &b->caller,
                                 .vault = &b->vault,
                                 .need = PERM_SECRET_GET };
    struct access_answer a;
    struct store_write sw;

    (void)world_assign(b->w, ALICE, "Key Vault Administrator", "/");
    store_write_init(&sw);
    store_write_put(&sw, span_str("ra/" ALICE "/00000000-0000-4000-8000-000000000000"),
                    span_str("forged row with no tag"));
    world_commit(b->w, &sw);
    assert_int_equal(access_check(b->w->rows, b->w->view, &q, &a), ERR_INTEGRITY);
    assert_false(a.allowed);
}

static struct access_policy *
add_policy(struct bench *b, const char *object, const char *application, const char *permission)
{
    struct access_policy *p = &b->policies[b->vault.npolicies++];

    b->vault.rbac = false;
    *p = (struct access_policy){ .tenant = b->w->tid,
                                 .object = world_guid(object),
                                 .secrets = perm_bits(PERM_SECRETS, span_str(permission)) };
    if (application != NULL)
        p->application = world_guid(application);
    return p;
}

static void
policy_for_the_object_gives_its_permissions(void **state)
{
    struct bench *b = *state;

    (void)add_policy(b, ALICE, NULL, "Get");
    assert_true(may(b, PERM_SECRET_GET, "s1"));
    assert_true(may(b, PERM_SECRET_GET_DELETED, "s1"));
    assert_false(may(b, PERM_SECRET_LIST, ""));
    assert_false(may(b, PERM_SECRET_SET, "s1"));
    (void)add_policy(b, ALICE, NULL, "set");
    assert_true(may(b, PERM_SECRET_SET, "s1"));
    assert_true(may(b, PERM_SECRET_UPDATE, "s1"));
    assert_true(may(b, PERM_SECRET_GET, "s1"));
}

static void
all_does_not_include_purge(void **state)
{
    struct bench *b = *state;

    (void)add_policy(b, ALICE, NULL, "all");
    for (int p = PERM_NONE + 1; p < PERM__MAX; p++)
        assert_int_equal(may(b, (enum perm)p, "s1"),
                         p != PERM_SECRET_PURGE && p < PERM_KEY_GET);
    b->policies[0].secrets = 0;
    b->policies[0].keys = perm_bits(PERM_KEYS, span_str("all"));
    for (int p = PERM_NONE + 1; p < PERM__MAX; p++)
        assert_int_equal(may(b, (enum perm)p, "k1"),
                         p >= PERM_KEY_GET && p != PERM_KEY_PURGE && p < PERM_CERT_GET);
    b->policies[0].keys = 0;
    b->policies[0].certificates = perm_bits(PERM_CERTIFICATES, span_str("all"));
    for (int p = PERM_NONE + 1; p < PERM__MAX; p++)
        assert_int_equal(may(b, (enum perm)p, "c1"),
                         p >= PERM_CERT_GET && p != PERM_CERT_PURGE);
}

/* The same bit stands for get of secrets, keys and certificates. */
static void
policy_bits_count_for_their_own_kind_only(void **state)
{
    struct bench *b = *state;
    struct access_policy *p = add_policy(b, ALICE, NULL, "get");

    assert_true(may(b, PERM_SECRET_GET, "x1"));
    assert_false(may(b, PERM_KEY_GET, "x1"));
    p->secrets = 0;
    p->keys = perm_bits(PERM_KEYS, span_str("get"));
    assert_false(may(b, PERM_SECRET_GET, "x1"));
    assert_true(may(b, PERM_KEY_GET, "x1"));
    assert_false(may(b, PERM_KEY_SIGN, "x1"));
    p->keys = 0;
    p->certificates = p->storage = UINT32_MAX;
    assert_false(may(b, PERM_SECRET_GET, "x1"));
    assert_false(may(b, PERM_KEY_GET, "x1"));
}

static bool
may_asymmetric(struct bench *b, enum perm need)
{
    struct access_question q = { .caller = &b->caller,
                                 .vault = &b->vault,
                                 .need = need,
                                 .object = span_str("k1"),
                                 .asymmetric = true };
    struct access_answer a;

    world_look(b->w);
    assert_int_equal(access_check(b->w->rows, b->w->view, &q, &a), ERR_OK);
    return a.allowed;
}

static void
who_may_read_an_asymmetric_key_may_use_its_public_half(void **state)
{
    static const enum perm uses[] = { PERM_KEY_ENCRYPT, PERM_KEY_WRAP, PERM_KEY_VERIFY };
    static const enum perm others[] = { PERM_KEY_DECRYPT, PERM_KEY_UNWRAP, PERM_KEY_SIGN,
                                        PERM_KEY_UPDATE, PERM_SECRET_GET };
    struct bench *b = *state;

    b->vault.rbac = true;
    (void)world_assign(b->w, ALICE, "Key Vault Reader", VAULT);
    for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
        assert_true(may_asymmetric(b, uses[i]));
        assert_false(may(b, uses[i], "k1"));
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_false(may_asymmetric(b, others[i]));
    b->vault.rbac = false; /* policies know no such thing */
    add_policy(b, ALICE, NULL, "get")->keys = perm_bits(PERM_KEYS, span_str("get"));
    assert_false(may_asymmetric(b, PERM_KEY_VERIFY));
}

static void
role_on_one_key_counts_for_that_key(void **state)
{
    struct bench *b = *state;

    b->vault.rbac = true;
    (void)world_assign(b->w, ALICE, "Key Vault Crypto User", VAULT "/keys/k1");
    assert_true(may(b, PERM_KEY_SIGN, "K1"));
    assert_false(may(b, PERM_KEY_SIGN, "k2"));
    assert_false(may(b, PERM_KEY_DELETE, "k1"));
    assert_false(may(b, PERM_KEY_LIST, ""));
    assert_false(may(b, PERM_SECRET_GET, "k1"));
}

static void
policy_for_a_group_counts_for_its_members(void **state)
{
    struct bench *b = *state;

    world_add_group(b->w, TEAM);
    world_add_group(b->w, PARENT);
    world_add_member(b->w, PARENT, TEAM);
    (void)add_policy(b, PARENT, NULL, "get");
    assert_false(may(b, PERM_SECRET_GET, "s1"));
    world_add_member(b->w, TEAM, ALICE);
    assert_true(may(b, PERM_SECRET_GET, "s1"));
}

static void
compound_policy_needs_both_user_and_application(void **state)
{
    struct bench *b = *state;

    (void)add_policy(b, ALICE, APP, "get");
    assert_true(may(b, PERM_SECRET_GET, "s1"));
    b->caller.appid = world_guid(OTHER_APP);
    assert_false(may(b, PERM_SECRET_GET, "s1"));
    b->caller.appid = world_guid(APP);
    b->caller.oid = world_guid(BOB);
    assert_false(may(b, PERM_SECRET_GET, "s1"));
}

static void
compound_policy_is_not_a_groups_matter(void **state)
{
    struct bench *b = *state;

    world_add_group(b->w, TEAM);
    world_add_member(b->w, TEAM, ALICE);
    (void)add_policy(b, TEAM, APP, "get");
    assert_false(may(b, PERM_SECRET_GET, "s1"));
}

static void
policy_of_another_tenant_or_for_keys_gives_nothing(void **state)
{
    struct bench *b = *state;
    struct access_policy *p;

    p = add_policy(b, ALICE, NULL, "all");
    p->tenant = world_guid(OTHER_TENANT);
    p = add_policy(b, ALICE, NULL, "all");
    p->keys = p->certificates = p->storage = UINT32_MAX;
    p->secrets = 0;
    assert_false(may(b, PERM_SECRET_GET, "s1"));
}

static void
models_do_not_mix(void **state)
{
    struct bench *b = *state;

    (void)add_policy(b, ALICE, NULL, "all");
    b->vault.rbac = true;
    assert_false(may(b, PERM_SECRET_GET, "s1"));
    (void)world_assign(b->w, ALICE, "Key Vault Administrator", VAULT);
    assert_true(may(b, PERM_SECRET_PURGE, "s1"));
    b->vault.rbac = false;
    assert_true(may(b, PERM_SECRET_GET, "s1"));
    assert_false(may(b, PERM_SECRET_PURGE, "s1"));
}

static void
explains_as(struct bench *b, enum perm need, const char *object, const char *want,
            const char *inner)
{
    struct access_question q = {
        .caller = &b->caller, .vault = &b->vault, .need = need, .object = span_str(object)
    };
    struct access_answer a = ask(b, need, object);
    struct buf text;

    buf_init(&text, 4096);
    assert_false(a.allowed);
    access_explain(&q, &a, &text);
    assert_string_equal(buf_str(&text), want);
    assert_string_equal(access_inner_code(&a), inner);
    buf_release(&text);
}

#define CALLER "appid=" APP ";oid=" ALICE ";iss=" WORLD_ORIGIN "/" WORLD_TENANT "/"

static void
denials_are_worded_as_azure_does(void **state)
{
    struct bench *b = *state;

    explains_as(
        b, PERM_SECRET_GET, "My-Secret",
        "Caller is not authorized to perform action on resource.\r\n"
        "If role assignments, deny assignments or role definitions were changed recently, "
        "please observe propagation time.\r\n"
        "Caller: " CALLER "\r\n"
        "Action: 'Microsoft.KeyVault/vaults/secrets/getSecret/action'\r\n"
        "Resource: '" LOWER_VAULT "/secrets/my-secret'\r\n"
        "Assignment: (not found)\r\n"
        "DenyAssignmentId: null\r\n"
        "DecisionReason: null \r\n"
        "Vault: Kv1;location=local\r\n",
        "ForbiddenByRbac");
    explains_as(
        b, PERM_SECRET_LIST, "",
        "Caller is not authorized to perform action on resource.\r\n"
        "If role assignments, deny assignments or role definitions were changed recently, "
        "please observe propagation time.\r\n"
        "Caller: " CALLER "\r\n"
        "Action: 'Microsoft.KeyVault/vaults/secrets/readMetadata/action'\r\n"
        "Resource: '" LOWER_VAULT "'\r\n"
        "Assignment: (not found)\r\n"
        "DenyAssignmentId: null\r\n"
        "DecisionReason: null \r\n"
        "Vault: Kv1;location=local\r\n",
        "ForbiddenByRbac");
    b->vault.rbac = false;
    explains_as(b, PERM_SECRET_GET, "s1",
                "The user, group or application '" CALLER
                "' does not have secrets get permission "
                "on key vault 'Kv1;location=local'. For help resolving this issue, please see "
                "https://go.microsoft.com/fwlink/?linkid=2125287",
                "AccessDenied");
}

static void
longest_names_fit_the_texts(void **state)
{
    struct bench *b = *state;
    char object[4 * MAX_OBJECT_NAME];

    memset(object, 'x', sizeof(object) - 1);
    object[sizeof(object) - 1] = '\0';
    assert_false(may(b, PERM_SECRET_GET, object));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(nobody_may_anything_at_first),
        TEST(role_counts_at_every_scope_above_and_names_its_assignment),
        TEST(near_miss_scopes_give_nothing),
        TEST(object_scope_does_not_open_the_collection),
        TEST(control_plane_roles_open_no_data),
        TEST(somebody_elses_role_gives_nothing),
        TEST(role_of_a_nested_group_counts_until_membership_ends),
        TEST(unknown_or_foreign_caller_is_denied),
        TEST(role_without_a_known_definition_gives_nothing),
        TEST(damaged_assignment_is_an_error_and_no_answer),
        TEST(policy_for_the_object_gives_its_permissions),
        TEST(all_does_not_include_purge),
        TEST(policy_bits_count_for_their_own_kind_only),
        TEST(who_may_read_an_asymmetric_key_may_use_its_public_half),
        TEST(role_on_one_key_counts_for_that_key),
        TEST(policy_for_a_group_counts_for_its_members),
        TEST(compound_policy_needs_both_user_and_application),
        TEST(compound_policy_is_not_a_groups_matter),
        TEST(policy_of_another_tenant_or_for_keys_gives_nothing),
        TEST(models_do_not_mix),
        TEST(denials_are_worded_as_azure_does),
        TEST(longest_names_fit_the_texts),
    };

    return cmocka_run_group_tests_name("auth/access", tests, NULL, NULL);
}
