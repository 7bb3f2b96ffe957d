/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hierarchy_lists.c - lists of the tree: groups, descendants, entities, and is
 * an id free (management-plane.md A.11).
 *
 * A page is a stretch of the nodes in order of kind and id. Positions are
 * "g:<id>" and "s:<guid>", so a list goes on where it stopped, whatever was
 * moved meanwhile.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/arm/handlers.h"
#include "api/arm/management_groups.h"
#include "auth/hierarchy.h"

#define SUB_READ  "Microsoft.Resources/subscriptions/read"
#define SUB_WRITE "Microsoft.Resources/subscriptions/write"

/* ------------------------------------------------------------------- the order */

struct listing {
    struct exchange *x;
    struct hierarchy h;
    unsigned *at;  /* indices of nodes, in order of their positions */
    bool *visible; /* of each node; NULL: all are */
    unsigned n;
};

static void
put_position(const struct hierarchy_node *n, char out[static MAX_OBJECT_NAME + 1])
{
    (void)snprintf(out, MAX_OBJECT_NAME + 1, "%c:%s", n->is_subscription ? 's' : 'g', n->id);
    for (char *p = out; *p != '\0'; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p + 32);
}

static int
by_position(const void *a, const void *b, void *arg)
{
    const struct hierarchy *h = arg;
    char l[MAX_OBJECT_NAME + 1], r[MAX_OBJECT_NAME + 1];

    put_position(&h->nodes[*(const unsigned *)a], l);
    put_position(&h->nodes[*(const unsigned *)b], r);
    return strcmp(l, r);
}

/* Nodes from..end-1 of the tree, which must have been loaded. */
static enum err
put_in_order(struct listing *l, unsigned from, unsigned end)
{
    l->at = calloc(l->h.n, sizeof(*l->at));
    if (l->at == NULL)
        return ERR_NOMEM;
    for (unsigned i = from; i < end; i++)
        if (l->visible == NULL || l->visible[i])
            l->at[l->n++] = i;
    qsort_r(l->at, l->n, sizeof(*l->at), by_position, &l->h);
    return ERR_OK;
}

static void
listing_release(struct listing *l)
{
    hierarchy_release(&l->h);
    free(l->at);
    free(l->visible);
}

typedef void (*put_node_fn)(struct listing *l, struct jsw *w, unsigned node);

/* {"value":[...],"nextLink"} of one page. */
static enum next
put_page(struct listing *l, put_node_fn put)
{
    char after[MAX_OBJECT_NAME + 1], last[MAX_OBJECT_NAME + 1] = "";
    struct exchange *x = l->x;
    struct jsw w = arm_reply(x, 200);
    unsigned left = arm_top(x), i = 0;
    enum err e = arm_page_begin(x, after);

    jsw_object(&w, NULL);
    jsw_array(&w, "value");
    for (; e == ERR_OK && i < l->n && left > 0; i++) {
        char position[MAX_OBJECT_NAME + 1];

        put_position(&l->h.nodes[l->at[i]], position);
        if (strcmp(position, after) <= 0)
            continue;
        put(l, &w, l->at[i]);
        memcpy(last, position, sizeof(last));
        left--;
    }
    jsw_end(&w);
    jsw_i64(&w, "count", l->n);
    if (e == ERR_OK)
        e = arm_page_link(x, i < l->n ? last : NULL, &w);
    jsw_end(&w);
    return e == ERR_OK ? arm_finish(x, NEXT_REPLY) : arm_trouble(x, e);
}

/* What the caller may do at a node. */
static bool
may(struct exchange *x, const struct hierarchy_node *n, const char *group_action,
    const char *subscription_action)
{
    char scope[MG_SCOPE_MAX];

    if (!n->is_subscription)
        mg_scope(span_str(n->id), scope);
    else
        (void)snprintf(scope, sizeof(scope), "/subscriptions/%s", n->id);
    return arm_may(x, n->is_subscription ? subscription_action : group_action, scope);
}

/* ---------------------------------------------------------------------- groups */

static void
put_group(struct listing *l, struct jsw *w, unsigned node)
{
    struct management_group g = { .tid = l->h.tid };

    (void)snprintf(g.id, sizeof(g.id), "%s", l->h.nodes[node].id);
    (void)snprintf(g.name, sizeof(g.name), "%s", l->h.nodes[node].name);
    mg_begin(l->x, w, &g);
    jsw_end(w);
    jsw_end(w);
}

/* Those that the caller may read. */
enum next
api_arm_mg_list(struct exchange *x)
{
    struct listing l = { .x = x };
    enum next next;
    enum err e = hierarchy_load(x->rows, x->view, &x->caller.tid, &l.h);

    if (e == ERR_OK) {
        l.visible = calloc(l.h.n, sizeof(*l.visible));
        e = l.visible == NULL ? ERR_NOMEM : ERR_OK;
    }
    for (unsigned i = 0; e == ERR_OK && i < l.h.n; i++)
        l.visible[i] = !l.h.nodes[i].is_subscription && may(x, &l.h.nodes[i], MG_READ, "");
    if (e == ERR_OK)
        e = put_in_order(&l, 0, l.h.n);
    next = e == ERR_OK ? put_page(&l, put_group) : arm_trouble(x, e);
    listing_release(&l);
    return next;
}

/* ----------------------------------------------------------------- descendants */

static void
put_parent(struct listing *l, struct jsw *w, unsigned node)
{
    char id[HIERARCHY_ID_MAX];

    jsw_object(w, "parent");
    hierarchy_put_id(&l->h.nodes[l->h.nodes[node].parent], id);
    jsw_str(w, "id", id);
    jsw_end(w);
}

static void
begin_node(struct listing *l, struct jsw *w, unsigned node)
{
    const struct hierarchy_node *n = &l->h.nodes[node];
    char id[HIERARCHY_ID_MAX];

    hierarchy_put_id(n, id);
    jsw_object(w, NULL);
    jsw_str(w, "id", id);
    jsw_str(w, "type", n->is_subscription ? "/subscriptions" : MG_TYPE);
    jsw_str(w, "name", n->id);
    jsw_object(w, "properties");
    jsw_str(w, "displayName", n->name);
}

static void
put_descendant(struct listing *l, struct jsw *w, unsigned node)
{
    begin_node(l, w, node);
    put_parent(l, w, node);
    jsw_end(w);
    jsw_end(w);
}

enum next
api_arm_mg_descendants(struct exchange *x)
{
    struct listing l = { .x = x };
    struct management_group g;
    enum next next;
    int at = HIERARCHY_NONE;
    enum err e = mg_find(x, &g);

    if (e == ERR_NOT_FOUND)
        return NEXT_REPLY;
    if (e == ERR_OK)
        e = hierarchy_load(x->rows, x->view, &x->caller.tid, &l.h);
    if (e == ERR_OK)
        at = hierarchy_find(&l.h, span_str(g.id));
    if (e == ERR_OK && at != HIERARCHY_NONE)
        e = put_in_order(&l, (unsigned)at + 1, l.h.nodes[at].end);
    next = e == ERR_OK ? put_page(&l, put_descendant) : arm_trouble(x, e);
    listing_release(&l);
    return next;
}

/* -------------------------------------------------------------------- entities */

/* Sees what the caller may read, and what is above that. */
static enum err
look_around(struct listing *l, bool groups, bool subscriptions)
{
    struct hierarchy *h = &l->h;

    l->visible = calloc(h->n, sizeof(*l->visible));
    if (l->visible == NULL)
        return ERR_NOMEM;
    for (unsigned i = h->n; i-- > 0;) { /* children stand behind their parents */
        struct hierarchy_node *n = &h->nodes[i];

        l->visible[i] = l->visible[i] || may(l->x, n, MG_READ, SUB_READ);
        if (l->visible[i])
            l->visible[n->parent] = true;
    }
    /* What is not seen is not counted either. */
    for (unsigned i = 0; i < h->n; i++)
        h->nodes[i].children = h->nodes[i].child_groups = 0;
    for (unsigned i = 1; i < h->n; i++) {
        struct hierarchy_node *up = &h->nodes[h->nodes[i].parent];

        up->children += l->visible[i] ? 1 : 0;
        up->child_groups += l->visible[i] && !h->nodes[i].is_subscription ? 1 : 0;
    }
    for (unsigned i = 0; i < h->n; i++)
        if (h->nodes[i].is_subscription ? !subscriptions : !groups)
            l->visible[i] = false;
    return ERR_OK;
}

static const char *
permission(struct exchange *x, const struct hierarchy_node *n)
{
    if (may(x, n, MG_RIGHT "delete", "Microsoft.Subscription/cancel/action"))
        return "delete";
    if (may(x, n, MG_WRITE, SUB_WRITE))
        return "edit";
    return may(x, n, MG_READ, SUB_READ) ? "view" : "noaccess";
}

static void
put_chain(struct listing *l, struct jsw *w, unsigned node, bool names)
{
    unsigned up[MAX_MG_CHAIN + 1], n = 0;

    for (unsigned i = node; i != 0 && n <= MAX_MG_CHAIN; i = up[n - 1])
        up[n++] = l->h.nodes[i].parent;
    jsw_array(w, names ? "parentDisplayNameChain" : "parentNameChain");
    while (n-- > 0)
        jsw_str(w, NULL, names ? l->h.nodes[up[n]].name : l->h.nodes[up[n]].id);
    jsw_end(w);
}

static void
put_entity(struct listing *l, struct jsw *w, unsigned node)
{
    const struct hierarchy_node *n = &l->h.nodes[node];
    unsigned below = 0;

    for (unsigned i = node + 1; i < n->end; i++)
        below += l->visible[i] ? 1 : 0;
    begin_node(l, w, node);
    jsw_str(w, "tenantId", l->h.tid.text);
    if (node != 0)
        put_parent(l, w, node);
    jsw_str(w, "permissions", permission(l->x, n));
    jsw_str(w, "inheritedPermissions",
            node == 0 ? "noaccess" : permission(l->x, &l->h.nodes[n->parent]));
    jsw_i64(w, "numberOfDescendants", below);
    jsw_i64(w, "numberOfChildren", n->children);
    jsw_i64(w, "numberOfChildGroups", n->child_groups);
    put_chain(l, w, node, true);
    put_chain(l, w, node, false);
    jsw_end(w);
    jsw_end(w);
}

/* $view and groupName choose; $search and $select are not looked at. */
enum next
api_arm_entities(struct exchange *x)
{
    struct listing l = { .x = x };
    struct span view = { 0 }, group = { 0 };
    unsigned from = 0, end;
    enum next next;
    int at = 0;
    enum err e = hierarchy_load(x->rows, x->view, &x->caller.tid, &l.h);

    (void)http_request_param(x->req, "$view", &view);
    if (e == ERR_OK)
        e = look_around(&l, !span_is_str_nocase(view, "SubscriptionsOnly"),
                        !span_is_str_nocase(view, "GroupsOnly"));
    if (e == ERR_OK && http_request_param(x->req, "groupName", &group) && group.len > 0)
        at = hierarchy_find(&l.h, group);
    if (e == ERR_OK) {
        from = at == HIERARCHY_NONE ? 0 : (unsigned)at;
        end = at == HIERARCHY_NONE ? 0 : l.h.nodes[from].end;
        e = put_in_order(&l, from, end);
    }
    next = e == ERR_OK ? put_page(&l, put_entity) : arm_trouble(x, e);
    listing_release(&l);
    return next;
}

/* ----------------------------------------------------------------- names, states */

enum next
api_arm_mg_check_name(struct exchange *x)
{
    struct span name = { 0 }, type = { 0 };
    struct management_group g;
    struct jsn *root = NULL;
    bool ok, good = false;
    struct jsw w;
    enum err e = arm_body(x, &root);

    if (e != ERR_OK)
        return arm_trouble(x, e);
    ok = jsn_get_str(root, "name", &name) == JSN_OK &&
         jsn_get_str(root, "type", &type) != JSN_WRONG_TYPE;
    if (ok) {
        good = management_group_id_is_ok(name);
        e = management_group_load(x->rows, x->view, &x->caller.tid, name, &g);
    }
    jsn_free(root);
    if (!ok)
        return arm_fail(x, 400, "InvalidRequestContent", "The request needs a name.");
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return arm_trouble(x, e);
    w = arm_reply(x, 200);
    jsw_object(&w, NULL);
    jsw_bool(&w, "nameAvailable", good && e == ERR_NOT_FOUND);
    if (!good || e == ERR_OK) {
        jsw_str(&w, "reason", good ? "AlreadyExists" : "Invalid");
        jsw_str(&w, "message",
                good ? "The group with the specified name already exists"
                     : "The name has 1 to 90 letters, digits, '-', '_', '.', '(', ')', and "
                       "does not end with '.'");
    }
    jsw_end(&w);
    return arm_finish(x, NEXT_REPLY);
}

/* Subscriptions are in the tree from the beginning. */
enum next
api_arm_mg_backfill(struct exchange *x)
{
    struct jsw w = arm_reply(x, 200);

    jsw_object(&w, NULL);
    jsw_str(&w, "tenantId", x->caller.tid.text);
    jsw_str(&w, "status", "Completed");
    jsw_end(&w);
    return arm_finish(x, NEXT_REPLY);
}
