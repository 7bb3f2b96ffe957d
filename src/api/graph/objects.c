/* SPDX-License-Identifier: Apache-2.0 */
/* objects.c - any object by its id; what the path and references name. */
#include "api/graph/graph.h"

#include "api/graph/handlers.h"

enum err
graph_object(struct exchange *x, const struct guid *id, struct object_any *out)
{
    const struct guid *tid = &x->caller.tid;
    struct guid appid;
    enum err e;

    *out = (struct object_any){ .id = *id };
    e = principal_load(x->rows, x->view, tid, id, &out->p);
    if (e == ERR_OK)
        out->type = out->p.kind == PRINCIPAL_USER ? OBJECT_USER : OBJECT_SP;
    if (e != ERR_NOT_FOUND)
        return e;
    e = group_load(x->rows, x->view, tid, id, &out->g);
    if (e == ERR_OK)
        out->type = OBJECT_GROUP;
    if (e != ERR_NOT_FOUND)
        return e;
    appid = application_of_object(id);
    e = application_load(x->rows, x->view, &appid, &out->a);
    if (e == ERR_OK && !guid_is_equal(&out->a->tid, tid)) {
        graph_object_release(out);
        e = ERR_NOT_FOUND;
    }
    if (e == ERR_OK)
        out->type = OBJECT_APPLICATION;
    return e;
}

void
graph_object_release(struct object_any *o)
{
    application_free(o->a);
    o->a = NULL;
}

void
graph_object_begin(struct exchange *x, struct jsw *w, const char *type)
{
    jsw_object(w, NULL);
    if (type == NULL)
        return;
    if (type[0] == '#')
        jsw_str(w, "@odata.type", type);
    else
        graph_put_context(x, w, type, true);
}

enum err
graph_put_object(struct exchange *x, struct jsw *w, const struct object_any *o, bool typed)
{
    switch (o->type) {
    case OBJECT_USER:
        return graph_put_user(x, w, &o->p, typed ? "#microsoft.graph.user" : "users");
    case OBJECT_GROUP:
        return graph_put_group(x, w, &o->g, typed ? "#microsoft.graph.group" : "groups");
    case OBJECT_SP:
        return graph_put_sp(x, w, &o->p,
                            typed ? "#microsoft.graph.servicePrincipal" : "servicePrincipals");
    case OBJECT_APPLICATION:
        return graph_put_application(x, w, o->a,
                                     typed ? "#microsoft.graph.application" : "applications");
    case OBJECT_NONE:
    default:
        return ERR_INTERNAL;
    }
}

enum next
graph_one(struct exchange *x, const struct object_any *o, unsigned status, enum next next)
{
    struct jsw w = graph_reply(x, status);
    enum err e = graph_put_object(x, &w, o, false);

    return e == ERR_OK ? arm_finish(x, next) : arm_trouble(x, e);
}

/* "applications(appId='...')": the text between the quotes. */
static bool
key_of(struct span segment, const char *set, struct span *value)
{
    struct span rest = span_tail(segment, strlen(set));
    static const char name[] = "(appId='", end[] = "')";

    if (!span_is_str_nocase(span_head(segment, strlen(set)), set) ||
        !span_is_str_nocase(span_head(rest, sizeof(name) - 1), name) ||
        rest.len < sizeof(name) + sizeof(end) - 2)
        return false;
    *value = span_tail(rest, sizeof(name) - 1);
    *value = span_head(*value, value->len - (sizeof(end) - 1));
    return span_is_str(span_tail(rest, rest.len - (sizeof(end) - 1)), end);
}

static enum err
by_key(struct exchange *x, struct object_any *out)
{
    struct span value = { 0 };
    struct guid appid;
    enum err e;

    if (key_of(x->bind[1], "applications", &value) && guid_parse(value, &appid)) {
        struct guid id = application_object_id(&appid);

        return graph_object(x, &id, out);
    }
    if (!key_of(x->bind[1], "servicePrincipals", &value) || !guid_parse(value, &appid))
        return ERR_NOT_FOUND;
    e = principal_find(x->rows, x->view, &x->caller.tid, &appid, &out->p);
    out->id = out->p.oid;
    out->type = OBJECT_SP;
    return e;
}

/* A user by his name. */
static enum err
by_name(struct exchange *x, struct object_any *out)
{
    enum err e = principal_find_user(x->rows, x->view, &x->caller.tid, x->bind[1], &out->p);

    out->id = out->p.oid;
    out->type = OBJECT_USER;
    return e;
}

enum err
graph_bound(struct exchange *x, enum object_type type, struct object_any *out)
{
    struct guid id;
    enum err e = ERR_NOT_FOUND;

    *out = (struct object_any){ .type = OBJECT_NONE };
    if (x->bind[1].len == 0) /* /me */
        e = graph_object(x, &x->caller.oid, out);
    else if (guid_parse(x->bind[1], &id))
        e = graph_object(x, &id, out);
    else if (span_find(x->bind[1], '(') < x->bind[1].len)
        e = by_key(x, out);
    else if (type == OBJECT_USER || type == OBJECT_NONE)
        e = by_name(x, out);
    if (e == ERR_OK && type != OBJECT_NONE && out->type != type) {
        graph_object_release(out);
        e = ERR_NOT_FOUND;
    }
    if (e == ERR_NOT_FOUND)
        (void)graph_missing(x, x->bind[1]);
    return e;
}

/* ----------------------------------------------------------------- references */

bool
graph_ref(struct span url, struct guid *out)
{
    for (size_t at = span_find(url, '/'); at < url.len; at = span_find(url, '/'))
        url = span_tail(url, at + 1);
    return guid_parse(url, out);
}

bool
graph_body_ref(struct exchange *x, struct guid *out)
{
    struct jsn *root = NULL;
    struct span url;
    bool ok = false;
    enum err e = arm_body(x, &root);

    if (e == ERR_OK)
        ok = jsn_get_str(root, "@odata.id", &url) == JSN_OK && graph_ref(url, out);
    jsn_free(root);
    if (!ok)
        (void)arm_fail(x, 400, "Request_BadRequest",
                       "Invalid URL format specified in @odata.id for the request.");
    return ok;
}

bool
graph_take_refs(struct exchange *x, const struct jsn *root, const char *name,
                struct guid out[static 20], unsigned *n)
{
    const struct jsn *list;
    enum jsn_got got = jsn_get_array(root, name, &list);

    *n = 0;
    if (got == JSN_ABSENT)
        return true;
    if (got == JSN_OK && jsn_len(list) <= 20) {
        while (*n < jsn_len(list)) {
            struct object_any o;

            if (!graph_ref(jsn_str(jsn_at(list, *n)), &out[*n]))
                break;
            if (graph_object(x, &out[*n], &o) != ERR_OK) {
                (void)graph_missing(x, span_str(out[*n].text));
                return false;
            }
            graph_object_release(&o);
            (*n)++;
        }
        if (*n == jsn_len(list))
            return true;
    }
    (void)arm_fail(x, 400, "Request_BadRequest", "Invalid value specified for '%s'.", name);
    return false;
}

/* "/applications(appId='...')" and its like: what the handlers of "/applications/{id}" do. */
enum next
api_graph_keyed(struct exchange *x)
{
    static const struct {
        const char *set;
        enum http_method method;
        const char *action;
        enum next (*run)(struct exchange *x);
    } keyed[] = {
        { "applications", HTTP_GET, DIRECTORY "applications/standard/read",
          api_graph_application_get },
        { "applications", HTTP_PATCH, DIRECTORY "applications/basic/update",
          api_graph_application_patch },
        { "applications", HTTP_DELETE, DIRECTORY "applications/delete",
          api_graph_application_delete },
        { "servicePrincipals", HTTP_GET, DIRECTORY "servicePrincipals/standard/read",
          api_graph_sp_get },
        { "servicePrincipals", HTTP_PATCH, DIRECTORY "servicePrincipals/basic/update",
          api_graph_sp_patch },
        { "servicePrincipals", HTTP_DELETE, DIRECTORY "servicePrincipals/delete",
          api_graph_sp_delete },
    };
    struct span value;

    for (size_t i = 0; i < sizeof(keyed) / sizeof(keyed[0]); i++)
        if (keyed[i].method == x->route->method && key_of(x->bind[1], keyed[i].set, &value))
            return graph_may(x, keyed[i].action) ? keyed[i].run(x) : graph_denied(x);
    return arm_trouble(x, ERR_NOT_FOUND);
}

/* -------------------------------------------------------------- directoryObjects */

enum next
api_graph_object_get(struct exchange *x)
{
    struct object_any o;
    struct guid id;
    struct jsw w;
    enum err e = ERR_NOT_FOUND;

    if (guid_parse(x->bind[1], &id))
        e = graph_object(x, &id, &o);
    if (e == ERR_NOT_FOUND)
        return graph_missing(x, x->bind[1]);
    if (e != ERR_OK)
        return arm_trouble(x, e);
    w = graph_reply(x, 200);
    e = graph_put_object(x, &w, &o, true);
    graph_object_release(&o);
    return e == ERR_OK ? arm_finish(x, NEXT_REPLY) : arm_trouble(x, e);
}

static bool
is_wanted(const struct jsn *types, enum object_type type)
{
    static const char *const names[] = { [OBJECT_USER] = "user",
                                         [OBJECT_GROUP] = "group",
                                         [OBJECT_SP] = "servicePrincipal",
                                         [OBJECT_APPLICATION] = "application" };

    if (types == NULL || jsn_len(types) == 0)
        return true;
    for (size_t i = 0; i < jsn_len(types); i++)
        if (span_is_str_nocase(jsn_str(jsn_at(types, i)), names[type]) ||
            span_is_str_nocase(jsn_str(jsn_at(types, i)), "directoryObject"))
            return true;
    return false;
}

static enum err
put_by_id(struct exchange *x, struct jsw *w, struct span text, const struct jsn *types)
{
    struct object_any o;
    struct guid id;
    enum err e;

    if (!guid_parse(text, &id))
        return ERR_OK;
    e = graph_object(x, &id, &o);
    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    if (e == ERR_OK && is_wanted(types, o.type))
        e = graph_put_object(x, w, &o, true);
    graph_object_release(&o);
    return e;
}

enum next
api_graph_by_ids(struct exchange *x)
{
    const struct jsn *ids = NULL, *types = NULL;
    struct jsn *root = NULL;
    enum next next = NEXT_REPLY;
    struct jsw w;
    enum err e = arm_body(x, &root);

    if (e != ERR_OK)
        return arm_trouble(x, e);
    if (jsn_get_array(root, "ids", &ids) != JSN_OK || jsn_len(ids) > GRAPH_IDS_MAX ||
        jsn_get_array(root, "types", &types) == JSN_WRONG_TYPE) {
        next = arm_fail(x, 400, "Request_BadRequest",
                        "The 'ids' parameter must hold at most 1000 object ids.");
        goto out;
    }
    w = graph_reply(x, 200);
    jsw_object(&w, NULL);
    graph_put_context(x, &w, "directoryObjects", false);
    jsw_array(&w, "value");
    for (size_t i = 0; e == ERR_OK && i < jsn_len(ids); i++)
        e = put_by_id(x, &w, jsn_str(jsn_at(ids, i)), types);
    jsw_end(&w);
    jsw_end(&w);
    next = e == ERR_OK ? arm_finish(x, NEXT_REPLY) : arm_trouble(x, e);
out:
    jsn_free(root);
    return next;
}
