/* SPDX-License-Identifier: Apache-2.0 */
/* test_found.c - the founding: all of it in one commit, once. */
#include "rig.h"

#include "auth/founding.h"
#include "auth/signing_key.h"
#include "auth/tenant.h"
#include "crypto/x509.h"
#include "vault/syskey.h"

static void
founding_makes_keys_tenant_and_certificates_in_one_commit(void **state)
{
    static const char *const rows[] = { "k/integrity", "k/audit",  "k/ca",
                                        "k/tls",       "f/format", "f/tenant" };
    struct rig *r = *state;
    struct store_view *view;
    struct guid tenant;
    uint64_t before = rig_revision(r);

    rig_found(r);
    assert_int_equal(rig_revision(r), before + 1);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_true(rig_has(r, rows[i]));
    assert_int_equal(rig_count(r, "k/token/"), 2);
    assert_int_equal(rig_count(r, "t/"), 1);
    assert_int_equal(store_begin(r->desk.store, &view), ERR_OK);
    assert_int_equal(tenant_default(r->desk.rows, view, &tenant), ERR_OK);
    assert_string_equal(tenant.text, RIG_TENANT);
    store_end(view);
    assert_int_equal(rig_audited(r, "\"InstallationFound\""), 1);
}

static void
the_leaf_chains_to_the_ca_for_every_host(void **state)
{
    static const char *const hosts[] = { "dev.vault." RIG_DOMAIN, "login." RIG_DOMAIN,
                                         "vault." RIG_DOMAIN, "management." RIG_DOMAIN };
    struct rig *r = *state;
    struct store_view *view;
    struct syskey leaf, ca;
    uint64_t revision;
    struct buf der;

    assert_int_equal(store_begin(r->desk.store, &view), ERR_OK);
    assert_int_equal(syskey_get(r->desk.rows, view, span_str("k/tls"), &leaf, &revision),
                     ERR_OK);
    assert_int_equal(syskey_get(r->desk.rows, view, span_str("k/ca"), &ca, &revision), ERR_OK);
    buf_init(&der, 64 * 1024);
    assert_int_equal(pem_get(leaf.pub, "CERTIFICATE", &der, NULL), ERR_OK);
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
        assert_int_equal(x509_check_chain(buf_span(&der), ca.pub, hosts[i], RIG_NOW), ERR_OK);
    assert_int_equal(x509_check_chain(buf_span(&der), ca.pub, "a.b.vault." RIG_DOMAIN, RIG_NOW),
                     ERR_INTEGRITY);
    assert_int_equal(x509_check_chain(buf_span(&der), ca.pub, hosts[0], RIG_NOW + 91 * 86400),
                     ERR_INTEGRITY);
    buf_release(&der);
    store_end(view);
}

static void
a_second_founding_is_refused_and_changes_nothing(void **state)
{
    struct rig *r = *state;
    struct bootstrap b = { .domain = RIG_DOMAIN, .tenant_name = "Other", .now = RIG_NOW };
    uint64_t before = rig_revision(r);
    struct store *store;

    b.tenant = guid_new();
    assert_int_equal(bootstrap_found(&r->desk, &b), ERR_EXISTS);
    assert_int_equal(rig_revision(r), before);
    assert_non_null(r->desk.rows);
    /* A clerk that did not see the founding: its integrity key would not be the store's. */
    store = r->desk.store;
    rows_free(r->desk.rows);
    r->desk.rows = NULL;
    r->desk.store = NULL;
    assert_int_equal(bootstrap_found(&r->desk, &b), ERR_EXISTS);
    assert_null(r->desk.rows);
    r->desk.store = store;
    assert_int_equal(rig_revision(r), before);
    assert_int_equal(desk_hello(&r->desk), ERR_OK);
    assert_non_null(r->desk.rows);
}

static void
hello_over_an_empty_store_finds_nothing(void **state)
{
    struct rig *r = *state;

    assert_int_equal(desk_hello(&r->desk), ERR_NOT_FOUND);
    assert_null(r->desk.rows);
}

static void
without_a_scribe_nothing_is_founded(void **state)
{
    struct rig *r = *state;
    struct bootstrap b = { .domain = RIG_DOMAIN, .tenant_name = "Test", .now = RIG_NOW };

    b.tenant = guid_new();
    rig_stop_scribe(r);
    assert_int_equal(bootstrap_found(&r->desk, &b), ERR_UNAVAILABLE);
    assert_null(r->desk.rows);
    assert_null(r->desk.scribe);
    /* A link that is gone is not asked again. */
    assert_int_equal(bootstrap_found(&r->desk, &b), ERR_UNAVAILABLE);
}

int
main(void)
{
    const struct CMUnitTest empty[] = {
        cmocka_unit_test(hello_over_an_empty_store_finds_nothing),
        cmocka_unit_test(founding_makes_keys_tenant_and_certificates_in_one_commit),
        cmocka_unit_test(the_leaf_chains_to_the_ca_for_every_host),
        cmocka_unit_test(a_second_founding_is_refused_and_changes_nothing),
    };
    const struct CMUnitTest alone[] = {
        cmocka_unit_test(without_a_scribe_nothing_is_founded),
    };

    return cmocka_run_group_tests_name("jobs/found", empty, rig_setup, rig_teardown) +
           cmocka_run_group_tests_name("jobs/found alone", alone, rig_setup, rig_teardown);
}
