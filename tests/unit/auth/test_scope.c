/* SPDX-License-Identifier: Apache-2.0 */
/* Ids as scopes: one spelling, known shapes, whole segments; and the tree above subscriptions.
 */
#include "auth/scope.h"

#include "auth/founding.h"
#include "auth/scope_tree.h"
#include "vault/place.h"
#include "world.h"

#define SUB_ID "22222222-2222-4222-8222-222222222222"
#define SUB    "/subscriptions/" SUB_ID
#define RG     SUB "/resourcegroups/rg1"
#define VAULT  RG "/providers/microsoft.keyvault/vaults/kv1"
#define MG     "/providers/microsoft.management/managementgroups/"
#define OTHER  "33333333-3333-4333-8333-333333333333"

static void
ids_have_one_form_and_a_kind(void **state)
{
    static const struct {
        const char *in, *want; /* NULL: no scope */
        enum scope_kind kind;
        unsigned depth;
    } rows[] = {
        { "/", "/", SCOPE_ROOT, 0 },
        { "//", "/", SCOPE_ROOT, 0 },
        { "/Providers/Microsoft.Management/ManagementGroups/Team-A", MG "team-a",
          SCOPE_MANAGEMENT_GROUP, 1 },
        { MG "a/subscriptions/22222222-2222-4222-8222-222222222222",
          MG "a/subscriptions/22222222-2222-4222-8222-222222222222", SCOPE_RESOURCE, 2 },
        { "/SUBSCRIPTIONS/22222222-2222-4222-8222-222222222222/", SUB, SCOPE_SUBSCRIPTION, 1 },
        { SUB "/resourceGroups/RG1", RG, SCOPE_RESOURCE_GROUP, 2 },
        { RG "/providers/Microsoft.KeyVault//vaults/KV1", VAULT, SCOPE_RESOURCE, 3 },
        { VAULT "/secrets/S1", VAULT "/secrets/s1", SCOPE_OBJECT, 4 },
        { VAULT "/keys/k", VAULT "/keys/k", SCOPE_OBJECT, 4 },
        { VAULT "/accesspolicies/add", VAULT "/accesspolicies/add", SCOPE_RESOURCE, 4 },
        { VAULT "/secrets/s/versions/v", VAULT "/secrets/s/versions/v", SCOPE_RESOURCE, 5 },
        { VAULT "/providers/microsoft.authorization/locks/l",
          VAULT "/providers/microsoft.authorization/locks/l", SCOPE_RESOURCE, 4 },
        { SUB "/providers/a.b/c/d", SUB "/providers/a.b/c/d", SCOPE_RESOURCE, 2 },
        { "/providers/a.b/c/d", "/providers/a.b/c/d", SCOPE_RESOURCE, 1 },
        { RG "/providers/a.b/c/providers", RG "/providers/a.b/c/providers", SCOPE_RESOURCE, 3 },
        { "", NULL, SCOPE_ROOT, 0 },
        { "subscriptions/22222222-2222-4222-8222-222222222222", NULL, SCOPE_ROOT, 0 },
        { "/subscriptions", NULL, SCOPE_ROOT, 0 },
        { "/subscriptions/all", NULL, SCOPE_ROOT, 0 },
        { SUB "/resourcegroups", NULL, SCOPE_ROOT, 0 },
        { SUB "/resourcegroups/..", NULL, SCOPE_ROOT, 0 },
        { SUB "/resourcegroups/rg.", NULL, SCOPE_ROOT, 0 },
        { SUB "/resourcegroups/r g", NULL, SCOPE_ROOT, 0 },
        { SUB "/resourcegroups/r%31", NULL, SCOPE_ROOT, 0 },
        { SUB "/resourcegroups/*", NULL, SCOPE_ROOT, 0 },
        { SUB "/resourcegroups/r\xc3\xa4", NULL, SCOPE_ROOT, 0 },
        { RG "/other", NULL, SCOPE_ROOT, 0 },
        /* What cannot be read is not the end of what can. */
        { RG "/%2e%2e", NULL, SCOPE_ROOT, 0 },
        { RG "/..", NULL, SCOPE_ROOT, 0 },
        { SUB "/..", NULL, SCOPE_ROOT, 0 },
        { SUB "/a b", NULL, SCOPE_ROOT, 0 },
        { VAULT "/..", NULL, SCOPE_ROOT, 0 },
        { VAULT "/\xc3\xa4/x", NULL, SCOPE_ROOT, 0 },
        { "/..", NULL, SCOPE_ROOT, 0 },
        { MG "a/..", NULL, SCOPE_ROOT, 0 },
        { RG "/providers/microsoft.keyvault", NULL, SCOPE_ROOT, 0 },
        { RG "/providers/microsoft.keyvault/vaults", NULL, SCOPE_ROOT, 0 },
        { VAULT "/secrets", NULL, SCOPE_ROOT, 0 },
        { VAULT "/secrets/.", NULL, SCOPE_ROOT, 0 },
        { VAULT "/secrets/a:b", NULL, SCOPE_ROOT, 0 },
        { VAULT "/providers", NULL, SCOPE_ROOT, 0 },
        { MG "a.", NULL, SCOPE_ROOT, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct scope s;
        enum err e = scope_parse(span_str(rows[i].in), &s);

        if ((e == ERR_OK) != (rows[i].want != NULL) || s.kind != rows[i].kind ||
            s.depth != rows[i].depth || strcmp(s.text, rows[i].want ? rows[i].want : "") != 0)
            fail_msg("%s: %s", rows[i].in, s.text);
    }
}

static void
what_is_no_scope_covers_nothing(void **state)
{
    struct scope s;

    (void)state;
    assert_int_equal(scope_parse(span_str("/subscriptions/x"), &s), ERR_ARG);
    assert_false(scope_covers(scope_span(&s), span_str(VAULT)));
    assert_false(scope_covers(span_str("/"), scope_span(&s)));
}

static void
object_is_what_its_whole_id_says(void **state)
{
    static const char *const kinds[] = { "secrets", "keys", "certificates" };
    static const char *const names[] = {
        "a", "Mixed-Case-1", "x.y", "a b", "a%20", "\xc3\xa4"
    };
    struct scope vault;

    (void)state;
    assert_int_equal(scope_parse(span_str(VAULT), &vault), ERR_OK);
    for (size_t i = 0; i < 18; i++) {
        const char *kind = kinds[i % 3], *name = names[i / 3];
        struct scope s, whole;
        char id[400];
        enum err e;

        (void)snprintf(id, sizeof(id), "%s/%s/%s", VAULT, kind, name);
        e = scope_parse(span_str(id), &whole);
        assert_int_equal(scope_of_object(&vault, kind, span_str(name), &s), e);
        assert_int_equal(s.kind, whole.kind);
        assert_int_equal(s.depth, whole.depth);
        assert_memory_equal(s.ends, whole.ends, whole.depth * sizeof(whole.ends[0]));
        assert_string_equal(s.text, whole.text);
        assert_string_equal(s.group, whole.group);
        assert_string_equal(s.subscription.text, whole.subscription.text);
        assert_true(scope_covers(scope_span(&vault), scope_span(&s)) == (e == ERR_OK));
    }
}

static void
what_is_no_object_is_refused(void **state)
{
    static const char *const names[] = { "", "a/b", "/a", "a/", "/", "..", "." };
    static const char *const parents[] = {
        "/", "/subscriptions/00000000-0000-0000-0000-000000000001",
        "/subscriptions/00000000-0000-0000-0000-000000000001/resourcegroups/vaults",
        VAULT "/secrets/a", "/providers/microsoft.management/managementgroups/vaults"
    };
    struct scope vault, s;

    (void)state;
    assert_int_equal(scope_parse(span_str(VAULT), &vault), ERR_OK);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_int_equal(scope_of_object(&vault, "secrets", span_str(names[i]), &s), ERR_ARG);
        assert_false(scope_covers(scope_span(&vault), scope_span(&s)));
    }
    assert_int_equal(scope_of_object(&vault, "storage", span_str("a"), &s), ERR_ARG);
    assert_int_equal(scope_of_object(&vault, "", span_str("a"), &s), ERR_ARG);
    for (size_t i = 0; i < sizeof(parents) / sizeof(parents[0]); i++) {
        assert_int_equal(scope_parse(span_str(parents[i]), &vault), ERR_OK);
        assert_int_equal(scope_of_object(&vault, "secrets", span_str("a"), &s), ERR_ARG);
    }
}

static void
parents_lead_to_the_root(void **state)
{
    static const char *const up[] = { VAULT, RG, SUB, "/", "/" };
    struct scope s;

    (void)state;
    assert_int_equal(scope_parse(span_str(VAULT "/secrets/s1"), &s), ERR_OK);
    assert_true(span_is_str(scope_name(&s), "s1"));
    for (size_t i = 0; i < sizeof(up) / sizeof(up[0]); i++) {
        struct scope parent;

        scope_parent(&s, &parent);
        assert_string_equal(parent.text, up[i]);
        s = parent;
    }
}

static void
long_and_deep_ids_are_refused(void **state)
{
    struct scope s;
    struct buf b;

    (void)state;
    buf_init(&b, 8192);
    buf_put_str(&b, RG "/providers/a.b");
    for (int i = 0; i < MAX_SCOPE_DEPTH - 2; i++)
        buf_put_str(&b, "/t/n");
    assert_int_equal(scope_parse(buf_span(&b), &s), ERR_OK);
    buf_put_str(&b, "/t/n");
    assert_int_equal(scope_parse(buf_span(&b), &s), ERR_ARG);
    buf_clear(&b);
    buf_put_fmt(&b, RG "/providers/a.b/c/%0*d", MAX_SCOPE_NAME, 0);
    assert_int_equal(scope_parse(buf_span(&b), &s), ERR_OK);
    buf_put_str(&b, "0");
    assert_int_equal(scope_parse(buf_span(&b), &s), ERR_ARG);
    buf_release(&b);
}

/* ------------------------------------------------------------------- the tree */

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

static enum err
put(struct world *w, const char *id, const char *parent, struct access_fault *why)
{
    struct management_group g;
    struct store_write sw;
    enum err e;

    if (management_group_load(w->rows, w->view, &w->tid, span_str(id), &g) != ERR_OK)
        g = (struct management_group){ .tid = w->tid };
    (void)snprintf(g.id, sizeof(g.id), "%s", id);
    (void)snprintf(g.name, sizeof(g.name), "name of %s", id);
    (void)snprintf(g.parent, sizeof(g.parent), "%s", parent);
    store_write_init(&sw);
    e = management_group_put(w->rows, w->view, &sw, &g, why);
    if (e == ERR_OK)
        world_commit(w, &sw);
    else
        store_write_release(&sw);
    return e;
}

static void
groups_nest_six_levels_and_never_in_a_circle(void **state)
{
    struct world *w = *state;
    struct access_fault why;
    char id[2] = "a", parent[2] = "";

    for (; id[0] <= 'f'; id[0]++) {
        assert_int_equal(put(w, id, parent, &why), ERR_OK);
        parent[0] = id[0];
    }
    assert_int_equal(put(w, "g", "F", &why), ERR_DENIED);
    assert_int_equal(why.kind, FAULT_TOO_DEEP);
    assert_int_equal(put(w, "g", "e", &why), ERR_OK);
    assert_int_equal(put(w, "top", "", &why), ERR_OK);
    assert_int_equal(put(w, "a", "TOP", &why), ERR_DENIED); /* what hangs on it counts */
    assert_int_equal(why.kind, FAULT_TOO_DEEP);
    assert_int_equal(put(w, "A", "c", &why), ERR_DENIED);
    assert_int_equal(why.kind, FAULT_CIRCLE);
    assert_int_equal(put(w, "a", "a", &why), ERR_DENIED);
    assert_int_equal(why.kind, FAULT_CIRCLE);
    assert_int_equal(put(w, "x", "nowhere", &why), ERR_DENIED);
    assert_int_equal(why.kind, FAULT_NO_PARENT);
    assert_int_equal(put(w, WORLD_TENANT, "a", &why), ERR_DENIED);
    assert_int_equal(why.kind, FAULT_IS_ROOT);
    assert_int_equal(put(w, "no/good", "", &why), ERR_DENIED);
}

static void
moves_at_the_same_time_make_no_circle(void **state)
{
    struct world *w = *state;
    struct management_group a, b;
    struct store_item items[2] = { 0 };
    struct store_write one, two;
    struct access_fault why;

    assert_int_equal(put(w, "a", "", &why), ERR_OK);
    assert_int_equal(put(w, "b", "", &why), ERR_OK);
    assert_int_equal(management_group_load(w->rows, w->view, &w->tid, span_str("a"), &a),
                     ERR_OK);
    assert_int_equal(management_group_load(w->rows, w->view, &w->tid, span_str("b"), &b),
                     ERR_OK);
    (void)snprintf(a.parent, sizeof(a.parent), "b");
    (void)snprintf(b.parent, sizeof(b.parent), "a");
    store_write_init(&one);
    store_write_init(&two);
    assert_int_equal(management_group_put(w->rows, w->view, &one, &a, &why), ERR_OK);
    assert_int_equal(management_group_put(w->rows, w->view, &two, &b, &why), ERR_OK);
    items[0].packed = buf_span(&one.bytes);
    items[1].packed = buf_span(&two.bytes);
    assert_int_equal(store_commit(w->store, items, 2), ERR_OK);
    assert_int_equal(items[0].result, ERR_OK);
    assert_int_equal(items[1].result, ERR_CONFLICT);
    store_write_release(&one);
    store_write_release(&two);
}

static bool
count_child(void *arg, const char *group, const struct guid *sub)
{
    unsigned *n = arg;

    n[group == NULL]++;
    assert_true((group == NULL) != (sub == NULL));
    return true;
}

static void
group_with_children_stays(void **state)
{
    struct world *w = *state;
    struct subscription_home home = { .subscription = world_guid(SUB_ID), .tid = w->tid };
    struct management_group g;
    struct access_fault why;
    struct store_write sw;
    struct scope_chain chain;
    struct scope s;
    unsigned n[2] = { 0 };

    assert_int_equal(put(w, "Team", "", &why), ERR_OK);
    assert_int_equal(put(w, "sub", "TEAM", &why), ERR_OK);
    (void)snprintf(home.group, sizeof(home.group), "Team");
    store_write_init(&sw);
    assert_int_equal(subscription_home_put(w->rows, w->view, &sw, &home, &why), ERR_OK);
    world_commit(w, &sw);
    assert_int_equal(
        management_group_children(w->rows, w->view, &w->tid, span_str("team"), count_child, n),
        ERR_OK);
    assert_int_equal(n[0], 1);
    assert_int_equal(n[1], 1);
    assert_int_equal(management_group_load(w->rows, w->view, &w->tid, span_str("tEAM"), &g),
                     ERR_OK);
    assert_string_equal(g.id, "Team");
    store_write_init(&sw);
    assert_int_equal(management_group_delete(w->rows, w->view, &sw, &g, &why), ERR_DENIED);
    assert_int_equal(why.kind, FAULT_IN_USE);
    store_write_release(&sw);

    assert_int_equal(scope_parse(span_str(VAULT), &s), ERR_OK);
    assert_int_equal(scope_chain_load(w->rows, w->view, &w->tid, &s, &chain), ERR_OK);
    assert_int_equal(chain.n, 2);
    assert_true(scope_chain_covers(&chain, span_str(MG "team"), &s));
    assert_true(scope_chain_covers(&chain, span_str(MG WORLD_TENANT), &s));
    assert_false(scope_chain_covers(&chain, span_str(MG "tea"), &s));
    assert_false(scope_chain_covers(&chain, span_str(MG "team1"), &s));
    assert_false(scope_chain_covers(&chain, span_str(MG "sub"), &s));
}

static void
subscription_of_another_tenant_cannot_be_taken(void **state)
{
    struct world *w = *state;
    struct place p = { .subscription = world_guid(SUB_ID),
                       .tenant = world_guid(OTHER),
                       .name = "theirs" };
    struct subscription_home home = { .subscription = p.subscription, .tid = w->tid };
    struct scope_chain chain;
    struct access_fault why;
    struct store_write sw;
    struct scope s;

    store_write_init(&sw);
    place_store(w->rows, &sw, &p, false, 0);
    world_commit(w, &sw);
    store_write_init(&sw);
    assert_int_equal(subscription_home_put(w->rows, w->view, &sw, &home, &why), ERR_DENIED);
    store_write_release(&sw);
    assert_int_equal(scope_parse(span_str(VAULT), &s), ERR_OK);
    assert_int_equal(scope_chain_load(w->rows, w->view, &w->tid, &s, &chain), ERR_OK);
    assert_string_equal(chain.tid.text, OTHER);
}

/* Only somebody with the integrity key, or a fault of ours, could write such rows. */
static void
circle_in_the_store_is_an_error_and_no_answer(void **state)
{
    struct world *w = *state;
    struct scope_chain chain;
    struct access_fault why;
    struct store_write sw;
    struct store_row row;
    struct row_key k;
    struct scope s;

    assert_int_equal(put(w, "a", "", &why), ERR_OK);
    assert_int_equal(put(w, "b", "a", &why), ERR_OK);
    assert_int_equal(store_get(w->view, row_key_make(&k, "mg", WORLD_TENANT, "b", NULL), &row),
                     ERR_OK);
    store_write_init(&sw);
    row_put(w->rows, &sw, row_key_make(&k, "mg", WORLD_TENANT, "a", NULL),
            span_head(row.value, row.value.len - ROW_TAG_LEN));
    world_commit(w, &sw);
    assert_int_equal(scope_parse(span_str(MG "b"), &s), ERR_OK);
    assert_int_equal(scope_chain_load(w->rows, w->view, &w->tid, &s, &chain), ERR_FORMAT);
}

int
main(void)
{
#define TEST(x) cmocka_unit_test_setup_teardown(x, set_up, tear_down)
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_have_one_form_and_a_kind),
        cmocka_unit_test(what_is_no_scope_covers_nothing),
        cmocka_unit_test(object_is_what_its_whole_id_says),
        cmocka_unit_test(what_is_no_object_is_refused),
        cmocka_unit_test(parents_lead_to_the_root),
        cmocka_unit_test(long_and_deep_ids_are_refused),
        TEST(groups_nest_six_levels_and_never_in_a_circle),
        TEST(moves_at_the_same_time_make_no_circle),
        TEST(group_with_children_stays),
        TEST(subscription_of_another_tenant_cannot_be_taken),
        TEST(circle_in_the_store_is_an_error_and_no_answer),
    };

    return cmocka_run_group_tests_name("auth/scope", tests, NULL, NULL);
}
