/* SPDX-License-Identifier: Apache-2.0 */
/* users.c - people: get, list, /me, delete. */
#include "api/graph/graph.h"
#include "api/graph/handlers.h"
#include "auth/credential.h"

enum err
graph_put_user(struct exchange *x, struct jsw *w, const struct principal *p, const char *type)
{
    struct profile more;
    enum err e = profile_load(x->rows, x->view, &p->tid, &p->oid, &more);

    if (e != ERR_OK)
        return e;
    graph_object_begin(x, w, type);
    graph_put_str(x, w, "id", p->oid.text);
    graph_put_str(x, w, "displayName", p->name);
    graph_put_str(x, w, "userPrincipalName", p->upn);
    graph_put_bool(x, w, "accountEnabled", p->enabled);
    graph_put_attrs(x, w, user_attrs, &more);
    if (graph_wants(x, "createdDateTime"))
        graph_put_time(w, "createdDateTime", p->created);
    jsw_end(w);
    profile_release(&more);
    return ERR_OK;
}

enum next
api_graph_user_get(struct exchange *x)
{
    struct object_any o;
    enum err e = graph_bound(x, OBJECT_USER, &o);

    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? NEXT_REPLY : arm_trouble(x, e);
    return graph_one(x, &o, 200, NEXT_REPLY);
}

enum next
api_graph_me(struct exchange *x)
{
    if (!graph_is_person(x))
        return arm_fail(x, 400, "BadRequest",
                        "/me request is only valid with delegated authentication flow.");
    return api_graph_user_get(x);
}

static bool
user_fits(const struct graph_list *l, const struct principal *p, enum err *e)
{
    struct profile more;
    bool fits;

    if (!graph_list_fits(l, p->name) || !odata_fits(&l->filter, "id", span_str(p->oid.text)) ||
        !odata_fits(&l->filter, "userPrincipalName", span_str(p->upn)) ||
        !odata_fits(&l->filter, "accountEnabled", span_str(p->enabled ? "true" : "false")))
        return false;
    if (l->filter.n == 0)
        return true;
    *e = profile_load(l->x->rows, l->x->view, &p->tid, &p->oid, &more);
    fits = *e == ERR_OK && graph_attrs_fit(&l->filter, user_attrs, &more);
    profile_release(&more);
    return fits;
}

static bool
list_user(void *arg, const struct guid *id)
{
    struct graph_list *l = arg;
    struct principal p;

    l->err = principal_load(l->x->rows, l->x->view, &l->x->caller.tid, id, &p);
    if (l->err != ERR_OK || p.kind != PRINCIPAL_USER || !user_fits(l, &p, &l->err))
        return l->err == ERR_OK;
    if (!graph_list_room(l, id))
        return false;
    l->err = graph_put_user(l->x, &l->w, &p, NULL);
    return l->err == ERR_OK;
}

enum next
api_graph_users(struct exchange *x)
{
    static const char *const names[] = {
        "id",       "displayName",  "userPrincipalName", "accountEnabled",
        "mail",     "mailNickname", "givenName",         "surname",
        "jobTitle", "department",   "employeeId",        NULL
    };
    struct graph_list l;
    struct row_key k;
    enum err e;

    if (!graph_list_begin(x, &l, "users", names))
        return NEXT_REPLY;
    e = graph_scan(&l, row_key_make(&k, "sp", x->caller.tid.text, "", NULL), list_user, &l);
    if (l.err == ERR_OK)
        l.err = e;
    return graph_list_end(&l);
}

enum next
api_graph_user_delete(struct exchange *x)
{
    struct object_any o;
    struct row_key k;
    enum err e = graph_bound(x, OBJECT_USER, &o);

    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? NEXT_REPLY : arm_trouble(x, e);
    if (!graph_may_on(x, DIRECTORY "users/delete", &o.id))
        return graph_denied(x);
    store_write_expect(&x->write, row_key_make(&k, "sp", o.p.tid.text, o.p.oid.text, NULL),
                       o.p.revision);
    principal_delete(&x->write, &o.p);
    credential_delete(&x->write, &o.p.tid, &o.p.oid);
    e = object_forget(x->rows, x->view, &x->write, &o.p.tid, &o.p.oid);
    return e == ERR_OK ? graph_empty(x, NEXT_COMMIT) : arm_trouble(x, e);
}
