/* SPDX-License-Identifier: Apache-2.0 */
/*
 * condition_eval.c - the value of a condition: true, false, or not to be known.
 *
 * WIRE: Azure lets a comparison with a missing attribute be false, so that its
 * negation is true. Here both are unknown, and unknown grants nothing: the
 * negation of something that could not be looked at is no permission.
 */
#include "auth/condition_int.h"
#include "auth/role.h"
#include "codec/isotime.h"

static enum truth
truth_of(bool b)
{
    return b ? TRUTH_TRUE : TRUTH_FALSE;
}

static enum truth
truth_not(enum truth t)
{
    return (enum truth)(TRUTH_TRUE - t);
}

/* Values of one side: an attribute's, or literals. */
struct values {
    struct span one; /* when n is 1 and many NULL */
    const struct span *many;
    unsigned n;
    bool any_case;
    const struct attribute *attribute; /* value, then more */
    char time[ISOTIME_MAX];
};

static struct span
value_at(const struct values *v, unsigned i)
{
    if (v->attribute != NULL)
        return i == 0 ? v->attribute->value : v->attribute->more[i - 1];
    return v->many != NULL ? v->many[i] : v->one;
}

/* False: the attribute is not known. */
static bool
values_of_attr(const struct condition_facts *f, const struct node_attr *a, struct values *out)
{
    *out = (struct values){ 0 };
    for (size_t i = 0; i < f->nattributes; i++) {
        const struct attribute *have = &f->attributes[i];

        if (have->source != a->source || !span_is_str_nocase(a->name, have->name))
            continue;
        out->attribute = have;
        out->n = 1 + have->nmore;
        out->any_case = have->any_case;
        return true;
    }
    if (a->source == ATTRIBUTE_ENVIRONMENT && span_is_str_nocase(a->name, "UtcNow")) {
        isotime_put(f->now, out->time);
        out->one = span_str(out->time);
        out->n = 1;
        return true;
    }
    return false;
}

/* ------------------------------------------------------------- one value each */

static uint8_t
fold(uint8_t c, bool any_case)
{
    return any_case && c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

/* `*` any run, `?` one byte. Only the last star met needs to be tried again. */
static bool
is_like(struct span text, struct span pattern, bool any_case)
{
    size_t p = 0, t = 0, star = SIZE_MAX, star_text = 0;

    while (t < text.len) {
        if (p < pattern.len && pattern.ptr[p] == '*') {
            star = p++;
            star_text = t;
        } else if (p < pattern.len &&
                   (pattern.ptr[p] == '?' ||
                    fold(pattern.ptr[p], any_case) == fold(text.ptr[t], any_case))) {
            p++;
            t++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++star_text;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.ptr[p] == '*')
        p++;
    return p == pattern.len;
}

static bool
string_holds(enum relation r, struct span l, struct span right, bool any_case)
{
    switch (r) {
    case REL_EQUAL:
        return any_case ? span_is_equal_nocase(l, right) : span_is_equal(l, right);
    case REL_PREFIX:
        l = span_head(l, right.len);
        return any_case ? span_is_equal_nocase(l, right) : span_is_equal(l, right);
    case REL_LIKE:
        return is_like(l, right, any_case);
    case REL_LESS:
    case REL_LESS_EQUAL:
        break;
    }
    return false;
}

static enum truth
compare_strings(const struct comparison *op, struct span l, struct span r, bool names)
{
    if (string_holds(op->relation, l, r, op->any_case))
        return TRUTH_TRUE;
    /* A name that only case tells apart is the same name to the vault. */
    if (names && string_holds(op->relation, l, r, true))
        return TRUTH_UNKNOWN;
    return TRUTH_FALSE;
}

static enum truth
order(enum relation r, bool less, bool equal)
{
    switch (r) {
    case REL_EQUAL:
        return truth_of(equal);
    case REL_LESS:
        return truth_of(less);
    case REL_LESS_EQUAL:
        return truth_of(less || equal);
    case REL_PREFIX:
    case REL_LIKE:
        break;
    }
    return TRUTH_UNKNOWN;
}

static enum truth
compare_numbers(const struct comparison *op, struct span l, struct span r)
{
    double a, b;

    if (!condition_number(l, &a) || !condition_number(r, &b))
        return TRUTH_UNKNOWN;
    return op->swapped ? order(op->relation, b < a, !(a < b) && !(b < a))
                       : order(op->relation, a < b, !(a < b) && !(b < a));
}

static enum truth
compare_times(const struct comparison *op, struct span l, struct span r)
{
    int64_t a, b;

    if (isotime_get(l, &a) != ERR_OK || isotime_get(r, &b) != ERR_OK)
        return TRUTH_UNKNOWN;
    return op->swapped ? order(op->relation, b < a, a == b)
                       : order(op->relation, a < b, a == b);
}

static bool
bool_of(struct span s, bool *out)
{
    *out = span_is_str_nocase(s, "true");
    return *out || span_is_str_nocase(s, "false");
}

static enum truth
compare_one(const struct comparison *op, struct span l, struct span r, bool names)
{
    struct guid ga, gb;
    bool ba, bb;
    enum truth t = TRUTH_UNKNOWN;

    switch (op->type) {
    case VALUE_STRING:
        t = compare_strings(op, l, r, names);
        break;
    case VALUE_NUMBER:
        t = compare_numbers(op, l, r);
        break;
    case VALUE_TIME:
        t = compare_times(op, l, r);
        break;
    case VALUE_BOOL:
        if (bool_of(l, &ba) && bool_of(r, &bb))
            t = truth_of(ba == bb);
        break;
    case VALUE_GUID:
        if (condition_guid(l, &ga) && condition_guid(r, &gb))
            t = truth_of(guid_is_equal(&ga, &gb));
        break;
    }
    return op->negated ? truth_not(t) : t;
}

/* ------------------------------------------------------------------ quantifiers */

/* One left value against all right ones: the least (all) or the greatest (any). */
static enum truth
against_right(const struct node *n, struct span l, const struct values *r, bool all, bool names)
{
    enum truth got = truth_of(all);

    for (unsigned i = 0; i < r->n; i++) {
        enum truth t = compare_one(n->op, l, value_at(r, i), names);

        if (all ? t < got : t > got)
            got = t;
    }
    return got;
}

static enum truth
compare(const struct condition *c, const struct node *n, const struct condition_facts *f)
{
    bool all_left = n->quant == QUANT_ALL_ANY || n->quant == QUANT_ALL_ALL;
    bool all_right = n->quant == QUANT_ANY_ALL || n->quant == QUANT_ALL_ALL;
    struct values l, r = { 0 };
    enum truth got = truth_of(all_left);

    if (!values_of_attr(f, &n->left, &l))
        return TRUTH_UNKNOWN;
    if (!n->right_is_attr) {
        r.many = c->literals + n->first;
        r.n = n->count;
    } else if (!values_of_attr(f, &n->right, &r)) {
        return TRUTH_UNKNOWN;
    }
    if (n->quant == QUANT_NONE && (l.n != 1 || r.n != 1))
        return TRUTH_UNKNOWN;
    for (unsigned i = 0; i < l.n; i++) {
        enum truth t =
            against_right(n, value_at(&l, i), &r, all_right, l.any_case || r.any_case);

        if (all_left ? t < got : t > got)
            got = t;
    }
    return got;
}

static bool
matches(const struct condition *c, const struct node *n, struct span text)
{
    for (unsigned i = 0; i < n->count; i++)
        if (role_pattern_covers(c->literals[n->first + i], text))
            return true;
    return false;
}

/* Depth is bounded by the parser. */
static enum truth
evaluate(const struct condition *c, unsigned at, const struct condition_facts *f)
{
    const struct node *n = &c->nodes[at];
    enum truth got = truth_of(n->kind == NODE_AND);
    struct values v;

    switch (n->kind) {
    case NODE_OR:
    case NODE_AND:
        for (unsigned i = n->child; i != 0; i = c->nodes[i].next) {
            enum truth t = evaluate(c, i, f);

            if (n->kind == NODE_AND ? t < got : t > got)
                got = t;
        }
        return got;
    case NODE_NOT:
        return truth_not(evaluate(c, n->child, f));
    case NODE_ACTION:
        return truth_of(matches(c, n, f->action));
    case NODE_SUB_OPERATION:
        return truth_of(!span_is_empty(f->sub_operation) && matches(c, n, f->sub_operation));
    case NODE_EXISTS:
        return truth_of(values_of_attr(f, &n->left, &v));
    case NODE_COMPARE:
        return compare(c, n, f);
    }
    return TRUTH_UNKNOWN;
}

enum truth
condition_truth(const struct condition *c, const struct condition_facts *f)
{
    return evaluate(c, c->root, f);
}
