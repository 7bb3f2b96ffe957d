/* SPDX-License-Identifier: Apache-2.0 */
/* Both vocabularies of permissions, each against the published list. */
#include "vault/perm.h"
#include "world.h"

#define ACTION "Microsoft.KeyVault/vaults/"

static uint32_t
bits(enum perm_kind kind, const char *name)
{
    return perm_bits(kind, span_str(name));
}

static enum perm_kind
kind_of(const struct perm_info *info)
{
    int k = 0;

    while (k < PERM_KIND__MAX && strcmp(perm_kind_word((enum perm_kind)k), info->kind) != 0)
        k++;
    assert_true(k < PERM_KIND__MAX);
    return (enum perm_kind)k;
}

static void
every_permission_has_both_names(void **state)
{
    (void)state;
    for (int p = PERM_NONE + 1; p < PERM__MAX; p++) {
        const struct perm_info *info = perm_info((enum perm)p);
        struct span action;
        uint32_t own, all;

        assert_non_null(info->policy_name);
        assert_true(span_has_prefix(span_str(info->data_action), span_str(ACTION)));
        action = span_tail(span_str(info->data_action), strlen(ACTION));
        /* "keys", "keyrotationpolicies", "secrets" */
        assert_true(span_has_prefix(action, span_head(span_str(info->kind), 3)));
        assert_true(info->policy_bit != 0 && (info->policy_bit & PERM_BIT_ALL) == 0);
        /* What is done with issuers needs its own name, or the one that gives all of that. */
        own = bits(kind_of(info), info->policy_name);
        all = strstr(info->policy_name, "issuers") != NULL
                  ? bits(PERM_CERTIFICATES, "manageissuers")
                  : own;
        assert_int_equal(info->policy_bit, own | all);
    }
}

static void
names_follow_the_published_lists(void **state)
{
    static const char *const lists[PERM_KIND__MAX] = {
        [PERM_KEYS] = "get, list, update, create, import, delete, recover, backup, restore, "
                      "decrypt, encrypt, unwrapKey, wrapKey, verify, sign, purge, release, "
                      "rotate, getrotationpolicy, setrotationpolicy",
        [PERM_SECRETS] = "get, list, set, delete, recover, backup, restore, purge",
        [PERM_CERTIFICATES] =
            "get, list, update, create, import, delete, recover, backup, restore, "
            "managecontacts, manageissuers, getissuers, listissuers, setissuers, "
            "deleteissuers, purge",
        [PERM_STORAGE] = ("get, list, delete, set, update, regeneratekey, getsas, listsas, "
                          "deletesas, setsas, recover, backup, restore, purge"),
    };

    (void)state;
    for (int k = 0; k < PERM_KIND__MAX; k++) {
        char text[512] = "";
        uint32_t bit, seen = 0;
        const char *name;

        for (size_t i = 0; (name = perm_name_at((enum perm_kind)k, i, &bit)) != NULL; i++) {
            size_t n = strlen(text);

            (void)snprintf(text + n, sizeof(text) - n, "%s%s", i > 0 ? ", " : "", name);
            assert_int_equal(bits((enum perm_kind)k, name), bit);
            assert_int_equal(seen & bit, 0);
            seen |= bit;
        }
        assert_string_equal(text, lists[k]);
        assert_int_equal(bits((enum perm_kind)k, "all"),
                         (seen & ~bits((enum perm_kind)k, "purge")) | PERM_BIT_ALL);
    }
}

static void
names_compare_without_case(void **state)
{
    (void)state;
    assert_int_equal(bits(PERM_SECRETS, "GET"), bits(PERM_SECRETS, "get"));
    assert_int_equal(bits(PERM_KEYS, "WrapKey"), bits(PERM_KEYS, "wrapkey"));
    assert_int_equal(bits(PERM_KEYS, "GetRotationPolicy"),
                     bits(PERM_KEYS, "getrotationpolicy"));
    assert_int_equal(bits(PERM_STORAGE, "ALL"), bits(PERM_STORAGE, "all"));
}

static void
names_of_another_kind_or_none_give_no_bit(void **state)
{
    static const struct {
        enum perm_kind kind;
        const char *name;
    } rows[] = {
        { PERM_SECRETS, "wrapKey" },  { PERM_SECRETS, "create" },
        { PERM_SECRETS, "" },         { PERM_SECRETS, "gets" },
        { PERM_SECRETS, "ge" },       { PERM_KEYS, "set" },
        { PERM_KEYS, "wrap" },        { PERM_KEYS, "unwrap" },
        { PERM_KEYS, "getsas" },      { PERM_KEYS, "get " },
        { PERM_CERTIFICATES, "set" }, { PERM_CERTIFICATES, "sign" },
        { PERM_STORAGE, "create" },   { PERM_STORAGE, "allpurge" },
        { PERM_KEYS, "import,get" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(bits(rows[i].kind, rows[i].name), 0);
}

/* Rows of vaults hold these numbers. */
static void
stored_bits_never_move(void **state)
{
    (void)state;
    assert_int_equal(bits(PERM_SECRETS, "get"), 1);
    assert_int_equal(bits(PERM_SECRETS, "purge"), 128);
    assert_int_equal(bits(PERM_KEYS, "create"), 256);
    assert_int_equal(bits(PERM_KEYS, "encrypt"), 1 << 11);
    assert_int_equal(bits(PERM_KEYS, "setrotationpolicy"), 1 << 20);
    assert_int_equal(bits(PERM_CERTIFICATES, "deleteissuers"), 1 << 16);
    assert_int_equal(bits(PERM_STORAGE, "setsas"), 1 << 15);
}

static void
some_permissions_share_what_they_need(void **state)
{
    (void)state;
    assert_string_equal(perm_info(PERM_SECRET_UPDATE)->policy_name, "set");
    assert_string_equal(perm_info(PERM_SECRET_GET_DELETED)->data_action,
                        ACTION "secrets/readMetadata/action");
    assert_string_equal(perm_info(PERM_KEY_LIST)->data_action, ACTION "keys/read");
    assert_string_equal(perm_info(PERM_KEY_GET)->data_action, ACTION "keys/read");
}

static void
only_public_operations_may_be_had_by_reading(void **state)
{
    (void)state;
    for (int p = PERM_NONE + 1; p < PERM__MAX; p++) {
        const char *other = perm_info((enum perm)p)->public_action;

        if (p == PERM_KEY_ENCRYPT || p == PERM_KEY_WRAP || p == PERM_KEY_VERIFY)
            assert_string_equal(other, ACTION "keys/read");
        else
            assert_null(other);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_permission_has_both_names),
        cmocka_unit_test(names_follow_the_published_lists),
        cmocka_unit_test(names_compare_without_case),
        cmocka_unit_test(names_of_another_kind_or_none_give_no_bit),
        cmocka_unit_test(stored_bits_never_move),
        cmocka_unit_test(some_permissions_share_what_they_need),
        cmocka_unit_test(only_public_operations_may_be_had_by_reading),
    };

    return cmocka_run_group_tests_name("vault/perm", tests, NULL, NULL);
}
