/* SPDX-License-Identifier: Apache-2.0 */
/*
 * user_write.c - people: new ones and changes.
 *
 * A password goes to the keeper first; with its record the handler runs once more over the same
 * body and a new snapshot, and writes.
 */
#include "api/graph/graph.h"
#include "api/graph/handlers.h"
#include "auth/credential.h"
#include "auth/tenant.h"
#include "base/clock.h"

enum { PASSWORD_LEAST = 8, PASSWORD_MOST = 256 };

static const char *const own[] = {
    "displayName", "userPrincipalName", "accountEnabled", "passwordProfile", "id", NULL
};

/* passwordProfile.password; empty if there is none. False: the answer was composed. */
static bool
take_password(struct exchange *x, const struct jsn *root, struct span *out)
{
    const struct jsn *p;
    enum jsn_got got = jsn_get_object(root, "passwordProfile", &p);

    *out = (struct span){ 0 };
    if (got == JSN_ABSENT)
        return true;
    if (got == JSN_OK)
        got = jsn_get_str(p, "password", out);
    if (got == JSN_ABSENT ||
        (got == JSN_OK && out->len >= PASSWORD_LEAST && out->len <= PASSWORD_MOST))
        return true;
    (void)arm_fail(x, 400, "Request_BadRequest",
                   "The specified password does not comply with password complexity "
                   "requirements. Please provide a different password.");
    return false;
}

/* Is the name free, and does its domain belong to nobody else? False: composed. */
static bool
check_upn(struct exchange *x, const char *upn, const struct guid *oid)
{
    struct span name = span_str(upn);
    struct principal other;
    struct tenant t;
    enum err e;

    if (!principal_upn_is_ok(name)) {
        (void)arm_fail(x, 400, "Request_BadRequest", "Property userPrincipalName is invalid.");
        return false;
    }
    e = tenant_find(x->rows, x->view, span_tail(name, span_find(name, '@') + 1), &t);
    if (e == ERR_OK && !guid_is_equal(&t.tid, &x->caller.tid)) {
        (void)arm_fail(x, 400, "Request_BadRequest",
                       "The domain portion of the userPrincipalName property is invalid. You "
                       "must use one of the verified domain names in your organization.");
        return false;
    }
    e = principal_find_user(x->rows, x->view, &x->caller.tid, name, &other);
    if (e == ERR_NOT_FOUND || (e == ERR_OK && guid_is_equal(&other.oid, oid)))
        return true;
    if (e == ERR_OK)
        (void)arm_fail(x, 400, "Request_BadRequest",
                       "Another object with the same value for property userPrincipalName "
                       "already exists.");
    else
        (void)arm_fail(x, 500, "InternalServerError",
                       "An error occurred while processing the request.");
    return false;
}

static enum next
ask_record(struct exchange *x, struct span password)
{
    secbuf_clear(&x->ask);
    keeper_pack_password_hash(sink_sec(&x->ask), password);
    x->ask_op = KEEPER_PASSWORD_HASH;
    return x->ask.err == ERR_OK ? NEXT_KEEPER : arm_trouble(x, x->ask.err);
}

/* The keeper's answer becomes the person's credential. */
static enum err
put_credential(struct exchange *x, const struct guid *oid)
{
    struct credential c;
    enum err e = credential_load(x->rows, x->view, &x->caller.tid, oid, &c);

    if (e == ERR_NOT_FOUND) {
        c = (struct credential){ .tid = x->caller.tid, .oid = *oid };
        e = ERR_OK;
    }
    if (e == ERR_OK)
        e = x->answer_err;
    if (e == ERR_OK)
        e = credential_set(x->rows, &x->write, &c, secbuf_span(&x->answer), clock_now());
    return e;
}

/* ------------------------------------------------------------------------ new */

static bool
read_new(struct exchange *x, const struct jsn *root, struct principal *p, struct profile *more,
         struct span *password)
{
    bool has_enabled;

    if (!graph_take_text(x, root, "displayName", "User", true, p->name, sizeof(p->name)) ||
        !graph_take_text(x, root, "userPrincipalName", "User", true, p->upn, sizeof(p->upn)) ||
        !graph_take_bool(x, root, "accountEnabled", &p->enabled) ||
        !take_password(x, root, password) ||
        !graph_take_attrs(x, root, user_attrs, own, more) || !check_upn(x, p->upn, &p->oid))
        return false;
    if (jsn_get_bool(root, "accountEnabled", &has_enabled) == JSN_ABSENT)
        (void)arm_fail(x, 400, "Request_BadRequest",
                       "A value is required for property 'accountEnabled' of resource 'User'.");
    else if (password->len == 0)
        (void)arm_fail(x, 400, "Request_BadRequest",
                       "A value is required for property 'passwordProfile' of resource "
                       "'User'.");
    else if (profile_get(more, "mailNickname").len == 0)
        (void)arm_fail(x, 400, "Request_BadRequest",
                       "A value is required for property 'mailNickname' of resource 'User'.");
    else
        return true;
    return false;
}

static enum next
store_new(struct exchange *x, const struct principal *p, const struct profile *more)
{
    struct jsw w;
    enum err e = put_credential(x, &p->oid);

    if (e != ERR_OK)
        return arm_trouble(x, e);
    principal_store(x->rows, &x->write, p, 0);
    profile_store(x->rows, &x->write, &p->tid, &p->oid, more);
    w = graph_reply(x, 201);
    graph_object_begin(x, &w, "users");
    jsw_str(&w, "id", p->oid.text);
    jsw_str(&w, "displayName", p->name);
    jsw_str(&w, "userPrincipalName", p->upn);
    jsw_bool(&w, "accountEnabled", p->enabled);
    graph_put_attrs(x, &w, user_attrs, more);
    jsw_end(&w);
    return arm_finish(x, NEXT_COMMIT);
}

enum next
api_graph_user_post(struct exchange *x)
{
    struct principal p = { .tid = x->caller.tid, .kind = PRINCIPAL_USER };
    struct profile more = { 0 };
    struct jsn *root = NULL;
    enum next next = NEXT_REPLY;
    struct span password;
    enum err e = arm_body(x, &root);

    if (e != ERR_OK)
        return arm_trouble(x, e);
    p.oid = guid_new();
    p.created = clock_now();
    if (read_new(x, root, &p, &more, &password))
        next = x->step == 0 ? ask_record(x, password) : store_new(x, &p, &more);
    profile_release(&more);
    jsn_free(root);
    return next;
}

/* --------------------------------------------------------------------- change */

/* May the caller change what the body changes? Names, passwords and switches of those who hold
 * roles of the directory are not for everybody. */
static bool
may_change(struct exchange *x, const struct principal *old, const struct principal *p,
           bool password)
{
    bool sensitive = password || old->enabled != p->enabled || strcmp(old->upn, p->upn) != 0;

    if (password && !graph_may_on(x, DIRECTORY "users/password/update", &p->oid))
        return false;
    return sensitive ? graph_may_on(x, DIRECTORY "users/basic/update", &p->oid)
                     : graph_may(x, DIRECTORY "users/basic/update");
}

static enum next
store_change(struct exchange *x, const struct principal *old, const struct principal *p,
             const struct profile *more, bool password)
{
    struct principal named = *p;
    enum err e = ERR_OK;

    /* A rename starts from the old name. */
    (void)span_copy_str(span_str(old->upn), named.upn, sizeof(named.upn));
    principal_rename(x->rows, &x->write, &named, span_str(p->upn));
    profile_store(x->rows, &x->write, &p->tid, &p->oid, more);
    if (password)
        e = put_credential(x, &p->oid);
    return e == ERR_OK ? graph_empty(x, NEXT_COMMIT) : arm_trouble(x, e);
}

static enum next
change(struct exchange *x, const struct jsn *root, const struct principal *old)
{
    struct principal p = *old;
    struct profile more;
    enum next next = NEXT_REPLY;
    struct span password;
    enum err e = profile_load(x->rows, x->view, &p.tid, &p.oid, &more);

    if (e != ERR_OK)
        return arm_trouble(x, e);
    if (graph_take_text(x, root, "displayName", "User", false, p.name, sizeof(p.name)) &&
        graph_take_text(x, root, "userPrincipalName", "User", false, p.upn, sizeof(p.upn)) &&
        graph_take_bool(x, root, "accountEnabled", &p.enabled) &&
        take_password(x, root, &password) &&
        graph_take_attrs(x, root, user_attrs, own, &more) && check_upn(x, p.upn, &p.oid)) {
        if (!may_change(x, old, &p, password.len > 0))
            next = graph_denied(x);
        else if (password.len > 0 && x->step == 0)
            next = ask_record(x, password);
        else
            next = store_change(x, old, &p, &more, password.len > 0);
    }
    profile_release(&more);
    return next;
}

enum next
api_graph_user_patch(struct exchange *x)
{
    struct jsn *root = NULL;
    struct object_any o;
    enum next next;
    enum err e = graph_bound(x, OBJECT_USER, &o);

    if (e == ERR_NOT_FOUND)
        return NEXT_REPLY;
    if (e == ERR_OK)
        e = arm_body(x, &root);
    if (e != ERR_OK)
        return arm_trouble(x, e);
    next = change(x, root, &o.p);
    jsn_free(root);
    return next;
}
