/* SPDX-License-Identifier: Apache-2.0 */
/*
 * management_subscriptions.c - subscriptions below management groups: which are
 * there, moving one in, taking one out (management-plane.md A.11).
 */
#include <stdio.h>
#include <string.h>

#include "api/arm/handlers.h"
#include "api/arm/management_groups.h"
#include "api/arm/target.h"
#include "auth/hierarchy.h"

static const char *const read_rights[] = { MG_RIGHT "subscriptions/read", NULL };
static const char *const enter_rights[] = { MG_RIGHT "subscriptions/write", MG_WRITE, NULL };
static const char *const leave_rights[] = { MG_RIGHT "subscriptions/delete", MG_WRITE, NULL };

static void
put_subscription(struct exchange *x, struct jsw *w, const char *group, const char *id,
                 const char *name)
{
    char text[2 * MG_SCOPE_MAX];

    (void)snprintf(text, sizeof(text), MG_PREFIX "%s/subscriptions/%s", group, id);
    jsw_object(w, NULL);
    jsw_str(w, "id", text);
    jsw_str(w, "type", MG_TYPE "/subscriptions");
    jsw_str(w, "name", id);
    jsw_object(w, "properties");
    jsw_str(w, "tenant", x->caller.tid.text);
    jsw_str(w, "displayName", name);
    (void)snprintf(text, sizeof(text), MG_PREFIX "%s", group);
    jsw_object(w, "parent");
    jsw_str(w, "id", text);
    jsw_end(w);
    jsw_str(w, "state", "Active");
    jsw_end(w);
    jsw_end(w);
}

/* The subscription in bind[1], of the caller's tenant, and where it stands. ERR_NOT_FOUND: the
 * answer was composed. */
static enum err
find_subscription(struct exchange *x, struct place *p, struct subscription_home *home)
{
    struct guid id;
    enum err e = ERR_NOT_FOUND;

    if (guid_parse(x->bind[1], &id))
        e = place_load(x->rows, x->view, &id, (struct span){ 0 }, p);
    if (e == ERR_OK && !guid_is_equal(arm_tenant_of(x, p), &x->caller.tid))
        e = ERR_NOT_FOUND;
    if (e == ERR_OK)
        e = subscription_home_load(x->rows, x->view, &id, home);
    if (e == ERR_NOT_FOUND)
        (void)arm_fail(x, 404, "SubscriptionNotFound",
                       "The subscription '%.*s' could not be found.",
                       (int)span_head(x->bind[1], 64).len, (const char *)x->bind[1].ptr);
    return e;
}

/* A home whose group is gone is the root group. */
static enum err
load_home(struct exchange *x, const struct subscription_home *home,
          struct management_group *out)
{
    enum err e =
        management_group_load(x->rows, x->view, &x->caller.tid, span_str(home->group), out);

    return e == ERR_NOT_FOUND ? management_group_load(x->rows, x->view, &x->caller.tid,
                                                      span_str(x->caller.tid.text), out)
                              : e;
}

/* A subscription that a request names in a group, and where it is. */
struct member {
    struct management_group g, at;
    struct subscription_home home;
    struct place p;
};

/* False: *next is the answer. */
static bool
find_member(struct exchange *x, struct member *m, enum next *next)
{
    enum err e = mg_find(x, &m->g);

    *next = NEXT_REPLY;
    if (e == ERR_OK)
        e = find_subscription(x, &m->p, &m->home);
    if (e == ERR_NOT_FOUND)
        return false;
    if (e == ERR_OK)
        e = load_home(x, &m->home, &m->at);
    if (e != ERR_OK)
        *next = arm_trouble(x, e);
    return e == ERR_OK;
}

enum next
api_arm_mg_subscription_get(struct exchange *x)
{
    struct member m;
    enum next next;
    struct jsw w;

    if (!mg_enter(x, x->bind[0], read_rights))
        return NEXT_REPLY;
    if (!find_member(x, &m, &next))
        return next;
    if (!span_is_str_nocase(span_str(m.g.id), m.at.id))
        return arm_fail(x, 404, "NotFound", "'" MG_PREFIX "%s/subscriptions/%s' not found",
                        m.g.id, m.p.subscription.text);
    w = arm_reply(x, 200);
    put_subscription(x, &w, m.g.id, m.p.subscription.text, m.p.name);
    return arm_finish(x, NEXT_REPLY);
}

/* Writes the new home; the answer stands already. */
static enum next
move(struct exchange *x, struct subscription_home *home, const char *to)
{
    struct access_fault why;
    enum err e;

    (void)snprintf(home->group, sizeof(home->group), "%s", to);
    e = subscription_home_put(x->rows, x->view, &x->write, home, &why);
    if (e == ERR_DENIED)
        return mg_fault(x, &why);
    return e == ERR_OK ? arm_finish(x, NEXT_COMMIT) : arm_trouble(x, e);
}

enum next
api_arm_mg_subscription_put(struct exchange *x)
{
    struct member m;
    enum next next;
    char scope[64];
    struct jsw w;

    if (!span_is_str_nocase(x->bind[0], x->caller.tid.text) &&
        !mg_enter(x, x->bind[0], enter_rights))
        return NEXT_REPLY;
    if (!find_member(x, &m, &next))
        return next;
    (void)snprintf(scope, sizeof(scope), "/subscriptions/%s", m.p.subscription.text);
    if (!mg_may_move(x, scope, m.at.id, m.g.id, leave_rights, enter_rights))
        return NEXT_REPLY;
    w = arm_reply(x, 200);
    put_subscription(x, &w, m.g.id, m.p.subscription.text, m.p.name);
    return move(x, &m.home, m.g.id);
}

/* Out of the group means below the root group, where it is no use to take it out of. */
enum next
api_arm_mg_subscription_delete(struct exchange *x)
{
    struct member m;
    enum next next;
    char scope[64];

    if (!mg_enter(x, x->bind[0], leave_rights))
        return NEXT_REPLY;
    if (!find_member(x, &m, &next))
        return next;
    if (!span_is_str_nocase(span_str(m.g.id), m.at.id) || mg_is_root(x, m.g.id))
        return arm_empty(x, 204, NEXT_REPLY);
    (void)snprintf(scope, sizeof(scope), "/subscriptions/%s", m.p.subscription.text);
    if (!mg_may_move(x, scope, m.g.id, "", leave_rights, enter_rights))
        return NEXT_REPLY;
    arm_headers(x, 200);
    return move(x, &m.home, "");
}

/* Direct ones, in order of id. */
enum next
api_arm_mg_subscriptions(struct exchange *x)
{
    char after[MAX_OBJECT_NAME + 1];
    struct hierarchy h = { .n = 0 };
    struct management_group g;
    const char *last = NULL;
    unsigned left = arm_top(x);
    bool more = false;
    struct jsw w;
    int at;
    enum err e = mg_find(x, &g);

    if (e == ERR_NOT_FOUND)
        return NEXT_REPLY;
    if (e == ERR_OK)
        e = arm_page_begin(x, after);
    if (e == ERR_OK)
        e = hierarchy_load(x->rows, x->view, &x->caller.tid, &h);
    w = arm_reply(x, 200);
    jsw_object(&w, NULL);
    jsw_array(&w, "value");
    at = e == ERR_OK ? hierarchy_find(&h, span_str(g.id)) : HIERARCHY_NONE;
    for (unsigned i = (unsigned)at + 1; at != HIERARCHY_NONE && i < h.nodes[at].end;
         i = h.nodes[i].end) {
        const struct hierarchy_node *n = &h.nodes[i];

        if (!n->is_subscription || strcmp(n->id, after) <= 0)
            continue;
        more = left == 0;
        if (more)
            break;
        put_subscription(x, &w, g.id, n->id, n->name);
        last = n->id;
        left--;
    }
    jsw_end(&w);
    if (e == ERR_OK)
        e = arm_page_link(x, more ? last : NULL, &w);
    jsw_end(&w);
    hierarchy_release(&h);
    return e == ERR_OK ? arm_finish(x, NEXT_REPLY) : arm_trouble(x, e);
}
