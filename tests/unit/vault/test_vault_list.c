/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of secrets and versions: order, pages, change between pages. */
#include "vault/object_list.h"

#include "base/clock.h"
#include "vault/object_deleted.h"
#include "world.h"

struct seen {
    unsigned n;
    char name[256][MAX_OBJECT_NAME + 1];
    char version[256][HEX32_LEN + 1];
};

static enum err
note(void *arg, const struct object *s)
{
    struct seen *seen = arg;

    assert_true(seen->n < 256);
    memcpy(seen->name[seen->n], s->head.name.spelled, sizeof(seen->name[0]));
    memcpy(seen->version[seen->n], s->v.id.text, sizeof(seen->version[0]));
    seen->n++;
    return ERR_OK;
}

static enum err
page_of(enum head_state state, const char *after, unsigned max, struct list_page *p,
        struct seen *seen)
{
    struct vault_at at = world_at();

    *p = (struct list_page){ .after = span_str(after), .max = max };
    return object_list(&at, state, p, note, seen);
}

static void
drop(const char *name)
{
    struct object_name n = world_name(name);
    struct vault_at at = world_at();
    struct store_write w;
    struct object s;

    store_write_init(&w);
    assert_int_equal(object_delete(&at, &n, WORLD_NOW, &w, &s), ERR_OK);
    assert_int_equal(world_commit(&w), ERR_OK);
}

static void
empty_vault_has_an_empty_last_page(void **state)
{
    struct seen seen = { 0 };
    struct list_page p;

    (void)state;
    assert_int_equal(page_of(HEAD_LIVE, "", 25, &p, &seen), ERR_OK);
    assert_int_equal(seen.n, 0);
    assert_false(p.more);
    assert_int_equal(page_of(HEAD_DELETED, "ZZZ", 25, &p, &seen), ERR_OK);
    assert_int_equal(seen.n, 0);
}

static void
order_is_that_of_upper_cased_names(void **state)
{
    static const char *const names[] = { "b", "A", "c", "B-2", "a1", "Z" };
    static const char *const want[] = { "A", "a1", "b", "B-2", "c", "Z" };
    struct seen seen = { 0 };
    struct list_page p;

    (void)state;
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(world_set(names[i], "x", NULL, WORLD_NOW, NULL), ERR_OK);
    assert_int_equal(page_of(HEAD_LIVE, "", 25, &p, &seen), ERR_OK);
    assert_int_equal(seen.n, 6);
    for (size_t i = 0; i < 6; i++)
        assert_string_equal(seen.name[i], want[i]);
}

static void
every_page_size_walks_all_once(void **state)
{
    char name[16];

    (void)state;
    for (int i = 0; i < 60; i++) {
        (void)snprintf(name, sizeof(name), "s-%02d", i);
        assert_int_equal(world_set(name, "x", NULL, WORLD_NOW, NULL), ERR_OK);
    }
    for (unsigned max = 1; max <= PAGE_MAX; max++) {
        struct seen seen = { 0 };
        struct list_page p = { .more = true };
        char last[MAX_OBJECT_NAME + 1] = "";
        unsigned pages = 0;

        while (p.more) {
            unsigned before = seen.n;

            assert_int_equal(page_of(HEAD_LIVE, last, max, &p, &seen), ERR_OK);
            assert_true(seen.n - before <= max);
            memcpy(last, p.last, sizeof(last));
            pages++;
        }
        assert_int_equal(seen.n, 60);
        assert_int_equal(pages, (60 + max - 1) / max);
        for (int i = 0; i < 60; i++) {
            (void)snprintf(name, sizeof(name), "s-%02d", i);
            assert_string_equal(seen.name[i], name);
        }
    }
}

static void
pages_survive_change_between_them(void **state)
{
    struct seen seen = { 0 };
    struct list_page p;
    char last[MAX_OBJECT_NAME + 1];

    (void)state;
    for (const char *c = "a\0b\0d\0e\0"; *c != '\0'; c += 2)
        assert_int_equal(world_set(c, "x", NULL, WORLD_NOW, NULL), ERR_OK);
    assert_int_equal(page_of(HEAD_LIVE, "", 2, &p, &seen), ERR_OK);
    assert_true(p.more);
    memcpy(last, p.last, sizeof(last));
    drop("b"); /* the row that the place was taken from */
    drop("d");
    assert_int_equal(world_set("c", "x", NULL, WORLD_NOW, NULL), ERR_OK);
    assert_int_equal(world_set("aa", "x", NULL, WORLD_NOW, NULL), ERR_OK);
    assert_int_equal(page_of(HEAD_LIVE, last, 2, &p, &seen), ERR_OK);
    assert_false(p.more);
    assert_int_equal(seen.n, 4);
    assert_string_equal(seen.name[2], "c");
    assert_string_equal(seen.name[3], "e");
}

static void
vaults_and_states_do_not_mix(void **state)
{
    struct seen live = { 0 }, gone = { 0 }, other = { 0 };
    struct list_page p;

    (void)state;
    assert_int_equal(world_set("a", "x", NULL, WORLD_NOW, NULL), ERR_OK);
    assert_int_equal(world_set("b", "x", NULL, WORLD_NOW, NULL), ERR_OK);
    drop("a");
    assert_int_equal(page_of(HEAD_LIVE, "", 25, &p, &live), ERR_OK);
    assert_int_equal(page_of(HEAD_DELETED, "", 25, &p, &gone), ERR_OK);
    world_add_vault("second", WORLD_SUBSCRIPTION, 90, false);
    assert_int_equal(page_of(HEAD_LIVE, "", 25, &p, &other), ERR_OK);
    assert_int_equal(live.n, 1);
    assert_string_equal(live.name[0], "b");
    assert_int_equal(gone.n, 1);
    assert_string_equal(gone.name[0], "a");
    assert_int_equal(other.n, 0);
}

static void
versions_are_listed_newest_first(void **state)
{
    struct object_name db = world_name("db"), unknown = world_name("d");
    struct list_page p = { .max = 3 };
    struct seen seen = { 0 };
    struct hex32 id[5];
    struct vault_at at;
    char last[MAX_OBJECT_NAME + 1];

    (void)state;
    for (int i = 0; i < 5; i++) {
        clock_set_offset(i == 3 ? -7200 : i); /* set back once: the chain does not mind */
        assert_int_equal(world_set("db", "x", NULL, WORLD_NOW, &id[i]), ERR_OK);
    }
    clock_set_offset(0);
    assert_int_equal(world_set("db-2", "x", NULL, WORLD_NOW, NULL), ERR_OK);
    at = world_at();
    assert_int_equal(object_list_versions(&at, &db, &p, note, &seen), ERR_OK);
    assert_true(p.more);
    assert_int_equal(seen.n, 3);
    memcpy(last, p.last, sizeof(last));
    p.after = span_str(last);
    assert_int_equal(object_list_versions(&at, &db, &p, note, &seen), ERR_OK);
    assert_false(p.more);
    assert_int_equal(seen.n, 5);
    for (unsigned i = 0; i < 5; i++)
        assert_string_equal(seen.version[i], id[4 - i].text);
    p.after = span_str("");
    assert_int_equal(object_list_versions(&at, &unknown, &p, note, &seen), ERR_OK);
    assert_int_equal(seen.n, 5);
    assert_false(p.more);
}

/* The object was purged between two pages, and made anew. */
static void
page_behind_a_version_that_is_gone_is_empty(void **state)
{
    struct object_name db = world_name("db");
    struct hex32 gone = hex32_new();
    struct list_page p = { .max = 3, .after = span_str(gone.text) };
    struct seen seen = { 0 };
    struct vault_at at;

    (void)state;
    assert_int_equal(world_set("db", "x", NULL, WORLD_NOW, NULL), ERR_OK);
    at = world_at();
    assert_int_equal(object_list_versions(&at, &db, &p, note, &seen), ERR_OK);
    assert_int_equal(seen.n, 0);
    assert_false(p.more);
}

static void
version_taken_away_fails_the_page(void **state)
{
    struct object_name db = world_name("db");
    struct list_page p = { .max = 25 };
    struct seen seen = { 0 };
    struct hex32 id;
    struct vault_at at;
    struct row_key k;

    (void)state;
    assert_int_equal(world_set("db", "1", NULL, WORLD_NOW, &id), ERR_OK);
    assert_int_equal(world_set("db", "2", NULL, WORLD_NOW, NULL), ERR_OK);
    at = world_at();
    world_tamper(object_version_key(&k, &at, db.key, &id), NULL);
    at = world_at();
    assert_int_equal(object_list_versions(&at, &db, &p, note, &seen), ERR_INTEGRITY);
    assert_false(p.more);
}

static void
versions_of_a_deleted_secret_are_not_shown(void **state)
{
    struct object_name db = world_name("db");
    struct list_page p = { .max = 25 };
    struct seen seen = { 0 };
    struct vault_at at;

    (void)state;
    assert_int_equal(world_set("db", "x", NULL, WORLD_NOW, NULL), ERR_OK);
    drop("db");
    at = world_at();
    assert_int_equal(object_list_versions(&at, &db, &p, note, &seen), ERR_OK);
    assert_int_equal(seen.n, 0);
}

static void
damaged_row_fails_the_page(void **state)
{
    struct seen seen = { 0 };
    struct span junk = span_str("junk of more than sixteen bytes");
    struct list_page p;
    struct row_key k;

    (void)state;
    assert_int_equal(world_set("a", "x", NULL, WORLD_NOW, NULL), ERR_OK);
    assert_int_equal(world_set("b", "x", NULL, WORLD_NOW, NULL), ERR_OK);
    world_tamper(row_key_make(&k, "sn", world.vault->id.text, "B", NULL), &junk);
    assert_int_equal(page_of(HEAD_LIVE, "", 25, &p, &seen), ERR_INTEGRITY);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(empty_vault_has_an_empty_last_page),
        T(order_is_that_of_upper_cased_names),
        T(every_page_size_walks_all_once),
        T(pages_survive_change_between_them),
        T(vaults_and_states_do_not_mix),
        T(versions_are_listed_newest_first),
        T(page_behind_a_version_that_is_gone_is_empty),
        T(version_taken_away_fails_the_page),
        T(versions_of_a_deleted_secret_are_not_shown),
        T(damaged_row_fails_the_page),
    };

    return cmocka_run_group_tests_name("vault/list", tests, world_open, world_close);
}
