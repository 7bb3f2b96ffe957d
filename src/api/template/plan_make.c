/* SPDX-License-Identifier: Apache-2.0 */
/* plan_make.c - from a template's text to units: names, loops, children, needs. */
#include "api/template/plan_int.h"
#include "auth/scope.h"

#define SPAN_FMT     "%.*s"
#define SPAN_ARGS(s) (int)span_head(s, 120).len, (const char *)(s).ptr

static size_t
slashes(struct span s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.len; i++)
        n += s.ptr[i] == '/';
    return n;
}

/* --------------------------------------------------------------------- naming */

static void
put(struct secbuf *b, struct span s)
{
    secbuf_put(b, s);
}

static struct span
fact(const struct eval *ev, const char *of, const char *name)
{
    const struct value *v = value_get(value_get(ev->facts, of), name);

    return value_is_str(v) ? v->str : (struct span){ 0 };
}

/* Where the unit is put: its own scope, or that of the deployment. */
static void
put_base(struct plan *p, const struct unit *u, struct secbuf *b)
{
    const struct value *scope = value_get(u->source, "scope");
    const struct value *sub = value_get(u->source, "subscriptionId");
    const struct value *group = value_get(u->source, "resourceGroup");
    struct span at = { 0 };

    if (scope != NULL)
        at = eval_text(p->ev, scope, "the scope of a resource");
    if (at.len > 0 && at.ptr[0] == '/') {
        put(b, span_is_str(at, "/") ? (struct span){ 0 } : at);
        return;
    }
    put(b, span_str("/subscriptions/"));
    put(b, sub != NULL ? eval_text(p->ev, sub, "the subscription of a deployment")
                       : fact(p->ev, "subscription", "subscriptionId"));
    at = group != NULL ? eval_text(p->ev, group, "the resource group of a deployment")
                       : fact(p->ev, "resourceGroup", "name");
    if (sub != NULL && group == NULL)
        at = (struct span){ 0 };
    if (at.len > 0) {
        put(b, span_str("/resourceGroups/"));
        put(b, at);
    }
    if (scope != NULL) {
        put(b, span_str("/providers/"));
        put(b, eval_text(p->ev, scope, "the scope of a resource"));
    }
}

/* "/providers/A.B/c/x/d/y" of type A.B/c/d and name x/y. */
static void
put_type(const struct unit *u, struct secbuf *b)
{
    struct span type = u->type, name = u->name;
    size_t end = span_find(type, '/');

    if (span_is_str_nocase(type, "Microsoft.Resources/resourceGroups")) {
        put(b, span_str("/resourceGroups/"));
        put(b, name);
        return;
    }
    put(b, span_str("/providers/"));
    put(b, span_head(type, end));
    while (end < type.len) {
        type = span_tail(type, end + 1);
        end = span_find(type, '/');
        put(b, span_str("/"));
        put(b, span_head(type, end));
        put(b, span_str("/"));
        put(b, span_head(name, span_find(name, '/')));
        name = span_tail(name, span_find(name, '/') + 1);
    }
}

static bool
make_id(struct plan *p, struct unit *u)
{
    struct secbuf b;
    struct scope at;

    secbuf_init(&b, 4096);
    if (u->parent != PLAN_NONE && p->unit[u->parent].type.len > 0 &&
        value_get(u->source, "scope") == NULL)
        put_base(p, &p->unit[u->parent], &b);
    else
        put_base(p, u, &b);
    put_type(u, &b);
    if (eval_is_ok(p->ev) && (b.err != ERR_OK || scope_parse(secbuf_span(&b), &at) != ERR_OK))
        (void)eval_fail(p->ev, ERR_SYNTAX,
                        "The name '" SPAN_FMT "' of a resource of the type '" SPAN_FMT
                        "' is not valid.",
                        SPAN_ARGS(u->name), SPAN_ARGS(u->type));
    u->id = value_str(p->ev->a, secbuf_span(&b))->str;
    secbuf_release(&b);
    return eval_is_ok(p->ev);
}

/* front/back in the arena. */
static struct span
behind(struct eval *ev, struct span front, struct span back)
{
    uint8_t *t = arena_alloc(ev->a, front.len + 1 + back.len);

    if (t == NULL)
        return (struct span){ 0 };
    memcpy(t, front.ptr, front.len);
    t[front.len] = '/';
    memcpy(t + front.len + 1, back.ptr, back.len);
    return span_of(t, front.len + 1 + back.len);
}

/* A child's type and name begin with its parent's, spelled out or not. */
static void
take_after_parent(struct plan *p, struct unit *u)
{
    const struct unit *above = &p->unit[u->parent];
    struct span first = span_head(u->type, span_find(u->type, '/'));

    if (span_find(first, '.') == first.len && first.len > 0)
        u->type = behind(p->ev, above->type, u->type);
    if (slashes(u->name) + 1 < slashes(u->type) && u->name.len > 0)
        u->name = behind(p->ev, above->name, u->name);
}

static bool
is_off(struct plan *p, const struct unit *u)
{
    const struct value *c = value_get(u->source, "condition");

    if (c == NULL)
        return false;
    c = eval_value(p->ev, c);
    if (c->kind != VALUE_BOOL)
        (void)eval_fail(p->ev, ERR_SYNTAX, "The condition of a resource is not a boolean.");
    return !c->b;
}

static bool
name_unit(struct plan *p, unsigned i)
{
    struct unit *u = &p->unit[i];
    const struct value *existing = value_get(u->source, "existing");

    plan_stand_in(p, i);
    u->type = eval_text(p->ev, value_get(u->source, "type"), "the type of a resource");
    u->name = eval_text(p->ev, value_get(u->source, "name"), "the name of a resource");
    u->version =
        eval_text(p->ev, value_get(u->source, "apiVersion"), "the apiVersion of a resource");
    u->existing = existing != NULL && existing->kind == VALUE_BOOL && existing->b;
    if (!eval_is_ok(p->ev))
        return false;
    if (u->parent != PLAN_NONE)
        take_after_parent(p, u);
    u->nested = span_is_str_nocase(u->type, "Microsoft.Resources/deployments");
    u->off = is_off(p, u);
    if (slashes(u->type) == 0 || slashes(u->name) + 1 != slashes(u->type))
        (void)eval_fail(p->ev, ERR_SYNTAX,
                        "The template resource '" SPAN_FMT "' for type '" SPAN_FMT
                        "' has incorrect segment lengths. A nested resource type must have "
                        "identical number of segments as its resource name. A root resource "
                        "type must have segment length one greater than its resource name.",
                        SPAN_ARGS(u->name), SPAN_ARGS(u->type));
    return eval_is_ok(p->ev) && make_id(p, u);
}

/* ------------------------------------------------------------------ expanding */

static bool expand(struct plan *p, const struct value *list, unsigned parent);

/* Room for one more. */
static bool
grow(struct plan *p)
{
    unsigned cap = p->cap == 0 ? 16 : p->cap * 2;
    struct unit *more;

    if (p->n < p->cap)
        return true;
    more = arena_alloc(p->ev->a, cap * sizeof(*more));
    if (more == NULL)
        return false; /* the arena says why */
    if (p->n > 0)
        memcpy(more, p->unit, p->n * sizeof(*more));
    p->unit = more;
    p->cap = cap;
    return true;
}

static void
add_unit(struct plan *p, const struct value *source, struct span symbol, unsigned parent)
{
    struct unit *u;
    const struct value *inside = value_get(source, "resources");
    unsigned i = p->n;

    if (i == PLAN_UNITS_MAX) {
        (void)eval_fail(p->ev, ERR_SYNTAX,
                        "The number of template resources exceeds the limit of '%d'.",
                        (int)PLAN_UNITS_MAX);
        return;
    }
    if (!grow(p))
        return;
    u = &p->unit[p->n++];
    *u = (struct unit){ .source = source, .symbol = symbol, .parent = parent };
    u->nloops = p->ev->nloops;
    memcpy(u->loop, p->ev->loop, sizeof(u->loop));
    if (!name_unit(p, i))
        return;
    if (parent != PLAN_NONE)
        plan_need(p, i, parent);
    if (inside != NULL)
        (void)expand(p, inside, i);
}

static void
add_loop(struct plan *p, const struct value *source, const struct value *copy,
         struct span symbol, unsigned parent)
{
    const struct value *name = value_get(copy, "name"), *count = value_get(copy, "count");
    struct eval *ev = p->ev;
    struct loop above[EVAL_COPIES_MAX];
    unsigned nabove = ev->nloops;

    memcpy(above, ev->loop, sizeof(above));
    count = count == NULL ? value_null() : eval_value(ev, count);
    if (!value_is_str(name) || count->kind != VALUE_INT || count->i < 0 ||
        count->i > PLAN_UNITS_MAX || nabove == EVAL_COPIES_MAX) {
        (void)eval_fail(ev, ERR_SYNTAX, "A copy loop needs a name, and a count from 0 to %d.",
                        (int)PLAN_UNITS_MAX);
        return;
    }
    for (int64_t i = 0; i < count->i && eval_is_ok(ev); i++) {
        memcpy(ev->loop, above, sizeof(above));
        ev->loop[nabove] = (struct loop){ .name = name->str, .index = i };
        ev->nloops = nabove + 1;
        add_unit(p, source, symbol, parent);
    }
    memcpy(ev->loop, above, sizeof(above));
    ev->nloops = nabove;
}

static void
add_one(struct plan *p, const struct value *source, struct span symbol, unsigned parent)
{
    const struct value *copy = value_get(source, "copy");
    struct loop above[EVAL_COPIES_MAX];
    unsigned nabove = p->ev->nloops;

    if (source->kind != VALUE_OBJECT) {
        (void)eval_fail(p->ev, ERR_SYNTAX, "A template resource is not an object.");
        return;
    }
    memcpy(above, p->ev->loop, sizeof(above));
    if (copy != NULL && copy->kind == VALUE_OBJECT)
        add_loop(p, source, copy, symbol, parent);
    else
        add_unit(p, source, symbol, parent);
    memcpy(p->ev->loop, above, sizeof(above));
    p->ev->nloops = nabove;
}

static bool
expand(struct plan *p, const struct value *list, unsigned parent)
{
    if (list->kind != VALUE_ARRAY && list->kind != VALUE_OBJECT)
        return eval_fail(p->ev, ERR_SYNTAX, "The template resources are not an array."), false;
    if (++p->ev->depth > EVAL_DEPTH_MAX)
        (void)eval_fail(p->ev, ERR_TOO_LARGE,
                        "The template's resources are nested too deeply.");
    for (size_t i = 0; i < list->n && eval_is_ok(p->ev); i++) {
        if (list->kind == VALUE_ARRAY)
            add_one(p, list->item[i], (struct span){ 0 }, parent);
        else
            add_one(p, list->member[i].value, list->member[i].name, parent);
    }
    p->ev->depth--;
    return eval_is_ok(p->ev);
}

/* ------------------------------------------------------------------- needing */

static bool
is_loop(const struct unit *u, struct span name)
{
    return u->nloops > 0 && span_is_equal_nocase(u->loop[u->nloops - 1].name, name);
}

/* All units of that id, name, symbol, "type/name" or loop. */
static void
need_named(struct plan *p, unsigned i, struct span what)
{
    bool found = false;

    if (!eval_charge(p->ev, 1 + p->n / 4))
        return;
    for (unsigned k = 0; k < p->n && eval_is_ok(p->ev); k++) {
        const struct unit *u = &p->unit[k];
        struct span end = span_tail(u->id, u->id.len > what.len ? u->id.len - what.len - 1 : 0);
        bool tail = u->id.len > what.len && what.len > 0 && end.ptr[0] == '/' &&
                    span_find(what, '/') < what.len &&
                    span_is_equal_nocase(span_tail(end, 1), what);

        if (!unit_is_named(u, what) && !is_loop(u, what) && !tail)
            continue;
        found = true;
        plan_need(p, i, k);
    }
    if (!found)
        (void)eval_fail(p->ev, ERR_SYNTAX,
                        "The resource '" SPAN_FMT "' is not defined in the template. Please "
                        "see https://aka.ms/arm-syntax for usage details.",
                        SPAN_ARGS(what));
}

static bool
find_needs(struct plan *p, unsigned i)
{
    const struct value *list = value_get(p->unit[i].source, "dependsOn");

    plan_stand_in(p, i);
    if (list != NULL)
        list = eval_value(p->ev, list);
    for (size_t k = 0; list != NULL && list->kind == VALUE_ARRAY && k < list->n; k++) {
        if (list->item[k]->kind != VALUE_STR || list->item[k]->secret)
            (void)eval_fail(p->ev, ERR_SYNTAX, "What a resource depends on is not a string.");
        else if (eval_is_ok(p->ev))
            need_named(p, i, list->item[k]->str);
    }
    if (!p->unit[i].off && !p->unit[i].existing && eval_is_ok(p->ev))
        (void)plan_body(p, i);
    return eval_is_ok(p->ev);
}

static bool
are_different(struct plan *p)
{
    for (unsigned i = 0; i < p->n; i++) {
        if (!eval_charge(p->ev, 1 + i / 8))
            return false;
        for (unsigned k = 0; k < i; k++)
            if (!p->unit[i].off && !p->unit[k].off && !p->unit[i].existing &&
                !p->unit[k].existing && span_is_equal_nocase(p->unit[i].id, p->unit[k].id)) {
                (void)eval_fail(p->ev, ERR_SYNTAX,
                                "The resource '" SPAN_FMT "' is defined multiple times in a "
                                "template. Please see https://aka.ms/arm-syntax-resources for "
                                "usage details.",
                                SPAN_ARGS(p->unit[i].id));
                return false;
            }
    }
    return true;
}

static bool
check_given(struct eval *ev)
{
    for (size_t i = 0; ev->given != NULL && i < ev->given->n; i++) {
        struct span name = ev->given->member[i].name;

        if (value_find(ev->parameter_defs, name) == NULL) {
            (void)eval_fail(ev, ERR_SYNTAX,
                            "The template parameters '" SPAN_FMT "' in the parameters file are "
                            "not valid; they are not present in the original template and can "
                            "therefore not be provided at deployment time.",
                            SPAN_ARGS(name));
            return false;
        }
    }
    for (size_t i = 0; ev->parameter_defs != NULL && i < ev->parameter_defs->n; i++)
        (void)eval_parameter(ev, ev->parameter_defs->member[i].name);
    return eval_is_ok(ev);
}

bool
plan_make(struct eval *ev, const struct value *template, struct plan **out)
{
    const struct value *resources = value_get(template, "resources");
    struct plan *p = arena_alloc(ev->a, sizeof(*p));

    *out = p;
    if (p == NULL)
        return eval_is_ok(ev);
    *p =
        (struct plan){ .ev = ev, .template = template, .planning = true, .current = PLAN_NONE };
    if (resources == NULL)
        (void)eval_fail(ev, ERR_SYNTAX, "Required property 'resources' not found in JSON.");
    if (!eval_is_ok(ev) || !check_given(ev) || !expand(p, resources, PLAN_NONE) ||
        !are_different(p))
        return false;
    ev->reference = plan_refer;
    ev->reference_arg = p;
    for (unsigned i = 0; i < p->n; i++)
        if (!find_needs(p, i))
            return false;
    (void)plan_outputs(p);
    p->planning = false;
    return eval_is_ok(ev) && plan_order(p);
}
