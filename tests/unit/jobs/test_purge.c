/* SPDX-License-Identifier: Apache-2.0 */
/* test_purge.c - deleted secrets are destroyed on their day, and not before. */
#include "rig.h"

#include <stdio.h>

#include "base/clock.h"
#include "jobs/purge.h"
#include "vault/object_deleted.h"
#include "vault/vault_deleted.h"

enum { DAY = 86400, NOW = RIG_NOW };

static const char seed[] = "subscriptions: [{id: " RIG_SUBSCRIPTION ", name: main}]\n"
                           "vaults:\n"
                           "  - {name: kv-week, resourceGroup: rg, retentionDays: 7}\n"
                           "  - {name: kv-long, resourceGroup: rg, retentionDays: 90}\n"
                           "  - {name: kv-safe, resourceGroup: rg, retentionDays: 7, "
                           "purgeProtection: true}\n"
                           "secrets:\n"
                           "  - {vault: kv-week, name: one, value: v}\n"
                           "  - {vault: kv-week, name: two, value: v}\n"
                           "  - {vault: kv-long, name: one, value: v}\n"
                           "  - {vault: kv-safe, name: one, value: v}\n"
                           "  - {vault: kv-safe, name: two, value: v}\n"
                           "  - {vault: kv-week, name: three, value: v}\n";

enum deed { DELETE, RECOVER };

static void
act(struct rig *r, enum deed deed, const char *vault, const char *secret, int64_t now)
{
    struct desk_deed record = { .operation = "Test" };
    struct vault_at at = { .rows = r->desk.rows, .kind = KIND_SECRET };
    struct object_name name;
    struct store_view *view;
    struct store_write w;
    struct vault *v = NULL;
    struct object out;

    assert_true(object_name_parse(span_str(secret), &name));
    assert_int_equal(store_begin(r->desk.store, &view), ERR_OK);
    assert_int_equal(vault_load(r->desk.rows, view, span_str(vault), &v), ERR_OK);
    at.view = view;
    at.vault = v;
    store_write_init(&w);
    assert_int_equal(deed == DELETE ? object_delete(&at, &name, now, &w, &out)
                                    : object_recover(&at, &name, &w, &out),
                     ERR_OK);
    assert_int_equal(desk_commit(&r->desk, &w, &record), ERR_OK);
    store_write_release(&w);
    vault_unref(v);
    store_end(view);
}

static unsigned
purge(struct rig *r, int64_t now)
{
    unsigned done;

    assert_int_equal(purge_due(&r->desk, now, 100, &done), ERR_OK);
    return done;
}

static int
setup(void **state)
{
    int code = rig_setup_founded(state);
    struct rig *r = *state;

    clock_set_offset(0);
    assert_int_equal(rig_seed(r, seed), ERR_OK);
    assert_int_equal(rig_count(r, "sv/"), 6);
    return code;
}

static void
nothing_is_due_while_nothing_is_deleted(void **state)
{
    assert_int_equal(purge(*state, NOW + 1000 * (int64_t)DAY), 0);
}

static void
a_deleted_secret_goes_on_its_day_and_not_a_second_before(void **state)
{
    struct rig *r = *state;

    act(r, DELETE, "kv-week", "one", NOW);
    assert_int_equal(purge(r, NOW + 7 * DAY - 1), 0);
    assert_int_equal(rig_count(r, "sd/"), 1);
    assert_int_equal(purge(r, NOW + 7 * DAY), 1);
    assert_int_equal(rig_count(r, "sd/"), 0);
    assert_int_equal(rig_count(r, "pq/"), 0);
    assert_int_equal(rig_count(r, "sv/"), 5);
    assert_int_equal(rig_audited(r, "\"SecretPurge\""), 1);
}

static void
each_vault_has_its_days(void **state)
{
    struct rig *r = *state;

    act(r, DELETE, "kv-week", "two", NOW);
    act(r, DELETE, "kv-long", "one", NOW);
    assert_int_equal(purge(r, NOW + 89 * DAY), 1);
    assert_int_equal(rig_count(r, "sd/"), 1);
    act(r, RECOVER, "kv-long", "one", NOW);
    assert_int_equal(purge(r, NOW + 91 * DAY), 0); /* recovered: its row is gone */
    assert_int_equal(rig_count(r, "pq/"), 0);
    assert_int_equal(rig_count(r, "sn/"), 4);
}

static void
purge_protection_delays_to_the_day_and_no_longer(void **state)
{
    struct rig *r = *state;

    act(r, DELETE, "kv-safe", "one", NOW);
    assert_int_equal(purge(r, NOW + 7 * DAY - 1), 0);
    assert_int_equal(purge(r, NOW + 7 * DAY), 1);
    assert_int_equal(rig_count(r, "sd/"), 0);
}

static void
what_lies_in_a_deleted_vault_waits_and_keeps_nobody_waiting(void **state)
{
    struct rig *r = *state;
    struct desk_deed record = { .operation = "Test" };
    struct deleted_vault gone;
    struct store_view *view;
    struct store_write w;
    struct vault *v;

    /* Counted from an earlier day, so that it stands before the other vault's. */
    act(r, DELETE, "kv-safe", "two", NOW - DAY);
    act(r, DELETE, "kv-week", "three", NOW);
    store_write_init(&w);
    assert_int_equal(store_begin(r->desk.store, &view), ERR_OK);
    assert_int_equal(vault_load(r->desk.rows, view, span_str("kv-safe"), &v), ERR_OK);
    vault_delete(r->desk.rows, view, &w, v, NOW + 5 * DAY);
    vault_unref(v);
    store_end(view);
    assert_int_equal(desk_commit(&r->desk, &w, &record), ERR_OK);
    assert_int_equal(purge(r, NOW + 8 * DAY), 1);
    assert_int_equal(rig_count(r, "sd/"), 1);
    store_write_clear(&w);
    assert_int_equal(store_begin(r->desk.store, &view), ERR_OK);
    assert_int_equal(deleted_vault_load(r->desk.rows, view, span_str("kv-safe"), &gone),
                     ERR_OK);
    deleted_vault_recover(r->desk.rows, view, &w, &gone);
    deleted_vault_release(&gone);
    store_end(view);
    assert_int_equal(desk_commit(&r->desk, &w, &record), ERR_OK);
    store_write_release(&w);
    assert_int_equal(purge(r, NOW + 8 * DAY), 1);
    assert_int_equal(rig_count(r, "sd/"), 0);
}

static void
a_damaged_row_is_told_and_does_not_stop_the_others(void **state)
{
    struct rig *r = *state;
    unsigned done;

    /* Earlier than the good one: no tag of ours, and no row of a secret at all. */
    rig_put(r, "pq/0000000000000001/s/x/Y", span_str("not what we wrote, not even nearly"));
    rig_put(r, "pq/0000000000000002/q/x", span_str("not what we wrote either"));
    act(r, DELETE, "kv-long", "one", NOW);
    rig_listen();
    assert_int_not_equal(purge_due(&r->desk, NOW + 90 * DAY, 100, &done), ERR_OK);
    (void)rig_logged();
    assert_int_equal(done, 1);
    assert_int_equal(rig_count(r, "sd/"), 0);
    assert_int_equal(rig_count(r, "pq/"), 2); /* the damage is left for whoever looks into it */
}

static void
damage_does_not_use_up_more_than_the_limit(void **state)
{
    struct rig *r = *state;
    unsigned done;

    rig_listen();
    assert_int_not_equal(purge_due(&r->desk, NOW + 900 * DAY, 1, &done), ERR_OK);
    (void)rig_logged();
    assert_int_equal(done, 0);
}

static void
without_a_scribe_nothing_is_purged(void **state)
{
    struct rig *r = *state;
    unsigned done;

    assert_int_equal(rig_seed(r, seed), ERR_OK);
    act(r, DELETE, "kv-week", "one", NOW);
    rig_stop_scribe(r);
    rig_listen();
    assert_int_equal(purge_due(&r->desk, NOW + 7 * DAY, 100, &done), ERR_UNAVAILABLE);
    (void)rig_logged();
    assert_int_equal(done, 0);
    assert_int_equal(rig_count(r, "sd/"), 1);
    assert_null(r->desk.scribe);
    rows_free(r->desk.rows);
    r->desk.rows = NULL;
    assert_int_equal(purge_due(&r->desk, NOW, 100, &done), ERR_UNAVAILABLE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_due_while_nothing_is_deleted),
        cmocka_unit_test(a_deleted_secret_goes_on_its_day_and_not_a_second_before),
        cmocka_unit_test(each_vault_has_its_days),
        cmocka_unit_test(purge_protection_delays_to_the_day_and_no_longer),
        cmocka_unit_test(what_lies_in_a_deleted_vault_waits_and_keeps_nobody_waiting),
        cmocka_unit_test(a_damaged_row_is_told_and_does_not_stop_the_others),
        cmocka_unit_test(damage_does_not_use_up_more_than_the_limit),
        cmocka_unit_test(without_a_scribe_nothing_is_purged),
    };

    return cmocka_run_group_tests_name("jobs/purge", tests, setup, rig_teardown);
}
