/* SPDX-License-Identifier: Apache-2.0 */
/* Live secrets: set, get, update, and what they refuse. */
#include "vault/secret.h"

#include "vault/object_deleted.h"
#include "world.h"

static struct object_name db;

static enum err
get(const char *name, const struct hex32 *version, struct object *out)
{
    struct object_name n = world_name(name);
    struct vault_at at = world_at();

    return object_get(&at, &n, version, out);
}

static enum err
update(const char *name, const struct hex32 *version, const struct object_change *change,
       int64_t now)
{
    struct object_name n = world_name(name);
    struct vault_at at = world_at();
    struct store_write w;
    struct object out;
    enum err e;

    store_write_init(&w);
    e = object_update(&at, &n, version, change, now, &w, &out);
    if (e == ERR_OK)
        return world_commit(&w);
    store_write_release(&w);
    return e;
}

static void
delete_db(void)
{
    struct vault_at at = world_at();
    struct store_write w;
    struct object out;

    store_write_init(&w);
    assert_int_equal(object_delete(&at, &db, WORLD_NOW, &w, &out), ERR_OK);
    assert_int_equal(world_commit(&w), ERR_OK);
}

static void
what_was_set_is_got(void **state)
{
    struct object_change c = { .has_detail = true,
                               .detail = world_typed("text/plain").detail,
                               .attrs = { .has_exp = true, .exp = 32503680000 } };
    struct hex32 id;
    struct object s;
    char value[64];

    (void)state;
    assert_true(tags_add(&c.tags, span_str("a"), span_str("b")));
    assert_int_equal(world_set("Db", "hunter2", &c, WORLD_NOW, &id), ERR_OK);
    assert_int_equal(get("dB", NULL, &s), ERR_OK);
    assert_string_equal(s.head.name.spelled, "Db");
    assert_string_equal(s.v.id.text, id.text);
    assert_true(s.v.attrs.enabled);
    assert_false(s.v.attrs.has_nbf);
    assert_int_equal(s.v.attrs.exp, 32503680000);
    assert_int_equal(s.v.attrs.created, WORLD_NOW);
    assert_int_equal(s.v.attrs.updated, WORLD_NOW);
    assert_string_equal(world_type(&s), "text/plain");
    assert_int_equal(s.v.tags.n, 1);
    assert_true(span_is_str(s.v.tags.tag[0].value, "b"));
    assert_string_equal(s.v.previous.text, "");
    assert_int_equal(world_open_value(&s, value, sizeof(value)), ERR_OK);
    assert_string_equal(value, "hunter2");
}

static void
empty_value_is_a_value(void **state)
{
    struct object s;
    char value[8] = "x";

    (void)state;
    assert_int_equal(world_set("db", "", NULL, WORLD_NOW, NULL), ERR_OK);
    assert_int_equal(get("db", NULL, &s), ERR_OK);
    assert_int_equal(world_open_value(&s, value, sizeof(value)), ERR_OK);
    assert_string_equal(value, "");
}

static void
second_set_makes_a_version_and_keeps_spelling_and_the_first(void **state)
{
    struct object_change c = { .attrs = { .has_enabled = true, .enabled = false } };
    struct hex32 one, two;
    struct object s;
    char value[64];

    (void)state;
    assert_int_equal(world_set("Db", "1", &c, WORLD_NOW, &one), ERR_OK);
    assert_int_equal(world_set("DB", "2", NULL, WORLD_NOW + 5, &two), ERR_OK);
    assert_int_equal(get("db", NULL, &s), ERR_OK);
    assert_string_equal(s.head.name.spelled, "Db");
    assert_string_equal(s.v.id.text, two.text);
    assert_string_equal(s.v.previous.text, one.text);
    assert_true(s.v.attrs.enabled); /* not inherited */
    assert_int_equal(get("db", &one, &s), ERR_OK);
    assert_false(s.v.attrs.enabled);
    assert_int_equal(world_open_value(&s, value, sizeof(value)), ERR_OK);
    assert_string_equal(value, "1");
}

static void
unknown_names_and_versions_are_not_found(void **state)
{
    struct hex32 other = hex32_new();
    struct object s;

    (void)state;
    assert_int_equal(get("nope", NULL, &s), ERR_SECRET_NOT_FOUND);
    assert_int_equal(get("nope", &other, &s), ERR_SECRET_NOT_FOUND);
    assert_int_equal(world_set("db", "1", NULL, WORLD_NOW, NULL), ERR_OK);
    assert_int_equal(get("db", &other, &s), ERR_SECRET_NOT_FOUND);
    assert_int_equal(update("db", &other, &(struct object_change){ 0 }, 1),
                     ERR_SECRET_NOT_FOUND);
    assert_int_equal(update("nope", NULL, &(struct object_change){ 0 }, 1),
                     ERR_SECRET_NOT_FOUND);
}

static void
deleted_name_takes_no_version_and_shows_nothing(void **state)
{
    struct object s;

    (void)state;
    assert_int_equal(world_set("db", "1", NULL, WORLD_NOW, NULL), ERR_OK);
    delete_db();
    assert_int_equal(world_set("DB", "2", NULL, WORLD_NOW, NULL), ERR_SOFT_DELETED);
    assert_int_equal(get("db", NULL, &s), ERR_SECRET_NOT_FOUND);
    assert_int_equal(update("db", NULL, &(struct object_change){ 0 }, 1), ERR_SECRET_NOT_FOUND);
}

static void
update_merges_attributes_and_replaces_tags(void **state)
{
    struct object_change c = { .attrs = { .has_nbf = true, .nbf = 7 } };
    struct object_change type = world_typed("x");
    struct object_change tags = { .has_tags = true };
    struct object s;

    (void)state;
    assert_true(tags_add(&c.tags, span_str("a"), span_str("b")));
    assert_int_equal(world_set("db", "1", &c, WORLD_NOW, NULL), ERR_OK);
    assert_int_equal(update("db", NULL, &type, WORLD_NOW + 9), ERR_OK);
    assert_int_equal(get("db", NULL, &s), ERR_OK);
    assert_int_equal(s.v.attrs.nbf, 7);
    assert_int_equal(s.v.tags.n, 1);
    assert_string_equal(world_type(&s), "x");
    assert_int_equal(s.v.attrs.created, WORLD_NOW);
    assert_int_equal(s.v.attrs.updated, WORLD_NOW + 9);
    assert_int_equal(update("db", NULL, &tags, WORLD_NOW + 10), ERR_OK);
    assert_int_equal(get("db", NULL, &s), ERR_OK);
    assert_int_equal(s.v.tags.n, 0);
    assert_string_equal(world_type(&s), "x");
}

static void
older_version_can_be_updated(void **state)
{
    struct object_change off = { .attrs = { .has_enabled = true } };
    struct hex32 one;
    struct object s;

    (void)state;
    assert_int_equal(world_set("db", "1", NULL, WORLD_NOW, &one), ERR_OK);
    assert_int_equal(world_set("db", "2", NULL, WORLD_NOW, NULL), ERR_OK);
    assert_int_equal(update("db", &one, &off, WORLD_NOW), ERR_OK);
    assert_int_equal(get("db", &one, &s), ERR_OK);
    assert_false(s.v.attrs.enabled);
    assert_int_equal(get("db", NULL, &s), ERR_OK);
    assert_true(s.v.attrs.enabled);
}

/* Composes a set of "db" in the current snapshot without committing it. */
static void
compose_set(const struct vault_at *at, struct store_write *w)
{
    static const struct object_change none;
    struct hex32 id = hex32_new();
    struct object out;

    store_write_init(w);
    assert_int_equal(object_add(at, &db, &id, &none, span_str("sealed"), WORLD_NOW, w, &out),
                     ERR_OK);
}

static void
of_two_sets_from_one_snapshot_one_conflicts(void **state)
{
    struct vault_at at = world_at();
    struct store_write a, b;

    (void)state;
    compose_set(&at, &a); /* both for a new name */
    compose_set(&at, &b);
    assert_int_equal(world_commit(&a), ERR_OK);
    assert_int_equal(world_commit(&b), ERR_CONFLICT);
    at = world_at();
    compose_set(&at, &a); /* both for a name that exists */
    compose_set(&at, &b);
    assert_int_equal(world_commit(&a), ERR_OK);
    assert_int_equal(world_commit(&b), ERR_CONFLICT);
    assert_int_equal(world_rows("sv/"), 2);
}

static void
set_conflicts_with_a_delete_between(void **state)
{
    struct vault_at at;
    struct store_write w;

    (void)state;
    assert_int_equal(world_set("db", "1", NULL, WORLD_NOW, NULL), ERR_OK);
    at = world_at();
    compose_set(&at, &w);
    delete_db();
    assert_int_equal(world_commit(&w), ERR_CONFLICT);
    assert_int_equal(world_rows("sn/"), 0);
}

static void
set_conflicts_with_a_change_of_its_vault(void **state)
{
    struct vault_at at = world_at();
    struct store_write w, change;

    (void)state;
    compose_set(&at, &w);
    store_write_init(&change);
    vault_store(world.rows, &change, world.vault, world.vault->revision);
    assert_int_equal(world_commit(&change), ERR_OK);
    assert_int_equal(world_commit(&w), ERR_CONFLICT);
}

static struct span
version_key(struct row_key *k, const char *name, const struct hex32 *id)
{
    return row_key_make(k, "sv", world.vault->id.text, id->text, name, NULL);
}

static void
older_row_put_back_over_a_newer_one_is_noticed(void **state)
{
    struct object_change off = { .attrs = { .has_enabled = true } };
    struct row_key k;
    struct hex32 id;
    struct object s;
    struct span old;
    struct buf raw;

    (void)state;
    assert_int_equal(world_set("db", "1", NULL, WORLD_NOW, &id), ERR_OK);
    raw = world_raw(version_key(&k, "DB", &id));
    assert_int_equal(update("db", NULL, &off, WORLD_NOW), ERR_OK);
    old = buf_span(&raw);
    world_tamper(span_of(k.text, k.len), &old);
    assert_int_equal(get("db", NULL, &s), ERR_ROLLBACK);
    assert_int_equal(get("db", &id, &s), ERR_ROLLBACK);
    assert_int_equal(update("db", NULL, &off, WORLD_NOW), ERR_ROLLBACK);
    buf_release(&raw);
}

static void
rows_swapped_between_versions_and_names_are_refused(void **state)
{
    struct row_key a, b, c;
    struct hex32 one, two, other;
    struct span value;
    struct object s;
    struct buf raw;

    (void)state;
    assert_int_equal(world_set("db", "1", NULL, WORLD_NOW, &one), ERR_OK);
    assert_int_equal(world_set("db", "2", NULL, WORLD_NOW, &two), ERR_OK);
    assert_int_equal(world_set("other", "3", NULL, WORLD_NOW, &other), ERR_OK);
    raw = world_raw(version_key(&a, "DB", &one));
    value = buf_span(&raw);
    world_tamper(version_key(&b, "DB", &two), &value);
    assert_int_equal(get("db", NULL, &s), ERR_INTEGRITY);
    world_tamper(version_key(&c, "OTHER", &other), &value);
    assert_int_equal(get("other", NULL, &s), ERR_INTEGRITY);
    buf_release(&raw);
}

static void
missing_current_version_is_not_taken_for_absence(void **state)
{
    struct row_key k;
    struct hex32 id;
    struct object s;

    (void)state;
    assert_int_equal(world_set("db", "1", NULL, WORLD_NOW, &id), ERR_OK);
    world_tamper(version_key(&k, "DB", &id), NULL);
    assert_int_equal(get("db", NULL, &s), ERR_INTEGRITY);
}

static void
value_sealed_for_one_name_does_not_open_as_another(void **state)
{
    struct object s;
    char value[64];

    (void)state;
    assert_int_equal(world_set("db", "1", NULL, WORLD_NOW, NULL), ERR_OK);
    assert_int_equal(get("db", NULL, &s), ERR_OK);
    s.head.name = world_name("other");
    assert_int_equal(world_open_value(&s, value, sizeof(value)), ERR_INTEGRITY);
}

static int
setup_db(void **state)
{
    if (world_open(state) != 0)
        return -1;
    db = world_name("db");
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(what_was_set_is_got),
        T(empty_value_is_a_value),
        T(second_set_makes_a_version_and_keeps_spelling_and_the_first),
        T(unknown_names_and_versions_are_not_found),
        T(deleted_name_takes_no_version_and_shows_nothing),
        T(update_merges_attributes_and_replaces_tags),
        T(older_version_can_be_updated),
        T(of_two_sets_from_one_snapshot_one_conflicts),
        T(set_conflicts_with_a_delete_between),
        T(set_conflicts_with_a_change_of_its_vault),
        T(older_row_put_back_over_a_newer_one_is_noticed),
        T(rows_swapped_between_versions_and_names_are_refused),
        T(missing_current_version_is_not_taken_for_absence),
        T(value_sealed_for_one_name_does_not_open_as_another),
    };

    return cmocka_run_group_tests_name("vault/secret", tests, setup_db, world_close);
}
