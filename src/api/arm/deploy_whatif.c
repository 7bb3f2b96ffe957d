/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deploy_whatif.c - what a deployment would change: each resource of the template is read as
 * the caller, and compared with what would be put. Nothing is written.
 */
#include "api/arm/deploy.h"
#include "api/arm/handlers.h"

enum { DELTAS_MAX = 200, PATH_MAX_LEN = 600 };

struct diff {
    struct arena *a;
    struct value *out;
    char path[PATH_MAX_LEN];
};

static void
put_text(struct arena *a, struct value *to, const char *name, const char *text)
{
    value_put(a, to, span_str(name), value_text(a, text));
}

/* Members that are told apart from what they are put with: never answered, or said elsewhere.
 */
static bool
is_silent(const char *path)
{
    static const char *const names[] = {
        "id", "type", "apiVersion", "name", "properties.value", "properties.createMode"
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (span_is_equal_nocase(span_str(path), span_str(names[i])))
            return true;
    return false;
}

static void
push_delta(struct diff *d, const struct value *before, const struct value *after)
{
    struct value *one = value_object(d->a);

    if (d->out->n == DELTAS_MAX)
        return;
    put_text(d->a, one, "path", d->path);
    put_text(d->a, one, "propertyChangeType", before == NULL ? "Create" : "Modify");
    value_put(d->a, one, span_str("before"), before == NULL ? value_null() : before);
    value_put(d->a, one, span_str("after"), after);
    value_push(d->a, d->out, one);
}

static bool
looks_equal(const struct value *a, const struct value *b)
{
    if (a->kind == VALUE_STR && b->kind == VALUE_STR)
        return span_is_equal_nocase(a->str, b->str);
    return value_is_equal(a, b);
}

static void
compare(struct diff *d, const struct value *before, const struct value *after)
{
    size_t len = strlen(d->path);

    if (after->kind != VALUE_OBJECT || (before != NULL && before->kind != VALUE_OBJECT)) {
        if (!after->secret && !after->later && !is_silent(d->path) &&
            after->kind != VALUE_NULL && (before == NULL || !looks_equal(before, after)))
            push_delta(d, before, after);
        return;
    }
    for (size_t i = 0; i < after->n; i++) {
        struct span name = after->member[i].name;

        if (len + name.len + 2 > sizeof(d->path))
            continue;
        if (len > 0)
            d->path[len] = '.';
        (void)span_copy_str(name, d->path + len + (len > 0 ? 1 : 0), sizeof(d->path) - len - 1);
        compare(d, before == NULL ? NULL : value_find(before, name), after->member[i].value);
        d->path[len] = '\0';
    }
}

/* What would be put, as the resource it would be. */
static const struct value *
would_be(struct job *j, const struct unit *u)
{
    const struct value *body = plan_body(j->plan, (unsigned)(u - j->plan->unit));
    struct value *v = value_object(j->a);

    value_put(j->a, v, span_str("apiVersion"), value_str(j->a, u->version));
    value_put(j->a, v, span_str("id"), value_str(j->a, u->id));
    value_put(j->a, v, span_str("type"), value_str(j->a, u->type));
    value_put(j->a, v, span_str("name"), value_str(j->a, u->name));
    for (size_t i = 0; i < body->n && body->kind == VALUE_OBJECT; i++)
        value_put(j->a, v, body->member[i].name, body->member[i].value);
    return v;
}

static struct value *
change(struct job *j, struct span id, const char *type)
{
    struct value *c = value_object(j->a);

    value_put(j->a, c, span_str("resourceId"), value_str(j->a, id));
    put_text(j->a, c, "changeType", type);
    return c;
}

static bool
ids_only(const struct job *j)
{
    const struct value *f =
        value_get(value_get(j->properties, "whatIfSettings"), "resultFormat");

    return value_is_str(f) && span_is_str_nocase(f->str, "ResourceIdOnly");
}

static void
push_unsupported(struct job *j, const struct unit *u, const char *why)
{
    struct value *c = change(j, u->id, "Unsupported");

    put_text(j->a, c, "unsupportedReason", why);
    value_push(j->a, j->changes, c);
}

static void
push_unit(struct exchange *x, struct job *j, const struct unit *u)
{
    struct diff d = { .a = j->a, .out = value_array(j->a) };
    const struct value *before = NULL, *after;
    struct value *c;

    if (x->inner_status != 404 && x->inner_status != 200) {
        push_unsupported(j, u, "The resource cannot be read by the caller.");
        return;
    }
    after = would_be(j, u);
    if (x->inner_status == 200 && value_parse(j->a, secbuf_span(&x->answer), &before) != ERR_OK)
        before = NULL;
    if (before != NULL)
        compare(&d, before, after);
    c = change(j, u->id, before == NULL ? "Create" : d.out->n > 0 ? "Modify" : "NoChange");
    if (!ids_only(j)) {
        if (before != NULL)
            value_put(j->a, c, span_str("before"), before);
        value_put(j->a, c, span_str("after"), after);
        if (d.out->n > 0)
            value_put(j->a, c, span_str("delta"), d.out);
    }
    value_push(j->a, j->changes, c);
}

static enum next
answer(struct exchange *x, struct job *j)
{
    struct jsw w;

    for (size_t i = 0; j->doomed != NULL && i < j->doomed->n; i++) {
        const struct value *id = value_get(j->doomed->item[i], "id");
        struct value *c = change(j, id->str, j->complete ? "Delete" : "Ignore");

        if (!ids_only(j))
            value_put(j->a, c, span_str("before"), j->doomed->item[i]);
        value_push(j->a, j->changes, c);
    }
    if (!eval_is_ok(&j->ev))
        return deploy_bad_template(x, j);
    w = arm_reply(x, 200);
    jsw_object(&w, NULL);
    jsw_str(&w, "status", "Succeeded");
    jsw_object(&w, "properties");
    jsw_str(&w, "correlationId", j->correlation.text);
    value_write(j->changes, true, &w, "changes");
    jsw_end(&w);
    jsw_end(&w);
    return arm_finish(x, NEXT_REPLY);
}

static enum next
look_on(struct exchange *x, struct job *j)
{
    for (; j->at_order < j->plan->n; j->at_order++) {
        const struct unit *u = &j->plan->unit[j->plan->order[j->at_order]];

        if (u->off || u->existing)
            continue;
        if (u->nested) {
            push_unsupported(j, u, "Nested deployments are not looked into.");
            continue;
        }
        deploy_ask(x, j, JOB_LOOK, HTTP_GET, u->id, u->version, NULL);
        return NEXT_INNER;
    }
    if (j->at.in_group && deploy_list_group(x, j))
        return NEXT_INNER;
    return answer(x, j);
}

static enum next
begin(struct exchange *x, struct job *j)
{
    j->plan->planning = true; /* what looks at resources stays open */
    j->changes = value_array(j->a);
    return look_on(x, j);
}

enum next
api_arm_deployment_what_if(struct exchange *x)
{
    struct job *j = x->state;

    if (x->step == 0)
        return deploy_open(x, begin);
    switch (j->phase) {
    case JOB_SECRETS:
        return deploy_secret_came(x, j);
    case JOB_LOOK:
        push_unit(x, j, &j->plan->unit[j->plan->order[j->at_order++]]);
        return look_on(x, j);
    case JOB_LIST:
        deploy_sweep_answer(x, j);
        return look_on(x, j);
    case JOB_PUT:
    case JOB_DELETE:
    case JOB_END:
        return arm_trouble(x, ERR_INTERNAL);
    }
    return arm_trouble(x, ERR_INTERNAL);
}
