/* SPDX-License-Identifier: Apache-2.0 */
/* test_seed.c - seeds applied: what they bring about, once, and what they refuse. */
#include "rig.h"

#include <stdio.h>

#include "auth/assignment.h"
#include "vault/vault.h"

static const char whole[] =
    "subscriptions: [{id: " RIG_SUBSCRIPTION ", name: main}]\n"
    "resourceGroups: [{name: Rg1, location: north}]\n"
    "applications:\n"
    "  - {name: app, secrets: [{value: \"a client secret of some length\"}]}\n"
    "  - {name: other}\n"
    "managedIdentities: [{name: host, resourceGroup: Rg1}]\n"
    "groups: [{name: readers, members: [app, host]}]\n"
    "vaults:\n"
    "  - {name: kv-one, resourceGroup: Rg1, retentionDays: 7}\n"
    "  - name: kv-two\n"
    "    resourceGroup: Rg1\n"
    "    rbac: false\n"
    "    accessPolicies: [{principal: app, secrets: [get, list]}]\n"
    "roleAssignments: [{principal: readers, role: Key Vault Secrets User, vault: kv-one}]\n"
    "secrets: [{vault: kv-one, name: Db-Pass, value: c4n4ry, tags: {a: b}}]\n";

static struct rig *shared; /* a group's state would hide the rows of the table below */

static struct vault *
vault_of(const struct rig *r, struct store_view **view, const char *name)
{
    struct vault *v = NULL;

    assert_int_equal(store_begin(r->desk.store, view), ERR_OK);
    assert_int_equal(vault_load(r->desk.rows, *view, span_str(name), &v), ERR_OK);
    return v;
}

static void
a_whole_seed_brings_everything_about(void **state)
{
    struct rig *r = shared;
    struct store_view *view;
    struct vault *v;

    (void)state;
    assert_int_equal(rig_seed(r, whole), ERR_OK);
    assert_int_equal(rig_count(r, "sub/"), 1);
    assert_int_equal(rig_count(r, "rg/"), 1);
    assert_int_equal(rig_count(r, "ap/"), 2);
    assert_int_equal(rig_count(r, "sp/"), 3);
    assert_int_equal(rig_count(r, "mi/"), 1);
    assert_int_equal(rig_count(r, "gm/"), 2);
    assert_int_equal(rig_count(r, "v/"), 2);
    assert_int_equal(rig_count(r, "ra/"), 1);
    assert_int_equal(rig_count(r, "sn/"), 1);
    v = vault_of(r, &view, "kv-one");
    assert_int_equal(v->retention_days, 7);
    assert_true(v->rbac);
    assert_string_equal(v->subscription.text, RIG_SUBSCRIPTION);
    vault_unref(v);
    store_end(view);
    v = vault_of(r, &view, "kv-two");
    assert_false(v->rbac);
    assert_int_equal(v->npolicies, 1);
    vault_unref(v);
    store_end(view);
}

static void
the_same_seed_changes_nothing_the_second_time(void **state)
{
    struct rig *r = shared;
    uint64_t before = rig_revision(r);

    (void)state;
    assert_int_equal(rig_seed(r, whole), ERR_OK);
    assert_int_equal(rig_revision(r), before);
}

static void
every_item_is_audited_and_no_value_is_in_the_log(void **state)
{
    struct rig *r = shared;

    (void)state;
    assert_int_equal(rig_audited(r, "\"SeedApply\""), 10);
    assert_int_equal(rig_audited(r, "c4n4ry"), 0);
    assert_int_equal(rig_audited(r, "client secret of"), 0);
}

static void
a_later_seed_adds_to_what_is_there(void **state)
{
    struct rig *r = shared;
    struct store_view *view;
    struct vault *v;

    (void)state;
    assert_int_equal(
        rig_seed(r, "applications:\n"
                    "  - {name: app, secrets: [{value: \"another client secret, longer\"}]}\n"
                    "vaults:\n"
                    "  - {name: kv-one, resourceGroup: Rg1, purgeProtection: true}\n"
                    "  - {name: kv-three, resourceGroup: Rg1}\n"),
        ERR_OK);
    assert_int_equal(rig_count(r, "ap/"), 2);
    v = vault_of(r, &view, "kv-one");
    assert_true(v->purge_protection);
    assert_int_equal(v->retention_days, 7); /* what exists keeps its days */
    vault_unref(v);
    store_end(view);
    /* It names no subscription: the installation's is meant. */
    v = vault_of(r, &view, "kv-three");
    assert_string_equal(v->subscription.text, RIG_SUBSCRIPTION);
    vault_unref(v);
    store_end(view);
    /* Protection is never switched off by a seed. */
    assert_int_equal(rig_seed(r, "vaults: [{name: kv-one, resourceGroup: Rg1}]"), ERR_OK);
    v = vault_of(r, &view, "kv-one");
    assert_true(v->purge_protection);
    vault_unref(v);
    store_end(view);
}

static void
a_secret_that_exists_keeps_its_value(void **state)
{
    struct rig *r = shared;
    uint64_t before = rig_revision(r);

    (void)state;
    assert_int_equal(rig_seed(r, "secrets: [{vault: kv-one, name: DB-PASS, value: another}]"),
                     ERR_OK);
    assert_int_equal(rig_revision(r), before);
}

static void
an_assignment_knows_what_kind_its_principal_is(void **state)
{
    struct rig *r = shared;
    struct store_view *view;
    struct assignment a;
    struct guid principal, id;
    char key[512];

    (void)state;
    rig_nth(r, "ra/", 0, key);
    assert_true(guid_parse(span_of(key + 3, GUID_LEN), &principal));
    assert_true(guid_parse(span_of(key + 4 + GUID_LEN, GUID_LEN), &id));
    assert_int_equal(store_begin(r->desk.store, &view), ERR_OK);
    assert_int_equal(assignment_load(r->desk.rows, view, &principal, &id, &a), ERR_OK);
    assert_int_equal(a.kind, ASSIGNEE_GROUP);
    store_end(view);
}

static void
a_changed_permission_of_any_kind_is_a_change(void **state)
{
    struct rig *r = shared;
    struct store_view *view;
    struct vault *v;

    (void)state;
    assert_int_equal(rig_seed(r, "applications: [{name: app}]\n"
                                 "vaults: [{name: kv-two, resourceGroup: Rg1, rbac: false,"
                                 " accessPolicies: [{principal: app, secrets: [get, list],"
                                 " keys: [get]}]}]"),
                     ERR_OK);
    v = vault_of(r, &view, "kv-two");
    assert_int_not_equal(v->policies[0].keys, 0);
    vault_unref(v);
    store_end(view);
}

static void
a_second_tenant_has_its_own_people_and_vaults(void **state)
{
    static const char text[] =
        "tenants: [{name: Fabrikam, domain: fabrikam.test}]\n"
        "applications: [{name: guest, tenant: Fabrikam}]\n"
        "subscriptions: [{name: theirs, tenant: Fabrikam}]\n"
        "managedIdentities: [{name: theirs, tenant: Fabrikam}]\n"
        "groups: [{name: guests, tenant: Fabrikam, members: [guest]}]\n"
        "vaults: [{name: kv-theirs, resourceGroup: Rg1}]\n"
        "roleAssignments: [{principal: guests, role: Key Vault Reader, vault: kv-theirs}]\n";
    struct rig *r = shared;
    struct store_view *view;
    struct vault *v;
    size_t people = rig_count(r, "sp/" RIG_TENANT);
    uint64_t revision;
    char prefix[96];

    (void)state;
    assert_int_equal(rig_seed(r, text), ERR_OK);
    assert_int_equal(rig_count(r, "t/"), 2);
    v = vault_of(r, &view, "kv-theirs");
    assert_string_not_equal(v->tenant.text, RIG_TENANT);
    (void)snprintf(prefix, sizeof(prefix), "sp/%s/", v->tenant.text);
    assert_int_equal(rig_count(r, prefix), 2);
    (void)snprintf(prefix, sizeof(prefix), "gm/%s/", v->tenant.text);
    assert_int_equal(rig_count(r, prefix), 1);
    (void)snprintf(prefix, sizeof(prefix), "tenants: [{name: X, id: %s}]", v->tenant.text);
    vault_unref(v);
    store_end(view);
    assert_int_equal(rig_count(r, "sp/" RIG_TENANT), people);
    revision = rig_revision(r);
    assert_int_equal(rig_seed(r, text), ERR_OK);
    assert_int_equal(rig_seed(r, prefix), ERR_OK); /* what exists keeps its name */
    assert_int_equal(rig_revision(r), revision);
}

static const struct vec {
    const char *name, *text, *told;
} vecs[] = {
    /* clang-format off */
    { "a tenant without a name", "tenants: [{}]", "tenants[0]: \"name\" is missing" },
    { "a tenant's bad domain", "tenants: [{name: x, domain: one}]", "tenants[0]: \"domain\" is not" },
    { "a tenant with the domain of another", "tenants: [{name: x, domain: FABRIKAM.test}]", "\"domain\" is another tenant's" },
    { "a tenant that the file does not name", "applications: [{name: x, tenant: y}]", "applications[0]: \"tenant\" is neither" },
    { "a tenant that is nobody's id", "groups: [{name: x, tenant: " RIG_SUBSCRIPTION "}]", "there is no such \"tenant\"" },
    { "a tenant that is no text", "subscriptions: [{name: x, tenant: 7}]", "\"tenant\" must be" },
    { "a subscription without a name", "subscriptions: [{}]", "subscriptions[0]: \"name\" is missing" },
    { "a subscription id that is none", "subscriptions: [{name: a, id: b}]", "subscriptions[0]: \"id\" must be a GUID" },
    { "a group's bad name", "resourceGroups: [{name: \"a/b\"}]", "resourceGroups[0]: \"name\" is not the name" },
    { "a bad subscription", "resourceGroups: [{name: a, subscription: x}]", "\"subscription\" must be a GUID" },
    { "an application without a name", "applications: [{}]", "applications[0]: \"name\" is missing" },
    { "an application id that is none", "applications: [{name: x, appId: 7}]", "\"appId\" must be a GUID" },
    { "an empty client secret", "applications: [{name: x, secrets: [{value: \"\"}]}]", "a secret needs a \"value\"" },
    { "an expiry that is no number", "applications: [{name: x, secrets: [{value: y, expires: soon}]}]", "\"expires\" must be" },
    { "a certificate that is none", "applications: [{name: x, certificates: [y]}]", "a certificate must be PEM" },
    { "an identity's bad name", "managedIdentities: [{name: \"a b\"}]", "managedIdentities[0]: \"name\" must be" },
    { "a member that nobody is", "groups: [{name: g, members: [nobody]}]", "groups[0]: \"principal\" is neither" },
    { "a vault's bad name", "vaults: [{name: \"1\", resourceGroup: a}]", "vaults[0]: \"name\" is not a vault name" },
    { "a vault without a group", "vaults: [{name: kv-bad}]", "\"resourceGroup\" is missing" },
    { "days that are too few", "vaults: [{name: kv-bad, resourceGroup: a, retentionDays: 6}]", "\"retentionDays\" must be 7 to 90" },
    { "days that are text", "vaults: [{name: kv-bad, resourceGroup: a, retentionDays: \"7\"}]", "\"retentionDays\" must be" },
    { "an unknown tier", "vaults: [{name: kv-bad, resourceGroup: a, sku: gold}]", "\"sku\" must be" },
    { "a flag that is text", "vaults: [{name: kv-bad, resourceGroup: a, rbac: yes}]", "\"rbac\" must be true or false" },
    { "policies that are no list", "vaults: [{name: kv-bad, resourceGroup: a, accessPolicies: {}}]", "\"accessPolicies\" must be a list" },
    { "a policy for nobody", "vaults: [{name: kv-bad, resourceGroup: a, accessPolicies: [{}]}]", "needs a \"principal\"" },
    { "an unknown verb", "vaults: [{name: kv-bad, resourceGroup: a, accessPolicies: [{principal: " RIG_TENANT ", secrets: [eat]}]}]", "unknown permission" },
    { "an unknown role", "roleAssignments: [{principal: " RIG_TENANT ", role: King, scope: /}]", "\"role\" is not a built-in role" },
    { "an assignment without a place", "roleAssignments: [{principal: " RIG_TENANT ", role: Owner}]", "needs a \"scope\" or a \"vault\"" },
    { "an assignment at no scope", "roleAssignments: [{principal: " RIG_TENANT ", role: Owner, scope: here}]", "\"scope\" is no scope" },
    { "an assignment in no vault", "roleAssignments: [{principal: " RIG_TENANT ", role: Owner, vault: kv-no}]", "there is no such vault" },
    { "an assignment on no name", "roleAssignments: [{principal: " RIG_TENANT ", role: Owner, vault: kv-one, secret: a/b}]", "\"secret\" is not" },
    { "a secret without a value", "secrets: [{vault: kv-one, name: x}]", "secrets[0]: a secret needs" },
    { "a secret's bad name", "secrets: [{vault: kv-one, name: x_y, value: c4n4ry}]", "secrets[0]: a secret needs" },
    { "a secret in no vault", "secrets: [{vault: kv-no, name: x, value: c4n4ry}]", "secrets[0]: there is no such vault" },
    { "tags that are no map", "secrets: [{vault: kv-one, name: x, value: c4n4ry, tags: [a]}]", "secrets[0]: \"tags\"" },
    { "the second item is the bad one", "resourceGroups: [{name: Rg1}, {name: \"\"}]", "resourceGroups[1]: " },
    /* clang-format on */
};
enum { NVECS = sizeof(vecs) / sizeof(vecs[0]), FIRST = 8 };

static void
run_vec(void **state)
{
    const struct vec *v = *state;
    uint64_t before = rig_revision(shared);
    const char *said;
    enum err e;

    rig_listen();
    e = rig_seed(shared, v->text);
    said = rig_logged();
    assert_null(strstr(said, "c4n4ry"));
    if (strstr(said, v->told) == NULL) {
        print_error("said: %s", said);
        fail();
    }
    assert_int_equal(e, ERR_ARG);
    assert_int_equal(rig_revision(shared), before);
}

static int
setup(void **state)
{
    void *rig = NULL;
    int code = rig_setup_founded(&rig);

    (void)state;
    shared = rig;
    return code;
}

static int
teardown(void **state)
{
    void *rig = shared;

    (void)state;
    return rig_teardown(&rig);
}

int
main(void)
{
    struct CMUnitTest tests[NVECS + FIRST] = {
        cmocka_unit_test(a_whole_seed_brings_everything_about),
        cmocka_unit_test(the_same_seed_changes_nothing_the_second_time),
        cmocka_unit_test(every_item_is_audited_and_no_value_is_in_the_log),
        cmocka_unit_test(a_later_seed_adds_to_what_is_there),
        cmocka_unit_test(a_secret_that_exists_keeps_its_value),
        cmocka_unit_test(an_assignment_knows_what_kind_its_principal_is),
        cmocka_unit_test(a_changed_permission_of_any_kind_is_a_change),
        cmocka_unit_test(a_second_tenant_has_its_own_people_and_vaults),
    };

    for (size_t i = 0; i < NVECS; i++)
        tests[i + FIRST] = (struct CMUnitTest){ .name = vecs[i].name,
                                                .test_func = run_vec,
                                                .initial_state = (void *)(uintptr_t)&vecs[i] };
    return cmocka_run_group_tests_name("jobs/seed", tests, setup, teardown);
}
