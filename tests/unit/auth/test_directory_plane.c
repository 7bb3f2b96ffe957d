/* SPDX-License-Identifier: Apache-2.0 */
/* Roles of the directory stand apart from those of resources; and what hangs on its objects. */
#include "auth/access.h"
#include "auth/owner.h"
#include "auth/profile.h"
#include "auth/role.h"
#include "codec/pack.h"
#include "world.h"

#define ALICE "aaaaaaaa-0000-4000-8000-000000000001"
#define BOB   "aaaaaaaa-0000-4000-8000-000000000002"
#define TEAM  "99999999-0000-4000-8000-000000000001"
#define APP   "bbbbbbbb-0000-4000-8000-00000000012f"
#define SUB   "/subscriptions/22222222-2222-4222-8222-222222222222"
#define USERS "microsoft.directory/users/create"
#define READ  "microsoft.directory/users/standard/read"

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

static bool
may(struct world *w, const char *who, const char *action, const char *at)
{
    struct caller c = { .known = true, .tid = w->tid, .oid = world_guid(who) };
    struct action_question q = { .caller = &c, .action = span_str(action) };
    struct access_answer a;
    struct scope scope;

    assert_int_equal(scope_parse(span_str(at), &scope), ERR_OK);
    q.scope = &scope;
    assert_int_equal(access_check_action(w->rows, w->view, &q, &a), ERR_OK);
    return a.allowed;
}

static void
roles_of_resources_give_nothing_in_the_directory(void **state)
{
    struct world *w = *state;
    size_t n = 0;

    for (; role_at(n) != NULL; n++) {
        struct guid id = world_guid(role_at(n)->guid);

        assert_false(role_is_directory(&id));
        assert_false(role_allows_action(role_at(n), span_str(USERS)));
        assert_false(role_allows_action(role_at(n), span_str(READ)));
    }
    assert_true(n > 20);
    (void)world_assign(w, ALICE, "Owner", "/");
    assert_false(may(w, ALICE, USERS, "/"));
    assert_false(may(w, ALICE, "MICROSOFT.Directory/users/create", "/"));
    assert_true(may(w, ALICE, "Microsoft.KeyVault/vaults/read", "/"));
}

static void
roles_of_the_directory_give_nothing_else(void **state)
{
    struct world *w = *state;
    struct guid oid = world_guid(ALICE);
    struct scope root;
    bool touches = true;

    (void)world_assign(w, ALICE, "Global Administrator", "/");
    assert_true(may(w, ALICE, USERS, "/"));
    assert_true(may(w, ALICE, READ, "/"));
    assert_false(may(w, ALICE, "Microsoft.Authorization/roleAssignments/write", "/"));
    assert_false(may(w, ALICE, "Microsoft.KeyVault/vaults/read", "/"));
    assert_int_equal(scope_parse(span_str("/"), &root), ERR_OK);
    assert_int_equal(access_touches(w->rows, w->view, &w->tid, &oid, &root, &touches), ERR_OK);
    assert_false(touches);
}

static void
each_role_does_its_own(void **state)
{
    static const struct {
        const char *role, *action;
        bool allowed;
    } rows[] = {
        { "User Administrator", USERS, true },
        { "User Administrator", "microsoft.directory/groups/delete", true },
        { "User Administrator", "microsoft.directory/applications/create", false },
        { "Groups Administrator", "microsoft.directory/groups/members/update", true },
        { "Groups Administrator", USERS, false },
        { "Application Administrator", "microsoft.directory/applications/credentials/update",
          true },
        { "Application Administrator", "microsoft.directory/groups/create", false },
        { "Directory Readers", READ, true },
        { "Directory Readers", USERS, false },
        { "Directory Readers", "microsoft.directory/users/standard/reader", false },
        { "User Administrator", "microsoft.directory/roleAssignments/allProperties/allTasks",
          false },
        { "Global Administrator", "microsoft.directory/roleAssignments/allProperties/allTasks",
          true },
        { "Global Administrator", "microsoft.directoryx/users/create", false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (role_allows_action(role_by_name(span_str(rows[i].role)),
                               span_str(rows[i].action)) != rows[i].allowed)
            fail_msg("%s, %s", rows[i].role, rows[i].action);
}

static void
groups_and_lower_scopes_carry_no_role_of_the_directory(void **state)
{
    struct world *w = *state;

    world_add_group(w, TEAM);
    world_add_member(w, TEAM, ALICE);
    (void)world_assign(w, TEAM, "Global Administrator", "/");
    (void)world_assign(w, BOB, "Global Administrator", SUB);
    assert_false(may(w, ALICE, USERS, "/"));
    assert_false(may(w, BOB, USERS, "/"));
}

static void
only_changing_roles_make_privileged(void **state)
{
    struct world *w = *state;
    struct guid alice = world_guid(ALICE), bob = world_guid(BOB);
    bool is = true;

    (void)world_assign(w, ALICE, "Owner", "/");
    (void)world_assign(w, ALICE, "Directory Readers", "/");
    assert_int_equal(object_is_privileged(w->rows, w->view, &w->tid, &alice, &is), ERR_OK);
    assert_false(is);
    (void)world_assign(w, BOB, "Groups Administrator", "/");
    assert_int_equal(object_is_privileged(w->rows, w->view, &w->tid, &bob, &is), ERR_OK);
    assert_true(is);
}

/* ------------------------------------------------------------------- objects */

static bool
count(void *arg, const struct guid *id)
{
    (void)id;
    ++*(unsigned *)arg;
    return true;
}

static void
members_are_found_from_their_group_until_forgotten(void **state)
{
    struct world *w = *state;
    struct group g = { .tid = w->tid, .id = world_guid(TEAM) };
    struct guid alice = world_guid(ALICE), bob = world_guid(BOB);
    struct store_write sw;
    unsigned n = 0;

    world_add_group(w, TEAM);
    world_add_member(w, TEAM, ALICE);
    world_add_member(w, TEAM, BOB);
    assert_true(group_has_member(w->view, &g, &alice));
    assert_int_equal(group_each_member(w->rows, w->view, &g, "", 10, count, &n), ERR_OK);
    assert_int_equal(n, 2);
    n = 0;
    assert_int_equal(group_each_member(w->rows, w->view, &g, ALICE, 10, count, &n), ERR_OK);
    assert_int_equal(n, 1);
    (void)world_assign(w, ALICE, "Global Administrator", "/");
    store_write_init(&sw);
    assert_int_equal(object_forget(w->rows, w->view, &sw, &w->tid, &alice), ERR_OK);
    world_commit(w, &sw);
    assert_false(group_has_member(w->view, &g, &alice));
    assert_true(group_has_member(w->view, &g, &bob));
    assert_false(may(w, ALICE, USERS, "/"));
    n = 0;
    assert_int_equal(group_each_member(w->rows, w->view, &g, "", 10, count, &n), ERR_OK);
    assert_int_equal(n, 1);
}

static void
profile_keeps_what_was_set(void **state)
{
    struct world *w = *state;
    struct guid alice = world_guid(ALICE);
    struct profile p;
    struct store_write sw;
    char big[PROFILE_JSON_MAX + 1];

    assert_int_equal(profile_load(w->rows, w->view, &w->tid, &alice, &p), ERR_OK);
    assert_int_equal(p.n, 0);
    assert_int_equal(profile_set(&p, span_str("mail"), span_str("\"a@b\"")), ERR_OK);
    assert_int_equal(profile_set(&p, span_str("surname"), span_str("\"A\"")), ERR_OK);
    assert_int_equal(profile_set(&p, span_str("surname"), (struct span){ 0 }), ERR_OK);
    memset(big, ' ', sizeof(big));
    assert_int_equal(profile_set(&p, span_str("x"), span_of(big, sizeof(big))), ERR_TOO_LARGE);
    store_write_init(&sw);
    profile_store(w->rows, &sw, &w->tid, &alice, &p);
    world_commit(w, &sw);
    profile_release(&p);
    assert_int_equal(profile_load(w->rows, w->view, &w->tid, &alice, &p), ERR_OK);
    assert_int_equal(p.n, 1);
    assert_true(span_is_str(profile_get(&p, "mail"), "\"a@b\""));
    assert_true(span_is_empty(profile_get(&p, "surname")));
    profile_release(&p);
    assert_int_equal(profile_read(span_str("\2\0\0"), &p), ERR_FORMAT);
    assert_int_equal(profile_read(span_str("\1"), &p), ERR_FORMAT);
    assert_int_equal(p.n, 0);
}

static void
object_id_of_an_application_leads_back(void **state)
{
    struct guid appid = world_guid(APP), id = application_object_id(&appid), back, parsed;

    (void)state;
    assert_true(guid_parse(span_str(id.text), &parsed));
    assert_false(guid_is_equal(&id, &appid));
    back = application_of_object(&id);
    assert_true(guid_is_equal(&back, &appid));
}

/* An application as format 2 had it: no names of credentials. */
static void
older_applications_are_read(void **state)
{
    struct world *w = *state;
    struct application *a = NULL;
    struct guid appid = world_guid(APP);
    struct store_write sw;
    struct row_key k;
    struct buf b;
    struct sink to;

    buf_init(&b, 1024);
    to = sink_buf(&b);
    pack_u8(to, 2);
    pack_u8(to, 1);
    pack_str(to, WORLD_TENANT);
    pack_i64(to, WORLD_NOW);
    pack_str(to, "old");
    pack_u16(to, 1);
    pack_str(to, ALICE);
    pack_i64(to, 5);
    pack_str(to, "abc");
    pack_str(to, "$scrypt$x");
    pack_u16(to, 0);
    pack_u8(to, 1);
    pack_u16(to, 0);
    store_write_init(&sw);
    row_put_buf(w->rows, &sw, row_key_make(&k, "ap", APP, NULL), &b);
    world_commit(w, &sw);
    assert_int_equal(application_load(w->rows, w->view, &appid, &a), ERR_OK);
    assert_int_equal(a->nsecrets, 1);
    assert_string_equal(a->secrets[0].hint, "abc");
    assert_string_equal(a->secrets[0].name, "");
    assert_int_equal(a->secrets[0].starts, 0);
    assert_true(a->public_client);
    application_free(a);
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    static const struct CMUnitTest tests[] = {
        CASE(roles_of_resources_give_nothing_in_the_directory),
        CASE(roles_of_the_directory_give_nothing_else),
        CASE(each_role_does_its_own),
        CASE(groups_and_lower_scopes_carry_no_role_of_the_directory),
        CASE(only_changing_roles_make_privileged),
        CASE(members_are_found_from_their_group_until_forgotten),
        CASE(profile_keeps_what_was_set),
        CASE(object_id_of_an_application_leads_back),
        CASE(older_applications_are_read),
    };

    return cmocka_run_group_tests_name("auth/directory_plane", tests, NULL, NULL);
}
