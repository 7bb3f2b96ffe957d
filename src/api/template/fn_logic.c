/* SPDX-License-Identifier: Apache-2.0 */
/* fn_logic.c - truth, comparison, numbers, conversions. (`if` is the evaluator's.) */
#include "api/template/fn.h"

static const struct value *
fn_true(struct eval *ev, const struct args *a)
{
    (void)ev;
    (void)a;
    return value_bool(true);
}

static const struct value *
fn_false(struct eval *ev, const struct args *a)
{
    (void)ev;
    (void)a;
    return value_bool(false);
}

static const struct value *
fn_null(struct eval *ev, const struct args *a)
{
    (void)ev;
    (void)a;
    return value_null();
}

static const struct value *
fn_not(struct eval *ev, const struct args *a)
{
    return a->v[0]->kind == VALUE_BOOL ? value_bool(!a->v[0]->b)
                                       : fn_wrong(ev, "not", "a boolean");
}

static const struct value *
junction(struct eval *ev, const struct args *a, bool all, const char *name)
{
    bool b = all;

    for (unsigned i = 0; i < a->n; i++) {
        if (a->v[i]->kind != VALUE_BOOL)
            return fn_wrong(ev, name, "booleans");
        b = all ? b && a->v[i]->b : b || a->v[i]->b;
    }
    return value_bool(b);
}

static const struct value *
fn_and(struct eval *ev, const struct args *a)
{
    return junction(ev, a, true, "and");
}

static const struct value *
fn_or(struct eval *ev, const struct args *a)
{
    return junction(ev, a, false, "or");
}

static const struct value *
fn_equals(struct eval *ev, const struct args *a)
{
    (void)ev;
    return value_bool(value_is_equal(a->v[0], a->v[1]));
}

static const struct value *
fn_coalesce(struct eval *ev, const struct args *a)
{
    (void)ev;
    for (unsigned i = 0; i < a->n; i++)
        if (a->v[i]->kind != VALUE_NULL)
            return a->v[i];
    return value_null();
}

/* Two integers or two strings; <0, 0, >0. */
static bool
compare(const struct args *a, int *out)
{
    const struct value *l = a->v[0], *r = a->v[1];

    if (l->kind != r->kind || (l->kind != VALUE_INT && l->kind != VALUE_STR))
        return false;
    if (l->kind == VALUE_INT)
        *out = l->i < r->i ? -1 : l->i > r->i;
    else
        *out = span_compare(l->str, r->str);
    return true;
}

static const struct value *
fn_less(struct eval *ev, const struct args *a)
{
    int c;

    return compare(a, &c) ? value_bool(c < 0) : fn_wrong(ev, "less", "two numbers or strings");
}

static const struct value *
fn_less_or_equals(struct eval *ev, const struct args *a)
{
    int c;

    return compare(a, &c) ? value_bool(c <= 0)
                          : fn_wrong(ev, "lessOrEquals", "two numbers or strings");
}

static const struct value *
fn_greater(struct eval *ev, const struct args *a)
{
    int c;

    return compare(a, &c) ? value_bool(c > 0)
                          : fn_wrong(ev, "greater", "two numbers or strings");
}

static const struct value *
fn_greater_or_equals(struct eval *ev, const struct args *a)
{
    int c;

    return compare(a, &c) ? value_bool(c >= 0)
                          : fn_wrong(ev, "greaterOrEquals", "two numbers or strings");
}

static bool
two_numbers(const struct args *a, int64_t *l, int64_t *r)
{
    *l = a->v[0]->i;
    *r = a->v[1]->i;
    return a->v[0]->kind == VALUE_INT && a->v[1]->kind == VALUE_INT;
}

static const struct value *
overflow(struct eval *ev)
{
    return eval_fail(ev, ERR_SYNTAX, "A number is out of range.");
}

static const struct value *
fn_add(struct eval *ev, const struct args *a)
{
    int64_t l, r, out;

    if (!two_numbers(a, &l, &r))
        return fn_wrong(ev, "add", "two integers");
    return __builtin_add_overflow(l, r, &out) ? overflow(ev) : value_int(ev->a, out);
}

static const struct value *
fn_sub(struct eval *ev, const struct args *a)
{
    int64_t l, r, out;

    if (!two_numbers(a, &l, &r))
        return fn_wrong(ev, "sub", "two integers");
    return __builtin_sub_overflow(l, r, &out) ? overflow(ev) : value_int(ev->a, out);
}

static const struct value *
fn_mul(struct eval *ev, const struct args *a)
{
    int64_t l, r, out;

    if (!two_numbers(a, &l, &r))
        return fn_wrong(ev, "mul", "two integers");
    return __builtin_mul_overflow(l, r, &out) ? overflow(ev) : value_int(ev->a, out);
}

/* The one quotient that does not fit is refused with the zero. */
static bool
divides(int64_t l, int64_t r)
{
    return r != 0 && !(l == INT64_MIN && r == -1);
}

static const struct value *
fn_div(struct eval *ev, const struct args *a)
{
    int64_t l, r;

    if (!two_numbers(a, &l, &r))
        return fn_wrong(ev, "div", "two integers");
    return divides(l, r) ? value_int(ev->a, l / r) : overflow(ev);
}

static const struct value *
fn_mod(struct eval *ev, const struct args *a)
{
    int64_t l, r;

    if (!two_numbers(a, &l, &r))
        return fn_wrong(ev, "mod", "two integers");
    return divides(l, r) ? value_int(ev->a, l % r) : overflow(ev);
}

static const struct value *
fn_bool(struct eval *ev, const struct args *a)
{
    const struct value *v = a->v[0];

    if (v->kind == VALUE_BOOL)
        return v;
    if (v->kind == VALUE_INT)
        return value_bool(v->i != 0);
    if (v->kind == VALUE_STR &&
        (span_is_str_nocase(v->str, "true") || span_is_str(v->str, "1")))
        return value_bool(true);
    if (v->kind == VALUE_STR &&
        (span_is_str_nocase(v->str, "false") || span_is_str(v->str, "0")))
        return value_bool(false);
    return fn_wrong(ev, "bool", "true, false, 1 or 0");
}

static const struct value *
fn_int(struct eval *ev, const struct args *a)
{
    const struct value *v = a->v[0];
    struct span digits = v->str;
    bool minus;
    uint64_t u;

    if (v->kind == VALUE_INT)
        return v;
    minus = v->kind == VALUE_STR && digits.len > 0 && digits.ptr[0] == '-';
    if (minus)
        digits = span_tail(digits, 1);
    if (v->kind != VALUE_STR || !span_get_u64(digits, &u) || u > INT64_MAX)
        return fn_wrong(ev, "int", "an integer, or one as a string");
    return value_int(ev->a, minus ? -(int64_t)u : (int64_t)u);
}

/* A text that is JSON; also one that is no object or array. */
static const struct value *
fn_json(struct eval *ev, const struct args *a)
{
    const struct value *v;
    struct span text = a->v[0]->str;
    enum err e;

    if (a->v[0]->kind != VALUE_STR)
        return fn_wrong(ev, "json", "a string");
    if (!eval_charge(ev, text.len))
        return value_null();
    e = value_parse(ev->a, text, &v);
    if (e == ERR_SYNTAX)
        return eval_fail(ev, ERR_SYNTAX,
                         "The template language function 'json' was given "
                         "something that is no JSON.");
    return eval_is_ok(ev) && e != ERR_OK
               ? eval_fail(ev, e == ERR_NOMEM ? e : ERR_TOO_LARGE, "JSON text is too large.")
               : v;
}

static const struct fn rows[] = {
    { "true", 0, 0, fn_true },
    { "false", 0, 0, fn_false },
    { "null", 0, 0, fn_null },
    { "not", 1, 1, fn_not },
    { "and", 2, EXPR_ARGS_MAX, fn_and },
    { "or", 2, EXPR_ARGS_MAX, fn_or },
    { "equals", 2, 2, fn_equals },
    { "coalesce", 1, EXPR_ARGS_MAX, fn_coalesce },
    { "less", 2, 2, fn_less },
    { "lessOrEquals", 2, 2, fn_less_or_equals },
    { "greater", 2, 2, fn_greater },
    { "greaterOrEquals", 2, 2, fn_greater_or_equals },
    { "add", 2, 2, fn_add },
    { "sub", 2, 2, fn_sub },
    { "mul", 2, 2, fn_mul },
    { "div", 2, 2, fn_div },
    { "mod", 2, 2, fn_mod },
    { "bool", 1, 1, fn_bool },
    { "int", 1, 1, fn_int },
    { "json", 1, 1, fn_json },
};

const struct fn_table fn_logic = { rows, sizeof(rows) / sizeof(rows[0]) };
