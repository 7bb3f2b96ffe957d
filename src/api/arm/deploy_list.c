/* SPDX-License-Identifier: Apache-2.0 */
/* deploy_list.c - deployments that there are: get, list, delete, cancel, their template, their
 * operations, and how far they have come. */
#include <stdio.h>

#include "api/arm/deploy.h"
#include "api/arm/handlers.h"
#include "codec/pack.h"

#define TYPE "Microsoft.Resources/deployments"

static enum next
missing(struct exchange *x, const struct deploy_at *at)
{
    return arm_fail(x, 404, "DeploymentNotFound", "Deployment '%s' could not be found.",
                    at->name);
}

/* False: the answer is *next. */
static bool
find(struct exchange *x, struct deploy_at *at, struct deployment *d, enum next *next)
{
    enum err e;

    *next = NEXT_REPLY;
    if (!deploy_find(x, at))
        return false;
    e = deploy_load(x, at, d);
    if (e != ERR_OK)
        *next = e == ERR_NOT_FOUND ? missing(x, at) : arm_trouble(x, e);
    return e == ERR_OK;
}

enum next
api_arm_deployment_get(struct exchange *x)
{
    struct deploy_at at;
    struct deployment d;
    struct jsw w;
    enum next next;

    if (!find(x, &at, &d, &next))
        return next;
    if (x->req->method == HTTP_HEAD)
        return arm_empty(x, 204, NEXT_REPLY);
    w = arm_reply(x, 200);
    deploy_put_json(&at, &d, &w);
    return arm_finish(x, NEXT_REPLY);
}

/* ------------------------------------------------------------------------- list */

struct listing {
    const struct deploy_at *at;
    struct jsw w;
    struct span state; /* of the filter; or empty */
    unsigned left;
    bool more;
    char last[DEPLOY_NAME_MAX + 1];
};

static bool
list_one(void *arg, const struct deployment *d)
{
    struct listing *l = arg;

    if (l->left == 0) {
        l->more = true;
        return false;
    }
    (void)span_copy_str(span_str(d->name), l->last, sizeof(l->last));
    if (l->state.len > 0 &&
        !span_is_str_nocase(l->state, deploy_state_word(deploy_state_of(d))))
        return true;
    deploy_put_json(l->at, d, &l->w);
    l->left--;
    return true;
}

/* provisioningState eq '{state}' */
static bool
read_filter(struct exchange *x, struct span *state)
{
    static const char head[] = "provisioningState eq '";
    struct span s;

    *state = (struct span){ 0 };
    if (!http_request_param(x->req, "$filter", &s) || s.len == 0)
        return true;
    if (s.len > sizeof(head) && s.ptr[s.len - 1] == '\'' &&
        span_is_str_nocase(span_head(s, sizeof(head) - 1), head)) {
        *state = span_tail(span_head(s, s.len - 1), sizeof(head) - 1);
        return true;
    }
    (void)arm_fail(x, 400, "InvalidFilterInQueryString",
                   "Invalid $filter '%.*s' specified in the query string.",
                   (int)span_head(s, 256).len, (const char *)s.ptr);
    return false;
}

enum next
api_arm_deployments(struct exchange *x)
{
    struct listing l = { .left = arm_top(x) };
    char after[MAX_OBJECT_NAME + 1];
    struct deploy_at at;
    enum err e = arm_page_begin(x, after);

    if (e != ERR_OK)
        return arm_trouble(x, e);
    if (!deploy_find(x, &at) || !read_filter(x, &l.state))
        return NEXT_REPLY;
    l.at = &at;
    l.w = arm_reply(x, 200);
    jsw_object(&l.w, NULL);
    jsw_array(&l.w, "value");
    e = deploy_each(x, &at, after, list_one, &l);
    jsw_end(&l.w);
    if (e == ERR_OK)
        e = arm_page_link(x, l.more ? l.last : NULL, &l.w);
    jsw_end(&l.w);
    return e == ERR_OK ? arm_finish(x, NEXT_REPLY) : arm_trouble(x, e);
}

/* ----------------------------------------------------------------------- changes */

enum next
api_arm_deployment_delete(struct exchange *x)
{
    struct deploy_at at;
    struct deployment d;
    enum next next;

    if (!find(x, &at, &d, &next))
        return next;
    if (deploy_state_of(&d) == DEPLOY_RUNNING)
        return arm_fail(x, 409, "DeploymentActive",
                        "Unable to delete deployment '%s': it is still active.", at.name);
    deploy_drop(x, &at, &d);
    return arm_empty(x, 204, NEXT_COMMIT);
}

/* Whoever carries it out sees the row before its next step. */
enum next
api_arm_deployment_cancel(struct exchange *x)
{
    struct deploy_at at;
    struct deployment d;
    enum next next;

    if (!find(x, &at, &d, &next))
        return next;
    if (deploy_state_of(&d) != DEPLOY_RUNNING)
        return arm_fail(x, 409, "DeploymentCannotBeCancelled",
                        "The deployment '%s' cannot be cancelled because it is not running.",
                        at.name);
    d.state = DEPLOY_CANCELED;
    deploy_store(x, &at, &d);
    return arm_empty(x, 204, NEXT_COMMIT);
}

enum next
api_arm_deployment_export(struct exchange *x)
{
    struct deploy_at at;
    struct deployment d;
    struct span template;
    struct jsw w;
    enum next next;
    enum err e;

    if (!find(x, &at, &d, &next))
        return next;
    e = deploy_load_template(x, &at, &template);
    if (e == ERR_NOT_FOUND)
        return arm_fail(x, 404, "DeploymentTemplateNotFound",
                        "The template of the deployment '%s' is not kept: it was a part of "
                        "another one.",
                        at.name);
    if (e != ERR_OK)
        return arm_trouble(x, e);
    w = arm_reply(x, 200);
    jsw_object(&w, NULL);
    jsw_raw(&w, "template", template);
    jsw_end(&w);
    return arm_finish(x, NEXT_REPLY);
}

/* -------------------------------------------------------------------- operations */

/* These paths are not those of a resource: its scope is composed, and asked for here. */
static bool
enter(struct exchange *x, struct deploy_at *at, struct deployment *d,
      const char *const *actions, enum next *next)
{
    *next = NEXT_REPLY;
    if (!deploy_find(x, at))
        return false;
    for (char *p = at->id; *p != '\0'; p++)
        *p = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
    return arm_enter(x, span_str(at->id), actions) && find(x, at, d, next);
}

enum next
api_arm_deployment_operations(struct exchange *x)
{
    static const char *const actions[] = { TYPE "/operations/read", NULL };
    struct unpack u;
    struct deploy_at at;
    struct deployment d;
    struct jsw w;
    enum next next;

    if (!enter(x, &at, &d, actions, &next))
        return next;
    u = unpack_of(d.operations);
    w = arm_reply(x, 200);
    jsw_object(&w, NULL);
    jsw_array(&w, "value");
    while (u.rest.len > 0 && u.err == ERR_OK) {
        struct span json;

        (void)unpack_bytes(&u, 64);
        json = unpack_bytes(&u, DEPLOY_OPS_MAX);
        if (u.err == ERR_OK)
            jsw_raw(&w, NULL, json);
    }
    jsw_end(&w);
    jsw_end(&w);
    return u.err == ERR_OK ? arm_finish(x, NEXT_REPLY) : arm_trouble(x, u.err);
}

enum next
api_arm_deployment_operation(struct exchange *x)
{
    static const char *const actions[] = { TYPE "/operations/read", NULL };
    struct deploy_at at;
    struct deployment d;
    struct unpack u;
    struct jsw w;
    struct span want;
    enum next next;

    if (!enter(x, &at, &d, actions, &next))
        return next;
    want = x->bind[at.in_group ? 3 : 2];
    u = unpack_of(d.operations);
    while (u.rest.len > 0 && u.err == ERR_OK) {
        struct span id = unpack_bytes(&u, 64), json = unpack_bytes(&u, DEPLOY_OPS_MAX);

        if (u.err != ERR_OK || !span_is_equal_nocase(id, want))
            continue;
        w = arm_reply(x, 200);
        jsw_raw(&w, NULL, json);
        return arm_finish(x, NEXT_REPLY);
    }
    return arm_fail(x, 404, "DeploymentOperationNotFound",
                    "The deployment operation '%.*s' could not be found.",
                    (int)span_head(want, 64).len, (const char *)want.ptr);
}

enum next
api_arm_deployment_status(struct exchange *x)
{
    static const char *const actions[] = { TYPE "/operationStatuses/read", TYPE "/read",
                                           TYPE "/write", NULL };
    struct deploy_at at;
    struct deployment d;
    enum deploy_state state;
    struct jsw w;
    enum next next;

    if (!enter(x, &at, &d, actions, &next))
        return next;
    if (!span_is_equal_nocase(x->bind[at.in_group ? 3 : 2], span_str(d.run.text)))
        return arm_fail(x, 404, "DeploymentOperationNotFound",
                        "The deployment '%s' has no such operation.", at.name);
    state = deploy_state_of(&d);
    w = arm_reply(x, 200);
    jsw_object(&w, NULL);
    jsw_str(&w, "status", deploy_state_word(state));
    if (d.error.len > 0)
        jsw_raw(&w, "error", d.error);
    jsw_end(&w);
    /* Azure's clients ask again after half a minute unless every answer says when. */
    if (state == DEPLOY_RUNNING)
        http_response_header(&x->resp, "Retry-After", "1");
    return arm_finish(x, NEXT_REPLY);
}
