/* SPDX-License-Identifier: Apache-2.0 */
/* expr.c - a parser by recursive descent; every level of recursion is counted. */
#include "api/template/expr.h"

struct parser {
    struct arena *a;
    struct span rest;
    unsigned depth;
    enum err err;
};

bool
expr_is_one(struct span text)
{
    return text.len >= 2 && text.ptr[0] == '[' && text.ptr[text.len - 1] == ']' &&
           text.ptr[1] != '[';
}

struct span
expr_literal(struct span text)
{
    return text.len >= 2 && text.ptr[0] == '[' && text.ptr[1] == '[' ? span_tail(text, 1)
                                                                     : text;
}

static struct expr *parse(struct parser *p);

static struct expr *
fail(struct parser *p, enum err e)
{
    if (p->err == ERR_OK)
        p->err = e;
    return NULL;
}

static void
skip_space(struct parser *p)
{
    while (p->rest.len > 0 && (p->rest.ptr[0] == ' ' || p->rest.ptr[0] == '\t' ||
                               p->rest.ptr[0] == '\n' || p->rest.ptr[0] == '\r'))
        p->rest = span_tail(p->rest, 1);
}

static bool
take(struct parser *p, char c)
{
    skip_space(p);
    if (p->rest.len == 0 || p->rest.ptr[0] != (uint8_t)c)
        return false;
    p->rest = span_tail(p->rest, 1);
    return true;
}

static bool
is_letter(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool
is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static struct span
take_name(struct parser *p)
{
    size_t n = 0;

    skip_space(p);
    if (p->rest.len > 0 && is_letter(p->rest.ptr[0]))
        while (n < p->rest.len && (is_letter(p->rest.ptr[n]) || is_digit(p->rest.ptr[n])))
            n++;
    p->rest = span_tail(p->rest, n);
    return span_of(p->rest.ptr - n, n);
}

static struct expr *
node(struct parser *p, enum expr_kind kind)
{
    struct expr *e = arena_alloc(p->a, sizeof(*e));

    if (e == NULL)
        return fail(p, arena_err(p->a));
    e->kind = kind;
    return e;
}

static struct expr *
constant(struct parser *p, const struct value *v)
{
    struct expr *e = node(p, EXPR_VALUE);

    if (e != NULL)
        e->value = v;
    return e;
}

/* Behind the opening quote. */
static struct expr *
parse_text(struct parser *p)
{
    uint8_t *text = arena_alloc(p->a, p->rest.len);
    size_t n = 0;

    if (text == NULL)
        return fail(p, arena_err(p->a));
    for (;;) {
        if (p->rest.len == 0)
            return fail(p, ERR_SYNTAX);
        if (p->rest.ptr[0] == '\'') {
            p->rest = span_tail(p->rest, 1);
            if (p->rest.len == 0 || p->rest.ptr[0] != '\'')
                return constant(p, value_str(p->a, span_of(text, n)));
        }
        text[n++] = p->rest.ptr[0];
        p->rest = span_tail(p->rest, 1);
    }
}

static struct expr *
parse_number(struct parser *p)
{
    bool minus = take(p, '-');
    uint64_t u;
    size_t n = 0;

    while (n < p->rest.len && is_digit(p->rest.ptr[n]))
        n++;
    if (!span_get_u64(span_head(p->rest, n), &u) || u > INT64_MAX)
        return fail(p, ERR_SYNTAX);
    p->rest = span_tail(p->rest, n);
    return constant(p, value_int(p->a, minus ? -(int64_t)u : (int64_t)u));
}

/* Behind the opening bracket. */
static void
parse_args(struct parser *p, struct expr *call)
{
    struct expr *args[EXPR_ARGS_MAX];

    if (!take(p, ')')) {
        do {
            if (call->n == EXPR_ARGS_MAX) {
                (void)fail(p, ERR_TOO_LARGE);
                return;
            }
            args[call->n] = parse(p);
            if (args[call->n++] == NULL)
                return;
        } while (take(p, ','));
        if (!take(p, ')')) {
            (void)fail(p, ERR_SYNTAX);
            return;
        }
    }
    call->arg = arena_alloc(p->a, (call->n + 1) * sizeof(struct expr *));
    if (call->arg == NULL)
        (void)fail(p, arena_err(p->a));
    else if (call->n > 0)
        memcpy(call->arg, args, call->n * sizeof(struct expr *));
}

static struct expr *
parse_call(struct parser *p)
{
    struct span name = take_name(p), last;
    struct expr *e;

    if (name.len == 0)
        return fail(p, ERR_SYNTAX);
    if (p->rest.len > 0 && p->rest.ptr[0] == '.') {
        p->rest = span_tail(p->rest, 1);
        last = take_name(p);
        if (last.len == 0)
            return fail(p, ERR_SYNTAX);
        name.len = (size_t)(last.ptr + last.len - name.ptr);
    }
    if (!take(p, '('))
        return fail(p, ERR_SYNTAX);
    e = node(p, EXPR_CALL);
    if (e == NULL)
        return NULL;
    e->name = name;
    parse_args(p, e);
    return p->err == ERR_OK ? e : NULL;
}

/* What follows a call: .name and [index], as many as there are. */
static struct expr *
parse_access(struct parser *p, struct expr *of)
{
    unsigned chain = 0;

    for (;;) {
        struct expr *index = NULL, *e;

        if (take(p, '.')) {
            struct span name = take_name(p);

            index = name.len == 0 ? NULL : constant(p, value_str(p->a, name));
        } else if (take(p, '[')) {
            index = parse(p);
            if (index != NULL && !take(p, ']'))
                index = NULL;
        } else {
            return of;
        }
        if (++chain > EXPR_DEPTH_MAX)
            return fail(p, ERR_TOO_LARGE);
        e = index == NULL ? fail(p, ERR_SYNTAX) : node(p, EXPR_INDEX);
        if (e == NULL)
            return NULL;
        e->n = 2;
        e->arg = arena_alloc(p->a, 2 * sizeof(struct expr *));
        if (e->arg == NULL)
            return fail(p, arena_err(p->a));
        e->arg[0] = of;
        e->arg[1] = index;
        of = e;
    }
}

static struct expr *
parse_one(struct parser *p)
{
    struct expr *e;

    skip_space(p);
    if (p->rest.len == 0)
        return fail(p, ERR_SYNTAX);
    if (p->rest.ptr[0] == '\'') {
        p->rest = span_tail(p->rest, 1);
        return parse_text(p);
    }
    if (p->rest.ptr[0] == '-' || is_digit(p->rest.ptr[0]))
        return parse_number(p);
    e = parse_call(p);
    return e == NULL ? NULL : parse_access(p, e);
}

static struct expr *
parse(struct parser *p)
{
    struct expr *e;

    if (p->depth == EXPR_DEPTH_MAX)
        return fail(p, ERR_TOO_LARGE);
    p->depth++;
    e = parse_one(p);
    p->depth--;
    return e;
}

enum err
expr_parse(struct arena *a, struct span text, struct expr **out)
{
    struct parser p = { .a = a, .rest = span_of(text.ptr + 1, text.len - 2) };

    *out = NULL;
    if (text.len > EXPR_LEN_MAX)
        return ERR_TOO_LARGE;
    *out = parse(&p);
    skip_space(&p);
    if (*out != NULL && p.rest.len > 0)
        (void)fail(&p, ERR_SYNTAX);
    if (p.err == ERR_OK)
        p.err = arena_err(a);
    if (p.err != ERR_OK)
        *out = NULL;
    return p.err;
}
