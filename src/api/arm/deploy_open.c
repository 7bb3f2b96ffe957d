/* SPDX-License-Identifier: Apache-2.0 */
/* deploy_open.c - from a request's body to a job. */
#include <stdio.h>
#include <stdlib.h>

#include "api/arm/deploy.h"
#include "api/arm/tags.h"
#include "api/template/relax.h"
#include "base/clock.h"

/* ------------------------------------------------------------------------ where */

static bool
name_is_ok(struct span s)
{
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = s.ptr[i];

        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
            (c == 0 || strchr("-_.()", c) == NULL))
            return false;
    }
    return s.len > 0;
}

static bool
take_name(struct exchange *x, struct span name, struct deploy_at *out)
{
    if (name.len > DEPLOY_NAME_MAX) {
        (void)arm_fail(x, 400, "DeploymentNameLengthLimitExceeded",
                       "The deployment name exceeds the limit of %d characters.",
                       (int)DEPLOY_NAME_MAX);
        return false;
    }
    if (!name_is_ok(name) || !span_copy_str(name, out->name, sizeof(out->name))) {
        (void)arm_fail(x, 400, "DeploymentNameInvalidCharacters",
                       "The deployment name may have letters, digits, '-', '_', '.', '(' and "
                       "')' only.");
        return false;
    }
    return true;
}

bool
deploy_find(struct exchange *x, struct deploy_at *out)
{
    enum err e;

    *out = (struct deploy_at){ .in_group = strstr(x->route->path, "{group}") != NULL };
    e = out->in_group ? arm_group(x, &out->group) : arm_subscription(x, &out->subscription);
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        (void)arm_fail(x, err_class_of(e) == ERR_CLASS_RETRY ? 503 : 500, "InternalServerError",
                       "An error occurred while processing the request.");
    if (e != ERR_OK)
        return false;
    if (out->in_group)
        out->subscription = out->group.subscription;
    if (strstr(x->route->path, "{name}") != NULL &&
        !take_name(x, x->bind[out->in_group ? 2 : 1], out))
        return false;
    (void)snprintf(out->id, sizeof(out->id),
                   "/subscriptions/%s%s%s/providers/Microsoft.Resources/deployments/%s",
                   out->subscription.text, out->in_group ? "/resourceGroups/" : "",
                   out->in_group ? out->group.name : "", out->name);
    return true;
}

/* ------------------------------------------------------------------------- body */

static void
job_free(void *state)
{
    struct job *j = state;

    if (j->has_slot)
        deploy_slot_give(&j->run, j->is_stored);
    arena_free(j->a);
    buf_release(&j->tags);
    buf_release(&j->operations);
    buf_release(&j->details);
    free(j);
}

static bool
refuse(struct exchange *x, const char *text)
{
    (void)arm_fail(x, 400, "InvalidRequestContent",
                   "The request content was invalid and could not be deserialized: '%s'.",
                   text);
    return false;
}

/* What would have us fetch something from elsewhere, and what is not done here. */
static bool
is_supported(struct exchange *x, const struct value *p)
{
    static const char *const refused[] = { "templateLink", "parametersLink",
                                           "onErrorDeployment", "extensionConfigs" };

    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        const struct value *v = value_get(p, refused[i]);

        if (v == NULL || v->kind == VALUE_NULL)
            continue;
        (void)arm_fail(x, 400, "InvalidTemplateDeployment",
                       "The property '%s' is not supported: this service fetches nothing from "
                       "elsewhere and does not repeat deployments. Send template and "
                       "parameters in the request.",
                       refused[i]);
        return false;
    }
    return true;
}

static bool
read_mode(struct exchange *x, struct job *j)
{
    const struct value *mode = value_get(j->properties, "mode");

    if (mode == NULL || mode->kind == VALUE_NULL)
        return true;
    if (value_is_str(mode) && span_is_str_nocase(mode->str, "Incremental"))
        return true;
    j->complete = value_is_str(mode) && span_is_str_nocase(mode->str, "Complete");
    if (j->complete && j->at.in_group)
        return true;
    (void)arm_fail(x, 400, j->complete ? "InvalidDeploymentMode" : "InvalidRequestContent",
                   j->complete ? "The mode 'Complete' is not supported at this scope."
                               : "The mode has to be 'Incremental' or 'Complete'.");
    return false;
}

static bool
read_place(struct exchange *x, struct job *j, const struct value *root)
{
    const struct value *location = value_get(root, "location"), *tags = value_get(root, "tags");
    struct jsw w;

    if (location != NULL && location->kind == VALUE_NULL)
        location = NULL;
    if (!j->at.in_group && !value_is_str(location)) {
        (void)arm_fail(x, 400, "LocationRequired",
                       "The 'location' property must be specified for deployments at this "
                       "scope.");
        return false;
    }
    if (j->at.in_group && location != NULL) {
        (void)arm_fail(x, 400, "InvalidDeployment",
                       "The 'location' property is not allowed for deployments at resource "
                       "group scope.");
        return false;
    }
    if (location != NULL &&
        !arm_location(x, location->str, j->location, "InvalidDeploymentLocation", j->at.name))
        return false;
    if (tags == NULL || tags->kind == VALUE_NULL)
        return true;
    if (tags->kind != VALUE_OBJECT || tags->n > MAX_BAG)
        return refuse(x, "tags");
    for (size_t i = 0; i < tags->n; i++)
        if (!value_is_str(tags->member[i].value))
            return refuse(x, "tags");
    w = jsw_of(sink_buf(&j->tags));
    value_write(tags, false, &w, NULL);
    return true;
}

/* A template may come as a text that is JSON. */
static bool
read_template(struct exchange *x, struct job *j)
{
    const struct value *t = value_get(j->properties, "template");

    if (value_is_str(t) && value_parse(j->a, t->str, &t) != ERR_OK)
        t = NULL;
    if (t == NULL || t->kind != VALUE_OBJECT) {
        (void)arm_fail(x, 400, "InvalidTemplate",
                       "Deployment template validation failed: 'The template is missing, or "
                       "is no JSON object.'.");
        return false;
    }
    j->template = t;
    return true;
}

/* WIRE: the real service takes comments, names without quotes and the like, and az relies on
 * it. */
static enum err
parse_body(struct exchange *x, struct job *j, const struct value **root)
{
    enum err e = value_parse(j->a, x->req->body, root);
    struct secbuf strict;

    if (e != ERR_SYNTAX)
        return e;
    secbuf_init(&strict, 2 * MAX_BODY);
    relax_json(x->req->body, &strict);
    e = strict.err != ERR_OK ? strict.err : value_parse(j->a, secbuf_span(&strict), root);
    secbuf_release(&strict);
    return e;
}

static bool
read_body(struct exchange *x, struct job *j)
{
    const struct value *root = NULL;
    enum err e = parse_body(x, j, &root);

    if (e != ERR_OK && e != ERR_SYNTAX && arena_err(j->a) == ERR_NOMEM) {
        (void)arm_fail(x, 503, "ServiceUnavailable", "The service is temporarily unavailable.");
        return false;
    }
    if (e != ERR_OK || root->kind != VALUE_OBJECT)
        return refuse(x, e == ERR_TOO_LARGE ? "too large, too deep or too wide"
                                            : "the body is no JSON object");
    j->properties = value_get(root, "properties");
    if (j->properties == NULL || j->properties->kind != VALUE_OBJECT)
        return refuse(x, "properties");
    j->parameters = value_get(j->properties, "parameters");
    if (j->parameters != NULL && j->parameters->kind == VALUE_NULL)
        j->parameters = NULL;
    if (j->parameters != NULL && j->parameters->kind != VALUE_OBJECT)
        return refuse(x, "parameters");
    return is_supported(x, j->properties) && read_mode(x, j) && read_place(x, j, root) &&
           read_template(x, j);
}

enum next
deploy_open(struct exchange *x, enum next (*then)(struct exchange *, struct job *))
{
    struct job *j = calloc(1, sizeof(*j));

    if (j == NULL)
        return arm_trouble(x, ERR_NOMEM);
    x->state = j;
    x->state_free = job_free;
    buf_init(&j->tags, 64 * 1024);
    buf_init(&j->operations, DEPLOY_OPS_MAX);
    buf_init(&j->details, DEPLOY_DETAILS_MAX);
    j->then = then;
    j->started = clock_now_100ns();
    j->a = arena_new(DEPLOY_ARENA_MAX);
    if (j->a == NULL)
        return arm_trouble(x, ERR_NOMEM);
    if (!deploy_find(x, &j->at) || !read_body(x, j))
        return NEXT_REPLY;
    if (!guid_parse(http_request_header(x->req, "x-ms-correlation-request-id"),
                    &j->correlation))
        j->correlation = x->request_id;
    j->given = value_object(j->a);
    j->facts = deploy_facts(x, j);
    return deploy_proceed(x, j);
}

enum next
deploy_bad_template(struct exchange *x, const struct job *j)
{
    if (j->ev.err == ERR_NOMEM)
        return arm_trouble(x, ERR_NOMEM);
    return arm_fail(x, 400, "InvalidTemplate", "Deployment template validation failed: '%s'.",
                    j->ev.why);
}
