/* SPDX-License-Identifier: Apache-2.0 */
/* Vaults: names, the row there and back, the cache, what derives from settings. */
#include "vault/vault.h"

#include "world.h"

static void
names_follow_the_rule(void **state)
{
    static const char *const good[] = { "abc", "a-b", "Vault-1", "a23456789012345678901234" };
    static const char *const bad[] = { "",     "ab",       "a2345678901234567890123456",
                                       "1ab",  "-ab",      "ab-",
                                       "a--b", "a_b",      "a.b",
                                       "a b",  "b\xc3\xa4" };

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(vault_name_is_ok(span_str(good[i])));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(vault_name_is_ok(span_str(bad[i])));
}

static void
vault_is_found_in_any_letter_case(void **state)
{
    struct vault *v;
    struct vault_at at = world_at();

    (void)state;
    assert_int_equal(vault_load(world.rows, at.view, span_str("CONTOSO"), &v), ERR_OK);
    assert_string_equal(v->name, "Contoso");
    assert_string_equal(v->location, "local");
    assert_string_equal(v->resource_group, "RG-1");
    assert_string_equal(v->arm_id, "/subscriptions/" WORLD_SUBSCRIPTION
                                   "/resourcegroups/rg-1/providers/microsoft.keyvault/vaults/"
                                   "contoso");
    assert_string_equal(v->resource_id,
                        "/SUBSCRIPTIONS/" WORLD_SUBSCRIPTION
                        "/RESOURCEGROUPS/RG-1/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/CONTOSO");
    assert_true(v->rbac);
    assert_false(v->premium);
    assert_int_equal(v->retention_days, 90);
    assert_true(vault_key(v).bytes.len > 0);
    vault_unref(v);
    assert_int_equal(vault_load(world.rows, at.view, span_str("fabrikam"), &v), ERR_NO_VAULT);
    assert_int_equal(vault_load(world.rows, at.view, span_str("../x"), &v), ERR_NO_VAULT);
    assert_null(v);
}

static void
access_policies_survive_the_row(void **state)
{
    struct access_policy p[2] = { { .secrets = 5 }, { .keys = 1, .storage = 7 } };
    struct vault_settings s = { .name = span_str("pol"),
                                .resource_group = span_str("rg"),
                                .retention_days = 7,
                                .policies = p,
                                .npolicies = 2 };
    uint8_t key[] = { 0, 0, 0, 3, 'k', 'e', 'y' };
    struct guid id = guid_new();
    struct store_write w;
    struct vault *v;
    struct vault_at at;

    (void)state;
    s.tenant = s.subscription = p[0].tenant = p[0].object = p[1].application = guid_new();
    assert_int_equal(vault_new(&s, &id, span_of(key, sizeof(key)), &v), ERR_OK);
    store_write_init(&w);
    vault_store(world.rows, &w, v, 0);
    vault_unref(v);
    assert_int_equal(world_commit(&w), ERR_OK);
    at = world_at();
    assert_int_equal(vault_load(world.rows, at.view, span_str("pol"), &v), ERR_OK);
    assert_int_equal(v->npolicies, 2);
    assert_int_equal(v->policies[0].secrets, 5);
    assert_string_equal(v->policies[0].object.text, p[0].object.text);
    assert_string_equal(v->policies[0].application.text, "");
    assert_int_equal(v->policies[1].storage, 7);
    assert_string_equal(v->policies[1].application.text, p[1].application.text);
    assert_true(span_is_str(vault_key(v).bytes, "key"));
    vault_unref(v);
}

static void
settings_out_of_bounds_make_no_vault(void **state)
{
    struct vault_settings ok = { .name = span_str("abc"),
                                 .resource_group = span_str("rg"),
                                 .retention_days = 7 };
    struct vault_settings s;
    uint8_t key[] = { 0, 0, 0, 1, 'k' };
    struct span answer = span_of(key, sizeof(key));
    struct guid id = guid_new();
    struct vault *v;

    (void)state;
    ok.tenant = ok.subscription = guid_new();
    s = ok;
    s.name = span_str("a--b");
    assert_int_equal(vault_new(&s, &id, answer, &v), ERR_ARG);
    s = ok;
    s.retention_days = 6;
    assert_int_equal(vault_new(&s, &id, answer, &v), ERR_ARG);
    s = ok;
    s.retention_days = 91;
    assert_int_equal(vault_new(&s, &id, answer, &v), ERR_ARG);
    assert_int_equal(vault_new(&ok, &id, span_str("no answer"), &v), ERR_PROTOCOL);
    assert_null(v);
    assert_int_equal(vault_new(&ok, &id, answer, &v), ERR_OK);
    vault_unref(v);
}

static void
recovery_level_follows_the_settings(void **state)
{
    static const struct {
        unsigned days;
        bool protect;
        const char *want;
    } rows[] = { { 90, false, "Recoverable+Purgeable" },
                 { 90, true, "Recoverable" },
                 { 7, false, "CustomizedRecoverable+Purgeable" },
                 { 89, true, "CustomizedRecoverable" } };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct vault v = { .retention_days = rows[i].days,
                           .purge_protection = rows[i].protect };

        assert_string_equal(vault_recovery_level(&v), rows[i].want);
    }
}

static void
cache_gives_the_vault_of_the_snapshot(void **state)
{
    struct vault_cache *c = vault_cache_new(8);
    struct vault *a, *b, *fresh;
    struct store_write w;
    struct vault_at at = world_at();

    (void)state;
    assert_int_equal(vault_cache_get(c, world.rows, at.view, span_str("contoso"), &a), ERR_OK);
    assert_int_equal(vault_cache_get(c, world.rows, at.view, span_str("CONTOSO"), &b), ERR_OK);
    assert_ptr_equal(a, b);
    b->rbac = false;
    store_write_init(&w);
    vault_store(world.rows, &w, b, b->revision);
    b->rbac = true;
    assert_int_equal(world_commit(&w), ERR_OK);
    at = world_at();
    assert_int_equal(vault_cache_get(c, world.rows, at.view, span_str("contoso"), &fresh),
                     ERR_OK);
    assert_ptr_not_equal(a, fresh);
    assert_false(fresh->rbac);
    vault_unref(a);
    vault_unref(b);
    vault_unref(fresh);
    world_tamper(span_str("v/contoso"), NULL);
    at = world_at();
    assert_int_equal(vault_cache_get(c, world.rows, at.view, span_str("contoso"), &fresh),
                     ERR_NO_VAULT);
    vault_cache_free(c);
}

static void
cache_smaller_than_the_vaults_still_serves_all(void **state)
{
    struct vault_cache *c = vault_cache_new(4);
    char name[16];
    struct vault *v;
    struct vault_at at;

    (void)state;
    for (int i = 0; i < 20; i++) {
        (void)snprintf(name, sizeof(name), "vault-%d", i);
        world_add_vault(name, WORLD_SUBSCRIPTION, 90, false);
    }
    at = world_at();
    for (int i = 0; i < 60; i++) {
        (void)snprintf(name, sizeof(name), "vault-%d", i % 20);
        assert_int_equal(vault_cache_get(c, world.rows, at.view, span_str(name), &v), ERR_OK);
        assert_string_equal(v->name, name);
        vault_unref(v);
    }
    vault_cache_free(c);
}

static void
write_against_a_changed_vault_conflicts(void **state)
{
    struct store_write w, change;

    (void)state;
    (void)world_at();
    store_write_init(&w);
    vault_expect(&w, world.vault);
    store_write_put(&w, span_str("x/1"), span_str("y"));
    store_write_init(&change);
    vault_store(world.rows, &change, world.vault, world.vault->revision);
    assert_int_equal(world_commit(&change), ERR_OK);
    assert_int_equal(world_commit(&w), ERR_CONFLICT);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(names_follow_the_rule),
        T(vault_is_found_in_any_letter_case),
        T(access_policies_survive_the_row),
        T(settings_out_of_bounds_make_no_vault),
        T(recovery_level_follows_the_settings),
        T(cache_gives_the_vault_of_the_snapshot),
        T(cache_smaller_than_the_vaults_still_serves_all),
        T(write_against_a_changed_vault_conflicts),
    };

    return cmocka_run_group_tests_name("vault/vault", tests, world_open, world_close);
}
