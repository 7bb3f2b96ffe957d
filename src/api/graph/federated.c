/* SPDX-License-Identifier: Apache-2.0 */
/*
 * federated.c - federatedIdentityCredentials of applications: which tokens of
 * other issuers an application may prove itself with.
 *
 * Row fc/<client id>/<id> (docs/formats/directory.md): a profile's payload. Read by the token
 * endpoint (login/federation.c).
 */
#include <stdio.h>

#include "api/graph/graph.h"
#include "api/graph/handlers.h"
#include "codec/pack.h"

enum { FEDERATED_MAX = 20, NAME_MAX_LEN = 120 };

static const struct attr attrs[] = {
    { "name", ATTR_TEXT, "null" },        { "issuer", ATTR_TEXT, "null" },
    { "subject", ATTR_TEXT, "null" },     { "audiences", ATTR_TEXTS, "[]" },
    { "description", ATTR_TEXT, "null" }, { .name = NULL },
};
static const char *const own[] = { "id", NULL };

/* Profiles are kept by a tenant and an id; here by a client and an id, below another letter. */
static struct span
key_of(struct row_key *k, const struct guid *appid, const char *id)
{
    return row_key_make(k, "fc", appid->text, id, NULL);
}

static void
put_one(struct exchange *x, struct jsw *w, const struct guid *id, const struct profile *p,
        const char *type)
{
    graph_object_begin(x, w, type);
    graph_put_str(x, w, "id", id->text);
    graph_put_attrs(x, w, attrs, p);
    jsw_end(w);
}

struct listing {
    struct exchange *x;
    struct jsw *w;
    size_t prefix_len;
    struct span name; /* find: is it taken? */
    const struct guid *but;
    struct guid holder;
    bool taken;
    unsigned n;
    enum err err;
};

static bool
visit(void *arg, const struct store_row *sr)
{
    struct listing *l = arg;
    struct profile p = { 0 };
    struct guid id;
    struct row row;

    l->err = row_check(l->x->rows, sr, &row);
    if (l->err == ERR_OK && !guid_parse(span_tail(sr->key, l->prefix_len), &id))
        l->err = ERR_FORMAT;
    if (l->err == ERR_OK)
        l->err = profile_read(row.payload, &p);
    if (l->err != ERR_OK)
        return false;
    l->n++;
    if (l->w != NULL)
        put_one(l->x, l->w, &id, &p, NULL);
    if (l->name.len > 0 && span_is_equal(profile_get(&p, "name"), l->name) &&
        (l->but == NULL || !guid_is_equal(&id, l->but))) {
        l->taken = true;
        l->holder = id;
    }
    profile_release(&p);
    return true;
}

static enum err
visit_all(struct listing *l, const struct guid *appid)
{
    struct row_key k;
    struct span prefix = key_of(&k, appid, "");
    enum err e;

    l->prefix_len = prefix.len;
    e = store_scan(l->x->view, prefix, (struct span){ 0 }, FEDERATED_MAX + 1, visit, l);
    return e == ERR_OK ? l->err : e;
}

enum next
api_graph_federated(struct exchange *x)
{
    struct listing l = { .x = x };
    struct object_any o;
    struct jsw w;
    enum err e = graph_bound(x, OBJECT_APPLICATION, &o);

    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? NEXT_REPLY : arm_trouble(x, e);
    w = graph_reply(x, 200);
    l.w = &w;
    jsw_object(&w, NULL);
    graph_put_context(x, &w, "applications/federatedIdentityCredentials", false);
    jsw_array(&w, "value");
    e = visit_all(&l, &o.a->appid);
    graph_object_release(&o);
    if (e != ERR_OK)
        return arm_trouble(x, e);
    jsw_end(&w);
    jsw_end(&w);
    return arm_finish(x, NEXT_REPLY);
}

/* By id, or by name: az takes either and sends it as it is. */
static enum err
find_id(struct exchange *x, const struct guid *appid, struct span given, struct guid *id)
{
    struct listing l = { .x = x };
    char quoted[NAME_MAX_LEN + 3];
    int n;
    enum err e;

    if (guid_parse(given, id))
        return ERR_OK;
    if (given.len == 0 || given.len > NAME_MAX_LEN)
        return ERR_NOT_FOUND;
    /* Kept as JSON text; what would be escaped there is in no name. */
    n = snprintf(quoted, sizeof(quoted), "\"%.*s\"", (int)given.len, (const char *)given.ptr);
    l.name = span_of(quoted, (size_t)n);
    e = visit_all(&l, appid);
    *id = l.holder;
    return e == ERR_OK && !l.taken ? ERR_NOT_FOUND : e;
}

/* The application in bind[1] and the credential in bind[2]. ERR_NOT_FOUND: composed. */
static enum err
find_one(struct exchange *x, struct guid *appid, struct guid *id, struct profile *p)
{
    struct object_any o;
    struct row_key k;
    struct row row;
    enum err e = graph_bound(x, OBJECT_APPLICATION, &o);

    *p = (struct profile){ 0 };
    if (e != ERR_OK)
        return e;
    *appid = o.a->appid;
    graph_object_release(&o);
    e = find_id(x, appid, x->bind[2], id);
    if (e == ERR_OK)
        e = row_get(x->rows, x->view, key_of(&k, appid, id->text), &row);
    if (e == ERR_OK)
        e = profile_read(row.payload, p);
    if (e == ERR_OK)
        p->revision = row.revision;
    if (e == ERR_NOT_FOUND)
        (void)graph_missing(x, x->bind[2]);
    return e;
}

enum next
api_graph_federated_get(struct exchange *x)
{
    struct guid appid, id;
    struct profile p;
    struct jsw w;
    enum err e = find_one(x, &appid, &id, &p);

    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? NEXT_REPLY : arm_trouble(x, e);
    w = graph_reply(x, 200);
    put_one(x, &w, &id, &p, "applications/federatedIdentityCredentials");
    profile_release(&p);
    return arm_finish(x, NEXT_REPLY);
}

/* Judges p and puts it into the write. False: the answer was composed. */
static bool
store_one(struct exchange *x, const struct guid *appid, const struct guid *id,
          const struct profile *p)
{
    static const char *const needed[] = { "name", "issuer", "subject", "audiences" };
    struct listing l = { .x = x, .name = profile_get(p, "name"), .but = id };
    struct row_key k;
    struct buf b;
    enum err e;

    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
        if (profile_get(p, needed[i]).len == 0) {
            (void)arm_fail(x, 400, "Request_BadRequest",
                           "A value is required for property '%s' of resource "
                           "'FederatedIdentityCredential'.",
                           needed[i]);
            return false;
        }
    e = visit_all(&l, appid);
    if (e != ERR_OK)
        (void)arm_fail(x, 500, "InternalServerError",
                       "An error occurred while processing the request.");
    else if (l.taken)
        (void)arm_fail(x, 409, "Request_MultipleObjectsWithSameKeyValue",
                       "FederatedIdentityCredential with this name already exists.");
    else if (l.n >= FEDERATED_MAX && p->revision == 0)
        (void)arm_fail(x, 400, "Directory_QuotaExceeded",
                       "The application has %d federated identity credentials already.",
                       FEDERATED_MAX);
    if (e != ERR_OK || l.taken || (l.n >= FEDERATED_MAX && p->revision == 0))
        return false;
    buf_init(&b, 64 * 1024);
    profile_write(p, sink_buf(&b));
    store_write_expect(&x->write, key_of(&k, appid, id->text), p->revision);
    row_put_buf(x->rows, &x->write, key_of(&k, appid, id->text), &b);
    return true;
}

/* As for passwords: whoever adds one can be the application. */
static bool
may(struct exchange *x, const struct guid *appid)
{
    struct principal p;
    enum err e = principal_find(x->rows, x->view, &x->caller.tid, appid, &p);

    if (e == ERR_OK)
        return graph_may_on(x, DIRECTORY "applications/credentials/update", &p.oid);
    return e == ERR_NOT_FOUND && graph_may(x, DIRECTORY "applications/credentials/update");
}

enum next
api_graph_federated_post(struct exchange *x)
{
    struct profile p = { 0 };
    struct jsn *root = NULL;
    enum next next = NEXT_REPLY;
    struct guid appid, id = guid_new();
    struct object_any o;
    struct jsw w;
    enum err e = graph_bound(x, OBJECT_APPLICATION, &o);

    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? NEXT_REPLY : arm_trouble(x, e);
    appid = o.a->appid;
    graph_object_release(&o);
    if (!may(x, &appid))
        return graph_denied(x);
    e = arm_body(x, &root);
    if (e != ERR_OK)
        return arm_trouble(x, e);
    if (graph_take_attrs(x, root, attrs, own, &p) && store_one(x, &appid, &id, &p)) {
        w = graph_reply(x, 201);
        put_one(x, &w, &id, &p, "applications/federatedIdentityCredentials");
        next = arm_finish(x, NEXT_COMMIT);
    }
    profile_release(&p);
    jsn_free(root);
    return next;
}

enum next
api_graph_federated_patch(struct exchange *x)
{
    struct jsn *root = NULL;
    enum next next = NEXT_REPLY;
    struct guid appid, id;
    struct profile p;
    enum err e = find_one(x, &appid, &id, &p);

    if (e == ERR_NOT_FOUND)
        return NEXT_REPLY;
    if (e == ERR_OK)
        e = arm_body(x, &root);
    if (e != ERR_OK)
        next = arm_trouble(x, e);
    else if (!may(x, &appid))
        next = graph_denied(x);
    else if (graph_take_attrs(x, root, attrs, own, &p) && store_one(x, &appid, &id, &p))
        next = graph_empty(x, NEXT_COMMIT);
    profile_release(&p);
    jsn_free(root);
    return next;
}

enum next
api_graph_federated_delete(struct exchange *x)
{
    struct guid appid, id;
    struct row_key k;
    struct profile p;
    enum err e = find_one(x, &appid, &id, &p);

    profile_release(&p);
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? NEXT_REPLY : arm_trouble(x, e);
    if (!may(x, &appid))
        return graph_denied(x);
    store_write_delete(&x->write, key_of(&k, &appid, id.text));
    return graph_empty(x, NEXT_COMMIT);
}
