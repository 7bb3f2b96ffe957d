/* SPDX-License-Identifier: Apache-2.0 */
/* eval.c - walks values and expressions; functions are looked up in fn.h's tables. */
#include "api/template/eval.h"

#include <stdarg.h>
#include <stdio.h>

#include "api/template/eval_int.h"
#include "api/template/fn.h"

#define SPAN_FMT     "%.*s"
#define SPAN_ARGS(s) (int)span_head(s, 80).len, (const char *)(s).ptr

static const struct value *run(struct eval *ev, const struct expr *e);

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
void
eval_copy(struct eval *ev, const struct value *row, struct value *out)
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
                eval_copy(ev, m->value->item[k], out);
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
