/* SPDX-License-Identifier: Apache-2.0 */
/* Custom roles: what may be stored, names that are one name, ids that never wake the dead. */
#include "auth/role_definition.h"

#include "auth/assignment.h"
#include "auth/founding.h"
#include "auth/role.h"
#include "world.h"

#define SUB    "/subscriptions/22222222-2222-4222-8222-222222222222"
#define MG     "/providers/Microsoft.Management/managementGroups/"
#define ID     "55555555-0000-4000-8000-000000000001"
#define ID2    "55555555-0000-4000-8000-000000000002"
#define OTHER  "33333333-3333-4333-8333-333333333333"
#define ALICE  "aaaaaaaa-0000-4000-8000-000000000001"
#define SECRET "Microsoft.KeyVault/vaults/secrets/getSecret/action"

/* A role that is fine; tests spoil one thing each. */
struct draft {
    struct role_definition d;
    struct role_permission p;
    struct span actions[3], data[2], scopes[3];
};

static void
make_draft(struct world *w, struct draft *r)
{
    *r = (struct draft){ 0 };
    r->actions[0] = span_str("Microsoft.KeyVault/vaults/read");
    r->data[0] = span_str(SECRET);
    r->scopes[0] = span_str(SUB);
    r->p.actions = (struct role_list){ r->actions, 1 };
    r->p.data_actions = (struct role_list){ r->data, 1 };
    r->d = (struct role_definition){ .id = world_guid(ID),
                                     .tid = w->tid,
                                     .name = span_str("Contoso DevOps"),
                                     .description = span_str("deploys"),
                                     .permissions = &r->p,
                                     .npermissions = 1,
                                     .scopes = { r->scopes, 1 },
                                     .created = WORLD_NOW,
                                     .updated = WORLD_NOW,
                                     .created_by = world_guid(ALICE) };
}

static enum access_fault_kind
put(struct world *w, const struct draft *r)
{
    struct access_fault why;
    struct store_write sw;
    bool created;
    enum err e;

    store_write_init(&sw);
    e = role_definition_put(w->rows, w->view, &sw, &r->d, &created, &why);
    if (e == ERR_OK)
        world_commit(w, &sw);
    else
        store_write_release(&sw);
    assert_true(e == ERR_OK || e == ERR_DENIED);
    assert_int_equal(e == ERR_OK, why.kind == FAULT_NONE);
    return why.kind;
}

static enum access_fault_kind
drop(struct world *w, const char *id)
{
    struct guid guid = world_guid(id);
    struct role_definition *d;
    struct access_fault why;
    struct store_write sw;
    enum err e;

    assert_int_equal(role_definition_load(w->rows, w->view, &w->tid, &guid, &d), ERR_OK);
    store_write_init(&sw);
    e = role_definition_delete(w->rows, w->view, &sw, d, &why);
    if (e == ERR_OK)
        world_commit(w, &sw);
    else
        store_write_release(&sw);
    role_definition_free(d);
    return e == ERR_OK ? FAULT_NONE : why.kind;
}

static int
set_up(void **state)
{
    struct world *w = world_open();
    struct store_write sw;

    store_write_init(&sw);
    founding_put(w->rows, &sw, &w->tid, WORLD_NOW);
    world_commit(w, &sw);
    *state = w;
    return 0;
}

static int
tear_down(void **state)
{
    world_close(*state);
    return 0;
}

static void
role_is_stored_found_changed_and_deleted(void **state)
{
    struct world *w = *state;
    struct guid id = world_guid(ID);
    struct role_definition *d;
    struct draft r;

    make_draft(w, &r);
    assert_int_equal(put(w, &r), FAULT_NONE);
    assert_int_equal(
        role_definition_find(w->rows, w->view, &w->tid, span_str("contoso DEVOPS"), &d),
        ERR_OK);
    assert_string_equal(d->id.text, ID);
    assert_true(span_is_str(d->permissions[0].data_actions.at[0], SECRET));
    assert_true(span_is_str(d->scopes.at[0], SUB));
    assert_false(d->built_in);
    role_definition_free(d);

    r.d.name = span_str("Contoso Operators");
    r.d.updated = WORLD_NOW + 5;
    r.d.created = 7;
    assert_int_equal(put(w, &r), FAULT_NONE);
    assert_int_equal(
        role_definition_find(w->rows, w->view, &w->tid, span_str("Contoso DevOps"), &d),
        ERR_NOT_FOUND);
    assert_int_equal(role_definition_load(w->rows, w->view, &w->tid, &id, &d), ERR_OK);
    assert_true(span_is_str(d->name, "Contoso Operators"));
    assert_int_equal(d->created, WORLD_NOW); /* kept */
    assert_int_equal(d->updated, WORLD_NOW + 5);
    role_definition_free(d);
    assert_int_equal(drop(w, ID), FAULT_NONE);
    assert_int_equal(role_definition_load(w->rows, w->view, &w->tid, &id, &d), ERR_NOT_FOUND);
    assert_int_equal(
        role_definition_find(w->rows, w->view, &w->tid, span_str("Contoso Operators"), &d),
        ERR_NOT_FOUND);
}

static void
built_in_roles_are_found_in_the_same_shape_and_stay_as_they_are(void **state)
{
    struct world *w = *state;
    struct role_definition *d;
    struct draft r;

    for (size_t i = 0; role_at(i) != NULL; i++) {
        assert_int_equal(
            role_definition_find(w->rows, w->view, &w->tid, span_str(role_at(i)->name), &d),
            ERR_OK);
        assert_true(d->built_in);
        assert_string_equal(d->id.text, role_at(i)->guid);
        role_definition_free(d);
        make_draft(w, &r);
        r.d.id = world_guid(role_at(i)->guid);
        assert_int_equal(put(w, &r), FAULT_BUILT_IN);
        assert_int_equal(drop(w, role_at(i)->guid), FAULT_BUILT_IN);
    }
}

static void
names_that_fold_together_are_one_name(void **state)
{
    static const char *const taken[] = { "Owner", "OWNER", "key vault ADMINISTRATOR",
                                         "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
                                         "contoso devops" };
    struct world *w = *state;
    struct role_definition *d;
    struct draft r;

    make_draft(w, &r);
    assert_int_equal(put(w, &r), FAULT_NONE);
    r.d.id = world_guid(ID2);
    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
        r.d.name = span_str(taken[i]);
        assert_int_equal(put(w, &r), FAULT_NAME_TAKEN);
    }
    /* A Kelvin sign is no K and a dotless i no i, whatever a locale thinks. */
    r.d.name = span_str("\xe2\x84\xaa"
                        "ey Vault Adm\xc4\xb1nistrator");
    assert_int_equal(put(w, &r), FAULT_NONE);
    assert_int_equal(role_definition_find(w->rows, w->view, &w->tid,
                                          span_str("Key Vault Administrator"), &d),
                     ERR_OK);
    assert_true(d->built_in);
    role_definition_free(d);
}

static void
what_azure_refuses_is_refused(void **state)
{
    static const struct {
        const char *action;
        bool data;
        enum access_fault_kind want;
    } actions[] = {
        { "*", false, FAULT_NONE },
        { "*/read", false, FAULT_NONE },
        { "Microsoft.KeyVault/*/read", false, FAULT_NONE },
        { "Microsoft.Anything/x/read", false, FAULT_NONE },
        { "Microsoft.KeyVault/vaults/keys/read", true, FAULT_NONE },
        { "Microsoft.KeyVault/vaults/keys/read", false, FAULT_NONE },
        { "Microsoft.KeyVault/*/secrets/*", false, FAULT_BAD_ACTION },
        { "Microsoft.KeyVault/vaults/raed", false, FAULT_BAD_ACTION },
        { SECRET, false, FAULT_BAD_ACTION },
        { "Microsoft.KeyVault/vaults/write", true, FAULT_BAD_ACTION },
        { "", false, FAULT_BAD_ACTION },
        { "read", false, FAULT_BAD_ACTION },
        { "/read", false, FAULT_BAD_ACTION },
        { "Microsoft.KeyVault//read", false, FAULT_BAD_ACTION },
        { "Microsoft.KeyVault/vaults/read ", false, FAULT_BAD_ACTION },
        { "Microsoft.KeyVault/vaults/?ead", false, FAULT_BAD_ACTION },
    };
    struct world *w = *state;
    struct draft r;

    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
        make_draft(w, &r);
        (actions[i].data ? r.data : r.actions)[0] = span_str(actions[i].action);
        if (put(w, &r) != actions[i].want)
            fail_msg("%s", actions[i].action);
        make_draft(w, &r); /* what is taken away is looked at as closely */
        r.actions[1] = span_str(actions[i].action);
        *(actions[i].data ? &r.p.not_data_actions : &r.p.not_actions) =
            (struct role_list){ &r.actions[1], 1 };
        if (put(w, &r) != actions[i].want)
            fail_msg("not %s", actions[i].action);
    }
}

static void
names_scopes_and_conditions_have_bounds(void **state)
{
    static const char *const scopes[] = {
        "/", "*", "", "/subscriptions/*", SUB "/resourceGroups", MG "nowhere"
    };
    static const char *const names[] = { "", " x", "x ", "x\ny\x01", "\x7f" };
    struct world *w = *state;
    struct draft r;
    struct buf b;

    for (size_t i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++) {
        make_draft(w, &r);
        r.scopes[0] = span_str(scopes[i]);
        assert_int_equal(put(w, &r), FAULT_BAD_SCOPE);
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        make_draft(w, &r);
        r.d.name = span_str(names[i]);
        assert_int_equal(put(w, &r), FAULT_BAD_NAME);
    }
    make_draft(w, &r);
    buf_init(&b, 8192);
    for (int i = 0; i <= MAX_ROLE_NAME; i++)
        buf_put_byte(&b, 'n');
    r.d.name = buf_span(&b);
    assert_int_equal(put(w, &r), FAULT_BAD_NAME);
    r.d.name = span_head(buf_span(&b), MAX_ROLE_NAME);
    r.p.condition = span_str("ActionMatches{'x'");
    assert_int_equal(put(w, &r), FAULT_BAD_CONDITION);
    r.p.condition = (struct span){ 0 };
    r.d.scopes.n = 0;
    assert_int_equal(put(w, &r), FAULT_EMPTY);
    r.d.scopes.n = 1;
    r.p.actions.n = r.p.data_actions.n = 0;
    assert_int_equal(put(w, &r), FAULT_EMPTY);
    r.p.actions.n = 1;
    assert_int_equal(put(w, &r), FAULT_NONE);
    buf_release(&b);
}

static void
lists_are_bounded(void **state)
{
    struct span *many = calloc(MAX_ASSIGNABLE_SCOPES + 1, sizeof(*many));
    struct world *w = *state;
    struct draft r;

    assert_non_null(many);
    for (int i = 0; i <= MAX_ASSIGNABLE_SCOPES; i++)
        many[i] = span_str("Microsoft.Anything/read");
    make_draft(w, &r);
    r.p.actions = (struct role_list){ many, MAX_ROLE_LIST + 1 };
    assert_int_equal(put(w, &r), FAULT_TOO_MANY);
    r.p.actions.n = MAX_ROLE_LIST;
    assert_int_equal(put(w, &r), FAULT_NONE);
    for (int i = 0; i <= MAX_ASSIGNABLE_SCOPES; i++)
        many[i] = span_str(SUB);
    make_draft(w, &r);
    r.d.scopes = (struct role_list){ many, MAX_ASSIGNABLE_SCOPES + 1 };
    assert_int_equal(put(w, &r), FAULT_TOO_MANY);
    free(many);
}

static void
data_actions_do_not_go_with_management_groups(void **state)
{
    struct world *w = *state;
    struct draft r;

    make_draft(w, &r);
    r.scopes[0] = span_str(MG WORLD_TENANT);
    assert_int_equal(put(w, &r), FAULT_DATA_AT_GROUP);
    r.p.data_actions.n = 0;
    assert_int_equal(put(w, &r), FAULT_NONE);
    r.scopes[1] = span_str(MG WORLD_TENANT);
    r.d.scopes.n = 2;
    assert_int_equal(put(w, &r), FAULT_BAD_SCOPE); /* one is enough */
}

static void
deleted_role_does_not_come_back_for_those_who_had_it(void **state)
{
    struct world *w = *state;
    struct assignment a = { .id = guid_new(),
                            .tid = w->tid,
                            .principal = world_guid(ALICE),
                            .kind = ASSIGNEE_USER,
                            .role = world_guid(ID),
                            .scope = "/" };
    struct store_write sw;
    struct row_key k;
    struct draft r;

    make_draft(w, &r);
    assert_int_equal(put(w, &r), FAULT_NONE);
    store_write_init(&sw);
    assignment_store(w->rows, &sw, &a);
    world_commit(w, &sw);
    assert_int_equal(drop(w, ID), FAULT_IN_USE);
    store_write_init(&sw); /* a race: deleted though it was assigned meanwhile */
    store_write_delete(&sw, row_key_make(&k, "rd", WORLD_TENANT, ID, NULL));
    world_commit(w, &sw);
    r.d.name = span_str("Reborn");
    assert_int_equal(put(w, &r), FAULT_ID_TAKEN);
    store_write_init(&sw);
    assignment_delete(&sw, &a);
    world_commit(w, &sw);
    assert_int_equal(put(w, &r), FAULT_NONE);
}

static void
roles_of_another_tenant_are_not_there(void **state)
{
    struct world *w = *state;
    struct guid other = world_guid(OTHER), id = world_guid(ID);
    struct role_definition *d;
    struct draft r;

    make_draft(w, &r);
    assert_int_equal(put(w, &r), FAULT_NONE);
    assert_int_equal(role_definition_load(w->rows, w->view, &other, &id, &d), ERR_NOT_FOUND);
    assert_int_equal(role_definition_find(w->rows, w->view, &other, r.d.name, &d),
                     ERR_NOT_FOUND);
    r.d.tid = other; /* and its subscriptions are no assignable scopes there */
    assert_int_equal(put(w, &r), FAULT_BAD_SCOPE);
}

static void
role_is_assignable_at_and_below_its_scopes(void **state)
{
    struct world *w = *state;
    struct guid id = world_guid(ID);
    struct role_definition *d;
    struct scope s;
    struct draft r;
    bool yes;

    make_draft(w, &r);
    assert_int_equal(put(w, &r), FAULT_NONE);
    assert_int_equal(role_definition_load(w->rows, w->view, &w->tid, &id, &d), ERR_OK);
    assert_int_equal(scope_parse(span_str(SUB "/resourceGroups/x"), &s), ERR_OK);
    assert_int_equal(role_definition_is_assignable(w->rows, w->view, d, &w->tid, &s, &yes),
                     ERR_OK);
    assert_true(yes);
    assert_int_equal(scope_parse(span_str("/"), &s), ERR_OK);
    assert_int_equal(role_definition_is_assignable(w->rows, w->view, d, &w->tid, &s, &yes),
                     ERR_OK);
    assert_false(yes);
    role_definition_free(d);
}

int
main(void)
{
#define TEST(x) cmocka_unit_test_setup_teardown(x, set_up, tear_down)
    static const struct CMUnitTest tests[] = {
        TEST(role_is_stored_found_changed_and_deleted),
        TEST(built_in_roles_are_found_in_the_same_shape_and_stay_as_they_are),
        TEST(names_that_fold_together_are_one_name),
        TEST(what_azure_refuses_is_refused),
        TEST(names_scopes_and_conditions_have_bounds),
        TEST(lists_are_bounded),
        TEST(data_actions_do_not_go_with_management_groups),
        TEST(deleted_role_does_not_come_back_for_those_who_had_it),
        TEST(roles_of_another_tenant_are_not_there),
        TEST(role_is_assignable_at_and_below_its_scopes),
    };

    return cmocka_run_group_tests_name("auth/role_definition", tests, NULL, NULL);
}
