/* SPDX-License-Identifier: Apache-2.0 */
/* The schedule of rotations and notices: right after every change, and each notice given once.
 */
#include "keys.h"

/* ------------------------------------------------------- what changes the schedule */

static void
key_with_expiry_has_a_notice_and_others_have_nothing(void **state)
{
    (void)state;
    keys_add("plain", 0);
    keys_scheduled("");
    keys_add("k1", MADE + YEAR);
    keys_scheduled("n+335");
    keys_add("k2", MADE + 10 * DAY);
    keys_scheduled("n-20 n+335");
}

static void
secrets_have_no_schedule(void **state)
{
    struct object_change c = keys_expiring(MADE + YEAR);

    (void)state;
    assert_int_equal(world_set("s1", "v", &c, MADE, NULL), ERR_OK);
    keys_scheduled("");
}

static void
policy_is_planned_when_it_is_put(void **state)
{
    (void)state;
    keys_add("k1", MADE + YEAR);
    keys_put_policy("k1", 90, 15, "P1Y");
    keys_scheduled("r+90 n+350");
    keys_put_policy("k1", 0, 15, "P1Y");
    keys_scheduled("n+350");
    keys_put_policy("k1", 120, 0, NULL);
    keys_scheduled("r+120 n+335");
}

static void
new_version_starts_anew(void **state)
{
    struct object_change c = keys_expiring(MADE + 200 * (int64_t)DAY);
    struct key_detail d = world_ec();

    (void)state;
    keys_add("k1", 0);
    keys_put_policy("k1", 90, 0, NULL);
    keys_scheduled("r+90");
    assert_int_equal(world_add_key("k1", &d, &c, MADE + 10 * DAY, NULL), ERR_OK);
    keys_scheduled("r+100 n+170");
}

static void
expiry_of_the_current_version_moves_what_it_bears(void **state)
{
    struct object_change later = keys_expiring(MADE + 2 * (int64_t)YEAR),
                         tags = { .has_tags = true };
    struct hex32 old;
    struct key_detail d = world_ec();

    (void)state;
    assert_int_equal(world_add_key("k1", &d, NULL, MADE, &old), ERR_OK);
    keys_add("k1", MADE + YEAR);
    keys_scheduled("n+335");
    assert_int_equal(keys_update("k1", NULL, &later), ERR_OK);
    keys_scheduled("n+700");
    assert_int_equal(keys_update("k1", NULL, &tags), ERR_OK);
    keys_scheduled("n+700");
    later = keys_expiring(MADE + 40 * DAY); /* an older version's is nobody's business */
    assert_int_equal(keys_update("k1", &old, &later), ERR_OK);
    keys_scheduled("n+700");
}

static void
deleted_keys_rest_and_recovered_ones_go_on(void **state)
{
    (void)state;
    keys_add("k1", MADE + YEAR);
    keys_put_policy("k1", 90, 0, "P1Y");
    keys_act(DELETE, "k1");
    keys_scheduled("");
    keys_act(RECOVER, "k1");
    keys_scheduled("r+90 n+335");
    keys_act(DELETE, "k1");
    keys_act(PURGE, "k1");
    keys_scheduled("");
    assert_int_equal(world_rows("k"), 0);
    keys_add("k1", MADE + YEAR); /* the purged policy does not come back */
    keys_scheduled("n+335");
}

/* ----------------------------------------------------------------------- notices */

static void
notice_is_given_once(void **state)
{
    struct object_change tags = { .has_tags = true }, later = keys_expiring(MADE + 100 * DAY);
    struct rotation_due due;
    struct store_write w;

    (void)state;
    keys_add("K1", MADE + 60 * DAY);
    assert_int_equal(keys_first_due(MADE + 30 * DAY - 1, &w, &due), ERR_NOT_FOUND);
    assert_int_equal(keys_first_due(MADE + 30 * DAY, &w, &due), ERR_OK);
    assert_int_equal(due.deed, ROTATION_NOTIFY);
    assert_string_equal(due.name.spelled, "K1");
    assert_string_equal(due.vault->name, "Contoso");
    assert_int_equal(due.when, MADE + 30 * DAY);
    assert_true(due.has_exp);
    assert_int_equal(due.exp, MADE + 60 * DAY);
    vault_unref(due.vault);
    assert_int_equal(world_commit(&w), ERR_OK);
    keys_scheduled("");
    assert_int_equal(keys_update("k1", NULL, &tags), ERR_OK);
    keys_put_policy("k1", 0, 30, NULL); /* the same due time: done already */
    keys_act(DELETE, "k1");
    keys_act(RECOVER, "k1");
    keys_scheduled("");
    assert_int_equal(keys_update("k1", NULL, &later), ERR_OK);
    keys_scheduled("n+70");
}

/* Two clerks, or one that was thought dead. */
static void
second_notice_from_the_same_snapshot_conflicts(void **state)
{
    struct rotation_due one, two;
    struct store_write a, b;

    (void)state;
    keys_add("k1", MADE + 60 * DAY);
    assert_int_equal(keys_first_due(MADE + YEAR, &a, &one), ERR_OK);
    vault_unref(one.vault);
    assert_int_equal(keys_first_due(MADE + YEAR, &b, &two), ERR_OK);
    vault_unref(two.vault);
    assert_int_equal(world_commit(&a), ERR_OK);
    assert_int_equal(world_commit(&b), ERR_CONFLICT);
}

static void
notice_and_a_change_of_the_key_do_not_pass_each_other(void **state)
{
    struct object_change later = keys_expiring(MADE + YEAR);
    struct rotation_due due;
    struct store_write w;

    (void)state;
    keys_add("k1", MADE + 60 * DAY);
    assert_int_equal(keys_first_due(MADE + 30 * DAY, &w, &due), ERR_OK);
    vault_unref(due.vault);
    assert_int_equal(keys_update("k1", NULL, &later), ERR_OK);
    assert_int_equal(world_commit(&w), ERR_CONFLICT);
    keys_scheduled("n+335");
}

/* ------------------------------------------------------------------- stale and forged */

static void
row_whose_key_says_otherwise_is_dropped(void **state)
{
    struct rotation_due due;
    struct store_write w;
    struct row_key k;

    (void)state;
    keys_add("k1", MADE + 60 * DAY);
    world_tamper(row_key_make(&k, "kn", world.vault->id.text, "K1", NULL), NULL);
    assert_int_equal(keys_first_due(MADE + YEAR, &w, &due), ERR_OK);
    assert_int_equal(due.deed, ROTATION_DROP);
    assert_null(due.vault);
    assert_int_equal(world_commit(&w), ERR_OK);
    keys_scheduled("");
}

static void
keys_of_a_deleted_vault_wait_and_those_of_a_purged_one_are_dropped(void **state)
{
    struct rotation_due due;
    struct store_write w;

    (void)state;
    keys_add("k1", MADE + 60 * DAY);
    keys_delete_vault();
    assert_int_equal(keys_first_due(MADE + YEAR, &w, &due), ERR_NO_VAULT);
    assert_true(store_write_is_empty(&w));
    store_write_release(&w);
    keys_purge_vault();
    assert_int_equal(keys_first_due(MADE + YEAR, &w, &due), ERR_OK);
    assert_int_equal(due.deed, ROTATION_DROP);
    assert_int_equal(world_commit(&w), ERR_OK);
    keys_scheduled("");
}

static void
forged_rows_rotate_nothing(void **state)
{
    static const char *const keys[] = { "",
                                        "kr/",
                                        "kr/0000000000000001/x/a/K1",
                                        "kr/0000000000000001/r",
                                        "kr/000000000000000G/r/a/K1",
                                        "kr/ffffffffffffffff/r/a/K1",
                                        "pq/0000000000000001/r/a/K1",
                                        "kr/1/r/a/K1" };
    struct span forged = span_str("0123456789abcdefgh");
    struct rotation_due due;
    struct store_write w;
    struct vault_at at;

    (void)state;
    keys_add("k1", MADE + YEAR);
    at = world_at();
    store_write_init(&w);
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        assert_int_equal(rotation_due(at.rows, at.view, span_str(keys[i]), INT64_MAX, &w, &due),
                         ERR_FORMAT);
    assert_true(store_write_is_empty(&w));
    assert_int_equal(rotation_due(at.rows, at.view, span_str("kr/0000000000000001/r/a/K1"),
                                  INT64_MAX, &w, &due),
                     ERR_NOT_FOUND);
    store_write_release(&w);
    world_tamper(span_str("kr/0000000000000001/r/a/K1"), &forged);
    assert_int_equal(keys_first_due(MADE, &w, &due), ERR_INTEGRITY);
    assert_true(store_write_is_empty(&w));
    store_write_release(&w);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(key_with_expiry_has_a_notice_and_others_have_nothing),
        T(secrets_have_no_schedule),
        T(policy_is_planned_when_it_is_put),
        T(new_version_starts_anew),
        T(expiry_of_the_current_version_moves_what_it_bears),
        T(deleted_keys_rest_and_recovered_ones_go_on),
        T(notice_is_given_once),
        T(second_notice_from_the_same_snapshot_conflicts),
        T(notice_and_a_change_of_the_key_do_not_pass_each_other),
        T(row_whose_key_says_otherwise_is_dropped),
        T(keys_of_a_deleted_vault_wait_and_those_of_a_purged_one_are_dropped),
        T(forged_rows_rotate_nothing),
    };

    return cmocka_run_group_tests_name("vault/schedule", tests, world_open, world_close);
}
