/* SPDX-License-Identifier: Apache-2.0 */
/* member_of.c - the groups that hold somebody. */
#include "api/graph/graph.h"
#include "api/graph/handlers.h"

/* What the path names; a person without an id in it is the caller. False: composed. */
static bool
bound_member(struct exchange *x, struct guid *out)
{
    struct object_any o;
    enum err e;

    if (x->bind[1].len == 0 && !graph_is_person(x)) {
        (void)arm_fail(x, 400, "BadRequest",
                       "/me request is only valid with delegated authentication flow.");
        return false;
    }
    e = graph_bound(x, OBJECT_NONE, &o);
    if (e == ERR_OK) {
        *out = o.id;
        graph_object_release(&o);
        return true;
    }
    if (e != ERR_NOT_FOUND)
        (void)arm_trouble(x, e);
    return false;
}

static enum next
put_ids(struct exchange *x, const struct guid *ids, unsigned n, const struct jsn *among)
{
    struct jsw w = graph_reply(x, 200);

    jsw_object(&w, NULL);
    graph_put_context(x, &w, "Collection(Edm.String)", false);
    jsw_array(&w, "value");
    for (unsigned i = 0; i < n; i++) {
        bool wanted = among == NULL;

        for (size_t k = 0; !wanted && k < jsn_len(among); k++)
            wanted = span_is_str_nocase(jsn_str(jsn_at(among, k)), ids[i].text);
        if (wanted)
            jsw_str(&w, NULL, ids[i].text);
    }
    jsw_end(&w);
    jsw_end(&w);
    return arm_finish(x, NEXT_REPLY);
}

enum next
api_graph_get_groups(struct exchange *x)
{
    struct group_set set;
    struct guid id;
    enum next next;
    enum err e;

    if (!bound_member(x, &id))
        return x->fail != ERR_OK ? NEXT_FAIL : NEXT_REPLY;
    e = group_closure(x->rows, x->view, &x->caller.tid, &id, &set);
    if (e != ERR_OK)
        return arm_trouble(x, e);
    next = put_ids(x, set.ids, set.n, NULL);
    group_set_release(&set);
    return next;
}

enum next
api_graph_check_groups(struct exchange *x)
{
    const struct jsn *ids = NULL;
    struct jsn *root = NULL;
    struct group_set set;
    enum next next;
    struct guid id;
    enum err e;

    if (!bound_member(x, &id))
        return x->fail != ERR_OK ? NEXT_FAIL : NEXT_REPLY;
    e = arm_body(x, &root);
    if (e != ERR_OK)
        return arm_trouble(x, e);
    /* checkMemberObjects says "ids" for the same. */
    if (jsn_get_array(root, "groupIds", &ids) == JSN_ABSENT)
        (void)jsn_get_array(root, "ids", &ids);
    if (ids == NULL || jsn_len(ids) > 20) {
        next = arm_fail(x, 400, "Request_BadRequest",
                        "The 'groupIds' parameter must hold at most 20 ids.");
        goto out;
    }
    e = group_closure(x->rows, x->view, &x->caller.tid, &id, &set);
    if (e != ERR_OK) {
        next = arm_trouble(x, e);
        goto out;
    }
    next = put_ids(x, set.ids, set.n, ids);
    group_set_release(&set);
out:
    jsn_free(root);
    return next;
}

static bool
list_group(void *arg, const struct guid *id)
{
    struct graph_list *l = arg;
    struct group g;

    l->err = group_load(l->x->rows, l->x->view, &l->x->caller.tid, id, &g);
    if (l->err == ERR_NOT_FOUND) {
        l->err = ERR_OK;
        return true;
    }
    if (l->err == ERR_OK && graph_list_fits(l, g.name))
        l->err = graph_put_group(l->x, &l->w, &g, "#microsoft.graph.group");
    return l->err == ERR_OK;
}

static const char *const names[] = { "displayName", NULL };

enum next
api_graph_member_of(struct exchange *x)
{
    struct graph_list l;
    struct guid id;

    if (!bound_member(x, &id))
        return x->fail != ERR_OK ? NEXT_FAIL : NEXT_REPLY;
    if (!graph_list_begin(x, &l, "directoryObjects", names))
        return NEXT_REPLY;
    l.err = group_each_holder(x->rows, x->view, &x->caller.tid, &id, MAX_GROUPS_OF_PRINCIPAL,
                              list_group, &l);
    return graph_list_end(&l);
}

enum next
api_graph_member_of_all(struct exchange *x)
{
    struct group_set set;
    struct graph_list l;
    struct guid id;
    enum err e;

    if (!bound_member(x, &id))
        return x->fail != ERR_OK ? NEXT_FAIL : NEXT_REPLY;
    if (!graph_list_begin(x, &l, "directoryObjects", names))
        return NEXT_REPLY;
    e = group_closure(x->rows, x->view, &x->caller.tid, &id, &set);
    if (e != ERR_OK)
        return arm_trouble(x, e);
    for (unsigned i = 0; i < set.n && list_group(&l, &set.ids[i]); i++)
        continue;
    group_set_release(&set);
    return graph_list_end(&l);
}
