/* SPDX-License-Identifier: Apache-2.0 */
/* members.c - members of groups; owners of groups, applications and service principals. */
#include "api/graph/graph.h"
#include "api/graph/handlers.h"

static const char *const names[] = { "displayName", NULL };

static const char *
name_of(const struct object_any *o)
{
    switch (o->type) {
    case OBJECT_GROUP:
        return o->g.name;
    case OBJECT_APPLICATION:
        return o->a->name;
    case OBJECT_NONE:
    case OBJECT_USER:
    case OBJECT_SP:
    default:
        return o->p.name;
    }
}

static bool
list_object(void *arg, const struct guid *id)
{
    struct graph_list *l = arg;
    struct object_any o;

    l->err = graph_object(l->x, id, &o);
    if (l->err == ERR_NOT_FOUND) { /* it is gone; the row is left over */
        l->err = ERR_OK;
        return true;
    }
    if (l->err == ERR_OK && graph_list_fits(l, name_of(&o)) && graph_list_room(l, id))
        l->err = graph_put_object(l->x, &l->w, &o, true);
    graph_object_release(&o);
    return l->err == ERR_OK && !l->more;
}

enum next
api_graph_members(struct exchange *x)
{
    struct graph_list l;
    struct object_any o;
    enum err e = graph_bound(x, OBJECT_GROUP, &o);

    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? NEXT_REPLY : arm_trouble(x, e);
    if (!graph_list_begin(x, &l, "directoryObjects", names))
        return NEXT_REPLY;
    e = group_each_member(x->rows, x->view, &o.g, l.after, SIZE_MAX, list_object, &l);
    if (l.err == ERR_OK)
        l.err = e;
    return graph_list_end(&l);
}

enum next
api_graph_member_add(struct exchange *x)
{
    struct object_any o, member;
    struct guid id;
    struct row_key k;
    enum err e = graph_bound(x, OBJECT_GROUP, &o);

    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? NEXT_REPLY : arm_trouble(x, e);
    if (!graph_body_ref(x, &id))
        return NEXT_REPLY;
    e = graph_object(x, &id, &member);
    graph_object_release(&member);
    if (e == ERR_OK && member.type == OBJECT_APPLICATION)
        e = ERR_NOT_FOUND;
    if (e == ERR_NOT_FOUND)
        return graph_missing(x, span_str(id.text));
    if (e != ERR_OK)
        return arm_trouble(x, e);
    if (guid_is_equal(&id, &o.g.id))
        return arm_fail(x, 400, "Request_BadRequest",
                        "A group cannot be added as a member of itself.");
    if (group_has_member(x->view, &o.g, &id))
        return arm_fail(x, 400, "Request_BadRequest",
                        "One or more added object references already exist for the following "
                        "modified properties: 'members'.");
    store_write_expect(&x->write, row_key_make(&k, "g", o.g.tid.text, o.g.id.text, NULL),
                       o.g.revision);
    group_add_member(x->rows, &x->write, &o.g, &id);
    return graph_empty(x, NEXT_COMMIT);
}

enum next
api_graph_member_remove(struct exchange *x)
{
    struct object_any o;
    struct guid id;
    enum err e = graph_bound(x, OBJECT_GROUP, &o);

    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? NEXT_REPLY : arm_trouble(x, e);
    if (!guid_parse(x->bind[2], &id) || !group_has_member(x->view, &o.g, &id))
        return graph_missing(x, x->bind[2]);
    group_remove_member(&x->write, &o.g, &id);
    return graph_empty(x, NEXT_COMMIT);
}

/* --------------------------------------------------------------------- owners */

/* The set in the path: the permission was asked for that, so nothing else may be meant. */
static enum object_type
type_of_path(const struct exchange *x)
{
    struct span path = x->req->path;

    for (unsigned i = 0; i < 2; i++) {
        while (path.len > 0 && path.ptr[0] == '/')
            path = span_tail(path, 1);
        if (i == 0)
            path = span_tail(path, span_find(path, '/'));
    }
    path = span_head(path, span_find(path, '/'));
    if (span_is_str_nocase(path, "groups"))
        return OBJECT_GROUP;
    return span_is_str_nocase(path, "applications") ? OBJECT_APPLICATION : OBJECT_SP;
}

enum next
api_graph_owners(struct exchange *x)
{
    struct graph_list l;
    struct object_any o;
    struct guid id;
    enum err e = graph_bound(x, type_of_path(x), &o);

    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? NEXT_REPLY : arm_trouble(x, e);
    id = o.id;
    graph_object_release(&o);
    if (!graph_list_begin(x, &l, "directoryObjects", names))
        return NEXT_REPLY;
    e = owner_each(x->view, &x->caller.tid, &id, list_object, &l);
    if (l.err == ERR_OK)
        l.err = e;
    return graph_list_end(&l);
}

static bool
count_owner(void *arg, const struct guid *id)
{
    (void)id;
    ++*(unsigned *)arg;
    return true;
}

enum next
api_graph_owner_add(struct exchange *x)
{
    const struct guid *tid = &x->caller.tid;
    struct object_any o, owner;
    struct guid id, of;
    unsigned n = 0;
    enum err e = graph_bound(x, type_of_path(x), &o);

    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? NEXT_REPLY : arm_trouble(x, e);
    of = o.id;
    graph_object_release(&o);
    if (!graph_body_ref(x, &id))
        return NEXT_REPLY;
    e = graph_object(x, &id, &owner);
    graph_object_release(&owner);
    if (e == ERR_OK && owner.type != OBJECT_USER && owner.type != OBJECT_SP)
        e = ERR_NOT_FOUND;
    if (e == ERR_NOT_FOUND)
        return graph_missing(x, span_str(id.text));
    if (e == ERR_OK)
        e = owner_each(x->view, tid, &of, count_owner, &n);
    if (e != ERR_OK)
        return arm_trouble(x, e);
    if (owner_is(x->view, tid, &of, &id))
        return arm_fail(x, 400, "Request_BadRequest",
                        "One or more added object references already exist for the following "
                        "modified properties: 'owners'.");
    if (n >= MAX_OWNERS)
        return arm_fail(x, 400, "Directory_QuotaExceeded", "There are %d owners already.",
                        MAX_OWNERS);
    owner_add(x->rows, &x->write, tid, &of, &id);
    return graph_empty(x, NEXT_COMMIT);
}

enum next
api_graph_owner_remove(struct exchange *x)
{
    struct object_any o;
    struct guid id, of;
    enum err e = graph_bound(x, type_of_path(x), &o);

    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? NEXT_REPLY : arm_trouble(x, e);
    of = o.id;
    graph_object_release(&o);
    if (!guid_parse(x->bind[2], &id) || !owner_is(x->view, &x->caller.tid, &of, &id))
        return graph_missing(x, x->bind[2]);
    owner_remove(&x->write, &x->caller.tid, &of, &id);
    return graph_empty(x, NEXT_COMMIT);
}
