/* SPDX-License-Identifier: Apache-2.0 */
/* fn_list.c - arrays and objects, and what texts share with them. */
#include "api/template/fn.h"

enum { RANGE_MAX = 10000 };

static bool
is_many(const struct value *v)
{
    return v->kind == VALUE_ARRAY || v->kind == VALUE_OBJECT;
}

static const struct value *
fn_length(struct eval *ev, const struct args *a)
{
    const struct value *v = a->v[0];

    if (v->kind == VALUE_STR)
        return value_int(ev->a, fn_chars(v->str));
    return is_many(v) ? value_int(ev->a, (int64_t)v->n)
                      : fn_wrong(ev, "length", "a string, an array or an object");
}

static const struct value *
fn_empty(struct eval *ev, const struct args *a)
{
    const struct value *v = a->v[0];

    if (v->kind == VALUE_NULL)
        return value_bool(true);
    if (v->kind == VALUE_STR)
        return value_bool(v->str.len == 0);
    return is_many(v) ? value_bool(v->n == 0)
                      : fn_wrong(ev, "empty", "a string, an array or an object");
}

static const struct value *
fn_first(struct eval *ev, const struct args *a)
{
    const struct value *v = a->v[0];

    if (v->kind == VALUE_ARRAY)
        return v->n == 0 ? value_null() : v->item[0];
    if (v->kind != VALUE_STR)
        return fn_wrong(ev, "first", "a string or an array");
    return value_lent(ev->a, span_head(v->str, fn_bytes(v->str, 1)));
}

static const struct value *
fn_last(struct eval *ev, const struct args *a)
{
    const struct value *v = a->v[0];
    size_t at = v->str.len;

    if (v->kind == VALUE_ARRAY)
        return v->n == 0 ? value_null() : v->item[v->n - 1];
    if (v->kind != VALUE_STR)
        return fn_wrong(ev, "last", "a string or an array");
    while (at > 0 && (v->str.ptr[--at] & 0xC0) == 0x80)
        continue;
    return value_lent(ev->a, span_tail(v->str, at));
}

static const struct value *
fn_contains(struct eval *ev, const struct args *a)
{
    const struct value *in = a->v[0], *what = a->v[1];

    if (in->kind == VALUE_OBJECT && what->kind == VALUE_STR)
        return value_bool(value_find(in, what->str) != NULL);
    if (in->kind == VALUE_STR && what->kind == VALUE_STR)
        return value_bool(what->str.len == 0 ||
                          (in->str.len > 0 && memmem(in->str.ptr, in->str.len, what->str.ptr,
                                                     what->str.len) != NULL));
    if (in->kind != VALUE_ARRAY)
        return fn_wrong(ev, "contains", "a string, an array or an object, and what to find");
    for (size_t i = 0; i < in->n; i++)
        if (value_is_equal(in->item[i], what))
            return value_bool(true);
    return value_bool(false);
}

static const struct value *
fn_create_array(struct eval *ev, const struct args *a)
{
    struct value *out = value_array(ev->a);

    for (unsigned i = 0; i < a->n; i++)
        value_push(ev->a, out, a->v[i]);
    return out;
}

static const struct value *
fn_array(struct eval *ev, const struct args *a)
{
    return a->v[0]->kind == VALUE_ARRAY ? a->v[0] : fn_create_array(ev, a);
}

static const struct value *
fn_create_object(struct eval *ev, const struct args *a)
{
    struct value *out = value_object(ev->a);

    if (a->n % 2 != 0)
        return fn_wrong(ev, "createObject", "names and values in turn");
    for (unsigned i = 0; i < a->n; i += 2) {
        if (a->v[i]->kind != VALUE_STR || a->v[i]->secret)
            return fn_wrong(ev, "createObject", "names that are strings and no secrets");
        value_put(ev->a, out, a->v[i]->str, a->v[i + 1]);
    }
    return out;
}

static bool
holds(const struct value *array, const struct value *v)
{
    for (size_t i = 0; i < array->n; i++)
        if (value_is_equal(array->item[i], v))
            return true;
    return false;
}

static const struct value *union_of(struct eval *ev, const struct value *l,
                                    const struct value *r);

static const struct value *
union_objects(struct eval *ev, const struct value *l, const struct value *r)
{
    struct value *out = value_object(ev->a);

    for (size_t i = 0; i < l->n; i++)
        value_put(ev->a, out, l->member[i].name, l->member[i].value);
    for (size_t i = 0; i < r->n && eval_is_ok(ev); i++) {
        const struct value *old = value_find(l, r->member[i].name), *v = r->member[i].value;

        if (old != NULL && old->kind == VALUE_OBJECT && v->kind == VALUE_OBJECT)
            v = union_of(ev, old, v);
        value_put(ev->a, out, r->member[i].name, v);
    }
    return out;
}

static const struct value *
union_of(struct eval *ev, const struct value *l, const struct value *r)
{
    struct value *out;

    if (!eval_charge(ev, ((uint64_t)l->weight + r->weight + 1) * (l->n + r->n + 1) / 8))
        return value_null();
    if (l->kind == VALUE_OBJECT && r->kind == VALUE_OBJECT)
        return union_objects(ev, l, r);
    if (l->kind != VALUE_ARRAY || r->kind != VALUE_ARRAY)
        return fn_wrong(ev, "union", "arrays, or objects");
    out = value_array(ev->a);
    for (size_t i = 0; i < l->n + r->n && eval_is_ok(ev); i++) {
        const struct value *v = i < l->n ? l->item[i] : r->item[i - l->n];

        if (!holds(out, v))
            value_push(ev->a, out, v);
    }
    return out;
}

static const struct value *
fn_union(struct eval *ev, const struct args *a)
{
    const struct value *v = a->v[0];

    for (unsigned i = 1; i < a->n && eval_is_ok(ev); i++)
        v = union_of(ev, v, a->v[i]);
    return v;
}

static const struct value *
intersection_of(struct eval *ev, const struct value *l, const struct value *r)
{
    struct value *out;

    if (!eval_charge(ev, ((uint64_t)l->weight + 1) * (r->n + 1) + r->weight))
        return value_null();
    if (l->kind == VALUE_OBJECT && r->kind == VALUE_OBJECT) {
        out = value_object(ev->a);
        for (size_t i = 0; i < l->n; i++) {
            const struct value *other = value_find(r, l->member[i].name);

            if (other != NULL && value_is_equal(other, l->member[i].value))
                value_put(ev->a, out, l->member[i].name, l->member[i].value);
        }
        return out;
    }
    if (l->kind != VALUE_ARRAY || r->kind != VALUE_ARRAY)
        return fn_wrong(ev, "intersection", "arrays, or objects");
    out = value_array(ev->a);
    for (size_t i = 0; i < l->n; i++)
        if (holds(r, l->item[i]) && !holds(out, l->item[i]))
            value_push(ev->a, out, l->item[i]);
    return out;
}

static const struct value *
fn_intersection(struct eval *ev, const struct args *a)
{
    const struct value *v = a->v[0];

    for (unsigned i = 1; i < a->n && eval_is_ok(ev); i++)
        v = intersection_of(ev, v, a->v[i]);
    return v;
}

/* Items from..to of an array. */
static const struct value *
slice(struct eval *ev, const struct value *v, size_t from, size_t to)
{
    struct value *out = value_array(ev->a);

    for (size_t i = from; i < to && i < v->n; i++)
        value_push(ev->a, out, v->item[i]);
    return out;
}

static const struct value *
fn_skip(struct eval *ev, const struct args *a)
{
    const struct value *v = a->v[0];
    int64_t n = a->v[1]->i < 0 ? 0 : a->v[1]->i;

    if (a->v[1]->kind != VALUE_INT || (v->kind != VALUE_ARRAY && v->kind != VALUE_STR))
        return fn_wrong(ev, "skip", "a string or an array, and a number");
    return v->kind == VALUE_STR ? value_lent(ev->a, span_tail(v->str, fn_bytes(v->str, n)))
                                : slice(ev, v, (size_t)n, v->n);
}

static const struct value *
fn_take(struct eval *ev, const struct args *a)
{
    const struct value *v = a->v[0];
    int64_t n = a->v[1]->i < 0 ? 0 : a->v[1]->i;

    if (a->v[1]->kind != VALUE_INT || (v->kind != VALUE_ARRAY && v->kind != VALUE_STR))
        return fn_wrong(ev, "take", "a string or an array, and a number");
    return v->kind == VALUE_STR ? value_lent(ev->a, span_head(v->str, fn_bytes(v->str, n)))
                                : slice(ev, v, 0, (size_t)n);
}

static const struct value *
fn_range(struct eval *ev, const struct args *a)
{
    struct value *out = value_array(ev->a);
    int64_t from = a->v[0]->i, n = a->v[1]->i;

    if (a->v[0]->kind != VALUE_INT || a->v[1]->kind != VALUE_INT || n < 0 || n > RANGE_MAX ||
        from > INT32_MAX || from < INT32_MIN)
        return fn_wrong(ev, "range", "a start, and a count of 10000 at most");
    if (!eval_charge(ev, (uint64_t)n))
        return out;
    for (int64_t i = 0; i < n; i++)
        value_push(ev->a, out, value_int(ev->a, from + i));
    return out;
}

static const struct value *
extreme(struct eval *ev, const struct args *a, bool most, const char *name)
{
    bool list = a->n == 1 && a->v[0]->kind == VALUE_ARRAY;
    const struct value **v = list ? a->v[0]->item : a->v;
    size_t n = list ? a->v[0]->n : a->n;
    const struct value *best = NULL;

    for (size_t i = 0; i < n; i++) {
        if (v[i]->kind != VALUE_INT)
            return fn_wrong(ev, name, "integers, or an array of them");
        if (best == NULL || (most ? v[i]->i > best->i : v[i]->i < best->i))
            best = v[i];
    }
    return best != NULL ? best : fn_wrong(ev, name, "integers, or an array of them");
}

static const struct value *
fn_min(struct eval *ev, const struct args *a)
{
    return extreme(ev, a, false, "min");
}

static const struct value *
fn_max(struct eval *ev, const struct args *a)
{
    return extreme(ev, a, true, "max");
}

static const struct value *
fn_items(struct eval *ev, const struct args *a)
{
    struct value *out = value_array(ev->a);

    if (a->v[0]->kind != VALUE_OBJECT)
        return fn_wrong(ev, "items", "an object");
    for (size_t i = 0; i < a->v[0]->n; i++) {
        struct value *one = value_object(ev->a);

        value_put(ev->a, one, span_str("key"), value_str(ev->a, a->v[0]->member[i].name));
        value_put(ev->a, one, span_str("value"), a->v[0]->member[i].value);
        value_push(ev->a, out, one);
    }
    return out;
}

static const struct value *
fn_index_of(struct eval *ev, const struct args *a)
{
    const struct value *in = a->v[0], *what = a->v[1];

    if (in->kind == VALUE_ARRAY) {
        for (size_t i = 0; i < in->n; i++)
            if (value_is_equal(in->item[i], what))
                return value_int(ev->a, (int64_t)i);
        return value_int(ev->a, -1);
    }
    if (in->kind != VALUE_STR || what->kind != VALUE_STR ||
        !eval_charge(ev, in->str.len * (what->str.len + 1) / 64))
        return fn_wrong(ev, "indexOf", "a string or an array, and what to find");
    for (size_t i = 0; i + what->str.len <= in->str.len; i++)
        if (span_is_equal_nocase(span_of(in->str.ptr + i, what->str.len), what->str))
            return value_int(ev->a, fn_chars(span_head(in->str, i)));
    return value_int(ev->a, -1);
}

static const struct value *
fn_flatten(struct eval *ev, const struct args *a)
{
    struct value *out = value_array(ev->a);

    for (size_t i = 0; a->v[0]->kind == VALUE_ARRAY && i < a->v[0]->n; i++) {
        const struct value *one = a->v[0]->item[i];

        for (size_t k = 0; one->kind == VALUE_ARRAY && k < one->n; k++)
            value_push(ev->a, out, one->item[k]);
        if (one->kind != VALUE_ARRAY)
            return fn_wrong(ev, "flatten", "an array of arrays");
    }
    return a->v[0]->kind == VALUE_ARRAY ? out : fn_wrong(ev, "flatten", "an array of arrays");
}

static const struct fn rows[] = {
    { "length", 1, 1, fn_length },
    { "empty", 1, 1, fn_empty },
    { "first", 1, 1, fn_first },
    { "last", 1, 1, fn_last },
    { "contains", 2, 2, fn_contains },
    { "createArray", 0, EXPR_ARGS_MAX, fn_create_array },
    { "array", 1, 1, fn_array },
    { "createObject", 0, EXPR_ARGS_MAX, fn_create_object },
    { "union", 2, EXPR_ARGS_MAX, fn_union },
    { "intersection", 2, EXPR_ARGS_MAX, fn_intersection },
    { "skip", 2, 2, fn_skip },
    { "take", 2, 2, fn_take },
    { "range", 2, 2, fn_range },
    { "min", 1, EXPR_ARGS_MAX, fn_min },
    { "max", 1, EXPR_ARGS_MAX, fn_max },
    { "items", 1, 1, fn_items },
    { "indexOf", 2, 2, fn_index_of },
    { "flatten", 1, 1, fn_flatten },
};

const struct fn_table fn_list = { rows, sizeof(rows) / sizeof(rows[0]) };
