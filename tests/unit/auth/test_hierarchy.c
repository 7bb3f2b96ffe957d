/* SPDX-License-Identifier: Apache-2.0 */
/* The tree of a tenant at once; its limits; who comes while his parent goes. */
#include "auth/hierarchy.h"

#include "auth/founding.h"
#include "codec/pack.h"
#include "vault/place.h"
#include "world.h"

#define OTHER "33333333-3333-4333-8333-333333333333"
#define SUB_1 "22222222-2222-4222-8222-000000000001"
#define SUB_2 "22222222-2222-4222-8222-000000000002"
#define SUB_3 "22222222-2222-4222-8222-000000000003"

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

static struct management_group
group_of(struct world *w, const char *tid, const char *id, const char *parent)
{
    struct management_group g = { .tid = world_guid(tid) };
    struct guid t = g.tid;

    if (management_group_load(w->rows, w->view, &t, span_str(id), &g) != ERR_OK)
        g = (struct management_group){ .tid = t };
    (void)snprintf(g.id, sizeof(g.id), "%s", id);
    (void)snprintf(g.name, sizeof(g.name), "name of %s", id);
    (void)snprintf(g.parent, sizeof(g.parent), "%s", parent);
    return g;
}

static void
put(struct world *w, const char *tid, const char *id, const char *parent)
{
    struct management_group g = group_of(w, tid, id, parent);
    struct access_fault why;
    struct store_write sw;

    store_write_init(&sw);
    assert_int_equal(management_group_put(w->rows, w->view, &sw, &g, &why), ERR_OK);
    world_commit(w, &sw);
}

static void
put_subscription(struct world *w, const char *id, const char *tid)
{
    struct place p = { .subscription = world_guid(id), .tenant = world_guid(tid) };
    struct store_write sw;

    (void)snprintf(p.name, sizeof(p.name), "subscription %s", id);
    store_write_init(&sw);
    place_store(w->rows, &sw, &p, false, 0);
    world_commit(w, &sw);
}

static void
compose_home(struct world *w, struct store_write *sw, const char *id, const char *group)
{
    struct subscription_home home = { .subscription = world_guid(id), .tid = w->tid };
    struct access_fault why;

    (void)snprintf(home.group, sizeof(home.group), "%s", group);
    assert_int_equal(subscription_home_put(w->rows, w->view, sw, &home, &why), ERR_OK);
}

static void
tree_is_laid_out_depth_first_and_in_order(void **state)
{
    static const struct {
        const char *id;
        unsigned parent, end, level, children, groups;
    } want[] = {
        { WORLD_TENANT, 0, 7, 0, 3, 2 }, { "A", 0, 5, 1, 2, 1 },   { "aa", 1, 4, 2, 1, 0 },
        { SUB_1, 2, 4, 3, 0, 0 },        { SUB_3, 1, 5, 2, 0, 0 }, { "b", 0, 6, 1, 0, 0 },
        { SUB_2, 0, 7, 1, 0, 0 },
    };
    struct world *w = *state;
    struct store_write sw;
    struct hierarchy h;
    char id[HIERARCHY_ID_MAX];

    put(w, WORLD_TENANT, "b", "");
    put(w, WORLD_TENANT, "A", "");
    put(w, WORLD_TENANT, "aa", "a");
    put_subscription(w, SUB_1, WORLD_TENANT);
    put_subscription(w, SUB_2, WORLD_TENANT); /* without a home: below the root group */
    put_subscription(w, SUB_3, WORLD_TENANT);
    store_write_init(&sw);
    compose_home(w, &sw, SUB_1, "AA");
    compose_home(w, &sw, SUB_3, "a");
    world_commit(w, &sw);
    assert_int_equal(hierarchy_load(w->rows, w->view, &w->tid, &h), ERR_OK);
    assert_int_equal(h.n, sizeof(want) / sizeof(want[0]));
    for (unsigned i = 0; i < h.n; i++) {
        assert_string_equal(h.nodes[i].id, want[i].id);
        assert_int_equal(h.nodes[i].parent, want[i].parent);
        assert_int_equal(h.nodes[i].end, want[i].end);
        assert_int_equal(h.nodes[i].level, want[i].level);
        assert_int_equal(h.nodes[i].children, want[i].children);
        assert_int_equal(h.nodes[i].child_groups, want[i].groups);
    }
    assert_int_equal(hierarchy_find(&h, span_str("AA")), 2);
    assert_int_equal(hierarchy_find(&h, span_str(SUB_1)), HIERARCHY_NONE);
    hierarchy_put_id(&h.nodes[1], id);
    assert_string_equal(id, "/providers/Microsoft.Management/managementGroups/A");
    hierarchy_put_id(&h.nodes[3], id);
    assert_string_equal(id, "/subscriptions/" SUB_1);
    hierarchy_release(&h);
}

static void
each_tenant_has_a_tree_of_its_own(void **state)
{
    struct world *w = *state;
    struct guid other = world_guid(OTHER);
    struct hierarchy h;

    put(w, WORLD_TENANT, "same", "");
    put(w, OTHER, "same", "");
    put(w, OTHER, "theirs", "same");
    put_subscription(w, SUB_1, OTHER);
    assert_int_equal(hierarchy_load(w->rows, w->view, &w->tid, &h), ERR_OK);
    assert_int_equal(h.n, 2);
    hierarchy_release(&h);
    assert_int_equal(hierarchy_load(w->rows, w->view, &other, &h), ERR_OK);
    assert_int_equal(h.n, 4);
    assert_string_equal(h.nodes[0].id, OTHER);
    assert_string_equal(h.nodes[3].id, SUB_1);
    hierarchy_release(&h);
}

/* A row that points anywhere, which the tree itself would not write. */
static void
put_raw(struct world *w, const char *id, const char *parent)
{
    struct row_key k;
    struct store_write sw;
    struct buf b;

    buf_init(&b, 512);
    pack_u8(sink_buf(&b), 1);
    pack_str(sink_buf(&b), id);
    pack_str(sink_buf(&b), id);
    pack_str(sink_buf(&b), parent);
    pack_i64(sink_buf(&b), 0);
    pack_i64(sink_buf(&b), 0);
    pack_str(sink_buf(&b), "");
    pack_u32(sink_buf(&b), 1);
    store_write_init(&sw);
    row_put_buf(w->rows, &sw, row_key_make(&k, "mg", WORLD_TENANT, id, NULL), &b);
    world_commit(w, &sw);
}

static void
group_whose_parent_is_gone_stands_below_the_root(void **state)
{
    struct world *w = *state;
    struct hierarchy h;

    put_raw(w, "a", "nowhere");
    assert_int_equal(hierarchy_load(w->rows, w->view, &w->tid, &h), ERR_OK);
    assert_int_equal(h.n, 2);
    assert_int_equal(h.nodes[1].parent, 0);
    hierarchy_release(&h);
}

static void
circle_is_an_error(void **state)
{
    struct world *w = *state;
    struct hierarchy h;

    put_raw(w, "a", "b");
    put_raw(w, "b", "a");
    assert_int_equal(hierarchy_load(w->rows, w->view, &w->tid, &h), ERR_FORMAT);
    hierarchy_release(&h);
}

static void
tree_that_is_too_deep_is_an_error(void **state)
{
    struct world *w = *state;
    char id[2] = "a", parent[2] = "";
    struct hierarchy h;

    for (; id[0] <= 'h'; id[0]++) {
        put_raw(w, id, parent[0] == '\0' ? WORLD_TENANT : parent);
        parent[0] = id[0];
    }
    assert_int_equal(hierarchy_load(w->rows, w->view, &w->tid, &h), ERR_FORMAT);
    hierarchy_release(&h);
}

static void
tenant_has_at_most_ten_thousand_groups(void **state)
{
    struct world *w = *state;
    struct management_group g;
    struct access_fault why;
    struct store_write sw;
    struct row_key k;

    store_write_init(&sw);
    for (unsigned i = 0; i < MAX_MG_OF_TENANT; i++) {
        char id[16];

        (void)snprintf(id, sizeof(id), "n%u", i);
        row_put(w->rows, &sw, row_key_make(&k, "mg", WORLD_TENANT, id, NULL), span_str("x"));
        if (i % 500 == 499) {
            world_commit(w, &sw);
            store_write_init(&sw);
        }
    }
    store_write_release(&sw);
    g = group_of(w, WORLD_TENANT, "more", "");
    store_write_init(&sw);
    assert_int_equal(management_group_put(w->rows, w->view, &sw, &g, &why), ERR_DENIED);
    assert_int_equal(why.kind, FAULT_TOO_MANY);
    store_write_release(&sw);
    put(w, OTHER, "more", "");
}

/* ------------------------------------------------------- meetings of two writes */

enum comer { COMES_GROUP, COMES_SUBSCRIPTION, COMES_THING, COMER__MAX };

static void
compose_comer(struct world *w, struct store_write *sw, enum comer what)
{
    struct management_group g = group_of(w, WORLD_TENANT, "child", "top");
    struct access_fault why;
    struct row_key k;

    if (what == COMES_GROUP) {
        assert_int_equal(management_group_put(w->rows, w->view, sw, &g, &why), ERR_OK);
    } else if (what == COMES_SUBSCRIPTION) {
        compose_home(w, sw, SUB_1, "top");
    } else { /* as auth/assignment_put.c does */
        g = group_of(w, WORLD_TENANT, "top", "");
        store_write_expect(sw, row_key_make(&k, "mg", WORLD_TENANT, "top", NULL), g.revision);
        management_group_touch(w->rows, sw, &w->tid, span_str("TOP"));
    }
}

static void
meet(struct world *w, enum comer what, bool comer_first)
{
    struct store_item items[2] = { 0 };
    struct store_write comes, goes;
    struct management_group g;
    struct access_fault why;

    put(w, WORLD_TENANT, "top", "");
    store_write_init(&comes);
    store_write_init(&goes);
    compose_comer(w, &comes, what);
    g = group_of(w, WORLD_TENANT, "top", WORLD_TENANT);
    assert_int_equal(management_group_delete(w->rows, w->view, &goes, &g, &why), ERR_OK);
    items[comer_first ? 0 : 1].packed = buf_span(&comes.bytes);
    items[comer_first ? 1 : 0].packed = buf_span(&goes.bytes);
    assert_int_equal(store_commit(w->store, items, 2), ERR_OK);
    assert_int_equal(items[0].result, ERR_OK);
    assert_int_equal(items[1].result, ERR_CONFLICT);
    store_write_release(&comes);
    store_write_release(&goes);
}

static void
what_comes_below_a_group_excludes_its_end(void **state)
{
    for (int what = 0; what < COMER__MAX; what++)
        for (int first = 0; first < 2; first++) {
            struct world *w;

            (void)tear_down(state);
            (void)set_up(state);
            w = *state;
            put_subscription(w, SUB_1, WORLD_TENANT);
            meet(w, (enum comer)what, first == 1);
        }
}

static void
another_tenants_group_of_that_id_is_no_matter(void **state)
{
    struct world *w = *state;
    struct store_item items[2] = { 0 };
    struct store_write comes, goes;
    struct management_group child, g;
    struct access_fault why;

    put(w, WORLD_TENANT, "top", "");
    put(w, OTHER, "top", "");
    store_write_init(&comes);
    store_write_init(&goes);
    child = group_of(w, OTHER, "child", "top");
    assert_int_equal(management_group_put(w->rows, w->view, &comes, &child, &why), ERR_OK);
    g = group_of(w, WORLD_TENANT, "top", WORLD_TENANT);
    assert_int_equal(management_group_delete(w->rows, w->view, &goes, &g, &why), ERR_OK);
    items[0].packed = buf_span(&comes.bytes);
    items[1].packed = buf_span(&goes.bytes);
    assert_int_equal(store_commit(w->store, items, 2), ERR_OK);
    assert_int_equal(items[0].result, ERR_OK);
    assert_int_equal(items[1].result, ERR_OK);
    store_write_release(&comes);
    store_write_release(&goes);
}

static void
settings_are_kept_for_each_tenant(void **state)
{
    struct world *w = *state;
    struct guid other = world_guid(OTHER);
    struct hierarchy_settings s = { .tid = w->tid, .default_group = "a", .updated = 7 }, got;
    struct store_write sw;

    assert_int_equal(hierarchy_settings_load(w->rows, w->view, &w->tid, &got), ERR_NOT_FOUND);
    store_write_init(&sw);
    hierarchy_settings_store(w->rows, &sw, &s);
    world_commit(w, &sw);
    assert_int_equal(hierarchy_settings_load(w->rows, w->view, &w->tid, &got), ERR_OK);
    assert_string_equal(got.default_group, "a");
    assert_int_equal(got.updated, 7);
    assert_int_equal(hierarchy_settings_load(w->rows, w->view, &other, &got), ERR_NOT_FOUND);
    assert_int_equal(hierarchy_settings_load(w->rows, w->view, &w->tid, &got), ERR_OK);
    store_write_init(&sw);
    hierarchy_settings_drop(&sw, &got);
    world_commit(w, &sw);
    assert_int_equal(hierarchy_settings_load(w->rows, w->view, &w->tid, &got), ERR_NOT_FOUND);
}

int
main(void)
{
#define TEST(x) cmocka_unit_test_setup_teardown(x, set_up, tear_down)
    static const struct CMUnitTest tests[] = {
        TEST(tree_is_laid_out_depth_first_and_in_order),
        TEST(each_tenant_has_a_tree_of_its_own),
        TEST(group_whose_parent_is_gone_stands_below_the_root),
        TEST(circle_is_an_error),
        TEST(tree_that_is_too_deep_is_an_error),
        TEST(tenant_has_at_most_ten_thousand_groups),
        TEST(what_comes_below_a_group_excludes_its_end),
        TEST(another_tenants_group_of_that_id_is_no_matter),
        TEST(settings_are_kept_for_each_tenant),
    };

    return cmocka_run_group_tests_name("auth/hierarchy", tests, NULL, NULL);
}
