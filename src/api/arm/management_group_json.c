/* SPDX-License-Identifier: Apache-2.0 */
/* management_group_json.c - a management group as clients see it (management-plane.md A.11). */
#include <stdio.h>

#include "api/arm/management_groups.h"
#include "auth/hierarchy.h"

void
mg_begin(struct exchange *x, struct jsw *w, const struct management_group *g)
{
    char id[MG_SCOPE_MAX];

    (void)snprintf(id, sizeof(id), MG_PREFIX "%s", g->id);
    jsw_object(w, NULL);
    jsw_str(w, "id", id);
    jsw_str(w, "type", MG_TYPE);
    jsw_str(w, "name", g->id);
    jsw_object(w, "properties");
    jsw_str(w, "tenantId", x->caller.tid.text);
    jsw_str(w, "displayName", g->name);
}

/* From the parent up to the root group. */
struct line {
    struct management_group at[MAX_MG_CHAIN];
    unsigned n;
};

static enum err
load_line(struct exchange *x, const struct management_group *g, struct line *l)
{
    const char *up = g->parent;

    l->n = 0;
    while (up[0] != '\0') {
        struct management_group *next = &l->at[l->n];
        enum err e;

        if (l->n == MAX_MG_CHAIN)
            return ERR_FORMAT;
        e = management_group_load(x->rows, x->view, &x->caller.tid, span_str(up), next);
        if (e == ERR_NOT_FOUND) /* gone: the root group stands in for it */
            e = management_group_load(x->rows, x->view, &x->caller.tid,
                                      span_str(x->caller.tid.text), next);
        if (e != ERR_OK)
            return e;
        l->n++;
        up = next->parent;
    }
    return ERR_OK;
}

static void
put_name(struct jsw *w, const struct management_group *g)
{
    jsw_object(w, NULL);
    jsw_str(w, "name", g->id);
    jsw_str(w, "displayName", g->name);
    jsw_end(w);
}

static void
put_line(struct jsw *w, const struct management_group *g, const struct line *l, unsigned expand)
{
    if ((expand & MG_PATH) != 0) { /* root first, the group itself last */
        jsw_array(w, "path");
        for (unsigned i = l->n; i > 0; i--)
            put_name(w, &l->at[i - 1]);
        put_name(w, g);
        jsw_end(w);
    }
    if ((expand & MG_ANCESTORS) != 0) { /* parent first, root last */
        jsw_array(w, "managementGroupAncestors");
        for (unsigned i = 0; i < l->n; i++)
            jsw_str(w, NULL, l->at[i].id);
        jsw_end(w);
        jsw_array(w, "managementGroupAncestorsChain");
        for (unsigned i = 0; i < l->n; i++)
            put_name(w, &l->at[i]);
        jsw_end(w);
    }
}

static void
put_details(struct jsw *w, const struct management_group *g, const struct line *l,
            unsigned expand)
{
    char id[MG_SCOPE_MAX];

    jsw_object(w, "details");
    jsw_i64(w, "version", g->version > 0 ? g->version : 1);
    if (g->updated > 0)
        arm_put_time(w, "updatedTime", g->updated);
    if (g->updated_by.text[0] != '\0')
        jsw_str(w, "updatedBy", g->updated_by.text);
    if (l->n > 0) {
        (void)snprintf(id, sizeof(id), MG_PREFIX "%s", l->at[0].id);
        jsw_object(w, "parent");
        jsw_str(w, "id", id);
        jsw_str(w, "name", l->at[0].id);
        jsw_str(w, "displayName", l->at[0].name);
        jsw_end(w);
    }
    put_line(w, g, l, expand);
    jsw_end(w);
}

/* Depth is bounded by the tree (auth/hierarchy.c). */
static void
put_children(struct jsw *w, const struct hierarchy *h, unsigned of, unsigned expand)
{
    const struct hierarchy_node *up = &h->nodes[of];
    char id[HIERARCHY_ID_MAX];

    jsw_array(w, "children");
    for (unsigned i = of + 1; i < up->end; i = h->nodes[i].end) {
        const struct hierarchy_node *n = &h->nodes[i];

        if (n->is_subscription && (expand & MG_GROUPS_ONLY) != 0)
            continue;
        hierarchy_put_id(n, id);
        jsw_object(w, NULL);
        jsw_str(w, "type", n->is_subscription ? "/subscriptions" : MG_TYPE);
        jsw_str(w, "id", id);
        jsw_str(w, "name", n->id);
        jsw_str(w, "displayName", n->name);
        if ((expand & MG_RECURSE) != 0 && n->children > 0)
            put_children(w, h, i, expand);
        jsw_end(w);
    }
    jsw_end(w);
}

enum err
mg_put(struct exchange *x, struct jsw *w, const struct management_group *g, unsigned expand)
{
    struct hierarchy h = { .n = 0 };
    struct line line;
    int at = HIERARCHY_NONE;
    enum err e = load_line(x, g, &line);

    if (e == ERR_OK && (expand & MG_CHILDREN) != 0) {
        e = hierarchy_load(x->rows, x->view, &x->caller.tid, &h);
        if (e == ERR_OK)
            at = hierarchy_find(&h, span_str(g->id));
    }
    if (e == ERR_OK) {
        mg_begin(x, w, g);
        put_details(w, g, &line, expand);
        if (at != HIERARCHY_NONE)
            put_children(w, &h, (unsigned)at, expand);
        jsw_end(w);
        jsw_end(w);
    }
    hierarchy_release(&h);
    return e;
}
