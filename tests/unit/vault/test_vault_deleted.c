/* SPDX-License-Identifier: Apache-2.0 */
/* Deleted secrets: delete, recover, purge, and the purge that the clock brings. */
#include "vault/object_deleted.h"

#include "world.h"

enum { DAY = 86400 };

static enum err
drop(const char *name, struct object *out)
{
    struct object_name n = world_name(name);
    struct vault_at at = world_at();
    struct store_write w;
    enum err e;

    store_write_init(&w);
    e = object_delete(&at, &n, WORLD_NOW, &w, out);
    if (e == ERR_OK)
        return world_commit(&w);
    store_write_release(&w);
    return e;
}

static enum err
recover(const char *name)
{
    struct object_name n = world_name(name);
    struct vault_at at = world_at();
    struct store_write w;
    struct object out;
    enum err e;

    store_write_init(&w);
    e = object_recover(&at, &n, &w, &out);
    if (e == ERR_OK)
        return world_commit(&w);
    store_write_release(&w);
    return e;
}

static enum err
purge(const char *name)
{
    struct object_name n = world_name(name);
    struct vault_at at = world_at();
    struct store_write w;
    enum err e;

    store_write_init(&w);
    e = object_purge(&at, &n, &w);
    if (e == ERR_OK)
        return world_commit(&w);
    store_write_release(&w);
    return e;
}

static bool
note_key(void *arg, const struct store_row *row)
{
    struct row_key *k = arg;

    memcpy(k->text, row->key.ptr, row->key.len);
    k->len = row->key.len;
    return false;
}

/* Purges what the first row of the schedule means, as the clerk does. */
static enum err
purge_first_due(int64_t now)
{
    struct vault_at at = world_at();
    struct row_key k = { .len = 0 };
    struct store_write w;
    enum err e;

    assert_int_equal(store_scan(at.view, span_str("pq/"), (struct span){ 0 }, 1, note_key, &k),
                     ERR_OK);
    store_write_init(&w);
    e = object_purge_due(world.rows, at.view, span_of(k.text, k.len), now, &w);
    if (e == ERR_OK)
        return world_commit(&w);
    store_write_release(&w);
    return e;
}

static void
delete_moves_the_head_and_schedules_the_purge(void **state)
{
    struct object s;

    (void)state;
    assert_int_equal(world_set("Db", "1", NULL, WORLD_NOW, NULL), ERR_OK);
    assert_int_equal(drop("db", &s), ERR_OK);
    assert_int_equal(s.head.deleted, WORLD_NOW);
    assert_int_equal(s.head.purge, WORLD_NOW + 90 * DAY);
    assert_int_equal(world_rows("sn/"), 0);
    assert_int_equal(world_rows("sd/"), 1);
    assert_int_equal(world_rows("sv/"), 1);
    assert_int_equal(world_rows("pq/"), 1);
    assert_int_equal(drop("db", &s), ERR_SECRET_NOT_FOUND);
}

static void
recover_brings_back_every_version(void **state)
{
    struct object_name db = world_name("db");
    struct hex32 one;
    struct object s;
    char value[8];
    struct vault_at at;

    (void)state;
    assert_int_equal(world_set("Db", "1", NULL, WORLD_NOW, &one), ERR_OK);
    assert_int_equal(world_set("db", "2", NULL, WORLD_NOW, NULL), ERR_OK);
    assert_int_equal(drop("db", &s), ERR_OK);
    assert_int_equal(recover("DB"), ERR_OK);
    assert_int_equal(world_rows("pq/"), 0);
    assert_int_equal(world_rows("sd/"), 0);
    at = world_at();
    assert_int_equal(object_get(&at, &db, &one, &s), ERR_OK);
    assert_string_equal(s.head.name.spelled, "Db");
    assert_int_equal(s.head.deleted, 0);
    assert_int_equal(world_open_value(&s, value, sizeof(value)), ERR_OK);
    assert_string_equal(value, "1");
    assert_int_equal(recover("db"), ERR_DELETED_NOT_FOUND);
    assert_int_equal(world_set("db", "3", NULL, WORLD_NOW, NULL), ERR_OK);
}

static void
purge_leaves_nothing_and_frees_the_name(void **state)
{
    struct object s;

    (void)state;
    assert_int_equal(world_set("db", "1", NULL, WORLD_NOW, NULL), ERR_OK);
    assert_int_equal(world_set("db", "2", NULL, WORLD_NOW, NULL), ERR_OK);
    assert_int_equal(world_set("db-2", "x", NULL, WORLD_NOW, NULL), ERR_OK);
    assert_int_equal(purge("db"), ERR_DELETED_NOT_FOUND);
    assert_int_equal(drop("db", &s), ERR_OK);
    assert_int_equal(purge("db"), ERR_OK);
    assert_int_equal(world_rows("sd/"), 0);
    assert_int_equal(world_rows("pq/"), 0);
    assert_int_equal(world_rows("sv/"), 1); /* of db-2 */
    assert_int_equal(purge("db"), ERR_DELETED_NOT_FOUND);
    assert_int_equal(recover("db"), ERR_DELETED_NOT_FOUND);
    assert_int_equal(world_set("db", "3", NULL, WORLD_NOW, NULL), ERR_OK);
}

static void
purge_protection_leaves_the_purge_to_the_clock(void **state)
{
    struct object s;

    (void)state;
    world_add_vault("safe", WORLD_SUBSCRIPTION, 7, true);
    assert_int_equal(world_set("db", "1", NULL, WORLD_NOW, NULL), ERR_OK);
    assert_int_equal(purge("db"), ERR_DELETED_NOT_FOUND);
    assert_int_equal(drop("db", &s), ERR_OK);
    assert_int_equal(s.head.purge, WORLD_NOW + 7 * DAY);
    assert_int_equal(purge("db"), ERR_PURGE_PROTECTED);
    assert_int_equal(world_rows("sd/"), 1);
    assert_int_equal(purge_first_due(WORLD_NOW + 7 * DAY - 1), ERR_NOT_FOUND);
    assert_int_equal(purge_first_due(WORLD_NOW + 7 * DAY), ERR_OK);
    assert_int_equal(world_rows("s"), 0);
    assert_int_equal(world_rows("pq/"), 0);
}

static void
schedule_row_without_its_secret_is_dropped(void **state)
{
    struct row_key k;
    struct object s;

    (void)state;
    assert_int_equal(world_set("db", "1", NULL, WORLD_NOW, NULL), ERR_OK);
    assert_int_equal(drop("db", &s), ERR_OK);
    world_tamper(row_key_make(&k, "sd", world.vault->id.text, "DB", NULL), NULL);
    assert_int_equal(purge_first_due(WORLD_NOW + 90 * DAY), ERR_OK);
    assert_int_equal(world_rows("pq/"), 0);
    assert_int_equal(world_rows("sv/"), 1);
}

static void
forged_schedule_rows_purge_nothing(void **state)
{
    static const char *const keys[] = { "pq/",
                                        "pq/0000000000000001/x/x/Y",
                                        "pq/0000000000000001/sx/Y",
                                        "pq/000000000000000G/s/x/Y",
                                        "pq/1/s/x/Y",
                                        "sn/x/Y",
                                        "pq/ffffffffffffffff/s/x/Y" };
    struct vault_at at;
    struct store_write w;
    struct object s;
    struct span forged = span_str("0123456789abcdefgh");

    (void)state;
    assert_int_equal(world_set("db", "1", NULL, WORLD_NOW, NULL), ERR_OK);
    assert_int_equal(drop("db", &s), ERR_OK);
    store_write_init(&w);
    at = world_at();
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        assert_int_equal(
            object_purge_due(world.rows, at.view, span_str(keys[i]), INT64_MAX, &w),
            ERR_FORMAT);
    world_tamper(span_str("pq/0000000000000001/s/x/Y"), &forged);
    assert_int_equal(purge_first_due(WORLD_NOW), ERR_INTEGRITY);
    assert_true(store_write_is_empty(&w));
    store_write_release(&w);
}

/* Adds rows of versions straight to the store: what matters is how many there are. */
static void
purge_of_very_many_versions_takes_several_commits(void **state)
{
    struct object_name db = world_name("db");
    struct vault_at at;
    struct object s;

    (void)state;
    assert_int_equal(world_set("db", "1", NULL, WORLD_NOW, NULL), ERR_OK);
    world_add_versions("db", 2 * PURGE_BATCH);
    assert_int_equal(drop("db", &s), ERR_OK);
    assert_int_equal(purge("db"), ERR_OK);
    assert_int_equal(world_rows("sv/"), PURGE_BATCH + 1);
    assert_int_equal(world_rows("sd/"), 1);
    at = world_at();
    assert_int_equal(object_get_deleted(&at, &db, &s), ERR_DELETED_NOT_FOUND);
    assert_int_equal(recover("db"), ERR_DELETED_NOT_FOUND);
    assert_int_equal(world_set("db", "2", NULL, WORLD_NOW, NULL), ERR_BUSY);
    assert_int_equal(purge_first_due(WORLD_NOW), ERR_OK);
    assert_int_equal(purge_first_due(WORLD_NOW), ERR_OK);
    assert_int_equal(world_rows("s"), 0);
    assert_int_equal(world_rows("pq/"), 0);
    assert_int_equal(world_set("db", "2", NULL, WORLD_NOW, NULL), ERR_OK);
}

/* What lies under the name of another secret stays, damage or not. */
static void
purge_of_a_damaged_chain_leaves_nothing(void **state)
{
    struct span junk = span_str("junk of more than sixteen bytes");
    struct object_name db = world_name("db");
    struct hex32 id[5];
    struct vault_at at;
    struct row_key k;
    struct object s;

    (void)state;
    assert_int_equal(world_set("db-2", "1", NULL, WORLD_NOW, NULL), ERR_OK);
    assert_int_equal(world_set("2", "1", NULL, WORLD_NOW, NULL), ERR_OK);
    for (int i = 0; i < 5; i++)
        assert_int_equal(world_set("db", "1", NULL, WORLD_NOW, &id[i]), ERR_OK);
    at = world_at();
    world_tamper(object_version_key(&k, &at, db.key, &id[3]), &junk); /* damaged */
    world_tamper(object_version_key(&k, &at, db.key, &id[1]), NULL);  /* taken away */
    assert_int_equal(drop("db", &s), ERR_OK);
    assert_int_equal(purge("db"), ERR_OK);
    assert_int_equal(world_rows("sv/"), 2);
    assert_int_equal(world_rows("sd/"), 0);
    assert_int_equal(world_rows("pq/"), 0);
    assert_int_equal(world_set("db", "2", NULL, WORLD_NOW, NULL), ERR_OK);
    at = world_at();
    assert_int_equal(object_get(&at, &db, &id[0], &s), ERR_SECRET_NOT_FOUND);
}

static void
purge_of_very_many_behind_damage_goes_on(void **state)
{
    struct object_name db = world_name("db");
    struct hex32 first;
    struct vault_at at;
    struct row_key k;
    struct object s;

    (void)state;
    assert_int_equal(world_set("db", "1", NULL, WORLD_NOW, &first), ERR_OK);
    world_add_versions("db", 2 * PURGE_BATCH);
    assert_int_equal(drop("db", &s), ERR_OK);
    at = world_at();
    assert_int_equal(object_get_deleted(&at, &db, &s), ERR_OK);
    world_tamper(object_version_key(&k, &at, db.key, &s.head.newest), NULL);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(i == 0 ? purge("db") : purge_first_due(WORLD_NOW), ERR_OK);
        assert_int_equal(world_rows("sv/"), 2 * PURGE_BATCH - (i + 1) * PURGE_BATCH);
    }
    assert_int_equal(world_rows("s"), 0);
    assert_int_equal(world_rows("pq/"), 0);
}

static void
recover_and_purge_from_one_snapshot_conflict(void **state)
{
    struct object_name db = world_name("db");
    struct store_write a, b;
    struct vault_at at;
    struct object s;

    (void)state;
    assert_int_equal(world_set("db", "1", NULL, WORLD_NOW, NULL), ERR_OK);
    assert_int_equal(drop("db", &s), ERR_OK);
    at = world_at();
    store_write_init(&a);
    store_write_init(&b);
    assert_int_equal(object_recover(&at, &db, &a, &s), ERR_OK);
    assert_int_equal(object_purge(&at, &db, &b), ERR_OK);
    assert_int_equal(world_commit(&a), ERR_OK);
    assert_int_equal(world_commit(&b), ERR_CONFLICT);
    assert_int_equal(world_rows("sv/"), 1);
    assert_int_equal(world_rows("sn/"), 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(delete_moves_the_head_and_schedules_the_purge),
        T(recover_brings_back_every_version),
        T(purge_leaves_nothing_and_frees_the_name),
        T(purge_protection_leaves_the_purge_to_the_clock),
        T(schedule_row_without_its_secret_is_dropped),
        T(forged_schedule_rows_purge_nothing),
        T(purge_of_very_many_versions_takes_several_commits),
        T(purge_of_a_damaged_chain_leaves_nothing),
        T(purge_of_very_many_behind_damage_goes_on),
        T(recover_and_purge_from_one_snapshot_conflict),
    };

    return cmocka_run_group_tests_name("vault/deleted", tests, world_open, world_close);
}
