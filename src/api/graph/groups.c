/* SPDX-License-Identifier: Apache-2.0 */
/* groups.c - groups: create, get, change, list, delete. */
#include "api/graph/graph.h"
#include "api/graph/handlers.h"
#include "base/clock.h"

static const char *const own[] = { "displayName", "id", NULL };

static void
put_group(struct exchange *x, struct jsw *w, const struct group *g, const struct profile *more,
          const char *type)
{
    graph_object_begin(x, w, type);
    graph_put_str(x, w, "id", g->id.text);
    graph_put_str(x, w, "displayName", g->name);
    graph_put_attrs(x, w, group_attrs, more);
    if (graph_wants(x, "createdDateTime"))
        graph_put_time(w, "createdDateTime", g->created);
    jsw_end(w);
}

enum err
graph_put_group(struct exchange *x, struct jsw *w, const struct group *g, const char *type)
{
    struct profile more;
    enum err e = profile_load(x->rows, x->view, &g->tid, &g->id, &more);

    if (e != ERR_OK)
        return e;
    put_group(x, w, g, &more, type);
    profile_release(&more);
    return ERR_OK;
}

enum next
api_graph_group_get(struct exchange *x)
{
    struct object_any o;
    enum err e = graph_bound(x, OBJECT_GROUP, &o);

    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? NEXT_REPLY : arm_trouble(x, e);
    return graph_one(x, &o, 200, NEXT_REPLY);
}

static bool
list_group(void *arg, const struct guid *id)
{
    struct graph_list *l = arg;
    struct profile more;
    struct group g;

    l->err = group_load(l->x->rows, l->x->view, &l->x->caller.tid, id, &g);
    if (l->err != ERR_OK || !graph_list_fits(l, g.name) ||
        !odata_fits(&l->filter, "id", span_str(id->text)))
        return l->err == ERR_OK;
    l->err = profile_load(l->x->rows, l->x->view, &g.tid, &g.id, &more);
    if (l->err != ERR_OK)
        return false;
    if (graph_attrs_fit(&l->filter, group_attrs, &more)) {
        if (graph_list_room(l, id))
            put_group(l->x, &l->w, &g, &more, NULL);
    }
    profile_release(&more);
    return !l->more;
}

enum next
api_graph_groups(struct exchange *x)
{
    static const char *const names[] = {
        "id",   "displayName", "mailNickname", "mailEnabled", "securityEnabled", "description",
        "mail", NULL
    };
    struct graph_list l;
    struct row_key k;
    enum err e;

    if (!graph_list_begin(x, &l, "groups", names))
        return NEXT_REPLY;
    e = graph_scan(&l, row_key_make(&k, "g", x->caller.tid.text, "", NULL), list_group, &l);
    if (l.err == ERR_OK)
        l.err = e;
    return graph_list_end(&l);
}

static bool
has_all(struct exchange *x, const struct profile *more)
{
    static const char *const needed[] = { "mailNickname", "mailEnabled", "securityEnabled" };

    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
        if (profile_get(more, needed[i]).len > 0)
            continue;
        (void)arm_fail(x, 400, "Request_BadRequest",
                       "A value is required for property '%s' of resource 'Group'.", needed[i]);
        return false;
    }
    return true;
}

static enum next
store_new(struct exchange *x, const struct jsn *root, const struct group *g,
          const struct profile *more)
{
    struct guid refs[20];
    struct jsw w;
    unsigned n;

    if (!graph_take_refs(x, root, "members@odata.bind", refs, &n))
        return NEXT_REPLY;
    for (unsigned i = 0; i < n; i++)
        group_add_member(x->rows, &x->write, g, &refs[i]);
    if (!graph_take_refs(x, root, "owners@odata.bind", refs, &n))
        return NEXT_REPLY;
    for (unsigned i = 0; i < n; i++)
        owner_add(x->rows, &x->write, &g->tid, &g->id, &refs[i]);
    group_store(x->rows, &x->write, g, 0);
    profile_store(x->rows, &x->write, &g->tid, &g->id, more);
    w = graph_reply(x, 201);
    put_group(x, &w, g, more, "groups");
    return arm_finish(x, NEXT_COMMIT);
}

enum next
api_graph_group_post(struct exchange *x)
{
    struct group g = { .tid = x->caller.tid, .created = clock_now() };
    struct profile more = { 0 };
    struct jsn *root = NULL;
    enum next next = NEXT_REPLY;
    enum err e = arm_body(x, &root);

    if (e != ERR_OK)
        return arm_trouble(x, e);
    g.id = guid_new();
    if (graph_take_text(x, root, "displayName", "Group", true, g.name, sizeof(g.name)) &&
        graph_take_attrs(x, root, group_attrs, own, &more) && has_all(x, &more))
        next = store_new(x, root, &g, &more);
    profile_release(&more);
    jsn_free(root);
    return next;
}

enum next
api_graph_group_patch(struct exchange *x)
{
    struct profile more = { 0 };
    struct jsn *root = NULL;
    enum next next = NEXT_REPLY;
    struct object_any o;
    enum err e = graph_bound(x, OBJECT_GROUP, &o);

    if (e == ERR_NOT_FOUND)
        return NEXT_REPLY;
    if (e == ERR_OK)
        e = arm_body(x, &root);
    if (e == ERR_OK)
        e = profile_load(x->rows, x->view, &o.g.tid, &o.g.id, &more);
    if (e != ERR_OK) {
        jsn_free(root);
        return arm_trouble(x, e);
    }
    if (graph_take_text(x, root, "displayName", "Group", false, o.g.name, sizeof(o.g.name)) &&
        graph_take_attrs(x, root, group_attrs, own, &more)) {
        group_store(x->rows, &x->write, &o.g, o.g.revision);
        profile_store(x->rows, &x->write, &o.g.tid, &o.g.id, &more);
        next = graph_empty(x, NEXT_COMMIT);
    }
    profile_release(&more);
    jsn_free(root);
    return next;
}

enum next
api_graph_group_delete(struct exchange *x)
{
    struct object_any o;
    enum err e = graph_bound(x, OBJECT_GROUP, &o);

    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? NEXT_REPLY : arm_trouble(x, e);
    group_delete(&x->write, &o.g);
    e = object_forget(x->rows, x->view, &x->write, &o.g.tid, &o.g.id);
    return e == ERR_OK ? graph_empty(x, NEXT_COMMIT) : arm_trouble(x, e);
}
