/* SPDX-License-Identifier: Apache-2.0 */
/* phases.c - the doors in their order; each may end the walk with an error code. */
#include "api/phases.h"

#include "api/arm/doors.h"
#include "api/graph/graph.h"
#include "api/routes.h"
#include "api/versions.h"
#include "base/clock.h"

enum http_method
phases_method(const struct http_request *r)
{
    static const struct {
        const char *name;
        enum http_method method;
    } verbs[] = { { "GET", HTTP_GET },
                  { "PUT", HTTP_PUT },
                  { "PATCH", HTTP_PATCH },
                  { "DELETE", HTTP_DELETE },
                  { "POST", HTTP_POST } };
    struct span over;

    if (r->method != HTTP_POST)
        return r->method;
    over = http_request_header(r, "X-HTTP-METHOD");
    if (span_is_empty(over))
        over = http_request_header(r, "X-HTTP-REQUEST");
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        if (span_is_str_nocase(over, verbs[i].name))
            return verbs[i].method;
    return r->method;
}

/* The bearer token of the request; empty if there is none. */
static struct span
bearer_of(const struct http_request *r)
{
    static const char scheme[] = "Bearer ";
    struct span h = http_request_header(r, "Authorization");

    if (h.len < sizeof(scheme) - 1 ||
        !span_is_str_nocase(span_head(h, sizeof(scheme) - 1), scheme))
        return (struct span){ 0 };
    h = span_tail(h, sizeof(scheme) - 1);
    while (h.len > 0 && h.ptr[0] == ' ')
        h = span_tail(h, 1);
    return h;
}

enum err
phases_authenticate(const struct phase_tools *t, struct exchange *x, struct buf *why)
{
    const char *const *audiences = site_audiences(x->site, x->plane);
    struct token_expect expect = { .audiences = audiences, .origin = x->site->login_origin };
    struct span bearer = bearer_of(x->req);

    while (expect.naudiences < SITE_AUDIENCES_MAX && audiences[expect.naudiences] != NULL)
        expect.naudiences++;
    if (span_is_empty(bearer))
        return ERR_NO_TOKEN;
    return token_verify(t->tokens, x->rows, x->view, &expect, bearer, &x->caller, why);
}

static enum err
find_vault(const struct phase_tools *t, struct exchange *x, struct buf *why)
{
    enum err e;

    e = vault_cache_get(t->vaults, x->rows, x->view, x->vault_label, &x->vault);
    if (e != ERR_OK)
        return e;
    if (!guid_is_equal(&x->vault->tenant, &x->caller.tid)) {
        buf_put_fmt(why, "AKV10032: Invalid issuer. Expected one of %s/%s/, found %s.",
                    x->site->login_origin, x->vault->tenant.text, x->caller.iss);
        return ERR_TOKEN_ISSUER;
    }
    return ERR_OK;
}

static enum err
check_version(struct exchange *x)
{
    if (!http_request_param(x->req, "api-version", &x->version_text))
        x->version_text = (struct span){ 0 };
    if (!x->route->wants_version)
        return ERR_OK;
    return versions_check(x->site, x->version_text, x->route->since, &x->version);
}

static struct access_question
question_of(const struct exchange *x)
{
    return (struct access_question){ .caller = &x->caller,
                                     .vault = x->vault,
                                     .need = x->route->need,
                                     .object =
                                         x->route->on_object ? x->bind[0] : (struct span){ 0 },
                                     .cache = x->access_cache };
}

void
phases_explain(const struct exchange *x, struct buf *why)
{
    struct access_question q = question_of(x);

    access_explain(&q, &x->access, why);
}

/*
 * What the public half of a key does may be granted by the right to read it. Whether the key
 * has such a half only the handler sees; it must look when public_only is set.
 */
static enum err
authorise(struct exchange *x, struct buf *why)
{
    struct access_question q = question_of(x);
    enum err e;

    x->public_only = false;
    e = access_check(x->rows, x->view, &q, &x->access);
    if (e == ERR_OK && !x->access.allowed && perm_info(q.need)->public_action != NULL) {
        q.asymmetric = true;
        e = access_check(x->rows, x->view, &q, &x->access);
        x->public_only = e == ERR_OK && x->access.allowed;
    }
    if (e != ERR_OK)
        return e;
    if (!x->access.allowed) {
        phases_explain(x, why);
        return ERR_DENIED;
    }
    return ERR_OK;
}

static enum err
throttled(struct exchange *x)
{
    (void)snprintf(x->fail_text, sizeof(x->fail_text), "%s", quota_reason(x->refusal.whose));
    return ERR_THROTTLED;
}

/* Whoever asks pays, whatever becomes of it: being refused costs us as much as being served. */
static enum err
charge_caller(const struct phase_tools *t, struct exchange *x)
{
    if (x->caller_charged)
        return ERR_OK;
    if (!quota_take_principal(t->quota, &x->caller.tid, &x->caller.oid, clock_mono_us(),
                              &x->refusal))
        return throttled(x);
    x->caller_charged = true;
    return ERR_OK;
}

static enum err
charge_vault(const struct phase_tools *t, struct exchange *x, struct quota_cost cost)
{
    if (!quota_take_vault(t->quota, &x->vault->id, &x->vault->subscription, cost,
                          clock_mono_us(), &x->refusal))
        return throttled(x);
    return ERR_OK;
}

enum err
phases_charge(const struct phase_tools *t, struct exchange *x)
{
    enum err e;

    if (x->cost_charged || x->cost.weight == 0 || x->vault == NULL)
        return ERR_OK;
    e = charge_vault(t, x, x->cost);
    x->cost_charged = e == ERR_OK;
    return e;
}

/* The vault's quota is for those who may do something in it: nobody else can use it up. */
static enum err
charge(const struct phase_tools *t, struct exchange *x)
{
    static const struct quota_cost any = { QUOTA_ANY, 1 };
    enum err e;

    if (t->quota == NULL || x->vault_charged)
        return ERR_OK;
    e = charge_vault(t, x, any);
    if (e != ERR_OK)
        return e;
    x->vault_charged = true;
    x->cost = quota_cost_of(x->route->need);
    return phases_charge(t, x);
}

static enum err
vault_phases(const struct phase_tools *t, struct exchange *x, enum err routed, struct buf *why)
{
    enum err e;

    e = phases_authenticate(t, x, why);
    if (e != ERR_OK)
        return e;
    e = find_vault(t, x, why);
    if (e == ERR_OK)
        e = charge_caller(t, x);
    if (e != ERR_OK)
        return e;
    if (routed != ERR_OK)
        return routed;
    e = check_version(x);
    if (e != ERR_OK)
        return e;
    e = authorise(x, why);
    return e == ERR_OK ? charge(t, x) : e;
}

enum err
phases_run(const struct phase_tools *t, struct exchange *x, struct buf *why)
{
    enum http_method method = phases_method(x->req);
    enum err routed;

    x->access_cache = t->access;
    x->plane = site_plane_of(x->site, x->req, &x->vault_label);
    routed = routes_find(x->plane, method, x->req->path, &x->route, x->bind);
    /*
     * WIRE: clients of locks escape a whole scope; there it is the path that it spells. Those
     * of OCSP escape base64 (RFC 6960 A.1). Elsewhere who sends that wants us to disagree with
     * somebody about what the path is.
     */
    if (x->req->has_escaped_slash && x->plane != PLANE_MANAGEMENT && x->plane != PLANE_PKI &&
        x->plane != PLANE_PKI_HTTP)
        return ERR_SYNTAX;
    if (routed == ERR_OK && x->route->open)
        return check_version(x);
    if (x->plane == PLANE_VAULT)
        return vault_phases(t, x, routed, why);
    if (x->plane == PLANE_GRAPH)
        return graph_phases(t, x, routed, why);
    if (x->plane == PLANE_MANAGEMENT)
        return action_phases(t, x, routed, why);
    if (x->plane == PLANE__MAX)
        return ERR_BAD_HOST;
    return routed == ERR_OK ? ERR_DENIED : routed;
}
