/* SPDX-License-Identifier: Apache-2.0 */
/* plan.c - from units to bodies: references, nested templates, outputs. */
#include "api/template/plan_int.h"

#define SPAN_FMT     "%.*s"
#define SPAN_ARGS(s) (int)span_head(s, 120).len, (const char *)(s).ptr

static bool
is_control(struct span name)
{
    static const char *const names[] = { "type",      "apiVersion",   "name",
                                         "dependsOn", "scope",        "condition",
                                         "copy",      "comments",     "existing",
                                         "resources", "metadata",     "subscriptionId",
                                         "asserts",   "resourceGroup" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (span_is_str_nocase(name, names[i]))
            return true;
    return false;
}

void
plan_stand_in(struct plan *p, unsigned i)
{
    p->current = i;
    p->ev->nloops = i == PLAN_NONE ? 0 : p->unit[i].nloops;
    if (i != PLAN_NONE)
        memcpy(p->ev->loop, p->unit[i].loop, sizeof(p->ev->loop));
}

/* ------------------------------------------------------------------ references */

bool
unit_is_named(const struct unit *u, struct span what)
{
    if (u->symbol.len > 0 && span_is_equal_nocase(u->symbol, what))
        return true;
    return span_is_equal_nocase(u->id, what) || span_is_equal_nocase(u->name, what);
}

/* PLAN_NONE: it is not in the template. */
static unsigned
find_unit(struct plan *p, struct span what)
{
    (void)eval_charge(p->ev, 1 + p->n / 8);
    for (unsigned i = 0; i < p->n; i++)
        if (unit_is_named(&p->unit[i], what))
            return i;
    return PLAN_NONE;
}

static const struct value *
properties_of(struct plan *p, const struct value *whole, bool full)
{
    const struct value *v = full ? whole : value_get(whole, "properties");

    (void)p;
    return v == NULL ? value_null() : v;
}

static const struct value *
look_outside(struct plan *p, struct span id, struct span version, bool full)
{
    for (const struct known *k = p->known; k != NULL; k = k->next)
        if (span_is_equal_nocase(k->id, id))
            return properties_of(p, k->value, full);
    if (p->want_id.len == 0) {
        p->want_id = id;
        p->want_version = version;
    }
    return value_later();
}

const struct value *
plan_refer(void *arg, const struct value *what, struct span version, bool full)
{
    struct plan *p = arg;
    unsigned i = find_unit(p, what->str);
    const struct unit *u = i == PLAN_NONE ? NULL : &p->unit[i];

    if (u == NULL && (what->str.len == 0 || what->str.ptr[0] != '/' || version.len == 0))
        return eval_fail(p->ev, ERR_SYNTAX,
                         "The resource '" SPAN_FMT "' is not defined in the template: a "
                         "reference to another one needs its id and an api-version. Please "
                         "see https://aka.ms/arm-syntax-functions for usage details.",
                         SPAN_ARGS(what->str));
    if (p->planning) {
        if (u != NULL && p->current != PLAN_NONE && i != p->current)
            plan_need(p, p->current, i);
        return value_later();
    }
    if (u != NULL && u->result != NULL)
        return properties_of(p, u->result, full);
    if (u != NULL && i == p->current)
        return eval_fail(p->ev, ERR_SYNTAX, "The resource '" SPAN_FMT "' refers to itself.",
                         SPAN_ARGS(u->id));
    return u != NULL ? look_outside(p, u->id, u->version.len > 0 ? u->version : version, full)
                     : look_outside(p, what->str, version, full);
}

void
plan_tell(struct plan *p, struct span id, const struct value *resource)
{
    struct known *k = arena_alloc(p->ev->a, sizeof(*k));

    p->want_id = (struct span){ 0 };
    if (k == NULL)
        return;
    *k = (struct known){ .next = p->known, .id = id, .value = resource };
    p->known = k;
}

/* ---------------------------------------------------------------------- bodies */

/* What is computed already must not be computed again by who gets it. */
static const struct value *
shield(struct eval *ev, const struct value *v)
{
    struct value *out;

    if (v->kind == VALUE_STR && v->str.len > 0 && v->str.ptr[0] == '[') {
        uint8_t *text = arena_alloc(ev->a, v->str.len + 1);

        if (text == NULL)
            return value_null();
        text[0] = '[';
        memcpy(text + 1, v->str.ptr, v->str.len);
        return value_lent(ev->a, span_of(text, v->str.len + 1));
    }
    if (v->kind != VALUE_ARRAY && v->kind != VALUE_OBJECT)
        return v;
    out = v->kind == VALUE_ARRAY ? value_array(ev->a) : value_object(ev->a);
    for (size_t i = 0; i < v->n && eval_charge(ev, 1 + v->n / 16); i++) {
        if (v->kind == VALUE_ARRAY)
            value_push(ev->a, out, shield(ev, v->item[i]));
        else
            value_put(ev->a, out, v->member[i].name, shield(ev, v->member[i].value));
    }
    return out;
}

static bool
is_inner(const struct value *properties)
{
    const struct value *s =
        value_get(value_get(properties, "expressionEvaluationOptions"), "scope");

    return value_is_str(s) && span_is_str_nocase(s->str, "inner");
}

/* The template of a deployment in the template: computed here, or there. */
static const struct value *
nested_template(struct eval *ev, const struct value *raw, bool inner)
{
    const struct value *v = inner ? raw : eval_value(ev, raw);

    if (inner || !eval_is_ok(ev))
        return v;
    if (v->secret)
        return eval_fail(ev, ERR_SYNTAX,
                         "A nested template that is evaluated in the outer scope cannot use "
                         "secure parameters: set expressionEvaluationOptions.scope to inner.");
    return shield(ev, v);
}

static const struct value *
nested_properties(struct eval *ev, const struct value *raw)
{
    struct value *out = value_object(ev->a);

    for (size_t i = 0; i < raw->n && eval_is_ok(ev); i++) {
        const struct member *m = &raw->member[i];

        value_put(ev->a, out, m->name,
                  span_is_str_nocase(m->name, "template")
                      ? nested_template(ev, m->value, is_inner(raw))
                      : eval_value(ev, m->value));
    }
    return out;
}

const struct value *
plan_body(struct plan *p, unsigned i)
{
    const struct unit *u = &p->unit[i];
    struct value *out = value_object(p->ev->a);

    p->want_id = (struct span){ 0 };
    plan_stand_in(p, i);
    for (size_t k = 0; k < u->source->n && eval_is_ok(p->ev); k++) {
        const struct member *m = &u->source->member[k];
        bool properties = span_is_str_nocase(m->name, "properties");

        if (is_control(m->name))
            continue;
        value_put(p->ev->a, out, m->name,
                  u->nested && properties && m->value->kind == VALUE_OBJECT
                      ? nested_properties(p->ev, m->value)
                      : eval_value(p->ev, m->value));
    }
    plan_stand_in(p, PLAN_NONE);
    return eval_is_ok(p->ev) && p->want_id.len == 0 ? out : value_null();
}

/* {type, value} of one output, or NULL: its condition is false, or it may not be shown. */
static const struct value *
output(struct plan *p, struct span name, const struct value *def)
{
    const struct value *cond = value_get(def, "condition"), *v = value_get(def, "value"), *copy;
    struct eval *ev = p->ev;
    struct span type = eval_text(ev, value_get(def, "type"), "the type of an output");
    struct value *out = value_object(ev->a);

    if (cond != NULL)
        cond = eval_value(ev, cond);
    if (cond != NULL && cond->kind == VALUE_BOOL && !cond->b)
        return NULL;
    copy = value_get(def, "copy");
    if (v == NULL && copy != NULL) {
        /* {count, input} as the loop of a property. */
        struct value *row = value_object(ev->a), *list = value_array(ev->a);
        struct value *holder = value_object(ev->a);

        value_put(ev->a, row, span_str("name"), value_text(ev->a, "value"));
        value_put(ev->a, row, span_str("count"),
                  value_get(copy, "count") != NULL ? value_get(copy, "count") : value_null());
        value_put(ev->a, row, span_str("input"),
                  value_get(copy, "input") != NULL ? value_get(copy, "input") : value_null());
        value_push(ev->a, list, row);
        value_put(ev->a, holder, span_str("copy"), list);
        v = value_get(eval_value(ev, holder), "value");
    } else if (v != NULL) {
        v = eval_value(ev, v);
    }
    if (v == NULL || !eval_type_is_known(type) || (!v->later && !eval_type_fits(type, v)))
        return eval_fail(ev, ERR_SYNTAX,
                         "The template output '" SPAN_FMT "' is not valid: its value is not of "
                         "its type.",
                         SPAN_ARGS(name));
    value_put(ev->a, out, span_str("type"), value_str(ev->a, type));
    if (!eval_type_is_secure(type) && !v->secret)
        value_put(ev->a, out, span_str("value"), v);
    return out;
}

const struct value *
plan_outputs(struct plan *p)
{
    const struct value *defs = value_get(p->template, "outputs"), *one;
    struct value *out = value_object(p->ev->a);

    p->want_id = (struct span){ 0 };
    plan_stand_in(p, PLAN_NONE);
    for (size_t i = 0;
         defs != NULL && defs->kind == VALUE_OBJECT && i < defs->n && eval_is_ok(p->ev); i++) {
        one = output(p, defs->member[i].name, defs->member[i].value);
        if (one != NULL)
            value_put(p->ev->a, out, defs->member[i].name, one);
    }
    return eval_is_ok(p->ev) && p->want_id.len == 0 ? out : value_null();
}
