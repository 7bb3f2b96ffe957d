/* SPDX-License-Identifier: Apache-2.0 */
/* Vaults in the resource manager: who may change their mode, and the list of deleted ones. */
#include "arm_bench.h"

#include "vault/vault_deleted.h"

#define DELETED ARM_SUB "/providers/Microsoft.KeyVault/locations/local/deletedVaults/kv1"
#define TENANT_BODY                                                                            \
    "\"tenantId\":\"%s\",\"sku\":{\"family\":\"A\",\"name\":\"standard\"},"                    \
    "\"accessPolicies\":[]"

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

static unsigned
patch_mode(struct arm_bench *b, bool rbac)
{
    return arm_request(b, HTTP_PATCH, ARM_VAULT,
                       rbac ? "{\"properties\":{\"enableRbacAuthorization\":true}}"
                            : "{\"properties\":{\"enableRbacAuthorization\":false}}");
}

/* more: further members, or "". */
static unsigned
put_vault(struct arm_bench *b, const char *more)
{
    char body[512];

    (void)snprintf(body, sizeof(body),
                   "{\"location\":\"local\",\"properties\":{" TENANT_BODY "%s}}",
                   b->w->tid.text, more);
    return arm_request(b, HTTP_PUT, ARM_VAULT, body);
}

#define ROLES    ",\"enableRbacAuthorization\":true"
#define POLICIES ",\"enableRbacAuthorization\":false"

static void
writers_change_the_mode_unless_guarded(void **state)
{
    struct arm_bench *b = *state;

    (void)world_assign(b->w, ARM_OTHER, "Contributor", ARM_SUB);
    b->caller = ARM_OTHER;
    assert_int_equal(patch_mode(b, false), 200);
    assert_int_equal(patch_mode(b, true), 200);
    b->site.guards_vault_mode = true;
    assert_int_equal(patch_mode(b, false), 403);
    assert_int_equal(put_vault(b, POLICIES), 403);
    assert_int_equal(patch_mode(b, true), 200); /* as it is */
    assert_int_equal(put_vault(b, ROLES), 200);
    assert_int_equal(put_vault(b, ""), 200);
    assert_int_equal(arm_request(b, HTTP_PATCH, ARM_VAULT, "{\"tags\":{}}"), 200);
}

static void
administrators_change_it_both_ways(void **state)
{
    struct arm_bench *b = *state;

    b->site.guards_vault_mode = true;
    assert_int_equal(patch_mode(b, false), 200);
    b->caller = ARM_OTHER;
    (void)world_assign(b->w, ARM_OTHER, "Key Vault Contributor", ARM_GROUP);
    assert_int_equal(patch_mode(b, true), 403);
    assert_int_equal(put_vault(b, ROLES), 403);
    (void)world_assign(b->w, ARM_OTHER, "User Access Administrator", ARM_GROUP);
    assert_int_equal(patch_mode(b, true), 200);
    assert_int_equal(put_vault(b, POLICIES), 200);
}

/* Its condition speaks of roles that are assigned, and none is. */
static void
who_may_assign_some_roles_alone_is_no_administrator(void **state)
{
    struct arm_bench *b = *state;

    b->site.guards_vault_mode = true;
    b->caller = ARM_OTHER;
    (void)world_assign(b->w, ARM_OTHER, "Key Vault Contributor", ARM_SUB);
    (void)world_assign(b->w, ARM_OTHER, "Key Vault Data Access Administrator", ARM_SUB);
    assert_int_equal(patch_mode(b, false), 403);
}

static void
a_recovered_vault_has_the_mode_that_it_had(void **state)
{
    struct arm_bench *b = *state;
    struct vault *v;

    assert_int_equal(arm_request(b, HTTP_DELETE, ARM_VAULT, NULL), 200);
    assert_int_equal(put_vault(b, POLICIES ",\"createMode\":\"recover\""), 200);
    arm_look(b);
    assert_int_equal(vault_load(b->w->rows, b->w->view, span_str("kv1"), &v), ERR_OK);
    assert_true(v->rbac);
    vault_unref(v);
}

/* ------------------------------------------------------------------- deleted ones */

static bool
count_name(void *arg, struct span position, struct span name)
{
    (void)position;
    assert_true(span_is_str(name, "kv1"));
    ++*(unsigned *)arg;
    return true;
}

static unsigned
count_deleted(struct arm_bench *b, const char *subscription, const char *after)
{
    struct guid sub = world_guid(subscription);
    unsigned n = 0;

    arm_look(b);
    assert_int_equal(deleted_vault_each_name(b->w->view, &sub, span_str(after), count_name, &n),
                     ERR_OK);
    return n;
}

#define SUB   "22222222-2222-4222-8222-222222222222"
#define OTHER "22222222-2222-4222-8222-222222222223"

static void
a_deleted_vault_is_in_the_list_of_its_subscription(void **state)
{
    struct arm_bench *b = *state;

    assert_int_equal(count_deleted(b, SUB, ""), 0);
    assert_int_equal(arm_request(b, HTTP_DELETE, ARM_VAULT, NULL), 200);
    assert_int_equal(count_deleted(b, SUB, ""), 1);
    assert_int_equal(count_deleted(b, SUB, "KV0"), 1);
    assert_int_equal(count_deleted(b, SUB, "kv1"), 0);
    assert_int_equal(count_deleted(b, SUB, "a-name-that-no-vault-can-have"), 0);
    assert_int_equal(count_deleted(b, OTHER, ""), 0);
}

static void
it_leaves_the_list_when_it_is_recovered_or_purged(void **state)
{
    struct arm_bench *b = *state;

    assert_int_equal(arm_request(b, HTTP_DELETE, ARM_VAULT, NULL), 200);
    assert_int_equal(put_vault(b, ROLES ",\"createMode\":\"recover\""), 200);
    assert_int_equal(arm_count(b, "vx/"), 0);
    assert_int_equal(arm_request(b, HTTP_DELETE, ARM_VAULT, NULL), 200);
    assert_int_equal(arm_count(b, "vx/"), 1);
    assert_int_equal(arm_request(b, HTTP_POST, DELETED "/purge", NULL), 202);
    assert_int_equal(arm_count(b, "vx/"), 0);
    assert_int_equal(arm_count(b, "vd/"), 0);
    assert_int_equal(arm_count(b, "vq/"), 0);
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(writers_change_the_mode_unless_guarded),
        CASE(administrators_change_it_both_ways),
        CASE(who_may_assign_some_roles_alone_is_no_administrator),
        CASE(a_recovered_vault_has_the_mode_that_it_had),
        CASE(a_deleted_vault_is_in_the_list_of_its_subscription),
        CASE(it_leaves_the_list_when_it_is_recovered_or_purged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
