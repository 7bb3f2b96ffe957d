/* SPDX-License-Identifier: Apache-2.0 */
/* Scopes cover what lies below them, segment by segment; assignments are rows that hold. */
#include "auth/assignment.h"

#include "world.h"

#define SUB   "/subscriptions/22222222-2222-4222-8222-222222222222"
#define RG    SUB "/resourcegroups/rg1"
#define VAULT RG "/providers/microsoft.keyvault/vaults/kv1"
#define ALICE "aaaaaaaa-0000-4000-8000-000000000001"
#define BOB   "aaaaaaaa-0000-4000-8000-000000000002"

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

static void
scopes_cover_what_is_below_them(void **state)
{
    static const struct {
        const char *scope, *resource;
        bool covers;
    } rows[] = {
        { "/", VAULT, true },
        { SUB, VAULT, true },
        { RG, VAULT, true },
        { VAULT, VAULT, true },
        { VAULT, VAULT "/secrets/s1", true },
        { VAULT "/secrets/s1", VAULT "/secrets/s1", true },
        { VAULT "/secrets/s1", VAULT "/secrets/s10", false },
        { VAULT "/secrets/s1", VAULT, false },
        { RG, SUB "/resourcegroups/rg10/providers/microsoft.keyvault/vaults/kv1", false },
        { RG, SUB "/resourcegroups/rg", false },
        { RG "0", VAULT, false },
        { VAULT, RG "/providers/microsoft.keyvault/vaults/kv10", false },
        { SUB, "/subscriptions/22222222-2222-4222-8222-222222222223/resourcegroups/rg1",
          false },
        { "/subscriptions", VAULT, true },
        { "/subscription", VAULT, false },
        { "", VAULT, false },
        { "/", "", false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (assignment_scope_covers(rows[i].scope, span_str(rows[i].resource)) !=
            rows[i].covers)
            fail_msg("%s over %s", rows[i].scope, rows[i].resource);
}

static void
scopes_are_kept_in_lower_case_without_the_last_slash(void **state)
{
    static const struct {
        const char *in, *want; /* NULL: refused */
    } rows[] = {
        { SUB "/resourceGroups/RG1/", SUB "/resourcegroups/rg1" },
        { "/", "/" },
        { "///", "/" },
        { "subscriptions/x", NULL },
        { "", NULL },
        { "/a", NULL },
    };
    char out[MAX_SCOPE + 1], longest[MAX_SCOPE + 2];
    char text[MAX_SCOPE];
    int head;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(assignment_scope_make(span_str(rows[i].in), out),
                         rows[i].want != NULL);
        assert_string_equal(out, rows[i].want == NULL ? "" : rows[i].want);
    }
    memset(longest, 'd', sizeof(longest));
    head = snprintf(text, sizeof(text), RG "/providers/a.b/c/%0100d/e/", 0);
    memcpy(longest, text, (size_t)head);
    assert_true(assignment_scope_make(span_of(longest, MAX_SCOPE), out));
    assert_false(assignment_scope_make(span_of(longest, MAX_SCOPE + 1), out));
}

static bool
count(void *arg, const struct assignment *a)
{
    unsigned *n = arg;

    (void)a;
    (*n)++;
    return true;
}

static void
assignment_is_stored_found_and_deleted(void **state)
{
    struct world *w = *state;
    struct guid id = world_assign(w, ALICE, "Key Vault Reader", RG), oid = world_guid(ALICE);
    struct guid bob = world_guid(BOB);
    struct assignment a;
    struct store_write sw;
    unsigned n = 0;

    assert_int_equal(assignment_load(w->rows, w->view, &oid, &id, &a), ERR_OK);
    assert_string_equal(a.scope, RG);
    assert_string_equal(a.role.text, "21090545-7ca7-4776-b22c-e363652d74d2");
    assert_int_equal(a.kind, ASSIGNEE_SERVICE);
    assert_int_equal(assignment_load(w->rows, w->view, &bob, &id, &a), ERR_NOT_FOUND);

    assert_int_equal(assignment_load(w->rows, w->view, &oid, &id, &a), ERR_OK);
    store_write_init(&sw);
    assignment_delete(&sw, &a);
    world_commit(w, &sw);
    assert_int_equal(assignment_load(w->rows, w->view, &oid, &id, &a), ERR_NOT_FOUND);
    assert_int_equal(assignment_each(w->rows, w->view, &oid, count, &n), ERR_OK);
    assert_int_equal(n, 0);
}

static void
only_the_principals_own_assignments_are_visited(void **state)
{
    struct world *w = *state;
    struct guid oid = world_guid(ALICE);
    unsigned n = 0;

    (void)world_assign(w, ALICE, "Reader", SUB);
    (void)world_assign(w, ALICE, "Reader", "/");
    (void)world_assign(w, BOB, "Reader", SUB);
    assert_int_equal(assignment_each(w->rows, w->view, &oid, count, &n), ERR_OK);
    assert_int_equal(n, 2);
}

/* What somebody with the disk, but without the integrity key, can do. */
static void
move_row(struct world *w, const char *from, const char *to)
{
    struct store_row row;
    struct store_write sw;

    assert_int_equal(store_get(w->view, span_str(from), &row), ERR_OK);
    store_write_init(&sw);
    store_write_put(&sw, span_str(to), row.value);
    world_commit(w, &sw);
}

static void
assignment_moved_to_another_principal_is_refused(void **state)
{
    struct world *w = *state;
    struct guid id = world_assign(w, ALICE, "Key Vault Administrator", "/");
    struct guid bob = world_guid(BOB);
    struct assignment a;
    char from[128], to[128];
    unsigned n = 0;

    (void)snprintf(from, sizeof(from), "ra/%s/%s", ALICE, id.text);
    (void)snprintf(to, sizeof(to), "ra/%s/%s", BOB, id.text);
    move_row(w, from, to);
    assert_int_equal(assignment_load(w->rows, w->view, &bob, &id, &a), ERR_INTEGRITY);
    assert_int_equal(assignment_each(w->rows, w->view, &bob, count, &n), ERR_INTEGRITY);
    assert_int_equal(n, 0);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(scopes_cover_what_is_below_them),
        cmocka_unit_test(scopes_are_kept_in_lower_case_without_the_last_slash),
        cmocka_unit_test_setup_teardown(assignment_is_stored_found_and_deleted, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(only_the_principals_own_assignments_are_visited, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(assignment_moved_to_another_principal_is_refused,
                                        set_up, tear_down),
    };

    return cmocka_run_group_tests_name("auth/assignment", tests, NULL, NULL);
}
