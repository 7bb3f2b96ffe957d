/* SPDX-License-Identifier: Apache-2.0 */
/* eval.c - walks values and expressions; functions are looked up in fn.h's tables. */
#include "api/template/eval.h"

#include <stdarg.h>
#include <stdio.h>

#include "api/template/fn.h"

#define SPAN_FMT     "%.*s"
#define SPAN_ARGS(s) (int)span_head(s, 80).len, (const char *)(s).ptr

static const struct value *run(struct eval *ev, const struct expr *e);
static void walk_copy(struct eval *ev, const struct value *row, struct value *out);

const struct value *
eval_fail(struct eval *ev, enum err e, const char *fmt, ...)
{
    va_list ap;

    if (ev->err != ERR_OK)
        return value_null();
    ev->err = e;
    va_start(ap, fmt);
    (void)vsnprintf(ev->why, sizeof(ev->why), fmt, ap);
    va_end(ap);
    return value_null();
}

bool
eval_is_ok(struct eval *ev)
{
    if (ev->err == ERR_OK && arena_err(ev->a) == ERR_TOO_LARGE)
        (void)eval_fail(ev, ERR_TOO_LARGE, "The template's values need too much memory.");
    if (ev->err == ERR_OK && arena_err(ev->a) != ERR_OK)
        (void)eval_fail(ev, arena_err(ev->a), "There is no memory left.");
    return ev->err == ERR_OK;
}

bool
eval_charge(struct eval *ev, uint64_t steps)
{
    ev->steps += steps;
    if (ev->steps > EVAL_STEPS_MAX)
        (void)eval_fail(ev, ERR_TOO_LARGE, "The template takes too long to evaluate.");
    return eval_is_ok(ev);
}

/* A member that is an object, or NULL. */
static const struct value *
object_of(const struct value *template, const char *name)
{
    const struct value *v = value_get(template, name);

    return v != NULL && v->kind == VALUE_OBJECT ? v : NULL;
}

static struct memo *
memos(struct eval *ev, const struct value *of)
{
    return of == NULL || of->n == 0 ? NULL : arena_alloc(ev->a, of->n * sizeof(struct memo));
}

void
eval_init(struct eval *ev, struct arena *a, const struct value *template,
          const struct value *given, const struct value *facts)
{
    *ev = (struct eval){ .a = a, .given = given, .facts = facts };
    ev->parameter_defs = object_of(template, "parameters");
    ev->variables = object_of(template, "variables");
    ev->params = memos(ev, ev->parameter_defs);
    ev->vars = memos(ev, ev->variables);
}

/* ------------------------------------------------------- parameters, variables */

bool
eval_type_is_secure(struct span type)
{
    return span_is_str_nocase(type, "securestring") || span_is_str_nocase(type, "secureobject");
}

static enum value_kind
kind_of_type(struct span type)
{
    static const struct {
        const char *name;
        enum value_kind kind;
    } kinds[] = { { "string", VALUE_STR },
                  { "securestring", VALUE_STR },
                  { "int", VALUE_INT },
                  { "bool", VALUE_BOOL },
                  { "object", VALUE_OBJECT },
                  { "array", VALUE_ARRAY },
                  { "secureobject", VALUE_OBJECT },
                  { NULL, VALUE_NULL } };

    for (size_t i = 0; kinds[i].name != NULL; i++)
        if (span_is_str_nocase(type, kinds[i].name))
            return kinds[i].kind;
    return VALUE_NULL;
}

bool
eval_type_is_known(struct span type)
{
    return kind_of_type(type) != VALUE_NULL;
}

bool
eval_type_fits(struct span type, const struct value *v)
{
    enum value_kind kind = kind_of_type(type);

    return kind == VALUE_NULL || v->kind == kind;
}

static size_t
member_of(const struct value *object, struct span name)
{
    for (size_t i = 0; object != NULL && i < object->n; i++)
        if (span_is_equal_nocase(object->member[i].name, name))
            return i;
    return SIZE_MAX;
}

static bool
is_allowed(const struct value *def, const struct value *v)
{
    const struct value *list = value_get(def, "allowedValues");

    if (list == NULL || list->kind != VALUE_ARRAY)
        return true;
    for (size_t i = 0; i < list->n; i++)
        if (value_is_equal(list->item[i], v))
            return true;
    return false;
}

static bool
is_in_range(const struct value *def, const char *least, const char *most, int64_t n)
{
    const struct value *min = value_get(def, least), *max = value_get(def, most);

    return (min == NULL || min->kind != VALUE_INT || n >= min->i) &&
           (max == NULL || max->kind != VALUE_INT || n <= max->i);
}

static int64_t
length_of(const struct value *v)
{
    return v->kind == VALUE_STR ? fn_chars(v->str) : (int64_t)v->n;
}

static const struct value *
check_parameter(struct eval *ev, struct span name, const struct value *def,
                const struct value *v)
{
    const struct value *type = value_get(def, "type");
    bool sized = v->kind == VALUE_STR || v->kind == VALUE_ARRAY;

    if (!value_is_str(type) || !eval_type_is_known(type->str))
        return eval_fail(ev, ERR_SYNTAX,
                         "The type of the template parameter '" SPAN_FMT "' is not valid.",
                         SPAN_ARGS(name));
    if (!eval_type_fits(type->str, v))
        return eval_fail(ev, ERR_SYNTAX,
                         "Template parameter JToken type is not valid. Expected '" SPAN_FMT
                         "' for the parameter '" SPAN_FMT "'.",
                         SPAN_ARGS(type->str), SPAN_ARGS(name));
    if (!is_allowed(def, v))
        return eval_fail(ev, ERR_SYNTAX,
                         "The provided value for the template parameter '" SPAN_FMT
                         "' is not valid: it is not part of the allowed value(s).",
                         SPAN_ARGS(name));
    if ((v->kind == VALUE_INT && !is_in_range(def, "minValue", "maxValue", v->i)) ||
        (sized && !is_in_range(def, "minLength", "maxLength", length_of(v))))
        return eval_fail(ev, ERR_SYNTAX,
                         "The provided value for the template parameter '" SPAN_FMT
                         "' is not valid: it is outside of the range or length allowed.",
                         SPAN_ARGS(name));
    return eval_type_is_secure(type->str) ? value_secret(ev->a, v) : v;
}

static const struct value *
make_parameter(struct eval *ev, struct span name, const struct value *def)
{
    const struct value *v = value_find(ev->given, name), *d = value_get(def, "defaultValue");
    const struct value *nullable = value_get(def, "nullable");
    reference_fn reference = ev->reference;
    bool before = ev->in_default;

    if (v != NULL)
        return check_parameter(ev, name, def, v);
    if (d == NULL && nullable != NULL && nullable->kind == VALUE_BOOL && nullable->b)
        return value_null();
    if (d == NULL)
        return eval_fail(ev, ERR_SYNTAX,
                         "The value for the template parameter '" SPAN_FMT
                         "' is not provided. Please see "
                         "https://aka.ms/arm-create-parameter-file for usage details.",
                         SPAN_ARGS(name));
    ev->in_default = true;
    ev->reference = NULL;
    v = eval_value(ev, d);
    ev->reference = reference;
    ev->in_default = before;
    return eval_is_ok(ev) ? check_parameter(ev, name, def, v) : value_null();
}

const struct value *
eval_parameter(struct eval *ev, struct span name)
{
    size_t at = member_of(ev->parameter_defs, name);
    struct memo *m;

    if (at == SIZE_MAX)
        return eval_fail(ev, ERR_SYNTAX,
                         "The template parameter '" SPAN_FMT "' is not found. Please see "
                         "https://aka.ms/arm-syntax-parameters for usage details.",
                         SPAN_ARGS(name));
    if (ev->params == NULL)
        return value_null();
    m = &ev->params[at];
    if (m->value != NULL)
        return m->value;
    if (m->busy)
        return eval_fail(ev, ERR_SYNTAX, "The template parameter '" SPAN_FMT "' needs itself.",
                         SPAN_ARGS(name));
    m->busy = true;
    m->value = make_parameter(ev, ev->parameter_defs->member[at].name,
                              ev->parameter_defs->member[at].value);
    m->busy = false;
    return m->value;
}

/* One that a loop makes: a row of variables.copy. */
static const struct value *
copied_variable(struct eval *ev, struct span name)
{
    const struct value *rows = value_get(ev->variables, "copy"), *v = NULL;

    for (size_t i = 0; rows != NULL && rows->kind == VALUE_ARRAY && i < rows->n; i++) {
        const struct value *own = value_get(rows->item[i], "name");
        struct value *out = value_object(ev->a);

        if (!value_is_str(own) || !span_is_equal_nocase(own->str, name))
            continue;
        walk_copy(ev, rows->item[i], out);
        v = value_find(out, name);
        return v == NULL ? value_null() : v;
    }
    return eval_fail(ev, ERR_SYNTAX,
                     "The template variable '" SPAN_FMT "' is not found. Please see "
                     "https://aka.ms/arm-syntax-variables for usage details.",
                     SPAN_ARGS(name));
}

static const struct value *
make_variable(struct eval *ev, struct span name)
{
    size_t at = member_of(ev->variables, name);
    struct memo *m;

    if (at == SIZE_MAX)
        return copied_variable(ev, name);
    if (ev->vars == NULL)
        return value_null();
    m = &ev->vars[at];
    if (m->value == NULL && m->busy)
        return eval_fail(ev, ERR_SYNTAX, "The template variable '" SPAN_FMT "' needs itself.",
                         SPAN_ARGS(name));
    if (m->value == NULL) {
        m->busy = true;
        m->value = eval_value(ev, ev->variables->member[at].value);
        m->busy = false;
    }
    return m->value;
}

const struct value *
eval_variable(struct eval *ev, struct span name)
{
    struct loop loop[EVAL_COPIES_MAX];
    reference_fn reference = ev->reference;
    unsigned loops = ev->nloops;
    const struct value *v;

    ev->reference = NULL;
    memcpy(loop, ev->loop, sizeof(loop));
    ev->nloops = 0; /* they know nothing of the loop that they are used in */
    if (++ev->depth > EVAL_DEPTH_MAX)
        v = eval_fail(ev, ERR_TOO_LARGE, "The template's expressions are nested too deeply.");
    else
        v = make_variable(ev, name);
    ev->depth--;
    memcpy(ev->loop, loop, sizeof(loop));
    ev->nloops = loops;
    ev->reference = reference;
    return v;
}

/* ----------------------------------------------------------------- expressions */

/* Only the branch that is taken is computed. */
static const struct value *
run_if(struct eval *ev, const struct expr *e)
{
    const struct value *cond, *v;

    if (e->n != 3)
        return eval_fail(ev, ERR_SYNTAX, "The template function 'if' takes three arguments.");
    cond = run(ev, e->arg[0]);
    if (cond->later)
        return value_later();
    if (cond->kind != VALUE_BOOL)
        return eval_is_ok(ev) ? fn_wrong(ev, "if", "a boolean first") : value_null();
    v = run(ev, e->arg[cond->b ? 1 : 2]);
    return cond->secret && !v->secret ? value_secret(ev->a, v) : v;
}

static const struct value *
call(struct eval *ev, const struct fn *f, const struct expr *e)
{
    struct args a = { .n = e->n };
    bool secret = false, later = false;
    const struct value *v;
    uint64_t cost = 1;

    a.v = arena_alloc(ev->a, (e->n + 1) * sizeof(const struct value *));
    if (a.v == NULL)
        return value_null();
    for (unsigned i = 0; i < e->n && eval_is_ok(ev); i++) {
        a.v[i] = run(ev, e->arg[i]);
        secret = secret || a.v[i]->secret;
        later = later || a.v[i]->later;
        cost += a.v[i]->weight + 1;
    }
    if (!eval_charge(ev, cost))
        return value_null();
    if (later)
        return value_later();
    v = f->run(ev, &a);
    return secret && !v->secret && eval_charge(ev, v->weight) ? value_secret(ev->a, v) : v;
}

static const struct value *
run_call(struct eval *ev, const struct expr *e)
{
    const struct fn *f;

    if (span_is_str_nocase(e->name, "if"))
        return run_if(ev, e);
    f = fn_find(e->name);
    if (f == NULL && span_is_equal_nocase(span_head(e->name, 4), span_str("list")))
        return eval_fail(ev, ERR_SYNTAX,
                         "The template function '" SPAN_FMT "' is not supported: templates "
                         "cannot call actions of resources.",
                         SPAN_ARGS(e->name));
    if (f == NULL)
        return eval_fail(ev, ERR_SYNTAX,
                         "The template function '" SPAN_FMT "' is not valid. Please see "
                         "https://aka.ms/arm-functions for usage details.",
                         SPAN_ARGS(e->name));
    if (e->n < f->min || e->n > f->max)
        return eval_fail(ev, ERR_SYNTAX,
                         "The template function '%s' does not take %u argument(s).", f->name,
                         e->n);
    return call(ev, f, e);
}

static const struct value *
run_index(struct eval *ev, const struct expr *e)
{
    const struct value *of = run(ev, e->arg[0]), *at = run(ev, e->arg[1]), *v;

    if (of->kind == VALUE_LATER || at->later)
        return value_later();
    if (!eval_charge(ev, 1 + of->n / 16))
        return value_null();
    if (of->kind == VALUE_ARRAY && at->kind == VALUE_INT) {
        if (at->i < 0 || (uint64_t)at->i >= of->n)
            return eval_fail(ev, ERR_SYNTAX, "The language expression index is out of bounds.");
        return of->item[at->i];
    }
    if (of->kind != VALUE_OBJECT || at->kind != VALUE_STR)
        return eval_fail(ev, ERR_SYNTAX,
                         "The language expression cannot be evaluated: a property of "
                         "something that is no object, or an element of something that is no "
                         "array.");
    v = value_find(of, at->str);
    if (v == NULL && of->later)
        return value_later();
    if (v == NULL && at->secret)
        return eval_fail(ev, ERR_SYNTAX, "The language expression property doesn't exist.");
    if (v == NULL)
        return eval_fail(ev, ERR_SYNTAX,
                         "The language expression property '" SPAN_FMT "' doesn't exist.",
                         SPAN_ARGS(at->str));
    return v;
}

static const struct value *
run(struct eval *ev, const struct expr *e)
{
    const struct value *v = value_null();

    if (!eval_charge(ev, 1))
        return v;
    if (++ev->depth > EVAL_DEPTH_MAX)
        (void)eval_fail(ev, ERR_TOO_LARGE, "The template's expressions are nested too deeply.");
    else if (e->kind == EXPR_VALUE)
        v = e->value;
    else if (e->kind == EXPR_CALL)
        v = run_call(ev, e);
    else
        v = run_index(ev, e);
    ev->depth--;
    return ev->err == ERR_OK ? v : value_null();
}

static const struct value *
run_text(struct eval *ev, const struct value *raw)
{
    struct expr *e;
    enum err err;

    if (!expr_is_one(raw->str)) {
        struct span literal = expr_literal(raw->str);
        const struct value *v;

        if (literal.len == raw->str.len)
            return raw;
        v = value_str(ev->a, literal);
        return raw->secret ? value_secret(ev->a, v) : v;
    }
    if (!eval_charge(ev, raw->str.len / 4))
        return value_null();
    err = expr_parse(ev->a, raw->str, &e);
    if (err == ERR_OK)
        return run(ev, e);
    if (err == ERR_NOMEM)
        return eval_fail(ev, err, "There is no memory left.");
    return eval_fail(ev, err,
                     err == ERR_TOO_LARGE
                         ? "A language expression is too long, too deep or has too many "
                           "arguments."
                         : "A language expression is not valid: the string cannot be parsed. "
                           "Please see https://aka.ms/arm-template-expressions for usage "
                           "details.");
}

/* ---------------------------------------------------------------------- values */

static const struct value *
walk_array(struct eval *ev, const struct value *raw)
{
    struct value *out = value_array(ev->a);

    for (size_t i = 0; i < raw->n && eval_is_ok(ev); i++)
        value_push(ev->a, out, eval_value(ev, raw->item[i]));
    return out;
}

/* One row of a member "copy": [{name, count, input}] becomes the member `name`. */
static void
walk_copy(struct eval *ev, const struct value *row, struct value *out)
{
    const struct value *name = value_get(row, "name"), *input = value_get(row, "input");
    const struct value *count = value_get(row, "count");
    struct value *list = value_array(ev->a);

    if (!value_is_str(name) || count == NULL || input == NULL ||
        ev->nloops == EVAL_COPIES_MAX) {
        (void)eval_fail(ev, ERR_SYNTAX, "A copy loop needs name, count and input.");
        return;
    }
    count = eval_value(ev, count);
    if (count->later || count->kind != VALUE_INT || count->i < 0 || count->i > 800) {
        (void)eval_fail(ev, ERR_SYNTAX,
                        "The count of the copy loop '" SPAN_FMT "' is not from 0 to 800.",
                        SPAN_ARGS(name->str));
        return;
    }
    ev->loop[ev->nloops++] = (struct loop){ .name = name->str };
    for (int64_t i = 0; i < count->i && eval_is_ok(ev); i++) {
        ev->loop[ev->nloops - 1].index = i;
        value_push(ev->a, list, eval_value(ev, input));
    }
    ev->nloops--;
    value_put(ev->a, out, name->str, list);
}

static bool
is_copy(const struct member *m)
{
    return span_is_str_nocase(m->name, "copy") && m->value->kind == VALUE_ARRAY &&
           m->value->n > 0 && value_get(m->value->item[0], "input") != NULL;
}

static const struct value *
walk_object(struct eval *ev, const struct value *raw)
{
    struct value *out = value_object(ev->a);

    if (!eval_charge(ev, (uint64_t)raw->n * raw->n / 16))
        return value_null();
    for (size_t i = 0; i < raw->n && eval_is_ok(ev); i++) {
        const struct member *m = &raw->member[i];
        struct span name = m->name;

        if (is_copy(m)) {
            for (size_t k = 0; k < m->value->n && eval_is_ok(ev); k++)
                walk_copy(ev, m->value->item[k], out);
            continue;
        }
        if (expr_is_one(name))
            name = eval_text(ev, value_str(ev->a, name), "the name of a property");
        if (eval_is_ok(ev))
            value_put(ev->a, out, name, eval_value(ev, m->value));
    }
    return out;
}

const struct value *
eval_value(struct eval *ev, const struct value *raw)
{
    const struct value *v = raw;

    if (!eval_charge(ev, 1))
        return value_null();
    if (++ev->depth > EVAL_DEPTH_MAX)
        (void)eval_fail(ev, ERR_TOO_LARGE, "The template's expressions are nested too deeply.");
    else if (raw->kind == VALUE_STR)
        v = run_text(ev, raw);
    else if (raw->kind == VALUE_ARRAY)
        v = walk_array(ev, raw);
    else if (raw->kind == VALUE_OBJECT)
        v = walk_object(ev, raw);
    ev->depth--;
    return eval_is_ok(ev) ? v : value_null();
}

struct span
eval_text(struct eval *ev, const struct value *raw, const char *what)
{
    const struct value *v = raw == NULL ? value_null() : eval_value(ev, raw);

    if (eval_is_ok(ev) && v->secret)
        (void)eval_fail(ev, ERR_SYNTAX, "A secure parameter must not become %s.", what);
    if (eval_is_ok(ev) && v->kind != VALUE_STR)
        (void)eval_fail(ev, ERR_SYNTAX,
                        v->later ? "Functions that look at resources cannot be used for %s."
                                 : "A string is expected for %s.",
                        what);
    return ev->err == ERR_OK ? v->str : (struct span){ 0 };
}
