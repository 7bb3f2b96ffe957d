/* SPDX-License-Identifier: Apache-2.0 */
/* Built-in roles cover exactly the data actions that the vendor publishes for them. */
#include "auth/role.h"
#include "vault/perm.h"
#include "world.h"

#define A(x)    "Microsoft.KeyVault/vaults/" x

#define P(perm) (UINT64_C(1) << PERM_##perm)
/* clang-format off */
#define METADATA (P(SECRET_LIST) | P(SECRET_GET_DELETED) | P(SECRET_LIST_DELETED))
#define SECRETS                                                                                \
    (METADATA | P(SECRET_GET) | P(SECRET_SET) | P(SECRET_UPDATE) | P(SECRET_DELETE) |          \
     P(SECRET_BACKUP) | P(SECRET_RESTORE) | P(SECRET_RECOVER) | P(SECRET_PURGE))
#define KEY_READ (P(KEY_GET) | P(KEY_LIST))
#define KEY_USE                                                                                \
    (P(KEY_ENCRYPT) | P(KEY_DECRYPT) | P(KEY_WRAP) | P(KEY_UNWRAP) | P(KEY_SIGN) |             \
     P(KEY_VERIFY))
#define KEY_POLICY (P(KEY_GET_ROTATION_POLICY) | P(KEY_SET_ROTATION_POLICY))
#define KEYS                                                                                   \
    (KEY_READ | KEY_USE | KEY_POLICY | P(KEY_CREATE) | P(KEY_IMPORT) | P(KEY_UPDATE) |         \
     P(KEY_DELETE) | P(KEY_BACKUP) | P(KEY_RESTORE) | P(KEY_RECOVER) | P(KEY_PURGE) |          \
     P(KEY_RELEASE) | P(KEY_ROTATE))
#define CERT_READ   (P(CERT_GET) | P(CERT_LIST))
#define ISSUER_READ (P(CERT_LIST_ISSUERS) | P(CERT_GET_ISSUER))
#define CERTIFICATES                                                                           \
    (CERT_READ | ISSUER_READ | P(CERT_CREATE) | P(CERT_IMPORT) | P(CERT_UPDATE) |              \
     P(CERT_DELETE) | P(CERT_BACKUP) | P(CERT_RESTORE) | P(CERT_RECOVER) | P(CERT_PURGE) |     \
     P(CERT_CONTACTS) | P(CERT_SET_ISSUER) | P(CERT_DELETE_ISSUER))
/* clang-format on */

static const struct {
    const char *role;
    uint64_t perms;
} matrix[] = {
    { "Owner", 0 },
    { "Contributor", 0 },
    { "Reader", 0 },
    { "User Access Administrator", 0 },
    { "Role Based Access Control Administrator", 0 },
    { "Key Vault Contributor", 0 },
    { "Key Vault Administrator", SECRETS | KEYS | CERTIFICATES },
    { "Key Vault Reader",
      METADATA | KEY_READ | P(KEY_GET_ROTATION_POLICY) | CERT_READ | ISSUER_READ },
    { "Key Vault Secrets Officer", SECRETS },
    { "Key Vault Secrets User", METADATA | P(SECRET_GET) },
    { "Key Vault Crypto Officer", KEYS },
    { "Key Vault Crypto User", KEY_READ | KEY_USE | P(KEY_UPDATE) | P(KEY_BACKUP) },
    { "Key Vault Crypto Service Encryption User", KEY_READ | P(KEY_WRAP) | P(KEY_UNWRAP) },
    { "Key Vault Crypto Service Release User", P(KEY_RELEASE) },
    { "Key Vault Certificates Officer", CERTIFICATES },
    { "Key Vault Certificate User", METADATA | P(SECRET_GET) | KEY_READ | CERT_READ },
    { "Key Vault Purge Operator", 0 },
    { "Key Vault Data Access Administrator", 0 },
    { "Managed HSM contributor", 0 },
    { "Virtual Machine Contributor", 0 },
    { "Managed Identity Operator", 0 },
    { "Managed Identity Contributor", 0 },
    { "Monitoring Reader", 0 },
    { "Monitoring Contributor", 0 },
    { "Security Reader", 0 },
    { "Security Admin", 0 },
    { "Management Group Contributor", 0 },
    { "Management Group Reader", 0 },
    { "Hierarchy Settings Administrator", 0 },
    { "Storage Blob Data Reader", 0 },
    { "Resource Policy Contributor", 0 },
    { "Locks Contributor", 0 },
    { "Network Contributor", 0 },
    { "Tag Contributor", 0 },
    { "Log Analytics Reader", 0 },
    { "Log Analytics Contributor", 0 },
    { "Keyhold CA Administrator", 0 },
    { "Keyhold Certificate Enroller", 0 },
};
enum { NMATRIX = sizeof(matrix) / sizeof(matrix[0]) };

static void
role_gives_its_permissions_and_no_other(void **state)
{
    size_t row = (size_t)(uintptr_t)*state;
    const struct role *r = role_by_name(span_str(matrix[row].role));

    assert_non_null(r);
    for (int p = PERM_NONE + 1; p < PERM__MAX; p++) {
        struct span action = span_str(perm_info((enum perm)p)->data_action);

        if (role_allows_data_action(r, action) != ((matrix[row].perms >> p & 1) != 0))
            fail_msg("%s, %s", r->name, perm_info((enum perm)p)->data_action);
    }
}

static void
every_role_of_the_table_is_in_the_matrix(void **state)
{
    size_t n = 0;

    (void)state;
    while (role_at(n) != NULL) {
        struct guid id = world_guid(role_at(n)->guid);

        assert_ptr_equal(role_by_id(&id), role_at(n));
        assert_ptr_equal(role_by_name(span_str(role_at(n)->name)), role_at(n));
        for (size_t i = 0; i < n; i++)
            assert_string_not_equal(role_at(i)->guid, role_at(n)->guid);
        n++;
    }
    assert_int_equal(n, NMATRIX);
}

static void
unknown_roles_are_not_found(void **state)
{
    struct guid id = world_guid("99999999-9999-4999-8999-999999999999");

    (void)state;
    assert_null(role_by_id(&id));
    assert_null(role_by_name(span_str("Key Vault Secrets")));
    assert_null(role_by_name(span_str("")));
}

static void
role_is_found_by_name_or_guid_in_any_case(void **state)
{
    (void)state;
    assert_string_equal(role_by_name(span_str("key vault SECRETS user"))->guid,
                        "4633458b-17de-408a-b874-0445c86b69e6");
    assert_string_equal(role_by_name(span_str("4633458B-17DE-408A-B874-0445C86B69E6"))->name,
                        "Key Vault Secrets User");
}

static void
keys_and_certificates_are_covered_as_published(void **state)
{
    static const struct {
        const char *role, *action;
        bool allowed;
    } rows[] = {
        { "Key Vault Crypto User", A("keys/sign/action"), true },
        { "Key Vault Crypto User", A("keys/delete"), false },
        { "Key Vault Crypto Officer", A("keys/delete"), true },
        { "Key Vault Crypto Officer", A("keyrotationpolicies/write"), true },
        { "Key Vault Crypto Officer", A("secrets/getSecret/action"), false },
        { "Key Vault Reader", A("keys/read"), true },
        { "Key Vault Reader", A("certificates/read"), true },
        { "Key Vault Reader", A("secrets/getSecret/action"), false },
        { "Key Vault Certificates Officer", A("certificatecontacts/write"), true },
        { "Key Vault Certificate User", A("certificates/read"), true },
        { "Key Vault Crypto Service Release User", A("keys/release/action"), true },
        { "Key Vault Crypto Service Release User", A("keys/read"), false },
        { "Key Vault Administrator", "Microsoft.Storage/storageAccounts/read", false },
        { "Owner", A("secrets/getSecret/action"), false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (role_allows_data_action(role_by_name(span_str(rows[i].role)),
                                    span_str(rows[i].action)) != rows[i].allowed)
            fail_msg("%s, %s", rows[i].role, rows[i].action);
}

static void
control_plane_actions_respect_not_actions(void **state)
{
    const struct role *owner = role_by_name(span_str("Owner"));
    const struct role *contributor = role_by_name(span_str("Contributor"));
    const struct role *reader = role_by_name(span_str("Reader"));
    struct span assign = span_str("Microsoft.Authorization/roleAssignments/write");
    struct span vault = span_str("Microsoft.KeyVault/vaults/write");

    (void)state;
    assert_true(role_allows_action(owner, assign));
    assert_false(role_allows_action(contributor, assign));
    assert_true(role_allows_action(contributor, vault));
    assert_false(role_allows_action(reader, vault));
    assert_true(role_allows_action(reader, span_str("Microsoft.KeyVault/vaults/read")));
    assert_false(role_allows_action(role_by_name(span_str("Key Vault Contributor")),
                                    span_str("microsoft.keyvault/managedhsms/write")));
}

static void
wildcards_match_whole_actions_only(void **state)
{
    static const struct {
        const char *pattern, *text;
        bool covers;
    } rows[] = {
        { "*", "a/b", true },
        { "*", "", true },
        { "", "", true },
        { "", "a", false },
        { "a/*", "a/b/c", true },
        { "a/*", "a", false },
        { "a/*", "ab/c", false },
        { "*/read", "a/b/read", true },
        { "*/read", "read", false },
        { "*/read", "a/reader", false },
        { "A/B", "a/b", true },
        { "a/*/c", "a/b/c/c", true },
        { "a/*/c", "a/c", true }, /* the star and one slash may stand for nothing */
        { "a/*/c", "ac", false },
        { "a/*/c", "a/bc", false },
        { "a/b/*/c", "a/b/c", true },
        { "*/c", "c", false },
        { "a/*", "a", false },
        { "x/*/*", "x/y", true },
        { "a*b*c", "aXbYc", true },
        { "a*b*c", "aXcYb", false },
        { "**", "x", true },
        { "a?", "ab", false },
        { "a/b", "a/b/", false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (role_pattern_covers(span_str(rows[i].pattern), span_str(rows[i].text)) !=
            rows[i].covers)
            fail_msg("%s, %s", rows[i].pattern, rows[i].text);
}

int
main(void)
{
    static const struct CMUnitTest fixed[] = {
        cmocka_unit_test(every_role_of_the_table_is_in_the_matrix),
        cmocka_unit_test(unknown_roles_are_not_found),
        cmocka_unit_test(role_is_found_by_name_or_guid_in_any_case),
        cmocka_unit_test(keys_and_certificates_are_covered_as_published),
        cmocka_unit_test(control_plane_actions_respect_not_actions),
        cmocka_unit_test(wildcards_match_whole_actions_only),
    };
    struct CMUnitTest rows[NMATRIX];
    int failed = cmocka_run_group_tests_name("auth/role", fixed, NULL, NULL);

    for (size_t i = 0; i < NMATRIX; i++)
        rows[i] = (struct CMUnitTest){ .name = matrix[i].role,
                                       .test_func = role_gives_its_permissions_and_no_other,
                                       .initial_state = (void *)(uintptr_t)i };
    return failed + cmocka_run_group_tests_name("auth/role matrix", rows, NULL, NULL);
}
