/* SPDX-License-Identifier: Apache-2.0 */
/* Locks: where they are found, what they forbid, and that neighbours do not feel them. */
#include "auth/lock.h"

#include "world.h"

#define SUB   "/subscriptions/22222222-2222-4222-8222-222222222222"
#define GROUP SUB "/resourcegroups/rg1"
#define VAULT GROUP "/providers/microsoft.keyvault/vaults/kv"

static int
set_up(void **state)
{
    *state = world_open();
    return 0;
}

static int
tear_down(void **state)
{
    world_close(*state);
    return 0;
}

static struct scope
scope(const char *text)
{
    struct scope s;

    assert_int_equal(scope_parse(span_str(text), &s), ERR_OK);
    return s;
}

static void
add(struct world *w, const char *at, const char *name, enum lock_level level)
{
    struct scope s = scope(at);
    struct lock l = { .level = level, .created = WORLD_NOW };
    struct store_write sw;

    assert_true(lock_name_is_ok(&s, span_str(name)));
    assert_true(span_copy_str(scope_span(&s), l.scope, sizeof(l.scope)));
    assert_true(span_copy_str(span_str(at), l.spelled, sizeof(l.spelled)));
    assert_true(span_copy_str(span_str(name), l.name, sizeof(l.name)));
    store_write_init(&sw);
    lock_store(w->rows, &sw, &l);
    world_commit(w, &sw);
}

static bool
blocked(struct world *w, const char *at, enum lock_act act)
{
    struct scope s = scope(at);
    struct lock which;
    bool yes;

    assert_int_equal(lock_check(w->rows, w->view, &s, act, &yes, &which), ERR_OK);
    return yes;
}

static bool
count_one(void *arg, const struct lock *l)
{
    (void)l;
    ++*(unsigned *)arg;
    return true;
}

static unsigned
count(struct world *w, const char *at, bool below)
{
    struct scope s = scope(at);
    unsigned n = 0;

    assert_int_equal(below ? lock_each_below(w->rows, w->view, &s, count_one, &n)
                           : lock_each_above(w->rows, w->view, &s, count_one, &n),
                     ERR_OK);
    return n;
}

static void
without_locks_nothing_is_forbidden(void **state)
{
    assert_false(blocked(*state, VAULT, LOCK_ACT_DELETE));
    assert_false(blocked(*state, VAULT, LOCK_ACT_WRITE));
}

static void
levels_forbid_what_they_say(void **state)
{
    struct world *w = *state;

    add(w, GROUP, "keep", LOCK_CANNOT_DELETE);
    assert_true(blocked(w, VAULT, LOCK_ACT_DELETE));
    assert_false(blocked(w, VAULT, LOCK_ACT_WRITE));
    add(w, SUB, "still", LOCK_READ_ONLY);
    assert_true(blocked(w, VAULT, LOCK_ACT_WRITE));
    assert_true(blocked(w, SUB, LOCK_ACT_DELETE));
}

static void
a_lock_holds_at_and_below_its_scope_only(void **state)
{
    struct world *w = *state;

    add(w, GROUP, "a", LOCK_READ_ONLY);
    assert_true(blocked(w, GROUP, LOCK_ACT_WRITE));
    assert_true(blocked(w, GROUP "/providers/microsoft.authorization/roleassignments/x",
                        LOCK_ACT_DELETE));
    assert_false(blocked(w, SUB, LOCK_ACT_DELETE));
    assert_false(blocked(w, GROUP "0", LOCK_ACT_DELETE));
    assert_false(blocked(w, SUB "/resourcegroups/rg", LOCK_ACT_DELETE));
}

static void
letter_case_names_the_same_lock(void **state)
{
    struct world *w = *state;
    struct scope s = scope(SUB "/resourceGroups/RG1");
    struct lock l;

    add(w, SUB "/resourceGroups/RG1", "Keep", LOCK_READ_ONLY);
    assert_int_equal(lock_load(w->rows, w->view, &s, span_str("kEEP"), &l), ERR_OK);
    assert_string_equal(l.name, "Keep");
    assert_string_equal(l.spelled, SUB "/resourceGroups/RG1");
    assert_true(blocked(w, VAULT, LOCK_ACT_WRITE));
}

static void
those_above_and_those_below_are_told_apart(void **state)
{
    struct world *w = *state;

    add(w, SUB, "a", LOCK_CANNOT_DELETE);
    add(w, GROUP, "b", LOCK_CANNOT_DELETE);
    add(w, VAULT, "c", LOCK_CANNOT_DELETE);
    add(w, GROUP "0", "d", LOCK_CANNOT_DELETE);
    assert_int_equal(count(w, GROUP, false), 2);
    assert_int_equal(count(w, GROUP, true), 1);
    assert_int_equal(count(w, SUB, true), 3);
    assert_int_equal(count(w, VAULT, true), 0);
    assert_int_equal(count(w, VAULT, false), 3);
}

static void
dropped_lock_is_gone_and_an_older_one_is_not_dropped(void **state)
{
    struct world *w = *state;
    struct scope s = scope(GROUP);
    struct store_write sw;
    struct store_item item;
    struct lock l;

    add(w, GROUP, "a", LOCK_READ_ONLY);
    assert_int_equal(lock_load(w->rows, w->view, &s, span_str("a"), &l), ERR_OK);
    store_write_init(&sw);
    lock_drop(&sw, &l);
    world_commit(w, &sw);
    assert_int_equal(lock_load(w->rows, w->view, &s, span_str("a"), &l), ERR_NOT_FOUND);
    assert_false(blocked(w, GROUP, LOCK_ACT_DELETE));
    l = (struct lock){ .revision = 7 };
    assert_true(span_copy_str(span_str(GROUP), l.scope, sizeof(l.scope)));
    assert_true(span_copy_str(span_str("a"), l.name, sizeof(l.name)));
    store_write_init(&sw);
    lock_drop(&sw, &l);
    item = (struct store_item){ .packed = buf_span(&sw.bytes) };
    store_end(w->view);
    w->view = NULL;
    assert_int_equal(store_commit(w->store, &item, 1), ERR_OK);
    assert_int_equal(item.result, ERR_CONFLICT);
    store_write_release(&sw);
    world_look(w);
}

static void
names_are_bounded(void **state)
{
    static const char *const bad[] = { "", "a/b", "a:b", "a%b", "a?b", "<", "a\\b", "\x01" };
    struct scope s = scope(GROUP);
    char longest[MAX_LOCK_NAME + 2];

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(lock_name_is_ok(&s, span_str(bad[i])));
    memset(longest, 'a', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    assert_false(lock_name_is_ok(&s, span_str(longest)));
    assert_true(lock_name_is_ok(&s, span_str("Keep it (1)")));
}

static void
forged_lock_forbids_by_failing(void **state)
{
    struct world *w = *state;
    struct scope s = scope(VAULT);
    struct store_write sw;
    struct lock which;
    bool yes = false;

    store_write_init(&sw);
    store_write_put(&sw, span_str("lk" GROUP "/:/a"), span_str("\1\1forged tag here!!!!!!!!"));
    world_commit(w, &sw);
    assert_int_equal(lock_check(w->rows, w->view, &s, LOCK_ACT_WRITE, &yes, &which),
                     ERR_INTEGRITY);
    assert_true(yes);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(without_locks_nothing_is_forbidden),
        TEST(levels_forbid_what_they_say),
        TEST(a_lock_holds_at_and_below_its_scope_only),
        TEST(letter_case_names_the_same_lock),
        TEST(those_above_and_those_below_are_told_apart),
        TEST(dropped_lock_is_gone_and_an_older_one_is_not_dropped),
        TEST(names_are_bounded),
        TEST(forged_lock_forbids_by_failing),
    };

    return cmocka_run_group_tests_name("auth/lock", tests, NULL, NULL);
}
