/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine says what a slow, plain evaluator says, on random roles, nested
 * groups, scopes, denials and conditions, while rights change between the
 * questions and subscriptions and management groups move through the tree:
 * with a cache that lives through all changes, and without one.
 *
 * Usage: test_auth_access_property [CASES [SEED]]
 * KEYHOLD_CASES and KEYHOLD_SEED win over both.
 */
#include <stdlib.h>
#include <time.h>

#include "auth/access.h"
#include "auth/assignment.h"
#include "auth/deny.h"
#include "auth/founding.h"
#include "auth/role_definition_int.h"
#include "auth/scope_tree.h"
#include "base/clock.h"
#include "reference.h"
#include "vault/place.h"
#include "world.h"

#define FOREIGN "33333333-3333-4333-8333-333333333333"
enum { QUESTIONS_OF_WORLD = 400, QUESTIONS_BETWEEN = 8, CONDITION_MAX = 4096 };

static unsigned long cases = 10000, seed;

struct rig {
    struct world *w;
    struct ref_world ref;
    struct ref_random random;
    struct access_cache *cache;
    struct guid who[REF_WHO], role[REF_ROLES], assignment[REF_ASSIGNMENTS], deny[REF_DENIES];
    unsigned long asked, allowed, moves;
};

static struct guid
make_guid(unsigned kind, unsigned i)
{
    char text[GUID_LEN + 1];

    (void)snprintf(text, sizeof(text), "%08x-0000-4000-8000-%012x", kind, i);
    return world_guid(text);
}

/* ---------------------------------------------------------- the store's side */

static struct role_list
list_of(const char *const *from, unsigned n, struct span room[static REF_LIST])
{
    for (unsigned i = 0; i < n; i++)
        room[i] = span_str(from[i]);
    return (struct role_list){ room, n };
}

struct permission_room {
    struct role_permission p;
    struct span lists[4][REF_LIST];
    char condition[CONDITION_MAX];
};

static void
permission_of(const struct ref_permissions *from, struct permission_room *r)
{
    r->p.actions = list_of(from->actions, from->n[0], r->lists[0]);
    r->p.not_actions = list_of(from->not_actions, from->n[1], r->lists[1]);
    r->p.data_actions = list_of(from->data, from->n[2], r->lists[2]);
    r->p.not_data_actions = list_of(from->not_data, from->n[3], r->lists[3]);
    ref_write(&from->condition, r->condition, sizeof(r->condition));
    r->p.condition = span_str(r->condition);
}

/* Past the checks: broken conditions and strange actions are what is tested. */
static void
store_role(struct rig *g, struct store_write *sw, unsigned i)
{
    struct permission_room room;
    struct role_list scopes = { 0 };
    struct row_key k;
    struct span key = row_key_make(&k, "rd", g->w->tid.text, g->role[i].text, NULL);
    struct buf b;

    if (!g->ref.role_there[i]) {
        store_write_delete(sw, key);
        return;
    }
    permission_of(&g->ref.roles[i], &room);
    buf_init(&b, 64 * 1024);
    pack_u8(sink_buf(&b), 1);
    pack_str(sink_buf(&b), "role");
    pack_str(sink_buf(&b), "");
    pack_i64(sink_buf(&b), 0);
    pack_i64(sink_buf(&b), 0);
    pack_str(sink_buf(&b), "");
    pack_str(sink_buf(&b), "");
    permissions_pack(sink_buf(&b), &room.p, 1);
    list_pack(sink_buf(&b), &scopes);
    row_put_buf(g->w->rows, sw, key, &b);
}

static void
store_assignment(struct rig *g, struct store_write *sw, unsigned i)
{
    const struct ref_assignment *from = &g->ref.assignments[i];
    char condition[CONDITION_MAX];
    struct assignment a = { .id = g->assignment[i],
                            .tid = from->foreign ? world_guid(FOREIGN) : g->w->tid,
                            .principal = g->who[from->who],
                            .kind = from->who < REF_USERS ? ASSIGNEE_USER : ASSIGNEE_GROUP,
                            .role = g->role[from->role] };

    ref_write(&from->condition, condition, sizeof(condition));
    a.condition = span_str(condition);
    assert_true(assignment_scope_make(span_str(g->ref.scopes[from->scope].text), a.scope));
    if (from->there)
        assignment_store(g->w->rows, sw, &a);
    else
        assignment_delete(sw, &a);
}

static void
pack_people(struct rig *g, struct sink k, const unsigned *who, unsigned n, bool everyone)
{
    pack_u16(k, (uint16_t)(n + (everyone ? 1 : 0)));
    for (unsigned i = 0; i < n; i++) {
        pack_str(k, g->who[who[i]].text);
        pack_u8(k, who[i] < REF_USERS ? ASSIGNEE_USER : ASSIGNEE_GROUP);
    }
    if (everyone) {
        pack_str(k, DENY_EVERYONE);
        pack_u8(k, 0);
    }
}

static void
store_deny(struct rig *g, struct store_write *sw, unsigned i)
{
    const struct ref_deny *from = &g->ref.denies[i];
    char condition[CONDITION_MAX];
    struct permission_room room;
    struct row_key k;
    struct buf b;

    if (!from->there) {
        deny_delete(sw, &g->w->tid, &g->deny[i]);
        return;
    }
    permission_of(&from->permissions, &room);
    ref_write(&from->condition, condition, sizeof(condition));
    buf_init(&b, 64 * 1024);
    pack_u8(sink_buf(&b), 1);
    pack_str(sink_buf(&b), g->ref.scopes[from->scope].text);
    pack_u8(sink_buf(&b), from->not_below ? 1 : 0);
    pack_str(sink_buf(&b), "deny");
    pack_str(sink_buf(&b), "");
    pack_str(sink_buf(&b), condition);
    pack_i64(sink_buf(&b), 0);
    pack_i64(sink_buf(&b), 0);
    pack_str(sink_buf(&b), "");
    pack_str(sink_buf(&b), "");
    permissions_pack(sink_buf(&b), &room.p, 1);
    pack_people(g, sink_buf(&b), from->who, from->nwho, from->everyone);
    pack_people(g, sink_buf(&b), from->excluded, from->nexcluded, false);
    row_put_buf(g->w->rows, sw, row_key_make(&k, "da", g->w->tid.text, g->deny[i].text, NULL),
                &b);
}

static void
store_group(struct rig *g, struct store_write *sw, unsigned i)
{
    struct group group = { .tid = g->w->tid, .id = g->who[REF_USERS + i], .name = "group" };
    struct row_key k;
    struct store_row row;
    uint64_t revision = 0;

    if (store_get(g->w->view, row_key_make(&k, "g", g->w->tid.text, group.id.text, NULL),
                  &row) == ERR_OK)
        revision = row.revision;
    if (g->ref.group_there[i])
        group_store(g->w->rows, sw, &group, revision);
    else
        group_delete(sw, &group);
}

static void
store_member(struct rig *g, struct store_write *sw, unsigned who, unsigned i)
{
    struct group group = { .tid = g->w->tid, .id = g->who[REF_USERS + i] };

    if (g->ref.member[who][i])
        group_add_member(g->w->rows, sw, &group, &g->who[who]);
    else
        group_remove_member(sw, &group, &g->who[who]);
}

/* A management group, or a subscription, below a parent. */
static enum err
put_place(struct rig *g, struct store_write *sw, unsigned i, unsigned above,
          struct access_fault *why)
{
    const struct ref_scope *s = &g->ref.scopes[i];
    const char *parent = strrchr(g->ref.scopes[above].text, '/') + 1;
    const char *id = strrchr(s->text, '/') + 1;
    struct subscription_home home = { .tid = g->w->tid };
    struct management_group mg;
    enum err e;

    if (strstr(s->text, "/managementgroups/") != NULL) {
        e = management_group_load(g->w->rows, g->w->view, &g->w->tid, span_str(id), &mg);
        assert_true(e == ERR_OK || e == ERR_NOT_FOUND);
        (void)snprintf(mg.id, sizeof(mg.id), "%s", id);
        (void)snprintf(mg.name, sizeof(mg.name), "name");
        (void)snprintf(mg.parent, sizeof(mg.parent), "%s", parent);
        return management_group_put(g->w->rows, g->w->view, sw, &mg, why);
    }
    home.subscription = world_guid(id);
    (void)snprintf(home.group, sizeof(home.group), "%s", parent);
    return subscription_home_put(g->w->rows, g->w->view, sw, &home, why);
}

static void
store_place(struct rig *g, unsigned i)
{
    struct access_fault why;
    struct store_write sw;

    store_write_init(&sw);
    assert_int_equal(put_place(g, &sw, i, (unsigned)g->ref.scopes[i].parent, &why), ERR_OK);
    world_commit(g->w, &sw);
}

/* What the reference refuses to move, the tree does too. */
static void
move_something(struct rig *g)
{
    struct access_fault why = { .kind = FAULT_NONE };
    struct store_write sw;
    unsigned scope, parent;

    g->moves++;
    if (ref_move(&g->random, &g->ref, &scope, &parent)) {
        store_place(g, scope);
        return;
    }
    store_write_init(&sw);
    assert_int_equal(put_place(g, &sw, scope, parent, &why), ERR_DENIED);
    assert_int_equal(why.kind, FAULT_CIRCLE);
    store_write_release(&sw);
}

static void
store_everything(struct rig *g)
{
    struct place foreign = { .subscription =
                                 world_guid(strrchr(g->ref.scopes[7].text, '/') + 1),
                             .tenant = world_guid(FOREIGN),
                             .name = "foreign" };
    struct store_write sw;

    world_look(g->w);
    store_write_init(&sw);
    founding_put(g->w->rows, &sw, &g->w->tid, WORLD_NOW);
    place_store(g->w->rows, &sw, &foreign, false, 0);
    for (unsigned i = 0; i < REF_GROUPS; i++)
        store_group(g, &sw, i);
    for (unsigned who = 0; who < REF_WHO; who++)
        for (unsigned i = 0; i < REF_GROUPS; i++)
            if (g->ref.member[who][i])
                store_member(g, &sw, who, i);
    for (unsigned i = 0; i < REF_ROLES; i++)
        store_role(g, &sw, i);
    for (unsigned i = 0; i < REF_ASSIGNMENTS; i++)
        if (g->ref.assignments[i].there)
            store_assignment(g, &sw, i);
    for (unsigned i = 0; i < REF_DENIES; i++)
        store_deny(g, &sw, i);
    world_commit(g->w, &sw);
    for (unsigned i = 0; i < REF_MGS; i++)
        store_place(g, ref_management_groups[i]);
    store_place(g, 5); /* the other subscription has no row before it moves */
}

/* One thing becomes different. */
static void
change_something(struct rig *g)
{
    struct ref_random *r = &g->random;
    unsigned i = ref_below(r, REF_ASSIGNMENTS), who = ref_below(r, REF_WHO);
    unsigned group = ref_below(r, REF_GROUPS), role = ref_below(r, REF_ROLES);
    struct store_write sw;

    store_write_init(&sw);
    switch (ref_below(r, 8)) {
    case 0:
    case 1:
        g->ref.assignments[i].there = false;
        store_assignment(g, &sw, i);
        if (ref_below(r, 2) == 0) {
            ref_make_assignment(r, &g->ref.assignments[i]);
            store_assignment(g, &sw, i);
        }
        break;
    case 2:
        g->ref.member[who][group] = !g->ref.member[who][group];
        store_member(g, &sw, who, group);
        break;
    case 3:
        g->ref.group_there[group] = !g->ref.group_there[group];
        store_group(g, &sw, group);
        break;
    case 4:
        g->ref.role_there[role] = ref_below(r, 4) != 0;
        ref_make_permissions(r, &g->ref.roles[role]);
        store_role(g, &sw, role);
        break;
    case 5:
        ref_make_deny(r, &g->ref.denies[i % REF_DENIES]);
        store_deny(g, &sw, i % REF_DENIES);
        break;
    default:
        move_something(g);
        break;
    }
    world_commit(g->w, &sw);
}

/* ------------------------------------------------------------------- questions */

/* The same id as clients spell it: letters of both cases, slashes doubled. */
static void
spell(struct rig *g, const char *text, char out[static 1024])
{
    size_t n = 0;

    for (; *text != '\0'; text++) {
        bool up = *text >= 'a' && *text <= 'z' && ref_below(&g->random, 4) == 0;

        if (*text == '/' && ref_below(&g->random, 8) == 0)
            out[n++] = '/';
        out[n++] = (char)(up ? *text - 32 : *text);
    }
    if (n > 1 && ref_below(&g->random, 8) == 0)
        out[n++] = '/';
    out[n] = '\0';
}

static size_t
attributes_of(const struct ref_facts *f, struct attribute out[static REF_ATTRS],
              struct span more[static REF_ATTRS])
{
    static const char *const sources[] = { "Request", "Resource", "Principal", "Environment" };
    size_t n = 0;

    for (unsigned i = 0; i < REF_ATTRS; i++) {
        unsigned source = 0;

        if (f->n[i] == 0)
            continue;
        while (strcmp(sources[source], ref_attrs[i].source) != 0)
            source++;
        more[i] = span_str(f->values[i][1]);
        out[n++] = (struct attribute){ .source = (enum attribute_source)source,
                                       .name = ref_attrs[i].name,
                                       .value = span_str(f->values[i][0]),
                                       .more = &more[i],
                                       .nmore = f->n[i] - 1,
                                       .any_case = ref_attrs[i].any_case };
    }
    return n;
}

static void
complain(struct rig *g, const struct ref_question *q, const char *which, bool got, bool want)
{
    fail_msg("seed %lu, case %lu: user %u, %s%s over %s: engine (%s) says %d, reference %d",
             seed, g->asked, q->who, q->action, q->is_data ? " (data)" : "",
             g->ref.scopes[q->scope].text, which, got, want);
}

static void
ask_once(struct rig *g)
{
    struct caller caller = { .known = true, .tid = g->w->tid };
    struct attribute attributes[REF_ATTRS];
    struct span more[REF_ATTRS];
    struct action_question aq = { .caller = &caller, .attributes = attributes };
    struct access_answer answer;
    struct ref_question q;
    struct scope scope;
    char spelled[1024];
    bool want;

    ref_make_question(&g->random, &q);
    want = ref_allows(&g->ref, &q);
    caller.oid = g->who[q.who];
    spell(g, g->ref.scopes[q.scope].text, spelled);
    assert_int_equal(scope_parse(span_str(spelled), &scope), ERR_OK);
    aq.action = span_str(q.action);
    aq.is_data = q.is_data;
    aq.scope = &scope;
    aq.nattributes = attributes_of(&q.facts, attributes, more);
    assert_int_equal(access_check_action(g->w->rows, g->w->view, &aq, &answer), ERR_OK);
    if (answer.allowed != want)
        complain(g, &q, "cold", answer.allowed, want);
    aq.cache = g->cache;
    assert_int_equal(access_check_action(g->w->rows, g->w->view, &aq, &answer), ERR_OK);
    if (answer.allowed != want)
        complain(g, &q, "cached", answer.allowed, want);
    g->asked++;
    g->allowed += want;
}

static void
run_world(struct rig *g)
{
    g->w = world_open();
    g->cache = access_cache_new();
    assert_non_null(g->cache);
    ref_make(&g->random, &g->ref);
    store_everything(g);
    for (unsigned i = 0; i < QUESTIONS_OF_WORLD && g->asked < cases; i++) {
        if (i % QUESTIONS_BETWEEN == QUESTIONS_BETWEEN - 1)
            change_something(g);
        ask_once(g);
    }
    access_cache_free(g->cache);
    world_close(g->w);
}

static void
engine_and_reference_say_the_same(void **state)
{
    struct rig *g = calloc(1, sizeof(*g));

    (void)state;
    assert_non_null(g);
    g->random.state = seed * 2654435761u + 88172645463325252u;
    for (unsigned i = 0; i < REF_WHO; i++)
        g->who[i] = make_guid(1, i);
    for (unsigned i = 0; i < REF_ROLES; i++)
        g->role[i] = make_guid(2, i);
    for (unsigned i = 0; i < REF_ASSIGNMENTS; i++)
        g->assignment[i] = make_guid(3, i);
    for (unsigned i = 0; i < REF_DENIES; i++)
        g->deny[i] = make_guid(4, i);
    while (g->asked < cases)
        run_world(g);
    print_message("%lu cases, %lu allowed, %lu moves in the tree, seed %lu\n", g->asked,
                  g->allowed, g->moves, seed);
    /* Both answers must have been common, or nothing was tested. */
    assert_true(g->allowed > cases / 20 && g->allowed < cases - cases / 20);
    free(g);
}

int
main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(engine_and_reference_say_the_same),
    };

    const char *env_cases = getenv("KEYHOLD_CASES"), *env_seed = getenv("KEYHOLD_SEED");

    if (env_cases != NULL || argc > 1)
        cases = strtoul(env_cases != NULL ? env_cases : argv[1], NULL, 10);
    seed = (unsigned long)time(NULL);
    if (env_seed != NULL || argc > 2)
        seed = strtoul(env_seed != NULL ? env_seed : argv[2], NULL, 10);
    return cmocka_run_group_tests_name("auth/access_property", tests, NULL, NULL);
}
