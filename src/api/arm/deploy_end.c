/* SPDX-License-Identifier: Apache-2.0 */
/* deploy_end.c - the last commit of a deployment, and what its parent is told. */
#include "api/arm/deploy.h"

#include "base/clock.h"
#include "base/log.h"

enum { COMMITS_MAX = 10 };

static void
put_error(const struct job *j, struct buf *out)
{
    struct jsw w = jsw_of(sink_buf(out));

    jsw_object(&w, NULL);
    jsw_str(&w, "code", "DeploymentFailed");
    jsw_str(&w, "message",
            "At least one resource deployment operation failed. Please list deployment "
            "operations for details. Please see https://aka.ms/arm-deployment-operations for "
            "usage details.");
    buf_put_str(out, ",\"details\":[");
    buf_put(out, buf_span(&j->details));
    buf_put_byte(out, ']');
    jsw_end(&w);
}

static void
put_outputs(const struct job *j, struct buf *out)
{
    struct jsw w = jsw_of(sink_buf(out));

    if (j->outputs != NULL && j->outputs->kind == VALUE_OBJECT)
        value_write(j->outputs, true, &w, NULL);
}

/* Nobody waits any more, unless this was put by another deployment. */
static enum next
tell_parent(struct exchange *x, struct job *j)
{
    struct deployment d;
    struct jsw w;

    http_response_clear(&x->resp);
    if (j->failed || j->canceled || deploy_load(x, &j->at, &d) != ERR_OK) {
        struct buf error;

        buf_init(&error, DEPLOY_DETAILS_MAX + 4096);
        put_error(j, &error);
        w = arm_reply(x, 409);
        jsw_object(&w, NULL);
        jsw_raw(&w, "error", buf_span(&error));
        jsw_end(&w);
        buf_release(&error);
        return NEXT_REPLY;
    }
    w = arm_reply(x, 200);
    deploy_put_json(&j->at, &d, &w);
    return NEXT_REPLY;
}

static void
store(struct exchange *x, struct job *j, struct deployment *d)
{
    struct buf outputs, resources, error;

    buf_init(&outputs, DEPLOY_OPS_MAX);
    buf_init(&resources, DEPLOY_OPS_MAX);
    buf_init(&error, DEPLOY_DETAILS_MAX + 4096);
    deploy_put_resources(j, false, &resources);
    if (j->failed)
        put_error(j, &error);
    else
        put_outputs(j, &outputs);
    if (d->state == DEPLOY_RUNNING)
        d->state = j->failed ? DEPLOY_FAILED : DEPLOY_SUCCEEDED;
    d->updated = clock_now_100ns();
    d->outputs = outputs.err == ERR_OK ? buf_span(&outputs) : (struct span){ 0 };
    d->resources = resources.err == ERR_OK ? buf_span(&resources) : (struct span){ 0 };
    d->error = error.err == ERR_OK ? buf_span(&error) : (struct span){ 0 };
    d->operations = buf_span(&j->operations);
    deploy_store(x, &j->at, d);
    buf_release(&outputs);
    buf_release(&resources);
    buf_release(&error);
}

enum next
deploy_end(struct exchange *x, struct job *j)
{
    struct deployment d;
    enum err e = deploy_load(x, &j->at, &d);

    j->phase = JOB_END;
    if (e != ERR_OK || !guid_is_equal(&d.run, &j->run)) {
        j->canceled = true; /* the row went, with its group or by force */
        return tell_parent(x, j);
    }
    store(x, j, &d);
    j->canceled = j->canceled || d.state == DEPLOY_CANCELED;
    http_response_clear(&x->resp);
    arm_headers(x, j->failed || j->canceled ? 409 : 200);
    return NEXT_COMMIT;
}

enum next
deploy_ended(struct exchange *x, struct job *j)
{
    if (x->answer_err == ERR_CONFLICT && ++j->attempts < COMMITS_MAX)
        return deploy_end(x, j);
    j->is_stored = x->answer_err == ERR_OK;
    if (!j->is_stored)
        log_error("deployment %s: its end could not be stored: %s", j->at.name,
                  err_text(x->answer_err));
    return tell_parent(x, j);
}
