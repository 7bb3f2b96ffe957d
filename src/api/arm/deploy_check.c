/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deploy_check.c - before anything is done: is there such a type, and may the caller put it?
 * Each resource is asked again at its own door when its turn comes; this spares the half of a
 * deployment. And POST .../validate, which is this much and no more.
 */
#include "api/arm/deploy.h"

#include <stdio.h>

#include "api/arm/doors.h"
#include "api/arm/handlers.h"
#include "api/routes.h"
#include "base/clock.h"
#include "codec/isotime.h"

enum { FAULTS_MAX = 20 };

struct faults {
    struct exchange *x;
    struct buf json; /* an array */
    struct jsw w;
    unsigned n;
    bool denied;
    char first[600];
};

static void
put_fault(struct faults *f, const struct unit *u, const char *code, const char *text)
{
    if (f->n++ >= FAULTS_MAX)
        return;
    if (f->n == 1)
        (void)snprintf(f->first, sizeof(f->first), "%s", text);
    jsw_object(&f->w, NULL);
    jsw_str(&f->w, "code", code);
    jsw_span(&f->w, "target", u->id);
    jsw_str(&f->w, "message", text);
    jsw_end(&f->w);
}

static void
judge(struct faults *f, const struct unit *u)
{
    struct span bind[BINDS_MAX];
    const struct route *route;
    char scope[OVER_MAX], text[1200];
    const struct caller *c = &f->x->caller;

    if (!arm_version_is_ok(u->version)) {
        put_fault(f, u, "InvalidApiVersionParameter",
                  "The apiVersion of a template resource is missing or not valid.");
        return;
    }
    if (u->id.len >= INNER_PATH_MAX || u->version.len >= 32 ||
        routes_find(PLANE_MANAGEMENT, HTTP_PUT, u->id, &route, bind) != ERR_OK) {
        (void)snprintf(text, sizeof(text),
                       "The resource type '%.*s' could not be found, or cannot be deployed "
                       "here.",
                       (int)span_head(u->type, 200).len, (const char *)u->type.ptr);
        put_fault(f, u, "InvalidResourceType", text);
        return;
    }
    if (route->over == OVER_OWN || action_scope(route->over, u->id, scope) != ERR_OK ||
        arm_may(f->x, route->action, scope))
        return;
    f->denied = true;
    (void)snprintf(text, sizeof(text),
                   "Authorization failed for template resource '%.*s' of type '%.*s'. The "
                   "client '%s' with object id '%s' does not have permission to perform action "
                   "'%s' at scope '%s'.",
                   (int)span_head(u->name, 120).len, (const char *)u->name.ptr,
                   (int)span_head(u->type, 120).len, (const char *)u->type.ptr,
                   c->upn[0] != '\0' ? c->upn : c->appid.text, c->oid.text, route->action,
                   scope);
    put_fault(f, u, "AuthorizationFailed", text);
}

static void
answer_faults(struct exchange *x, struct faults *f)
{
    struct jsw w;
    char text[700];

    (void)snprintf(text, sizeof(text), "Deployment failed with multiple errors: '%s'",
                   f->first);
    http_response_clear(&x->resp);
    w = arm_reply(x, f->denied ? 403 : 400);
    jsw_object(&w, NULL);
    jsw_object(&w, "error");
    jsw_str(&w, "code", "InvalidTemplateDeployment");
    jsw_str(&w, "message", text);
    jsw_raw(&w, "details", buf_span(&f->json));
    jsw_end(&w);
    jsw_end(&w);
}

bool
deploy_check(struct exchange *x, struct job *j)
{
    struct faults f = { .x = x };

    buf_init(&f.json, DEPLOY_DETAILS_MAX);
    f.w = jsw_of(sink_buf(&f.json));
    jsw_array(&f.w, NULL);
    for (unsigned i = 0; i < j->plan->n; i++)
        if (!j->plan->unit[i].off && !j->plan->unit[i].existing)
            judge(&f, &j->plan->unit[i]);
    jsw_end(&f.w);
    if (f.n > 0)
        answer_faults(x, &f);
    buf_release(&f.json);
    return f.n == 0;
}

/* -------------------------------------------------------------------- validate */

static enum next
answer_valid(struct exchange *x, struct job *j)
{
    struct deployment d = { .state = DEPLOY_SUCCEEDED,
                            .complete = j->complete,
                            .started = j->started,
                            .updated = j->started,
                            .correlation = j->correlation };
    struct buf parameters, providers, dependencies, resources;
    enum err e;

    buf_init(&parameters, DEPLOY_OPS_MAX);
    buf_init(&providers, DEPLOY_OPS_MAX);
    buf_init(&dependencies, DEPLOY_OPS_MAX);
    buf_init(&resources, DEPLOY_OPS_MAX);
    deploy_put_parameters(j, &parameters);
    deploy_put_providers(j, x->site->location, &providers);
    deploy_put_dependencies(j, &dependencies);
    deploy_put_resources(j, true, &resources);
    deploy_hash(j, d.hash);
    (void)span_copy_str(span_str(j->at.name), d.name, sizeof(d.name));
    (void)span_copy_str(span_str(j->location), d.location, sizeof(d.location));
    d.tags = buf_span(&j->tags);
    d.parameters = buf_span(&parameters);
    d.providers = buf_span(&providers);
    d.dependencies = buf_span(&dependencies);
    d.validated = buf_span(&resources);
    e = parameters.err != ERR_OK     ? parameters.err
        : providers.err != ERR_OK    ? providers.err
        : dependencies.err != ERR_OK ? dependencies.err
                                     : resources.err;
    if (e == ERR_OK) {
        struct jsw w = arm_reply(x, 200);

        deploy_put_json(&j->at, &d, &w);
    }
    buf_release(&parameters);
    buf_release(&providers);
    buf_release(&dependencies);
    buf_release(&resources);
    return e == ERR_OK ? arm_finish(x, NEXT_REPLY) : arm_trouble(x, e);
}

enum next
api_arm_deployment_validate(struct exchange *x)
{
    struct job *j = x->state;

    return x->step == 0 ? deploy_open(x, answer_valid) : deploy_secret_came(x, j);
}
