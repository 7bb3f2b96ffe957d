/* SPDX-License-Identifier: Apache-2.0 */
/*
 * condition.c - text to tree and back.
 *
 * Recursive descent over a copy of the text; literals are unescaped in place,
 * which only ever shortens them. AND binds tighter than OR. Depth, nodes and
 * length are bounded before they are used.
 */
#include "auth/condition.h"

#include <stdlib.h>

#include "auth/condition_int.h"
#include "codec/isotime.h"

enum token_kind { TOK_END, TOK_WORD, TOK_TEXT, TOK_ATTR, TOK_SIGN, TOK_BAD };

struct token {
    enum token_kind kind;
    struct span text; /* word; text without its quotes; name of the attribute */
    enum attribute_source source;
    uint8_t sign; /* ( ) { } , : ! | & */
    size_t at;
};

struct parser {
    struct condition *c;
    uint8_t *base; /* the copy */
    size_t len, pos;
    struct token now;
    unsigned depth;
    enum err err;
    struct condition_fault *why;
};

static uint16_t
fail(struct parser *p, size_t at, const char *what)
{
    if (p->err == ERR_OK) {
        p->err = ERR_SYNTAX;
        *p->why = (struct condition_fault){ .at = at, .what = what };
    }
    p->now.kind = TOK_BAD;
    return 0;
}

/* --------------------------------------------------------------------- tokens */

static bool
is_word_char(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           c == '-' || c == '.' || c == '_' || c == '+';
}

/* 'text', where \' and \\ stand for themselves. */
static void
read_text(struct parser *p)
{
    size_t start = ++p->pos, to = start;

    while (p->pos < p->len && p->base[p->pos] != '\'') {
        if (p->base[p->pos] == '\\' && p->pos + 1 < p->len &&
            (p->base[p->pos + 1] == '\'' || p->base[p->pos + 1] == '\\'))
            p->pos++;
        p->base[to++] = p->base[p->pos++];
    }
    if (p->pos == p->len) {
        (void)fail(p, p->now.at, "a text that does not end");
        return;
    }
    p->pos++;
    p->now.kind = TOK_TEXT;
    p->now.text = span_of(p->base + start, to - start);
}

/* @Request[name] */
static void
read_attr(struct parser *p)
{
    size_t start = ++p->pos;
    struct span word;

    while (p->pos < p->len && is_word_char(p->base[p->pos]))
        p->pos++;
    word = span_of(p->base + start, p->pos - start);
    p->now.source = ATTRIBUTE__MAX;
    for (unsigned i = 0; i < ATTRIBUTE__MAX; i++)
        if (span_is_str_nocase(word, condition_sources[i]))
            p->now.source = (enum attribute_source)i;
    if (p->now.source == ATTRIBUTE__MAX || p->pos == p->len || p->base[p->pos] != '[') {
        (void)fail(p, p->now.at, "an attribute of an unknown source");
        return;
    }
    start = ++p->pos;
    while (p->pos < p->len && p->base[p->pos] != ']' && p->base[p->pos] > ' ' &&
           p->base[p->pos] != '[' && p->base[p->pos] < 0x7f)
        p->pos++;
    if (p->pos == p->len || p->base[p->pos] != ']' || p->pos == start) {
        (void)fail(p, p->now.at, "an attribute without a name");
        return;
    }
    p->now.kind = TOK_ATTR;
    p->now.text = span_of(p->base + start, p->pos - start);
    p->pos++;
}

static void
read_sign(struct parser *p)
{
    uint8_t c = p->base[p->pos++];

    if (strchr("(){},:!|&", c) == NULL || c == '\0') {
        (void)fail(p, p->now.at, "a character that has no meaning here");
        return;
    }
    if ((c == '|' || c == '&') && (p->pos == p->len || p->base[p->pos++] != c)) {
        (void)fail(p, p->now.at, "half of an operator");
        return;
    }
    p->now.kind = TOK_SIGN;
    p->now.sign = c;
}

static void
advance(struct parser *p)
{
    if (p->err != ERR_OK)
        return;
    while (p->pos < p->len && strchr(" \t\r\n", p->base[p->pos]) != NULL &&
           p->base[p->pos] != '\0')
        p->pos++;
    p->now = (struct token){ .kind = TOK_END, .at = p->pos };
    if (p->pos == p->len)
        return;
    if (p->base[p->pos] == '\'') {
        read_text(p);
    } else if (p->base[p->pos] == '@') {
        read_attr(p);
    } else if (is_word_char(p->base[p->pos])) {
        size_t start = p->pos;

        while (p->pos < p->len && is_word_char(p->base[p->pos]))
            p->pos++;
        p->now.kind = TOK_WORD;
        p->now.text = span_of(p->base + start, p->pos - start);
    } else {
        read_sign(p);
    }
}

static bool
at_word(const struct parser *p, const char *word)
{
    return p->now.kind == TOK_WORD && span_is_str_nocase(p->now.text, word);
}

static bool
at_sign(const struct parser *p, uint8_t sign)
{
    return p->now.kind == TOK_SIGN && p->now.sign == sign;
}

static bool
take_sign(struct parser *p, uint8_t sign, const char *what)
{
    if (!at_sign(p, sign)) {
        (void)fail(p, p->now.at, what);
        return false;
    }
    advance(p);
    return p->err == ERR_OK;
}

/* ----------------------------------------------------------------------- tree */

static uint16_t
add_node(struct parser *p, enum node_kind kind)
{
    if (p->err != ERR_OK)
        return 0;
    if (p->c->nnodes + p->c->nliterals >= MAX_CONDITION_NODES)
        return fail(p, p->now.at, "too many expressions");
    p->c->nodes[p->c->nnodes] = (struct node){ .kind = kind };
    return p->c->nnodes++;
}

static bool
literal_fits(const struct token *t, enum value_type type)
{
    struct guid g;
    int64_t time;
    double d;

    switch (type) {
    case VALUE_STRING:
        return t->kind == TOK_TEXT;
    case VALUE_NUMBER:
        return condition_number(t->text, &d);
    case VALUE_BOOL:
        return span_is_str_nocase(t->text, "true") || span_is_str_nocase(t->text, "false");
    case VALUE_TIME:
        return isotime_get(t->text, &time) == ERR_OK;
    case VALUE_GUID:
        return condition_guid(t->text, &g);
    }
    return false;
}

static void
take_literal(struct parser *p, uint16_t node, enum value_type type)
{
    struct node *n = &p->c->nodes[node];

    if ((p->now.kind != TOK_TEXT && p->now.kind != TOK_WORD) || !literal_fits(&p->now, type)) {
        (void)fail(p, p->now.at, "not a value of the operator's type");
        return;
    }
    if (p->c->nnodes + p->c->nliterals >= MAX_CONDITION_NODES) {
        (void)fail(p, p->now.at, "too many values");
        return;
    }
    if (n->count == 0)
        n->first = p->c->nliterals;
    p->c->literals[p->c->nliterals++] = p->now.text;
    n->count++;
    advance(p);
}

static void
take_set(struct parser *p, uint16_t node, enum value_type type)
{
    if (!take_sign(p, '{', "a set in braces is needed"))
        return;
    for (;;) {
        take_literal(p, node, type);
        if (p->err != ERR_OK || !at_sign(p, ','))
            break;
        advance(p);
    }
    (void)take_sign(p, '}', "a set that does not end");
}

static struct node_attr
take_attr(struct parser *p)
{
    struct node_attr a = { p->now.source, p->now.text };

    if (p->now.kind != TOK_ATTR)
        (void)fail(p, p->now.at, "an attribute is needed");
    advance(p);
    return a;
}

static void
take_operator(struct parser *p, struct node *n)
{
    const struct comparison *op;

    for (unsigned i = QUANT_NONE + 1; i <= QUANT_ALL_ALL; i++)
        if (at_word(p, condition_quantifiers[i]))
            n->quant = (enum quantifier)i;
    if (n->quant != QUANT_NONE) {
        advance(p);
        if (!take_sign(p, ':', "a colon is needed behind the quantifier"))
            return;
    }
    for (size_t i = 0; (op = condition_operator_at(i)) != NULL && n->op == NULL; i++)
        if (at_word(p, op->name))
            n->op = op;
    if (n->op == NULL)
        (void)fail(p, p->now.at, "an operator is needed");
    advance(p);
}

static uint16_t
parse_comparison(struct parser *p)
{
    uint16_t at = add_node(p, NODE_COMPARE);
    struct node *n = &p->c->nodes[at];

    n->left = take_attr(p);
    take_operator(p, n);
    if (p->err != ERR_OK)
        return 0;
    if (p->now.kind == TOK_ATTR) {
        n->right_is_attr = true;
        n->right = take_attr(p);
    } else if (at_sign(p, '{') && n->quant != QUANT_NONE) {
        take_set(p, at, n->op->type);
    } else {
        take_literal(p, at, n->op->type);
    }
    return at;
}

static uint16_t parse_or(struct parser *p);

static uint16_t
parse_plain(struct parser *p)
{
    enum node_kind kind = at_word(p, "ActionMatches") ? NODE_ACTION : NODE_SUB_OPERATION;
    uint16_t at;

    if (p->now.kind == TOK_ATTR)
        return parse_comparison(p);
    if (at_sign(p, '(')) {
        advance(p);
        at = parse_or(p);
        (void)take_sign(p, ')', "a parenthesis that does not close");
        return at;
    }
    if (at_word(p, "Exists")) {
        advance(p);
        at = add_node(p, NODE_EXISTS);
        p->c->nodes[at].left = take_attr(p);
        return at;
    }
    if (kind == NODE_ACTION || at_word(p, "SubOperationMatches")) {
        advance(p);
        at = add_node(p, kind);
        take_set(p, at, VALUE_STRING);
        return at;
    }
    return fail(p, p->now.at, "an expression is needed");
}

static uint16_t
parse_unary(struct parser *p)
{
    uint16_t at, child;

    if (p->err != ERR_OK)
        return 0;
    if (++p->depth > MAX_CONDITION_DEPTH) {
        at = fail(p, p->now.at, "nested too deeply");
    } else if (at_sign(p, '!') || at_word(p, "NOT")) {
        advance(p);
        at = add_node(p, NODE_NOT);
        child = parse_unary(p);
        p->c->nodes[at].child = child;
    } else {
        at = parse_plain(p);
    }
    p->depth--;
    return at;
}

/* One operand alone stays itself; several become children of a node in their order. */
static uint16_t
parse_row(struct parser *p, enum node_kind kind)
{
    const char *word = kind == NODE_AND ? "AND" : "OR";
    uint8_t sign = kind == NODE_AND ? '&' : '|';
    uint16_t first = kind == NODE_AND ? parse_unary(p) : parse_row(p, NODE_AND);
    uint16_t row = 0, last = first;

    while (p->err == ERR_OK && (at_word(p, word) || at_sign(p, sign))) {
        uint16_t next;

        advance(p);
        if (row == 0) {
            row = add_node(p, kind);
            p->c->nodes[row].child = first;
        }
        next = kind == NODE_AND ? parse_unary(p) : parse_row(p, NODE_AND);
        p->c->nodes[last].next = next;
        last = next;
    }
    return row == 0 ? first : row;
}

static uint16_t
parse_or(struct parser *p)
{
    return parse_row(p, NODE_OR);
}

static struct condition *
condition_new(struct span text)
{
    struct condition *c = calloc(1, sizeof(*c) + text.len + 1);

    if (c == NULL)
        return NULL;
    c->nodes = calloc(MAX_CONDITION_NODES + 1, sizeof(*c->nodes));
    c->literals = calloc(MAX_CONDITION_NODES + 1, sizeof(*c->literals));
    c->nnodes = 1; /* node 0 is nobody */
    if (c->nodes == NULL || c->literals == NULL) {
        condition_free(c);
        return NULL;
    }
    if (text.len > 0)
        memcpy(c->text, text.ptr, text.len);
    return c;
}

/* Most conditions are small: gives back what was not needed. */
static void
shrink(struct condition *c)
{
    struct node *nodes = reallocarray(c->nodes, c->nnodes, sizeof(*nodes));
    struct span *literals = reallocarray(c->literals, c->nliterals + 1u, sizeof(*literals));

    if (nodes != NULL)
        c->nodes = nodes;
    if (literals != NULL)
        c->literals = literals;
}

enum err
condition_parse(struct span text, struct condition **out, struct condition_fault *why)
{
    struct parser p = { .len = text.len, .why = why };

    *out = NULL;
    *why = (struct condition_fault){ .what = "" };
    if (text.len > MAX_CONDITION) {
        why->what = "too long";
        return ERR_TOO_LARGE;
    }
    p.c = condition_new(text);
    if (p.c == NULL)
        return ERR_NOMEM;
    p.base = p.c->text;
    advance(&p);
    p.c->root = parse_or(&p);
    if (p.err == ERR_OK && p.now.kind != TOK_END)
        (void)fail(&p, p.now.at, "something behind the end");
    if (p.err != ERR_OK) {
        condition_free(p.c);
        return p.err;
    }
    shrink(p.c);
    *out = p.c;
    return ERR_OK;
}

void
condition_free(struct condition *c)
{
    if (c == NULL)
        return;
    free(c->nodes);
    free(c->literals);
    free(c);
}
