/* SPDX-License-Identifier: Apache-2.0 */
/* service_principals.c - what acts for applications in this tenant; managed identities too. */
#include "api/graph/application_body.h"
#include "api/graph/handlers.h"
#include "base/clock.h"

static const char *const own[] = { "appId",
                                   "id",
                                   "displayName",
                                   "accountEnabled",
                                   "servicePrincipalNames",
                                   "servicePrincipalType",
                                   "passwordCredentials",
                                   "keyCredentials",
                                   NULL };

/* appId and the application's identifier URIs. */
static void
put_names(struct exchange *x, struct jsw *w, const struct principal *p)
{
    struct guid id = application_object_id(&p->appid);
    struct profile more;
    struct jsn *list = NULL;
    struct span json;

    jsw_array(w, "servicePrincipalNames");
    jsw_str(w, NULL, p->appid.text);
    if (profile_load(x->rows, x->view, &p->tid, &id, &more) == ERR_OK) {
        json = profile_get(&more, "identifierUris");
        if (json.len > 0 && jsn_parse(json, &list) == ERR_OK)
            for (size_t i = 0; i < jsn_len(list); i++)
                jsw_span(w, NULL, jsn_str(jsn_at(list, i)));
        jsn_free(list);
        profile_release(&more);
    }
    jsw_end(w);
}

enum err
graph_put_sp(struct exchange *x, struct jsw *w, const struct principal *p, const char *type)
{
    struct application *a = NULL;
    struct profile more;
    enum err e = profile_load(x->rows, x->view, &p->tid, &p->oid, &more);

    if (e == ERR_OK && p->kind == PRINCIPAL_APPLICATION)
        e = application_load(x->rows, x->view, &p->appid, &a);
    if (e == ERR_NOT_FOUND)
        e = ERR_OK;
    if (e != ERR_OK) {
        profile_release(&more);
        return e;
    }
    graph_object_begin(x, w, type);
    graph_put_str(x, w, "id", p->oid.text);
    graph_put_str(x, w, "appId", p->appid.text);
    graph_put_str(x, w, "appDisplayName", p->name);
    graph_put_str(x, w, "displayName", p->name);
    graph_put_bool(x, w, "accountEnabled", p->enabled);
    graph_put_str(x, w, "servicePrincipalType",
                  p->kind == PRINCIPAL_MANAGED ? "ManagedIdentity" : "Application");
    graph_put_str(x, w, "appOwnerOrganizationId", a != NULL ? a->tid.text : p->tid.text);
    if (graph_wants(x, "servicePrincipalNames"))
        put_names(x, w, p);
    /* Credentials are the application's and shown there. */
    application_put_credentials(x, w, NULL);
    graph_put_attrs(x, w, sp_attrs, &more);
    if (graph_wants(x, "createdDateTime"))
        graph_put_time(w, "createdDateTime", p->created);
    jsw_end(w);
    profile_release(&more);
    application_free(a);
    return ERR_OK;
}

enum next
api_graph_sp_get(struct exchange *x)
{
    struct object_any o;
    enum err e = graph_bound(x, OBJECT_SP, &o);

    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? NEXT_REPLY : arm_trouble(x, e);
    return graph_one(x, &o, 200, NEXT_REPLY);
}

/* servicePrincipalNames/any(...): the client id, or one of the application's URIs. */
static bool
names_fit(struct exchange *x, const struct odata_filter *f, const struct principal *p)
{
    struct guid id = application_object_id(&p->appid);

    for (unsigned i = 0; i < f->n; i++) {
        struct span want = span_str(f->term[i].value);
        struct jsn *list = NULL;
        struct profile more;
        bool found = span_is_equal_nocase(want, span_str(p->appid.text));

        if (!span_is_str_nocase(span_str(f->term[i].name), "servicePrincipalNames") || found)
            continue;
        if (profile_load(x->rows, x->view, &p->tid, &id, &more) != ERR_OK)
            return false;
        if (profile_get(&more, "identifierUris").len > 0 &&
            jsn_parse(profile_get(&more, "identifierUris"), &list) == ERR_OK)
            for (size_t k = 0; !found && k < jsn_len(list); k++)
                found = span_is_equal_nocase(jsn_str(jsn_at(list, k)), want);
        jsn_free(list);
        profile_release(&more);
        if (!found)
            return false;
    }
    return true;
}

static bool
list_sp(void *arg, const struct guid *id)
{
    struct graph_list *l = arg;
    struct principal p;

    l->err = principal_load(l->x->rows, l->x->view, &l->x->caller.tid, id, &p);
    if (l->err != ERR_OK || p.kind == PRINCIPAL_USER || !graph_list_fits(l, p.name) ||
        !odata_fits(&l->filter, "id", span_str(p.oid.text)) ||
        !odata_fits(&l->filter, "appId", span_str(p.appid.text)) ||
        !odata_fits(&l->filter, "accountEnabled", span_str(p.enabled ? "true" : "false")) ||
        !odata_fits(
            &l->filter, "servicePrincipalType",
            span_str(p.kind == PRINCIPAL_MANAGED ? "ManagedIdentity" : "Application")) ||
        !names_fit(l->x, &l->filter, &p))
        return l->err == ERR_OK;
    if (!graph_list_room(l, id))
        return false;
    l->err = graph_put_sp(l->x, &l->w, &p, NULL);
    return l->err == ERR_OK;
}

enum next
api_graph_sps(struct exchange *x)
{
    static const char *const names[] = { "id",
                                         "appId",
                                         "displayName",
                                         "accountEnabled",
                                         "servicePrincipalNames",
                                         "servicePrincipalType",
                                         NULL };
    struct graph_list l;
    struct row_key k;
    enum err e;

    if (!graph_list_begin(x, &l, "servicePrincipals", names))
        return NEXT_REPLY;
    e = graph_scan(&l, row_key_make(&k, "sp", x->caller.tid.text, "", NULL), list_sp, &l);
    if (l.err == ERR_OK)
        l.err = e;
    return graph_list_end(&l);
}

/* -------------------------------------------------------------------- writing */

/* The application of this tenant that the body names. False: composed. */
static bool
find_backing(struct exchange *x, const struct jsn *root, struct application **out)
{
    struct principal p;
    struct guid appid;
    struct span text = { 0 };
    enum err e = ERR_NOT_FOUND;

    *out = NULL;
    if (jsn_get_str(root, "appId", &text) == JSN_OK && guid_parse(text, &appid))
        e = application_load(x->rows, x->view, &appid, out);
    if (e == ERR_OK && !guid_is_equal(&(*out)->tid, &x->caller.tid))
        e = ERR_NOT_FOUND;
    if (e == ERR_NOT_FOUND)
        (void)arm_fail(x, 400, "NoBackingApplicationObject",
                       "The appId '%.*s' of the service principal does not reference a valid "
                       "application object.",
                       (int)span_head(text, 64).len, (const char *)text.ptr);
    if (e == ERR_OK) {
        e = principal_find(x->rows, x->view, &x->caller.tid, &appid, &p);
        if (e == ERR_NOT_FOUND)
            return true;
        if (e == ERR_OK)
            (void)arm_fail(x, 409, "Request_MultipleObjectsWithSameKeyValue",
                           "The service principal cannot be created, updated, or restored "
                           "because the service principal name %s is already in use.",
                           appid.text);
    }
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        (void)arm_fail(x, 500, "InternalServerError",
                       "An error occurred while processing the request.");
    application_free(*out);
    *out = NULL;
    return false;
}

/* What graph_put_sp would read back is not written yet. */
static void
put_new(struct exchange *x, const struct principal *p, const struct profile *more)
{
    struct jsw w = graph_reply(x, 201);

    graph_object_begin(x, &w, "servicePrincipals");
    jsw_str(&w, "id", p->oid.text);
    jsw_str(&w, "appId", p->appid.text);
    jsw_str(&w, "appDisplayName", p->name);
    jsw_str(&w, "displayName", p->name);
    jsw_bool(&w, "accountEnabled", p->enabled);
    jsw_str(&w, "servicePrincipalType", "Application");
    jsw_str(&w, "appOwnerOrganizationId", p->tid.text);
    put_names(x, &w, p);
    application_put_credentials(x, &w, NULL);
    graph_put_attrs(x, &w, sp_attrs, more);
    jsw_end(&w);
}

enum next
api_graph_sp_post(struct exchange *x)
{
    struct principal p = { .tid = x->caller.tid,
                           .kind = PRINCIPAL_APPLICATION,
                           .enabled = true,
                           .created = clock_now() };
    struct profile more = { 0 };
    struct application *a = NULL;
    struct jsn *root = NULL;
    enum next next = NEXT_REPLY;
    enum err e = arm_body(x, &root);

    if (e != ERR_OK)
        return arm_trouble(x, e);
    p.oid = guid_new();
    if (graph_take_bool(x, root, "accountEnabled", &p.enabled) &&
        graph_take_attrs(x, root, sp_attrs, own, &more) && find_backing(x, root, &a)) {
        p.appid = a->appid;
        (void)span_copy_str(span_head(span_str(a->name), MAX_DISPLAY_NAME), p.name,
                            sizeof(p.name));
        principal_store(x->rows, &x->write, &p, 0);
        profile_store(x->rows, &x->write, &p.tid, &p.oid, &more);
        put_new(x, &p, &more);
        next = arm_finish(x, NEXT_COMMIT);
    }
    application_free(a);
    profile_release(&more);
    jsn_free(root);
    return next;
}

static enum next
change(struct exchange *x, const struct jsn *root, struct principal *p)
{
    struct profile more;
    enum next next = NEXT_REPLY;
    enum err e = profile_load(x->rows, x->view, &p->tid, &p->oid, &more);

    if (e != ERR_OK)
        return arm_trouble(x, e);
    if (graph_take_bool(x, root, "accountEnabled", &p->enabled) &&
        graph_take_text(x, root, "displayName", "ServicePrincipal", false, p->name,
                        sizeof(p->name)) &&
        graph_take_attrs(x, root, sp_attrs, own, &more)) {
        principal_store(x->rows, &x->write, p, p->revision);
        profile_store(x->rows, &x->write, &p->tid, &p->oid, &more);
        next = graph_empty(x, NEXT_COMMIT);
    }
    profile_release(&more);
    return next;
}

enum next
api_graph_sp_patch(struct exchange *x)
{
    struct jsn *root = NULL;
    struct object_any o;
    enum next next;
    enum err e = graph_bound(x, OBJECT_SP, &o);

    if (e == ERR_NOT_FOUND)
        return NEXT_REPLY;
    if (e == ERR_OK)
        e = arm_body(x, &root);
    if (e != ERR_OK)
        return arm_trouble(x, e);
    next = graph_may_on(x, DIRECTORY "servicePrincipals/basic/update", &o.id)
               ? change(x, root, &o.p)
               : graph_denied(x);
    jsn_free(root);
    return next;
}

enum next
api_graph_sp_delete(struct exchange *x)
{
    struct object_any o;
    struct row_key k;
    enum err e = graph_bound(x, OBJECT_SP, &o);

    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? NEXT_REPLY : arm_trouble(x, e);
    if (!graph_may_on(x, DIRECTORY "servicePrincipals/delete", &o.id))
        return graph_denied(x);
    if (o.p.kind == PRINCIPAL_MANAGED)
        return arm_fail(x, 400, "Request_BadRequest",
                        "A managed identity is deleted where it was made.");
    store_write_expect(&x->write, row_key_make(&k, "sp", o.p.tid.text, o.p.oid.text, NULL),
                       o.p.revision);
    principal_delete(&x->write, &o.p);
    e = object_forget(x->rows, x->view, &x->write, &o.p.tid, &o.p.oid);
    return e == ERR_OK ? graph_empty(x, NEXT_COMMIT) : arm_trouble(x, e);
}
