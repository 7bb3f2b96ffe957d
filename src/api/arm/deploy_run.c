/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deploy_run.c - PUT of a deployment. The row "running" is committed and answered; then each
 * resource is put as a request of the caller, through every door, in the order of the plan
 * (exchange.h, NEXT_INNER). What needs something that failed is left out; everything else is
 * tried. The last commit says how it went.
 *
 * A deployment within a template is such a resource, too: its PUT is answered when it is done.
 */
#include <stdio.h>

#include "api/arm/deploy.h"
#include "api/arm/handlers.h"
#include "base/clock.h"

/* ------------------------------------------------------------------------ begin */

struct parts {
    struct buf parameters, providers, dependencies, template;
};

/* The template as it is kept: without the defaults of secure parameters. */
static void
put_template(const struct value *t, struct buf *out)
{
    struct jsw w = jsw_of(sink_buf(out));
    char name[VALUE_NAME_MAX + 1], inner[VALUE_NAME_MAX + 1];

    jsw_object(&w, NULL);
    for (size_t i = 0; i < t->n; i++) {
        const struct value *v = t->member[i].value;

        if (!span_copy_str(t->member[i].name, name, sizeof(name)))
            continue;
        if (!span_is_str_nocase(t->member[i].name, "parameters") || v->kind != VALUE_OBJECT) {
            value_write(v, false, &w, name);
            continue;
        }
        jsw_object(&w, name);
        for (size_t k = 0; k < v->n; k++) {
            const struct value *def = v->member[k].value, *type = value_get(def, "type");
            bool secure = value_is_str(type) && eval_type_is_secure(type->str);

            if (!span_copy_str(v->member[k].name, inner, sizeof(inner)))
                continue;
            jsw_object(&w, inner);
            for (size_t m = 0; def->kind == VALUE_OBJECT && m < def->n; m++)
                if (!(secure && span_is_str_nocase(def->member[m].name, "defaultValue")) &&
                    span_copy_str(def->member[m].name, name, sizeof(name)))
                    value_write(def->member[m].value, false, &w, name);
            jsw_end(&w);
        }
        jsw_end(&w);
    }
    jsw_end(&w);
}

static enum err
parts_make(struct exchange *x, struct job *j, struct parts *p)
{
    buf_init(&p->parameters, DEPLOY_OPS_MAX);
    buf_init(&p->providers, DEPLOY_OPS_MAX);
    buf_init(&p->dependencies, DEPLOY_OPS_MAX);
    buf_init(&p->template, 2 * DEPLOY_OPS_MAX);
    deploy_put_parameters(j, &p->parameters);
    deploy_put_providers(j, x->site->location, &p->providers);
    deploy_put_dependencies(j, &p->dependencies);
    /* What a parent has computed may have anything in it. */
    if (x->inner_depth == 0)
        put_template(j->template, &p->template);
    return p->parameters.err != ERR_OK     ? p->parameters.err
           : p->providers.err != ERR_OK    ? p->providers.err
           : p->dependencies.err != ERR_OK ? p->dependencies.err
                                           : p->template.err;
}

static void
parts_release(struct parts *p)
{
    buf_release(&p->parameters);
    buf_release(&p->providers);
    buf_release(&p->dependencies);
    buf_release(&p->template);
}

static void
put_poll_header(struct exchange *x, const struct job *j)
{
    struct span v = span_head(x->version_text, 32);
    char url[ARM_URL_MAX];

    (void)snprintf(url, sizeof(url), "%s%s/operationStatuses/%s?api-version=%.*s",
                   x->site->arm_origin, j->at.id, j->run.text, (int)v.len, (const char *)v.ptr);
    http_response_header(&x->resp, "Azure-AsyncOperation", url);
    http_response_header(&x->resp, "Retry-After", "1");
}

/* The row is written and answered. */
static enum next
commit_begin(struct exchange *x, struct job *j, const struct deployment *old,
             const struct parts *p)
{
    struct deployment d = { .state = DEPLOY_RUNNING,
                            .complete = j->complete,
                            .started = j->started,
                            .updated = j->started,
                            .correlation = j->correlation,
                            .run = j->run,
                            .revision = old->revision };
    struct jsw w = arm_reply(x, old->revision == 0 ? 201 : 200);

    (void)span_copy_str(span_str(j->at.name), d.name, sizeof(d.name));
    (void)span_copy_str(span_str(j->location), d.location, sizeof(d.location));
    deploy_hash(j, d.hash);
    d.tags = buf_span(&j->tags);
    d.parameters = buf_span(&p->parameters);
    d.providers = buf_span(&p->providers);
    d.dependencies = buf_span(&p->dependencies);
    if (j->at.in_group)
        place_enter_group(x->rows, &x->write, &j->at.group);
    deploy_store(x, &j->at, &d);
    deploy_store_template(x, &j->at, buf_span(&p->template));
    put_poll_header(x, j);
    deploy_put_json(&j->at, &d, &w);
    x->go_on = true;
    return arm_finish(x, NEXT_COMMIT);
}

static enum next
begin(struct exchange *x, struct job *j)
{
    struct deployment old;
    struct parts p;
    enum next next;
    enum err e = deploy_load(x, &j->at, &old);

    if (e == ERR_OK && deploy_state_of(&old) == DEPLOY_RUNNING)
        return arm_fail(x, 409, "DeploymentActive",
                        "Unable to edit or replace deployment '%s': previous deployment is "
                        "still active. Please see https://aka.ms/arm-deploy for usage details.",
                        j->at.name);
    if (e == ERR_NOT_FOUND)
        e = deploy_prune(x, &j->at);
    if (e != ERR_OK)
        return arm_trouble(x, e);
    j->run = guid_new();
    j->has_slot = deploy_slot_take(&j->run, x->inner_depth == 0);
    if (!j->has_slot)
        return arm_trouble(x, ERR_BUSY);
    e = parts_make(x, j, &p);
    next = e == ERR_OK ? commit_begin(x, j, &old, &p) : arm_trouble(x, e);
    parts_release(&p);
    return next;
}

/* ---------------------------------------------------------------------- running */

void
deploy_ask(struct exchange *x, struct job *j, enum job_phase phase, enum http_method method,
           struct span path, struct span version, const struct value *body)
{
    struct jsw w;

    j->phase = phase;
    j->begun = clock_now_100ns();
    secbuf_clear(&x->ask);
    if (body != NULL) {
        w = jsw_of(sink_sec(&x->ask));
        value_write(body, false, &w, NULL);
    }
    x->inner_method = method;
    if (!span_copy_str(path, x->inner_path, sizeof(x->inner_path)) ||
        !span_copy_str(version, x->inner_version, sizeof(x->inner_version)))
        x->inner_path[0] = '\0'; /* no such route */
}

static struct deploy_op
op_of(const struct job *j, const char *what, unsigned status)
{
    const struct unit *u = j->unit == PLAN_NONE ? NULL : &j->plan->unit[j->unit];
    struct deploy_op op = { .what = what, .status = status, .begun = j->begun };

    if (u != NULL) {
        op.id = u->id;
        op.type = u->type;
        op.name = u->name;
    }
    return op;
}

static void
fail_unit(struct job *j, unsigned status, struct span code, struct span message)
{
    struct deploy_op op =
        op_of(j, j->unit == PLAN_NONE ? "EvaluateDeploymentOutput" : "Create", status);

    deploy_note_failure(j, &op, code, message);
    if (j->unit != PLAN_NONE)
        j->plan->unit[j->unit].failed = true;
}

/* A value of the unit, or of an output, could not be computed after all. */
static void
fail_value(struct job *j)
{
    fail_unit(
        j, 400,
        span_str(j->unit == PLAN_NONE ? "DeploymentOutputEvaluationFailed" : "InvalidTemplate"),
        span_str(j->ev.why));
    j->ev.err = ERR_OK;
}

static bool
needs_a_failure(const struct plan *p, const struct unit *u)
{
    for (unsigned i = 0; i < u->nneeds; i++)
        if (p->unit[u->needs[i]].failed)
            return true;
    return false;
}

/* Has somebody cancelled it, or taken its row away; has it run for too long? */
static bool
may_go_on(struct exchange *x, struct job *j)
{
    struct deployment d;
    enum err e = deploy_load(x, &j->at, &d);

    if (e != ERR_OK || !guid_is_equal(&d.run, &j->run) || d.state == DEPLOY_CANCELED)
        j->canceled = true;
    else if (clock_now_100ns() - j->started > INT64_C(10000000) * DEPLOY_SECONDS_MAX) {
        j->unit = PLAN_NONE;
        fail_unit(j, 504, span_str("DeploymentTimedOut"),
                  span_str("The deployment took longer than it may."));
        j->canceled = true;
    }
    return !j->canceled;
}

/* Asks for what the unit needs next; false: it failed before anything could be asked. */
static bool
put_unit(struct exchange *x, struct job *j)
{
    const struct unit *u = &j->plan->unit[j->unit];

    j->body = plan_body(j->plan, j->unit);
    if (j->plan->want_id.len > 0) {
        deploy_ask(x, j, JOB_LOOK, HTTP_GET, j->plan->want_id, j->plan->want_version, NULL);
        return true;
    }
    if (j->ev.err != ERR_OK) {
        fail_value(j);
        return false;
    }
    deploy_ask(x, j, JOB_PUT, HTTP_PUT, u->id, u->version, j->body);
    return true;
}

static enum next
compute_outputs(struct exchange *x, struct job *j)
{
    j->unit = PLAN_NONE;
    j->outputs = plan_outputs(j->plan);
    if (j->plan->want_id.len > 0) {
        deploy_ask(x, j, JOB_LOOK, HTTP_GET, j->plan->want_id, j->plan->want_version, NULL);
        return NEXT_INNER;
    }
    if (j->ev.err != ERR_OK)
        fail_value(j);
    return deploy_end(x, j);
}

static enum next
advance(struct exchange *x, struct job *j)
{
    if (!may_go_on(x, j))
        return deploy_end(x, j);
    while (j->at_order < j->plan->n) {
        struct unit *u;

        j->unit = j->plan->order[j->at_order];
        u = &j->plan->unit[j->unit];
        if (u->off || u->existing || u->failed || u->result != NULL) {
            j->at_order++;
            continue;
        }
        if (needs_a_failure(j->plan, u))
            u->failed = true;
        else if (put_unit(x, j))
            return NEXT_INNER;
    }
    j->unit = PLAN_NONE;
    if (j->failed)
        return deploy_end(x, j);
    if (j->complete && deploy_sweep(x, j))
        return NEXT_INNER;
    return j->failed ? deploy_end(x, j) : compute_outputs(x, j);
}

/* Where a body with secrets was found wrong, the answer may quote it. */
static struct span
safe_message(const struct job *j, unsigned status, struct span message)
{
    if (j->body == NULL || !j->body->secret || status == 401 || status == 403 ||
        status == 404 || status == 409)
        return message;
    return span_str("The request was refused; what was said of it is not kept, since the "
                    "resource has secure values.");
}

static enum next
unit_was_put(struct exchange *x, struct job *j)
{
    struct unit *u = &j->plan->unit[j->unit];
    struct span code, message;
    struct deploy_op op = op_of(j, "Create", x->inner_status);
    const struct value *result = value_null();

    if (x->inner_status < 200 || x->inner_status >= 300) {
        deploy_read_error(x, j, &code, &message);
        fail_unit(j, x->inner_status, code, safe_message(j, x->inner_status, message));
        return advance(x, j);
    }
    if (x->answer.len > 0 && value_parse(j->a, secbuf_span(&x->answer), &result) != ERR_OK)
        result = value_null();
    u->result = result;
    deploy_note(j, &op);
    if (arena_err(j->a) != ERR_OK) {
        (void)eval_is_ok(&j->ev);
        fail_value(j);
        j->canceled = true; /* nothing more can be computed */
        return deploy_end(x, j);
    }
    return advance(x, j);
}

static enum next
resource_was_seen(struct exchange *x, struct job *j)
{
    const struct value *seen = NULL;
    struct span code, message;

    if (x->inner_status == 200 && value_parse(j->a, secbuf_span(&x->answer), &seen) == ERR_OK) {
        plan_tell(j->plan, j->plan->want_id, seen);
        return j->unit == PLAN_NONE ? compute_outputs(x, j) : advance(x, j);
    }
    deploy_read_error(x, j, &code, &message);
    j->plan->want_id = (struct span){ 0 };
    fail_unit(j, x->inner_status < 400 ? 500 : x->inner_status, code, message);
    return j->unit == PLAN_NONE ? deploy_end(x, j) : advance(x, j);
}

enum next
api_arm_deployment_put(struct exchange *x)
{
    struct job *j = x->state;

    if (x->step == 0)
        return deploy_open(x, begin);
    if (!x->detached)
        return deploy_secret_came(x, j);
    switch (j->phase) {
    case JOB_SECRETS:
        return advance(x, j); /* the first commit is done */
    case JOB_PUT:
        return unit_was_put(x, j);
    case JOB_LOOK:
        return resource_was_seen(x, j);
    case JOB_LIST:
    case JOB_DELETE:
        deploy_sweep_answer(x, j);
        return advance(x, j);
    case JOB_END:
        return deploy_ended(x, j);
    }
    return NEXT_REPLY;
}
