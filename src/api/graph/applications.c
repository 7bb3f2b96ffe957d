/* SPDX-License-Identifier: Apache-2.0 */
/* applications.c - applications: create, get, change, list, delete. */
#include "api/graph/application_body.h"
#include "api/graph/handlers.h"
#include "base/clock.h"

static void
put_redirects(struct jsw *w, const struct application *a, const char *name,
              enum redirect_kind kind)
{
    jsw_object(w, name);
    jsw_array(w, "redirectUris");
    for (unsigned i = 0; i < a->nredirects; i++)
        if (a->redirects[i].kind == kind)
            jsw_str(w, NULL, a->redirects[i].uri);
    jsw_end(w);
    jsw_end(w);
}

static void
put_application(struct exchange *x, struct jsw *w, const struct application *a,
                const struct profile *more, const char *type)
{
    struct guid id = application_object_id(&a->appid);

    graph_object_begin(x, w, type);
    graph_put_str(x, w, "id", id.text);
    graph_put_str(x, w, "appId", a->appid.text);
    graph_put_str(x, w, "displayName", a->name);
    if (graph_wants(x, "createdDateTime"))
        graph_put_time(w, "createdDateTime", a->created);
    graph_put_bool(x, w, "isFallbackPublicClient", a->public_client);
    application_put_credentials(x, w, a);
    if (graph_wants(x, "web"))
        put_redirects(w, a, "web", REDIRECT_WEB);
    if (graph_wants(x, "spa"))
        put_redirects(w, a, "spa", REDIRECT_SPA);
    if (graph_wants(x, "publicClient"))
        put_redirects(w, a, "publicClient", REDIRECT_PUBLIC);
    graph_put_attrs(x, w, application_attrs, more);
    jsw_end(w);
}

enum err
graph_put_application(struct exchange *x, struct jsw *w, const struct application *a,
                      const char *type)
{
    struct guid id = application_object_id(&a->appid);
    struct profile more;
    enum err e = profile_load(x->rows, x->view, &a->tid, &id, &more);

    if (e != ERR_OK)
        return e;
    put_application(x, w, a, &more, type);
    profile_release(&more);
    return ERR_OK;
}

enum next
api_graph_application_get(struct exchange *x)
{
    struct object_any o;
    enum next next;
    enum err e = graph_bound(x, OBJECT_APPLICATION, &o);

    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? NEXT_REPLY : arm_trouble(x, e);
    next = graph_one(x, &o, 200, NEXT_REPLY);
    graph_object_release(&o);
    return next;
}

/* identifierUris/any(...): is the text among them? */
static bool
any_fits(const struct odata_filter *f, const struct profile *more)
{
    struct span json = profile_get(more, "identifierUris");

    for (unsigned i = 0; i < f->n; i++) {
        struct jsn *list = NULL;
        bool found = false;

        if (!span_is_str_nocase(span_str(f->term[i].name), "identifierUris"))
            continue;
        if (json.len > 0 && jsn_parse(json, &list) == ERR_OK)
            for (size_t k = 0; !found && k < jsn_len(list); k++)
                found = span_is_str_nocase(jsn_str(jsn_at(list, k)), f->term[i].value);
        jsn_free(list);
        if (!found)
            return false;
    }
    return true;
}

static bool
list_application(void *arg, const struct guid *appid)
{
    struct graph_list *l = arg;
    struct application *a = NULL;
    struct profile more = { 0 };
    struct guid id = application_object_id(appid);

    l->err = application_load(l->x->rows, l->x->view, appid, &a);
    if (l->err == ERR_OK && guid_is_equal(&a->tid, &l->x->caller.tid) &&
        graph_list_fits(l, a->name) && odata_fits(&l->filter, "id", span_str(id.text)) &&
        odata_fits(&l->filter, "appId", span_str(appid->text))) {
        l->err = profile_load(l->x->rows, l->x->view, &a->tid, &id, &more);
        if (l->err == ERR_OK && graph_attrs_fit(&l->filter, application_attrs, &more) &&
            any_fits(&l->filter, &more) && graph_list_room(l, appid))
            put_application(l->x, &l->w, a, &more, NULL);
        profile_release(&more);
    }
    application_free(a);
    return l->err == ERR_OK && !l->more;
}

enum next
api_graph_applications(struct exchange *x)
{
    static const char *const names[] = {
        "id", "appId", "displayName", "identifierUris", "signInAudience", NULL
    };
    struct graph_list l;
    struct row_key k;
    enum err e;

    if (!graph_list_begin(x, &l, "applications", names))
        return NEXT_REPLY;
    e = graph_scan(&l, row_key_make(&k, "ap", "", NULL), list_application, &l);
    if (l.err == ERR_OK)
        l.err = e;
    return graph_list_end(&l);
}

/* -------------------------------------------------------------------- writing */

static enum next
create(struct exchange *x, const struct jsn *root, struct application *a)
{
    struct profile more = { 0 };
    enum next next = NEXT_REPLY;
    struct guid id, refs[20];
    struct jsw w;
    unsigned n;

    a->appid = guid_new();
    a->tid = x->caller.tid;
    a->enabled = true;
    a->created = clock_now();
    id = application_object_id(&a->appid);
    if (application_body_read(x, root, true, a, &more) &&
        graph_take_refs(x, root, "owners@odata.bind", refs, &n)) {
        for (unsigned i = 0; i < n; i++)
            owner_add(x->rows, &x->write, &a->tid, &id, &refs[i]);
        application_store(x->rows, &x->write, a, 0);
        profile_store(x->rows, &x->write, &a->tid, &id, &more);
        w = graph_reply(x, 201);
        put_application(x, &w, a, &more, "applications");
        next = arm_finish(x, NEXT_COMMIT);
    }
    profile_release(&more);
    return next;
}

enum next
api_graph_application_post(struct exchange *x)
{
    struct application *a = application_new();
    struct jsn *root = NULL;
    enum next next;
    enum err e = a == NULL ? ERR_NOMEM : arm_body(x, &root);

    next = e == ERR_OK ? create(x, root, a) : arm_trouble(x, e);
    jsn_free(root);
    application_free(a);
    return next;
}

/* The application's own principal goes by the same name. */
static enum err
rename_principal(struct exchange *x, const struct application *a)
{
    struct principal p;
    enum err e = principal_find(x->rows, x->view, &a->tid, &a->appid, &p);

    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    if (p.kind != PRINCIPAL_APPLICATION || strcmp(p.name, a->name) == 0)
        return ERR_OK;
    (void)span_copy_str(span_head(span_str(a->name), MAX_DISPLAY_NAME), p.name, sizeof(p.name));
    principal_store(x->rows, &x->write, &p, p.revision);
    return ERR_OK;
}

static enum next
change(struct exchange *x, const struct jsn *root, struct application *a)
{
    struct guid id = application_object_id(&a->appid);
    enum next next = NEXT_REPLY;
    struct profile more;
    enum err e = profile_load(x->rows, x->view, &a->tid, &id, &more);

    if (e != ERR_OK)
        return arm_trouble(x, e);
    if (application_body_read(x, root, false, a, &more)) {
        application_store(x->rows, &x->write, a, a->revision);
        profile_store(x->rows, &x->write, &a->tid, &id, &more);
        e = rename_principal(x, a);
        next = e == ERR_OK ? graph_empty(x, NEXT_COMMIT) : arm_trouble(x, e);
    }
    profile_release(&more);
    return next;
}

/* Whoever changes how an application proves itself can be it: see graph_may_on(). */
static bool
may(struct exchange *x, const char *action, const struct application *a)
{
    struct principal p;
    enum err e = principal_find(x->rows, x->view, &a->tid, &a->appid, &p);

    if (e == ERR_OK)
        return graph_may_on(x, action, &p.oid);
    return e == ERR_NOT_FOUND && graph_may(x, action);
}

enum next
api_graph_application_patch(struct exchange *x)
{
    struct jsn *root = NULL;
    struct object_any o;
    enum next next;
    enum err e = graph_bound(x, OBJECT_APPLICATION, &o);

    if (e == ERR_NOT_FOUND)
        return NEXT_REPLY;
    if (e == ERR_OK)
        e = arm_body(x, &root);
    if (e != ERR_OK)
        next = arm_trouble(x, e);
    else if (!may(x, DIRECTORY "applications/basic/update", o.a))
        next = graph_denied(x);
    else
        next = change(x, root, o.a);
    jsn_free(root);
    graph_object_release(&o);
    return next;
}

/* The principal goes along. */
static enum err
forget(struct exchange *x, const struct object_any *o)
{
    const struct guid *tid = &o->a->tid;
    struct principal p;
    struct row_key k;
    enum err e = principal_find(x->rows, x->view, tid, &o->a->appid, &p);

    if (e == ERR_OK) {
        principal_delete(&x->write, &p);
        e = object_forget(x->rows, x->view, &x->write, tid, &p.oid);
    } else if (e == ERR_NOT_FOUND) {
        e = ERR_OK;
    }
    store_write_expect(&x->write, row_key_make(&k, "ap", o->a->appid.text, NULL),
                       o->a->revision);
    application_delete(&x->write, &o->a->appid);
    return e == ERR_OK ? object_forget(x->rows, x->view, &x->write, tid, &o->id) : e;
}

enum next
api_graph_application_delete(struct exchange *x)
{
    struct object_any o;
    enum next next;
    enum err e = graph_bound(x, OBJECT_APPLICATION, &o);

    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? NEXT_REPLY : arm_trouble(x, e);
    if (!may(x, DIRECTORY "applications/delete", o.a)) {
        next = graph_denied(x);
    } else {
        e = forget(x, &o);
        next = e == ERR_OK ? graph_empty(x, NEXT_COMMIT) : arm_trouble(x, e);
    }
    graph_object_release(&o);
    return next;
}
